// The commands on the engine itself. The texts are those of `docker COMMAND --help`, version 28.2.2.

extension CommandSpec {
    /// `docker system df`
    static let systemDf = CommandSpec(
        "df", .systemDf,
        usage: "[OPTIONS]", arguments: .none,
        summary: "Show docker disk usage",
        flags: [
            FlagSpec("format", .string, FlagSpec.tableFormatHelp),
            FlagSpec("verbose", "v", .bool, "Show detailed information on space usage"),
        ])

    /// `docker system events`
    static let systemEvents = CommandSpec(
        "events", .systemEvents,
        usage: "[OPTIONS]", arguments: .none,
        summary: "Get real time events from the server",
        shownAliases: ["system events", "events"],
        flags: [
            FlagSpec("filter", "f", .filter, "Filter output based on conditions provided"),
            FlagSpec("format", .string, FlagSpec.formatHelp),
            FlagSpec("since", .string, "Show all events created since timestamp"),
            FlagSpec("until", .string, "Stream events until this timestamp"),
        ])

    /// `docker system info`
    static let systemInfo = CommandSpec(
        "info", .systemInfo,
        usage: "[OPTIONS]", arguments: .none,
        summary: "Display system-wide information",
        shownAliases: ["system info", "info"],
        flags: [
            FlagSpec("format", "f", .string, FlagSpec.formatHelp)
        ])

    /// `docker system prune`
    static let systemPrune = CommandSpec(
        "prune", .systemPrune,
        usage: "[OPTIONS]", arguments: .none,
        summary: "Remove unused data",
        flags: [
            FlagSpec("all", "a", .bool, "Remove all unused images not just dangling ones"),
            FlagSpec("filter", .filter, "Provide filter values (e.g. \"label=<key>=<value>\")"),
            FlagSpec("force", "f", .bool, "Do not prompt for confirmation"),
            FlagSpec("volumes", .bool, "Prune anonymous volumes"),
        ])

    /// `docker system`
    static let system = CommandSpec(
        group: "system", summary: "Manage Docker",
        subcommands: [
            systemDf, systemEvents, systemInfo, systemPrune,
        ])
}
