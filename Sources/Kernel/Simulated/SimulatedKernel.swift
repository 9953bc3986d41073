import Glibc
import Posix

/// A kernel that exists only as a model in memory: for tests that need no privilege, and for machines that allow
/// nothing.
///
/// It keeps namespaces, links, addresses, routes, rules, mounts, cgroups and processes with the relations and refusals
/// that Linux has, and what is read back comes from the model, never from the request. Programs are not run: a few
/// well-known ones are imitated on the standard streams, and any other says that it can't be run and ends with 127.
/// The layers of a container's root are read from the disk, so that a program that is not there is not found.
public final class SimulatedKernel: Kernel {
    /// What it claims to be.
    public let profile: KernelProfile
    private let machine: SimulatedMachine
    private var world: Monitor<SimulatedWorld> { machine.world }

    /// Makes a kernel with a machine that runs nothing yet.
    ///
    /// - Parameters:
    ///   - profile: What it claims to be; its cgroup layout and controllers decide which files cgroups have.
    ///   - parentCgroup: The group below which all cgroups are made.
    public init(profile: KernelProfile = SimulatedKernel.defaultProfile, parentCgroup: String = "drydock") {
        self.profile = profile
        machine = SimulatedMachine(
            world: Monitor(SimulatedWorld(hostname: "simulated")), profile: profile, parentGroup: parentCgroup)
    }

    /// A machine of today: cgroup version 2, all capabilities, as many processors as this machine has.
    public static var defaultProfile: KernelProfile {
        var names = utsname()
        uname(&names)
        let machine = withUnsafeBytes(of: names.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        return KernelProfile(
            kind: .simulated, release: "6.12.0-simulated", machine: machine.isEmpty ? "x86_64" : machine,
            operatingSystem: "Drydock's simulated kernel", isRootless: false, cgroupLayout: .v2,
            controllers: ["cpuset", "cpu", "cpuacct", "blkio", "memory", "devices", "freezer", "hugetlb", "pids"],
            capabilities: .all, limitsSwap: true, processors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            memory: 8 << 30, bootID: "51a11a7e-d00d-4bad-8ee2-c0ffee000001",
            lacking: ["programs": "the simulated kernel runs none, it imitates a few"])
    }

    /// Makes the next call of a name fail once with an error number.
    ///
    /// - Parameters:
    ///   - name: A method of ``Kernel``, ``NetworkNamespace``, ``Cgroup`` or ``SandboxProcess`` (`makeVeth`, `apply`,
    ///     `spawn`), or a case of ``SandboxOperation`` (`mount`, `execute`).
    ///   - code: The value of `errno(3)`.
    public func failNext(operationNamed name: String, code: Int32) {
        world.withLock { $0.faults.append(.init(operation: name, code: code)) }
    }

    /// Makes a new, empty network namespace.
    public func makeNetworkNamespace() throws(SystemError) -> any NetworkNamespace {
        let inode = try world.withLock { world throws(SystemError) -> UInt64 in
            try world.takeFault("makeNetworkNamespace", "making a network namespace")
            return world.makeNetwork()
        }
        return try SimulatedNetworkNamespace(holding: inode, in: world)
    }

    /// The machine's network namespace.
    public func machineNetworkNamespace() throws(SystemError) -> any NetworkNamespace {
        let inode = try world.withLock { world throws(SystemError) -> UInt64 in
            try world.takeFault("machineNetworkNamespace", "opening the machine's network namespace")
            let inode = SimulatedWorld.machineNamespaces[.network] ?? 0
            world.holdNetwork(inode)
            return inode
        }
        return try SimulatedNetworkNamespace(holding: inode, in: world)
    }

    /// Makes an overlay mount; each layer must be a directory on the disk.
    public func makeOverlay(_ layers: OverlayLayers) throws(SystemError) -> DetachedMount {
        try world.withLock { world throws(SystemError) in try world.takeFault("makeOverlay", "making an overlay mount")
        }
        guard !layers.lower.isEmpty else { throw SystemError("making an overlay mount without layers", code: EINVAL) }
        for directory in layers.lower + [layers.upper, layers.work].compactMap({ $0 }) {
            var status = stat()
            guard stat(directory, &status) == 0 else { throw .last("making an overlay mount of \(directory)") }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw SystemError("making an overlay mount of \(directory)", code: ENOTDIR)
            }
        }
        return DetachedMount(descriptor: nil, layers: layers)
    }

    private func group(_ name: String) -> SimulatedCgroup {
        SimulatedCgroup(name: name, parent: machine.parentGroup, world: world, profile: profile)
    }

    /// The cgroup that a name would have; nothing is made.
    public func plannedCgroup(_ name: String) throws(SystemError) -> any Cgroup { group(name) }

    /// Makes a cgroup.
    public func makeCgroup(_ name: String) throws(SystemError) -> any Cgroup {
        let operation = "making cgroup \(machine.parentGroup)/\(name)"
        try world.withLock { world throws(SystemError) in
            try world.takeFault("makeCgroup", operation)
            if name.isEmpty || name == "." || name == ".." || name.contains("/") {
                throw SystemError(operation, code: EINVAL)
            }
            if world.groups[name] != nil { throw SystemError(operation, code: EEXIST) }
            world.hasParentGroup = true
            world.groups[name] = SimulatedGroup(isUnified: profile.cgroupLayout == .v2, profile: profile)
        }
        return group(name)
    }

    /// The cgroup of a name if it exists.
    public func existingCgroup(_ name: String) -> (any Cgroup)? {
        world.withLock { $0.groups[name] != nil } ? group(name) : nil
    }

