/// The table of COMPATIBILITY.md: each command and flag of Docker, and what Drydock does with it, read from the grammar.
public enum CompatibilityTable {
    /// The groups whose commands the table counts.
    private static let groups = ["container", "image", "network", "volume", "system"]

    /// The whole file.
    ///
    /// - Parameter notes: What stands before the tables: the differences that a learner may meet, written by hand.
    public static func markdown(notes: String) -> String {
        var text = notes
        var done = 0
        var all = 0
        var tables = ""
        for name in groups {
            guard let group = Grammar.root.subcommand(name) else { continue }
            tables += "\n## docker \(name)\n\n| command | flags done | not yet | refused |\n| --- | --- | --- | --- |\n"
            for command in group.subcommands {
                let flags = command.flags.filter { !$0.isHidden && $0.name != "help" }
                let isDone = command.status == .done
                done += isDone ? flags.filter { $0.status == .done }.count : 0
                all += flags.count
                tables += row(command, flags, isDone: isDone)
            }
        }
        let percent = all == 0 ? 0 : done * 100 / all
        text += "\n# Commands and flags\n\n\(done) of \(all) flags of these groups are done (\(percent) %). "
        text += "Generated from the grammar; a test compares it.\n"
        return text + tables
    }

    private static func row(_ command: CommandSpec, _ flags: [FlagSpec], isDone: Bool) -> String {
        func names(_ fits: (FlagSpec) -> Bool) -> String {
            flags.filter(fits).map { "`--\($0.name)`" }.joined(separator: " ")
        }
        switch command.status {
        case .notYet(let reason): return "| `\(command.name)` | | not yet: \(reason) | |\n"
        case .refused(let reason): return "| `\(command.name)` | | | \(reason) |\n"
        case .done: break
        }
        guard isDone else { return "| `\(command.name)` | | not yet: the engine says so | |\n" }
        let done = flags.filter { $0.status == .done }.count
        let notYet = names { flag in
            if case .notYet = flag.status { true } else { false }
        }
        let refused = names { if case .refused = $0.status { true } else { false } }
        return "| `\(command.name)` | \(done) of \(flags.count) | \(notYet) | \(refused) |\n"
    }
}
