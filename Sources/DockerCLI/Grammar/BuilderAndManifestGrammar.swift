// The builder and manifest groups. The texts are those of `docker COMMAND --help`, version 28.2.2.

extension CommandSpec {
    /// `docker builder prune`
    static let builderPrune = CommandSpec(
        "prune", .builderPrune,
        usage: "", arguments: .none,
        summary: "Remove build cache",
        flags: [
            FlagSpec("all", "a", .bool, "Remove all unused build cache, not just dangling ones"),
            FlagSpec("filter", .filter, "Provide filter values (e.g. \"until=24h\")"),
            FlagSpec("force", "f", .bool, "Do not prompt for confirmation"),
            FlagSpec("keep-storage", .bytes, "Amount of disk space to keep for cache"),
        ])

    /// `docker builder`
    static let builder = CommandSpec(
        group: "builder", summary: "Manage builds",
        subcommands: [
            imageBuild, builderPrune,
        ])

    /// `docker manifest annotate`
    static let manifestAnnotate = CommandSpec(
        "annotate", .manifestAnnotate,
        usage: "[OPTIONS] MANIFEST_LIST MANIFEST", arguments: .exactly(2),
        summary: "Add additional information to a local image manifest",
        notice: .experimental,
        flags: [
            FlagSpec("arch", .string, "Set architecture"),
            FlagSpec("os", .string, "Set operating system"),
            FlagSpec("os-features", .strings, "Set operating system feature"),
            FlagSpec("os-version", .string, "Set operating system version"),
            FlagSpec("variant", .string, "Set architecture variant"),
        ])

    /// `docker manifest create`
    static let manifestCreate = CommandSpec(
        "create", .manifestCreate,
        usage: "MANIFEST_LIST MANIFEST [MANIFEST...]", arguments: .atLeast(2),
        summary: "Create a local manifest list for annotating and pushing to a registry",
        notice: .experimental,
        flags: [
            FlagSpec("amend", "a", .bool, "Amend an existing manifest list"),
            FlagSpec("insecure", .bool, "Allow communication with an insecure registry"),
        ])

    /// `docker manifest inspect`
    static let manifestInspect = CommandSpec(
        "inspect", .manifestInspect,
        usage: "[OPTIONS] [MANIFEST_LIST] MANIFEST", arguments: .between(1, 2),
        summary: "Display an image manifest, or manifest list",
        notice: .experimental,
        flags: [
            FlagSpec("insecure", .bool, "Allow communication with an insecure registry"),
            FlagSpec("verbose", "v", .bool, "Output additional info including layers and platform"),
        ])

    /// `docker manifest push`
    static let manifestPush = CommandSpec(
        "push", .manifestPush,
        usage: "[OPTIONS] MANIFEST_LIST", arguments: .exactly(1),
        summary: "Push a manifest list to a repository",
        notice: .experimental,
        flags: [
            FlagSpec("insecure", .bool, "Allow push to an insecure registry"),
            FlagSpec("purge", "p", .bool, "Remove the local manifest list after push"),
        ])

    /// `docker manifest rm`
    static let manifestRm = CommandSpec(
        "rm", .manifestRm,
        usage: "MANIFEST_LIST [MANIFEST_LIST...]", arguments: .atLeast(1),
        summary: "Delete one or more manifest lists from local storage",
        notice: .experimental)

    /// `docker manifest`
    static let manifest = CommandSpec(
        group: "manifest", summary: "Manage Docker image manifests and manifest lists",
        description: """
            The **docker manifest** command has subcommands for managing image manifests and
            manifest lists. A manifest list allows you to use one name to refer to the same image
            built for multiple architectures.

            To see help for a subcommand, use:

                docker manifest CMD --help

            For full details on using docker manifest lists, see the registry v2 specification.
            """, notice: .experimental,
        subcommands: [
            manifestAnnotate, manifestCreate, manifestInspect, manifestPush, manifestRm,
        ])
}
