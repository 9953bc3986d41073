/// Finds what is wrong with a text that is to be JSON, and says it as Go's `encoding/json` does, whose sentences clients of
/// Docker's daemon know: `invalid character 'o' in literal null (expecting 'u')`.
enum GoSyntax {
    /// What is wrong.
    enum Problem: Equatable {
        /// There is nothing but space.
        case empty
        /// The text stops in the middle of a value.
        case incomplete
        /// Something stands behind a whole value.
        case trailing
        /// A character can't stand where it does: Go's sentence.
        case wrong(String)
    }

    /// - Returns: `nil` for a text that Go's scanner takes, and for one that is nested too deeply to be looked through.
    static func problem(in bytes: [UInt8]) -> Problem? {
        var scanner = Scanner(bytes: bytes)
        scanner.skipSpace()
        if scanner.isAtEnd { return .empty }
        do {
            try scanner.value()
            scanner.skipSpace()
            return scanner.isAtEnd ? nil : .trailing
        } catch { return error.problem }
    }

    /// The end of the search; without a problem where the text is nested too deeply to be looked through.
    private struct Stop: Error { var problem: Problem? }

    /// Goes through one value, recursively; the parser before it has refused what is nested too deeply.
    private struct Scanner {
        let bytes: [UInt8]
        var position = 0
        var depth = 0

        var isAtEnd: Bool { position >= bytes.count }

        mutating func skipSpace() {
            while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
        }

        /// The next byte, which is gone past.
        private mutating func next() throws(Stop) -> UInt8 {
            guard position < bytes.count else { throw Stop(problem: .incomplete) }
            defer { position += 1 }
            return bytes[position]
        }

        private func refuse(_ byte: UInt8, _ place: String) -> Stop {
            Stop(problem: .wrong("invalid character \(Self.quoted(byte)) \(place)"))
        }

        /// A byte in quotes as Go's scanner shows it.
        private static func quoted(_ byte: UInt8) -> String {
            switch byte {
            case UInt8(ascii: "'"): #"'\''"#
            case UInt8(ascii: "\""): #"'"'"#
            case UInt8(ascii: "\\"): #"'\\'"#
            case 0x07: #"'\a'"#
            case 0x08: #"'\b'"#
            case 0x09: #"'\t'"#
            case 0x0A: #"'\n'"#
            case 0x0B: #"'\v'"#
            case 0x0C: #"'\f'"#
            case 0x0D: #"'\r'"#
            case 0x20..<0x7F, 0xA1..<0xAD, 0xAE...0xFF: "'\(Character(Unicode.Scalar(byte)))'"
            case 0..<0x80: #"'\x"# + Self.hexadecimal(byte) + "'"
            default: #"'\u00"# + Self.hexadecimal(byte) + "'"
            }
        }

        private static func hexadecimal(_ byte: UInt8) -> String {
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }

        mutating func value() throws(Stop) {
            skipSpace()
            let byte = try next()
            switch byte {
            case UInt8(ascii: "{"): try object()
            case UInt8(ascii: "["): try array()
            case UInt8(ascii: "\""): try string()
            case UInt8(ascii: "t"): try literal("true")
            case UInt8(ascii: "f"): try literal("false")
            case UInt8(ascii: "n"): try literal("null")
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try number(byte)
            default: throw refuse(byte, "looking for beginning of value")
            }
        }

        private mutating func literal(_ word: String) throws(Stop) {
            for expected in word.utf8.dropFirst() {
                let byte = try next()
                guard byte == expected else {
                    let letter = Character(Unicode.Scalar(expected))
                    throw refuse(byte, "in literal \(word) (expecting '\(letter)')")
                }
            }
        }

        /// Deeper than our parser goes, and shallow enough for a thread's stack.
        private static let maximumDepth = 250

        private mutating func enter() throws(Stop) {
            depth += 1
            guard depth <= Self.maximumDepth else { throw Stop(problem: nil) }
        }

        private mutating func object() throws(Stop) {
            try enter()
            defer { depth -= 1 }
            skipSpace()
            var byte = try next()
            if byte == UInt8(ascii: "}") { return }
            while true {
                guard byte == UInt8(ascii: "\"") else {
                    throw refuse(byte, "looking for beginning of object key string")
                }
                try string()
                skipSpace()
                byte = try next()
                guard byte == UInt8(ascii: ":") else { throw refuse(byte, "after object key") }
                try value()
                skipSpace()
                byte = try next()
                if byte == UInt8(ascii: "}") { return }
                guard byte == UInt8(ascii: ",") else { throw refuse(byte, "after object key:value pair") }
                skipSpace()
                byte = try next()
            }
        }

        private mutating func array() throws(Stop) {
            try enter()
            defer { depth -= 1 }
            skipSpace()
            if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
                position += 1
                return
            }
            while true {
                try value()
                skipSpace()
                let byte = try next()
                if byte == UInt8(ascii: "]") { return }
                guard byte == UInt8(ascii: ",") else { throw refuse(byte, "after array element") }
            }
        }

        private mutating func string() throws(Stop) {
            while true {
                let byte = try next()
                switch byte {
                case UInt8(ascii: "\""): return
                case UInt8(ascii: "\\"):
                    let kind = try next()
                    if kind == UInt8(ascii: "u") {
                        for _ in 0..<4 {
                            let digit = try next()
                            guard Character(Unicode.Scalar(digit)).isHexDigit else {
                                throw refuse(digit, #"in \u hexadecimal character escape"#)
                            }
                        }
                    } else if !Array("bfnrt\\/\"".utf8).contains(kind) {
                        throw refuse(kind, "in string escape code")
                    }
                case 0..<0x20: throw refuse(byte, "in string literal")
                default: continue
                }
            }
        }

        private mutating func number(_ first: UInt8) throws(Stop) {
            var byte = first
            if byte == UInt8(ascii: "-") {
                byte = try next()
                guard Self.isDigit(byte) else { throw refuse(byte, "in numeric literal") }
            }
            if byte != UInt8(ascii: "0") { skipDigits() }
            if take(".") {
                byte = try next()
                guard Self.isDigit(byte) else { throw refuse(byte, "after decimal point in numeric literal") }
                skipDigits()
            }
            if take("e") || take("E") {
                byte = try next()
                if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { byte = try next() }
                guard Self.isDigit(byte) else { throw refuse(byte, "in exponent of numeric literal") }
                skipDigits()
            }
        }

        private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

        private mutating func skipDigits() {
            while position < bytes.count, Self.isDigit(bytes[position]) { position += 1 }
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }
    }
}
