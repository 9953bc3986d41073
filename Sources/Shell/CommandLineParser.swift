/// Takes a line apart in the way of the POSIX shell: quotes, backslashes, comments, `;`, `&&`, `||`, `|`,
/// redirections, `$NAME`, `${NAME}`, `$?` and `$(…)`. Patterns such as `*` are left as they are.
struct CommandLineParser {
    private let characters: [Character]
    private var position = 0
    /// Whether a closing parenthesis ends the line: inside `$(…)`.
    private let isNested: Bool

    private init(_ characters: [Character], from position: Int, isNested: Bool) {
        self.characters = characters
        self.position = position
        self.isNested = isNested
    }

    /// Takes a line apart.
    /// - Throws: ``SyntaxError``, `incomplete` where another line has to follow.
    static func parse(_ line: String) throws(SyntaxError) -> CommandLineSyntax {
        var parser = CommandLineParser(Array(line), from: 0, isNested: false)
        return try parser.parseEntries()
    }

    private var current: Character? { position < characters.count ? characters[position] : nil }
    private var next: Character? { position + 1 < characters.count ? characters[position + 1] : nil }

    private func follows(_ text: String) -> Bool {
        position + text.count <= characters.count && String(characters[position..<position + text.count]) == text
    }

    // MARK: Entries and pipelines

    private mutating func parseEntries() throws(SyntaxError) -> CommandLineSyntax {
        var line = CommandLineSyntax()
        var condition = CommandLineSyntax.Condition.always
        while true {
            skipBlanks(newlines: true)
            guard let character = current else {
                if condition != .always || isNested { throw .incomplete }
                return line
            }
            if character == ")" && isNested {
                guard condition == .always else { throw .unexpected(")") }
                return line
            }
            if let work = try parseForeignLine(character) {
                line.entries.append(.init(condition: condition, work: work))
                condition = .always
                continue
            }
            line.entries.append(.init(condition: condition, work: .pipeline(try parsePipeline())))
            condition = try parseConnector()
        }
    }

    /// `!command` and `@node command`, which take all that is left of the line.
    private mutating func parseForeignLine(_ character: Character) throws(SyntaxError) -> CommandLineSyntax.Work? {
        guard !isNested, character == "!" || character == "@" else { return nil }
        let end = characters[position...].firstIndex(of: "\n") ?? characters.count
        let rest = String(characters[position + 1..<end]).trimmed()
        position = end
        if character == "!" {
            if rest.isEmpty { throw .unexpected("!") }
            return .machine(rest)
        }
        let parts = rest.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { throw .nothingToRun(rest.isEmpty ? "@node1" : "@\(rest)") }
        return .node(String(parts[0]), String(parts[1]).trimmed())
    }

    private mutating func parsePipeline() throws(SyntaxError) -> [CommandLineSyntax.Stage] {
        var stages: [CommandLineSyntax.Stage] = []
        while true {
            let stage = try parseStage()
            guard !stage.words.isEmpty else {
                if current == nil && !stages.isEmpty { throw .incomplete }
                throw .unexpected(current.map(String.init) ?? "|")
            }
            stages.append(stage)
            guard current == "|" && next != "|" else { return stages }
            position += 1
            skipBlanks(newlines: true)
        }
    }

    private mutating func parseConnector() throws(SyntaxError) -> CommandLineSyntax.Condition {
        if follows("&&") {
            position += 2
            return .afterSuccess
        }
        if follows("||") {
            position += 2
            return .afterFailure
        }
        if current == "&" { throw .unexpected("&") }
        if current == ";" { position += 1 }
        return .always
    }

    // MARK: One command

    private mutating func parseStage() throws(SyntaxError) -> CommandLineSyntax.Stage {
        var stage = CommandLineSyntax.Stage()
        while true {
            skipBlanks(newlines: false)
            guard let character = current, !";|&\n".contains(character), !(isNested && character == ")") else {
                return stage
            }
            if "()".contains(character) { throw .unexpected(String(character)) }
            if let redirection = try parseRedirection() {
                stage.redirections.append(redirection)
            } else {
                stage.words.append(try parseWord())
            }
        }
    }

