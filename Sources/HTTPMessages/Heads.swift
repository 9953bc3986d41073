/// The version of a message; only the minor number varies.
public enum HTTPVersion: Sendable, Equatable {
    /// HTTP/1.0: one message a connection, no chunked bodies.
    case http1_0
    /// HTTP/1.1 (RFC 9112).
    case http1_1
}

/// The first line and the fields of a request.
public struct RequestHead: Sendable, Equatable {
    /// The method, such as `GET`; it is case-sensitive.
    public var method: String
    /// The request target as it stands in the request line: `/v1.47/containers/json?all=1`.
    public var target: String
    /// The protocol version.
    public var version: HTTPVersion
    /// The fields.
    public var headers: Headers

    /// Makes a head.
    public init(method: String, target: String, headers: Headers = [:], version: HTTPVersion = .http1_1) {
        self.method = method
        self.target = target
        self.headers = headers
        self.version = version
    }

    /// The target's path, still percent-encoded.
    public var path: Substring { target.prefix { $0 != "?" } }

    /// The target's query, still percent-encoded, without its question mark; `nil` without one.
    public var query: Substring? {
        target.firstIndex(of: "?").map { target[target.index(after: $0)...] }
    }

    /// Whether the connection may carry another message after this one and its answer (RFC 9112, section 9.3).
    public var keepsAlive: Bool { keepAlive(version, headers) }

    /// Whether the sender waits for `100 Continue` before it sends the body (RFC 9110, section 10.1.1).
    public var expectsContinue: Bool { version == .http1_1 && headers.tokens("Expect").contains("100-continue") }

    /// The bytes that go over the wire, with the empty line.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes += "\(method) \(target) \(version.text)\r\n".utf8
        headers.write(into: &bytes)
        bytes += [0x0D, 0x0A]
        return bytes
    }
}

/// The first line and the fields of a response.
public struct ResponseHead: Sendable, Equatable {
    /// The status code, 100 to 599.
    public var status: Int
    /// The reason phrase; it means nothing to programs.
    public var reason: String
    /// The protocol version.
    public var version: HTTPVersion
    /// The fields.
    public var headers: Headers

    /// Makes a head; without a reason the standard phrase is used.
    public init(status: Int, reason: String? = nil, headers: Headers = [:], version: HTTPVersion = .http1_1) {
        self.status = status
        self.reason = reason ?? Self.standardReason(status)
        self.headers = headers
        self.version = version
    }

    /// Whether the connection may carry another message after this one.
    public var keepsAlive: Bool { keepAlive(version, headers) }

    /// The bytes that go over the wire, with the empty line.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        bytes += "\(version.text) \(status) \(reason)\r\n".utf8
        headers.write(into: &bytes)
        bytes += [0x0D, 0x0A]
        return bytes
    }

    /// The registered phrase of a status code (RFC 9110, section 15); empty for one that is not listed.
    public static func standardReason(_ status: Int) -> String { reasons[status] ?? "" }

    private static let reasons: [Int: String] = [
        100: "Continue", 101: "Switching Protocols", 200: "OK", 201: "Created", 202: "Accepted", 204: "No Content",
        206: "Partial Content", 301: "Moved Permanently", 302: "Found", 304: "Not Modified",
        307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized",
        403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout",
        409: "Conflict", 411: "Length Required", 412: "Precondition Failed", 413: "Content Too Large",
        414: "URI Too Long", 415: "Unsupported Media Type", 416: "Range Not Satisfiable", 422: "Unprocessable Content",
        429: "Too Many Requests", 431: "Request Header Fields Too Large", 500: "Internal Server Error",
        501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
        505: "HTTP Version Not Supported",
    ]
}

extension HTTPVersion {
    var text: String { self == .http1_1 ? "HTTP/1.1" : "HTTP/1.0" }
}

private func keepAlive(_ version: HTTPVersion, _ headers: Headers) -> Bool {
    let options = headers.tokens("Connection")
    if options.contains("close") || options.contains("upgrade") && version == .http1_0 { return false }
    return version == .http1_1 || options.contains("keep-alive")
}
