/// One token of a Go template, as `text/template/parse` cuts them.
struct TemplateToken: Equatable {
    enum Kind: Equatable {
        case error, end, text, leftDelimiter, rightDelimiter, space
        case identifier, keyword, field, variable, dot, null, bool, number, character, string, rawString
        case pipe, declare, assign, leftParenthesis, rightParenthesis, comma
    }

    var kind: Kind
    var text: String
    /// The token's place in the template, in bytes.
    var position: Int
    var line: Int

    /// How Go's messages show the token.
    var shown: String {
        switch kind {
        case .end: "EOF"
        case .error: text
        case .keyword, .null: "<\(text)>"
        default: text.utf8.count > 10 ? "\(GoFormat.quote(String(text.prefix(10))))..." : GoFormat.quote(text)
        }
    }
}

/// Cuts a template into tokens. Actions stand between `{{` and `}}`; a `-` beside a delimiter trims the text next to it.
struct TemplateLexer {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var depth = 0
    private var tokens: [TemplateToken] = []
    private var isBroken = false

    static let keywords: Set<String> = [
        "else", "end", "if", "range", "with", "template", "block", "define", "break", "continue",
    ]

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// All tokens; the last is `.end` or `.error`.
    static func tokens(of text: String) -> [TemplateToken] {
        var lexer = TemplateLexer(text)
        lexer.run()
        return lexer.tokens
    }

