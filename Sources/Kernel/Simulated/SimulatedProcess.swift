import Glibc
import Posix

/// A process of the simulated kernel: a thread that runs the sandbox program on the model, and then imitates the
/// program that was asked for.
final class SimulatedProcess: SandboxProcess {
    let pid: Int32
    /// Nothing of the machine stands for it.
    var descriptor: Descriptor? { nil }
    let machine: SimulatedMachine
    /// Whether it is the first process of a PID namespace, for which signals have no default action.
    let isFirst: Bool
    private let progress = Monitor(Progress())
    /// Readable when a signal has come.
    private let wake: (read: Descriptor, write: Descriptor)

    private struct Progress: Sendable {
        var reports: [OperationReport] = []
        var releases = 0
        var hasExecuted = false
        var end: ProcessEnd?
        /// The signal that ends it.
        var fatalSignal: Int32?
        /// Signals that the imitated program handles, and those that have come.
        var handled: Set<Int32> = []
        var pending: [Int32] = []
        var isStopped = false
        var terminal: Descriptor?
    }

    /// It has to end now.
    struct Killed: Error {}

    init(pid: Int32, isFirst: Bool, machine: SimulatedMachine) throws(SystemError) {
        self.pid = pid
        self.isFirst = isFirst
        self.machine = machine
        wake = try Descriptor.pipe(nonblocking: true)
    }

    // MARK: As the engine sees it

    func nextReport() throws(SystemError) -> OperationReport? {
        enum Next {
            case report(OperationReport)
            case executed
            case ended
        }
        let next = progress.wait { state -> Next? in
            if !state.reports.isEmpty { return .report(state.reports.removeFirst()) }
            if state.hasExecuted { return .executed }
            return state.end == nil ? nil : .ended
        }
        switch next {
        case .report(let report): return report
        case .executed: return nil
        default: throw SystemError("process \(pid) ended before it came to exec", code: ESRCH)
        }
    }

    func release() throws(SystemError) {
        try progress.withLock { state throws(SystemError) in
            if state.end != nil { throw SystemError("releasing process \(pid)", code: EPIPE) }
            state.releases += 1
        }
    }

    func takeTerminal() throws(SystemError) -> Descriptor {
        try progress.withLock { state throws(SystemError) in
            guard let terminal = state.terminal else {
                throw SystemError("taking the terminal of process \(pid)", code: ENOTTY)
            }
            state.terminal = nil
            return terminal
        }
    }

    func networkNamespace() throws(SystemError) -> any NetworkNamespace {
        let operation = "opening the network namespace of process \(pid)"
        let inode = try machine.world.withLock { world throws(SystemError) -> UInt64 in
            try world.takeFault("networkNamespace", operation)
            guard let task = world.tasks[pid], !task.isZombie else { throw SystemError(operation, code: ESRCH) }
            world.holdNetwork(task.inode(.network))
            return task.inode(.network)
        }
        return try SimulatedNetworkNamespace(holding: inode, in: machine.world)
    }

    func signal(_ number: Int32) throws(SystemError) {
        let operation = "sending signal \(number) to process \(pid)"
        try machine.world.withLock { world throws(SystemError) in try world.takeFault("signal", operation) }
        guard (0...64).contains(number) else { throw SystemError(operation, code: EINVAL) }
        if hasEnded { throw SystemError(operation, code: ESRCH) }
        deliver(number)
    }

    /// Gives it a signal from outside of its PID namespace (`pid_namespaces(7)`, `signal(7)`).
    private func deliver(_ number: Int32) {
        progress.withLock { state in
            switch number {
            case 0, SIGCHLD, SIGURG, SIGWINCH: break
            case SIGKILL: state.fatalSignal = number
            case SIGSTOP: state.isStopped = true
            case SIGCONT: state.isStopped = false
            case _ where state.handled.contains(number): state.pending.append(number)
            case _ where isFirst: break
            case SIGTSTP, SIGTTIN, SIGTTOU: state.isStopped = true
            default: state.fatalSignal = number
            }
        }
        try? wake.write.write([1])
    }

