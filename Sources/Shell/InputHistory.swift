import Posix

/// The lines that were typed, kept between sessions in a file of one line each (mode 0600).
///
/// A line feed inside an entry is written as `\n` and a backslash as `\\`. The file is read again before it is
/// written, so that two shells lose nothing to each other.
final class InputHistory {
    private let path: String?
    private(set) var entries: [String] = []

    /// The most entries that are kept.
    static let limit = 2000

    /// The history of a file; empty if the file is missing.
    /// - Parameter path: Where to keep it; `nil`: in memory only.
    init(path: String?) {
        self.path = path
        entries = path.map(Self.read) ?? []
    }

    /// Adds an entry and keeps it. One that begins with a blank, and one like the last, are not kept.
    /// - Returns: Whether it was added.
    /// - Throws: ``SystemError`` if the file can't be written; the entry is in the history all the same.
    @discardableResult
    func add(_ entry: String) throws(SystemError) -> Bool {
        guard !entry.isEmpty, !entry.hasPrefix(" "), entry != entries.last else { return false }
        entries.append(entry)
        guard let path else { return true }
        // Another shell may have added to the file since.
        var kept = Self.read(path)
        kept.append(entry)
        if kept.count > Self.limit { kept.removeFirst(kept.count - Self.limit) }
        try write(kept, to: path)
        return true
    }

    /// Forgets everything.
    /// - Throws: ``SystemError`` if the file can't be written.
    func clear() throws(SystemError) {
        entries = []
        if let path { try write([], to: path) }
    }

    private func write(_ entries: [String], to path: String) throws(SystemError) {
        try Files.makeDirectories(Files.parent(of: path), mode: 0o700)
        let text = entries.map { Self.encoded($0) + "\n" }.joined()
        try Files.replace(path, with: Array(text.utf8), mode: 0o600, durable: false)
    }

    private static func read(_ path: String) -> [String] {
        guard let text = try? Files.text(path) else { return [] }
        return text.split(separator: "\n").map { decoded($0) }
    }

    private static func encoded(_ entry: String) -> String {
        entry.reduce(into: "") { $0 += $1 == "\\" ? "\\\\" : $1 == "\n" ? "\\n" : String($1) }
    }

    private static func decoded(_ line: Substring) -> String {
        var entry = ""
        var isEscaped = false
        for character in line {
            if isEscaped {
                entry.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else {
                entry.append(character)
            }
        }
        return entry
    }
}
