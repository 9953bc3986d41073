/// Breaks running text into lines.
public enum TextWrapping {
    /// Breaks a text at its blanks so that no line takes more columns than given; a word that is longer than a whole
    /// line is broken inside. Line feeds in the text stay. A command between backquotes stays on one line where that
    /// leaves no great gap, so that it can be read, and copied, as it is typed.
    ///
    /// - Parameters:
    ///   - text: The text.
    ///   - columns: The columns of a line, at least 1.
    ///   - first: The columns of the first line, where it begins further right.
    public static func lines(_ text: String, columns: Int, first: Int? = nil) -> [String] {
        var lines: [String] = []
        for paragraph in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            var line = ""
            var used = 0
            var limit = max(1, lines.isEmpty ? first ?? columns : columns)
            for word in unbroken(paragraph, columns: max(1, columns)) {
                var rest = word
                var width = DisplayWidth.of(rest)
                if !line.isEmpty {
                    if used + 1 + width <= limit {
                        line += " " + rest
                        used += 1 + width
                        continue
                    }
                    lines.append(line)
                    limit = max(1, columns)
                }
                while width > limit {
                    let piece = prefix(of: rest, columns: limit)
                    lines.append(String(piece))
                    rest = rest[piece.endIndex...]
                    width = DisplayWidth.of(rest)
                    limit = max(1, columns)
                }
                line = String(rest)
                used = width
            }
            lines.append(line)
        }
        return lines
    }

    /// Breaks a list of words and their meanings, one on a line and two blanks or more between them, so that a meaning
    /// goes on under its beginning.
    ///
    /// - Parameters:
    ///   - text: The lines.
    ///   - column: Where the meanings begin.
    ///   - columns: The columns of a line.
    public static func list(_ text: String, column: Int, columns: Int) -> String {
        let margin = String(repeating: " ", count: column)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let word = prefix(of: line, columns: column)
            guard DisplayWidth.of(line) > columns, columns >= column + 20, word.hasSuffix(" ")
            else { return String(line) }
            let meaning = lines(String(line[word.endIndex...]), columns: columns - column)
            return word + meaning.joined(separator: "\n" + margin)
        }.joined(separator: "\n")
    }

    /// The parts of a paragraph between which a line may end: its words, and its short commands whole.
    private static func unbroken(_ paragraph: Substring.UTF8View, columns: Int) -> [Substring] {
        let words = paragraph.split(separator: UInt8(ascii: " ")).map { Substring($0) }
        guard paragraph.contains(UInt8(ascii: "`")) else { return words }
        func opensOrCloses(_ word: Substring) -> Bool { word.utf8.count { $0 == UInt8(ascii: "`") } % 2 == 1 }
        var parts: [Substring] = []
        var place = words.startIndex
        while place < words.endIndex {
            var end = place
            if opensOrCloses(words[place]), let closing = words[(place + 1)...].firstIndex(where: opensOrCloses) {
                let command = Substring(words[place...closing].joined(separator: " "))
                // At most two thirds of a line: the gap before it is never longer than that.
                if DisplayWidth.of(command) * 3 <= columns * 2 {
                    parts.append(command)
                } else {
                    parts += words[place...closing]
                }
                end = closing
            } else {
                parts.append(words[place])
            }
            place = end + 1
        }
        return parts
    }

    /// The longest beginning of a text that takes at most the given columns; at least one character.
    static func prefix(of text: Substring, columns: Int) -> Substring {
        var used = 0
        var end = text.startIndex
        while end < text.endIndex {
            let width = DisplayWidth.of(text[end])
            if used + width > columns && end > text.startIndex { break }
            used += width
            end = text.index(after: end)
        }
        return text[..<end]
    }
}
