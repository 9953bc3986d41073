/// Why a text is not JSON.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong: `expected ":" after a member's name`.
    public var problem: String
    /// How many bytes into the text.
    public var offset: Int
    /// The sentence for a person.
    public var description: String { "not valid JSON: \(problem), at byte \(offset)" }
}

extension JSON {
    /// Parses one JSON text (RFC 8259) strictly: no comments, no trailing commas, nothing after the value.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8. Bytes that are not UTF-8 inside strings become U+FFFD.
    ///   - maximumDepth: How deeply arrays and objects may nest before the text is refused.
    /// - Throws: ``JSONError``.
    public init(parsing bytes: some Collection<UInt8>, maximumDepth: Int = 200) throws(JSONError) {
        var parser = JSONParser(bytes: Array(bytes), maximumDepth: maximumDepth)
        self = try parser.document()
    }

    /// Parses one JSON text.
    public init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }
}

/// A recursive-descent parser over bytes.
private struct JSONParser {
    let bytes: [UInt8]
    let maximumDepth: Int
    var position = 0

    mutating func document() throws(JSONError) -> JSON {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw error("unexpected text after the value") }
        return value
    }

    private func error(_ problem: String) -> JSONError { JSONError(problem: problem, offset: position) }
    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSON {
        guard depth <= maximumDepth else { throw error("nested more than \(maximumDepth) levels deep") }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw error("unexpected end of text")
        case let byte? where byte == UInt8(ascii: "-") || isDigit(byte): return try number()
        default: throw error("expected a value")
        }
    }

    private mutating func word(_ word: String, _ value: JSON) throws(JSONError) -> JSON {
        guard bytes[position...].starts(with: word.utf8) else { throw error("expected a value") }
        position += word.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var object = JSONObject()
        skipSpace()
        if accept("}") { return .object(object) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw error("expected a member's name in quotes") }
            let name = try string()
            skipSpace()
            guard accept(":") else { throw error("expected \":\" after a member's name") }
            object[name] = try value(depth: depth + 1)
            skipSpace()
            if accept("}") { return .object(object) }
            guard accept(",") else { throw error("expected \",\" or \"}\"") }
        }
    }

    private mutating func array(depth: Int) throws(JSONError) -> JSON {
        position += 1
        var elements: [JSON] = []
        skipSpace()
        if accept("]") { return .array(elements) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if accept("]") { return .array(elements) }
            guard accept(",") else { throw error("expected \",\" or \"]\"") }
        }
    }

    private mutating func number() throws(JSONError) -> JSON {
        let start = position
        _ = accept("-")
        if accept("0") {
            if let byte = current, isDigit(byte) { throw error("a number with a leading zero") }
        } else {
            try digits()
        }
        var isWhole = true
        if accept(".") {
            isWhole = false
            try digits()
        }
        if accept("e") || accept("E") {
            isWhole = false
            if !accept("+") { _ = accept("-") }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw error("a number too large") }
        return .double(value)
    }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private mutating func digits() throws(JSONError) {
        let start = position
        while let byte = current, isDigit(byte) { position += 1 }
        if position == start { throw error("expected a digit") }
    }

    private mutating func string() throws(JSONError) -> String {
        position += 1
        let start = position
        // Most strings have nothing to be replaced in them.
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
            position += 1
        }
        var content = bytes[start..<position]
        while true {
            guard let byte = current else { throw error("a string without an end") }
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &content)
            case 0..<0x20:
                position -= 1
                throw error("a control character in a string")
            default: content.append(byte)
            }
        }
    }

    private mutating func escape(into content: inout ArraySlice<UInt8>) throws(JSONError) {
        guard let byte = current else { throw error("a string without an end") }
        position += 1
        switch byte {
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "u"):
            var value = try hexadecimal()
            // A surrogate pair is one character in two escapes; half a pair is none.
            if (0xD800..<0xDC00).contains(value), bytes[position...].starts(with: "\\u".utf8) {
                let mark = position
                position += 2
                let low = try hexadecimal()
                if (0xDC00..<0xE000).contains(low) {
                    value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    position = mark
                }
            }
            let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
            content += Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default:
            position -= 1
            throw error("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw error("expected four hexadecimal digits") }
        position += 4
        return value
    }
}
