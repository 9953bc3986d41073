import CLinux
import CSandbox
import Glibc
import Posix
import Synchronization

/// A process of this machine that runs, or ran, a sandbox program.
///
/// It is a child of the engine, and addressed by a descriptor (`pidfd_open(2)`) and never by its number, which the
/// kernel may give to another process once this one was reaped.
public final class LinuxSandboxProcess: SandboxProcess {
    /// Its number on the machine.
    public let pid: Int32
    /// The descriptor of the process.
    public var descriptor: Descriptor? { handle }

    private let handle: Descriptor
    /// The engine's end of the channel: reports come in, releases go out.
    private let channel: Descriptor
    /// How many operations come before `exec`; as many reports must arrive.
    private let operationsBeforeExec: Int
    /// What the child enters before its program, for the error text.
    private let joins: [String]
    private let progress = Mutex(Progress())
    private let end = Mutex<ProcessEnd?>(nil)

    private struct Progress {
        var received: [OperationReport] = []
        var reported = 0
        var terminal: Descriptor?
        var failure: SystemError?
    }

    /// Takes charge of a process that was just cloned.
    init(pid: Int32, handle: Descriptor, channel: Descriptor, operationsBeforeExec: Int, joins: [String]) {
        self.pid = pid
        self.handle = handle
        self.channel = channel
        self.operationsBeforeExec = operationsBeforeExec
        self.joins = joins
    }

    /// Waits for the next operation to be done. Only one thread may wait at a time.
    public func nextReport() throws(SystemError) -> OperationReport? {
        while true {
            let next = try progress.withLock { state throws(SystemError) -> OperationReport? in
                if state.received.isEmpty {
                    if let failure = state.failure { throw failure }
                    return nil
                }
                return state.received.removeFirst()
            }
            if let next { return next }
            if try !receive() { return nil }
        }
    }

    /// Receives one message of the child. Whether there was one: `false` when the child came to `exec`.
    private func receive() throws(SystemError) -> Bool {
        var number: Int32 = -1
        let message = [UInt8](unsafeUninitializedCapacity: Int(SANDBOX_MESSAGE_SIZE)) { buffer, count in
            count = max(0, sandbox_receive(channel.number, buffer.baseAddress, buffer.count, &number))
        }
        let terminal = number >= 0 ? Descriptor(owning: number) : nil
        return try progress.withLock { state throws(SystemError) in
            if message.isEmpty {
                if state.reported >= operationsBeforeExec { return false }
                let failure = SystemError("process \(pid) ended before it came to exec", code: ESRCH)
                state.failure = failure
                throw failure
            }
            if let terminal { state.terminal = terminal }
            for report in Self.reports(in: message) {
                state.reported += 1
                if report.index < 0 {
                    let what = report.index > Int(Int32.min) ? joins[-1 - report.index] : "the standard streams"
                    state.failure = SystemError("entering \(what)", code: report.errorNumber)
                } else {
                    state.received.append(report)
                    if report.errorNumber != 0 {
                        let place = "operation \(report.index) of process \(pid) (\(report.text))"
                        state.failure = SystemError(place, code: report.errorNumber)
                    }
                }
            }
            return true
        }
    }

    /// The reports that one message carries; each begins at a multiple of eight bytes.
    private static func reports(in message: [UInt8]) -> [OperationReport] {
        let headerSize = MemoryLayout<sandbox_report>.size
        var reports: [OperationReport] = []
        var offset = 0
        message.withUnsafeBytes { bytes in
            while offset + headerSize <= bytes.count {
                let header = bytes.loadUnaligned(fromByteOffset: offset, as: sandbox_report.self)
                let start = offset + headerSize
                let end = min(start + Int(header.size), bytes.count)
                let report = OperationReport(
                    index: Int(header.index), errorNumber: header.error, nanoseconds: header.nanoseconds,
                    text: String(decoding: bytes[start..<end], as: UTF8.self))
                reports.append(report)
                offset = (end + 7) / 8 * 8
            }
        }
        return reports
    }

    /// Lets the waiting child go on.
    public func release() throws(SystemError) {
        let code = sandbox_release(channel.number)
        if code != 0 { throw SystemError("releasing process \(pid)", code: -code) }
    }

    /// The terminal's master side. It came along with the report of the operation that opened it.
    public func takeTerminal() throws(SystemError) -> Descriptor {
        let terminal = progress.withLock { state in
            defer { state.terminal = nil }
            return state.terminal
        }
        guard let terminal else { throw SystemError("taking the terminal of process \(pid)", code: ENOTTY) }
        return terminal
    }

    /// The network namespace that the process is in.
    public func networkNamespace() throws(SystemError) -> any NetworkNamespace {
        let number = sandbox_network_namespace(handle.number)
        if number >= 0 { return try LinuxNetworkNamespace(descriptor: Descriptor(owning: number)) }
        // Before Linux 6.11 there is only the path. It stays this process's as long as nobody has reaped it.
        let descriptor = try Descriptor.open("/proc/\(pid)/ns/net", O_RDONLY)
        if hasEnded { throw SystemError("opening the network namespace of process \(pid)", code: ESRCH) }
        return try LinuxNetworkNamespace(descriptor: descriptor)
    }

    /// Sends a signal.
    public func signal(_ number: Int32) throws(SystemError) {
        try check("sending signal \(number) to process \(pid)") { linux_pidfd_send_signal(handle.number, number) }
    }

    /// Waits until the process has ended, and reaps it.
    public func wait() throws(SystemError) -> ProcessEnd {
        var poll = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
        while true {
            if let end = try reap() { return end }
            try check("waiting for process \(pid)") { Glibc.poll(&poll, 1, -1) }
        }
    }

    /// How the process ended, if it has. It is reaped once; that is remembered.
    private func reap() throws(SystemError) -> ProcessEnd? {
        try end.withLock { known throws(SystemError) in
            if let known { return known }
            var status: Int32 = 0
            switch sandbox_reap(handle.number, &status) {
            case 0: return nil
            case 1: known = .exited(status)
            case 2: known = .signaled(status)
            case let code: throw SystemError("waiting for process \(pid)", code: -code)
            }
            return known
        }
    }

    /// Whether it has ended. It may not have been reaped yet.
    public var hasEnded: Bool {
        if end.withLock({ $0 }) != nil { return true }
        var poll = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0
    }
}
