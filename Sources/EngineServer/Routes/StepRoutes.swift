import EngineAPI
import Glibc
import HTTPMessages
import OrderedJSON
import Posix
import Steps
import Synchronization

/// The step stream: what the engine did, record by record, as JSON lines.
extension Routes {
    /// How many records of all operations are shown when no operation is named.
    private static let latestCount = 1000

    var steps: [Route] {
        let log = node.steps
        return [
            Route("GET", DrydockAPI.stepsPath) { request, responder in
                let operations = Set(request.query.all("operation"))
                let queue = request.query.flag("follow") ? try StepQueue(following: log, operations) : nil
                defer { queue?.end() }
                let since = request.query["since"].flatMap { Int64($0) } ?? 0
                let all = operations.isEmpty ? log.latest(Self.latestCount) : log.records(of: operations)
                let past = all.filter { $0.time >= since }
                let stream = try responder.stream(contentType: "application/x-ndjson")
                if !past.isEmpty { try stream.write(try Self.lines(past)) }
                guard let queue else { return }
                // What came between following and reading the past is in both.
                var seen = Set(past)
                while let records = queue.next(whileListening: request.descriptor) {
                    let new = records.filter { !seen.contains($0) }
                    seen = []
                    if !new.isEmpty { try stream.write(try Self.lines(new)) }
                }
            }
        ]
    }

    private static func lines(_ records: [StepRecord]) throws -> [UInt8] {
        try records.flatMap { try json($0).encoded() + [0x0A] }
    }
}

/// Records that wait to be sent to one listener.
private final class StepQueue: Sendable {
    private let records = Mutex<[StepRecord]>([])
    private let wake: (read: Descriptor, write: Descriptor)
    private let stopFollowing = Mutex<(@Sendable () -> Void)?>(nil)

    /// A listener that reads more slowly than the engine works loses records beyond so many, not the engine its pace.
    private static let limit = 20_000

    init(following log: StepLog, _ operations: Set<String>) throws {
        wake = try Descriptor.pipe(nonblocking: true)
        let stop = log.follow { [weak self] record in
            guard operations.isEmpty || operations.contains(record.operation) else { return }
            self?.add(record)
        }
        stopFollowing.withLock { $0 = stop }
    }

    private func add(_ record: StepRecord) {
        let wasEmpty = records.withLock { records in
            if records.count < Self.limit { records.append(record) }
            return records.count == 1
        }
        if wasEmpty { _ = Glibc.write(wake.write.number, [1], 1) }
    }

    /// Waits for records.
    /// - Returns: Those that came; `nil` when the listener is gone.
    func next(whileListening connection: Int32) -> [StepRecord]? {
        // POLLRDHUP, which Swift's Glibc hides (asm-generic/poll.h).
        let hangup: Int16 = 0x2000
        while true {
            let found = records.withLock { records in
                defer { records = [] }
                return records
            }
            if !found.isEmpty { return found }
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
