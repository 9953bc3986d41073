import OrderedJSON

/// A function's complaint about what it was given; the evaluator adds where.
struct TemplateFunctionError: Error {
    var message: String
    /// Whether the message stands alone rather than after `error calling NAME:`.
    var isPlain = false
}

/// The functions that Docker's templates know: those of Go's `text/template` and Docker's own.
enum TemplateFunctions {
    /// All names; `and` and `or` are the evaluator's, because they don't evaluate all they are given.
    static let names: Set<String> = [
        "and", "or", "not", "call", "html", "index", "slice", "js", "len", "print", "printf", "println", "urlquery",
        "eq", "ne", "lt", "le", "gt", "ge",
        "json", "split", "join", "title", "lower", "upper", "pad", "truncate",
    ]

    /// Docker's own functions and how many values they take. In a table's heading they leave the title as it is.
    private static let dockerFunctions = [
        "json": 1, "split": 2, "join": 2, "title": 1, "lower": 1, "upper": 1, "pad": 3, "truncate": 2,
    ]

    /// Calls a function.
    ///
    /// - Parameters:
    ///   - name: One of ``names``.
    ///   - arguments: The values.
    ///   - isHeading: Whether a table's heading is being made.
    static func call(_ name: String, _ arguments: [TemplateValue], isHeading: Bool = false)
        throws(TemplateFunctionError) -> TemplateValue
    {
        func need(_ count: Int) throws(TemplateFunctionError) {
            if arguments.count != count {
                throw TemplateFunctionError(
                    message: "wrong number of args for \(name): want \(count) got \(arguments.count)", isPlain: true)
            }
        }
        if let count = dockerFunctions[name] {
            try need(count)
            if isHeading && name != "pad" { return arguments[0] }
        }
        switch name {
        case "not":
            try need(1)
            return .bool(!arguments[0].isTrue)
        case "html": return .string(escapeHTML(printed(arguments)))
        case "js": return .string(escapeJavaScript(printed(arguments)))
        case "urlquery": return .string(escapeQuery(printed(arguments)))
        case "print": return .string(printed(arguments))
        case "println": return .string(arguments.map { GoFormat.value($0) }.joined(separator: " ") + "\n")
        case "printf":
            guard let first = arguments.first else {
                throw TemplateFunctionError(
                    message: "wrong number of args for printf: want at least 1 got 0", isPlain: true)
            }
            return .string(GoPrintf.format(try text(first), Array(arguments.dropFirst())))
        case "len":
            try need(1)
            return .int(Int64(try length(arguments[0])))
        case "index": return try index(arguments)
        case "slice": return try slice(arguments)
        case "eq", "ne", "lt", "le", "gt", "ge": return .bool(try TemplateComparison.compare(name, arguments))
        case "json":
            // A row encodes itself, with Go's escapes for HTML; everything else is encoded without.
            if case .row(let row) = arguments[0] { return .string(row.json.text(.go)) }
            return .string(arguments[0].json.text(.compact))
        case "split":
            let (source, separator) = (try text(arguments[0]), try text(arguments[1]))
            return .list(GoText.split(source, separator).map { .string($0) }, isNil: false)
        case "join":
            guard case .list(let elements, _) = arguments[0] else {
                throw wrongType(arguments[0], expected: "[]string")
            }
            return .string(elements.map { GoFormat.value($0) }.joined(separator: try text(arguments[1])))
        case "title": return .string(GoText.title(try text(arguments[0])))
        case "lower": return .string(try text(arguments[0]).lowercased())
        case "upper": return .string(try text(arguments[0]).uppercased())
        case "pad":
            let source = try text(arguments[0])
            let (before, after) = (try int(arguments[1]), try int(arguments[2]))
            if source.isEmpty { return .string(source) }
            return .string(
                String(repeating: " ", count: max(0, before)) + source + String(repeating: " ", count: max(0, after)))
        case "truncate":
            let (source, length) = (try text(arguments[0]), try int(arguments[1]))
            if source.utf8.count < length { return .string(source) }
            return .string(String(decoding: source.utf8.prefix(max(0, length)), as: UTF8.self))
        case "call": throw TemplateFunctionError(message: "call of nil")
        default: throw TemplateFunctionError(message: "\(name) is not a function")
        }
    }

    private static func wrongType(_ value: TemplateValue, expected: String) -> TemplateFunctionError {
        TemplateFunctionError(
            message: "wrong type for value; expected \(expected); got \(value.typeName)", isPlain: true)
    }

    private static func text(_ value: TemplateValue) throws(TemplateFunctionError) -> String {
        switch value {
        case .string(let text): return text
        case .missing, .null:
            throw TemplateFunctionError(message: "invalid value; expected string", isPlain: true)
        default: throw wrongType(value, expected: "string")
        }
    }

