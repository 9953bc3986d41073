/// What is wrong with a command line, in the words of Docker's client.
public struct UsageError: Error, Sendable {
    /// The first line: `unknown flag: --foo`.
    public var message: String
    /// The command whose usage is shown after it.
    public var command: CommandSpec
    /// The command's words.
    public var path: String
    /// Which kind of mistake it is.
    public var kind: Kind
    /// A helpful guess, for a prompt that gives hints.
    public var suggestion: String?

    /// The kinds of mistake.
    public enum Kind: Sendable {
        /// A flag that isn't, or its value.
        case flag
        /// The number of arguments.
        case arguments
        /// A word that is no command.
        case unknownCommand
    }
}

/// Reads flags and arguments with the rules of the Go library `pflag`: `--name=value`, `--name value`, `-abc`, `-n5`,
/// `-n=5`, flags between arguments unless the command says otherwise, and `--` as the end of flags.
struct Parser {
    private var result: ParsedCommand
    /// All the words, as they were given.
    private let words: [String]

    /// Parses the words after a command's name.
    static func parse(_ words: [String], for command: CommandSpec, path: String) throws(UsageError) -> ParsedCommand {
        var parser = Parser(result: ParsedCommand(command, path: path), words: words)
        try parser.run(words)
        return parser.result
    }

    private init(result: ParsedCommand, words: [String]) {
        self.result = result
        self.words = words
    }

    private func error(_ message: String, suggestion: String? = nil) -> UsageError {
        UsageError(
            message: message, command: result.command, path: result.path, kind: .flag, suggestion: suggestion)
    }

    private mutating func run(_ words: [String]) throws(UsageError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                result.arguments += rest
                return
            }
            if word.hasPrefix("--") {
                try long(word, &rest)
            } else if word.hasPrefix("-") && word.count > 1 {
                try cluster(word, &rest)
            } else {
                result.arguments.append(word)
                if !result.command.interspersed {
                    result.arguments += rest
                    return
                }
            }
        }
    }

    private mutating func long(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        let body = word.dropFirst(2)
        if body.first == "-" || body.first == "=" { throw error("bad flag syntax: \(word)") }
        let name: String
        var value: String?
        if let equals = body.firstIndex(of: "=") {
            name = String(body[..<equals])
            value = String(body[body.index(after: equals)...])
        } else {
            name = String(body)
        }
        guard let flag = find(name) else {
            throw error("unknown flag: --\(name)", suggestion: suggestion(for: name))
        }
        if value == nil {
            if flag.type == .bool {
                value = "true"
            } else if let next = rest.popFirst() {
                value = next
            }
        }
        guard let value else { throw error("flag needs an argument: --\(name)") }
        try set(flag, value)
    }

    private mutating func cluster(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        var letters = word.dropFirst()
        while let letter = letters.first {
            let shown = letters
            letters = letters.dropFirst()
            guard let flag = find(short: letter) else {
                throw error("unknown shorthand flag: '\(letter)' in -\(shown)")
            }
            if shown.utf8.count > 2 && letters.first == "=" {
                try set(flag, String(letters.dropFirst()))
                return
            }
            if flag.type == .bool {
                if flag.name == "help" { result.usedHelpShorthand = true }
                try set(flag, "true")
            } else if !letters.isEmpty {
                try set(flag, String(letters))
                return
            } else if let next = rest.popFirst() {
                try set(flag, next)
            } else {
                throw error("flag needs an argument: '\(letter)' in -\(shown)")
            }
        }
    }

    private static let help = FlagSpec("help", .bool, "Print usage")

    private func find(_ name: String) -> FlagSpec? {
        result.command.flag(name) ?? (name == "help" ? Self.help : nil)
    }

    private func find(short letter: Character) -> FlagSpec? {
        result.command.flag(short: letter) ?? (letter == "h" ? Self.help : nil)
    }

    private mutating func set(_ flag: FlagSpec, _ value: String) throws(UsageError) {
        var target = flag
        if let newName = flag.standsFor, let found = result.command.flag(newName) {
            target = found
            if flag.isDeprecated { result.deprecated.append((flag.name, newName)) }
        }
        if let complaint = FlagValue.complaint(about: value, as: target) {
            throw error("invalid argument \(GoFormat.quote(value)) for \"\(flag.shownName)\" flag: \(complaint)")
        }
        result.given[target.name, default: []].append(value)
    }

    private func suggestion(for name: String) -> String? {
        if name == "name", let text = CommonMistakes.name(result.command, path: result.path, words) { return text }
        let names = result.command.flags.filter { !$0.isHidden }.map(\.name)
        return Suggestions.nearest(to: name, in: names).map { "Did you mean --\($0)?" }
    }
}