    private func string(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
    private func starts(_ text: String, at index: Int) -> Bool {
        bytes[min(index, bytes.count)...].starts(with: text.utf8)
    }
    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
    private static func isWord(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte >= 0x80 || (byte >= 0x30 && byte <= 0x39)
            || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
    }

    private mutating func emit(_ kind: TemplateToken.Kind, to end: Int) {
        tokens.append(TemplateToken(kind: kind, text: string(position..<end), position: position, line: line))
        line += bytes[position..<end].count { $0 == 0x0A }
        position = end
    }

    private mutating func fail(_ message: String) {
        tokens.append(TemplateToken(kind: .error, text: message, position: position, line: line))
        isBroken = true
    }

    private mutating func run() {
        var trimsNext = false
        while !isBroken {
            var textStart = position
            var textEnd = position
            while textEnd < bytes.count && !starts("{{", at: textEnd) { textEnd += 1 }
            let delimiter = textEnd
            if trimsNext { while textStart < textEnd && Self.isSpace(bytes[textStart]) { textStart += 1 } }
            let hasAction = delimiter < bytes.count
            let trimsBefore =
                hasAction && starts("-", at: delimiter + 2) && delimiter + 3 < bytes.count
                && Self.isSpace(bytes[delimiter + 3])
            if trimsBefore { while textEnd > textStart && Self.isSpace(bytes[textEnd - 1]) { textEnd -= 1 } }
            skip(to: textStart)
            if textEnd > textStart { emit(.text, to: textEnd) }
            skip(to: delimiter)
            guard hasAction else { break }
            trimsNext = action(trimsBefore: trimsBefore)
        }
        if !isBroken { tokens.append(TemplateToken(kind: .end, text: "", position: position, line: line)) }
    }

    private mutating func skip(to end: Int) {
        line += bytes[position..<end].count { $0 == 0x0A }
        position = end
    }

    /// Reads one action or comment.
    /// - Returns: Whether the text after it is trimmed.
    private mutating func action(trimsBefore: Bool) -> Bool {
        let afterDelimiter = position + 2 + (trimsBefore ? 2 : 0)
        if starts("/*", at: afterDelimiter) { return comment(from: afterDelimiter) }
        emit(.leftDelimiter, to: position + 2)
        if trimsBefore { skip(to: position + 1) }
        depth = 0
        while !isBroken {
            if let trims = rightDelimiter() { return trims }
            token()
        }
        return false
    }

    private mutating func comment(from start: Int) -> Bool {
        var index = start + 2
        while index < bytes.count && !starts("*/", at: index) { index += 1 }
        guard index < bytes.count else {
            fail("unclosed comment")
            return false
        }
        index += 2
        if starts("}}", at: index) {
            skip(to: index + 2)
            return false
        }
        if index < bytes.count && Self.isSpace(bytes[index]) && starts("-}}", at: index + 1) {
            skip(to: index + 4)
            return true
        }
        fail("comment ends before closing delimiter")
        return false
    }

    private mutating func rightDelimiter() -> Bool? {
        let trims = position < bytes.count && Self.isSpace(bytes[position]) && starts("-}}", at: position + 1)
        guard trims || starts("}}", at: position) else { return nil }
        if depth > 0 {
            fail("unclosed left paren")
            return false
        }
        if trims { skip(to: position + 2) }
        emit(.rightDelimiter, to: position + 2)
        return trims
    }

    private mutating func token() {
        guard position < bytes.count else { return fail("unclosed action") }
        let byte = bytes[position]
        switch byte {
        case _ where Self.isSpace(byte): space()
        case UInt8(ascii: "="): emit(.assign, to: position + 1)
        case UInt8(ascii: ":"):
            if starts(":=", at: position) { emit(.declare, to: position + 2) } else { fail("expected :=") }
        case UInt8(ascii: "|"): emit(.pipe, to: position + 1)
        case UInt8(ascii: ","): emit(.comma, to: position + 1)
        case UInt8(ascii: "\""): quoted("\"", .string, "unterminated quoted string")
        case UInt8(ascii: "'"): quoted("'", .character, "unterminated character constant")
        case UInt8(ascii: "`"): rawString()
        case UInt8(ascii: "("):
            depth += 1
            emit(.leftParenthesis, to: position + 1)
        case UInt8(ascii: ")"):
            depth -= 1
            if depth < 0 { fail("unexpected right paren") } else { emit(.rightParenthesis, to: position + 1) }
        case UInt8(ascii: "$"): word(.variable)
        case UInt8(ascii: "."):
            let next = position + 1 < bytes.count ? bytes[position + 1] : 0
            if next >= 0x30 && next <= 0x39 {
                number()
            } else if Self.isWord(next) {
                word(.field)
            } else {
                emit(.dot, to: position + 1)
            }
        case UInt8(ascii: "+"), UInt8(ascii: "-"), 0x30...0x39: number()
        case _ where Self.isWord(byte): word(.identifier)
        default:
            let scalar = string(position..<bytes.count).unicodeScalars.first ?? " "
            let digits = String(scalar.value, radix: 16, uppercase: true)
            let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            fail("unrecognized character in action: U+\(code) '\(scalar)'")
        }
    }

    private mutating func space() {
        var end = position
        // A space that belongs to a trimming delimiter is not a token.
        while end < bytes.count && Self.isSpace(bytes[end]) && !(starts("-}}", at: end + 1) && end > position) {
            end += 1
        }
        if end > position { emit(.space, to: end) }
    }

    private mutating func quoted(_ mark: Character, _ kind: TemplateToken.Kind, _ message: String) {
        var end = position + 1
        while end < bytes.count, bytes[end] != mark.asciiValue {
            if bytes[end] == 0x0A { return fail(message) }
            end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        if end < bytes.count { emit(kind, to: end + 1) } else { fail(message) }
    }

    private mutating func rawString() {
        guard let end = bytes[(position + 1)...].firstIndex(of: UInt8(ascii: "`")) else {
            return fail("unterminated raw quoted string")
        }
        emit(.rawString, to: end + 1)
    }

    private mutating func word(_ kind: TemplateToken.Kind) {
        var end = position + (kind == .identifier ? 0 : 1)
        while end < bytes.count && Self.isWord(bytes[end]) { end += 1 }
        if end < bytes.count, !endsWord(at: end) {
            let scalar = string(end..<bytes.count).unicodeScalars.first ?? " "
            let digits = String(scalar.value, radix: 16, uppercase: true)
            return fail(
                "bad character U+\(String(repeating: "0", count: max(0, 4 - digits.count)))\(digits) '\(scalar)'")
        }
        guard kind == .identifier else { return emit(kind, to: end) }
        switch string(position..<end) {
        case "true", "false": emit(.bool, to: end)
        case "nil": emit(.null, to: end)
        case let word where Self.keywords.contains(word): emit(.keyword, to: end)
        default: emit(.identifier, to: end)
        }
    }

    private func endsWord(at index: Int) -> Bool {
        Self.isSpace(bytes[index]) || ".,|:)(".utf8.contains(bytes[index]) || starts("}}", at: index)
    }

    private mutating func number() {
        var end = position + 1
        while end < bytes.count, Self.isWord(bytes[end]) || bytes[end] == UInt8(ascii: ".") { end += 1 }
        let text = string(position..<end)
        if GoNumber.parse(text) == nil { return fail("bad number syntax: \(GoFormat.quote(text))") }
        emit(.number, to: end)
    }
}

/// A number as Go writes it in a template.
enum GoNumber: Equatable {
    case int(Int64)
    case float(Double)

    static func parse(_ text: String) -> GoNumber? {
        let digits = text.filter { $0 != "_" }
        if let value = integer(digits) { return .int(value) }
        return Double(digits).map { .float($0) }
    }

    /// A signed whole number in Go's notation: decimal, `0x`, `0o`, `0b` or octal with a leading zero.
    static func integer(_ text: String) -> Int64? {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest = rest.dropFirst() }
        guard let first = rest.first, first.isNumber else { return nil }
        let lower = rest.lowercased()
        let magnitude: Int64? =
            if lower.hasPrefix("0x") {
                Int64(lower.dropFirst(2), radix: 16)
            } else if lower.hasPrefix("0o") {
                Int64(lower.dropFirst(2), radix: 8)
            } else if lower.hasPrefix("0b") {
                Int64(lower.dropFirst(2), radix: 2)
            } else if lower.count > 1 && lower.hasPrefix("0") {
                Int64(lower.dropFirst(1), radix: 8)
            } else {
                Int64((isNegative ? "-" : "") + lower).map { isNegative ? -$0 : $0 }
            }
        return magnitude.map { isNegative ? 0 &- $0 : $0 }
    }
}
