import CLinux
import Glibc
public import HTTPMessages
public import OrderedJSON
public import Posix
import Synchronization

/// Answers one request, in one of three ways: whole, as a stream, or by handing the connection over.
public final class Responder: Sendable {
    private let connection: BufferedConnection
    private let request: RequestHead
    private let body: MessageBody?
    private let version: APIVersion
    private let standardHeaders: Headers
    private let state: Mutex<State>

    private struct State {
        var phase = Phase.waiting
        var operation: String?
        var keepsAlive: Bool
    }

    enum Phase: Sendable { case waiting, answered, streaming, hijacked }

    init(
        _ connection: BufferedConnection, request: RequestHead, body: MessageBody?, version: APIVersion,
        headers: Headers, keepsAlive: Bool
    ) {
        self.connection = connection
        self.request = request
        self.body = body
        self.version = version
        standardHeaders = headers
        state = Mutex(State(keepsAlive: keepsAlive))
    }

    /// The operation whose steps this request causes; set it before answering, it becomes the header
    /// `Drydock-Operation`.
    public var operation: String? {
        get { state.withLock { $0.operation } }
        set { state.withLock { $0.operation = newValue } }
    }

    var phase: Phase { state.withLock { $0.phase } }
    var keepsAlive: Bool { state.withLock { $0.keepsAlive } }

    // MARK: Whole answers

    /// Answers with JSON and a final newline, as Go's encoder ends it.
    public func send(_ status: Int = 200, json: JSON, headers: Headers = [:]) throws {
        try send(status, bytes: json.encoded() + [0x0A], contentType: "application/json", headers: headers)
    }

    /// Answers with bytes.
    public func send(_ status: Int = 200, bytes: [UInt8], contentType: String, headers: Headers = [:]) throws {
        var head = try begin(.answered, status, headers)
        head.headers["Content-Type"] = contentType
        head.headers["Content-Length"] = String(bytes.count)
        try connection.write(request.method == "HEAD" ? head.encoded() : head.encoded() + bytes)
    }

    /// Answers with a body of a known length that is sent piece by piece; when the sending fails, the connection breaks
    /// off.
    func send(
        _ status: Int, length: Int64, contentType: String, headers: Headers,
        body: (_ write: ([UInt8]) throws -> Void) throws -> Void
    ) throws {
        var head = try begin(.answered, status, headers)
        head.headers["Content-Type"] = contentType
        head.headers["Content-Length"] = String(length)
        try connection.write(head.encoded())
        if request.method == "HEAD" { return }
        try body { try connection.write($0) }
    }

    /// Answers without a body: 204, 304, or another status with a length of 0.
    public func send(_ status: Int, headers: Headers = [:]) throws {
        var head = try begin(.answered, status, headers)
        if status != 204 && status != 304 && status >= 200 { head.headers["Content-Length"] = "0" }
        try connection.write(head.encoded())
    }

    /// Answers with an error.
    func send(_ error: APIError) throws { try send(error.status, json: ["message": .string(error.message)]) }

    // MARK: Streams

    /// Begins an answer whose body is sent piece by piece; the head goes out at once, so that the client knows that
    /// it was heard. The stream ends when the route returns; when it throws, the connection breaks off instead.
    public func stream(_ status: Int = 200, contentType: String, headers: Headers = [:]) throws -> ResponseStream {
        var head = try begin(.streaming, status, headers)
        head.headers["Content-Type"] = contentType
        let isChunked = request.version == .http1_1
        if isChunked {
            head.headers["Transfer-Encoding"] = "chunked"
        } else {
            // HTTP/1.0 has no chunks: the end of the connection is the end of the body.
            head.headers["Connection"] = "close"
            state.withLock { $0.keepsAlive = false }
        }
        try connection.write(head.encoded())
        return ResponseStream(connection, isChunked: isChunked, hasBody: request.method != "HEAD")
    }

    /// Ends a stream that the route has finished.
    func finishStream() throws(HTTPFailure) {
        guard phase == .streaming, request.version == .http1_1, request.method != "HEAD" else { return }
        try connection.write(ChunkedCoding.end)
    }

    // MARK: Hijacking

    /// Whether the client asked to upgrade the connection.
    public var clientUpgrades: Bool { request.headers["Upgrade"] != nil }

