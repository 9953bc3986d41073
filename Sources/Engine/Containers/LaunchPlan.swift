import EngineAPI
import Kernel
import OrderedJSON
import Posix

/// A few operations of the sandbox program that are told as one step, and how its evidence is read while the process
/// still waits before `exec`.
struct ChildStep: Sendable {
    var kind: StepKind
    var command: String
    var facts: Facts = [:]
    var operations: [SandboxOperation]
    /// Reads the evidence, given the process.
    var evidence: @Sendable (any SandboxProcess) throws -> [Evidence] = { _ in [] }
}

/// What a container's first process does between `clone` and `exec`, as data: built from the container's definition
/// before anything is performed, described by `explain`, compiled and run by the kernel.
struct LaunchPlan {
    let container: Container
    let definition: Container.Definition
    let kernel: any Kernel
    let identity: ProcessIdentity
    let filter: SeccompFilter?
    /// The cgroup's directory in each hierarchy, by the name under `/sys/fs/cgroup`.
    let cgroup: any Cgroup
    let overlay: DetachedMount
    let node: String
    let volumeStore: VolumeStore
    /// What `--device` grants.
    var granted: [GrantedDevices.Device] = []
    /// Where its `hosts`, `hostname` and `resolv.conf` are: with a shared network, those of the container that owns it.
    var filesDirectory: String

    var host: JSONObject { definition.hostObject }
    var config: JSONObject { definition.configObject }
    var isPrivileged: Bool { host.flag("Privileged") }

    var namespaces: Set<NamespaceKind> { Self.namespaces(of: host) }

    /// The namespaces that are made new for a container with these settings.
    static func namespaces(of host: JSONObject) -> Set<NamespaceKind> {
        var kinds: Set<NamespaceKind> = [.mount]
        if host.text("PidMode").isEmpty { kinds.insert(.pid) }
        if host.text("UTSMode").isEmpty { kinds.insert(.uts) }
        if ["private", "shareable", "none"].contains(host.text("IpcMode")) { kinds.insert(.ipc) }
        let network = host.text("NetworkMode")
        if network != "host", !network.hasPrefix("container:") { kinds.insert(.network) }
        return kinds
    }

    /// The namespaces that a second process enters: those made new, and those of the node or of another container that
    /// the first process has joined. Only what is the machine's own anyway is left out.
    static func enteredNamespaces(of host: JSONObject) -> Set<NamespaceKind> {
        var kinds = namespaces(of: host).union([.network])
        if host.text("PidMode").hasPrefix("container:") { kinds.insert(.pid) }
        if host.text("IpcMode").hasPrefix("container:") { kinds.insert(.ipc) }
        return kinds
    }

    /// All steps of the child, in order, up to `exec`.
    func childSteps(cgroupDescriptors: [Descriptor]) throws -> [ChildStep] {
        var steps = joinCgroups(cgroupDescriptors) + [attachRoot, proc, dev, sys]
        // What is mounted on /etc itself must not cover the three files that the engine keeps there.
        let mounts = try mountSteps(volumeStore)
        steps += mounts.filter { $0.target == "/etc" }.map(\.step) + [files]
        steps += mounts.filter { $0.target != "/etc" }.map(\.step)
        if namespaces.contains(.uts) { steps.append(hostname) }
        steps.append(contentsOf: parameters)
        if !isPrivileged { steps.append(mask) }
        steps.append(pivot)
        if definition.hasTerminal { steps.append(Self.terminal(host, kernel: kernel)) }
        steps += limits
        if let filter { steps.append(Self.loadFilter(filter, host: host, kernel: kernel)) }
        steps += Self.capabilities(identity, host: host, filtered: filter != nil, kernel: kernel)
        steps.append(execute)
        // Without a cgroup to join first, the namespace of cgroups is left at once.
        return Self.begun(steps, and: kernel.profile.makesCgroups ? [] : cgroupNamespace)
    }

    /// What every process does first, before anything that is told as a step.
    static func begun(_ steps: [ChildStep], and further: [SandboxOperation] = []) -> [ChildStep] {
        var steps = steps
        if let first = steps.first {
            steps[0].operations = [.dieWithEngine, .newSession] + further + first.operations
        }
        return steps
    }

    private func joinCgroups(_ descriptors: [Descriptor]) -> [ChildStep] {
        Self.joinCgroups(cgroup, descriptors, kernel: kernel, then: cgroupNamespace)
    }

    /// What `--cgroupns private` asks for.
    private var cgroupNamespace: [SandboxOperation] {
        host.text("CgroupnsMode") == "private" ? [.unshare(.cgroup)] : []
    }

