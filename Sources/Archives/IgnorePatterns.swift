/// The patterns of a `.dockerignore` file (docs.docker.com, "Build context", ".dockerignore files").
///
/// The last pattern that fits a file, or a directory above it, decides: it is left out, or with `!` kept.
public struct IgnorePatterns: Sendable {
    private struct Pattern: Sendable {
        var parts: [[Character]]
        var keeps: Bool
    }

    private let patterns: [Pattern]

    /// Whether any pattern keeps files that others leave out.
    public let hasExceptions: Bool

    /// Reads a file's text: one pattern a line, comments begin with `#`.
    public init(parsing text: String) {
        var text = text
        if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
        let lines = text.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("#") }.map(Self.trimmed)
        self.init(lines)
    }

    /// Patterns as they stand in the lines of a file.
    public init(_ lines: [String]) {
        patterns = lines.compactMap { line in
            let keeps = line.hasPrefix("!")
            let text = Self.trimmed(keeps ? line.dropFirst() : line[...])
            var parts: [Substring] = []
            for part in text.split(separator: "/") where part != "." {
                if part == "..", !parts.isEmpty { parts.removeLast() } else { parts.append(part) }
            }
            // A pattern that names the root itself, such as ".", means nothing.
            return parts.isEmpty ? nil : Pattern(parts: parts.map { Array($0) }, keeps: keeps)
        }
        hasExceptions = patterns.contains { $0.keeps }
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    /// Whether a file is left out.
    public func leavesOut(_ path: ArchivePath) -> Bool {
        let parts = path.components.map { Array($0.text) }
        var isLeftOut = false
        for pattern in patterns where pattern.keeps == isLeftOut {
            // A pattern that fits a directory fits all that is in it.
            let fits = (1...max(parts.count, 1)).contains { count in
                count <= parts.count && Self.fits(pattern.parts[...], parts[..<count])
            }
            if fits { isLeftOut = !pattern.keeps }
        }
        return isLeftOut
    }

    private static func fits(_ pattern: ArraySlice<[Character]>, _ path: ArraySlice<[Character]>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        if first == ["*", "*"] {
            if pattern.count == 1 { return !path.isEmpty }
            return (0...path.count).contains { fits(pattern.dropFirst(), path.dropFirst($0)) }
        }
        guard let name = path.first, matches(first[...], name[...]) else { return false }
        return fits(pattern.dropFirst(), path.dropFirst())
    }

    /// Whether a name fits a pattern of Go's `filepath.Match`: `*`, `?`, `[a-z]`, `[^a-z]` and `\`.
    public static func matches(_ pattern: String, _ name: String) -> Bool {
        matches(Array(pattern)[...], Array(name)[...])
    }

    private static func matches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        switch first {
        case "*": return (0...name.count).contains { matches(rest, name.dropFirst($0)) }
        case "?": return !name.isEmpty && matches(rest, name.dropFirst())
        case "[":
            guard let character = name.first, let end = rest.dropFirst().firstIndex(of: "]") else { return false }
            var set = rest[..<end]
            let isNegated = set.first == "^"
            if isNegated { set = set.dropFirst() }
            var isIn = false
            while let low = set.popFirst() {
                var high = low
                if set.first == "-", set.count > 1 {
                    set = set.dropFirst()
                    high = set.removeFirst()
                }
                if low <= character && character <= high { isIn = true }
            }
            return isIn != isNegated && matches(rest[(end + 1)...], name.dropFirst())
        case "\\" where !rest.isEmpty:
            return name.first == rest.first && matches(rest.dropFirst(), name.dropFirst())
        default: return name.first == first && matches(rest, name.dropFirst())
        }
    }
}
