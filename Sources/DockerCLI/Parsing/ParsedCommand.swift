/// A command line after parsing: which command, its flags, its words.
public struct ParsedCommand: Sendable {
    /// The command.
    public var command: CommandSpec
    /// The words that named it, `container ls`, in their full form.
    public var path: String
    /// What was given for each flag, by its long name, in order.
    var given: [String: [String]] = [:]
    /// The positional arguments.
    public var arguments: [String] = []
    /// Old names that were used and the new ones, in order.
    var deprecated: [(old: String, new: String)] = []
    /// Whether `-h` stood for `--help`.
    var usedHelpShorthand = false

    init(_ command: CommandSpec, path: String) {
        self.command = command
        self.path = path
    }

    /// Whether a flag was given.
    public func isSet(_ flag: String) -> Bool { given[flag] != nil }

    /// A flag that is on or off.
    public func bool(_ flag: String) -> Bool {
        let text = given[flag]?.last ?? command.flag(flag)?.shownDefault ?? "false"
        return FlagValue.bool(text) ?? false
    }

    /// A flag's last text, or its default, or an empty text.
    public func string(_ flag: String) -> String { given[flag]?.last ?? command.flag(flag)?.shownDefault ?? "" }

    /// A flag's last text, if it was given.
    public func stringIfSet(_ flag: String) -> String? { given[flag]?.last }

    /// All texts of a flag.
    public func strings(_ flag: String) -> [String] {
        let texts = given[flag] ?? []
        guard command.flag(flag)?.type == .strings else { return texts }
        return texts.flatMap { CommaSeparated.fields($0) ?? [] }
    }

    /// A flag's number, if it was given.
    public func int(_ flag: String) -> Int64? { given[flag]?.last.flatMap { GoNumber.integer($0) } }

    /// A flag's size in bytes, if it was given.
    public func bytes(_ flag: String) -> Int64? {
        guard let text = given[flag]?.last else { return nil }
        if text == "-1" { return -1 }
        do throws(SizeText.Invalid) { return try SizeText.parse(text) } catch { return nil }
    }

    /// A flag's duration in nanoseconds, if it was given.
    public func duration(_ flag: String) -> Int64? {
        guard let text = given[flag]?.last else { return nil }
        do throws(DurationText.Invalid) { return try DurationText.parse(text) } catch { return nil }
    }
}
