// Commands that stand at the top only. The texts are those of `docker COMMAND --help`, version 28.2.2.

extension CommandSpec {
    /// `docker login`
    static let login = CommandSpec(
        "login", .login,
        usage: "[OPTIONS] [SERVER]", arguments: .atMost(1),
        summary: "Authenticate to a registry",
        description: """
            Authenticate to a registry.
            Defaults to Docker Hub if no server is specified.
            """,
        flags: [
            FlagSpec("password", "p", .string, "Password or Personal Access Token (PAT)"),
            FlagSpec("password-stdin", .bool, "Take the Password or Personal Access Token (PAT) from stdin"),
            FlagSpec("username", "u", .string, "Username"),
        ])

    /// `docker logout`
    static let logout = CommandSpec(
        "logout", .logout,
        usage: "[SERVER]", arguments: .atMost(1),
        summary: "Log out from a registry",
        description: """
            Log out from a registry.
            If no server is specified, the default is defined by the daemon.
            """)

    /// `docker search`
    static let search = CommandSpec(
        "search", .search,
        usage: "[OPTIONS] TERM", arguments: .exactly(1),
        summary: "Search Docker Hub for images",
        flags: [
            FlagSpec("filter", "f", .filter, "Filter output based on conditions provided"),
            FlagSpec("format", .string, "Pretty-print search using a Go template"),
            FlagSpec("limit", .int, "Max number of search results"),
            FlagSpec("no-trunc", .bool, "Don't truncate output"),
        ])

    /// `docker version`
    static let version = CommandSpec(
        "version", .version,
        usage: "[OPTIONS]", arguments: .none,
        summary: "Show the Docker version information",
        flags: [
            FlagSpec("format", "f", .string, FlagSpec.formatHelp)
        ])

    /// `docker inspect`
    static let inspect = CommandSpec(
        "inspect", .inspect,
        usage: "[OPTIONS] NAME|ID [NAME|ID...]", arguments: .atLeast(1),
        summary: "Return low-level information on Docker objects",
        flags: [
            FlagSpec("format", "f", .string, FlagSpec.formatHelp),
            FlagSpec("size", "s", .bool, "Display total file sizes if the type is container"),
            FlagSpec("type", .string, "Only inspect objects of the given type"),
        ])

}
