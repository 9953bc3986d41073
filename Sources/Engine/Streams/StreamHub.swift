import CLinux
import Glibc
import Posix
import Synchronization

/// Carries the streams of one process: what it prints goes to the log and to all attached clients, what they type
/// goes to it. It runs on a thread of its own until the process has ended and everything was delivered.
///
/// Nothing is buffered beyond one piece for each client: a slow client makes the pipe fill, and then the process waits,
/// as on Docker. No byte is lost between start and attach, because clients that attached before the start are there
/// from the first byte on.
final class StreamHub: Sendable {
    /// Where the process's side of the streams is.
    enum Ends: Sendable {
        /// The master side of a terminal.
        case terminal(Descriptor)
        /// Pipes; input is `nil` when the process has none.
        case pipes(input: Descriptor?, output: Descriptor, error: Descriptor)
    }

    private struct Inbox {
        var arrivals: [Attachment] = []
        var isFinished = false
    }

    /// The process's side, until the pump takes it: whoever holds a pipe keeps it open.
    private let ends: Mutex<Ends?>
    private let terminal: Descriptor?
    private let log: ContainerLog?
    /// Whether the process's input is closed when the client that sends it has no more (`StdinOnce`, or an exec).
    private let closesInput: Bool
    private let inbox = Mutex(Inbox())
    private let wake: (read: Descriptor, write: Descriptor)

    init(ends: Ends, log: ContainerLog?, closesInput: Bool) throws(SystemError) {
        self.ends = Mutex(ends)
        if case .terminal(let master) = ends { terminal = master } else { terminal = nil }
        self.log = log
        self.closesInput = closesInput
        wake = try Descriptor.pipe(nonblocking: true)
        for descriptor in ends.all { _ = fcntl(descriptor.number, F_SETFL, O_NONBLOCK) }
    }

    /// Adds a client.
    /// - Returns: Whether there are still streams to be connected to.
    func attach(_ attachment: Attachment) -> Bool {
        let taken = inbox.withLock { inbox in
            if inbox.isFinished { return false }
            inbox.arrivals.append(attachment)
            return true
        }
        if taken { _ = Glibc.write(wake.write.number, [1], 1) }
        return taken
    }

    /// Sets the terminal's size (`TIOCSWINSZ`, `ioctl_tty(2)`); the process gets a SIGWINCH.
    func resize(columns: UInt16, rows: UInt16) throws(SystemError) {
        guard let terminal else { throw SystemError("resizing the terminal", code: ENOTTY) }
        var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        try check("resizing the terminal") { ioctl(terminal.number, UInt(TIOCSWINSZ), &size) }
    }

    /// Carries the streams until the process has ended and all was delivered; then closes the clients' connections.
    ///
    /// - Parameters:
    ///   - processEnd: Readable when the process has ended (its pidfd); `nil`: it has ended when its streams have.
    ///   - onEnd: Called as soon as the process has ended and its last output is in the log, before slow clients have
    ///     taken everything.
    func run(processEnd: Descriptor?, onEnd: () -> Void) {
        guard var pump = takePump() else { return }
        pump.run(
            processEnd: processEnd, takeArrivals: { arrivals(finishing: false) }, onEnd: onEnd,
            close: { arrivals(finishing: true) })
    }

    /// The pump with the process's side of the streams. It must be the only one that holds the pipes: the process sees
    /// the end of its input when the pump lets go of it.
    private func takePump() -> StreamPump? {
        ends.withLock { ends in
            defer { ends = nil }
            return ends.map { StreamPump(ends: $0, log: log, closesInput: closesInput, wake: wake.read) }
        }
    }

    private func arrivals(finishing: Bool) -> [Attachment] {
        inbox.withLock { inbox in
            defer { inbox.arrivals = [] }
            if finishing { inbox.isFinished = true }
            return inbox.arrivals
        }
    }
}

extension StreamHub.Ends {
    /// All descriptors.
    var all: [Descriptor] {
        switch self {
        case .terminal(let master): [master]
        case .pipes(let input, let output, let error): [input, output, error].compactMap { $0 }
        }
    }
}
