// The commands on images. The texts are those of `docker COMMAND --help`, version 28.2.2.

extension CommandSpec {
    /// `docker image build`
    static let imageBuild = CommandSpec(
        "build", .imageBuild,
        usage: "[OPTIONS] PATH | URL | -", arguments: .exactly(1),
        summary: "Build an image from a Dockerfile",
        shownAliases: ["image build", "build", "builder build"],
        flags: [
            FlagSpec("add-host", .extraHost, "Add a custom host-to-IP mapping (\"host:ip\")"),
            FlagSpec("build-arg", .list, "Set build-time variables"),
            FlagSpec("cache-from", .strings, "Images to consider as cache sources"),
            FlagSpec("cgroup-parent", .string, "Set the parent cgroup for the \"RUN\" instructions during build"),
            FlagSpec("compress", .bool, "Compress the build context using gzip"),
            FlagSpec("cpu-period", .int, "Limit the CPU CFS (Completely Fair Scheduler) period"),
            FlagSpec("cpu-quota", .int, "Limit the CPU CFS (Completely Fair Scheduler) quota"),
            FlagSpec("cpu-shares", "c", .int, "CPU shares (relative weight)"),
            FlagSpec("cpuset-cpus", .string, "CPUs in which to allow execution (0-3, 0,1)"),
            FlagSpec("cpuset-mems", .string, "MEMs in which to allow execution (0-3, 0,1)"),
            FlagSpec("disable-content-trust", .bool, "Skip image verification", default: "true"),
            FlagSpec("file", "f", .string, "Name of the Dockerfile (Default is \"PATH/Dockerfile\")"),
            FlagSpec("force-rm", .bool, "Always remove intermediate containers"),
            FlagSpec("iidfile", .string, "Write the image ID to the file"),
            FlagSpec("isolation", .string, "Container isolation technology"),
            FlagSpec("label", .label, "Set metadata for an image"),
            FlagSpec("memory", "m", .bytes, "Memory limit"),
            FlagSpec(
                "memory-swap", .bytesOrUnlimited, "Swap limit equal to memory plus swap: -1 to enable unlimited swap"),
            FlagSpec(
                "network", .string, "Set the networking mode for the RUN instructions during build", default: "default"),
            FlagSpec("no-cache", .bool, "Do not use cache when building the image"),
            FlagSpec("platform", .string, "Set platform if server is multi-platform capable"),
            FlagSpec("pull", .bool, "Always attempt to pull a newer version of the image"),
            FlagSpec("quiet", "q", .bool, "Suppress the build output and print image ID on success"),
            FlagSpec("rm", .bool, "Remove intermediate containers after a successful build", default: "true"),
            FlagSpec("security-opt", .strings, "Security options"),
            FlagSpec("shm-size", .bytes, "Size of \"/dev/shm\""),
            FlagSpec("squash", .bool, "Squash newly built layers into a single new layer"),
            FlagSpec("tag", "t", .imageName, "Name and optionally a tag in the \"name:tag\" format"),
            FlagSpec("target", .string, "Set the target build stage to build."),
            FlagSpec("ulimit", .ulimit, "Ulimit options", default: "[]"),
        ])

    /// `docker image history`
    static let imageHistory = CommandSpec(
        "history", .imageHistory,
        usage: "[OPTIONS] IMAGE", arguments: .exactly(1),
        summary: "Show the history of an image",
        shownAliases: ["image history", "history"],
        flags: [
            FlagSpec("format", .string, FlagSpec.tableFormatHelp),
            FlagSpec("human", "H", .bool, "Print sizes and dates in human readable format", default: "true"),
            FlagSpec("no-trunc", .bool, "Don't truncate output"),
            FlagSpec(
                "platform", .string,
                """
                Show history for the given platform. Formatted as "os[/arch[/variant]]" (e.g., \
                "linux/amd64")
                """),
            FlagSpec("quiet", "q", .bool, "Only show image IDs"),
        ])

    /// `docker image import`
    static let imageImport = CommandSpec(
        "import", .imageImport,
        usage: "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]", arguments: .atLeast(1),
        summary: "Import the contents from a tarball to create a filesystem image",
        shownAliases: ["image import", "import"],
        flags: [
            FlagSpec("change", "c", .list, "Apply Dockerfile instruction to the created image"),
            FlagSpec("message", "m", .string, "Set commit message for imported image"),
            FlagSpec("platform", .string, "Set platform if server is multi-platform capable"),
        ])

    /// `docker image inspect`
    static let imageInspect = CommandSpec(
        "inspect", .imageInspect,
        usage: "[OPTIONS] IMAGE [IMAGE...]", arguments: .atLeast(1),
        summary: "Display detailed information on one or more images",
        flags: [
            FlagSpec("format", "f", .string, FlagSpec.formatHelp),
            FlagSpec(
                "platform", .string,
                """
                Inspect a specific platform of the multi-platform image.
                If the image or the server is not multi-platform capable, the command will error out \
                if the platform does not match.
                'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)
                """),
        ])

