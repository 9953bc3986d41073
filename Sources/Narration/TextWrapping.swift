/// Breaks running text into lines.
public enum TextWrapping {
    /// Breaks a text at its blanks so that no line takes more columns than given; a word that is longer than a whole
    /// line is broken inside. Line feeds in the text stay.
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
            for word in paragraph.split(separator: UInt8(ascii: " ")) {
                var rest = Substring(word)
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
