import CLinux
import Glibc
import Posix
import Synchronization

/// Watches connections for clients that go away, all of them with one thread (`epoll(7)`).
public final class ClientWatch: Sendable {
    private let epoll: Descriptor
    private let shared: Shared

    private final class Shared: Sendable {
        let entries = Mutex<[UInt64: Entry]>([:])
    }

    private struct Entry: Sendable {
        /// A duplicate, so that one connection may be watched twice and the number stays ours.
        var descriptor: Descriptor
        var action: @Sendable () -> Void
    }

    /// Keeps one watching alive.
    public final class Registration: Sendable {
        private let end: @Sendable () -> Void

        fileprivate init(_ end: @escaping @Sendable () -> Void) { self.end = end }

        deinit { end() }

        /// Ends the watching now; the closure is not called afterwards, though it may be running.
        public func cancel() { end() }
    }

    /// Starts the watching thread; it lasts until the process ends.
    init() throws(SystemError) {
        let epoll = Descriptor(
            owning: try check("making an epoll instance") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
        let shared = Shared()
        self.epoll = epoll
        self.shared = shared
        try Thread.start("client-watch") { Self.run(epoll, shared) }
    }

    func register(_ descriptor: Descriptor, _ action: @escaping @Sendable () -> Void) throws(SystemError)
        -> Registration
    {
        let duplicate = try descriptor.duplicate()
        let key = Self.nextKey.wrappingAdd(1, ordering: .relaxed).newValue
        shared.entries.withLock { $0[key] = Entry(descriptor: duplicate, action: action) }
        var event = epoll_event()
        event.events = EPOLLRDHUP.rawValue | EPOLLONESHOT.rawValue
        event.data.u64 = key
        do throws(SystemError) {
            try check("watching a connection") { epoll_ctl(epoll.number, EPOLL_CTL_ADD, duplicate.number, &event) }
        } catch {
            remove(key)
            throw error
        }
        return Registration { [self] in remove(key) }
    }

    private static let nextKey = Atomic<UInt64>(0)

    private func remove(_ key: UInt64) {
        guard let entry = shared.entries.withLock({ $0.removeValue(forKey: key) }) else { return }
        // Explicitly, because the connection's other descriptors keep the registration alive (epoll(7), Q6).
        epoll_ctl(epoll.number, EPOLL_CTL_DEL, entry.descriptor.number, nil)
    }

    private static func run(_ epoll: Descriptor, _ shared: Shared) {
        var events = [epoll_event](repeating: epoll_event(), count: 16)
        while true {
            let count = epoll_wait(epoll.number, &events, Int32(events.count), -1)
            if count < 0 && errno != EINTR { return }
            for event in events.prefix(max(0, Int(count))) {
                let key = event.data.u64
                guard let entry = shared.entries.withLock({ $0.removeValue(forKey: key) }) else { continue }
                epoll_ctl(epoll.number, EPOLL_CTL_DEL, entry.descriptor.number, nil)
                entry.action()
            }
        }
    }
}
