import Engine
import HTTPMessages
import OrderedJSON

/// What containers print and read: attach and logs.
extension Routes {
    static let rawStream = "application/vnd.docker.raw-stream"
    static let multiplexedStream = "application/vnd.docker.multiplexed-stream"

    var containerStreams: [Route] {
        let node = node
        return [
            Self.change("POST", "/containers/{name}/attach") { request, responder, _ in
                let query = try AttachQuery(request.query)
                let name = request["name"]
                try node.checkAttach(name)
                let hasTerminal = try node.hasTerminal(name)
                var wishes = Attachment.Wishes()
                wishes.input = try query.standardInput && node.hasOpenInput(name)
                wishes.output = query.standardOutput
                wishes.error = query.standardError
                wishes.isMultiplexed = !hasTerminal
                if let keys = query.detachKeys { wishes.detachKeys = keys }
                let hijacked = try responder.hijack(isMultiplexed: !hasTerminal)
                let attachment = Attachment(descriptor: hijacked.socket, early: hijacked.buffered, wishes: wishes)
                try node.attach(name, attachment, logs: query.logs, stream: query.stream)
            },
            Route("GET", "/containers/{name}/logs") { request, responder in
                let logs = try LogsRequest(request.query)
                let name = request["name"]
                let hasTerminal = try node.hasTerminal(name)
                let isAnnounced = !hasTerminal && request.version >= "1.42"
                let stream = try responder.stream(contentType: isAnnounced ? Self.multiplexedStream : Self.rawStream)
                let writer = LogWriter(stream, isMultiplexed: !hasTerminal, isHeld: !logs.follows)
                try node.readLog(name, logs, isWanted: { request.isConnected }, send: writer.write)
                try writer.flush()
            },
        ]
    }
}

/// Sends the lines of a log, in frames that name their stream unless the container has a terminal.
private final class LogWriter {
    private let stream: ResponseStream
    private let isMultiplexed: Bool
    /// Whether lines may be held back until some have come together: when nobody waits for each of them.
    private let isHeld: Bool
    private var held: [UInt8] = []
    private static let holdSize = 32 * 1024

    init(_ stream: ResponseStream, isMultiplexed: Bool, isHeld: Bool) {
        self.stream = stream
        self.isMultiplexed = isMultiplexed
        self.isHeld = isHeld
    }

    func write(_ output: OutputStream, _ line: [UInt8]) throws {
        if isMultiplexed { held += Multiplexing.head(output, count: line.count) }
        held += line
        if !isHeld || held.count >= Self.holdSize { try flush() }
    }

    func flush() throws {
        defer { held = [] }
        try stream.write(held)
    }
}

/// The frames in which the outputs of a process without a terminal share one connection (API: ContainerAttach).
enum Multiplexing {
    /// The head of a frame: the stream's number, three zeros, and the length, most significant byte first.
    static func head(_ output: OutputStream, count: Int) -> [UInt8] {
        let length = UInt32(clamping: count)
        let number: UInt8 = output == .standardOutput ? 1 : 2
        return [number, 0, 0, 0] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
    }
}
