import OCI
import OrderedJSON
import Posix
import Steps
import Synchronization

/// The lines that a client sees while images come and go, in Docker's words.
///
/// Several threads tell of their layers; each line goes out as it is. Transfers are told of when a noticeable part more
/// is done, so a line never says anything that did not just happen.
final class TransferProgress: Sendable {
    private struct State {
        var told: [String: (bytes: Int64, time: Int64)] = [:]
    }
    private let state = Mutex(State())
    private let sink: Sink

    /// What sends a line: used by one thread at a time, under the lock.
    private struct Sink: @unchecked Sendable {
        let send: (JSON) throws -> Void
        let isWanted: () -> Bool
    }

    /// How long nothing new is told of a transfer, nanoseconds, unless a noticeable part more is done.
    private static let interval: Int64 = 100_000_000
    /// A bar's length: with one part of so many more done, it looks different.
    private static let parts: Int64 = 50

    /// - Parameters:
    ///   - isWanted: Whether the client is still there.
    ///   - send: Sends a line.
    init(isWanted: @escaping () -> Bool, send: @escaping (JSON) throws -> Void) {
        sink = Sink(send: send, isWanted: isWanted)
    }

    /// A line without a bar: `latest: Pulling from library/busybox`.
    func tell(_ status: String, id: String? = nil) throws {
        var line: JSONObject = ["status": .string(status)]
        if let id { line["id"] = .string(id) }
        try emit(.object(line))
    }

    /// What a layer's line says now.
    func tell(_ status: String, layer: Digest) throws {
        try emit(["status": .string(status), "progressDetail": [:], "id": .string(layer.short)])
    }

    /// How far a layer is, in bytes.
    func tell(_ status: String, layer: Digest, current: Int64, total: Int64?) throws {
        try tell(status, id: layer.short, current: current, total: total)
    }

    /// How far a transfer is, in bytes.
    func tell(_ status: String, id: String, current: Int64, total: Int64?) throws {
        let now = Clock.monotonic()
        let key = "\(status) \(id)"
        let isDue = state.withLock { state in
            let last = state.told[key] ?? (-1, 0)
            let isNoticeable = total.map { current == $0 || (current - last.bytes) >= max(1, $0 / Self.parts) } ?? false
            guard current != last.bytes, isNoticeable || now - last.time >= Self.interval else { return false }
            state.told[key] = (current, now)
            return true
        }
        try checkWanted()
        guard isDue, current > 0 else { return }
        var detail: JSONObject = ["current": .integer(current)]
        if let total { detail["total"] = .integer(total) }
        try emit(["status": .string(status), "progressDetail": .object(detail), "id": .string(id)])
    }

    /// What a program reads, beside the lines: `aux`.
    func tell(auxiliary: JSON) throws { try emit(["progressDetail": [:], "aux": auxiliary]) }

    /// Throws when nobody waits for the result any more.
    func checkWanted() throws {
        guard state.withLock({ _ in sink.isWanted() }) else { throw EngineFailure(status: 499, "context canceled") }
    }

    private func emit(_ line: JSON) throws {
        try state.withLock { _ in
            guard sink.isWanted() else { throw EngineFailure(status: 499, "context canceled") }
            try sink.send(line)
        }
    }
}
