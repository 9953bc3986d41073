public import EngineClient
import OrderedJSON

/// `docker`, as a library: it parses a command line with Docker's grammar, does what it says through the Engine API and
/// prints what Docker's client prints.
public struct DockerCommandLine: Sendable {
    private let client: EngineClient
    let io: CommandIO
    private let observer: (any CommandObserver)?
    private let hints: Bool
    private let columns: @Sendable () -> Int
    private let makeClient: (@Sendable (String) throws -> EngineClient)?

    /// A command line.
    ///
    /// - Parameters:
    ///   - client: The engine.
    ///   - io: Where to read and write.
    ///   - observer: Whom to tell of the operations that commands cause.
    ///   - hints: Whether a helpful line may follow Docker's own message.
    ///   - columns: The terminal's width.
    ///   - makeClient: Makes a client for the address of `docker -H`; without it `EngineClient(host:)` is asked.
    public init(
        client: EngineClient, io: CommandIO, observer: (any CommandObserver)?, hints: Bool,
        columns: @escaping @Sendable () -> Int, makeClient: (@Sendable (String) throws -> EngineClient)? = nil
    ) {
        self.client = client
        self.io = io
        self.observer = observer
        self.hints = hints
        self.columns = columns
        self.makeClient = makeClient
    }

    /// Runs `docker ARGS…`.
    ///
    /// - Parameter arguments: The words after `docker`.
    /// - Returns: The exit code, as Docker's client would give.
    public func run(_ arguments: [String]) -> Int32 {
        do {
            return try start(arguments)
        } catch let error as UsageError {
            return report(error)
        } catch let failure as CommandFailure {
            if !failure.message.isEmpty { io.complain(failure.message) }
            return failure.code
        } catch {
            io.complain(CommandContext.text(of: error))
            return 1
        }
    }

    private func start(_ arguments: [String]) throws -> Int32 {
        let global = try Parser.parse(arguments, for: Grammar.root, path: "")
        if global.usedHelpShorthand { io.complain(Self.helpShorthand) }
        if global.bool("help") { return help(Grammar.root, "") }
        if let refusal = refusal(global) { throw CommandFailure(refusal, code: 125) }
        if global.bool("version") {
            io.printLine("Docker version \(Grammar.clientVersion), build \(Grammar.clientBuild)")
            return 0
        }
        let level = global.string("log-level")
        if !["debug", "info", "warn", "warning", "error", "fatal", "panic", "trace"].contains(level.lowercased()) {
            throw CommandFailure("Unable to parse logging level: \(level)")
        }
        if global.arguments.isEmpty { return help(Grammar.root, "") }
        if global.arguments[0] == "help" { return try helpCommand(Array(global.arguments.dropFirst())) }
        if BuildCommand.isClassicChosen, Self.meansBuilder(global.arguments) {
            io.complain(BuildCommand.deprecationNotice)
        }
        let found = try CommandLookup.find(global.arguments)
        if found.showsHelp { return help(found.command, found.path) }
        return try dispatch(found, global, arguments)
    }

    /// The groups whose usage line has `COMMAND` in messages too; the others' names stand alone there.
    private static let groupsWithUsage: Set<String> = ["volume", "manifest"]
    private static let helpShorthand = "Flag shorthand -h has been deprecated, use --help"

    /// Whether a line is one of those that BuildKit's own client would take over.
    private static func meansBuilder(_ words: [String]) -> Bool {
        ["build", "builder"].contains(words.first) || words.prefix(2) == ["image", "build"]
    }

    private func dispatch(_ found: CommandLookup, _ global: ParsedCommand, _ arguments: [String]) throws -> Int32 {
        let parsed = try found.parsed()
        for (old, new) in parsed.deprecated {
            io.printLine("Flag --\(old) has been deprecated, use --\(new) instead")
        }
        if parsed.usedHelpShorthand { io.printLine(Self.helpShorthand) }
        if parsed.bool("help") { return help(found.command, found.path) }
        guard let id = found.command.id else {
            if case .refused(let reason) = found.command.status { throw CommandFailure(reason) }
            // A group by itself shows its help, as an error would be.
            io.complain(String(HelpText(columns: columns()).text(for: found.command, path: found.path).dropLast()))
            return 0
        }
        if let complaint = found.command.arguments.complaint(about: parsed.arguments.count) {
            throw UsageError(message: complaint, command: found.command, path: found.path, kind: .arguments)
        }
        let createsContainer = id == .containerRun || id == .containerCreate
        if let refusal = refusal(parsed) { throw CommandFailure(refusal, code: createsContainer ? 125 : 1) }
        let client = try engine(global.stringIfSet("host"))
        try checkRequirements(parsed, client)
        let context = CommandContext(
            client: client, io: io, parsed: parsed, words: ["docker"] + arguments,
            observer: observer, operations: OperationLog(), columns: columns, isDebug: global.bool("debug"))
        defer { context.narrate(isOver: true) }
        return try CommandTable.run(id, context)
    }

    /// Refuses flags that need another engine than the one there is, as Docker's client refuses them.
    private func checkRequirements(_ parsed: ParsedCommand, _ client: EngineClient) throws {
        let flags = parsed.command.flags.filter { $0.requirement != nil && parsed.isSet($0.name) }
        if flags.isEmpty { return }
        let engine = try EngineTraits(client)
        let complaints = flags.sorted { $0.name < $1.name }.compactMap {
            $0.requirement?.complaint(about: $0.name, engine)
        }
        if !complaints.isEmpty { throw CommandFailure(complaints.joined(separator: "\n")) }
    }

