import EngineAPI
import Glibc
import Kernel
import OCI
import OrderedJSON
import Posix
import Steps

extension Node {
    /// What `create` answers.
    public struct Created: Sendable {
        /// The container's identity.
        public var id: String
        /// What the user should know, as Docker warns.
        public var warnings: [String]
    }

    /// Makes a container: it exists on disk, no process yet (API: ContainerCreate).
    ///
    /// - Parameters:
    ///   - name: Its name; `nil` makes one up.
    ///   - platform: What the image must be made for, such as `linux/arm64`; `nil` or empty takes it as it is.
    ///   - body: The request: `Config` with `HostConfig` and `NetworkingConfig` inside.
    ///   - operation: The operation its steps belong to.
    /// - Throws: ``EngineFailure`` with Docker's status and text; nothing is left behind then.
    public func createContainer(
        name: String?, platform: String? = nil, body: JSON, operation: String
    ) throws -> Created {
        let request = try CreateRequest(body, platform: platform)
        let creation = try creation(of: request, name: name)
        do { try run(creation.procedure, operation: operation) } catch {
            forget(creation.container.id)
            throw EngineFailure(wrapping: error, doing: "creating container")
        }
        publishReused(creation.container)
        publish("create", creation.container)
        return Created(id: creation.container.id, warnings: creation.discarded + warnings(for: request))
    }

    func forget(_ id: String) {
        containers.withLock { table in
            table.byID[id] = nil
            table.names = table.names.filter { $0.value != id }
        }
    }

    func creation(
        of request: CreateRequest, name: String?
    ) throws -> (container: Container, procedure: Procedure, discarded: [String]) {
        // As with Docker, a container may be of no image: then it has the engine's mount points, and nothing to run.
        let image = request.image.isEmpty ? nil : try images.image(named: request.image)
        if let image { try request.check(image) }
        var settings = try request.merged(with: image?.config.config.json.object ?? [:])
        let discarded = try AbsentControllers(profile: kernel.profile).discard(from: &settings.host)
        try SettingsCheck(profile: kernel.profile).check(config: settings.config, host: settings.host)
        try SettingsCheck(profile: kernel.profile).checkExposed(request.config, settings.host)
        let id = Identifier.make()
        let name = try reserve(name, for: id)
        do {
            let definition = try definition(name: name, id: id, request: request, image: image, settings: settings)
            let directory = "\(configuration.directory)/containers/\(id)"
            let container = Container(id: id, directory: directory, definition: definition, state: ContainerState())
            let procedure = Procedure(
                title: "create container", object: name, steps: creationSteps(container, image: image, request: request)
            )
            return (container, procedure, discarded)
        } catch {
            forget(id)
            let failure = EngineFailure(wrapping: error, doing: "creating container")
            // 404 is kept for the image: to clients it means that there is something to be pulled.
            throw failure.status == 404 ? EngineFailure.invalid(failure.message) : failure
        }
    }

    private func definition(
        name: String, id: String, request: CreateRequest, image: Image?, settings: CreateRequest.Settings
    ) throws -> Container.Definition {
        var config = settings.config
        let host = settings.host
        let command = config.strings("Entrypoint") + config.strings("Cmd")
        guard let path = command.first, !path.isEmpty else { throw EngineFailure.invalid("No command specified") }
        if let other = sharedNetworkOwner(host) {
            // Who shares a network shares the name that stands for its address.
            config["Hostname"] = .string(other.text("Hostname"))
            config["Domainname"] = .string(other.text("Domainname"))
        } else if config.text("Hostname").isEmpty {
            let usesNodes = host.text("NetworkMode") == "host" || host.text("UTSMode") == "host"
            config["Hostname"] = .string(usesNodes ? try machineName() : String(id.prefix(12)))
        }
        return Container.Definition(
            name: name, created: Clock.realtime(), image: image.map { "\($0.id)" } ?? "",
            imageReference: request.image, layers: (image?.layers ?? []).reversed().map(\.path), path: path,
            arguments: Array(command.dropFirst()),
            config: .object(config), hostConfig: .object(host), endpoints: try attachments(of: request, host: host),
            mounts: try mountPoints(config: config, host: host), links: try links(of: host))
    }

    /// The settings of the container whose network one is to share; `nil` where it has its own, or the other is not there.
    private func sharedNetworkOwner(_ host: JSONObject) -> JSONObject? {
        let mode = host.text("NetworkMode")
        guard mode.hasPrefix("container:") else { return nil }
        return (try? container(String(mode.dropFirst("container:".count))))?.life.current.definition.configObject
    }

