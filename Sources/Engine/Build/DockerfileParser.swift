import OrderedJSON

/// One instruction of a Dockerfile as it is written, before variables are put in.
struct DockerfileLine: Sendable, Equatable {
    /// The instruction's name in capitals.
    var name: String
    /// The whole text, continued lines joined: what the builder prints behind `Step 1/3 :`.
    var text: String
    /// `--flag` or `--flag=value`, without the dashes.
    var flags: [(name: String, value: String)]
    /// What follows the name and the flags.
    var rest: String
    /// The line it begins on, counted from 1.
    var number: Int
    /// The here-documents that belong to it.
    var documents: [HereDocument] = []

    static func == (one: DockerfileLine, other: DockerfileLine) -> Bool {
        one.text == other.text && one.number == other.number
    }

    /// Text that stands in the Dockerfile itself, after `<<NAME`.
    struct HereDocument: Sendable, Equatable {
        var name: String
        var content: String
        /// Whether variables are put in: not where the name was quoted.
        var expands: Bool
    }

    /// The arguments if they are a JSON array of strings.
    var jsonWords: [String]? { Self.jsonWords(rest) }

    static func jsonWords(_ text: String) -> [String]? {
        guard text.hasPrefix("["), let array = (try? JSON(parsing: text))?.array else { return nil }
        let words = array.compactMap(\.string)
        return words.count == array.count ? words : nil
    }

    /// The arguments split at white space.
    var words: [String] { rest.split(whereSeparator: \.isWhitespace).map(String.init) }
}

/// Splits a Dockerfile into instructions (Dockerfile reference, "Format", "Parser directives", "Here-documents").
struct DockerfileParser {
    /// The character that continues lines and escapes: `\`, or a backtick by directive.
    private(set) var escape: Character = "\\"
    private(set) var lines: [DockerfileLine] = []

    init(_ text: String) throws {
        var text = text
        if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
        let raw = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map(String.init)
        var index = try readDirectives(raw)
        while index < raw.count { try readInstruction(raw, &index) }
        guard !lines.isEmpty else { throw Self.failure("file with no instructions") }
    }

    static func failure(_ problem: String) -> EngineFailure {
        EngineFailure.invalid("failed to parse Dockerfile: \(problem)")
    }

    /// `# escape=` and its like are valid only above everything else.
    private mutating func readDirectives(_ raw: [String]) throws -> Int {
        var seen: Set<String> = []
        for (index, line) in raw.enumerated() {
            let trimmed = line.trimmedText
            guard trimmed.hasPrefix("#"), let equals = trimmed.firstIndex(of: "=") else { return index }
            let name = String(trimmed[trimmed.index(after: trimmed.startIndex)..<equals]).trimmedText.lowercased()
            let value = String(trimmed[trimmed.index(after: equals)...]).trimmedText
            guard ["escape", "syntax", "check"].contains(name) else { return index }
            guard seen.insert(name).inserted else {
                throw Self.failure("only one \(name) parser directive can be used")
            }
            if name == "escape" {
                guard value == "\\" || value == "`" else {
                    throw Self.failure("invalid ESCAPE '\(value)'. Must be ` or \\")
                }
                escape = value == "`" ? "`" : "\\"
            }
        }
        return raw.count
    }

    private mutating func readInstruction(_ raw: [String], _ index: inout Int) throws {
        let first = raw[index].trimmedText
        if first.isEmpty || first.hasPrefix("#") {
            index += 1
            return
        }
        let number = index + 1
        var text = ""
        while index < raw.count {
            let line = text.isEmpty ? String(raw[index].drop(while: \.isWhitespace)) : raw[index]
            index += 1
            let trimmed = line.trimmedText
            // Comments and empty lines within a continued instruction are no part of it.
            if !text.isEmpty, trimmed.isEmpty || trimmed.hasPrefix("#") { continue }
            let tail = String(line.reversed().drop { $0 == " " || $0 == "\t" || $0 == "\r" }.reversed())
            if tail.last == escape {
                text += tail.dropLast()
                // Something must mark that the instruction has begun.
                if text.isEmpty { text = " " }
                continue
            }
            text += line
            break
        }
        var line = try Self.line(text.trimmedText, number: number)
        try readDocuments(of: &line, raw, &index)
        lines.append(line)
    }

    /// Takes an instruction's text apart.
    static func line(_ text: String, number: Int) throws -> DockerfileLine {
        let word = text.prefix { !$0.isWhitespace }
        var rest = String(text.dropFirst(word.count)).trimmedText
        var flags: [(name: String, value: String)] = []
        while rest.hasPrefix("--") {
            let flag = rest.prefix { !$0.isWhitespace }
            rest = String(rest.dropFirst(flag.count)).trimmedText
            if flag == "--" { break }
            let parts = flag.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            flags.append((String(parts[0]), parts.count > 1 ? String(parts[1]) : ""))
        }
        return DockerfileLine(name: word.uppercased(), text: text, flags: flags, rest: rest, number: number)
    }

    private func readDocuments(of line: inout DockerfileLine, _ raw: [String], _ index: inout Int) throws {
        guard ["RUN", "COPY", "ADD"].contains(line.name), line.jsonWords == nil else { return }
        for word in line.words where word.hasPrefix("<<") && word.count > 2 {
            var name = word.dropFirst(2)
            let stripsTabs = name.hasPrefix("-")
            if stripsTabs { name = name.dropFirst() }
            let quote = name.first
            let isQuoted = (quote == "\"" || quote == "'") && name.count > 2 && name.last == quote
            if isQuoted { name = name.dropFirst().dropLast() }
            guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." || $0 == "-" })
            else { continue }
            var content = ""
            var isEnded = false
            while index < raw.count, !isEnded {
                let next = stripsTabs ? String(raw[index].drop { $0 == "\t" }) : raw[index]
                index += 1
                if next == name { isEnded = true } else { content += next + "\n" }
            }
            guard isEnded else { throw Self.failure("unterminated heredoc") }
            line.documents.append(
                DockerfileLine.HereDocument(name: String(name), content: content, expands: !isQuoted))
        }
    }
}

extension String {
    /// Without white space at both ends.
    var trimmedText: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
