import CLinux
import Glibc
import Posix

/// The kernel of this machine.
public final class LinuxKernel: Kernel {
    /// What this kernel is and what can be done with it here.
    public let profile: KernelProfile
    /// The compiler of system call filters.
    public let filters: SeccompCompiler

    private let cgroups: CgroupHierarchies
    private let launcher: ProcessLauncher
    private let machineNetwork: LinuxNetworkNamespace

    /// Looks at the machine, and starts the threads that clone.
    ///
    /// - Parameters:
    ///   - parentCgroup: The group below which all cgroups are made.
    ///   - seccompCache: A directory to keep compiled filters in; `nil` keeps them in memory only.
    /// - Throws: ``SystemError`` where the machine can't be looked at, such as without `/proc`.
    public init(parentCgroup: String = "drydock", seccompCache: String?) throws(SystemError) {
        cgroups = try CgroupHierarchies.detect(parent: parentCgroup)
        profile = try KernelProfile.detect(cgroups)
        filters = SeccompCompiler(cacheDirectory: seccompCache)
        launcher = try ProcessLauncher()
        machineNetwork = try LinuxNetworkNamespace(
            descriptor: try .open("/proc/self/ns/net", O_RDONLY), ownsRules: true)
    }

    /// Puts the whole program into a mount namespace of its own, so that nothing it mounts can outlive it.
    ///
    /// It must be the first thing that the program does, because the call changes one thread only, and every thread
    /// begins with what its maker has. Its mounts are slaves of the machine's (kernel `sharedsubtree.rst`): a medium
    /// that the machine mounts or ejects later comes and goes here, too.
    ///
    /// - Throws: ``SystemError``; EPERM without CAP_SYS_ADMIN.
    public static func enterPrivateMountNamespace() throws(SystemError) {
        try check("unsharing the mount namespace") { linux_unshare(NamespaceKind.mount.cloneFlag) }
        try check("making all mounts slaves") { linux_make_mounts_slave() }
    }

    /// Makes sure that no container can write to the executable file of this program, by executing it again through a
    /// read-only mount of it that is attached nowhere (`open_tree(2)`, `execveat(2)`).
    ///
    /// A container whose program is `/proc/self/exe`, or a script for it, runs the engine's file inside; without this,
    /// its root could then open `/proc/PID/exe` for writing and change what the machine runs next (CVE-2019-5736).
    /// Returns only if nothing had to be done.
    ///
    /// - Parameter arguments: The program's own arguments, its name first.
    /// - Throws: ``SystemError`` if it can't be done.
    public static func protectExecutable(_ arguments: [String]) throws(SystemError) {
        var status = statvfs()
        try check("looking at /proc/self/exe") { statvfs("/proc/self/exe", &status) }
        if status.f_flag & UInt(ST_RDONLY) != 0 { return }
        var copy = linux_clone_mount("/proc/self/exe", 0)
        if copy < 0, errno == EINVAL {
            // The link leads to a mount of the namespace that this program was started in, and has left.
            copy = linux_clone_mount(try Files.linkTarget("/proc/self/exe"), 0)
        }
        if copy < 0 { throw .last("copying the mount of this program") }
        let mount = Descriptor(owning: copy)
        try check("making /proc/self/exe read-only") {
            linux_set_mount_attributes(mount.number, MountFlags.readOnly.attributes)
        }
        let list = arguments.map { strdup($0) } + [nil]
        linux_execute_descriptor(mount.number, list)
        let error = SystemError.last("executing /proc/self/exe again")
        for argument in list { free(argument) }
        throw error
    }

    // MARK: Networks, mounts, cgroups

    /// Makes a new, empty network namespace.
    public func makeNetworkNamespace() throws(SystemError) -> any NetworkNamespace {
        try LinuxNetworkNamespace.make()
    }

    /// The network namespace that the engine was started in.
    public func machineNetworkNamespace() throws(SystemError) -> any NetworkNamespace { machineNetwork }

    /// Makes an overlay mount that is attached nowhere yet.
    public func makeOverlay(_ layers: OverlayLayers) throws(SystemError) -> DetachedMount {
        try OverlayMount.make(layers, inUserNamespace: profile.isRootless)
    }

    /// Makes a cgroup in every hierarchy.
    public func makeCgroup(_ name: String) throws(SystemError) -> any Cgroup { try cgroups.make(name) }

    /// The cgroup that a name would have; nothing is made.
    public func plannedCgroup(_ name: String) throws(SystemError) -> any Cgroup { try cgroups.group(name) }

    /// The cgroup of a name if it exists.
    public func existingCgroup(_ name: String) -> (any Cgroup)? { cgroups.existing(name) }

    /// The names of all cgroups below the engine's parent group.
    public func cgroupNames() throws(SystemError) -> [String] { try cgroups.names() }

    /// Removes the engine's parent cgroup from every hierarchy.
    public func removeCgroupParent() throws(SystemError) { try cgroups.removeParent() }

    // MARK: Processes

    /// Starts a process in new namespaces.
    public func spawn(_ request: SpawnRequest) throws(SystemError) -> any SandboxProcess {
        try launcher.spawn(request)
    }

    /// Starts a process inside the namespaces of a running one.
    public func enter(_ target: any SandboxProcess, _ request: SpawnRequest) throws(SystemError) -> any SandboxProcess {
        guard let descriptor = target.descriptor else {
            throw SystemError("entering simulated process \(target.pid)", code: ESRCH)
        }
        return try launcher.enter(descriptor, pid: target.pid, request)
    }

    /// The text of a file below `/proc/PID`.
    public func processFile(_ pid: Int32, _ name: String) throws(SystemError) -> String {
        try Files.text("/proc/\(pid)/\(name)")
    }

    /// The target of a link below `/proc/PID`.
    public func processLink(_ pid: Int32, _ name: String) throws(SystemError) -> String {
        try Files.linkTarget("/proc/\(pid)/\(name)")
    }

    /// When a process started, in clock ticks since boot.
    public func processStartTime(_ pid: Int32) -> UInt64? {
        guard let line = try? Files.text("/proc/\(pid)/stat"), let name = line.lastIndex(of: ")") else { return nil }
        // The second field is the program's name in brackets, which may hold anything; the rest are numbers, beginning
        // with field 3 (`proc_pid_stat(5)`).
        let fields = line[line.index(after: name)...].split(separator: " ")
        return fields.count > 19 ? UInt64(fields[19]) : nil
    }

    /// The processes in the PID namespace of a process (`pid_namespaces(7)`).
    public func processes(inNamespaceOf pid: Int32) throws(SystemError) -> [Int32] {
        let namespace = try processLink(pid, "ns/pid")
        if namespace == (try Files.linkTarget("/proc/self/ns/pid")) { return [pid] }
        // One that ends meanwhile, or is not ours to look at, has no link.
        return try Files.list("/proc").compactMap { Int32($0.name) }.filter { other in
            (try? processLink(other, "ns/pid")) == namespace
        }.sorted()
    }

    /// Kills a process that was left behind, and waits a moment for its end.
    public func killStray(pid: Int32, startTime: UInt64) {
        // The descriptor is opened first: whatever process it stands for can't change any more while it is compared.
        let number = linux_pidfd_open(pid)
        guard number >= 0 else { return }
        let process = Descriptor(owning: number)
        guard processStartTime(pid) == startTime else { return }
        linux_pidfd_send_signal(process.number, SIGKILL)
        var end = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
        poll(&end, 1, Self.strayPatience)
    }

    /// How long to wait for a killed process, milliseconds: its memory may take a while to be given back.
    private static let strayPatience: Int32 = 2000
}
