/// One command of Docker's grammar, or a group of commands, as data.
///
/// The parser, the help, the completion, the error hints and the plan of a command all read this one table.
public struct CommandSpec: Sendable {
    /// The last word of the command: `ls` in `docker container ls`.
    public var name: String
    /// Other words it answers to in the same place: `list`, `ps`.
    public var aliases: [String] = []
    /// What it does, whatever name it is called by; `nil` for a group.
    public var id: CommandID?
    /// What follows the command's words in its usage line.
    public var usage: String
    /// How many words it takes beside its flags.
    public var arguments: ArgumentCount = .any
    /// The line in its group's list.
    public var summary: String
    /// What its own help says first; the summary if nothing longer.
    public var description: String
    /// The commands that its help lists as aliases, without `docker`.
    public var shownAliases: [String] = []
    /// A block that its help adds.
    public var notice: HelpNotice?
    /// Its flags, in any order; help sorts them.
    public var flags: [FlagSpec] = []
    /// Whether flags may follow the first positional argument.
    public var interspersed = true
    /// The commands of a group.
    public var subcommands: [CommandSpec] = []
    /// Whether Drydock does it.
    public var status: FeatureStatus = .done

    /// A command that does something.
    init(
        _ name: String, aliases: [String] = [], _ id: CommandID, usage: String, arguments: ArgumentCount,
        summary: String, description: String? = nil, shownAliases: [String] = [], notice: HelpNotice? = nil,
        flags: [FlagSpec] = [], interspersed: Bool = true, status: FeatureStatus = .done
    ) {
        self.name = name
        self.aliases = aliases
        self.id = id
        self.usage = usage
        self.arguments = arguments
        self.summary = summary
        self.description = description ?? summary
        self.shownAliases = shownAliases
        self.notice = notice
        self.flags = flags
        self.interspersed = interspersed
        self.status = status
    }

    /// A group of commands.
    init(
        group name: String, summary: String, description: String? = nil, notice: HelpNotice? = nil,
        status: FeatureStatus = .done, subcommands: [CommandSpec]
    ) {
        self.name = name
        self.usage = "COMMAND"
        self.summary = summary
        self.description = description ?? summary
        self.notice = notice
        self.status = status
        self.subcommands = subcommands
    }

    /// A command that Docker has and Drydock leaves out.
    init(leftOut name: String, of group: String, summary: String) {
        self.name = name
        self.usage = "[OPTIONS]"
        self.summary = summary
        self.description = summary
        self.status = .refused(Self.leftOutReason(group))
    }

    /// The same command under another name, as `docker ps` is `docker container ls`.
    func called(_ name: String, usage: String? = nil, summary: String? = nil) -> CommandSpec {
        var copy = self
        copy.name = name
        copy.aliases = []
        if let usage { copy.usage = usage }
        if let summary {
            copy.summary = summary
            copy.description = summary
        }
        return copy
    }

    /// Whether a word names this command.
    func isCalled(_ word: String) -> Bool { name == word || aliases.contains(word) }

    /// The command of a group that a word names.
    public func subcommand(_ word: String) -> CommandSpec? { subcommands.first { $0.isCalled(word) } }

    /// The flag of a long name, without its dashes.
    public func flag(_ name: String) -> FlagSpec? { flags.first { $0.name == name } }

    /// The flag of a one-letter name.
    public func flag(short: Character) -> FlagSpec? { flags.first { $0.short == short } }
}

/// A block that a command's help adds.
public enum HelpNotice: Sendable {
    /// Docker marks the command as experimental.
    case experimental
}

/// Whether Drydock does what Docker's grammar knows.
public enum FeatureStatus: Sendable, Equatable {
    /// It does.
    case done
    /// Not yet; the text completes the sentence "… is not done yet".
    case notYet(String)
    /// It never will; the text is the whole reason, a sentence.
    case refused(String)
}

/// How many positional arguments a command takes.
public enum ArgumentCount: Sendable, Equatable {
    /// As many as one likes.
    case any
    /// None.
    case none
    /// So many.
    case exactly(Int)
    /// So many or more.
    case atLeast(Int)
    /// So many or fewer.
    case atMost(Int)
    /// In a range.
    case between(Int, Int)

    /// Docker's words for a wrong count, such as `requires at least 1 argument`; `nil` if the count is right.
    public func complaint(about count: Int) -> String? {
        func arguments(_ number: Int) -> String { number == 1 ? "1 argument" : "\(number) arguments" }
        switch self {
        case .any: return nil
        case .none: return count == 0 ? nil : "accepts no arguments"
        case .exactly(let number): return count == number ? nil : "requires \(arguments(number))"
        case .atLeast(let number): return count >= number ? nil : "requires at least \(arguments(number))"
        case .atMost(let number): return count <= number ? nil : "requires at most \(arguments(number))"
        case .between(let low, let high):
            return (low...high).contains(count)
                ? nil : "requires at least \(low) and at most \(arguments(high))"
        }
    }
}