    /// The machine's host name (`gethostname(2)`).
    func machineName() throws -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        try check("reading the host name") { gethostname(&buffer, buffer.count) }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Takes a name, so that no other container gets it meanwhile.
    private func reserve(_ name: String?, for id: String) throws -> String {
        var wanted = name ?? ""
        if wanted.hasPrefix("/") { wanted.removeFirst() }
        if !wanted.isEmpty, !ContainerNames.isValid(wanted) {
            throw EngineFailure.invalid(
                "Invalid container name (\(wanted)), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
        }
        return try containers.withLock { (table: inout ContainerTable) throws -> String in
            if wanted.isEmpty { wanted = ContainerNames.make { table.names[$0] != nil } }
            if let owner = table.names[wanted] {
                throw EngineFailure.conflict(
                    "Conflict. The container name \"/\(wanted)\" is already in use by container \"\(owner)\". You have to "
                        + "remove (or rename) that container to be able to reuse that name.")
            }
            table.names[wanted] = id
            return wanted
        }
    }

    /// The step that finds the image of a new container.
    private func resolveStep(_ image: Image, request: CreateRequest) -> Step {
        let images = images
        return Step(
            .imageResolve, command: "\(image.repoTags.first ?? request.image) -> \(image.id)",
            facts: [
                "reference": .string(request.image), "image": .string("\(image.id)"),
                "layers": .integer(Int64(image.layers.count)), "size": .integer(image.size),
            ]
        ) {
            guard let now = images.image(image.id) else {
                throw EngineFailure.notFound("No such image: \(request.image)")
            }
            return StepOutcome(
                evidence: now.layers.reversed().prefix(3).map { layer in
                    Evidence(
                        source: layer.path, Finding(.entries, count: Int64(layer.entries), name: layer.diffID.short))
                })
        }
    }

    private func creationSteps(_ container: Container, image: Image?, request: CreateRequest) -> [Step] {
        let definition = container.life.current.definition
        let create = Step(
            .containerCreate, command: "mkdir \(container.directory)",
            facts: [
                "name": .string(definition.name), "id": .string(container.id),
                "directory": .string(container.directory),
                "image": request.image.isEmpty ? .null : .string(request.image),
                "command": .array(([definition.path] + definition.arguments).map { .string($0) }),
            ],
            undo: [.removeTree(path: container.directory), .forgetContainer(id: container.id)]
        ) { [self] in
            try Files.makeDirectories(container.directory, mode: 0o710)
            retainLayers(of: container)
            // One that is removed by its own end need not outlive a power loss.
            try container.save(durable: !definition.hostObject.flag("AutoRemove"))
            containers.withLock { $0.byID[container.id] = container }
            let size = try Files.read("\(container.directory)/container.json").count
            return StepOutcome(
                evidence: [
                    Evidence(source: "\(container.directory)/container.json", Finding(.bytes, count: Int64(size)))
                ])
        }
        let layer = Step(
            .layerCreate, command: "mkdir \(container.upper) \(container.work)",
            facts: ["upper": .string(container.upper), "work": .string(container.work)]
        ) {
            try Self.makeUpper(container, over: definition.layers.first)
            let entries = try Files.list(container.upper).count
            return StepOutcome(
                facts: ["entries": .integer(Int64(entries))],
                evidence: [Evidence(source: container.upper, .entries(entries))])
        }
        let resolve = image.map { [resolveStep($0, request: request)] } ?? []
        return resolve + [create, layer] + volumeSteps(for: definition)
    }

    /// Keeps the image's layers for a container, also when the image itself is removed.
    func retainLayers(of container: Container) {
        images.layers.retain(
            Self.chainIDs(container.life.current.definition.layers), for: "container \(container.id)")
    }

    /// The names of layers, from their directories: a layer's is `CHAIN/diff`.
    static func chainIDs(_ directories: [String]) -> [Digest] {
        directories.compactMap { directory in
            Files.parent(of: directory).split(separator: "/").last.flatMap { Digest(hexadecimal: $0) }
        }
    }

    /// The upper directory is what `/` looks like from inside: it has the owner and mode of the image's root.
    private static func makeUpper(_ container: Container, over layer: String?) throws {
        try Files.makeDirectories(container.upper)
        try Files.makeDirectories(container.work, mode: 0o700)
        var status = stat()
        guard let layer, stat(layer, &status) == 0 else { return }
        try check("setting the mode of \(container.upper)") { chmod(container.upper, status.st_mode & 0o7777) }
        // Without the right to give files away the directory stays ours; inside a user namespace that is root's.
        if geteuid() == 0 {
            try check("changing the owner of \(container.upper)") {
                chown(container.upper, status.st_uid, status.st_gid)
            }
        }
    }

    private func warnings(for request: CreateRequest) -> [String] {
        var warnings: [String] = []
        let host = request.host
        if host.text("NetworkMode") == "host", host["PortBindings"]?.object?.isEmpty == false {
            warnings.append("Published ports are discarded when using host network mode")
        }
        if host.number("Memory") > 0, !kernel.profile.limitsSwap, kernel.profile.controllers.contains("memory") {
            warnings.append(
                "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap."
            )
        }
        if host["OomKillDisable"]?.bool == true, host.number("Memory") == 0 {
            warnings.append(
                "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources."
            )
        }
        if let weighed = host["BlkioWeightDevice"]?.array, let kept = try? GrantedDevices.weights(of: host),
            kept.count < weighed.count
        {
            warnings.append(
                "Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded."
            )
        }
        if host.number("KernelMemory") > 0 {
            warnings.append(
                "Your kernel does not support kernel memory limit capabilities or the cgroup is not mounted. Limitation discarded."
            )
        }
        return warnings
    }
}
