import EngineClient
import Glibc
import Posix

/// Carries bytes between a terminal and a container over an attached connection until the container's output ends, its
/// user detaches, or the connection breaks.
struct AttachedSession {
    /// How a session came to its end.
    enum Outcome: Equatable {
        /// The container's side has ended.
        case ended
        /// The user typed the detach keys.
        case detached
        /// A signal that nobody handles came.
        case interrupted(Int32)
        /// Nobody reads the output any more.
        case outputClosed
    }

    let connection: HijackedConnection
    let io: CommandIO
    /// Whether the container has a terminal, which makes the stream one of plain bytes.
    let hasTerminal: Bool
    /// Whether the input is sent.
    let sendsInput: Bool
    /// Whether output is awaited; without it the session ends with the input.
    var awaitsOutput = true
    let detachKeys: [UInt8]
    /// Signals, if any are watched.
    let relay: SignalRelay?
    /// What to do with a signal; answers whether it was handled.
    let handleSignal: (Int32) -> Bool

    private static let pieceSize = 65536

    /// What a shell calls the death by `SIGPIPE`.
    static let brokenPipeCode: Int32 = 128 + SIGPIPE

    /// Runs the session on the calling thread.
    func run() -> Outcome {
        let raw = hasTerminal && sendsInput ? RawTerminal(io.input) : nil
        defer { raw?.restore() }
        var demultiplexer = StreamDemultiplexer()
        var keys = DetachKeys(detachKeys)
        // What was typed and the socket didn't take yet. Nothing more is read before it is gone.
        var pending: [UInt8] = []
        var reads = sendsInput
        if !connection.buffered.isEmpty && !show(connection.buffered[...], &demultiplexer) { return .outputClosed }
        while true {
            var polls = [
                pollfd(
                    fd: connection.descriptor, events: Int16(POLLIN | (pending.isEmpty ? 0 : POLLOUT)), revents: 0),
                pollfd(fd: reads && pending.isEmpty ? io.input : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: relay?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&polls, 3, -1) < 0 {
                if errno == EINTR { continue }
                return .ended
            }
            if polls[2].revents != 0 {
                for signal in relay?.received() ?? [] where !handleSignal(signal) { return .interrupted(signal) }
            }
            if polls[0].revents & Int16(POLLOUT) != 0 { send(&pending) }
            if polls[0].revents & Int16(POLLIN | POLLHUP | POLLERR) != 0, let outcome = receive(&demultiplexer) {
                return outcome
            }
            if polls[1].revents != 0 {
                var typed = [UInt8](repeating: 0, count: Self.pieceSize)
                let count = read(io.input, &typed, typed.count)
                if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
                if count <= 0 {
                    reads = false
                    connection.closeWrite()
                    if !awaitsOutput { return .ended }
                    continue
                }
                pending = Array(typed.prefix(count))
                if hasTerminal {
                    let (forward, isComplete) = keys.filter(pending)
                    pending = forward
                    if isComplete {
                        send(&pending)
                        return .detached
                    }
                }
                send(&pending)
            }
        }
    }

    private func send(_ pending: inout [UInt8]) {
        while !pending.isEmpty {
            let count = Glibc.send(
                connection.descriptor, pending, pending.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            if count > 0 {
                pending.removeFirst(count)
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                // The container reads no more; its output may still come.
                pending = []
            }
        }
    }

    /// Shows what has come.
    /// - Returns: How the session ended, if it did.
    private func receive(_ demultiplexer: inout StreamDemultiplexer) -> Outcome? {
        var bytes = [UInt8](repeating: 0, count: Self.pieceSize)
        let count = recv(connection.descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        if count > 0 { return show(bytes[..<count], &demultiplexer) ? nil : .outputClosed }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? nil : .ended
    }

    private func show(_ bytes: ArraySlice<UInt8>, _ demultiplexer: inout StreamDemultiplexer) -> Bool {
        if hasTerminal { return CommandIO.write(Array(bytes), to: io.output) }
        return demultiplexer.feed(bytes) { stream, piece in
            CommandIO.write(Array(piece), to: stream == .error || stream == .system ? io.errorOutput : io.output)
        }
    }
}
