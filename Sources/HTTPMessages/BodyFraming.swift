/// How a message says where its body ends (RFC 9112, section 6).
public enum BodyFraming: Sendable, Equatable {
    /// There is no body.
    case none
    /// So many bytes.
    case length(Int)
    /// Pieces with a size each, the last of size zero.
    case chunked
    /// Everything until the connection ends; only for responses.
    case untilClose
}

extension RequestHead {
    /// How the request's body ends.
    ///
    /// - Throws: ``HTTPFailure`` for lengths that contradict each other, a length together with a transfer coding
    ///   (the way requests are smuggled), and codings other than `chunked`.
    public func bodyFraming() throws(HTTPFailure) -> BodyFraming {
        if try isChunked(headers, version) { return .chunked }
        guard let length = try contentLength(headers), length > 0 else { return .none }
        return .length(length)
    }
}

extension ResponseHead {
    /// How the response's body ends.
    ///
    /// - Parameter method: The request's method, because an answer to `HEAD` has no body whatever its fields say.
    /// - Throws: ``HTTPFailure``, as for a request.
    public func bodyFraming(answering method: String) throws(HTTPFailure) -> BodyFraming {
        if method == "HEAD" || status < 200 || status == 204 || status == 304 { return .none }
        if try isChunked(headers, version) { return .chunked }
        guard let length = try contentLength(headers) else { return .untilClose }
        return length == 0 ? .none : .length(length)
    }
}

private func isChunked(_ headers: Headers, _ version: HTTPVersion) throws(HTTPFailure) -> Bool {
    let codings = headers.all("Transfer-Encoding")
    if codings.isEmpty { return false }
    guard headers["Content-Length"] == nil else {
        throw .malformed("both Content-Length and Transfer-Encoding")
    }
    guard version == .http1_1 else { throw .malformed("Transfer-Encoding in an HTTP/1.0 message") }
    guard headers.tokens("Transfer-Encoding") == ["chunked"] else {
        throw .unsupportedTransferCoding(codings.joined(separator: ", "))
    }
    return true
}

private func contentLength(_ headers: Headers) throws(HTTPFailure) -> Int? {
    let values = headers.all("Content-Length")
    guard let first = values.first else { return nil }
    guard values.allSatisfy({ $0 == first }) else { throw .malformed("different Content-Length headers") }
    guard !first.isEmpty, first.utf8.count <= 18, first.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
        let length = Int(first)
    else { throw .malformed("the Content-Length \"\(first.prefix(40))\" is not a number") }
    return length
}
