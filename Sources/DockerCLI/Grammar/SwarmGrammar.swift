// The commands on swarms and their nodes, as far as networks need them. The texts are those of `docker COMMAND --help`,
// version 28.2.2.

extension CommandSpec {
    /// The reason for what a swarm has beside nodes and networks.
    private static let networksOnly =
        "Drydock's swarms carry networks only, with the settings that Docker gives by default."

    /// `docker swarm`
    static let swarm = CommandSpec(
        group: "swarm", summary: "Manage Swarm",
        subcommands: [
            CommandSpec(leftOut: "ca", of: "swarm", summary: "Display and rotate the root CA"), .swarmInit, .swarmJoin,
            .swarmJoinToken, .swarmLeave,
            CommandSpec(leftOut: "unlock", of: "swarm", summary: "Unlock swarm"),
            CommandSpec(leftOut: "unlock-key", of: "swarm", summary: "Manage the unlock key"),
            CommandSpec(leftOut: "update", of: "swarm", summary: "Update the swarm"),
        ])

    /// `docker node`
    static let node = CommandSpec(
        group: "node", summary: "Manage Swarm nodes",
        subcommands: [
            CommandSpec(leftOut: "demote", of: "node", summary: "Demote one or more nodes from manager in the swarm"),
            CommandSpec(
                leftOut: "inspect", of: "node", summary: "Display detailed information on one or more nodes"),
            .nodeLs,
            CommandSpec(leftOut: "promote", of: "node", summary: "Promote one or more nodes to manager in the swarm"),
            CommandSpec(
                leftOut: "ps", of: "node",
                summary: "List tasks running on one or more nodes, defaults to current node"),
            .nodeRm, CommandSpec(leftOut: "update", of: "node", summary: "Update a node"),
        ])

    private static let advertiseFlag = FlagSpec(
        "advertise-addr", .string, "Advertised address (format: \"<ip|interface>[:port]\")")
    private static let listenFlag = FlagSpec(
        "listen-addr", .string, "Listen address (format: \"<ip|interface>[:port]\")", default: "0.0.0.0:2377",
        shownType: "node-addr")
    private static let availabilityFlag = FlagSpec(
        "availability", .string, "Availability of the node (\"active\", \"pause\", \"drain\")", default: "active",
        status: .notYet(networksOnly))
    private static let dataPathFlag = FlagSpec(
        "data-path-addr", .string, "Address or interface to use for data path traffic (format: \"<ip|interface>\")",
        status: .notYet(networksOnly))

    /// `docker swarm init`
    static let swarmInit = CommandSpec(
        "init", .swarmInit, usage: "[OPTIONS]", arguments: .none, summary: "Initialize a swarm",
        flags: [
            advertiseFlag,
            FlagSpec(
                "autolock", .bool, "Enable manager autolocking (requiring an unlock key to start a stopped manager)",
                status: .notYet(networksOnly)),
            availabilityFlag,
            FlagSpec(
                "cert-expiry", .duration, "Validity period for node certificates (ns|us|ms|s|m|h)",
                default: "2160h0m0s", status: .notYet(networksOnly)),
            dataPathFlag,
            FlagSpec(
                "data-path-port", .uint,
                """
                Port number to use for data path traffic (1024 - 49151). If no value is set or is set to 0, the \
                default port (4789) is used.
                """, shownType: "uint32", status: .notYet(networksOnly)),
            FlagSpec(
                "default-addr-pool", .strings, "default address pool in CIDR format", default: "[]",
                shownType: "ipNetSlice", status: .notYet(networksOnly)),
            FlagSpec(
                "default-addr-pool-mask-length", .uint, "default address pool subnet mask length", default: "24",
                shownType: "uint32", status: .notYet(networksOnly)),
            FlagSpec(
                "dispatcher-heartbeat", .duration, "Dispatcher heartbeat period (ns|us|ms|s|m|h)", default: "5s",
                status: .notYet(networksOnly)),
            FlagSpec(
                "external-ca", .string, "Specifications of one or more certificate signing endpoints",
                shownType: "external-ca", status: .notYet(networksOnly)),
            FlagSpec(
                "force-new-cluster", .bool, "Force create a new cluster from current state",
                status: .notYet(networksOnly)),
            listenFlag,
            FlagSpec(
                "max-snapshots", .uint, "Number of additional Raft snapshots to retain", status: .notYet(networksOnly)),
            FlagSpec(
                "snapshot-interval", .uint, "Number of log entries between Raft snapshots", default: "10000",
                status: .notYet(networksOnly)),
            FlagSpec(
                "task-history-limit", .int, "Task history retention limit", default: "5",
                status: .notYet(networksOnly)),
        ])

    /// `docker swarm join`
    static let swarmJoin = CommandSpec(
        "join", .swarmJoin, usage: "[OPTIONS] HOST:PORT", arguments: .exactly(1),
        summary: "Join a swarm as a node and/or manager",
        flags: [
            advertiseFlag, availabilityFlag, dataPathFlag, listenFlag,
            FlagSpec("token", .string, "Token for entry into the swarm"),
        ])

    /// `docker swarm join-token`
    static let swarmJoinToken = CommandSpec(
        "join-token", .swarmJoinToken, usage: "[OPTIONS] (worker|manager)", arguments: .exactly(1),
        summary: "Manage join tokens",
        flags: [
            FlagSpec("quiet", "q", .bool, "Only display token"),
            FlagSpec("rotate", .bool, "Rotate join token", status: .notYet(networksOnly)),
        ])

    /// `docker swarm leave`
    static let swarmLeave = CommandSpec(
        "leave", .swarmLeave, usage: "[OPTIONS]", arguments: .none, summary: "Leave the swarm",
        flags: [FlagSpec("force", "f", .bool, "Force this node to leave the swarm, ignoring warnings")])

    /// `docker node ls`
    static let nodeLs = CommandSpec(
        "ls", aliases: ["list"], .nodeLs, usage: "[OPTIONS]", arguments: .none, summary: "List nodes in the swarm",
        shownAliases: ["node ls", "node list"],
        flags: [
            FlagSpec("filter", "f", .filter, "Filter output based on conditions provided"),
            FlagSpec("format", .string, FlagSpec.tableFormatHelp), FlagSpec("quiet", "q", .bool, "Only display IDs"),
        ])

    /// `docker node rm`
    static let nodeRm = CommandSpec(
        "rm", aliases: ["remove"], .nodeRm, usage: "[OPTIONS] NODE [NODE...]", arguments: .atLeast(1),
        summary: "Remove one or more nodes from the swarm", shownAliases: ["node rm", "node remove"],
        flags: [FlagSpec("force", "f", .bool, "Force remove a node from the swarm")])
}
