/// Patterns of file names as Go's `path.Match` has them: `*` and `?` never match a slash.
enum Wildcard {
    /// Whether a pattern matches a whole text.
    static func matches(_ pattern: String, _ text: String) -> Bool {
        matches(Array(pattern.unicodeScalars)[...], Array(text.unicodeScalars)[...])
    }

    private static func matches(_ pattern: ArraySlice<Unicode.Scalar>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        switch first {
        case "*":
            let rest = pattern.dropFirst()
            var tail = text
            while true {
                if matches(rest, tail) { return true }
                guard let next = tail.first, next != "/" else { return false }
                tail = tail.dropFirst()
            }
        case "?":
            guard let next = text.first, next != "/" else { return false }
            return matches(pattern.dropFirst(), text.dropFirst())
        case "[":
            guard let end = pattern.firstIndex(of: "]"), let next = text.first else { return false }
            var set = pattern[pattern.index(after: pattern.startIndex)..<end]
            let isNegated = set.first == "^"
            if isNegated { set = set.dropFirst() }
            return contains(set, next) != isNegated && matches(pattern[(end + 1)...], text.dropFirst())
        case "\\":
            let literal = pattern.dropFirst()
            guard let wanted = literal.first, wanted == text.first else { return false }
            return matches(literal.dropFirst(), text.dropFirst())
        default:
            return first == text.first && matches(pattern.dropFirst(), text.dropFirst())
        }
    }

    private static func contains(_ set: ArraySlice<Unicode.Scalar>, _ scalar: Unicode.Scalar) -> Bool {
        var index = set.startIndex
        while index < set.endIndex {
            if index + 2 < set.endIndex, set[index + 1] == "-" {
                if set[index] <= scalar && scalar <= set[index + 2] { return true }
                index += 3
            } else {
                if set[index] == scalar { return true }
                index += 1
            }
        }
        return false
    }
}
