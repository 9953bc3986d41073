import CLinux
import Glibc
import Kernel
import OCI
import OrderedJSON
import Posix
import Steps

extension Node {
    /// Takes back what an engine that died left unfinished.
    func clearStrays() throws { _ = try runner.recover(undoing: self) }

    /// Removes what an engine that died left of its cgroups, on all nodes: the processes in them died with it.
    static func clearCgroups(_ kernel: any Kernel) throws {
        for name in try kernel.cgroupNames() {
            guard let cgroup = kernel.existingCgroup(name) else { continue }
            if try !cgroup.processes().isEmpty { try cgroup.kill() }
            try cgroup.remove()
        }
    }

    /// Reads the containers back from disk. Those that ran when the engine died have ended with it.
    func loadContainers() throws {
        let directory = "\(configuration.directory)/containers"
        for entry in try Files.list(directory) where entry.isDirectory {
            let path = "\(directory)/\(entry.name)"
            // Without its record it never came to be: its creation was interrupted before the first write.
            guard Files.exists("\(path)/container.json") || Files.exists("\(path)/upper") else {
                try Files.removeTree(path)
                continue
            }
            let container: Container
            do { container = try Container.load(from: path) } catch let failure as EngineFailure {
                setAside(entry.name, at: path, because: failure)
                continue
            }
            let state = container.life.current.state
            if state.status == .removing
                || (state.isRunning && container.life.current.definition.hostObject.flag("AutoRemove"))
            {
                try Files.removeTree(path)
                for point in container.life.current.definition.mountPoints where point.isAnonymous {
                    try volumes.remove(point.volume)
                }
                continue
            }
            retainLayers(of: container)
            if state.isRunning {
                container.life.withLock { life in
                    life.state.status = .exited
                    life.state.pid = 0
                    life.state.exitCode = 255
                    life.state.finishedAt = Clock.realtime()
                }
                container.saveWhatHappened()
            }
            containers.withLock { table in
                table.byID[container.id] = container
                table.names[container.name] = container.id
            }
        }
    }

    /// A container whose record is damaged: its name stays taken where it can be read, and so do its layers.
    private func setAside(_ id: String, at path: String, because failure: EngineFailure) {
        let remains = Container.remains(in: path)
        setAside.add(SetAside(kind: .container, id: id, name: remains.name, path: path, reason: failure.message))
        images.layers.retain(Self.chainIDs(remains.layers), for: "container \(id)")
        if let name = remains.name { containers.withLock { $0.names[name] = id } }
    }

    /// Starts the containers again whose restart policy says so, after the engine was started.
    public func restartByPolicy() {
        for container in containers.current.byID.values {
            let life = container.life.current
            let policy = life.definition.hostObject["RestartPolicy"]?["Name"]?.string ?? "no"
            let wants = policy == "always" || (policy == "unless-stopped" && !life.state.wasStoppedByHand)
            guard wants, life.state.status == .exited else { continue }
            _ = container.lifecycle.withLock { _ in
                try? start(container, operation: StepRunner.newOperation())
            }
        }
    }

    /// The compiled system call filter for a container; `nil` for an unconfined or privileged one.
    func filter(host: JSONObject, bounding: CapabilitySet) throws -> SeccompFilter? {
        if host.flag("Privileged") { return nil }
        if host.strings("SecurityOpt").contains(where: { $0 == "seccomp=unconfined" || $0 == "seccomp:unconfined" }) {
            return nil
        }
        let profile = try SeccompFile.profile(of: host) ?? .dockerDefault
        do { return try filters.filter(profile, capabilities: bounding) } catch {
            throw EngineFailure.system("compiling the system call filter: \(error)")
        }
    }
}
