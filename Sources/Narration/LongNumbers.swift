/// IDs and digests of 64 hexadecimal digits: twelve are enough to tell them apart, and all that a line has room for.
enum LongNumbers {
    /// The text with each of them cut to its first twelve digits. Inside a path three dots say that it goes on.
    static func shortened(_ text: String) -> String {
        replaced(text) { digits, isInPath in digits + (isInPath ? "..." : "") }
    }

    /// A command with each of them cut so that it can still be typed: the machine's shell completes `*` in a path, docker
    /// takes the beginning of an ID.
    static func typable(_ command: String) -> String {
        replaced(command) { digits, isInPath in digits + (isInPath ? "*" : "") }
    }

    private static func replaced(_ text: String, _ short: (String, _ isInPath: Bool) -> String) -> String {
        guard text.utf8.count >= 64 else { return text }
        var result = ""
        var begin = text.startIndex
        var rest = text[...]
        while let start = rest.utf8.firstIndex(where: isHexDigit) {
            let end = rest.utf8[start...].firstIndex { !isHexDigit($0) } ?? rest.endIndex
            if rest.utf8.distance(from: start, to: end) == 64 {
                result += text[begin..<start]
                let digits = text[start..<text.utf8.index(start, offsetBy: 12)]
                result += short(String(digits), result.utf8.last == UInt8(ascii: "/"))
                begin = end
            }
            rest = rest[end...]
        }
        result += text[begin...]
        return result
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }
}
