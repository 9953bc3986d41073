import Glibc
import Posix
import Synchronization

// Read by the signal handler, which may do nothing but write(2): so a plain number, not something behind a lock.
private nonisolated(unsafe) var relayEnd: Int32 = -1

/// Turns signals into bytes on a pipe while a command runs, so that the command decides what they mean
/// (`signal-safety(7)`, the self-pipe). Only one is active at a time; another finds no signals.
final class SignalRelay: Sendable {
    private static let isTaken = Mutex(false)

    private let ends: (read: Descriptor, write: Descriptor)?
    private let saved: Mutex<[(signal: Int32, action: sigaction)]>
    /// Whether the terminal was closed meanwhile: that concerns the whole program, not the command alone.
    private let hasHungUp = Mutex(false)

    /// Relays signals until ``stop()``.
    init(_ signals: [Int32]) {
        let taken = Self.isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
        var ends: (read: Descriptor, write: Descriptor)?
        if taken {
            do throws(SystemError) { ends = try Descriptor.pipe(nonblocking: true) } catch { ends = nil }
        }
        self.ends = ends
        var actions: [(signal: Int32, action: sigaction)] = []
        if let ends {
            relayEnd = ends.write.number
            for signal in signals {
                var action = sigaction()
                action.__sigaction_handler.sa_handler = { number in
                    var byte = UInt8(truncatingIfNeeded: number)
                    let code = errno
                    write(relayEnd, &byte, 1)
                    errno = code
                }
                action.sa_flags = SA_RESTART
                var old = sigaction()
                if sigaction(signal, &action, &old) == 0 { actions.append((signal, old)) }
            }
        } else if taken {
            Self.isTaken.withLock { $0 = false }
        }
        saved = Mutex(actions)
    }

    deinit { stop() }

    /// The pipe's end to poll; -1 if this relay has no signals.
    var descriptor: Int32 { ends?.read.number ?? -1 }

    /// The signals that have come.
    func received() -> [Int32] {
        guard descriptor >= 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        let signals = count > 0 ? bytes.prefix(count).map(Int32.init) : []
        if signals.contains(SIGHUP) { hasHungUp.withLock { $0 = true } }
        return signals
    }

    /// Gives the signals back their old meaning. A hangup that came meanwhile is passed on to the program: it must not
    /// stay behind when its window is closed.
    func stop() {
        guard ends != nil else { return }
        let actions = saved.withLock { actions in
            defer { actions = [] }
            return actions
        }
        if actions.isEmpty { return }
        for (signal, action) in actions {
            var old = action
            sigaction(signal, &old, nil)
        }
        relayEnd = -1
        Self.isTaken.withLock { $0 = false }
        if hasHungUp.withLock({ $0 }) { kill(getpid(), SIGHUP) }
    }

    /// A signal's name as the API takes it: `INT`, `TERM`.
    static func name(_ signal: Int32) -> String {
        switch signal {
        case SIGHUP: "HUP"
        case SIGINT: "INT"
        case SIGQUIT: "QUIT"
        case SIGTERM: "TERM"
        case SIGUSR1: "USR1"
        case SIGUSR2: "USR2"
        default: String(signal)
        }
    }
}

/// Ends something that waits when the user interrupts it.
final class Interruption: Sendable {
    private let relay = SignalRelay([SIGINT, SIGTERM, SIGHUP])
    private let wake: (read: Descriptor, write: Descriptor)?
    private let signal = Mutex<Int32?>(nil)

    /// Watches for an interrupt until ``end()``.
    /// - Parameter action: Makes the waiting end, such as closing a stream.
    init(_ action: @escaping @Sendable () -> Void) {
        // Without a pipe or a thread to watch, the signals keep the meaning that the process gave them.
        do throws(SystemError) { wake = try Descriptor.pipe() } catch { wake = nil }
        guard let wake, relay.descriptor >= 0 else {
            relay.stop()
            return
        }
        do throws(SystemError) {
            try Thread.start("interrupt") { [self] in
                var polls = [
                    pollfd(fd: relay.descriptor, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: wake.read.number, events: Int16(POLLIN), revents: 0),
                ]
                while poll(&polls, 2, -1) < 0 && errno == EINTR {}
                if let first = relay.received().first {
                    signal.withLock { $0 = first }
                    action()
                }
            }
        } catch {
            relay.stop()
        }
    }

    /// Stops watching.
    /// - Returns: 128 plus the signal's number, a shell's exit code for it, if one came.
    func end() -> Int32? {
        relay.stop()
        if let wake { CommandIO.write([0], to: wake.write.number) }
        return signal.withLock { $0 }.map { 128 + $0 }
    }
}