    /// `docker image load`
    static let imageLoad = CommandSpec(
        "load", .imageLoad,
        usage: "[OPTIONS]", arguments: .none,
        summary: "Load an image from a tar archive or STDIN",
        shownAliases: ["image load", "load"],
        flags: [
            FlagSpec("input", "i", .string, "Read from tar archive file, instead of STDIN"),
            FlagSpec(
                "platform", .string,
                """
                Load only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., \
                "linux/amd64")
                """),
            FlagSpec("quiet", "q", .bool, "Suppress the load output"),
        ])

    /// `docker image ls`
    static let imageLs = CommandSpec(
        "ls", aliases: ["list"], .imageLs,
        usage: "[OPTIONS] [REPOSITORY[:TAG]]", arguments: .atMost(1),
        summary: "List images",
        shownAliases: ["image ls", "image list", "images"],
        flags: [
            FlagSpec("all", "a", .bool, "Show all images (default hides intermediate images)"),
            FlagSpec("digests", .bool, "Show digests"),
            FlagSpec("filter", "f", .filter, "Filter output based on conditions provided"),
            FlagSpec("format", .string, FlagSpec.tableFormatHelp),
            FlagSpec("no-trunc", .bool, "Don't truncate output"),
            FlagSpec("quiet", "q", .bool, "Only show image IDs"),
            FlagSpec(
                "tree", .bool, "List multi-platform images as a tree (EXPERIMENTAL)",
                status: .notYet("the list without it shows the same images.")),
        ])

    /// `docker image prune`
    static let imagePrune = CommandSpec(
        "prune", .imagePrune,
        usage: "[OPTIONS]", arguments: .none,
        summary: "Remove unused images",
        flags: [
            FlagSpec("all", "a", .bool, "Remove all unused images, not just dangling ones"),
            FlagSpec("filter", .filter, "Provide filter values (e.g. \"until=<timestamp>\")"),
            FlagSpec("force", "f", .bool, "Do not prompt for confirmation"),
        ])

    /// `docker image pull`
    static let imagePull = CommandSpec(
        "pull", .imagePull,
        usage: "[OPTIONS] NAME[:TAG|@DIGEST]", arguments: .exactly(1),
        summary: "Download an image from a registry",
        shownAliases: ["image pull", "pull"],
        flags: [
            FlagSpec("all-tags", "a", .bool, "Download all tagged images in the repository"),
            FlagSpec("disable-content-trust", .bool, "Skip image verification", default: "true"),
            FlagSpec("platform", .string, "Set platform if server is multi-platform capable"),
            FlagSpec("quiet", "q", .bool, "Suppress verbose output"),
        ])

    /// `docker image push`
    static let imagePush = CommandSpec(
        "push", .imagePush,
        usage: "[OPTIONS] NAME[:TAG]", arguments: .exactly(1),
        summary: "Upload an image to a registry",
        shownAliases: ["image push", "push"],
        flags: [
            FlagSpec("all-tags", "a", .bool, "Push all tags of an image to the repository"),
            FlagSpec("disable-content-trust", .bool, "Skip image signing", default: "true"),
            FlagSpec(
                "platform", .string,
                """
                Push a platform-specific manifest as a single-platform image to the registry.
                Image index won't be pushed, meaning that other manifests, including attestations \
                won't be preserved.
                'os[/arch[/variant]]': Explicit platform (eg. linux/amd64)
                """),
            FlagSpec("quiet", "q", .bool, "Suppress verbose output"),
        ])

    /// `docker image rm`
    static let imageRm = CommandSpec(
        "rm", aliases: ["remove"], .imageRm,
        usage: "[OPTIONS] IMAGE [IMAGE...]", arguments: .atLeast(1),
        summary: "Remove one or more images",
        shownAliases: ["image rm", "image remove", "rmi"],
        flags: [
            FlagSpec("force", "f", .bool, "Force removal of the image"),
            FlagSpec("no-prune", .bool, "Do not delete untagged parents"),
            FlagSpec(
                "platform", .strings,
                """
                Remove only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., \
                "linux/amd64")
                """),
        ])

    /// `docker image save`
    static let imageSave = CommandSpec(
        "save", .imageSave,
        usage: "[OPTIONS] IMAGE [IMAGE...]", arguments: .atLeast(1),
        summary: """
            Save one or more images to a tar archive (streamed to STDOUT by default)
            """,
        shownAliases: ["image save", "save"],
        flags: [
            FlagSpec("output", "o", .string, "Write to a file, instead of STDOUT"),
            FlagSpec(
                "platform", .string,
                """
                Save only the given platform variant. Formatted as "os[/arch[/variant]]" (e.g., \
                "linux/amd64")
                """),
        ])

    /// `docker image tag`
    static let imageTag = CommandSpec(
        "tag", .imageTag,
        usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]", arguments: .exactly(2),
        summary: "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
        shownAliases: ["image tag", "tag"])

    /// `docker image`
    static let image = CommandSpec(
        group: "image", summary: "Manage images",
        subcommands: [
            imageBuild, imageHistory, imageImport, imageInspect, imageLoad, imageLs, imagePrune, imagePull, imagePush,
            imageRm, imageSave, imageTag,
        ])
}
