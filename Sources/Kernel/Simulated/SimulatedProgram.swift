import Glibc
import Posix

/// Runs a sandbox program on the model, operation by operation, and reports each as the real interpreter does.
final class SimulatedProgram: @unchecked Sendable {
    // After `init` only the process's own thread touches it.
    private let process: SimulatedProcess
    private let machine: SimulatedMachine
    private let operations: [SandboxOperation]
    private let isGated: Bool
    private var streams: SpawnRequest.StandardStreams?
    private var hasTerminal = false

    init(process: SimulatedProcess, machine: SimulatedMachine, request: SpawnRequest) {
        self.process = process
        self.machine = machine
        operations = request.program
        isGated = request.isGated
        streams = request.standardStreams
    }

    /// Runs everything; returns when the process has ended.
    func run() {
        // A reader that has gone is an error of the write, not the end of the engine.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        do throws(SimulatedProcess.Killed) {
            finish(.exited(try runOperations()))
        } catch {
            finish(.signaled(process.fatalSignal ?? SIGKILL))
        }
    }

    /// Takes back a process whose thread could not be started.
    func abandon() {
        finish(.signaled(SIGKILL))
        _ = try? process.wait()
    }

    private func runOperations() throws(SimulatedProcess.Killed) -> Int32 {
        for (index, operation) in operations.enumerated() {
            if isGated { try process.waitForRelease() }
            if process.fatalSignal != nil { throw SimulatedProcess.Killed() }
            let start = ContinuousClock.now
            var text = ""
            var code: Int32 = 0
            do throws(SystemError) {
                text = try perform(operation)
            } catch {
                code = error.code
                text = error.operation
            }
            let time = start.duration(to: .now).components
            let report = OperationReport(
                index: index, errorNumber: code,
                nanoseconds: UInt64(time.seconds) * 1_000_000_000 + UInt64(time.attoseconds / 1_000_000_000), text: text
            )
            if case .execute = operation, code == 0 { return try imitate() }
            process.report(report)
            // As the real interpreter: nothing is done after a failure.
            if code != 0 { return 127 }
            if case .meet = operation { try process.waitForRelease() }
        }
        return 0
    }

    private func imitate() throws(SimulatedProcess.Killed) -> Int32 {
        process.markExecuted()
        guard let streams, let task else { return 127 }
        let output = SimulatedOutput(process: process, streams: streams, hasTerminal: hasTerminal)
        var command = SimulatedCommand(
            process: process, machine: machine, streams: output, environment: task.environment,
            directory: task.directory)
        return try command.run(task.arguments, executable: task.executable)
    }

    private func finish(_ end: ProcessEnd) {
        streams = nil
        let mates = machine.world.withLock { world -> [SimulatedProcess] in
            guard let task = world.tasks[process.pid], !task.isZombie else { return [] }
            world.tasks[process.pid]?.isZombie = true
            world.releaseNetwork(task.inode(.network))
            guard process.isFirst else { return [] }
            world.mounts[task.inode(.mount)] = nil
            // A PID namespace ends with its first process.
            return world.tasks.values.filter {
                $0.inode(.pid) == task.inode(.pid) && !$0.isZombie && $0.process !== process
            }.map(\.process)
        }
        for mate in mates { mate.end(by: SIGKILL) }
        process.markEnded(end)
    }

    // MARK: The model

    private var task: SimulatedTask? { machine.world.withLock { $0.tasks[process.pid] } }

    /// Reads or changes the process's entry, and what belongs to its namespaces.
    private func change(_ body: (inout SimulatedTask, inout SimulatedWorld) throws(SystemError) -> Void)
        throws(SystemError)
    {
        try machine.world.withLock { world throws(SystemError) in
            guard var task = world.tasks[process.pid] else { throw SystemError("running a program", code: ESRCH) }
            try body(&task, &world)
            world.tasks[process.pid] = task
        }
    }

    private func changeMounts(_ body: (inout SimulatedMounts) throws(SystemError) -> Void) throws(SystemError) {
        try change { task, world throws(SystemError) in
            let inode = task.inode(.mount)
            guard inode != SimulatedWorld.machineNamespaces[.mount], var mounts = world.mounts[inode] else {
                throw SystemError("mounting in the machine's own namespace", code: EPERM)
            }
            try body(&mounts)
            world.mounts[inode] = mounts
        }
    }

    private var mounts: SimulatedMounts {
        machine.world.withLock { world in
            world.tasks[process.pid].flatMap { world.mounts[$0.inode(.mount)] } ?? SimulatedMounts()
        }
    }

    private func typeInRoot(_ path: String) -> Character? { try? SimulatedRoot(mounts).find(path).type }

    private func perform(_ operation: SandboxOperation) throws(SystemError) -> String {
        let name = Mirror(reflecting: operation).children.first?.label ?? "\(operation)"
        try machine.world.withLock { world throws(SystemError) in try world.takeFault(name, name) }
        switch operation {
        case .isolateMounts: try changeMounts { mounts throws(SystemError) in mounts.isolate() }
        case .attachRoot(let mount, let directory):
            try changeMounts { mounts throws(SystemError) in try mounts.attach(mount.layers, at: directory) }
        case .mount(let type, let source, let target, let flags, let options):
            try changeMounts { mounts throws(SystemError) in
                try mounts.mount(type: type, source: source, target: target, flags: flags, data: options)
            }
        case .bind(let source, let target, _, let flags, _, _):
            let isSimulated = source.hasPrefix("/sys/fs/cgroup/") && source.contains("/\(machine.parentGroup)/")
            try changeMounts { mounts throws(SystemError) in
                try mounts.bind(source, to: target, flags: flags, isSimulated: isSimulated)
            }
        case .bindWithin(let source, let target):
            try changeMounts { mounts throws(SystemError) in try mounts.bindWithin(source, to: target) }
        case .makeDirectory(let path, _): try changeMounts { mounts throws(SystemError) in mounts.makeDirectory(path) }
        case .makeDevice(let path, let type, _, _, _, _, _):
            try changeMounts { mounts throws(SystemError) in mounts.make(path, type: type) }
        case .makeSymlink(_, let path): try changeMounts { mounts throws(SystemError) in mounts.make(path, type: "l") }
        case .mask(let path):
            let found = typeInRoot(path)
            try changeMounts { mounts throws(SystemError) in mounts.mask(path) { _ in found } }
        case .makeReadOnly(let path):
            let found = typeInRoot(path)
            try changeMounts { mounts throws(SystemError) in mounts.makeReadOnly(path) { _ in found } }
        case .enterRoot: try changeMounts { mounts throws(SystemError) in try mounts.enterRoot() }
        case .makeRootReadOnly: try changeMounts { mounts throws(SystemError) in mounts.makeRootReadOnly() }
        case .openTerminal(let columns, let rows): try openTerminal(columns: columns, rows: rows)
        case .changeDirectory(let path, let create): try changeDirectory(path, create: create)
        case .readBack(let path):
            return try SimulatedFiles(machine: machine, pid: process.pid).text(path)
        case .meet: break
        case .execute(let paths, let arguments, let environment):
            try execute(paths, arguments, environment)
        default: try change { task, world throws(SystemError) in try self.perform(operation, &task, &world) }
        }
        return ""
    }

    /// The operations that only concern the process itself and its smaller namespaces.
    private func perform(_ operation: SandboxOperation, _ task: inout SimulatedTask, _ world: inout SimulatedWorld)
        throws(SystemError)
    {
        switch operation {
        case .joinCgroups(let descriptors):
            for descriptor in descriptors {
                guard let name = world.groups.first(where: { $0.value.joinDescriptor === descriptor })?.key else {
                    throw SystemError("joining a cgroup", code: EBADF)
                }
                task.group = name
                world.groups[name]?.joined += 1
            }
        case .unshare(let kind):
            if kind == .network {
                world.releaseNetwork(task.inode(.network))
                task.namespaces[kind] = world.makeNetwork()
            } else {
                let old = task.inode(kind)
                let new = world.makeInode()
                task.namespaces[kind] = new
                if kind == .uts { world.names[new] = world.names[old] }
                if kind == .mount { world.mounts[new] = world.mounts[old] }
            }
        case .setHostname(let name):
            if name.utf8.count > 64 { throw SystemError("setting the hostname", code: EINVAL) }
            world.names[task.inode(.uts)]?.host = name
        case .setDomainname(let name):
            if name.utf8.count > 64 { throw SystemError("setting the domain name", code: EINVAL) }
            world.names[task.inode(.uts)]?.domain = name
        case .setParameter(let path, let value): try setParameter(path, value, task, &world)
        case .bringLoopbackUp: world.networks[task.inode(.network)]?.update(1) { $0.isUp = true }
        case .newSession: task.session = task.ownNumber
        case .setResourceLimit(let resource, let soft, let hard):
            guard (0..<16).contains(resource), soft <= hard else { throw SystemError("setting a limit", code: EINVAL) }
            task.limits[resource] = (soft, hard)
        case .setOutOfMemoryScore(let score):
            guard (-1000...1000).contains(score) else { throw SystemError("setting oom_score_adj", code: EINVAL) }
            task.outOfMemoryScore = score
        case .setUmask(let mask): task.umask = mask & 0o777
        case .dieWithEngine: break
        default: try changeIdentity(operation, &task)
        }
    }

    /// User, capabilities and filters (`capabilities(7)`, `seccomp(2)`).
    private func changeIdentity(_ operation: SandboxOperation, _ task: inout SimulatedTask) throws(SystemError) {
        switch operation {
        case .limitCapabilities(let bounding):
            try need("SETPCAP", task, "dropping capabilities")
            task.bounding.formIntersection(bounding)
        case .becomeUser(let uid, let gid, let groups):
            if uid != task.uid { try need("SETUID", task, "becoming user \(uid)") }
            let groups = groups ?? task.groups
            if gid != task.gid || groups != task.groups { try need("SETGID", task, "becoming group \(gid)") }
            task.uid = uid
            task.gid = gid
            task.groups = groups
            // The permitted set is kept over the change, the effective one is not.
            if uid != 0 { task.effective = [] }
        case .setCapabilities(let effective, let permitted, let inheritable):
            guard permitted.isSubset(of: task.permitted), effective.isSubset(of: permitted),
                inheritable.isSubset(of: task.inheritable.union(task.bounding))
            else { throw SystemError("setting capabilities", code: EPERM) }
            task.effective = effective
            task.permitted = permitted
            task.inheritable = inheritable
        case .setNoNewPrivileges: task.hasNoNewPrivileges = true
        case .loadFilter:
            if !task.hasNoNewPrivileges { try need("SYS_ADMIN", task, "loading a filter", code: EACCES) }
            task.filters += 1
        default: throw SystemError("an operation that the simulated kernel does not know", code: ENOSYS)
        }
    }

    private func need(_ name: String, _ task: SimulatedTask, _ operation: String, code: Int32 = EPERM)
        throws(SystemError)
    {
        if let capability = CapabilitySet(name: name), !task.effective.contains(capability) {
            throw SystemError(operation, code: code)
        }
    }

    private func setParameter(_ path: String, _ value: String, _ task: SimulatedTask, _ world: inout SimulatedWorld)
        throws(SystemError)
    {
        let operation = "writing \(path)"
        if path.hasPrefix("/proc/sys/net/") {
            let inode = task.inode(.network)
            let links = world.networks[inode]?.links.map(\.name) ?? []
            try world.networks[inode]?.parameters.set(String(path.dropFirst(14)), value, links: links, operation)
            return
        }
        switch path {
        case "/proc/sys/kernel/hostname": world.names[task.inode(.uts)]?.host = value
        case "/proc/sys/kernel/domainname": world.names[task.inode(.uts)]?.domain = value
        case _ where SimulatedFiles.messageParameters.contains(path):
            world.messageParameters[task.inode(.ipc), default: [:]][path] = value
        default: throw SystemError(operation, code: ENOENT)
        }
    }

    private func openTerminal(columns: UInt16, rows: UInt16) throws(SystemError) {
        let (master, slave) = try SimulatedTerminal.open(columns: columns, rows: rows)
        streams = SpawnRequest.StandardStreams(input: slave, output: slave, error: slave)
        hasTerminal = true
        process.offer(master)
        try changeMounts { mounts throws(SystemError) in mounts.make("/dev/pts/0", type: "c") }
        try change { task, _ throws(SystemError) in
            task.hasTerminal = true
            task.session = task.ownNumber
        }
    }

    private func changeDirectory(_ path: String, create: Bool) throws(SystemError) {
        do throws(SystemError) {
            let found = try SimulatedRoot(mounts).find(path)
            guard found.type == "d" else { throw SystemError("changing to \(path)", code: ENOTDIR) }
        } catch {
            guard error.code == ENOENT, create else { throw SystemError("changing to \(path)", code: error.code) }
            try changeMounts { mounts throws(SystemError) in mounts.makeDirectory(path) }
        }
        try change { task, _ throws(SystemError) in task.directory = path }
    }

    /// Looks for the program in the layers on the disk: the first that is there and may be run (`execve(2)`).
    private func execute(_ paths: [String], _ arguments: [String], _ environment: [String]) throws(SystemError) {
        let root = SimulatedRoot(mounts)
        var refusal = SystemError(paths.first ?? "execve", code: ENOENT)
        for path in paths {
            do throws(SystemError) {
                let found = try root.find(path)
                guard found.type == "-", found.mode & 0o111 != 0 else { throw SystemError(path, code: EACCES) }
                try change { task, _ throws(SystemError) in
                    task.executable = found.path
                    task.arguments = arguments
                    task.environment = environment
                    task.dumpName = String((path.split(separator: "/").last ?? "").prefix(15))
                    // Root gets back what its bounding set allows; others keep nothing (capabilities(7)).
                    let kept = task.uid == 0 ? task.bounding.intersection(task.permitted) : []
                    task.permitted = kept
                    task.effective = kept
                }
                return
            } catch {
                if error.code != ENOENT && error.code != ENOTDIR { refusal = SystemError(path, code: error.code) }
            }
        }
        throw refusal
    }
}

