import CLinux
import CSandbox
import Glibc
import Posix

/// Clones the processes of containers: new ones into new namespaces, further ones into those of a running one.
///
/// Two threads of their own do it. The second one changes, for the time of one clone, the PID namespace that its
/// children are born into (`setns(2)`, CLONE_NEWPID), which must not touch the first one's. Root of a user namespace may
/// not return to the machine's PID namespace; there each process that enters has a thread of its own.
final class ProcessLauncher: Sendable {
    private let spawning: CloningThread
    /// `nil` where there is no way back.
    private let entering: CloningThread?
    /// The PID namespace of the engine, to return to.
    private let ownNamespace: Descriptor

    /// Starts the threads.
    init() throws(SystemError) {
        let own = try Descriptor.open("/proc/self/ns/pid", O_RDONLY)
        ownNamespace = own
        spawning = try CloningThread("drydock-clone")
        let thread = try CloningThread("drydock-enter")
        let canReturn = try thread.run { () throws(SystemError) in
            if linux_setns(own.number, NamespaceKind.pid.cloneFlag) == 0 { return true }
            guard errno == EPERM else { throw .last("entering the engine's own pid namespace") }
            return false
        }
        if !canReturn { thread.end() }
        entering = canReturn ? thread : nil
    }

    /// Starts a process in new namespaces, and in those existing ones that the request names.
    func spawn(_ request: SpawnRequest) throws(SystemError) -> LinuxSandboxProcess {
        let request = try request.bornInCgroup()
        var program = try SandboxProgram(request.program)
        var joins: [sandbox_join] = []
        var names: [String] = []
        for kind in NamespaceKind.entryOrder where kind != .pid {
            guard let descriptor = request.joinedNamespaces[kind] else { continue }
            program.keep(descriptor)
            joins.append(sandbox_join(descriptor: descriptor.number, flags: kind.cloneFlag))
            names.append("the \(kind.rawValue) namespace")
        }
        let new = request.namespaces.subtracting(request.joinedNamespaces.keys)
        return try launch(
            program, request, new: new, joins: joins, names: names, pidNamespace: request.joinedNamespaces[.pid],
            isHidden: request.joinedNamespaces[.pid] != nil)
    }

    /// Starts a process in the namespaces of a running one.
    func enter(_ target: Descriptor, pid: Int32, _ request: SpawnRequest) throws(SystemError) -> LinuxSandboxProcess {
        let request = try request.bornInCgroup()
        var program = try SandboxProgram(request.program)
        program.keep(target)
        let flags = request.namespaces.subtracting([.pid]).reduce(0) { $0 | $1.cloneFlag }
        let joins = flags == 0 ? [] : [sandbox_join(descriptor: target.number, flags: flags)]
        return try launch(
            program, request, new: [], joins: joins, names: ["the namespaces of process \(pid)"],
            pidNamespace: request.namespaces.contains(.pid) ? target : nil, isHidden: true)
    }

    private func launch(
        _ program: SandboxProgram, _ request: SpawnRequest, new: Set<NamespaceKind>, joins: [sandbox_join],
        names: [String], pidNamespace: Descriptor?, isHidden: Bool
    ) throws(SystemError) -> LinuxSandboxProcess {
        var ends: (Int32, Int32) = (-1, -1)
        let made = withUnsafeMutablePointer(to: &ends) { tuple in
            tuple.withMemoryRebound(to: Int32.self, capacity: 2) { sandbox_channel($0) }
        }
        if made != 0 { throw SystemError("making a channel to a process", code: -made) }
        let (ours, theirs) = (Descriptor(owning: ends.0), Descriptor(owning: ends.1))
        let flags = new.reduce(UInt64(0)) { $0 | UInt64($1.cloneFlag) }
        let clone = { @Sendable () -> Cloned in
            var handle: Int32 = -1
            let pid = program.withProgram(
                channel: theirs, streams: request.standardStreams, joins: joins, isGated: request.isGated,
                isHidden: isHidden
            ) { sandbox_clone($0, flags, request.birthCgroup?.number ?? -1, &handle) }
            return Cloned(pid: pid, handle: pid > 0 ? Descriptor(owning: handle) : nil)
        }
        let cloned: Cloned
        if let pidNamespace {
            cloned = try self.clone(in: pidNamespace, clone)
        } else {
            cloned = try spawning.run(clone)
        }
        guard let handle = cloned.handle else { throw SystemError("cloning a process", code: -cloned.pid) }
        return LinuxSandboxProcess(
            pid: cloned.pid, handle: handle, channel: ours, operationsBeforeExec: request.program.count - 1,
            joins: names)
    }

    /// Clones while the thread's children are born into another PID namespace.
    private func clone(in pidNamespace: Descriptor, _ clone: @escaping @Sendable () -> Cloned) throws(SystemError)
        -> Cloned
    {
        let enter = { @Sendable () throws(SystemError) in
            try check("entering the pid namespace") { linux_setns(pidNamespace.number, NamespaceKind.pid.cloneFlag) }
        }
        let home = ownNamespace
        if let entering {
            return try entering.run { () throws(SystemError) in
                try enter()
                let cloned = clone()
                try check("returning to the engine's pid namespace") {
                    linux_setns(home.number, NamespaceKind.pid.cloneFlag)
                }
                return cloned
            }
        }
        let thread = try CloningThread("drydock-enter")
        defer { thread.end() }
        let cloned = try thread.run { () throws(SystemError) in
            try enter()
            return clone()
        }
        guard let process = cloned.handle else { return cloned }
        // The thread's end would be the process's (PR_SET_PDEATHSIG), so it stays as long.
        thread.queue {
            var end = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
            while poll(&end, 1, -1) < 0 && errno == EINTR {}
        }
        return cloned
    }

    /// What a clone gave: the number, or -errno.
    private struct Cloned: Sendable {
        var pid: Int32
        var handle: Descriptor?
    }
}
