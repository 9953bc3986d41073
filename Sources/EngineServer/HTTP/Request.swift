public import HTTPMessages
public import OrderedJSON

/// Who is at the other end of a unix socket (`SO_PEERCRED`, unix(7)).
public struct Peer: Sendable, Equatable {
    /// The process that connected; it may be gone.
    public var process: Int32
    /// Its effective user.
    public var user: UInt32
    /// Its effective group.
    public var group: UInt32
}

/// A request that a route answers.
public final class Request: Sendable {
    /// The first line and the fields.
    public let head: RequestHead
    /// The API version that the client speaks.
    public let version: APIVersion
    /// The decoded members of the query.
    public let query: Query
    /// The body, as it comes.
    public let body: MessageBody
    /// Who asks; `nil` if the connection can't tell.
    public let peer: Peer?
    private let parameters: [String: String]
    private let connection: BufferedConnection
    private let watch: ClientWatch

    /// The largest JSON body that is read; no client sends more than some kilobytes.
    public static let jsonLimit = 16 * 1024 * 1024

    init(
        head: RequestHead, match: Router.Match, query: Query, body: MessageBody, peer: Peer?,
        connection: BufferedConnection, watch: ClientWatch
    ) {
        self.head = head
        version = match.version
        parameters = match.parameters
        self.query = query
        self.body = body
        self.peer = peer
        self.connection = connection
        self.watch = watch
    }

    /// The value of one of the route pattern's parameters; empty for a name that the pattern has not.
    public subscript(parameter: String) -> String { parameters[parameter] ?? "" }

    /// The header fields.
    public var headers: Headers { head.headers }

    /// Whether the question is to leave no trace in the events.
    public var isQuiet: Bool { head.headers["Drydock-Quiet"] != nil }

    /// Whether the client asks for a plan instead of the deed (header `Drydock-Explain`).
    public var isExplain: Bool { head.headers["Drydock-Explain"].map { $0 != "" && $0 != "0" } ?? false }

    /// Whether the client is still there, and still waits for the answer.
    public var isConnected: Bool { !connection.isPeerGone }

    /// The connection, for a poll loop: `POLLRDHUP` says that the client is gone. Not for reading or writing.
    public var descriptor: Int32 { connection.descriptor.number }

    /// Calls a closure once when the client goes away while the answer is being made.
    ///
    /// - Parameter action: Runs on a thread that watches all clients, so it must be short: wake whoever waits.
    /// - Returns: Keep it for as long as the client matters; letting it go ends the watching.
    public func whenClientGoes(_ action: @escaping @Sendable () -> Void) throws -> ClientWatch.Registration {
        try watch.register(connection.descriptor, action)
    }

    /// Reads the body as JSON. What Docker's daemon refuses is refused, with its texts.
    ///
    /// - Returns: The value; `nil` for an empty body of known length.
    /// - Throws: ``APIError`` 400 for another media type, for what is no JSON, and for text after the value.
    public func json() throws -> JSON? {
        let type = headers["Content-Type"]
        if body.isEmpty && type == nil { return nil }
        let media = (type ?? "").prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard media == "application/json" else {
            throw APIError.badRequest(
                media.isEmpty
                    ? "malformed Content-Type header (\(type ?? "")): mime: no media type"
                    : "unsupported Content-Type header (\(type ?? "")): must be 'application/json'")
        }
        if body.isEmpty { return nil }
        let bytes = try body.readToEnd(limit: Self.jsonLimit)
        do throws(JSONError) { return try JSON(parsing: bytes) } catch {
            switch GoSyntax.problem(in: bytes) {
            case .empty: throw APIError.badRequest("invalid JSON: got EOF while reading request body")
            case .incomplete: throw APIError.badRequest("invalid JSON: unexpected EOF")
            case .trailing: throw APIError.badRequest("unexpected content after JSON")
            case .wrong(let problem): throw APIError.badRequest("invalid JSON: \(problem)")
            // What only our parser refuses: numbers and nesting beyond all use.
            case nil: throw APIError.badRequest("invalid JSON: \(error.problem), at byte \(error.offset)")
            }
        }
    }
}
