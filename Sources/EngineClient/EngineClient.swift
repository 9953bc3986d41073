import EngineAPI
import HTTPMessages
public import OrderedJSON
import Posix
import Synchronization

/// A client of the Docker Engine API over a unix socket or TCP.
///
/// Calls block the thread that makes them; any number of threads may share one client. Connections are kept and used
/// again. The API version is lowered by itself when an engine answers that ours is too new for it.
///
/// ```swift
/// let client = EngineClient(socketPath: "/var/run/docker.sock")
/// let list = try client.request("GET", "/containers/json", query: [("all", "1")]).json()
/// ```
public final class EngineClient: Sendable {
    private let address: EngineAddress
    private let idle = Mutex<[BufferedConnection]>([])
    private let negotiation: Mutex<Negotiation>
    /// Header fields that go with every request.
    private let standing: [(String, String)]

    private struct Negotiation {
        var version: String
        /// Whether an engine has accepted the version, or the user has fixed it.
        var isSettled: Bool
    }

    /// The API version spoken where none is given.
    public static let defaultAPIVersion = "1.47"
    private static let idleLimit = 4
    private static let bodyLimit = 1 << 30

    /// The path of the engine's socket; `nil` where it is reached over a network.
    public var socketPath: String? { if case .unix(let path) = address { path } else { nil } }

    /// A client of the engine behind a unix socket. Nothing is sent yet.
    ///
    /// - Parameters:
    ///   - socketPath: The socket's path.
    ///   - apiVersion: The value of `DOCKER_API_VERSION` if the user has set it; it is then never lowered.
    public convenience init(socketPath: String, apiVersion: String? = nil) {
        self.init(address: .unix(socketPath), apiVersion: apiVersion)
    }

    /// A client of the engine at an address as `DOCKER_HOST` has it. Nothing is sent yet.
    ///
    /// - Parameters:
    ///   - host: `unix:///path` or `tcp://127.0.0.1:2375`.
    ///   - apiVersion: The value of `DOCKER_API_VERSION` if the user has set it; it is then never lowered.
    /// - Throws: ``ConnectionError`` for an address that is neither.
    public convenience init(host: String, apiVersion: String? = nil) throws(ConnectionError) {
        self.init(address: try EngineAddress(parsing: host), apiVersion: apiVersion)
    }

    private init(address: EngineAddress, apiVersion: String?, headers: [(String, String)] = []) {
        self.address = address
        standing = headers
        let fixed = apiVersion.flatMap { $0.isEmpty ? nil : $0.hasPrefix("v") ? String($0.dropFirst()) : $0 }
        negotiation = Mutex(Negotiation(version: fixed ?? Self.defaultAPIVersion, isSettled: fixed != nil))
    }

    private init(_ address: EngineAddress, _ headers: [(String, String)], _ negotiation: Negotiation) {
        self.address = address
        standing = headers
        self.negotiation = Mutex(negotiation)
    }

    /// Another client of the same engine, all of whose requests carry more header fields.
    public func adding(headers: [(String, String)]) -> EngineClient {
        EngineClient(address, standing + headers, negotiation.withLock { $0 })
    }

    /// A client of the same engine whose questions leave no trace in its events. Other engines than ours leave theirs.
    public var quiet: EngineClient { adding(headers: [(DrydockAPI.quietHeader, "1")]) }

    /// The engine's address as `DOCKER_HOST` has it.
    public var host: String { address.text }

    /// Where this machine finds the network namespace of the process behind the engine's socket (`SO_PEERCRED` in
    /// `unix(7)`); `nil` for an engine that is reached over a network.
    /// - Throws: ``SystemError`` if nobody answers there.
    public var networkNamespace: String? {
        get throws(SystemError) {
            guard case .unix(let path) = address else { return nil }
            return "/proc/\(try UnixSocket.process(listeningAt: path))/ns/net"
        }
    }

    /// The API version that requests are made with.
    public var apiVersion: String { negotiation.withLock { $0.version } }

    /// Makes a request and reads the whole answer.
    ///
    /// - Parameters:
    ///   - method: `GET`, `POST`, …
    ///   - path: The path after the version, as plain text (it is encoded here): `/containers/web/json`.
    ///   - query: Members of the query, as plain text.
    ///   - body: A JSON body.
    ///   - headers: More header fields.
    /// - Throws: ``EngineError`` for a status of 400 or above, ``ConnectionError`` where no answer came.
    public func request(
        _ method: String, _ path: String, query: [(String, String)] = [], body: JSON? = nil,
        headers: [(String, String)] = []
    ) throws -> EngineResponse {
        let call = Call(method: method, path: path, query: query, body: body.map { .json($0) }, headers: headers)
        let answer = try negotiated(call)
        let bytes = try broken { () throws(HTTPFailure) in try answer.body.readToEnd(limit: Self.bodyLimit) }
        giveBack(answer)
        return EngineResponse(status: answer.head.status, headers: answer.head.headers, body: bytes)
    }

