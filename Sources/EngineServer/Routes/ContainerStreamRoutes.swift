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
                do { try attach(request, responder) } catch {
                    guard responder.phase == .waiting, !(error is HTTPFailure) else { throw error }
                    // Docker's daemon answers in plain text here, for whoever looks at the connection.
                    let refusal = (error as? APIError) ?? EngineRoutes.translate(error)
                    try responder.send(
                        refusal.status, bytes: Array("\(refusal.message)\r\n".utf8), contentType: Self.rawStream)
                }
            },
            Route("GET", "/containers/{name}/logs") { request, responder in
                let logs = try LogsRequest(request.query)
                let name = request["name"]
                try node.checkLog(name)
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

extension Routes {
    /// Reads what a client wants to be attached to, and attaches it.
    private func attach(_ request: Request, _ responder: Responder) throws {
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
        try attach(name, wishes, query, responder)
    }

    /// Hands the connection to the container.
    private func attach(
        _ name: String, _ wishes: Attachment.Wishes, _ query: AttachQuery, _ responder: Responder
    ) throws {
        let isRunning = try node.inspectContainer(name, withSize: false)["State"]?["Running"]?.bool == true
        func connect(_ stream: HijackedStream) throws {
            let attachment = Attachment(
                descriptor: stream.socket, early: stream.buffered, wishes: wishes, onEnd: { _ in stream.close() })
            try node.attach(name, attachment, logs: query.logs, stream: query.stream)
        }
        // A client starts the container as soon as it is answered, and must not miss its first output: so it is
        // attached before. To a container that prints already, the answer must come first.
        if isRunning || query.logs {
            let stream = try responder.hijack(isMultiplexed: wishes.isMultiplexed)
            do { try connect(stream) } catch {
                stream.close()
                throw error
            }
        } else {
            _ = try responder.hijack(isMultiplexed: wishes.isMultiplexed, prepare: connect)
        }
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
