import Glibc

/// Docker's whole grammar.
public enum Grammar {
    /// The client version whose grammar and texts these are.
    public static let clientVersion = "28.2.2"
    /// The build of that version, as `docker --version` prints it.
    public static let clientBuild = "drydock"

    /// `docker` itself; its subcommands are the groups and the short forms.
    public static let root: CommandSpec = {
        var root = CommandSpec(
            group: "docker", summary: "A self-sufficient runtime for containers",
            subcommands: topSections.flatMap(\.commands))
        root.usage = "[OPTIONS] COMMAND"
        root.flags = globalFlags
        root.interspersed = false
        return root
    }()

    /// A part of the list of commands that `docker --help` prints.
    struct Section: Sendable {
        var title: String
        var commands: [CommandSpec]
    }

    /// The parts in the order of `docker --help`.
    static let topSections: [Section] = {
        let groups =
            [
                CommandSpec.builder, .container, .image, .manifest, .network, .system, .volume,
            ] + CommandSpec.leftOut.filter { !swarmGroups.contains($0.name) }
        return [
            Section(
                title: "Common Commands",
                commands: [
                    .containerRun, .containerExec, CommandSpec.containerLs.called("ps"), CommandSpec.imageBuild,
                    .imagePull, .imagePush, CommandSpec.imageLs.called("images"), .login, .logout, .search, .version,
                    .systemInfo,
                ]),
            Section(title: "Management Commands", commands: groups.sorted { $0.name < $1.name }),
            Section(
                title: "Swarm Commands",
                commands: (CommandSpec.leftOut.filter { swarmGroups.contains($0.name) } + [.node, .swarm]).sorted {
                    $0.name < $1.name
                }),
            Section(
                title: "Commands",
                commands: [
                    .containerAttach, .containerCommit, .containerCp, .containerCreate, .containerDiff, .systemEvents,
                    .containerExport, .imageHistory, .imageImport, .inspect, .containerKill, .imageLoad, .containerLogs,
                    .containerPause, .containerPort, .containerRename, .containerRestart,
                    CommandSpec.containerRm.called("rm"), CommandSpec.imageRm.called("rmi"), .imageSave,
                    .containerStart, .containerStats, .containerStop, .imageTag, .containerTop, .containerUnpause,
                    .containerUpdate, .containerWait,
                ]),
        ]
    }()

    private static let swarmGroups: Set<String> = ["config", "node", "secret", "service", "stack", "swarm"]

    /// The flags before the command.
    static let globalFlags: [FlagSpec] = [
        FlagSpec("config", .string, "Location of client config files", default: "\(homeDirectory)/.docker"),
        FlagSpec(
            "context", "c", .string,
            """
            Name of the context to use to connect to the daemon (overrides DOCKER_HOST env var and default context \
            set with "docker context use")
            """,
            status: .refused(
                "--context is not used here: Drydock talks to one engine at a time, named by -H or DOCKER_HOST.")
        ),
        FlagSpec("debug", "D", .bool, "Enable debug mode"),
        FlagSpec("host", "H", .list, "Daemon socket to connect to"),
        FlagSpec(
            "log-level", "l", .string,
            "Set the logging level (\"debug\", \"info\", \"warn\", \"error\", \"fatal\")", default: "info"),
        FlagSpec("tls", .bool, "Use TLS; implied by --tlsverify", status: withoutTLS),
        FlagSpec(
            "tlscacert", .string, "Trust certs signed only by this CA", default: "\(homeDirectory)/.docker/ca.pem",
            status: withoutTLS),
        FlagSpec(
            "tlscert", .string, "Path to TLS certificate file", default: "\(homeDirectory)/.docker/cert.pem",
            status: withoutTLS),
        FlagSpec(
            "tlskey", .string, "Path to TLS key file", default: "\(homeDirectory)/.docker/key.pem", status: withoutTLS),
        FlagSpec("tlsverify", .bool, "Use TLS and verify the remote", status: withoutTLS),
        FlagSpec("version", "v", .bool, "Print version information and quit"),
    ]

    private static let withoutTLS = FeatureStatus.refused(
        "TLS is not used here: Drydock talks to an engine on this machine, through a socket that only its owner can open."
    )

    private static let homeDirectory: String = {
        guard let home = getenv("HOME") else { return "/root" }
        return String(cString: home)
    }()
}
