import Glibc

/// How Go's `fmt` and `strconv` write values.
enum GoFormat {
    /// A value as `%v` writes it.
    ///
    /// - Parameters:
    ///   - value: What to write.
    ///   - plus: Whether struct fields carry their names (`%+v`).
    ///   - isNested: Whether it stands inside another value, where pointers show their address.
    static func value(_ value: TemplateValue, plus: Bool = false, isNested: Bool = false) -> String {
        switch value {
        case .missing: return "<no value>"
        case .null, .nilPointer: return "<nil>"
        case .bool(let value): return value ? "true" : "false"
        case .int(let value): return String(value)
        case .float(let value): return float(value)
        case .string(let value): return value
        case .list(let elements, _):
            return "[" + elements.map { self.value($0, plus: plus, isNested: true) }.joined(separator: " ") + "]"
        case .map(let map):
            let members = map.keys.map { key in
                "\(key):\(self.value(map.members[key] ?? .missing, plus: plus, isNested: true))"
            }
            return "map[" + members.joined(separator: " ") + "]"
        case .structure(let structure):
            if let text = structure.text { return text }
            // A pointer inside another value is an address in Go; which one says nothing.
            if structure.isPointer && isNested { return "0xc000010000" }
            let fields = structure.fields.map { field in
                (plus ? "\(field.name):" : "") + self.value(field.value, plus: plus, isNested: true)
            }
            return "{" + fields.joined(separator: " ") + "}"
        case .row(let row): return "&{\(row.columns.map { self.value($0.value) }.joined(separator: " "))}"
        }
    }

    /// A float as `%v` writes it: the shortest text that reads back, with an exponent from 1e21.
    static func float(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        let magnitude = abs(value)
        if magnitude == 0 { return value.sign == .minus ? "-0" : "0" }
        if magnitude < 1e-4 || magnitude >= 1e21 {
            for digits in 1...17 {
                let text = c("%.\(digits - 1)e", value)
                if Double(text) == value { return text }
            }
        }
        for digits in 1...17 {
            let text = c("%.\(digits)g", value)
            guard Double(text) == value else { continue }
            if !text.contains("e") { return text }
            return c("%.0f", value)
        }
        return c("%.17g", value)
    }

    /// A number by a format of C, which agrees with Go's for `e`, `f` and `g`.
    static func c(_ format: String, _ value: Double) -> String {
        withVaList([value]) { arguments in
            var buffer = [CChar](repeating: 0, count: 512)
            let count = vsnprintf(&buffer, buffer.count, format, arguments)
            return String(decoding: buffer.prefix(Int(max(0, count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// A text in double quotes with escapes, as `strconv.Quote`.
    static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case "\r": quoted += "\\r"
            case "\u{07}": quoted += "\\a"
            case "\u{08}": quoted += "\\b"
            case "\u{0C}": quoted += "\\f"
            case "\u{0B}": quoted += "\\v"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                quoted += "\\x" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
            case "\u{FFFD}": quoted += "\u{FFFD}"
            case _ where !isPrintable(scalar):
                let digits = String(scalar.value, radix: 16)
                quoted +=
                    scalar.value > 0xFFFF
                    ? "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
                    : "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }

    /// The text of a Go string literal, in double quotes or backquotes; `nil` if it isn't one.
    static func unquote(_ literal: String) -> String? {
        if literal.hasPrefix("`") && literal.hasSuffix("`") && literal.count >= 2 {
            return String(literal.dropFirst().dropLast())
        }
        guard literal.count >= 2, literal.hasPrefix("\""), literal.hasSuffix("\"") else { return nil }
        var bytes: [UInt8] = []
        var rest = Array(literal.dropFirst().dropLast().unicodeScalars)[...]
        func digits(_ count: Int, radix: Int) -> UInt32? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return UInt32(String(String.UnicodeScalarView(rest.prefix(count))), radix: radix)
        }
        while let scalar = rest.popFirst() {
            guard scalar == "\\" else {
                bytes += Array(String(scalar).utf8)
                continue
            }
            guard let escape = rest.popFirst() else { return nil }
            switch escape {
            case "n": bytes.append(0x0A)
            case "t": bytes.append(0x09)
            case "r": bytes.append(0x0D)
            case "a": bytes.append(0x07)
            case "b": bytes.append(0x08)
            case "f": bytes.append(0x0C)
            case "v": bytes.append(0x0B)
            case "\\", "\"", "'": bytes += Array(String(escape).utf8)
            case "x":
                guard let value = digits(2, radix: 16) else { return nil }
                bytes.append(UInt8(value))
            case "u", "U":
                guard let value = digits(escape == "u" ? 4 : 8, radix: 16), let scalar = Unicode.Scalar(value) else {
                    return nil
                }
                bytes += Array(String(scalar).utf8)
            case "0"..."7":
                guard rest.count >= 2 else { return nil }
                let text = String(escape) + String(String.UnicodeScalarView(rest.prefix(2)))
                rest = rest.dropFirst(2)
                guard let value = UInt8(text, radix: 8) else { return nil }
                bytes.append(value)
            default: return nil
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