    private mutating func parseRedirection() throws(SyntaxError) -> CommandLineSyntax.Redirection? {
        let begin = position
        var descriptor: Int32?
        if let character = current, "012".contains(character), let sign = next, "<>".contains(sign) {
            descriptor = Int32(String(character))
            position += 1
        }
        guard let sign = current, "<>".contains(sign) else {
            position = begin
            return nil
        }
        position += 1
        var appends = false
        if sign == ">" && current == ">" {
            appends = true
            position += 1
        } else if sign == "<" && current == "<" {
            throw .unexpected("<<")
        }
        if current == "&" {
            position += 1
            guard let digit = current, let number = Int32(String(digit)), (0...2).contains(number) else {
                throw .unexpected("&")
            }
            position += 1
            return .init(descriptor: descriptor ?? (sign == "<" ? 0 : 1), target: .duplicate(number))
        }
        skipBlanks(newlines: false)
        guard let character = current else { throw .incomplete }
        guard !";|&<>()\n".contains(character) else { throw .unexpected(String(character)) }
        let word = try parseWord()
        if sign == "<" { return .init(descriptor: descriptor ?? 0, target: .read(word)) }
        return .init(descriptor: descriptor ?? 1, target: appends ? .append(word) : .write(word))
    }

    private mutating func parseWord() throws(SyntaxError) -> CommandLineSyntax.Word {
        var word = CommandLineSyntax.Word(parts: [])
        while let character = current {
            switch character {
            case " ", "\t", "\n", ";", "|", "&", "<", ">", "(", ")": return word
            case "'":
                position += 1
                guard let end = characters[position...].firstIndex(of: "'") else { throw .incomplete }
                word.append(String(characters[position..<end]))
                word.isQuoted = true
                position = end + 1
            case "\"": try parseDoubleQuotes(into: &word)
            case "\\":
                guard let escaped = next else { throw .incomplete }
                if escaped != "\n" { word.append(String(escaped)) }
                word.isQuoted = true
                position += 2
            case "$": try parseDollar(into: &word, isQuoted: false)
            default:
                word.append(String(character))
                position += 1
            }
        }
        return word
    }

    private mutating func parseDoubleQuotes(into word: inout CommandLineSyntax.Word) throws(SyntaxError) {
        position += 1
        word.isQuoted = true
        while let character = current {
            switch character {
            case "\"":
                position += 1
                return
            case "\\":
                guard let escaped = next else { throw .incomplete }
                if "$`\"\\".contains(escaped) {
                    word.append(String(escaped))
                } else if escaped != "\n" {
                    word.append("\\" + String(escaped))
                }
                position += 2
            case "$": try parseDollar(into: &word, isQuoted: true)
            default:
                word.append(String(character))
                position += 1
            }
        }
        throw .incomplete
    }

    private mutating func parseDollar(into word: inout CommandLineSyntax.Word, isQuoted: Bool) throws(SyntaxError) {
        guard let character = next else {
            word.append("$")
            position += 1
            return
        }
        switch character {
        case "?":
            word.parts.append(.status)
            position += 2
        case "(":
            var nested = CommandLineParser(characters, from: position + 2, isNested: true)
            word.parts.append(.substitution(try nested.parseEntries(), isQuoted: isQuoted))
            position = nested.position + 1
        case "{":
            guard let end = characters[position...].firstIndex(of: "}") else { throw .incomplete }
            let name = String(characters[position + 2..<end])
            guard name.isVariableName else { throw .unexpected("${\(name)}") }
            word.parts.append(.variable(name, isQuoted: isQuoted))
            position = end + 1
        default:
            var end = position + 1
            while end < characters.count, String(characters[position + 1...end]).isVariableName { end += 1 }
            let name = String(characters[position + 1..<end])
            if name.isEmpty {
                word.append("$")
            } else {
                word.parts.append(.variable(name, isQuoted: isQuoted))
            }
            position = end
        }
    }

    /// Skips blanks, comments and continued lines.
    private mutating func skipBlanks(newlines: Bool) {
        while let character = current {
            if character == " " || character == "\t" || (newlines && character == "\n") {
                position += 1
            } else if character == "\\" && next == "\n" {
                position += 2
            } else if character == "#" {
                while let character = current, character != "\n" { position += 1 }
            } else {
                return
            }
        }
    }
}

extension CommandLineSyntax.Word {
    /// Adds a text, to the last part where that is one, too.
    mutating func append(_ text: String) {
        if case .text(let before) = parts.last {
            parts[parts.count - 1] = .text(before + text)
        } else {
            parts.append(.text(text))
        }
    }
}

extension String {
    fileprivate var isVariableName: Bool {
        guard let first, first == "_" || first.isASCII && first.isLetter else { return false }
        return allSatisfy { $0 == "_" || $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    /// The text without blanks at both ends.
    func trimmed() -> String {
        guard let begin = firstIndex(where: { !$0.isWhitespace }), let end = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[begin...end])
    }
}