    private static func int(_ value: TemplateValue) throws(TemplateFunctionError) -> Int {
        guard case .int(let number) = value else { throw wrongType(value, expected: "int") }
        return Int(clamping: min(number, 1_000_000))
    }

    /// Go's `fmt.Sprint`: a space between two values neither of which is a text.
    private static func printed(_ values: [TemplateValue]) -> String {
        var output = ""
        var lastWasText = true
        for (index, value) in values.enumerated() {
            var isText = false
            if case .string = value { isText = true }
            if index > 0 && !isText && !lastWasText { output += " " }
            output += GoFormat.value(value)
            lastWasText = isText
        }
        return output
    }

    private static func length(_ value: TemplateValue) throws(TemplateFunctionError) -> Int {
        switch value {
        case .string(let text): return text.utf8.count
        case .list(let elements, _): return elements.count
        case .map(let map): return map.members.count
        case .missing, .null: throw TemplateFunctionError(message: "len of untyped nil")
        case .nilPointer: throw TemplateFunctionError(message: "len of nil pointer")
        default: throw TemplateFunctionError(message: "len of type \(value.typeName)")
        }
    }

    private static func position(
        _ value: TemplateValue, upTo limit: Int, of kind: String? = nil
    ) throws(TemplateFunctionError) -> Int {
        switch value {
        case .int(let number):
            // Go's own check lets pass the first number that is too large, and another one finds it.
            if let kind, number == Int64(limit) {
                throw TemplateFunctionError(message: "reflect: \(kind) index out of range")
            }
            guard number >= 0 && number < Int64(limit) else {
                throw TemplateFunctionError(message: "index out of range: \(number)")
            }
            return Int(number)
        case .missing, .null: throw TemplateFunctionError(message: "cannot index slice/array with nil")
        default: throw TemplateFunctionError(message: "cannot index slice/array with type \(value.typeName)")
        }
    }

    private static func index(_ arguments: [TemplateValue]) throws(TemplateFunctionError) -> TemplateValue {
        guard var value = arguments.first else {
            throw TemplateFunctionError(message: "wrong number of args for index: want at least 1 got 0", isPlain: true)
        }
        if arguments.count == 1, isNil(value) { throw TemplateFunctionError(message: "index of untyped nil") }
        for key in arguments.dropFirst() {
            switch value {
            case .missing, .null: throw TemplateFunctionError(message: "index of untyped nil")
            case .nilPointer: throw TemplateFunctionError(message: "index of nil pointer")
            case .list(let elements, _):
                value = elements[try position(key, upTo: elements.count, of: "slice")]
            case .string(let text):
                value = .int(Int64(Array(text.utf8)[try position(key, upTo: text.utf8.count, of: "string")]))
            case .map(let map):
                if let keyType = map.keyType, case .string = key {
                    throw TemplateFunctionError(message: "value has type string; should be \(keyType)")
                }
                guard case .string(let name) = key else {
                    if isNil(key) { throw TemplateFunctionError(message: "value is nil; should be of type string") }
                    throw TemplateFunctionError(message: "value has type \(key.typeName); should be string")
                }
                value = map.members[name] ?? map.missing
            default: throw TemplateFunctionError(message: "can't index item of type \(value.typeName)")
            }
        }
        return value
    }

    private static func isNil(_ value: TemplateValue) -> Bool {
        switch value {
        case .missing, .null: true
        default: false
        }
    }

    private static func slice(_ arguments: [TemplateValue]) throws(TemplateFunctionError) -> TemplateValue {
        guard let value = arguments.first, !isNil(value) else {
            throw TemplateFunctionError(message: "slice of untyped nil")
        }
        if arguments.count > 4 {
            throw TemplateFunctionError(message: "too many slice indexes: \(arguments.count - 1)")
        }
        func range(_ count: Int) throws(TemplateFunctionError) -> Range<Int> {
            let low = arguments.count > 1 ? try position(arguments[1], upTo: count + 1) : 0
            let high = arguments.count > 2 ? try position(arguments[2], upTo: count + 1) : count
            if low > high { throw TemplateFunctionError(message: "invalid slice index: \(low) > \(high)") }
            return low..<high
        }
        switch value {
        case .string(let text):
            if arguments.count == 4 { throw TemplateFunctionError(message: "cannot 3-index slice a string") }
            return .string(String(decoding: Array(text.utf8)[try range(text.utf8.count)], as: UTF8.self))
        case .list(let elements, _): return .list(Array(elements[try range(elements.count)]), isNil: false)
        default: throw TemplateFunctionError(message: "can't slice item of type \(value.typeName)")
        }
    }

    private static func escapeHTML(_ text: String) -> String {
        var output = ""
        for character in text.unicodeScalars {
            switch character {
            case "\0": output += "\u{FFFD}"
            case "\"": output += "&#34;"
            case "'": output += "&#39;"
            case "&": output += "&amp;"
            case "<": output += "&lt;"
            case ">": output += "&gt;"
            default: output.unicodeScalars.append(character)
            }
        }
        return output
    }

