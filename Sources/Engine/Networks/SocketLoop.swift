import CLinux
import Glibc
import Kernel
import Posix
import Synchronization

/// Something that acts when one of its sockets can be read or written.
protocol SocketHandler: AnyObject, Sendable {
    /// Called on the loop's thread only.
    ///
    /// - Parameters:
    ///   - events: `EPOLLIN`, `EPOLLOUT`, `EPOLLERR`, `EPOLLHUP`.
    ///   - side: Which of its sockets.
    func ready(_ events: UInt32, side: Int, in loop: SocketLoop)

    /// Called about once a second, on the loop's thread.
    func tick(in loop: SocketLoop)
}

extension SocketHandler {
    /// Most have nothing to do while nothing happens.
    func tick(in loop: SocketLoop) {}
}

/// Waits for many sockets with one thread (`epoll(7)`), which lives in the node's network namespace: sockets that
/// handlers make belong there, whoever they speak for.
final class SocketLoop: Sendable {
    private struct Entry {
        var handler: any SocketHandler
        var side: Int
        var socket: Descriptor
        var owner: String
    }

    private let epoll: Descriptor
    private let entries = Mutex<[UInt64: Entry]>([:])
    private let tokens = Atomic<UInt64>(0)
    private let isStopped = Atomic<Bool>(false)

    /// Starts the thread.
    /// - Throws: ``SystemError``
    init(in namespace: any NetworkNamespace) throws(SystemError) {
        epoll = Descriptor(
            owning: try check("making an epoll instance") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
        try Thread.start("ports") { [self] in
            // Entering can only fail where making the node's namespace would have failed before.
            try? namespace.inside { self.run() }
        }
    }

    /// Watches a socket.
    ///
    /// - Parameter owner: Whom ``close(_:)`` is called for.
    /// - Returns: What ``watch(_:for:on:)`` and ``forget(_:)`` take.
    func add(
        _ socket: Descriptor, for events: UInt32, handler: any SocketHandler, side: Int = 0, owner: String
    ) throws(SystemError) -> UInt64 {
        let token = tokens.wrappingAdd(1, ordering: .relaxed).newValue
        entries.withLock { $0[token] = Entry(handler: handler, side: side, socket: socket, owner: owner) }
        var event = epoll_event()
        event.events = events
        event.data.u64 = token
        do throws(SystemError) {
            try check("watching a socket") { epoll_ctl(epoll.number, EPOLL_CTL_ADD, socket.number, &event) }
        } catch {
            entries.withLock { $0[token] = nil }
            throw error
        }
        return token
    }

    /// Changes what a socket is watched for.
    func watch(_ token: UInt64, for events: UInt32, on socket: Descriptor) {
        var event = epoll_event()
        event.events = events
        event.data.u64 = token
        epoll_ctl(epoll.number, EPOLL_CTL_MOD, socket.number, &event)
    }

    /// Watches a socket no longer; it is closed with its last owner.
    func forget(_ token: UInt64) {
        guard let entry = entries.withLock({ $0.removeValue(forKey: token) }) else { return }
        epoll_ctl(epoll.number, EPOLL_CTL_DEL, entry.socket.number, nil)
    }

    /// Lets go of all sockets of an owner.
    func close(_ owner: String) {
        for token in entries.withLock({ entries in entries.filter { $0.value.owner == owner }.map(\.key) }) {
            forget(token)
        }
    }

    /// What a socket with something to read is watched for.
    static var reading: UInt32 { EPOLLIN.rawValue }

    /// How many sockets an owner has.
    func count(of owner: String) -> Int { entries.withLock { $0.values.count { $0.owner == owner } } }

    /// Ends the thread, within a second.
    func stop() {
        isStopped.store(true, ordering: .relaxed)
        for token in entries.withLock({ Array($0.keys) }) { forget(token) }
    }

    private func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        var lastTick = DatagramRelay.now
        while !isStopped.load(ordering: .relaxed) {
            let count = epoll_wait(epoll.number, &events, Int32(events.count), 1000)
            if count < 0 && errno != EINTR { return }
            for event in events.prefix(max(0, Int(count))) {
                let found = entries.withLock { $0[event.data.u64] }
                found?.handler.ready(event.events, side: found?.side ?? 0, in: self)
            }
            let now = DatagramRelay.now
            if now != lastTick {
                lastTick = now
                for entry in entries.withLock({ Array($0.values) }) { entry.handler.tick(in: self) }
            }
        }
    }
}
