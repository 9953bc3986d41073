// The commands on networks. The texts are those of `docker COMMAND --help`, version 28.2.2.

extension CommandSpec {
    /// `docker network connect`
    static let networkConnect = CommandSpec(
        "connect", .networkConnect,
        usage: "[OPTIONS] NETWORK CONTAINER", arguments: .exactly(2),
        summary: "Connect a container to a network",
        flags: [
            FlagSpec("alias", .strings, "Add network-scoped alias for the container"),
            FlagSpec("driver-opt", .strings, "driver options for the network"),
            FlagSpec(
                "gw-priority", .int,
                """
                Highest gw-priority provides the default gateway. Accepts positive and negative \
                values.
                """),
            FlagSpec("ip", .string, "IPv4 address (e.g., \"172.30.100.104\")"),
            FlagSpec("ip6", .string, "IPv6 address (e.g., \"2001:db8::33\")"),
            FlagSpec("link", .link, "Add link to another container"),
            FlagSpec("link-local-ip", .strings, "Add a link-local address for the container"),
        ])

    /// `docker network create`
    static let networkCreate = CommandSpec(
        "create", .networkCreate,
        usage: "[OPTIONS] NETWORK", arguments: .exactly(1),
        summary: "Create a network",
        flags: [
            FlagSpec("attachable", .bool, "Enable manual container attachment"),
            FlagSpec("aux-address", .map, "Auxiliary IPv4 or IPv6 addresses used by Network driver", default: "map[]"),
            FlagSpec("config-from", .string, "The network from which to copy the configuration"),
            FlagSpec("config-only", .bool, "Create a configuration only network"),
            FlagSpec("driver", "d", .string, "Driver to manage the Network", default: "bridge"),
            FlagSpec("gateway", .strings, "IPv4 or IPv6 Gateway for the master subnet"),
            FlagSpec("ingress", .bool, "Create swarm routing-mesh network"),
            FlagSpec("internal", .bool, "Restrict external access to the network"),
            FlagSpec("ip-range", .strings, "Allocate container ip from a sub-range"),
            FlagSpec("ipam-driver", .string, "IP Address Management Driver", default: "default"),
            FlagSpec("ipam-opt", .map, "Set IPAM driver specific options", default: "map[]"),
            FlagSpec("ipv4", .bool, "Enable or disable IPv4 address assignment", default: "true"),
            FlagSpec("ipv6", .bool, "Enable or disable IPv6 address assignment"),
            FlagSpec("label", .label, "Set metadata on a network"),
            FlagSpec("opt", "o", .map, "Set driver specific options", default: "map[]"),
            FlagSpec("scope", .string, "Control the network's scope"),
            FlagSpec("subnet", .strings, "Subnet in CIDR format that represents a network segment"),
        ])

    /// `docker network disconnect`
    static let networkDisconnect = CommandSpec(
        "disconnect", .networkDisconnect,
        usage: "[OPTIONS] NETWORK CONTAINER", arguments: .exactly(2),
        summary: "Disconnect a container from a network",
        flags: [
            FlagSpec("force", "f", .bool, "Force the container to disconnect from a network")
        ])

    /// `docker network inspect`
    static let networkInspect = CommandSpec(
        "inspect", .networkInspect,
        usage: "[OPTIONS] NETWORK [NETWORK...]", arguments: .atLeast(1),
        summary: "Display detailed information on one or more networks",
        flags: [
            FlagSpec("format", "f", .string, FlagSpec.formatHelp),
            FlagSpec("verbose", "v", .bool, "Verbose output for diagnostics"),
        ])

    /// `docker network ls`
    static let networkLs = CommandSpec(
        "ls", aliases: ["list"], .networkLs,
        usage: "[OPTIONS]", arguments: .none,
        summary: "List networks",
        shownAliases: ["network ls", "network list"],
        flags: [
            FlagSpec("filter", "f", .filter, "Provide filter values (e.g. \"driver=bridge\")"),
            FlagSpec("format", .string, FlagSpec.tableFormatHelp),
            FlagSpec("no-trunc", .bool, "Do not truncate the output"),
            FlagSpec("quiet", "q", .bool, "Only display network IDs"),
        ])

    /// `docker network prune`
    static let networkPrune = CommandSpec(
        "prune", .networkPrune,
        usage: "[OPTIONS]", arguments: .none,
        summary: "Remove all unused networks",
        flags: [
            FlagSpec("filter", .filter, "Provide filter values (e.g. \"until=<timestamp>\")"),
            FlagSpec("force", "f", .bool, "Do not prompt for confirmation"),
        ])

    /// `docker network rm`
    static let networkRm = CommandSpec(
        "rm", aliases: ["remove"], .networkRm,
        usage: "NETWORK [NETWORK...]", arguments: .atLeast(1),
        summary: "Remove one or more networks",
        shownAliases: ["network rm", "network remove"],
        flags: [
            FlagSpec("force", "f", .bool, "Do not error if the network does not exist")
        ])

    /// `docker network`
    static let network = CommandSpec(
        group: "network", summary: "Manage networks",
        subcommands: [
            networkConnect, networkCreate, networkDisconnect, networkInspect, networkLs, networkPrune, networkRm,
        ])
}