    /// Ends it by a signal that it can't handle.
    func end(by signal: Int32) {
        progress.withLock { $0.fatalSignal = signal }
        try? wake.write.write([1])
    }

    func wait() throws(SystemError) -> ProcessEnd {
        let end = progress.wait { $0.end }
        // Now it is reaped. What the table held goes away outside of the lock.
        let task = machine.world.withLock { $0.tasks.removeValue(forKey: pid) }
        return withExtendedLifetime(task) { end ?? .signaled(SIGKILL) }
    }

    var hasEnded: Bool { progress.current.end != nil }

    // MARK: As its own thread sees it

    /// Reports an operation.
    func report(_ report: OperationReport) { progress.withLock { $0.reports.append(report) } }

    /// Hands the engine the terminal.
    func offer(_ terminal: Descriptor) { progress.withLock { $0.terminal = terminal } }

    /// Says that `exec` succeeded.
    func markExecuted() { progress.withLock { $0.hasExecuted = true } }

    /// Says that it has ended.
    func markEnded(_ end: ProcessEnd) { progress.withLock { $0.end = end } }

    /// The signal that ends it, if one has come.
    var fatalSignal: Int32? { progress.current.fatalSignal }

    /// Waits until the engine lets it go on.
    func waitForRelease() throws(Killed) {
        let isReleased = progress.wait { state -> Bool? in
            if state.fatalSignal != nil { return false }
            if state.releases == 0 { return nil }
            state.releases -= 1
            return true
        }
        if isReleased != true { throw Killed() }
    }

    /// Says which signals the imitated program handles.
    func handle(_ signals: Set<Int32>) { progress.withLock { $0.handled.formUnion(signals) } }

    /// A handled signal that has come.
    func takeSignal() -> Int32? {
        progress.withLock { $0.pending.isEmpty ? nil : $0.pending.removeFirst() }
    }

    /// What a wait ended with.
    enum Wakening {
        case ready
        case signal
        case timeout
    }

    /// Waits until a descriptor is ready, a handled signal comes, or the time is over. A frozen or stopped process
    /// waits on.
    ///
    /// - Parameter descriptor: `nil` waits for a signal only.
    func wait(
        for descriptor: Descriptor?, events: Int32 = POLLIN, milliseconds: Int? = nil
    ) throws(Killed) -> Wakening {
        let clock = ContinuousClock()
        let deadline = milliseconds.map { clock.now + .milliseconds($0) }
        while true {
            if fatalSignal != nil { throw Killed() }
            if !progress.current.pending.isEmpty { return .signal }
            if isHeld {
                usleep(5_000)
                continue
            }
            var left: Int32 = 1_000
            if let deadline {
                let rest = clock.now.duration(to: deadline)
                if rest <= .zero { return .timeout }
                left = min(
                    left,
                    Int32(
                        clamping: rest.components.seconds * 1_000 + rest.components.attoseconds / 1_000_000_000_000_000
                            + 1))
            }
            var polls = [
                pollfd(fd: wake.read.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: descriptor?.number ?? -1, events: Int16(events), revents: 0),
            ]
            poll(&polls, 2, left)
            if polls[0].revents != 0 { _ = try? wake.read.read(upTo: 64) }
            if polls[1].revents != 0 && !isHeld { return .ready }
        }
    }

    /// Whether its cgroup is frozen, or it was stopped.
    private var isHeld: Bool {
        if progress.current.isStopped { return true }
        return machine.world.withLock { world in
            world.tasks[pid]?.group.flatMap { world.groups[$0] }?.isFrozen ?? false
        }
    }
}

/// What every process of a simulated kernel needs.
struct SimulatedMachine: Sendable {
    let world: Monitor<SimulatedWorld>
    let profile: KernelProfile
    /// The path of the engine's parent cgroup.
    let parentGroup: String
}
