import EngineAPI
import Glibc
import Posix
import Steps
import Synchronization

/// Records that wait to be sent to one listener.
final class StepQueue: Sendable {
    private let records = Mutex<[StepRecord]>([])
    private let wake: (read: Descriptor, write: Descriptor)
    private let isFinished = Atomic<Bool>(false)
    private let stopFollowing = Mutex<(@Sendable () -> Void)?>(nil)

    /// A listener that reads more slowly than the engine works loses records beyond so many, not the engine its pace.
    private static let limit = 20_000

    init() throws { wake = try Descriptor.pipe(nonblocking: true) }

    /// Takes those records of a log, from now on, that a test lets pass.
    func follow(_ log: StepLog, where isWanted: @escaping @Sendable (StepRecord) -> Bool) {
        let stop = log.follow { [weak self] record in
            if isWanted(record) { self?.add(record) }
        }
        stopFollowing.withLock { $0 = stop }
    }

    /// No more will come: the listener gets what is left.
    func finish() {
        isFinished.store(true, ordering: .releasing)
        _ = Glibc.write(wake.write.number, [1], 1)
    }

    /// Adds a record.
    func add(_ record: StepRecord) {
        let wasEmpty = records.withLock { records in
            if records.count < Self.limit { records.append(record) }
            return records.count == 1
        }
        if wasEmpty { _ = Glibc.write(wake.write.number, [1], 1) }
    }

    /// Waits for records.
    /// - Returns: Those that came; `nil` when the listener is gone, or no more will come.
    func next(whileListening connection: Int32) -> [StepRecord]? {
        // POLLRDHUP, which Swift's Glibc hides (asm-generic/poll.h).
        let hangup: Int16 = 0x2000
        while true {
            let mayEnd = isFinished.load(ordering: .acquiring)
            let found = records.withLock { records in
                defer { records = [] }
                return records
            }
            if !found.isEmpty { return found }
            if mayEnd { return nil }
            var list = [
                pollfd(fd: wake.read.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: connection, events: hangup, revents: 0),
            ]
            if poll(&list, 2, -1) < 0 && errno != EINTR { return nil }
            if list[1].revents != 0 { return nil }
            var bytes = [UInt8](repeating: 0, count: 64)
            while Glibc.read(wake.read.number, &bytes, bytes.count) > 0 {}
        }
    }

    func end() {
        stopFollowing.withLock { stop in
            stop?()
            stop = nil
        }
    }
}
