import Posix

/// The namespaces a process can be put in (`namespaces(7)`).
public enum NamespaceKind: String, Sendable, CaseIterable, Codable {
    case mount = "mnt"
    case pid, uts, ipc
    case network = "net"
    case cgroup, user, time
}

/// What a new process is to be: its namespaces, its first descriptors, and the program that it runs up to `exec`.
public struct SpawnRequest: Sendable {
    /// The namespaces made new for it (``Kernel/spawn(_:)``) or entered (``Kernel/enter(_:_:)``).
    public var namespaces: Set<NamespaceKind>
    /// Existing namespaces to enter instead of new ones (`--network container:…`): descriptors of `/proc/PID/ns/…`.
    public var joinedNamespaces: [NamespaceKind: Descriptor]
    /// What to do between `clone` and `exec`.
    public var program: [SandboxOperation]
    /// Descriptors the child gets as 0, 1 and 2. `nil`: the program opens a terminal of the container's own.
    public var standardStreams: StandardStreams?
    /// Whether the child waits before each operation until it is released (``SandboxProcess/release()``).
    public var isGated: Bool
    /// The directory of a version 2 cgroup that the process is born in (`clone3(2)`, CLONE_INTO_CGROUP), which costs a
    /// fraction of joining it later.
    public var birthCgroup: Descriptor?

    /// The three first descriptors of a process.
    public struct StandardStreams: Sendable {
        /// Its standard input, output and error output.
        public var input: Descriptor, output: Descriptor, error: Descriptor
        /// Three descriptors.
        public init(input: Descriptor, output: Descriptor, error: Descriptor) {
            self.input = input
            self.output = output
            self.error = error
        }
    }

    /// A request.
    public init(
        namespaces: Set<NamespaceKind>, joinedNamespaces: [NamespaceKind: Descriptor] = [:],
        program: [SandboxOperation], standardStreams: StandardStreams?, isGated: Bool = false,
        birthCgroup: Descriptor? = nil
    ) {
        self.namespaces = namespaces
        self.joinedNamespaces = joinedNamespaces
        self.program = program
        self.standardStreams = standardStreams
        self.isGated = isGated
        self.birthCgroup = birthCgroup
    }
}

/// One operation of the program that a child runs between `clone` and `exec`. Each is one or a few system calls.
///
/// Paths that are *in the root* are resolved as if the container's root were `/` (`openat2(2)`, RESOLVE_IN_ROOT), so
/// that a symbolic link of an image leads nowhere else. Before ``enterRoot`` they lie below the attached overlay.
public enum SandboxOperation: Sendable {
    /// Joins cgroups by writing `0` to each descriptor.
    case joinCgroups([Descriptor])
    /// `unshare(2)` of further namespaces: the cgroup namespace, after the cgroups were joined.
    case unshare(NamespaceKind)
    /// Makes all mounts of the child's namespace slaves, so that nothing it mounts goes back to the machine.
    case isolateMounts
    /// Attaches the detached mount that becomes the root at a directory of the machine (`move_mount(2)`).
    case attachRoot(DetachedMount, at: String)
    /// Mounts a file system in the root. The target is made when it is missing (a directory).
    case mount(type: String, source: String, target: String, flags: MountFlags, options: String)
    /// Bind-mounts a path of the machine in the root, recursively or not; the target is made when it is missing, as a
    /// directory or an empty file like the source. Flags are applied by a second, remounting call. A source that was
    /// resolved before may have no symbolic link in it any more (`RESOLVE_NO_SYMLINKS`, `openat2(2)`): then nobody has
    /// put one there meanwhile.
    case bind(
        source: String, target: String, isRecursive: Bool, flags: MountFlags, propagation: MountPropagation,
        followsLinks: Bool = true)
    /// Bind-mounts a path of the root over another path of the root (`/dev/pts/0` on `/dev/console`).
    case bindWithin(source: String, target: String)
    /// Makes a directory in the root.
    case makeDirectory(String, mode: UInt32)
    /// Makes a device node in the root; where making one is not permitted, the machine's is bind-mounted instead.
    case makeDevice(path: String, type: Character, major: UInt32, minor: UInt32, mode: UInt32, uid: UInt32, gid: UInt32)
    /// Makes a symbolic link in the root; one that exists is left alone.
    case makeSymlink(target: String, path: String)
    /// Hides a path of the root: `/dev/null` over a file, an empty read-only tmpfs over a directory; missing is fine.
    case mask(String)
    /// Makes a path of the root read-only by a bind mount on itself; missing is fine.
    case makeReadOnly(String)
    /// Makes the attached mount `/`, and detaches the old root (`pivot_root(2)`).
    case enterRoot
    /// Remounts `/` read-only.
    case makeRootReadOnly
    /// `sethostname(2)`
    case setHostname(String)
    /// `setdomainname(2)`
    case setDomainname(String)
    /// Writes a file below `/proc/sys`, after the root was entered or before, by the child's own namespaces.
    case setParameter(path: String, value: String)
    /// Brings up the loopback interface of the namespace the child is in.
    case bringLoopbackUp
    /// Opens a terminal in the root's `/dev/pts`, reports it to the parent
    /// (``SandboxProcess/takeTerminal()``), and makes its other side descriptors 0, 1, 2 and the controlling terminal.
    case openTerminal(columns: UInt16, rows: UInt16)
    /// `setsid(2)`
    case newSession
    /// `setrlimit(2)`: the number of the resource, soft and hard limit.
    case setResourceLimit(resource: Int32, soft: UInt64, hard: UInt64)
    /// Writes `/proc/self/oom_score_adj`.
    case setOutOfMemoryScore(Int32)
    /// `chdir(2)` in the root; the directory is made (owned by the user) when it is missing and `create` says so.
    case changeDirectory(String, create: Bool)
    /// Drops the bounding set to these, and clears the ambient set; before the change of user.
    case limitCapabilities(bounding: CapabilitySet)
    /// `setgroups(2)`, `setresgid(2)`, `setresuid(2)`, keeping capabilities until they are set. Without groups those that
    /// the process has stay, where they can't be changed (``MappedIdentities/canChangeGroups``).
    case becomeUser(uid: UInt32, gid: UInt32, groups: [UInt32]?)
    /// `capset(2)`: effective, permitted and inheritable sets.
    case setCapabilities(effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet)
    /// `prctl(PR_SET_NO_NEW_PRIVS)`
    case setNoNewPrivileges
    /// Loads a compiled filter (`seccomp(2)`).
    case loadFilter(SeccompFilter)
    /// Asks to be killed when the engine's cloning thread dies (`PR_SET_PDEATHSIG`); again after each change of user.
    case dieWithEngine
    /// `umask(2)`
    case setUmask(UInt32)
    /// Reads a file as the child sees it and reports its text: evidence that only the child can read.
    case readBack(path: String)
    /// Reports that it has come this far, and waits to be released: the engine does its part meanwhile.
    case meet
    /// `execve(2)` of the first of the paths that exists and can be run.
    case execute(paths: [String], arguments: [String], environment: [String])
}

