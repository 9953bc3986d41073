import EngineAPI
import HTTPMessages
import OrderedJSON
import Steps

/// The step stream: what the engine did, record by record, as JSON lines.
extension Routes {
    /// How many records of all operations are shown when no operation is named.
    private static let latestCount = 1000

    var steps: [Route] {
        let log = node.steps
        return [
            Route("GET", DrydockAPI.stepsPath) { request, responder in
                let operations = Set(request.query.all("operation"))
                let queue = request.query.flag("follow") ? try StepQueue() : nil
                queue?.follow(log) { operations.isEmpty || operations.contains($0.operation) }
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
