import DockerCLI

/// Says whether commands in a lesson are such that the shell takes them.
enum CommandCheck {
    /// What is wrong with a line that is run; `nil` when nothing is.
    static func complaint(about line: String) -> String? {
        if line.hasPrefix("!") || line.hasPrefix("@") || isMeantToFail(line) { return nil }
        var inner: String?
        let flat = Substitution.replacing(in: line) { command in
            inner = inner ?? complaint(about: command)
            return "x"
        }
        if let inner { return inner }
        guard let words = WordSplit.words(flat.replacingLineBreaks) else { return "a quote is not closed: \(line)" }
        for command in commands(words) where command.first == "docker" {
            if let complaint = DockerCommandLine.examine(Array(command.dropFirst())).complaint {
                return "`\(command.joined(separator: " "))`: \(complaint)"
            }
        }
        return nil
    }

    /// Whether a line says of itself that the mistake in it is meant: `docker exec --name x web ls  # error`.
    static func isMeantToFail(_ line: String) -> Bool { line.hasSuffix("# error") }

    /// What is wrong with a command that prose names: it must exist with its flags; what it is about may be left out.
    static func complaint(aboutProse code: String) -> String? {
        guard code.hasPrefix("docker "), let line = WordSplit.words(code), let words = commands(line).first else {
            return nil
        }
        let arguments = Array(words.dropFirst()).filter { $0 != "…" && $0 != "..." }
        // `docker ... -m`, `docker CMD`: a placeholder for any command.
        guard let first = arguments.first, first == first.lowercased() else { return nil }
        let verdict = DockerCommandLine.examine(arguments)
        guard let complaint = verdict.complaint else { return nil }
        if verdict.command == nil || complaint.hasPrefix("unknown") { return "`\(code)`: \(complaint)" }
        return nil
    }

    /// The commands of a line: what stands between `|`, `;`, `&&` and `||`, without redirections.
    private static func commands(_ words: [String]) -> [[String]] {
        var commands: [[String]] = [[]]
        var skips = false
        for word in words {
            if skips {
                skips = false
            } else if ["|", ";", "&&", "||"].contains(word) {
                commands.append([])
            } else if [">", ">>", "<", "2>", "2>>", "1>"].contains(word) {
                skips = true
            } else if word.hasPrefix(">") || word.hasPrefix("2>") {
                continue
            } else {
                commands[commands.count - 1].append(word)
            }
        }
        return commands
    }
}

extension String {
    /// Continued lines as one.
    fileprivate var replacingLineBreaks: String {
        split(separator: "\n").map { $0.hasSuffix("\\") ? String($0.dropLast()) : String($0) }.joined(separator: " ")
    }
}
