/// Go's `fmt.Sprintf`, for the verbs that templates use.
struct GoPrintf {
    private struct Directive {
        var minus = false
        var plus = false
        var zero = false
        var space = false
        var sharp = false
        var width: Int?
        var precision: Int?
    }

    /// Formats arguments.
    static func format(_ format: String, _ arguments: [TemplateValue]) -> String {
        var output = ""
        var rest = Array(format.unicodeScalars)[...]
        var next = 0
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                output.unicodeScalars.append(scalar)
                continue
            }
            var directive = Directive()
            flags: while let flag = rest.first {
                switch flag {
                case "-": directive.minus = true
                case "+": directive.plus = true
                case "0": directive.zero = true
                case " ": directive.space = true
                case "#": directive.sharp = true
                default: break flags
                }
                rest = rest.dropFirst()
            }
            func count() -> Int? {
                if rest.first == "*" {
                    rest = rest.dropFirst()
                    guard next < arguments.count, case .int(let value) = arguments[next] else { return nil }
                    next += 1
                    return Int(clamping: min(max(value, -10000), 10000))
                }
                let digits = rest.prefix { ("0"..."9").contains($0) }
                rest = rest.dropFirst(digits.count)
                return Int(String(String.UnicodeScalarView(digits.prefix(5))))
            }
            directive.width = count()
            if let width = directive.width, width < 0 {
                directive.minus = true
                directive.width = -width
            }
            if rest.first == "." {
                rest = rest.dropFirst()
                directive.precision = count() ?? 0
            }
            guard let verb = rest.popFirst() else {
                output += "%!(NOVERB)"
                break
            }
            if verb == "%" {
                output += "%"
            } else if next >= arguments.count {
                output += "%!\(verb)(MISSING)"
            } else {
                output += write(arguments[next], verb, directive)
                next += 1
            }
        }
        if next < arguments.count {
            let extra = arguments[next...].map { value in
                if case .null = value { return "<nil>" }
                return "\(value.typeName)=\(GoFormat.value(value))"
            }
            output += "%!(EXTRA \(extra.joined(separator: ", ")))"
        }
        return output
    }

    private static func pad(_ text: String, _ directive: Directive, zero: Bool = false) -> String {
        let missing = (directive.width ?? 0) - text.unicodeScalars.count
        guard missing > 0 else { return text }
        if directive.minus { return text + String(repeating: " ", count: missing) }
        guard zero && directive.zero else { return String(repeating: " ", count: missing) + text }
        let sign = text.first.map { "+- ".contains($0) } == true ? String(text.prefix(1)) : ""
        return sign + String(repeating: "0", count: missing) + text.dropFirst(sign.count)
    }

    private static func wrong(_ value: TemplateValue, _ verb: Unicode.Scalar) -> String {
        if case .null = value { return "%!\(verb)(<nil>)" }
        return "%!\(verb)(\(value.typeName)=\(GoFormat.value(value)))"
    }

    private static func write(_ value: TemplateValue, _ verb: Unicode.Scalar, _ directive: Directive) -> String {
        switch verb {
        case "T": return pad(value.typeName, directive)
        case "v":
            switch value {
            case .int, .float: break
            case .string(let text) where directive.sharp: return pad(GoFormat.quote(text), directive)
            case .string: return string(value, "s", directive)
            default: return pad(GoFormat.value(value, plus: directive.plus), directive)
            }
        default: break
        }
        switch value {
        case .int(let number): return integer(number, verb, directive)
        case .float(let number): return float(number, verb, directive)
        case .bool(let flag): return verb == "t" ? pad(flag ? "true" : "false", directive) : wrong(value, verb)
        case .string: return string(value, verb, directive)
        case .list(let elements, _):
            return "[" + elements.map { write($0, verb, directive) }.joined(separator: " ") + "]"
        case .map(let map):
            let members = map.keys.map { key in
                write(.string(key), verb, directive) + ":" + write(map.members[key] ?? .null, verb, directive)
            }
            return "map[" + members.joined(separator: " ") + "]"
        case .structure(let structure):
            return "{" + structure.fields.map { write($0.value, verb, directive) }.joined(separator: " ") + "}"
        case .missing, .null, .nilPointer, .row: return wrong(value, verb)
        }
    }

    private static func string(_ value: TemplateValue, _ verb: Unicode.Scalar, _ directive: Directive) -> String {
        guard case .string(var text) = value else { return wrong(value, verb) }
        if let precision = directive.precision, verb == "s" || verb == "q" {
            text = String(String.UnicodeScalarView(text.unicodeScalars.prefix(precision)))
        }
        switch verb {
        case "s": return pad(text, directive, zero: true)
        case "q": return pad(directive.sharp && !text.contains("`") ? "`\(text)`" : GoFormat.quote(text), directive)
        case "x", "X":
            let digits = text.utf8.map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: verb == "X")
            }
            return pad(digits.joined(), directive)
        default: return wrong(value, verb)
        }
    }

    private static func integer(_ number: Int64, _ verb: Unicode.Scalar, _ directive: Directive) -> String {
        var digits: String
        switch verb {
        case "d", "v": digits = String(number.magnitude)
        case "b": digits = (directive.sharp ? "0b" : "") + String(number.magnitude, radix: 2)
        case "o": digits = (directive.sharp ? "0" : "") + String(number.magnitude, radix: 8)
        case "O": digits = "0o" + String(number.magnitude, radix: 8)
        case "x": digits = (directive.sharp ? "0x" : "") + String(number.magnitude, radix: 16)
        case "X": digits = (directive.sharp ? "0X" : "") + String(number.magnitude, radix: 16, uppercase: true)
        case "c":
            return pad(UInt32(exactly: number).flatMap(Unicode.Scalar.init).map { String($0) } ?? "\u{FFFD}", directive)
        case "q":
            let text = UInt32(exactly: number).flatMap(Unicode.Scalar.init).map { String($0) } ?? "\u{FFFD}"
            return pad("'" + GoFormat.quote(text).dropFirst().dropLast() + "'", directive)
        case "U":
            let code = String(number.magnitude, radix: 16, uppercase: true)
            return pad("U+" + String(repeating: "0", count: max(0, 4 - code.count)) + code, directive)
        default: return wrong(.int(number), verb)
        }
        if let precision = directive.precision, digits.count < precision {
            digits = String(repeating: "0", count: precision - digits.count) + digits
        }
        let sign = number < 0 ? "-" : directive.plus ? "+" : directive.space ? " " : ""
        return pad(sign + digits, directive, zero: directive.precision == nil)
    }

    private static func float(_ number: Double, _ verb: Unicode.Scalar, _ directive: Directive) -> String {
        var text: String
        switch verb {
        case "v": text = GoFormat.float(number)
        case "g" where directive.precision == nil: text = GoFormat.float(number)
        case "f", "F", "e", "E", "g", "G":
            let letter = verb == "F" ? "f" : String(verb)
            text = GoFormat.c("%.\(directive.precision ?? 6)\(letter)", number)
        default: return wrong(.float(number), verb)
        }
        if directive.plus && !text.hasPrefix("-") && !text.hasPrefix("+") { text = "+" + text }
        return pad(text, directive, zero: true)
    }
}
