/// The table of COMPATIBILITY.md: each command and flag of Docker, and what Drydock does with it, read from the grammar.
public enum CompatibilityTable {
    /// The groups whose commands the table counts.
    private static let groups = ["container", "image", "network", "volume", "system"]

    /// Flags that the client knows and Drydock's engine refuses so far, with a sentence, by command. Another engine may
    /// take them, so the grammar does.
    private static let engineNotYet: [String: Set<String>] = [
        "container create": creation, "container run": creation,
    ]
    private static let creation: Set<String> = [
        "cgroup-parent"
    ]

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
                let path = "\(name) \(command.name)"
                let missing = engineNotYet[path] ?? []
                let isDone = command.status == .done
                done += isDone ? flags.filter { $0.status == .done && !missing.contains($0.name) }.count : 0
                all += flags.count
                tables += row(command, flags, missing: missing, isDone: isDone)
            }
        }
        let percent = all == 0 ? 0 : done * 100 / all
        text += "\n# Commands and flags\n\n\(done) of \(all) flags of these groups are done (\(percent) %). "
        text += "Generated from the grammar; a test compares it.\n"
        return text + tables
    }

    private static func row(_ command: CommandSpec, _ flags: [FlagSpec], missing: Set<String>, isDone: Bool) -> String {
        func names(_ fits: (FlagSpec) -> Bool) -> String {
            flags.filter(fits).map { "`--\($0.name)`" }.joined(separator: " ")
        }
        switch command.status {
        case .notYet(let reason): return "| `\(command.name)` | | not yet: \(reason) | |\n"
        case .refused(let reason): return "| `\(command.name)` | | | \(reason) |\n"
        case .done: break
        }
        guard isDone else { return "| `\(command.name)` | | not yet: the engine says so | |\n" }
        let done = flags.filter { $0.status == .done && !missing.contains($0.name) }.count
        let notYet = names { flag in
            if case .notYet = flag.status { return true }
            return missing.contains(flag.name)
        }
        let refused = names { if case .refused = $0.status { true } else { false } }
        return "| `\(command.name)` | \(done) of \(flags.count) | \(notYet) | \(refused) |\n"
    }
}
