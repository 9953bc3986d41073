import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps
import Synchronization

/// One start of a container: what its steps make, from the overlay to the running process.
final class ContainerLaunch: Sendable {
    let node: Node
    let container: Container
    let definition: Container.Definition
    let overlay = Late<DetachedMount>("the root file system")
    let cgroup = Late<any Cgroup>("the cgroup")
    let process = Late<any SandboxProcess>("the process")
    private let program = Late<[SandboxOperation]>("the child's program")
    let endpoints = Mutex<[Endpoint]>([])
    private let pipes = Late<ProcessPipes>("the pipes")
    private let log = Late<ContainerLog>("the log")

    /// Whether somebody goes through it step by step.
    private let isGated: Bool

    init(node: Node, container: Container, isGated: Bool = false) {
        self.node = node
        self.container = container
        self.isGated = isGated
        definition = container.life.current.definition
    }

    /// Takes the addresses that it will have.
    /// - Throws: ``EngineFailure`` for an address that can't be had, or a network that is gone.
    func takeAddresses() throws {
        let planned = try node.planEndpoints(of: container)
        endpoints.withLock { $0 = planned }
    }

    /// For a plan: has the addresses that a running container has and will get again.
    func expectAddresses(_ held: [Endpoint]) { endpoints.withLock { $0 = held } }

    private var host: JSONObject { definition.hostObject }
    private var config: JSONObject { definition.configObject }
    private var kernel: any Kernel { node.kernel }

    /// Lets go of what was prepared and never came to be.
    func abandon() {
        node.detachVolumes(from: container)
        node.release(endpoints.withLock { $0 })
        log.ifPresent?.close()
    }

    /// The networks among its own in which names resolve.
    private var namedNetworks: [String] {
        endpoints.withLock { $0 }.filter { node.networks[$0.networkID]?.definition.isUserDefined == true }.map(
            \.network)
    }

    // MARK: The procedure

    /// The steps, in order. Those of the child are performed by the child itself, at the same time as the engine lays
    /// the network; their records are taken from its reports.
    func procedure() throws -> Procedure {
        try GrantedDevices.checkRequests(of: host)
        var steps = [overlayStep]
        if kernel.profile.makesCgroups {
            steps.append(cgroupStep)
        } else {
            cgroup.set(try kernel.plannedCgroup(container.id))
        }
        let file = "/sys/fs/cgroup"
        var plan = CgroupPlan(host: host, profile: kernel.profile)
        plan.granted = try GrantedDevices.devices(of: host).map(\.rule) + GrantedDevices.rules(of: host)
        plan.rates = try GrantedDevices.rates(of: host)
        plan.weights = try GrantedDevices.weights(of: host)
        steps += plan.limits.map {
            CgroupPlan.step($0, cgroup: cgroup, file: file)
        }
        // What the child does depends on files of the image (who is the user?), so its steps follow from the clone.
        steps.append(try cloneStep())
        return Procedure(title: "start container", object: definition.name, steps: steps)
    }

    private var overlayStep: Step {
        let layers = OverlayLayers(
            lower: [node.initLayer] + definition.layers, upper: container.upper, work: container.work)
        let kernel = kernel
        return Step(
            .overlayMount, command: "mount -t overlay -o lowerdir+=…×\(layers.lower.count),upperdir=\(container.upper)",
            facts: [
                "layers": .integer(Int64(layers.lower.count)), "upper": .string(container.upper),
                "volatile": .bool(layers.isVolatile),
            ]
        ) { [overlay, definition] in
            do { overlay.set(try kernel.makeOverlay(layers)) } catch {
                guard let lost = definition.layers.first(where: { !Files.exists($0) }) else { throw error }
                throw EngineFailure.system(
                    "the layer \(lost) of its image is missing: docker pull \(definition.imageReference), or docker load, "
                        + "unpacks it again")
            }
            return StepOutcome(evidence: [
                Evidence(source: layers.upper ?? "", .entries(try Files.list(layers.upper ?? "/").count))
            ])
        }
    }

