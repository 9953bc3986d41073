import Narration

/// Sets a lesson's words for a terminal: ASCII marks only, so that every terminal shows them.
struct LessonPage {
    /// The terminal's columns.
    let columns: Int
    /// Whether marks are coloured.
    let colours: Bool
    private(set) var text = ""

    init(columns: Int, colours: Bool) {
        self.columns = max(40, min(columns, 100))
        self.colours = colours
    }

    private func bold(_ text: String) -> String { colours ? "\u{1B}[1m\(text)\u{1B}[0m" : text }

    mutating func heading(_ words: String) {
        var lines = TextWrapping.lines(words, columns: columns - 3)
        let last = lines.removeLast()
        for line in lines { text += bold("== \(line)") + "\n" }
        let rule = String(repeating: "=", count: max(0, columns - DisplayWidth.of(last) - 5))
        text += bold("== \(last) \(rule)".trimmedBlanks) + "\n"
    }

    mutating func paragraph(_ words: String, indent: Int = 0, first: String? = nil) {
        let margin = String(repeating: " ", count: indent)
        for (place, line) in TextWrapping.lines(Prose.plain(words), columns: columns - indent).enumerated() {
            text += (place == 0 ? first ?? margin : margin) + line + "\n"
        }
    }

    mutating func gap() { if !text.isEmpty { text += "\n" } }

    mutating func code(_ lines: [String]) { for line in lines { text += "    " + bold(line) + "\n" } }

    /// What a step's solution printed where the lesson could be played.
    mutating func recording(_ shown: String?) {
        guard let shown else { return }
        code(shown.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }

    mutating func choices(_ choices: [String]) {
        for (place, choice) in choices.enumerated() {
            paragraph(choice, indent: 5, first: "  \(place + 1). ")
        }
    }

    mutating func block(_ block: Block) {
        switch block {
        case .paragraph(let words, _), .quote(let words, _): paragraph(words)
        case .list(let items, let isNumbered, _):
            for (place, item) in items.enumerated() {
                paragraph(item, indent: 4, first: isNumbered ? " \(place + 1). " : "  - ")
            }
        case .fence(_, let lines, _): code(lines)
        case .table(let lines, _): table(lines)
        case .heading(_, let words, _): heading(words)
        case .comment, .html: return
        }
        gap()
    }

    /// A table's rows with columns of one width.
    private mutating func table(_ lines: [String]) {
        let rows = lines.map { line in
            line.split(separator: "|").map { Prose.plain(String($0).trimmedBlanks) }
        }.filter { !$0.allSatisfy { $0.allSatisfy { "-: ".contains($0) } } }
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { $0.indices.contains(column) ? DisplayWidth.of($0[column]) : 0 }.max() ?? 0
        }
        for row in rows {
            var line = ""
            for (cell, width) in zip(row, widths) {
                line += "  " + cell + String(repeating: " ", count: max(0, width - DisplayWidth.of(cell)))
            }
            while line.hasSuffix(" ") { line.removeLast() }
            text += line + "\n"
        }
    }

    mutating func line(_ words: String) { text += words + "\n" }
}