/// Files as a process of the model sees them: `/proc` from the model, the rest from the layers.
struct SimulatedFiles {
    let machine: SimulatedMachine
    let pid: Int32

    /// Parameters of an IPC namespace that can be written.
    static let messageParameters: Set<String> = [
        "/proc/sys/kernel/msgmax", "/proc/sys/kernel/msgmnb", "/proc/sys/kernel/msgmni", "/proc/sys/kernel/sem",
        "/proc/sys/kernel/shmall", "/proc/sys/kernel/shmmax", "/proc/sys/kernel/shmmni",
        "/proc/sys/kernel/shm_rmid_forced", "/proc/sys/fs/mqueue/msg_max", "/proc/sys/fs/mqueue/msgsize_max",
        "/proc/sys/fs/mqueue/queues_max",
    ]

    /// The text of a file.
    func text(_ path: String) throws(SystemError) -> String {
        let missing = SystemError("opening \(path)", code: ENOENT)
        if path.hasPrefix("/proc/sys/") { return try parameter(path) + "\n" }
        if path.hasPrefix("/proc/") {
            let parts = path.split(separator: "/", maxSplits: 2).map(String.init)
            guard parts.count == 3 else { throw missing }
            let target: Int32
            if parts[1] == "self" || parts[1] == "thread-self" {
                target = pid
            } else if let number = Int32(parts[1]), let found = process(number) {
                target = found
            } else {
                throw missing
            }
            return try SimulatedProcFiles(machine: machine).file(target, parts[2], seenByItself: true)
        }
        let mounts = machine.world.withLock { world in
            world.tasks[pid].flatMap { world.mounts[$0.inode(.mount)] } ?? SimulatedMounts()
        }
        return String(decoding: try SimulatedRoot(mounts).read(path), as: UTF8.self)
    }