/// Mount flags (`mount(2)`): MS_RDONLY and so on.
public struct MountFlags: OptionSet, Sendable, Hashable {
    /// The bits as in `mount(2)`.
    public let rawValue: UInt64
    /// Flags from their bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// MS_RDONLY
    public static let readOnly = MountFlags(rawValue: 1)
    /// MS_NOSUID
    public static let noSetuid = MountFlags(rawValue: 2)
    /// MS_NODEV
    public static let noDevices = MountFlags(rawValue: 4)
    /// MS_NOEXEC
    public static let noExecution = MountFlags(rawValue: 8)
    /// MS_STRICTATIME
    public static let strictAccessTimes = MountFlags(rawValue: 1 << 24)
    /// MS_NOATIME
    public static let noAccessTimes = MountFlags(rawValue: 1024)
    /// MS_RELATIME
    public static let relativeAccessTimes = MountFlags(rawValue: 1 << 21)
}

/// How mounts under a bind mount spread (kernel `sharedsubtree.rst`).
public enum MountPropagation: String, Sendable {
    case `private`, rprivate, slave, rslave, shared, rshared
}

/// A process that runs, or ran, a sandbox program.
public protocol SandboxProcess: AnyObject, Sendable {
    /// Its number on the machine.
    var pid: Int32 { get }
    /// The descriptor of the process (`pidfd_open(2)`), readable when it has ended; `nil` in the simulated kernel.
    var descriptor: Descriptor? { get }

    /// Waits for the next operation of the program to be done.
    ///
    /// - Returns: Its report; `nil` after the last one, when `exec` succeeded (the report pipe closed by itself).
    /// - Throws: ``SystemError`` when the process died before it came to `exec`.
    func nextReport() throws(SystemError) -> OperationReport?

    /// Lets a waiting child go on: past a ``SandboxOperation/meet``, or by one operation when it is gated.
    func release() throws(SystemError)

    /// The terminal's master side, once the report of the operation that opened it has come (`SCM_RIGHTS`, `unix(7)`).
    /// It can be taken once.
    func takeTerminal() throws(SystemError) -> Descriptor

    /// The network namespace that the process is in.
    func networkNamespace() throws(SystemError) -> any NetworkNamespace

    /// Sends a signal (`pidfd_send_signal(2)`).
    func signal(_ number: Int32) throws(SystemError)

    /// Waits until the process has ended, and reaps it. Later calls return the same.
    func wait() throws(SystemError) -> ProcessEnd

    /// Whether it has ended.
    var hasEnded: Bool { get }
}

/// How a process ended (`waitid(2)`).
public enum ProcessEnd: Sendable, Equatable {
    /// It called `exit` with this status.
    case exited(Int32)
    /// This signal killed it.
    case signaled(Int32)

    /// The status as shells and Docker give it: 128 + the signal's number for a killed process.
    public var code: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }
}

/// What became of one operation.
public struct OperationReport: Sendable, Equatable {
    /// Its index in the program.
    public var index: Int
    /// 0, or the error number of the call that failed; nothing after it was done.
    public var errorNumber: Int32
    /// How long it took, nanoseconds.
    public var nanoseconds: UInt64
    /// What it read (``SandboxOperation/readBack(path:)``), or the path that failed.
    public var text: String
    /// A report.
    public init(index: Int, errorNumber: Int32, nanoseconds: UInt64, text: String) {
        self.index = index
        self.errorNumber = errorNumber
        self.nanoseconds = nanoseconds
        self.text = text
    }
}
