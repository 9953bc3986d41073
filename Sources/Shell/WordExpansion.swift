/// Fills variables and substitutions into words.
struct WordExpansion {
    /// The environment.
    let environment: [String: String]
    /// The exit code of the last command, `$?`.
    let status: Int32
    /// Runs a line and answers what it printed.
    let substitute: (CommandLineSyntax) -> String

    /// The words of a command; a word that is nothing but an empty variable is no word.
    func words(_ words: [CommandLineSyntax.Word]) -> [String] { words.flatMap(fields) }

    /// A word as one text, for a file's name.
    func text(_ word: CommandLineSyntax.Word) -> String { fields(word).joined(separator: " ") }

    private func fields(_ word: CommandLineSyntax.Word) -> [String] {
        var fields: [String] = []
        var field: String? = word.isQuoted ? "" : nil
        for (place, part) in word.parts.enumerated() {
            switch part {
            case .text(let text): field = (field ?? "") + (place == 0 && !word.isQuoted ? atHome(text) : text)
            case .status: field = (field ?? "") + String(status)
            case .variable(let name, let isQuoted):
                add(environment[name] ?? "", isQuoted: isQuoted, to: &fields, &field)
            case .substitution(let line, let isQuoted):
                var output = substitute(line)
                while output.hasSuffix("\n") { output.removeLast() }
                add(output, isQuoted: isQuoted, to: &fields, &field)
            }
        }
        if let field { fields.append(field) }
        return fields
    }

    /// Adds a value to the field that is being made; one that is not quoted is split at its blanks.
    private func add(_ value: String, isQuoted: Bool, to fields: inout [String], _ field: inout String?) {
        if isQuoted {
            field = (field ?? "") + value
            return
        }
        let pieces = value.split(whereSeparator: \.isWhitespace)
        guard let first = pieces.first else { return }
        if value.first?.isWhitespace == true, let complete = field {
            fields.append(complete)
            field = nil
        }
        field = (field ?? "") + first
        for piece in pieces.dropFirst() {
            if let complete = field { fields.append(complete) }
            field = String(piece)
        }
    }

    /// `~` and `~/…` are the home directory.
    private func atHome(_ text: String) -> String {
        guard text == "~" || text.hasPrefix("~/"), let home = environment["HOME"] else { return text }
        return home + text.dropFirst()
    }
}
