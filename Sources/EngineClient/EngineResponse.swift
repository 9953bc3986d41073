public import HTTPMessages
public import OrderedJSON

/// An answer that was read whole.
public struct EngineResponse: Sendable {
    /// The HTTP status: below 400, because others are thrown as ``EngineError``.
    public var status: Int
    /// The header fields.
    public var headers: Headers
    /// The body.
    public var body: [UInt8]

    /// An answer.
    public init(status: Int, headers: Headers, body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Parses the body as JSON.
    /// - Throws: `JSONError` if it is none.
    public func json() throws(JSONError) -> JSON { try JSON(parsing: body) }

    /// The operation whose steps this request caused (header `Drydock-Operation`); `nil` from other engines.
    public var operation: String? { headers["Drydock-Operation"] }
}

/// The body of a request that is streamed, such as a build context.
public enum RequestBody: Sendable {
    /// A JSON value.
    case json(JSON)
    /// Bytes with their media type.
    case bytes([UInt8], contentType: String)
    /// Everything that can be read from a descriptor until its end; it stays open. `sent` is told how many bytes of it
    /// have gone.
    case descriptor(Int32, contentType: String, sent: (@Sendable (Int64) -> Void)? = nil)
}
