// The commands on volumes. The texts are those of `docker COMMAND --help`, version 28.2.2.

extension CommandSpec {
    /// `docker volume create`
    static let volumeCreate = CommandSpec(
        "create", .volumeCreate,
        usage: "[OPTIONS] [VOLUME]", arguments: .atMost(1),
        summary: "Create a volume",
        flags: [
            FlagSpec(
                "availability", .string, "Cluster Volume availability (\"active\", \"pause\", \"drain\")",
                default: "active", requires: .apiVersion(1, 42)),
            FlagSpec("driver", "d", .string, "Specify volume driver name", default: "local"),
            FlagSpec("group", .string, "Cluster Volume group (cluster volumes)", requires: .apiVersion(1, 42)),
            FlagSpec("label", .label, "Set metadata for a volume"),
            FlagSpec(
                "limit-bytes", .bytes, "Minimum size of the Cluster Volume in bytes", requires: .apiVersion(1, 42)),
            FlagSpec("opt", "o", .map, "Set driver specific options", default: "map[]"),
            FlagSpec(
                "required-bytes", .bytes, "Maximum size of the Cluster Volume in bytes", requires: .apiVersion(1, 42)),
            FlagSpec(
                "scope", .string, "Cluster Volume access scope (\"single\", \"multi\")", default: "single",
                requires: .apiVersion(1, 42)),
            FlagSpec("secret", .map, "Cluster Volume secrets", default: "map[]", requires: .apiVersion(1, 42)),
            FlagSpec(
                "sharing", .string, "Cluster Volume access sharing (\"none\", \"readonly\", \"onewriter\", \"all\")",
                default: "none", requires: .apiVersion(1, 42)),
            FlagSpec(
                "topology-preferred", .list, "A topology that the Cluster Volume would be preferred in",
                requires: .apiVersion(1, 42)),
            FlagSpec(
                "topology-required", .list, "A topology that the Cluster Volume must be accessible from",
                requires: .apiVersion(1, 42)),
            FlagSpec(hidden: "name", .string),
            FlagSpec(
                "type", .string, "Cluster Volume access type (\"mount\", \"block\")", default: "block",
                requires: .apiVersion(1, 42)),
        ])

    /// `docker volume inspect`
    static let volumeInspect = CommandSpec(
        "inspect", .volumeInspect,
        usage: "[OPTIONS] VOLUME [VOLUME...]", arguments: .atLeast(1),
        summary: "Display detailed information on one or more volumes",
        flags: [
            FlagSpec("format", "f", .string, FlagSpec.formatHelp)
        ])

    /// `docker volume ls`
    static let volumeLs = CommandSpec(
        "ls", aliases: ["list"], .volumeLs,
        usage: "[OPTIONS]", arguments: .none,
        summary: "List volumes",
        shownAliases: ["volume ls", "volume list"],
        flags: [
            FlagSpec(
                "cluster", .bool, "Display only cluster volumes, and use cluster volume list formatting",
                requires: .apiVersion(1, 42)),
            FlagSpec("filter", "f", .filter, "Provide filter values (e.g. \"dangling=true\")"),
            FlagSpec("format", .string, FlagSpec.tableFormatHelp),
            FlagSpec("quiet", "q", .bool, "Only display volume names"),
        ])

    /// `docker volume prune`
    static let volumePrune = CommandSpec(
        "prune", .volumePrune,
        usage: "[OPTIONS]", arguments: .none,
        summary: "Remove unused local volumes",
        flags: [
            FlagSpec(
                "all", "a", .bool, "Remove all unused volumes, not just anonymous ones", requires: .apiVersion(1, 42)),
            FlagSpec("filter", .filter, "Provide filter values (e.g. \"label=<label>\")"),
            FlagSpec("force", "f", .bool, "Do not prompt for confirmation"),
        ])

    /// `docker volume rm`
    static let volumeRm = CommandSpec(
        "rm", aliases: ["remove"], .volumeRm,
        usage: "[OPTIONS] VOLUME [VOLUME...]", arguments: .atLeast(1),
        summary: "Remove one or more volumes",
        description: """
            Remove one or more volumes. You cannot remove a volume that is in use by a container.
            """,
        shownAliases: ["volume rm", "volume remove"],
        flags: [
            FlagSpec("force", "f", .bool, "Force the removal of one or more volumes")
        ])

    /// `docker volume update`
    static let volumeUpdate = CommandSpec(
        "update", .volumeUpdate,
        usage: "[OPTIONS] [VOLUME]", arguments: .exactly(1),
        summary: "Update a volume (cluster volumes only)",
        flags: [
            FlagSpec(
                "availability", .string, "Cluster Volume availability (\"active\", \"pause\", \"drain\")",
                default: "active", requires: .apiVersion(1, 42))
        ])

    /// `docker volume`
    static let volume = CommandSpec(
        group: "volume", summary: "Manage volumes",
        subcommands: [
            volumeCreate, volumeInspect, volumeLs, volumePrune, volumeRm, volumeUpdate,
        ])
}
