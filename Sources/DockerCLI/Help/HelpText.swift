/// Prints help as Docker's client lays it out.
public struct HelpText {
    /// The width that flags are wrapped to: the terminal's, or 80.
    public var columns: Int

    /// Help for a terminal of a width.
    public init(columns: Int) { self.columns = columns }

    /// The help of a command.
    ///
    /// - Parameters:
    ///   - command: The command or group.
    ///   - path: Its words, such as `container ls`; empty for `docker` itself.
    public func text(for command: CommandSpec, path: String) -> String {
        var output = ""
        let words = ["docker", path, command.usage].filter { !$0.isEmpty }.joined(separator: " ")
        output += "Usage:  \(words)\n\n\(command.description)\n"
        if !command.shownAliases.isEmpty {
            output += "\nAliases:\n  \(command.shownAliases.map { "docker \($0)" }.joined(separator: ", "))\n"
        }
        if command.notice == .experimental { output += Self.experimental(path) }
        if path.isEmpty {
            for section in Grammar.topSections { output += list(section.title, section.commands) }
            output += "\nGlobal Options:\n" + flags(command)
        } else {
            let visible = command.flags.filter { !$0.isHidden }
            if !visible.isEmpty { output += "\nOptions:\n" + flags(command) }
            if command.name == "trust" {
                output += list(
                    "Management Commands", command.subcommands.filter { ["key", "signer"].contains($0.name) })
                output += list("Commands", command.subcommands.filter { !["key", "signer"].contains($0.name) })
            } else if !command.subcommands.isEmpty {
                output += list("Commands", command.subcommands)
            }
        }
        if !command.subcommands.isEmpty {
            let words = path.isEmpty ? "docker" : "docker \(path)"
            output += "\nRun '\(words) COMMAND --help' for more information on a command.\n"
        }
        if path.isEmpty {
            output += "\nFor more help on how to use Docker, head to https://docs.docker.com/go/guides/\n"
        }
        return output
    }

    private func list(_ title: String, _ commands: [CommandSpec]) -> String {
        let width = max(11, commands.map(\.name.count).max() ?? 0)
        return commands.reduce("\n\(title):\n") { text, command in
            let pad = String(repeating: " ", count: width - command.name.count + 1)
            return text + "  \(command.name)\(pad)\(command.summary)\n"
        }
    }

    /// The flags, sorted, in two columns, the second wrapped.
    private func flags(_ command: CommandSpec) -> String {
        let visible = command.flags.filter { !$0.isHidden }.sorted { $0.name < $1.name }
        let lines = visible.map { flag -> (left: String, right: String) in
            var left = flag.short.map { "  -\($0), --\(flag.name)" } ?? "      --\(flag.name)"
            let type = flag.shownType ?? flag.type.helpName
            if !type.isEmpty { left += " \(type)" }
            var right = flag.help
            if let value = flag.shownDefault {
                let isText = flag.type == .string && flag.shownType == nil
                right += " (default \(isText ? GoFormat.quote(value) : value))"
            }
            return (left, right)
        }
        let width = (lines.map(\.left.count).max() ?? 0) + 3
        return lines.map { line in
            let pad = String(repeating: " ", count: width - line.left.count)
            return line.left + pad + HelpWrapping.wrap(line.right, indent: width, columns: columns - 1) + "\n"
        }.joined()
    }

    private static func experimental(_ path: String) -> String {
        """

        EXPERIMENTAL:
          docker \(path) is an experimental feature.
          Experimental features provide early access to product functionality. These
          features may change between releases without warning, or can be removed from a
          future release. Learn more about experimental features in our documentation:
          https://docs.docker.com/go/experimental/

        """
    }
}