    private var cgroupStep: Step {
        let name = container.cgroupName
        let kernel = kernel
        let limited = !CgroupPlan(host: host, profile: kernel.profile).limits.filter { limit in
            if case .devices = limit { false } else { true }
        }.isEmpty
        return Step(
            .cgroupCreate, command: "mkdir /sys/fs/cgroup/*/drydock/\(name)", facts: ["limited": .bool(limited)],
            undo: [.removeCgroup(name: name)]
        ) { [cgroup] in
            let made = try kernel.makeCgroup(name)
            cgroup.set(made)
            let controllers = ["memory", "cpu", "pids"]
            let directories = Set(
                (kernel.profile.controllers.union(controllers)).compactMap { made.directory(of: $0) })
            let readings = [CgroupLimit.Resource.memory, .cpuQuota, .pids].flatMap { made.reading(of: $0) }
            let shown = made.directory(of: "memory") ?? made.path
            return StepOutcome(
                facts: ["path": .string(made.path), "directories": .integer(Int64(directories.count))],
                evidence: readings.prefix(4).map { Evidence(source: $0.path, text: $0.value) },
                command: directories.count > 1 ? "mkdir \(shown) (and \(directories.count - 1) more)" : "mkdir \(shown)"
            )
        }
    }

    private func cloneStep() throws -> Step {
        let kinds = LaunchPlan.namespaces(of: host)
        let flags = NamespaceKind.allCases.filter(kinds.contains).map { $0.cloneFlagName }
        let call = "clone3(\(flags.joined(separator: " ")))"
        return Step(
            .processClone, command: call,
            facts: [
                "namespaces": .strings(NamespaceKind.allCases.filter(kinds.contains).map(\.rawValue)),
                "count": .integer(Int64(kinds.count)),
                "owner": kernel.profile.identities.rootOutside.map { .integer(Int64($0)) } ?? .null,
            ]
        ) { [self] in
            let children = try prepareChild(cgroupDescriptors: try cgroup.value().joinDescriptors())
            let process = try spawn(children, namespaces: kinds)
            let status = try kernel.processFile(process.pid, "status")
            let numbers = status.split(separator: "\n").first { $0.hasPrefix("NSpid:") } ?? ""
            let inner = numbers.split(whereSeparator: \.isWhitespace).last.flatMap { Int64($0) } ?? Int64(process.pid)
            var evidence = [
                Evidence(source: "/proc/\(process.pid)/status", text: String(numbers.replacing("\t", with: " ")))
            ]
            let shown: NamespaceKind = kinds.contains(.network) ? .network : .mount
            let link = try kernel.processLink(process.pid, "ns/\(shown.rawValue)")
            evidence.append(Evidence(source: "/proc/\(process.pid)/ns/\(shown.rawValue)", text: link))
            if kernel.profile.isRootless {
                let map = try kernel.processFile(process.pid, "uid_map").split(separator: "\n").first ?? ""
                let words = map.split(separator: " ").joined(separator: " ")
                evidence.append(Evidence(source: "/proc/\(process.pid)/uid_map", text: words))
            }
            return StepOutcome(
                facts: ["pid": .integer(Int64(process.pid)), "innerPid": .integer(inner)], evidence: evidence,
                command: "\(call) -> PID \(process.pid)",
                undo: [.killProcess(pid: process.pid, startTime: kernel.processStartTime(process.pid) ?? 0)],
                followUps: networkSteps()
                    + ChildProcedure(process: process, reader: ReportReader(process: self.process, isGated: isGated))
                    .steps(children) { child, range, reader in try self.execute(child, range, reader) })
        }
    }

    // MARK: The child

    /// Looks up the user and builds the child's program: the root's files can be read through the detached mount.
    func prepareChild(cgroupDescriptors: [Descriptor]) throws -> [ChildStep] {
        let overlay = try overlay.value()
        let cgroup = try cgroup.value()
        let identity = try ProcessIdentity(
            user: config.text("User"), additional: host.strings("GroupAdd"), directory: config.text("WorkingDir"),
            environment: ProcessIdentity.environment(
                config: config, links: try node.linkEnvironment(of: container, isStarting: true)),
            bounding: ProcessIdentity.capabilities(host: host, held: kernel.profile.capabilities),
            files: RootFiles(overlay: overlay), existing: kernel.profile.identities)
        let plan = LaunchPlan(
            container: container, definition: definition, kernel: kernel, identity: identity,
            filter: try node.filter(host: host, bounding: identity.bounding), cgroup: cgroup, overlay: overlay,
            node: node.configuration.name, volumeStore: node.volumes,
            granted: try GrantedDevices.devices(of: host), filesDirectory: filesDirectory)
        return try plan.childSteps(cgroupDescriptors: cgroupDescriptors)
    }

    private var filesDirectory: String {
        let mode = host.text("NetworkMode")
        guard mode.hasPrefix("container:") else { return container.directory }
        return (try? node.container(String(mode.dropFirst(10))))?.directory ?? container.directory
    }