    /// Says that the connection is a plain byte stream from here on, and hands it over.
    ///
    /// A client that asked for an upgrade gets `101 UPGRADED`, an older one `200 OK`, as Docker's daemon does it.
    ///
    /// - Parameters:
    ///   - isMultiplexed: Whether frames with stream headers follow (no terminal), rather than raw bytes; clients from
    ///     API 1.42 on are told so by the media type.
    ///   - prepare: Called before the client is told: what must be in place when it acts on the answer. What it throws
    ///     is answered as usual.
    public func hijack(
        isMultiplexed: Bool, prepare: (HijackedStream) throws -> Void = { _ in }
    ) throws -> HijackedStream {
        let upgrades = clientUpgrades
        var head = try begin(.hijacked, upgrades ? 101 : 200, [:])
        let multiplexed = isMultiplexed && upgrades && version >= "1.42"
        head.headers["Content-Type"] =
            multiplexed ? "application/vnd.docker.multiplexed-stream" : "application/vnd.docker.raw-stream"
        if upgrades {
            head.reason = "UPGRADED"
            head.headers["Connection"] = "Upgrade"
            head.headers["Upgrade"] = "tcp"
        } else {
            head.headers["Connection"] = nil
        }
        state.withLock { $0.keepsAlive = false }
        let stream: HijackedStream
        do {
            // What the route has not read of the request is not input.
            _ = try body?.readToEnd(limit: Request.jsonLimit)
            stream = HijackedStream(connection)
            try prepare(stream)
        } catch {
            state.withLock { $0.phase = .waiting }
            throw error
        }
        try connection.write(head.encoded())
        // Drydock's own client goes on with what came behind the head.
        if request.headers["User-Agent"]?.hasPrefix("Drydock-Client") != true { waitUntilRead(stream.socket) }
        return stream
    }

    /// Waits, for a moment at most, until the client has taken the head of an answer.
    ///
    /// There are clients, docker-py for one, that look for the head through a buffer and go on with the bare connection:
    /// output that is there as soon as the head would stay in the buffer, and be lost.
    private func waitUntilRead(_ socket: Descriptor) {
        for _ in 0..<Self.headPatience where linux_socket_unread(socket.number) > 0 { usleep(50) }
    }

    /// How often it is looked whether the head was taken: for about a fifth of a second.
    private static let headPatience = 2_000

    // MARK: Heads

    private func begin(_ phase: Phase, _ status: Int, _ headers: Headers) throws(APIError) -> ResponseHead {
        let (operation, keepsAlive) = try state.withLock { (state) throws(APIError) in
            guard state.phase == .waiting else { throw .failure("a request was answered twice") }
            state.phase = phase
            return (state.operation, state.keepsAlive)
        }
        var head = ResponseHead(status: status, headers: standardHeaders)
        for field in headers { head.headers.add(field.name, field.value) }
        if let operation { head.headers["Drydock-Operation"] = operation }
        if !keepsAlive {
            head.headers["Connection"] = "close"
        } else if request.version == .http1_0 {
            head.headers["Connection"] = "keep-alive"
        }
        return head
    }
}

/// The body of an answer that is sent piece by piece. Threads may share it: pieces never mix.
public final class ResponseStream: Sendable {
    private let connection: BufferedConnection
    private let isChunked: Bool
    private let hasBody: Bool
    private let writing = Mutex(())

    init(_ connection: BufferedConnection, isChunked: Bool, hasBody: Bool) {
        self.connection = connection
        self.isChunked = isChunked
        self.hasBody = hasBody
    }

    /// Sends a piece at once. It waits while the client does not read.
    /// - Throws: `HTTPFailure.transport` with `EPIPE` when the client is gone.
    public func write(_ bytes: [UInt8]) throws(HTTPFailure) {
        guard hasBody, !bytes.isEmpty else { return }
        try writing.withLock { (_) throws(HTTPFailure) in
            try connection.write(isChunked ? ChunkedCoding.chunk(bytes) : bytes)
        }
    }

    /// Sends a JSON value as a line, as streams of events and progress are made of.
    public func write(json: JSON) throws(HTTPFailure) { try write(json.encoded() + [0x0A]) }

    /// Whether the client still listens.
    public var isConnected: Bool { !connection.isPeerGone }
}

/// A connection that was handed over: bytes in both directions, for `attach` and `exec`.
///
/// It lives until the last owner lets go of it; the route may return before that.
public final class HijackedStream: Sendable {
    private let connection: BufferedConnection
    /// What the client sent right behind its request; it belongs before all that is read from ``socket``.
    public let buffered: [UInt8]
    /// The socket.
    public var socket: Descriptor { connection.descriptor }

    init(_ connection: BufferedConnection) {
        self.connection = connection
        buffered = connection.takeBuffered()
    }

    /// Says that no more output comes.
    public func closeWrite() { connection.closeWrite() }

    /// Ends the connection in both directions; may be called from any thread.
    public func close() { connection.shutDown() }
}
