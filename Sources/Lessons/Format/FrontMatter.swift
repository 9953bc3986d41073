/// What a lesson says of itself before its first line of prose.
public struct FrontMatter: Sendable, Equatable {
    /// The lesson's identity: its file's name without `.md`.
    public var id = ""
    /// One line.
    public var title = ""
    /// How long a student needs.
    public var minutes = 0
    /// How much must be known.
    public var level = "beginner"
    /// The lessons that come before.
    public var after: [String] = []
    /// What the machine must have.
    public var requires: [String] = []
    /// Concepts that the narration tells in full.
    public var focus: [String] = []
    /// The tracks that it belongs to.
    public var tracks: [String] = []
    /// Whether `skip` is allowed.
    public var allowsSkip = true

    static let levels = ["beginner", "intermediate", "advanced"]
    static let trackNames = ["hour", "half-day", "full"]
    /// What a machine may lack.
    static let features = [
        "linux", "nodes", "root", "memory-limit", "cpu-limit", "pids-limit", "freezer", "internet", "drydock",
    ]
    private static let listKeys: Set<String> = ["after", "requires", "focus", "tracks"]

    /// Reads `key: value` lines.
    ///
    /// - Parameters:
    ///   - lines: The lines between the two `---`.
    ///   - isTranslation: Whether only `id` and `title` are expected.
    ///   - problem: Takes what is wrong, with its place among the lines.
    init(_ lines: [String], isTranslation: Bool, problem: (Int, String) -> Void) {
        var seen: Set<String> = []
        for (place, raw) in lines.enumerated() {
            let line = raw.withoutRemark.trimmedBlanks
            if line.isEmpty { continue }
            guard let colon = line.firstIndex(of: ":") else {
                problem(place, "expected `key: value`, not `\(line)`")
                continue
            }
            let key = String(line[..<colon]).trimmedBlanks
            let value = String(line[line.index(after: colon)...]).trimmedBlanks
            if !seen.insert(key).inserted { problem(place, "`\(key)` is given twice") }
            if isTranslation && key != "id" && key != "title" {
                problem(place, "`\(key)` stands in the English file only; a translation has `id` and `title`")
            }
            set(key, value) { problem(place, $0) }
        }
        let needed = ["id", "title"] + (isTranslation ? [] : ["minutes", "level", "after", "requires", "tracks"])
        for key in needed where !seen.contains(key) { problem(0, "`\(key):` is missing in the front matter") }
    }

    private mutating func set(_ key: String, _ value: String, problem: (String) -> Void) {
        if Self.listKeys.contains(key) {
            guard value.hasPrefix("["), value.hasSuffix("]") else {
                return problem("`\(key)` is a list: expected `[a, b]`, not `\(value)`")
            }
            let items = value.dropFirst().dropLast().split(separator: ",").map { String($0).trimmedBlanks }
            setList(key, items, problem)
            return
        }
        switch key {
        case "id": id = value
        case "title": title = value.unquoted
        case "minutes":
            guard let number = Int(value), number > 0 else {
                return problem("`minutes` is a whole number above 0, not `\(value)`")
            }
            minutes = number
        case "level":
            let levels = Self.levels.joined(separator: ", ")
            if !Self.levels.contains(value) { problem("`level` is one of \(levels), not `\(value)`") }
            level = value
        case "skip":
            guard value == "true" || value == "false" else { return problem("`skip` is true or false, not `\(value)`") }
            allowsSkip = value == "true"
        default: problem("there is no key `\(key)`; see FORMAT.md for those there are")
        }
    }

    private mutating func setList(_ key: String, _ items: [String], _ problem: (String) -> Void) {
        switch key {
        case "after": after = items
        case "focus": focus = items
        case "requires":
            requires = items
            for item in items where !Self.features.contains(item) {
                problem("`requires` knows \(Self.features.joined(separator: ", ")), not `\(item)`")
            }
        default:
            tracks = items
            for item in items where !Self.trackNames.contains(item) {
                problem("`tracks` knows \(Self.trackNames.joined(separator: ", ")), not `\(item)`")
            }
        }
    }
}

extension String {
    /// The text without blanks at its ends.
    var trimmedBlanks: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }

    /// The text without quotes around it.
    var unquoted: String {
        for quote: Character in ["\"", "'"] where count >= 2 && first == quote && last == quote {
            return String(dropFirst().dropLast())
        }
        return self
    }

    /// A front matter line without what stands behind ` #`.
    fileprivate var withoutRemark: String {
        if hasPrefix("#") { return "" }
        guard let range = firstRange(of: " #") else { return self }
        return String(self[..<range.lowerBound])
    }
}
