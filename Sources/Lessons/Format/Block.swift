/// A piece of a Markdown file, as far as lessons use it.
public enum Block: Sendable, Equatable {
    /// `## Heading`
    case heading(level: Int, text: String, line: Int)
    /// Running text, its lines joined; comments in it are kept.
    case paragraph(text: String, line: Int)
    /// `1. …` or `- …`, one text for each item.
    case list(items: [String], isNumbered: Bool, line: Int)
    /// A fence: what stands behind the three backticks, and the lines within.
    case fence(info: String, lines: [String], line: Int)
    /// `> …`, its lines joined.
    case quote(text: String, line: Int)
    /// `<!-- … -->` on a line of its own, without the marks.
    case comment(text: String, line: Int)
    /// Lines of a table as they are.
    case table(lines: [String], line: Int)
    /// A line of HTML, such as `<details>`.
    case html(text: String, line: Int)

    /// Where it begins, from 1.
    public var line: Int {
        switch self {
        case .heading(_, _, let line), .paragraph(_, let line), .list(_, _, let line), .fence(_, _, let line),
            .quote(_, let line), .comment(_, let line), .table(_, let line), .html(_, let line):
            line
        }
    }
}

/// Takes a Markdown file apart.
struct BlockReader {
    private let lines: [String]
    private var position: Int
    private let problem: (Int, String) -> Void
    private var blocks: [Block] = []

    /// The blocks of a file's lines.
    ///
    /// - Parameters:
    ///   - lines: All lines of the file.
    ///   - start: The first line that belongs to it, from 0.
    ///   - problem: Takes what is wrong, with the line's number from 1.
    static func read(_ lines: [String], from start: Int, problem: @escaping (Int, String) -> Void) -> [Block] {
        var reader = BlockReader(lines: lines, position: start, problem: problem)
        while reader.position < lines.count { reader.readBlock() }
        return reader.blocks
    }

    private init(lines: [String], position: Int, problem: @escaping (Int, String) -> Void) {
        self.lines = lines
        self.position = position
        self.problem = problem
    }

    private mutating func readBlock() {
        let line = lines[position].trimmedBlanks
        let number = position + 1
        if line.isEmpty {
            position += 1
        } else if line.hasPrefix("```") {
            readFence(number)
        } else if line.hasPrefix("#"), let space = line.firstIndex(of: " ") {
            let text = String(line[space...]).trimmedBlanks
            blocks.append(.heading(level: line.prefix { $0 == "#" }.count, text: text, line: number))
            position += 1
        } else if line.hasPrefix("<!--"), line.hasSuffix("-->") {
            blocks.append(.comment(text: String(line.dropFirst(4).dropLast(3)).trimmedBlanks, line: number))
            position += 1
        } else if line.hasPrefix("<") {
            blocks.append(.html(text: line, line: number))
            position += 1
        } else if line.hasPrefix("|") {
            blocks.append(.table(lines: take { $0.hasPrefix("|") }, line: number))
        } else if line.hasPrefix(">") {
            let texts = take { $0.hasPrefix(">") }.map { String($0.dropFirst()).trimmedBlanks }
            blocks.append(.quote(text: texts.joined(separator: " "), line: number))
        } else if Self.item(line) != nil {
            readList(number)
        } else {
            let texts = take { Self.continuesParagraph($0) }
            blocks.append(.paragraph(text: texts.joined(separator: " "), line: number))
        }
    }

    private mutating func take(_ belongs: (String) -> Bool) -> [String] {
        var taken: [String] = []
        while position < lines.count {
            let line = lines[position].trimmedBlanks
            guard !line.isEmpty, taken.isEmpty || belongs(line) else { break }
            taken.append(line)
            position += 1
        }
        return taken
    }

    private static func continuesParagraph(_ line: String) -> Bool {
        !["```", "#", "<!--", "<details", "</details", ">", "|"].contains { line.hasPrefix($0) } && item(line) == nil
    }

    private mutating func readFence(_ number: Int) {
        let opening = lines[position].trimmedBlanks
        let ticks = opening.prefix { $0 == "`" }
        let info = String(opening.dropFirst(ticks.count)).trimmedBlanks
        position += 1
        var content: [String] = []
        while position < lines.count {
            let line = lines[position]
            position += 1
            if line.trimmedBlanks == ticks {
                blocks.append(.fence(info: info, lines: content, line: number))
                return
            }
            content.append(line)
        }
        problem(number, "the fence is not closed: expected a line \(ticks) after it")
    }

    private mutating func readList(_ number: Int) {
        var items: [String] = []
        var isNumbered = false
        while position < lines.count {
            let raw = lines[position]
            let line = raw.trimmedBlanks
            if let found = Self.item(line) {
                if items.isEmpty { isNumbered = found.isNumbered }
                guard found.isNumbered == isNumbered else { break }
                items.append(found.text)
            } else if !line.isEmpty, raw.first == " " || Self.continuesParagraph(line) {
                items[items.count - 1] += " " + line
            } else {
                break
            }
            position += 1
        }
        blocks.append(.list(items: items, isNumbered: isNumbered, line: number))
    }

    /// The text of a list's item; `nil` for another line.
    private static func item(_ line: String) -> (text: String, isNumbered: Bool)? {
        for mark in ["- ", "* "] where line.hasPrefix(mark) { return (String(line.dropFirst(2)).trimmedBlanks, false) }
        let digits = line.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, digits.count <= 2, line.dropFirst(digits.count).hasPrefix(". ") else { return nil }
        return (String(line.dropFirst(digits.count + 2)).trimmedBlanks, true)
    }
}
