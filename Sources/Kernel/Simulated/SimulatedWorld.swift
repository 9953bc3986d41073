import Posix

/// Everything that a simulated kernel knows: the objects that a kernel would have, and their relations.
struct SimulatedWorld: Sendable {
    /// The network namespaces by inode.
    var networks: [UInt64: SimulatedNetwork] = [:]
    /// By how many objects and processes each network namespace is kept alive.
    var networkHolders: [UInt64: Int] = [:]
    /// What stands in for a descriptor of a network namespace.
    var networkDescriptors: [ObjectIdentifier: UInt64] = [:]
    /// Host and domain name of each UTS namespace.
    var names: [UInt64: HostNames] = [:]
    /// What each mount namespace has mounted.
    var mounts: [UInt64: SimulatedMounts] = [:]
    /// The cgroups below the engine's parent group, by name.
    var groups: [String: SimulatedGroup] = [:]
    /// Whether the engine's parent group exists.
    var hasParentGroup = false
    /// The processes by number, also those that ended and were not reaped.
    var tasks: [Int32: SimulatedTask] = [:]
    /// Parameters of each IPC namespace that were written, by path.
    var messageParameters: [UInt64: [String: String]] = [:]
    /// Calls that are to fail, each once.
    var faults: [Fault] = []
    private var lastInode: UInt64 = 4_026_532_200
    /// Beyond what Linux ever gives out (PID_MAX_LIMIT): no number of the model is that of a process of the machine.
    private var lastPID: Int32 = 4_194_304
    private var ticks: UInt64 = 100_000

    /// The two names of a UTS namespace.
    struct HostNames: Sendable, Equatable {
        var host: String
        var domain: String
    }

    /// A call that is to fail.
    struct Fault: Sendable {
        var operation: String
        var code: Int32
    }

    /// The machine's own namespaces have the numbers that Linux gives them (`linux/proc_ns.h`).
    static let machineNamespaces: [NamespaceKind: UInt64] = [
        .mount: 4_026_531_841, .pid: 4_026_531_836, .uts: 4_026_531_838, .ipc: 4_026_531_839, .network: 4_026_531_840,
        .cgroup: 4_026_531_835, .user: 4_026_531_837, .time: 4_026_531_834,
    ]

    /// A world with a machine in it: a loopback interface, a network card, a name.
    init(hostname: String) {
        let network = Self.machineNamespaces[.network] ?? 0
        var machine = SimulatedNetwork()
        machine.add(
            SimulatedLink(
                index: 2, name: "eth0", kind: nil, mac: MACAddress("52:54:00:12:34:56"), mtu: 1500, isUp: true))
        if let address = InterfaceAddress("10.0.2.15/24") {
            machine.addresses.append(AssignedAddress(linkIndex: 2, address: address))
        }
        machine.routes.append(Route(destination: nil, gateway: IPAddress("10.0.2.2"), link: "eth0"))
        networks[network] = machine
        networkHolders[network] = 1
        names[Self.machineNamespaces[.uts] ?? 0] = HostNames(host: hostname, domain: "(none)")
        mounts[Self.machineNamespaces[.mount] ?? 0] = .machine
    }

    /// A number for a new namespace.
    mutating func makeInode() -> UInt64 {
        lastInode += 1
        return lastInode
    }

    /// A number for a new process.
    mutating func makePID() -> Int32 {
        lastPID += 1
        return lastPID
    }

    /// Clock ticks since boot: later for each process.
    mutating func nextStartTime() -> UInt64 {
        ticks += 7
        return ticks
    }

    /// Fails if a fault waits for the operation.
    mutating func takeFault(_ operation: String, _ description: @autoclosure () -> String) throws(SystemError) {
        guard let index = faults.firstIndex(where: { $0.operation == operation }) else { return }
        throw SystemError(description(), code: faults.remove(at: index).code)
    }

    /// Makes a network namespace that is held once.
    mutating func makeNetwork() -> UInt64 {
        let inode = makeInode()
        networks[inode] = SimulatedNetwork()
        networkHolders[inode] = 1
        return inode
    }

    /// Keeps a network namespace alive once more.
    mutating func holdNetwork(_ inode: UInt64) { networkHolders[inode, default: 0] += 1 }

    /// Lets go of a network namespace. With its last holder it vanishes, and the peers of its links with it.
    mutating func releaseNetwork(_ inode: UInt64) {
        networkHolders[inode, default: 1] -= 1
        guard networkHolders[inode] == 0, let network = networks.removeValue(forKey: inode) else { return }
        networkHolders[inode] = nil
        for link in network.links {
            if let peer = link.peer { networks[peer.network]?.remove(peer.index) }
        }
    }
}

/// A process as the kernel's tables have it.
struct SimulatedTask: Sendable {
    /// The object that runs it.
    var process: SimulatedProcess
    var parent: Int32
    var startTime: UInt64
    /// The inode of each namespace that it is in.
    var namespaces: [NamespaceKind: UInt64]
    /// Its number in its own PID namespace.
    var ownNumber: Int32
    /// The name of its cgroup below the engine's parent group.
    var group: String?
    var uid: UInt32 = 0
    var gid: UInt32 = 0
    var groups: [UInt32] = []
    var effective: CapabilitySet
    var permitted: CapabilitySet
    var inheritable: CapabilitySet = []
    var bounding: CapabilitySet
    var hasNoNewPrivileges = false
    var filters = 0
    var umask: UInt32 = 0o022
    var directory = "/"
    var outOfMemoryScore: Int32 = 0
    var limits: [Int32: (soft: UInt64, hard: UInt64)] = [:]
    var dumpName = "drydock"
    var executable = "/usr/bin/drydock"
    var arguments: [String] = []
    var environment: [String] = []
    var hasTerminal = false
    var session: Int32 = 0
    /// It has ended, but nobody has waited for it.
    var isZombie = false

    /// A new process with the engine's rights.
    init(
        process: SimulatedProcess, parent: Int32, startTime: UInt64, namespaces: [NamespaceKind: UInt64],
        ownNumber: Int32, capabilities: CapabilitySet
    ) {
        self.process = process
        self.parent = parent
        self.startTime = startTime
        self.namespaces = namespaces
        self.ownNumber = ownNumber
        effective = capabilities
        permitted = capabilities
        bounding = capabilities
    }

    /// The inode of the namespace of a kind.
    func inode(_ kind: NamespaceKind) -> UInt64 {
        namespaces[kind] ?? SimulatedWorld.machineNamespaces[kind] ?? 0
    }
}
