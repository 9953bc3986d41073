import EngineAPI
import Glibc
import Kernel
import OCI
import OrderedJSON
import Posix
public import Registry
public import Steps
import Synchronization

/// What a node is made of, before it is started.
public struct NodeConfiguration: Sendable {
    /// Its name in the lab: `node1`.
    public var name: String
    /// The directory with all it keeps: images, layers, containers, journal.
    public var directory: String
    /// The version of Drydock.
    public var version: String
    /// The registries that images come from.
    public var registries = Registries(RegistrySettings(isLoopbackOnly: true))
    /// What the lab's own registry keeps; `nil` for an engine without one.
    public var labRegistry: RegistryStore?
    /// Where it listens, once it does.
    public var registryAddress: String? { registries.embeddedURL?.authority }
    /// The name servers that containers are told, when the machine's own resolver can't be reached from a container.
    public var resolverFile: String
    /// How its containers reach what is beyond the machine.
    public var uplink: UplinkMode

    /// A configuration.
    public init(
        name: String, directory: String, version: String, resolverFile: String = "/etc/resolv.conf",
        uplink: UplinkMode = .none
    ) {
        self.uplink = uplink
        self.name = name
        self.directory = directory
        self.version = version
        self.resolverFile = resolverFile
    }
}

/// A node: one Docker host of the lab, with a network namespace, images and containers of its own.
///
/// Everything the Docker Engine API offers is a method of it, in the files named after what they do. All methods may be
/// called from any thread, and block.
public final class Node: Sendable {
    /// What it was made of.
    public let configuration: NodeConfiguration
    /// The kernel that carries everything out.
    public let kernel: any Kernel
    /// Its images.
    public let images: ImageStore
    /// The registries that its images come from.
    var registries: Registries { configuration.registries }
    /// How much archives may grow when they are unpacked.
    var unpackLimit: UnpackLimit { configuration.registries.settings.unpackLimit }
    /// Where the lab's own registry listens; `nil` without one.
    public var registryAddress: String? { configuration.registryAddress }
    /// Its volumes.
    let volumes: VolumeStore
    /// All that was done lately, step by step.
    public let steps: StepLog
    /// Its network namespace: what `--network host` means.
    let namespace: any NetworkNamespace
    let networks: NetworkStore
    let ports = PublishedPorts()
    let events = EventLog()
    let runner: StepRunner
    /// Where operations wait that somebody goes through step by step.
    public let gates = StepGates()
    let containers = Monitor(ContainerTable())
    /// What could not be read when it was started.
    let setAside = SetAsideList()
    /// What else its users should know of its start, a sentence each.
    let notes = Mutex<[String]>([])
    let execs = Mutex<[String: ExecSession]>([:])
    /// Processes between clone and their supervisor's start, by number: whom a rollback kills and reaps.
    let starting = Mutex<[Int32: any SandboxProcess]>([:])
    let filters: SeccompCompiler
    /// Where it is in the lab; `nil` for a node that stands alone.
    let place: NodePlace?
    /// When the node was started, nanoseconds since 1970.
    let startedAt = Clock.realtime()

    /// The containers, and what is known of them by name.
    struct ContainerTable: Sendable {
        var byID: [String: Container] = [:]
        /// Names are reserved before their container exists.
        var names: [String: String] = [:]
    }

    /// Starts a node: takes back what an engine that died left, makes the namespace and the bridge, reads the
    /// containers. It stands alone.
    ///
    /// - Throws: ``EngineFailure`` or the kernel's error; nothing is left behind then.
    public convenience init(_ configuration: NodeConfiguration, kernel: any Kernel) throws {
        try Self.clearCgroups(kernel)
        try self.init(configuration, kernel: kernel, place: nil)
    }

    /// Starts a node, at its place in a lab.
    ///
    /// - Parameters:
    ///   - operation: Whose steps these are; `nil` for an operation of their own.
    ///   - teller: Another log that tells of the steps, too.
    init(
        _ configuration: NodeConfiguration, kernel: any Kernel, place: NodePlace?, operation: String? = nil,
        teller: StepLog? = nil
    ) throws {
        self.configuration = configuration
        self.place = place
        self.kernel = kernel
        for part in ["containers", "journal", "init"] {
            try Files.makeDirectories("\(configuration.directory)/\(part)", mode: 0o700)
        }
        var policy = UnpackPolicy.current
        policy.limit = configuration.registries.settings.unpackLimit
        images = try ImageStore(at: configuration.directory, policy: policy)
        volumes = try VolumeStore(at: "\(configuration.directory)/volumes", setAside: setAside)
        steps = StepLog()
        let journal = try Journal(directory: "\(configuration.directory)/journal", bootID: kernel.profile.bootID)
        runner = StepRunner(
            journal: journal, log: steps, isSimulated: kernel.profile.kind == .simulated, gates: gates)
        filters = SeccompCompiler(cacheDirectory: "\(configuration.directory)/cache")
        namespace = try kernel.makeNetworkNamespace()
        networks = try NetworkStore(directory: "\(configuration.directory)/networks", setAside: setAside)
        try InitLayer.prepare(at: initLayer)
        try clearStrays()
        try loadContainers()
        // From here on every layer that someone needs has its owner; what is left over nobody asks for. Whose layers they
        // were is not known of everything that was set aside.
        if setAside.all.isEmpty, images.leftOut.isEmpty {
            do { try images.layers.collect() } catch {
                throw EngineFailure(wrapping: error, doing: "tidying up layers")
            }
        }
        if place != nil { networks.share { [weak self] in self?.swarmNetworks ?? [] } }
        let stopTelling = teller.map { teller in steps.follow { teller.publish($0) } }
        defer { stopTelling?() }
        try prepareNetwork(operation: operation)
    }