    /// The sentence for what was asked for and isn't done, or never will be.
    func refusal(_ parsed: ParsedCommand) -> String? { Self.refusal(parsed) }

    /// The sentence for what was asked for and isn't done, or never will be.
    static func refusal(_ parsed: ParsedCommand) -> String? {
        let name = "docker \(parsed.path)"
        switch parsed.command.status {
        case .done: break
        case .notYet(let reason): return "\"\(name)\" is not done yet: \(reason)"
        case .refused(let reason): return reason
        }
        for flag in parsed.command.flags where parsed.isSet(flag.name) {
            switch flag.status {
            case .done: continue
            case .notYet(let reason): return "--\(flag.name) of \"\(name)\" is not done yet: \(reason)"
            case .refused(let reason): return reason
            }
        }
        return nil
    }

    func engine(_ host: String?) throws -> EngineClient {
        guard let host else { return client }
        if let makeClient { return try makeClient(host) }
        return try EngineClient(host: host)
    }

    private func help(_ command: CommandSpec, _ path: String) -> Int32 {
        io.print(HelpText(columns: columns()).text(for: command, path: path))
        return 0
    }

    private func helpCommand(_ words: [String]) throws -> Int32 {
        var command = Grammar.root
        var path: [String] = []
        for word in words {
            guard let next = command.subcommand(word) else { throw CommandFailure("unknown help topic: \(word)") }
            command = next
            path.append(next.name)
        }
        return help(command, path.joined(separator: " "))
    }

    /// Prints a mistake in the command line in the forms of Docker's client.
    private func report(_ error: UsageError) -> Int32 {
        let words = error.path.isEmpty ? "docker" : "docker \(error.path)"
        var usage = "Usage:  \(words)"
        if error.path.isEmpty {
            usage += " [OPTIONS] COMMAND [ARG...]"
        } else if error.command.subcommands.isEmpty || Self.groupsWithUsage.contains(error.path) {
            usage += error.command.usage.isEmpty ? "" : " \(error.command.usage)"
        }
        var text: String
        var code: Int32 = 1
        switch error.kind {
        case .flag:
            text = "\(error.message)\n\n\(usage)\n\nRun '\(words) --help' for more information"
            code = 125
        case .unknownCommand:
            text = "docker: unknown command: \(words) \(error.message)\n\n"
            if !error.path.isEmpty { text += "\(usage)\n\n" }
            text += "Run '\(words) --help' for more information"
        case .arguments:
            var verb = "Run"
            // Docker's client says "See" where a minimum is missed, and its text for a maximum has a stray letter.
            if case .atLeast = error.command.arguments { verb = "See" }
            if case .atMost = error.command.arguments { verb = "SRun" }
            text = "docker: '\(words)' \(error.message)\n\n\(usage)\n\n\(verb) '\(words) --help' for more information"
        }
        if hints, let suggestion = error.suggestion { text += "\n\n\(suggestion)" }
        io.complain(text)
        return code
    }

    /// Completion candidates for the last word of a line.
    ///
    /// - Parameter words: The words after `docker`, the last one unfinished and perhaps empty.
    /// - Returns: Commands, flags, or names of what the engine has, sorted; nothing where only the user can know.
    public func completions(_ words: [String]) -> [String] {
        Completion(client: client).candidates(words)
    }
}

/// The command that a line's words name.
struct CommandLookup {
    var command: CommandSpec
    var path: String
    /// The words after the command's own.
    var rest: [String]
    /// Whether a help flag stands after a word that is no command, which shows the group's help.
    var showsHelp = false

    /// The command's flags and arguments. The flags of a command that is left out are not known here: none of them is
    /// wrong, it is the command that can't be had.
    /// - Throws: ``UsageError``, or ``CommandFailure`` with the reason why the command is left out.
    func parsed() throws -> ParsedCommand {
        do throws(UsageError) { return try Parser.parse(rest, for: command, path: path) } catch {
            if case .refused(let reason) = command.status { throw CommandFailure(reason) }
            throw error
        }
    }

    /// Follows words through the groups.
    /// - Throws: ``UsageError`` for a word that is no command.
    static func find(_ words: [String]) throws(UsageError) -> CommandLookup {
        var command = Grammar.root
        var path: [String] = []
        var rest = words[...]
        while !command.subcommands.isEmpty, let word = rest.first, !word.hasPrefix("-") {
            guard let next = command.subcommand(word) else {
                if rest.contains("--help") {
                    return CommandLookup(
                        command: command, path: path.joined(separator: " "), rest: [], showsHelp: true)
                }
                // Flags are read first where no command is known, and Docker itself has hardly any.
                if path.isEmpty, let flag = rest.dropFirst().first(where: { $0.hasPrefix("-") && $0.count > 1 }) {
                    _ = try Parser.parse([flag], for: command, path: "")
                }
                throw UsageError(
                    message: word, command: command, path: path.joined(separator: " "), kind: .unknownCommand,
                    suggestion: suggestion(for: word, in: command, path))
            }
            command = next
            path.append(next.name)
            rest = rest.dropFirst()
        }
        return CommandLookup(command: command, path: path.joined(separator: " "), rest: Array(rest))
    }

    private static func suggestion(for word: String, in command: CommandSpec, _ path: [String]) -> String? {
        let names = command.subcommands.flatMap { [$0.name] + $0.aliases }
        guard let nearest = Suggestions.nearest(to: word, in: names) else { return nil }
        return "Did you mean: \((["docker"] + path + [nearest]).joined(separator: " "))?"
    }
}