    private func spawn(_ children: [ChildStep], namespaces: Set<NamespaceKind>) throws -> any SandboxProcess {
        var joined: [NamespaceKind: Descriptor] = [:]
        for (kind, target) in try joinedNamespaces() { joined[kind] = target }
        var streams: SpawnRequest.StandardStreams?
        if !definition.hasTerminal {
            let made = try ProcessPipes(hasInput: config.flag("OpenStdin"))
            pipes.set(made)
            streams = made.childSide
        }
        let request = SpawnRequest(
            namespaces: namespaces, joinedNamespaces: joined, program: children.flatMap(\.operations),
            standardStreams: streams, isGated: isGated)
        program.set(request.program)
        let process = try kernel.spawn(request)
        node.starting.withLock { $0[process.pid] = process }
        self.process.set(process)
        pipes.ifPresent?.closeChildSide()
        return process
    }

    /// The namespaces of others that the process is put in: the node's network, or another container's.
    private func joinedNamespaces() throws -> [(NamespaceKind, Descriptor)] {
        var joined: [(NamespaceKind, Descriptor)] = []
        func add(_ kind: NamespaceKind, of reference: String) throws {
            let pid = try node.runningProcess(of: reference).pid
            joined.append((kind, try Descriptor.open("/proc/\(pid)/ns/\(kind.rawValue)", O_RDONLY)))
        }
        let network = host.text("NetworkMode")
        if network == "host", let descriptor = node.namespace.descriptor { joined.append((.network, descriptor)) }
        if network.hasPrefix("container:") { try add(.network, of: String(network.dropFirst(10))) }
        if host.text("PidMode").hasPrefix("container:") {
            try add(.pid, of: String(host.text("PidMode").dropFirst(10)))
        }
        if host.text("IpcMode").hasPrefix("container:") {
            try node.checkShareableIPC(String(host.text("IpcMode").dropFirst(10)))
            try add(.ipc, of: String(host.text("IpcMode").dropFirst(10)))
        }
        return joined
    }

    func networkSteps() -> [Step] {
        let endpoints = endpoints.withLock { $0 }
        let named = namedNetworks
        let names =
            named.isEmpty ? [] : [node.namesStep(for: container, process: self.process, networks: named)]
        if !endpoints.isEmpty {
            return endpoints.flatMap {
                node.connectSteps($0, process: self.process) + node.publishSteps($0, of: definition.name)
            } + names
        }
        let mode = host.text("NetworkMode")
        let kernel = kernel
        let process = process
        let evidence = { @Sendable () throws -> StepOutcome in
            let pid = try process.value().pid
            return StepOutcome(evidence: [
                Evidence(source: "/proc/\(pid)/ns/net", text: try kernel.processLink(pid, "ns/net"))
            ])
        }
        guard mode == "host" || mode.hasPrefix("container:") else {
            return [Step(.networkNone, command: "ip link set lo up", perform: evidence)]
        }
        let target = mode == "host" ? node.configuration.name : String(mode.dropFirst(10))
        return [
            Step(
                .networkJoin, command: "setns(\(target)'s network namespace, CLONE_NEWNET)",
                facts: ["target": .string(target), "kind": mode == "host" ? "node" : "container"], perform: evidence)
        ]
    }

    /// The container's log; `nil` for one whose output is not kept.
    private func openLog() throws -> ContainerLog? {
        guard let form = container.logForm else { return nil }
        let options = host["LogConfig"]?["Config"]
        if form == .local { try Files.makeDirectories(Files.parent(of: container.logPath), mode: 0o700) }
        let attributes =
            form == .jsonFile
            ? try LogAttributes(options: options, of: config, container: try LogTag.Container(container))
            : LogAttributes()
        let log = try ContainerLog(
            path: container.logPath, form: form, rotation: try LogRotation(options, of: form), attributes: attributes)
        self.log.set(log)
        return log
    }