    private static func escapeJavaScript(_ text: String) -> String {
        var output = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": output += "\\\\"
            case "'": output += "\\'"
            case "\"": output += "\\\""
            case "<", ">", "&", "=":
                output += "\\u00" + String(character.value, radix: 16, uppercase: true)
            case _ where character.value < 0x20:
                output +=
                    "\\u00" + (character.value < 16 ? "0" : "") + String(character.value, radix: 16, uppercase: true)
            default: output.unicodeScalars.append(character)
            }
        }
        return output
    }

    private static func escapeQuery(_ text: String) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~".utf8)
        return text.utf8.map { byte in
            if plain.contains(byte) { return String(Unicode.Scalar(byte)) }
            if byte == 0x20 { return "+" }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}

/// Go's `strings` package, as far as templates use it.
enum GoText {
    /// `strings.Split`
    static func split(_ text: String, _ separator: String) -> [String] {
        if separator.isEmpty { return text.unicodeScalars.map { String($0) } }
        let bytes = Array(text.utf8)
        let mark = Array(separator.utf8)
        var parts: [String] = []
        var start = 0
        var index = 0
        while index + mark.count <= bytes.count {
            if bytes[index..<index + mark.count].elementsEqual(mark) {
                parts.append(String(decoding: bytes[start..<index], as: UTF8.self))
                index += mark.count
                start = index
            } else {
                index += 1
            }
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    /// `strings.Title`: the first letter of each word in upper case.
    static func title(_ text: String) -> String {
        var output = ""
        var startsWord = true
        for scalar in text.unicodeScalars {
            output += startsWord ? scalar.properties.titlecaseMapping : String(scalar)
            let isWord =
                scalar.properties.isAlphabetic || scalar == "_" || scalar == "'"
                || scalar.properties.numericType != nil
            startsWord = !isWord
        }
        return output
    }
}

/// Go templates' comparison functions.
enum TemplateComparison {
    private enum Kind { case bool, int, float, string, other, null }

    private static func kind(_ value: TemplateValue) -> Kind {
        switch value {
        case .bool: .bool
        case .int: .int
        case .float: .float
        case .string: .string
        case .missing, .null, .nilPointer: .null
        default: .other
        }
    }

    static func compare(_ name: String, _ arguments: [TemplateValue]) throws(TemplateFunctionError) -> Bool {
        guard let first = arguments.first else {
            throw TemplateFunctionError(
                message: "wrong number of args for \(name): want at least 1 got 0", isPlain: true)
        }
        if name == "eq" {
            if arguments.count < 2 { throw TemplateFunctionError(message: "missing argument for comparison") }
            for other in arguments.dropFirst() where try areEqual(first, other) { return true }
            return false
        }
        guard arguments.count == 2 else {
            throw TemplateFunctionError(
                message: "wrong number of args for \(name): want 2 got \(arguments.count)", isPlain: true)
        }
        switch name {
        case "ne": return !(try areEqual(first, arguments[1]))
        case "lt": return try isLess(first, arguments[1])
        case "le", "gt":
            let less = try isLess(first, arguments[1])
            let equal = try areEqual(first, arguments[1])
            return (less || equal) == (name == "le")
        default: return !(try isLess(first, arguments[1]))
        }
    }

    private static func areEqual(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateFunctionError) -> Bool {
        switch (left, right) {
        case (.bool(let left), .bool(let right)): return left == right
        case (.int(let left), .int(let right)): return left == right
        case (.float(let left), .float(let right)): return left == right
        case (.string(let left), .string(let right)): return left == right
        default:
            let kinds = (kind(left), kind(right))
            if kinds.0 == .null || kinds.1 == .null { return kinds.0 == kinds.1 }
            if kinds.0 == .other {
                throw TemplateFunctionError(message: "non-comparable type \(GoFormat.value(left)): \(left.typeName)")
            }
            if kinds.1 == .other {
                throw TemplateFunctionError(message: "non-comparable type \(GoFormat.value(right)): \(right.typeName)")
            }
            throw TemplateFunctionError(message: "incompatible types for comparison")
        }
    }

    private static func isLess(_ left: TemplateValue, _ right: TemplateValue) throws(TemplateFunctionError) -> Bool {
        switch (left, right) {
        case (.int(let left), .int(let right)): return left < right
        case (.float(let left), .float(let right)): return left < right
        case (.string(let left), .string(let right)): return left.utf8.lexicographicallyPrecedes(right.utf8)
        default:
            for value in [left, right] where [.null, .other, .bool].contains(kind(value)) {
                throw TemplateFunctionError(message: "invalid type for comparison")
            }
            throw TemplateFunctionError(message: "incompatible types for comparison")
        }
    }
}