    /// The machine's number of a process of the same PID namespace.
    private func process(_ ownNumber: Int32) -> Int32? {
        machine.world.withLock { world in
            let inode = world.tasks[pid]?.inode(.pid)
            return world.tasks.first { $0.value.inode(.pid) == inode && $0.value.ownNumber == ownNumber }?.key
        }
    }

    private func parameter(_ path: String) throws(SystemError) -> String {
        let value = machine.world.withLock { world -> String? in
            guard let task = world.tasks[pid] else { return nil }
            switch path {
            case "/proc/sys/kernel/hostname": return world.names[task.inode(.uts)]?.host
            case "/proc/sys/kernel/domainname": return world.names[task.inode(.uts)]?.domain
            case "/proc/sys/kernel/osrelease": return machine.profile.release
            case "/proc/sys/kernel/ostype": return "Linux"
            case "/proc/sys/kernel/random/boot_id": return machine.profile.bootID
            default: break
            }
            if let value = world.messageParameters[task.inode(.ipc)]?[path] { return value }
            guard path.hasPrefix("/proc/sys/net/"), let network = world.networks[task.inode(.network)] else {
                return nil
            }
            return network.parameters.value(String(path.dropFirst(14)), links: network.links.map(\.name))
        }
        guard let value else { throw SystemError("opening \(path)", code: ENOENT) }
        return value
    }
}