    /// The step in which a process enters a container's cgroup: of version 2 it is born in it, of version 1 it writes
    /// itself into each hierarchy (`cgroups(7)`). None where the engine can't make cgroups.
    static func joinCgroups(
        _ cgroup: any Cgroup, _ descriptors: [Descriptor], kernel: any Kernel, then: [SandboxOperation] = []
    ) -> [ChildStep] {
        guard kernel.profile.makesCgroups else { return [] }
        let directory = cgroup.directory(of: "memory") ?? cgroup.path
        let isUnified = kernel.profile.cgroupLayout == .v2
        let step = ChildStep(
            kind: .cgroupJoin,
            command: isUnified ? "clone3(CLONE_INTO_CGROUP, \"\(directory)\")" : "echo 0 > \(directory)/tasks",
            facts: ["path": .string(cgroup.path), "hierarchies": .integer(Int64(descriptors.count))],
            operations: [.joinCgroups(descriptors)] + then
        ) { process in
            let lines = try kernel.processFile(process.pid, "cgroup").split(separator: "\n")
            let line = lines.first { $0.contains(":memory:") } ?? lines.first { $0.hasPrefix("0::") }
            return line.map { [Evidence(source: "/proc/\(process.pid)/cgroup", text: String($0))] } ?? []
        }
        return [step]
    }

    private var attachRoot: ChildStep {
        let directory = "\(container.directory)/rootfs"
        return ChildStep(
            kind: .rootAttach, command: "move_mount(overlay, \"\(directory)\")",
            facts: [
                "directory": .string(directory), "layers": .integer(Int64(overlay.layers.lower.count)),
            ],
            operations: [.isolateMounts, .attachRoot(overlay, at: directory)],
            evidence: Self.mountEvidence(kernel, of: directory))
    }

    private var hostname: ChildStep {
        let domain = config.text("Domainname")
        var operations: [SandboxOperation] = [.setHostname(config.text("Hostname"))]
        if !domain.isEmpty { operations.append(.setDomainname(domain)) }
        operations.append(.readBack(path: "/proc/sys/kernel/hostname"))
        return ChildStep(
            kind: .hostnameSet, command: "hostname \(config.text("Hostname"))",
            facts: [
                "hostname": .string(config.text("Hostname")), "domainname": domain.isEmpty ? .null : .string(domain),
            ],
            operations: operations)
    }

