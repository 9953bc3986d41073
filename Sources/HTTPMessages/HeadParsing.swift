/// How much a message's head may hold; a peer that sends more is refused.
public struct HeadLimits: Sendable, Equatable {
    /// Bytes of the head, with its empty line.
    public var bytes: Int
    /// Number of header fields.
    public var fields: Int

    /// Limits of one's own.
    public init(bytes: Int = 64 * 1024, fields: Int = 100) {
        self.bytes = bytes
        self.fields = fields
    }

    /// 64 KiB and 100 fields.
    public static let standard = HeadLimits()
}

extension RequestHead {
    /// Parses a request's head strictly (RFC 9112, sections 3 and 5): every line ends in CRLF, no folded lines, no
    /// white space before a colon, one `Host`.
    ///
    /// - Parameter bytes: The head up to and with its empty line.
    /// - Throws: ``HTTPFailure``.
    public init(parsing bytes: some Collection<UInt8>, limits: HeadLimits = .standard) throws(HTTPFailure) {
        var lines = try HeadLines(Array(bytes), limits: limits)
        let line = try lines.next("request line")
        let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("the request line has not three parts") }
        guard isToken(parts[0]) else { throw .malformed("the method is not a token") }
        guard !parts[1].isEmpty, parts[1].allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .malformed("the request target holds characters that are not allowed")
        }
        method = String(decoding: parts[0], as: UTF8.self)
        target = try Self.originForm(String(decoding: parts[1], as: UTF8.self), method: method)
        version = try parseVersion(parts[2])
        headers = try lines.fields()
        let hosts = headers.all("Host").count
        guard hosts == 1 || hosts == 0 && version == .http1_0 else {
            throw .malformed(hosts == 0 ? "missing required Host header" : "too many Host headers")
        }
    }

    /// The path and query of a target in origin form, absolute form (`http://host/path`), or `*` for OPTIONS.
    private static func originForm(_ target: String, method: String) throws(HTTPFailure) -> String {
        if target.utf8.first == UInt8(ascii: "/") || target == "*" && method == "OPTIONS" { return target }
        guard target.lowercased().hasPrefix("http://") else { throw .malformed("the request target is not a path") }
        let rest = target.dropFirst("http://".count)
        guard let start = rest.firstIndex(where: { $0 == "/" || $0 == "?" }) else { return "/" }
        return rest[start] == "/" ? String(rest[start...]) : "/" + rest[start...]
    }
}

extension ResponseHead {
    /// Parses a response's head strictly (RFC 9112, sections 4 and 5).
    ///
    /// - Parameter bytes: The head up to and with its empty line.
    /// - Throws: ``HTTPFailure``.
    public init(parsing bytes: some Collection<UInt8>, limits: HeadLimits = .standard) throws(HTTPFailure) {
        var lines = try HeadLines(Array(bytes), limits: limits)
        let line = try lines.next("status line")
        // The phrase may be empty, and some servers leave out the space before it too.
        let parts = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2 else { throw .malformed("the status line has not three parts") }
        version = try parseVersion(parts[0])
        guard parts[1].count == 3, let code = Int(String(decoding: parts[1], as: UTF8.self)), (100...599).contains(code)
        else { throw .malformed("the status is not a number of three digits") }
        status = code
        if parts.count == 3 {
            guard parts[2].allSatisfy(isFieldByte) else { throw .malformed("a control character in the status line") }
            reason = String(decoding: parts[2], as: UTF8.self)
        } else {
            reason = ""
        }
        headers = try lines.fields()
    }
}

/// A head cut into lines.
private struct HeadLines {
    private let bytes: [UInt8]
    private let limits: HeadLimits
    private var position = 0

    init(_ bytes: [UInt8], limits: HeadLimits) throws(HTTPFailure) {
        guard bytes.count <= limits.bytes else { throw .headTooLarge("more than \(limits.bytes) bytes") }
        self.bytes = bytes
        self.limits = limits
    }

    /// The next line without its CRLF.
    mutating func next(_ what: String) throws(HTTPFailure) -> ArraySlice<UInt8> {
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == 0x0A { throw .malformed("a line feed without a carriage return") }
            if byte != 0x0D { continue }
            guard position < bytes.count, bytes[position] == 0x0A else {
                throw .malformed("a carriage return without a line feed")
            }
            position += 1
            return bytes[start..<position - 2]
        }
        throw .truncated("the \(what)")
    }

    /// All fields up to the empty line, which must be the last.
    mutating func fields() throws(HTTPFailure) -> Headers {
        var headers = Headers()
        while true {
            let line = try next("head")
            if line.isEmpty { break }
            guard headers.count < limits.fields else { throw .headTooLarge("more than \(limits.fields) fields") }
            if line.first == 0x20 || line.first == 0x09 { throw .malformed("a folded header line") }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
                throw .malformed("a header line without a colon")
            }
            let name = line[..<colon]
            guard isToken(name) else { throw .malformed("a header name is not a token") }
            var value = line[(colon + 1)...]
            while let byte = value.first, byte == 0x20 || byte == 0x09 { value = value.dropFirst() }
            while let byte = value.last, byte == 0x20 || byte == 0x09 { value = value.dropLast() }
            guard value.allSatisfy(isFieldByte) else { throw .malformed("a control character in a header") }
            headers.add(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
        guard position == bytes.count else { throw .malformed("text after the head") }
        return headers
    }
}

private func parseVersion(_ bytes: ArraySlice<UInt8>) throws(HTTPFailure) -> HTTPVersion {
    switch String(decoding: bytes, as: UTF8.self) {
    case "HTTP/1.1": return .http1_1
    case "HTTP/1.0": return .http1_0
    case let text where text.hasPrefix("HTTP/"): throw .unsupportedVersion(text)
    default: throw .malformed("the protocol version is not HTTP")
    }
}

/// Whether a byte may stand in a field's value: visible characters, space, tab, and obs-text (RFC 9110, section 5.5).
private func isFieldByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7F || byte == 0x09 }

/// Whether the bytes are a token (RFC 9110, section 5.6.2).
private func isToken(_ bytes: ArraySlice<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.allSatisfy { tokenBytes[Int($0)] }
}

private let tokenBytes: [Bool] = (0..<256).map { code in
    guard code > 0x20, code < 0x7F else { return false }
    return !"\"(),/:;<=>?@[\\]{}".utf8.contains(UInt8(code))
}