    /// The meeting with the child, everything that must be ready before its program runs, and `execve`.
    private func execute(_ child: ChildStep, _ range: Range<Int>, _ reader: ReportReader) throws -> StepOutcome {
        let process = try process.value()
        let reports = try reader.reports(range.lowerBound..<range.upperBound - 1, of: child)
        let ends: StreamHub.Ends
        if definition.hasTerminal {
            ends = .terminal(try process.takeTerminal())
        } else {
            ends = try pipes.value().takeParentSide()
        }
        let log = try openLog()
        let hub = try StreamHub(ends: ends, log: log, closesInput: config.flag("StdinOnce"))
        let waiting = container.life.withLock { life in
            defer { life.waitingAttachments = [] }
            return life.waitingAttachments
        }
        for attachment in waiting { _ = hub.attach(attachment) }
        let begin = Clock.monotonic()
        do {
            try reader.release()
            try reader.finish(child, index: range.upperBound - 1)
        } catch {
            // Who waited for its output stays attached for the next try, as far as it is still there.
            container.life.withLock { $0.waitingAttachments = waiting }
            throw error
        }
        let duration = Clock.monotonic() - begin
        let running = Container.Running(
            process: process, cgroup: try cgroup.value(), overlay: try overlay.value(), streams: hub,
            endpoints: endpoints.withLock { $0 }, log: log)
        container.life.withLock { life in
            life.running = running
            life.state = ContainerState(
                status: .running, pid: process.pid, startedAt: Clock.realtime(), finishedAt: life.state.finishedAt,
                restartCount: life.state.restartCount)
            if HealthCheck(life.definition.configObject) != nil { life.state.health = Health() }
        }
        _ = node.starting.withLock { $0.removeValue(forKey: process.pid) }
        let exe = (try? kernel.processLink(process.pid, "exe")).map {
            [Evidence(source: "/proc/\(process.pid)/exe", text: $0)]
        }
        // Before anything can tell of its end.
        for endpoint in running.endpoints { node.publishNetwork("connect", container, endpoint) }
        node.publishVolumes("mount", container)
        node.publish("start", container)
        try node.tellLinked(to: container)
        try node.supervise(container, running)
        try node.watchHealth(of: container, startedAt: container.life.current.state.startedAt)
        return StepOutcome(
            evidence: exe ?? [Evidence(source: "/proc/\(process.pid)", Finding(.ended))], duration: duration,
            calls: ChildProcedure.calls(of: child.operations, reports)
                + [SystemCall(text: child.command, errnoName: nil, duration: duration)])
    }

    // MARK: Files

    /// Writes the three files that are laid over the image's, with the address that the container will have.
    func writeFiles() throws {
        try Files.makeDirectories("\(container.directory)/rootfs")
        // A directory that `-v` names and that is missing is made, as on Docker.
        for point in definition.mountPoints where point.makesSource && !Files.exists(point.source) {
            try Files.makeDirectories(point.source)
        }
        let hostname = config.text("Hostname")
        let hosts = HostsFile(
            definition: definition, endpoints: endpoints.withLock { $0 }, gateway: node.defaultBridge.gateway,
            links: try node.linkedHosts(of: container, isStarting: true)
        ).text
        try Files.replace("\(container.directory)/hosts", with: Array(hosts.utf8), durable: false)
        try Files.replace("\(container.directory)/hostname", with: Array("\(hostname)\n".utf8), durable: false)
        let resolver = try ResolverFile(
            machine: node.configuration.resolverFile, host: host, isEmbedded: !namedNetworks.isEmpty)
        try Files.replace("\(container.directory)/resolv.conf", with: Array(resolver.text.utf8), durable: false)
    }

    // MARK: Failures

    /// Docker's text for a start that failed.
    func failure(for error: any Error) -> EngineFailure {
        guard let failure = error as? LaunchFailure ?? childFailure() else {
            return EngineFailure(wrapping: error, doing: "starting container")
        }
        if failure.isDaemons { return EngineFailure.invalid("\(failure)") }
        return EngineFailure(
            status: failure.isUsersMistake ? 400 : 500,
            "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container "
                + "process: \(failure.description): unknown")
    }

    /// A child that died makes the engine's own steps fail, too: what it reported last is the cause.
    private func childFailure() -> LaunchFailure? {
        guard let process = process.ifPresent, let operations = program.ifPresent else { return nil }
        while let report = try? process.nextReport() {
            guard report.errorNumber != 0, operations.indices.contains(report.index) else { continue }
            return LaunchFailure(operation: operations[report.index], code: report.errorNumber, text: report.text)
        }
        return nil
    }

    /// The exit code that a container shows that never ran.
    func exitCode(for failure: EngineFailure) -> Int32 {
        if failure.message.contains("executable file not found")
            || failure.message.contains("no such file or directory")
        {
            return 127
        }
        return failure.message.contains("permission denied") || failure.message.contains("not a directory") ? 126 : 128
    }
}
