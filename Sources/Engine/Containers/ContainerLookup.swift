import Kernel

/// Containers are found by what users call them.
extension Node {
    /// The container that a text means: its identity, the beginning of it, or its name (with or without a slash).
    /// - Throws: ``EngineFailure`` 404, or 400 when several identities begin like this.
    func container(_ reference: String) throws -> Container {
        let table = containers.current
        let name = Self.plainName(reference)
        if let exact = table.byID[reference] ?? table.names[name].flatMap({ table.byID[$0] }) { return exact }
        guard !reference.isEmpty else { throw EngineFailure.notFound("No such container: ") }
        let found = table.byID.values.filter { $0.id.hasPrefix(reference) }
        if found.count > 1 {
            throw EngineFailure.invalid("Multiple IDs found with provided prefix: \(reference)")
        }
        guard let container = found.first else {
            if let item = setAside.find(.container, name) { throw item.refusal }
            throw EngineFailure.notFound("No such container: \(reference)")
        }
        return container
    }

    /// The identity of a container that a text means.
    public func containerID(_ reference: String) throws -> String { try container(reference).id }

    /// The first process of a running container.
    func runningProcess(of reference: String) throws -> any SandboxProcess {
        let container = try container(reference)
        guard let running = container.life.current.running else {
            throw EngineFailure.conflict("cannot join network of a non running container: \(container.id)")
        }
        return running.process
    }

    /// Whether another container may join a container's IPC namespace: its owner has to say so.
    func checkShareableIPC(_ reference: String) throws {
        let container = try container(reference)
        guard container.life.current.definition.hostObject.text("IpcMode") != "private" else {
            throw EngineFailure.invalid(
                "can't join IPC of container \(container.id): non-shareable IPC (hint: use IpcMode:shareable for the donor "
                    + "container)")
        }
    }
}
