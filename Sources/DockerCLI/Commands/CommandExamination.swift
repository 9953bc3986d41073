extension DockerCommandLine {
    /// What a command line is, without running it.
    public struct Examination: Sendable {
        /// The command; `nil` for a group, or for what can't be parsed.
        public var command: CommandID?
        /// Why it would be refused before anything is done; `nil` if it would not.
        public var complaint: String?
    }

    /// Parses `docker ARGS…` and says what is wrong with it; no engine is asked.
    ///
    /// - Parameter arguments: The words after `docker`.
    public static func examine(_ arguments: [String]) -> Examination {
        var reason: String?
        do throws(UsageError) {
            let global = try Parser.parse(arguments, for: Grammar.root, path: "")
            if global.bool("help") || global.bool("version") || global.arguments.isEmpty { return Examination() }
            let found = try CommandLookup.find(global.arguments)
            if found.showsHelp { return Examination() }
            if case .refused(let text) = found.command.status { reason = text }
            let parsed = try Parser.parse(found.rest, for: found.command, path: found.path)
            if parsed.bool("help") { return Examination(command: found.command.id) }
            if let complaint = found.command.arguments.complaint(about: parsed.arguments.count) {
                return Examination(command: found.command.id, complaint: complaint)
            }
            return Examination(command: found.command.id, complaint: refusal(parsed))
        } catch {
            return Examination(complaint: reason ?? error.message)
        }
    }
}