    /// Makes a request and reads the answer as it comes. Parameters and errors as for ``request(_:_:query:body:headers:)``.
    public func stream(
        _ method: String, _ path: String, query: [(String, String)] = [], body: RequestBody? = nil,
        headers: [(String, String)] = []
    ) throws -> EngineStream {
        let answer = try negotiated(Call(method: method, path: path, query: query, body: body, headers: headers))
        return EngineStream(
            head: answer.head, body: answer.body, connection: answer.connection, host: host,
            finish: { [self] in giveBack(answer) })
    }

    /// Makes a `POST` request whose connection becomes a plain byte stream in both directions (`Upgrade: tcp`).
    ///
    /// - Parameters:
    ///   - path: `/containers/{id}/attach` or `/exec/{id}/start`.
    ///   - query: Members of the query.
    ///   - body: A JSON body.
    ///   - headers: More header fields.
    /// - Throws: ``EngineError`` for a status of 400 or above, ``ConnectionError`` where no answer came.
    public func hijack(
        _ path: String, query: [(String, String)] = [], body: JSON? = nil, headers: [(String, String)] = []
    ) throws -> HijackedConnection {
        var call = Call(method: "POST", path: path, query: query, body: body.map { .json($0) }, headers: headers)
        call.headers += [("Connection", "Upgrade"), ("Upgrade", "tcp")]
        let answer = try negotiated(call)
        return HijackedConnection(head: answer.head, connection: answer.connection)
    }

    // MARK: One exchange

    /// Makes a call at the version that both sides speak.
    private func negotiated(_ call: Call) throws -> Answer {
        var call = call
        call.headers += standing.filter { field in !call.headers.contains { $0.0 == field.0 } }
        let before = negotiation.withLock { $0 }
        // A body that can be read only once must not be spent on finding out the version.
        if !before.isSettled, case .descriptor = call.body { try settle() }
        let answer = try exchange(call)
        if answer.head.status < 400 {
            if !before.isSettled { negotiation.withLock { $0.isSettled = true } }
            return answer
        }
        let error = try refusal(answer)
        if !before.isSettled, error.status == 400, error.message.contains("is too new"),
            let older = answer.head.headers["Api-Version"]
        {
            negotiation.withLock { $0 = Negotiation(version: older, isSettled: true) }
            return try negotiated(call)
        }
        throw error
    }

    private func settle() throws {
        _ = try negotiated(Call(method: "GET", path: "/_ping", query: [], body: nil, headers: []))
    }

    /// Reads an error's answer: its `message`, or its whole text where it is no JSON.
    private func refusal(_ answer: Answer) throws(ConnectionError) -> EngineError {
        let bytes = try broken { () throws(HTTPFailure) in try answer.body.readToEnd(limit: 1 << 20) }
        giveBack(answer)
        // As Docker's client: without white space at the ends.
        let text = (try? JSON(parsing: bytes))?["message"]?.string ?? String(decoding: bytes, as: UTF8.self)
        let start = text.drop(while: \.isWhitespace)
        let message = String(start.reversed().drop(while: \.isWhitespace).reversed())
        let fallback = "request returned \(answer.head.status) \(answer.head.reason)"
        return EngineError(
            status: answer.head.status, message: message.isEmpty ? fallback : message,
            operation: answer.head.headers["Drydock-Operation"])
    }

    /// Sends a call and reads the answer's head, on a kept connection if one is fit.
    private func exchange(_ call: Call) throws -> Answer {
        while let connection = takeIdle() {
            do throws(HTTPFailure) {
                return try exchange(call, on: connection)
            } catch {
                // The engine may have closed the connection just as we chose it. Only a call that may be made
                // twice is made again.
                guard call.isIdempotent else { throw ConnectionError(.broken(error.description), host: host) }
            }
        }
        let connection = try address.connect()
        return try broken { () throws(HTTPFailure) in try exchange(call, on: connection) }
    }

    private func exchange(_ call: Call, on connection: BufferedConnection) throws(HTTPFailure) -> Answer {
        let version = apiVersion
        do throws(HTTPFailure) {
            try call.send(on: connection, version: version, hostHeader: address.hostHeader)
        } catch {
            // An engine that refuses a request answers without reading it all; its answer says more than EPIPE.
            guard connection.hasInput else { throw error }
        }
        while true {
            guard let bytes = try connection.readHead() else { throw .truncated("an answer (EOF)") }
            let head = try ResponseHead(parsing: bytes)
            if head.status < 200 && head.status != 101 { continue }
            let body = MessageBody(connection, framing: try head.bodyFraming(answering: call.method))
            return Answer(head: head, body: body, connection: connection)
        }
    }

    private func broken<Result>(_ work: () throws(HTTPFailure) -> Result) throws(ConnectionError) -> Result {
        do throws(HTTPFailure) { return try work() } catch {
            throw ConnectionError(.broken(error.description), host: host)
        }
    }

    private func takeIdle() -> BufferedConnection? {
        while let connection = idle.withLock({ $0.popLast() }) {
            if !connection.hasInput { return connection }
        }
        return nil
    }

    private func giveBack(_ answer: Answer) {
        guard answer.body.isComplete, answer.head.keepsAlive, answer.head.status != 101 else { return }
        idle.withLock { if $0.count < Self.idleLimit { $0.append(answer.connection) } }
    }
}

private struct Answer: Sendable {
    var head: ResponseHead
    var body: MessageBody
    var connection: BufferedConnection
}