    /// The layer between every image and its container: mount points and files that the engine lays its own over.
    var initLayer: String { "\(configuration.directory)/init" }

    /// Where the machine's root finds the node's network namespace, for `setns(2)`; `nil` on the simulated kernel.
    public var networkNamespacePath: String? { Self.path(of: namespace, kernel) }

    static func path(of namespace: any NetworkNamespace, _ kernel: any Kernel) -> String? {
        guard kernel.profile.kind == .linux, let descriptor = namespace.descriptor else { return nil }
        return "/proc/\(getpid())/fd/\(descriptor.number)"
    }

    /// Publishes what happened to a container.
    func publish(_ action: String, _ container: Container, _ extra: [String: String] = [:]) {
        let definition = container.life.current.definition
        var attributes = Dictionary(
            definition.configObject.map("Labels").map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        attributes["image"] = definition.imageReference
        attributes["name"] = definition.name
        attributes.merge(extra) { $1 }
        events.publish("container", action, container.id, attributes)
    }

    /// Publishes that a container was connected to its network, or disconnected from it.
    func publishNetwork(_ action: String, _ container: Container, _ endpoint: Endpoint?) {
        guard let endpoint else { return }
        events.publish(
            "network", action, endpoint.networkID,
            ["container": container.id, "name": endpoint.network, "type": "bridge"])
    }

    /// Runs a procedure as part of an operation.
    ///
    /// - Parameter told: How many steps of the operation were performed under the same title before.
    func run(_ procedure: Procedure, operation: String, after told: Int = 0) throws {
        try runner.run(procedure, operation: operation, after: told, undoing: self)
    }

    /// Takes back what a command had done to the object of an operation of it that was stopped: what `docker run` created
    /// before its start was stopped.
    public func takeBack(stoppedOperation operation: String, at gate: StepGate) {
        for record in runner.takeBack(before: operation, at: gate, undoing: self) where record.kind == .containerCreate
        {
            guard let id = record.facts["id"]?.string else { continue }
            let image = record.facts["image"]?.string ?? ""
            events.publish("container", "destroy", id, ["name": record.object, "image": image])
        }
    }

    /// Ends the node: stops all containers and lets go of everything in the kernel.
    public func shutDown() {
        let running = containers.current.byID.values.filter { $0.life.current.state.isRunning }
        for container in running {
            container.life.withLock { $0.state.wasStoppedByHand = true }
            _ = try? container.life.current.running?.process.signal(Signal.kill)
        }
        for container in running {
            _ = container.life.wait(seconds: 10) { $0.state.isRunning ? nil : true }
        }
        ports.stop()
        // What is not taken back now stays written down, and the next start takes it back.
        _ = try? dropUplink()
    }

    /// Whether any container runs.
    public var hasRunningContainers: Bool {
        containers.current.byID.values.contains { $0.life.current.state.isRunning }
    }
}

extension Node: Undoing {
    /// Takes a step back: for a rollback now, or for the operation of an engine that died.
    public func undo(_ action: UndoAction) throws {
        switch action {
        case .removeTree(let path): try Files.removeTree(path)
        case .killProcess(let pid, let startTime):
            if let process = starting.withLock({ $0.removeValue(forKey: pid) }) {
                if !process.hasEnded { try process.signal(Signal.kill) }
                _ = try process.wait()
            } else {
                kernel.killStray(pid: pid, startTime: startTime)
            }
        case .removeCgroup(let name):
            guard let cgroup = kernel.existingCgroup(name) else { return }
            if try !cgroup.processes().isEmpty { try cgroup.kill() }
            try cgroup.remove()
        case .releaseAddress(_, let network, let endpoint): networks[network]?.release(endpoint)
        case .dropUplink: try dropUplink()
        case .closePorts(_, let endpoint): try closePorts(of: endpoint)
        case .forgetNetwork(_, let id):
            try networks.remove(id)
            try forgetSwarmNetwork(id)
        case .leaveOverlay(_, let network, let endpoint): try leaveOverlay(network, endpoint: endpoint)
        case .leaveSwarm: try forgetMembership()
        case .dropNetworkRules(_, let id):
            if let network = networks[id] { try dropRules(of: network) }
        case .deleteLink(_, let name):
            guard try namespace.link(name) != nil else { return }
            try namespace.deleteLink(name)
        case .unplugNode(let name): try place?.lab.cable.unplug(name)
        case .forgetContainer(let id):
            containers.withLock { table in
                table.byID[id] = nil
                table.names = table.names.filter { $0.value != id }
            }
        case .untagImage(let reference): _ = try images.remove(reference, force: true, prunesParents: false)
        case .removeVolume(let name): try volumes.remove(name)
        }
    }
}