    /// The names of all cgroups.
    public func cgroupNames() throws(SystemError) -> [String] { world.withLock { $0.groups.keys.sorted() } }

    /// Removes the engine's parent cgroup.
    public func removeCgroupParent() throws(SystemError) {
        try world.withLock { world throws(SystemError) in
            let operation = "removing cgroup \(machine.parentGroup)"
            try world.takeFault("removeCgroupParent", operation)
            if !world.groups.isEmpty { throw SystemError(operation, code: EBUSY) }
            world.hasParentGroup = false
        }
    }

    /// Starts a process in new namespaces.
    public func spawn(_ request: SpawnRequest) throws(SystemError) -> any SandboxProcess {
        try start(request, in: nil)
    }

    /// Starts a process inside the namespaces of a running one.
    public func enter(_ target: any SandboxProcess, _ request: SpawnRequest) throws(SystemError) -> any SandboxProcess {
        guard let target = target as? SimulatedProcess else {
            throw SystemError("entering process \(target.pid)", code: EINVAL)
        }
        return try start(request, in: target)
    }

    private func start(_ request: SpawnRequest, in target: SimulatedProcess?) throws(SystemError) -> SimulatedProcess {
        let call = target == nil ? "spawn" : "enter"
        let operation = target.map { "entering process \($0.pid)" } ?? "cloning a process"
        let isFirst = target == nil && request.namespaces.contains(.pid)
        let pid = try world.withLock { world throws(SystemError) -> Int32 in
            try world.takeFault(call, operation)
            return world.makePID()
        }
        let process = try SimulatedProcess(pid: pid, isFirst: isFirst, machine: machine)
        try world.withLock { world throws(SystemError) in
            var namespaces = SimulatedWorld.machineNamespaces
            if let target {
                guard let task = world.tasks[target.pid], !task.isZombie else {
                    throw SystemError(operation, code: ESRCH)
                }
                for kind in request.namespaces { namespaces[kind] = task.inode(kind) }
            } else {
                try makeNamespaces(request, &namespaces, &world, operation)
            }
            world.holdNetwork(namespaces[.network] ?? 0)
            let mates = world.tasks.values.filter { $0.inode(.pid) == namespaces[.pid] }
            let isMachine = namespaces[.pid] == SimulatedWorld.machineNamespaces[.pid]
            world.tasks[pid] = SimulatedTask(
                process: process, parent: getpid(), startTime: world.nextStartTime(), namespaces: namespaces,
                ownNumber: isMachine ? pid : (mates.map(\.ownNumber).max() ?? 0) + 1, capabilities: profile.capabilities
            )
        }
        let program = SimulatedProgram(process: process, machine: machine, request: request)
        do throws(SystemError) { try Thread.start("sim \(pid)") { program.run() } } catch {
            program.abandon()
            throw error
        }
        return process
    }

    private func makeNamespaces(
        _ request: SpawnRequest, _ namespaces: inout [NamespaceKind: UInt64], _ world: inout SimulatedWorld,
        _ operation: String
    ) throws(SystemError) {
        let machineNames = world.names[namespaces[.uts] ?? 0]
        let machineMounts = world.mounts[namespaces[.mount] ?? 0]
        var joined: [NamespaceKind: UInt64] = [:]
        for (kind, descriptor) in request.joinedNamespaces {
            // Only network namespaces have something that stands in for a descriptor.
            guard kind == .network, let inode = world.networkDescriptors[ObjectIdentifier(descriptor)] else {
                throw SystemError("\(operation) in another's \(kind.rawValue) namespace", code: EINVAL)
            }
            joined[kind] = inode
        }
        for kind in request.namespaces where joined[kind] == nil {
            if kind == .network {
                let inode = world.makeNetwork()
                // A new namespace's loopback is down; the hold is the process's own, taken by the caller.
                world.networks[inode]?.update(1) { $0.isUp = false }
                world.networkHolders[inode] = 0
                namespaces[kind] = inode
            } else {
                namespaces[kind] = world.makeInode()
            }
        }
        namespaces.merge(joined) { $1 }
        if request.namespaces.contains(.uts) { world.names[namespaces[.uts] ?? 0] = machineNames }
        if request.namespaces.contains(.mount) { world.mounts[namespaces[.mount] ?? 0] = machineMounts }
    }

    /// The text of a file below `/proc/PID`, made from the model.
    public func processFile(_ pid: Int32, _ name: String) throws(SystemError) -> String {
        try SimulatedProcFiles(machine: machine).file(pid, name, seenByItself: false)
    }

    /// The target of a link below `/proc/PID`.
    public func processLink(_ pid: Int32, _ name: String) throws(SystemError) -> String {
        try SimulatedProcFiles(machine: machine).link(pid, name)
    }

    /// When a process started.
    public func processStartTime(_ pid: Int32) -> UInt64? { world.withLock { $0.tasks[pid]?.startTime } }

    /// The processes in the group of a process: in the model each container has one.
    public func processes(inNamespaceOf pid: Int32) throws(SystemError) -> [Int32] {
        world.withLock { world in
            let group = world.tasks[pid]?.group
            return world.tasks.filter { $0.value.group == group && !$0.value.isZombie }.keys.sorted()
        }
    }

    /// Kills a process if it is still the one that was recorded.
    public func killStray(pid: Int32, startTime: UInt64) {
        let process = world.withLock { world in
            world.tasks[pid].flatMap { $0.startTime == startTime ? $0.process : nil }
        }
        process?.end(by: SIGKILL)
    }
}