    /// Docker sets two parameters in each new network namespace; `--sysctl` adds others.
    private var parameters: [ChildStep] {
        var values: [(String, String)] = []
        // Every group that there is may send echo requests; the kernel takes no larger number than Docker's.
        let lastGroup = min(2_147_483_647, kernel.profile.identities.groups - 1)
        if namespaces.contains(.network) {
            values = [("net.ipv4.ip_unprivileged_port_start", "0"), ("net.ipv4.ping_group_range", "0 \(lastGroup)")]
        }
        for (name, value) in host.map("Sysctls") {
            values.removeAll { $0.0 == name }
            values.append((name, value))
        }
        guard !values.isEmpty else { return [] }
        var operations: [SandboxOperation] = values.map { name, value in
            .setParameter(path: "/proc/sys/" + name.replacing(".", with: "/"), value: value)
        }
        if let first = values.first {
            operations.append(.readBack(path: "/proc/sys/" + first.0.replacing(".", with: "/")))
        }
        if namespaces.contains(.network) { operations.insert(.bringLoopbackUp, at: 0) }
        return [
            ChildStep(
                kind: .parameterSet,
                command: "sysctl -w " + values.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: " "),
                facts: ["parameters": .strings(values.map { "\($0.0)=\($0.1)" })], operations: operations)
        ]
    }

    private var pivot: ChildStep {
        let isReadOnly = host.flag("ReadonlyRootfs")
        return ChildStep(
            kind: .rootPivot, command: "pivot_root(\".\", \".\"); umount2(\".\", MNT_DETACH)",
            facts: ["readOnly": .bool(isReadOnly)],
            operations: [.enterRoot] + (isReadOnly ? [.makeRootReadOnly] : []),
            evidence: Self.mountEvidence(kernel, of: "/"))
    }

    /// The terminal of the process, opened in the container's own `/dev/pts`.
    static func terminal(_ host: JSONObject, kernel: any Kernel, console: Bool = true) -> ChildStep {
        let size = host["ConsoleSize"]?.array?.compactMap { $0.integer.flatMap { UInt16(exactly: $0) } } ?? []
        let rows = size.first ?? 0
        let columns = size.count > 1 ? size[1] : 0
        var operations: [SandboxOperation] = [.openTerminal(columns: columns, rows: rows)]
        if console { operations.append(.bindWithin(source: "/dev/pts/0", target: "/dev/console")) }
        return ChildStep(
            kind: .terminalOpen, command: "open(\"/dev/pts/ptmx\", O_RDWR)",
            facts: [
                "path": "/dev/pts/0", "columns": .integer(Int64(columns)), "rows": .integer(Int64(rows)),
            ],
            operations: operations
        ) { process in
            [Evidence(source: "/proc/\(process.pid)/fd/0", text: try kernel.processLink(process.pid, "fd/0"))]
        }
    }

    private var limits: [ChildStep] {
        var steps: [ChildStep] =
            host["Ulimits"]?.array?.compactMap { limit in
                guard let name = limit["Name"]?.string, let resource = ResourceLimits.number(name) else { return nil }
                let soft = UInt64(bitPattern: limit["Soft"]?.integer ?? 0)
                let hard = UInt64(bitPattern: limit["Hard"]?.integer ?? 0)
                let kernel = kernel
                return ChildStep(
                    kind: .resourceLimit, command: "setrlimit(\(ResourceLimits.constant(name)), \(soft), \(hard))",
                    facts: [
                        "resource": .string(name), "soft": .integer(Int64(bitPattern: soft)),
                        "hard": .integer(Int64(bitPattern: hard)),
                    ],
                    operations: [.setResourceLimit(resource: resource, soft: soft, hard: hard)]
                ) { process in
                    let lines = try kernel.processFile(process.pid, "limits").split(separator: "\n")
                    let line = lines.first { $0.hasPrefix(ResourceLimits.title(name)) }
                    return line.map { [Evidence(source: "/proc/\(process.pid)/limits", text: String($0))] } ?? []
                }
            } ?? []
        let score = host.number("OomScoreAdj")
        if score != 0 {
            steps.append(
                ChildStep(
                    kind: .resourceLimit, command: "echo \(score) > /proc/self/oom_score_adj",
                    facts: ["resource": "oom_score_adj", "soft": .integer(score), "hard": .integer(score)],
                    operations: [.setOutOfMemoryScore(Int32(score)), .readBack(path: "/proc/self/oom_score_adj")]))
        }
        return steps
    }

    private var execute: ChildStep {
        Self.execute(
            identity,
            command: (InitProgram.isWanted(host) ? [InitProgram.path, "--"] : []) + [definition.path]
                + definition.arguments,
            hasTerminal: definition.hasTerminal,
            isDetached: !config.flag("AttachStdout"), createsDirectory: true)
    }

    /// The last step: the working directory, the meeting with the engine, and `execve`.
    static func execute(
        _ identity: ProcessIdentity, command: [String], hasTerminal: Bool, isDetached: Bool, createsDirectory: Bool
    ) -> ChildStep {
        ChildStep(
            kind: .processExecute, command: "execve " + command.map(ShellText.quoted).joined(separator: " "),
            facts: [
                "path": .string(command.first ?? ""), "arguments": .strings(command.dropFirst()),
                "user": .string(identity.name), "directory": .string(identity.directory),
                "detached": .bool(isDetached), "terminal": .bool(hasTerminal),
            ],
            operations: [
                .changeDirectory(identity.directory, create: createsDirectory), .setUmask(0o022), .meet,
                .execute(
                    paths: identity.candidates(for: command.first ?? ""), arguments: command,
                    environment: identity.environment),
            ])
    }

    func mountEvidence(_ target: String) -> @Sendable (any SandboxProcess) throws -> [Evidence] {
        Self.mountEvidence(kernel, of: "\(container.directory)/rootfs" + target)
    }

    /// The line of `/proc/PID/mountinfo` for a mount point: without the numbers, as one reads it.
    private static func mountEvidence(_ kernel: any Kernel, of target: String)
        -> @Sendable (any SandboxProcess) throws -> [Evidence]
    {
        { process in
            // The same mount has the short path once the process has entered its root.
            let short = target.firstRange(of: "/rootfs/").map { "/" + target[$0.upperBound...] }
            for line in try kernel.processFile(process.pid, "mountinfo").split(separator: "\n").reversed() {
                let fields = line.split(separator: " ")
                guard fields.count > 6, fields[4] == target || short.map({ fields[4] == $0 }) == true,
                    let dash = fields.firstIndex(of: "-"), dash + 2 < fields.count
                else { continue }
                let shown = short ?? (target.hasSuffix("/rootfs") ? "/" : target)
                let text = "\(fields[dash + 2]) on \(shown) type \(fields[dash + 1]) (\(fields[5]))"
                return [Evidence(source: "/proc/\(process.pid)/mountinfo", text: text)]
            }
            return []
        }
    }

    /// Lines of `/proc/PID/status`.
    static func statusEvidence(_ names: [String], kernel: any Kernel)
        -> @Sendable (any SandboxProcess) throws -> [Evidence]
    {
        { process in
            let text = try kernel.processFile(process.pid, "status")
            let lines = text.split(separator: "\n").filter { line in names.contains { line.hasPrefix($0 + ":") } }
            return lines.map { line in
                Evidence(source: "/proc/\(process.pid)/status", text: String(line.replacing("\t", with: " ")))
            }
        }
    }
}

extension NamespaceKind {
    /// The flag's name without CLONE_, as in `clone(2)`: `NEWNET`.
    var cloneFlagName: String {
        switch self {
        case .mount: "NEWNS"
        case .pid: "NEWPID"
        case .uts: "NEWUTS"
        case .ipc: "NEWIPC"
        case .network: "NEWNET"
        case .cgroup: "NEWCGROUP"
        case .user: "NEWUSER"
        case .time: "NEWTIME"
        }
    }
}
