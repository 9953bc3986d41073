/// How JSON text is laid out.
public struct JSONLayout: Sendable, Equatable {
    /// What one level of nesting is indented by; `nil` puts everything on one line without spaces.
    public var indent: String?
    /// Whether `<`, `>`, `&`, U+2028 and U+2029 are written as escapes, as Go's encoder does by default.
    public var escapesHTML: Bool

    /// A layout of one's own.
    public init(indent: String? = nil, escapesHTML: Bool = false) {
        self.indent = indent
        self.escapesHTML = escapesHTML
    }

    /// One line, nothing escaped that need not be.
    public static let compact = JSONLayout()
    /// One line, as Go's `encoding/json` writes it.
    public static let go = JSONLayout(escapesHTML: true)
    /// Four spaces a level, as `docker inspect` prints.
    public static let indented = JSONLayout(indent: "    ")
}

extension JSON {
    /// The value as JSON text (RFC 8259), UTF-8.
    public func encoded(_ layout: JSONLayout = .compact) -> [UInt8] {
        var writer = JSONWriter(layout: layout)
        writer.write(self, depth: 0)
        return writer.bytes
    }

    /// The value as JSON text.
    public func text(_ layout: JSONLayout = .compact) -> String {
        String(decoding: encoded(layout), as: UTF8.self)
    }
}

private struct JSONWriter {
    let layout: JSONLayout
    var bytes: [UInt8] = []

    mutating func write(_ value: JSON, depth: Int) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .double(let value): write(value)
        case .string(let value): write(value)
        case .array(let elements):
            append("[")
            for (index, element) in elements.enumerated() {
                separate(index, depth: depth + 1)
                write(element, depth: depth + 1)
            }
            close("]", isEmpty: elements.isEmpty, depth: depth)
        case .object(let object):
            append("{")
            for (index, member) in object.enumerated() {
                separate(index, depth: depth + 1)
                write(member.name)
                append(layout.indent == nil ? ":" : ": ")
                write(member.value, depth: depth + 1)
            }
            close("}", isEmpty: object.isEmpty, depth: depth)
        }
    }

    private mutating func append(_ text: String) { bytes += text.utf8 }

    private mutating func separate(_ index: Int, depth: Int) {
        if index > 0 { append(",") }
        breakLine(depth)
    }

    private mutating func close(_ bracket: String, isEmpty: Bool, depth: Int) {
        if !isEmpty { breakLine(depth) }
        append(bracket)
    }

    private mutating func breakLine(_ depth: Int) {
        guard let indent = layout.indent else { return }
        append("\n")
        for _ in 0..<depth { append(indent) }
    }

    private mutating func write(_ value: Double) {
        // JSON has no infinities and no NaN; a value that cannot be said is null, as in JavaScript.
        guard value.isFinite else { return append("null") }
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return append(String(whole)) }
        append("\(value)")
    }

    private mutating func write(_ text: String) {
        var text = text
        bytes.append(UInt8(ascii: "\""))
        text.withUTF8 { write($0) }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Writes what stands between the quotes: whole stretches at once, up to what must be escaped.
    private mutating func write(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for (place, byte) in text.enumerated() where Self.mayNeedEscape[Int(byte)] {
            let escaped: (text: String, length: Int)
            switch byte {
            case UInt8(ascii: "\""): escaped = ("\\\"", 1)
            case UInt8(ascii: "\\"): escaped = ("\\\\", 1)
            case UInt8(ascii: "\n"): escaped = ("\\n", 1)
            case UInt8(ascii: "\r"): escaped = ("\\r", 1)
            case UInt8(ascii: "\t"): escaped = ("\\t", 1)
            case ..<0x20: escaped = (Self.escape(UInt32(byte)), 1)
            case 0xE2:
                // The two separators that JavaScript takes for ends of lines: E2 80 A8 and E2 80 A9.
                guard layout.escapesHTML, place + 2 < text.count, text[place + 1] == 0x80,
                    text[place + 2] & 0xFE == 0xA8
                else { continue }
                escaped = (Self.escape(0x2000 + UInt32(text[place + 2]) - 0x80), 3)
            default:
                guard layout.escapesHTML else { continue }
                escaped = (Self.escape(UInt32(byte)), 1)
            }
            bytes += text[start..<place]
            bytes += escaped.text.utf8
            start = place + escaped.length
        }
        bytes += text[start...]
    }

    /// The bytes that a look at the next ones or at the layout decides on; all others are written as they are.
    private static let mayNeedEscape: [Bool] = (0..<256).map { byte in
        byte < 0x20 || byte == 0xE2 || "\"\\<>&".utf8.contains(UInt8(byte))
    }

    private static func escape(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
