import Posix

/// The seam between the engine and an operating system kernel: namespaces, mounts, cgroups, links and addresses,
/// filters, processes. The engine's steps are written against it and run on ``LinuxKernel`` or ``SimulatedKernel``.
///
/// All calls block the calling thread and may be made from any thread.
public protocol Kernel: Sendable {
    /// What this kernel is and what can be done with it here.
    var profile: KernelProfile { get }

    /// Makes a new, empty network namespace that lives as long as the returned object or a process inside it
    /// (`network_namespaces(7)`). Its loopback interface is brought up.
    func makeNetworkNamespace() throws(SystemError) -> any NetworkNamespace

    /// The network namespace that the engine itself was started in: the machine's.
    func machineNetworkNamespace() throws(SystemError) -> any NetworkNamespace

    /// Makes an overlay mount that is attached nowhere yet (`fsopen(2)`, `fsmount(2)`, kernel `overlayfs.rst`).
    func makeOverlay(_ layers: OverlayLayers) throws(SystemError) -> DetachedMount

    /// Makes a cgroup, in every hierarchy that the host has, below the engine's own parent group.
    ///
    /// - Parameter name: One path element, such as a container's ID.
    func makeCgroup(_ name: String) throws(SystemError) -> any Cgroup

    /// The cgroup that a name would have; nothing is made. Its paths can be told, nothing else.
    func plannedCgroup(_ name: String) throws(SystemError) -> any Cgroup

    /// The cgroup of a name if it exists, for recovery and for engines that were restarted.
    func existingCgroup(_ name: String) -> (any Cgroup)?

    /// The names of all cgroups below the engine's parent group.
    func cgroupNames() throws(SystemError) -> [String]

    /// Removes the engine's parent cgroup, which must be empty, from every hierarchy.
    func removeCgroupParent() throws(SystemError)

    /// Starts a process in new namespaces; it runs the sandbox program up to its `exec`.
    ///
    /// Returns as soon as the process exists (`clone3(2)`); how its program proceeds is read from the process.
    func spawn(_ request: SpawnRequest) throws(SystemError) -> any SandboxProcess

    /// Starts a process inside the namespaces of a running one (`setns(2)`); it runs the program up to its `exec`.
    func enter(_ target: any SandboxProcess, _ request: SpawnRequest) throws(SystemError) -> any SandboxProcess

    /// The text of a file below `/proc/PID`, such as `status`, `mountinfo`, `cgroup`: evidence, read back now.
    func processFile(_ pid: Int32, _ name: String) throws(SystemError) -> String

    /// The target of a link below `/proc/PID`, such as `ns/net`, `exe`, `root`.
    func processLink(_ pid: Int32, _ name: String) throws(SystemError) -> String

    /// When a process started, in clock ticks since boot (field 22 of `/proc/PID/stat`), which together with the boot
    /// identifier tells a process from a later one with the same number; `nil` when there is no such process.
    func processStartTime(_ pid: Int32) -> UInt64?

    /// The processes in the PID namespace of a process, by their numbers on the machine, sorted: what belongs to a
    /// container that has no cgroup. Only the process itself, if it shares the engine's PID namespace.
    func processes(inNamespaceOf pid: Int32) throws(SystemError) -> [Int32]

    /// Kills a process that was left behind by an engine that died, if it is still the one that was recorded.
    func killStray(pid: Int32, startTime: UInt64)
}

/// What a kernel is and can do; the facts behind `drydock doctor` and `docker info`.
public struct KernelProfile: Sendable, Equatable {
    /// Which implementation of ``Kernel`` this is.
    public enum Kind: String, Sendable, Codable {
        /// The kernel of this machine.
        case linux
        /// A model in memory.
        case simulated
    }
    /// How the host has its cgroups mounted (`cgroups(7)`).
    public enum CgroupLayout: String, Sendable, Codable {
        /// Version 1 hierarchies only.
        case v1
        /// The unified hierarchy only.
        case v2
        /// Version 1 hierarchies with controllers, and a unified one beside them.
        case hybrid
    }

    /// Which implementation this is.
    public var kind: Kind
    /// `uname -r`
    public var release: String
    /// `uname -m`
    public var machine: String
    /// `PRETTY_NAME` of `/etc/os-release`.
    public var operatingSystem: String
    /// Whether the engine is root in a user namespace only.
    public var isRootless: Bool
    /// The users and groups that exist for the engine: fewer than all in a user namespace.
    public var identities: MappedIdentities
    /// How cgroups are mounted.
    public var cgroupLayout: CgroupLayout
    /// Whether cgroups can be made at all: an engine without root has only those that were delegated to it.
    public var makesCgroups: Bool
    /// The cgroup controllers that can be used, by their names in `/proc/cgroups`.
    public var controllers: Set<String>
    /// The capabilities that the engine holds and can hand on.
    public var capabilities: CapabilitySet
    /// Whether swap can be limited (`memory.memsw.*`).
    public var limitsSwap: Bool
    /// Online processors.
    public var processors: Int
    /// `MemTotal` of `/proc/meminfo`, bytes.
    public var memory: Int64
    /// `/proc/sys/kernel/random/boot_id`
    public var bootID: String
    /// Features that are not to be had here, each with the reason, by name: `ipvlan`, `netem`, `rlimit`.
    public var lacking: [String: String]

    /// A profile with all facts given.
    public init(
        kind: Kind, release: String, machine: String, operatingSystem: String, isRootless: Bool,
        identities: MappedIdentities = .all, cgroupLayout: CgroupLayout, makesCgroups: Bool = true,
        controllers: Set<String>, capabilities: CapabilitySet, limitsSwap: Bool,
        processors: Int, memory: Int64, bootID: String, lacking: [String: String]
    ) {
        self.kind = kind
        self.release = release
        self.machine = machine
        self.operatingSystem = operatingSystem
        self.isRootless = isRootless
        self.identities = identities
        self.cgroupLayout = cgroupLayout
        self.makesCgroups = makesCgroups
        self.controllers = controllers
        self.capabilities = capabilities
        self.limitsSwap = limitsSwap
        self.processors = processors
        self.memory = memory
        self.bootID = bootID
        self.lacking = lacking
    }
}

/// The users and groups that a user namespace has (`user_namespaces(7)`).
public struct MappedIdentities: Sendable, Equatable {
    /// The number that root has outside; `nil` for the machine's own root.
    public var rootOutside: UInt32?
    /// How many users there are, from 0 on.
    public var users: UInt64
    /// How many groups there are, from 0 on.
    public var groups: UInt64
    /// Whether a process may change its supplementary groups (`/proc/self/setgroups`).
    public var canChangeGroups: Bool

    /// What a user namespace has.
    public init(rootOutside: UInt32?, users: UInt64, groups: UInt64, canChangeGroups: Bool) {
        self.rootOutside = rootOutside
        self.users = users
        self.groups = groups
        self.canChangeGroups = canChangeGroups
    }

    /// Those of the machine.
    public static let all = MappedIdentities(
        rootOutside: nil, users: 4_294_967_295, groups: 4_294_967_295, canChangeGroups: true)
}
