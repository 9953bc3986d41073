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
        var run = ""
        func flush() {
            if run.utf8.count == 64 {
                result += short(String(run.prefix(12)), result.last == "/")
            } else {
                result += run
            }
            run = ""
        }
        for character in text {
            if character.isASCII && character.isHexDigit {
                run.append(character)
            } else {
                flush()
                result.append(character)
            }
        }
        flush()
        return result
    }
}
