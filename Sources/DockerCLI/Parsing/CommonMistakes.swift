/// Mistakes that course notes and posts spread: each is worth a sentence of its own, and the line that was meant.
enum CommonMistakes {
    /// What to say of `--name` given to a command for a container that is there already: only a new one is named.
    ///
    /// - Parameters:
    ///   - path: The command's words, without `docker`.
    ///   - words: The words after them.
    /// - Returns: `nil` for commands on other things.
    static func name(_ command: CommandSpec, path: String, _ words: [String]) -> String? {
        guard command.usage.hasPrefix("[OPTIONS] CONTAINER") else { return nil }
        // The container's name stays where it is: before what follows, as an argument.
        let meant = words.flatMap { word in
            word == "--name" ? [] : [word.hasPrefix("--name=") ? String(word.dropFirst(7)) : word]
        }
        let line = (["docker", path] + meant.map(quoted)).joined(separator: " ")
        return """
            `\(command.name)` has no --name: `run` and `create` give a new container its name; here the container that \
            is meant stands by itself, after the flags.
            Did you mean: \(line)
            """
    }

    /// A word as a shell's user would type it.
    private static func quoted(_ word: String) -> String {
        let plain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./:=,@%+".contains($0) }
        return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
    }
}
