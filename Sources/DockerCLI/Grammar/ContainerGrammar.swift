// The commands on containers. The texts are those of `docker COMMAND --help`, version 28.2.2.

extension CommandSpec {
    /// `docker run`'s flags: those of `create` and its own.
    static let runFlags: [FlagSpec] =
        createFlags + [
            FlagSpec("detach", "d", .bool, "Run container in background and print container ID"),
            FlagSpec("detach-keys", .string, "Override the key sequence for detaching a container"),
            FlagSpec("sig-proxy", .bool, "Proxy received signals to the process", default: "true"),
            FlagSpec(
                "pull", .string, "Pull image before running (\"always\", \"missing\", \"never\")", default: "missing"),
            FlagSpec("help", .bool, "Print usage"),
        ]

    /// `docker create`'s flags.
    static let createOnlyFlags: [FlagSpec] =
        createFlags + [
            FlagSpec(
                "pull", .string, "Pull image before creating (\"always\", \"|missing\", \"never\")", default: "missing"),
            FlagSpec("help", .bool, "Print usage"),
        ]

    /// `docker container attach`
    static let containerAttach = CommandSpec(
        "attach", .containerAttach,
        usage: "[OPTIONS] CONTAINER", arguments: .exactly(1),
        summary: """
            Attach local standard input, output, and error streams to a running container
            """,
        shownAliases: ["container attach", "attach"],
        flags: [
            FlagSpec("detach-keys", .string, "Override the key sequence for detaching a container"),
            FlagSpec("no-stdin", .bool, "Do not attach STDIN"),
            FlagSpec("sig-proxy", .bool, "Proxy all received signals to the process", default: "true"),
        ])

    /// `docker container commit`
    static let containerCommit = CommandSpec(
        "commit", .containerCommit,
        usage: "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]", arguments: .between(1, 2),
        summary: "Create a new image from a container's changes",
        shownAliases: ["container commit", "commit"],
        flags: [
            FlagSpec("author", "a", .string, "Author (e.g., \"John Hannibal Smith <hannibal@a-team.com>\")"),
            FlagSpec("change", "c", .list, "Apply Dockerfile instruction to the created image"),
            FlagSpec("message", "m", .string, "Commit message"),
            FlagSpec("pause", "p", .bool, "Pause container during commit", default: "true"),
        ])

    /// `docker container cp`
    static let containerCp = CommandSpec(
        "cp", .containerCp,
        usage: """
            [OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-
            	docker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH
            """, arguments: .exactly(2),
        summary: "Copy files/folders between a container and the local filesystem",
        description: """
            Copy files/folders between a container and the local filesystem

            Use '-' as the source to read a tar archive from stdin
            and extract it to a directory destination in a container.
            Use '-' as the destination to stream a tar archive of a
            container source to stdout.
            """,
        shownAliases: ["container cp", "cp"],
        flags: [
            FlagSpec("archive", "a", .bool, "Archive mode (copy all uid/gid information)"),
            FlagSpec("follow-link", "L", .bool, "Always follow symbol link in SRC_PATH"),
            FlagSpec(
                "quiet", "q", .bool,
                """
                Suppress progress output during copy. Progress output is automatically suppressed \
                if no terminal is attached
                """),
        ])

    /// `docker container create`
    static let containerCreate = CommandSpec(
        "create", .containerCreate,
        usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]", arguments: .atLeast(1),
        summary: "Create a new container",
        shownAliases: ["container create", "create"],
        flags: createOnlyFlags,
        interspersed: false)

    /// `docker container diff`
    static let containerDiff = CommandSpec(
        "diff", .containerDiff,
        usage: "CONTAINER", arguments: .exactly(1),
        summary: "Inspect changes to files or directories on a container's filesystem",
        shownAliases: ["container diff", "diff"])

    /// `docker container exec`
    static let containerExec = CommandSpec(
        "exec", .containerExec,
        usage: "[OPTIONS] CONTAINER COMMAND [ARG...]", arguments: .atLeast(2),
        summary: "Execute a command in a running container",
        shownAliases: ["container exec", "exec"],
        flags: [
            FlagSpec("detach", "d", .bool, "Detached mode: run command in the background"),
            FlagSpec("detach-keys", .string, "Override the key sequence for detaching a container"),
            FlagSpec("env", "e", .environment, "Set environment variables"),
            FlagSpec("env-file", .list, "Read in a file of environment variables"),
            FlagSpec("interactive", "i", .bool, "Keep STDIN open even if not attached"),
            FlagSpec("privileged", .bool, "Give extended privileges to the command"),
            FlagSpec("tty", "t", .bool, "Allocate a pseudo-TTY"),
            FlagSpec("user", "u", .string, "Username or UID (format: \"<name|uid>[:<group|gid>]\")"),
            FlagSpec("workdir", "w", .string, "Working directory inside the container"),
        ],
        interspersed: false)

    /// `docker container export`
    static let containerExport = CommandSpec(
        "export", .containerExport,
        usage: "[OPTIONS] CONTAINER", arguments: .exactly(1),
        summary: "Export a container's filesystem as a tar archive",
        shownAliases: ["container export", "export"],
        flags: [
            FlagSpec("output", "o", .string, "Write to a file, instead of STDOUT")
        ])

    /// `docker container inspect`
    static let containerInspect = CommandSpec(
        "inspect", .containerInspect,
        usage: "[OPTIONS] CONTAINER [CONTAINER...]", arguments: .atLeast(1),
        summary: "Display detailed information on one or more containers",
        flags: [
            FlagSpec("format", "f", .string, FlagSpec.formatHelp),
            FlagSpec("size", "s", .bool, "Display total file sizes"),
        ])

    /// `docker container kill`
    static let containerKill = CommandSpec(
        "kill", .containerKill,
        usage: "[OPTIONS] CONTAINER [CONTAINER...]", arguments: .atLeast(1),
        summary: "Kill one or more running containers",
        shownAliases: ["container kill", "kill"],
        flags: [
            FlagSpec("signal", "s", .string, "Signal to send to the container")
        ])

    /// `docker container logs`
    static let containerLogs = CommandSpec(
        "logs", .containerLogs,
        usage: "[OPTIONS] CONTAINER", arguments: .exactly(1),
        summary: "Fetch the logs of a container",
        shownAliases: ["container logs", "logs"],
        flags: [
            FlagSpec("details", .bool, "Show extra details provided to logs"),
            FlagSpec("follow", "f", .bool, "Follow log output"),
            FlagSpec(
                "since", .string,
                """
                Show logs since timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" \
                for 42 minutes)
                """),
            FlagSpec("tail", "n", .string, "Number of lines to show from the end of the logs", default: "all"),
            FlagSpec("timestamps", "t", .bool, "Show timestamps"),
            FlagSpec(
                "until", .string,
                """
                Show logs before a timestamp (e.g. "2013-01-02T13:23:37Z") or relative (e.g. "42m" \
                for 42 minutes)
                """),
        ])

    /// `docker container ls`
    static let containerLs = CommandSpec(
        "ls", aliases: ["list", "ps"], .containerLs,
        usage: "[OPTIONS]", arguments: .none,
        summary: "List containers",
        shownAliases: ["container ls", "container list", "container ps", "ps"],
        flags: [
            FlagSpec("all", "a", .bool, "Show all containers (default shows just running)"),
            FlagSpec("filter", "f", .filter, "Filter output based on conditions provided"),
            FlagSpec("format", .string, FlagSpec.tableFormatHelp),
            FlagSpec("last", "n", .int, "Show n last created containers (includes all states)", default: "-1"),
            FlagSpec("latest", "l", .bool, "Show the latest created container (includes all states)"),
            FlagSpec("no-trunc", .bool, "Don't truncate output"),
            FlagSpec("quiet", "q", .bool, "Only display container IDs"),
            FlagSpec("size", "s", .bool, "Display total file sizes"),
        ])

    /// `docker container pause`
    static let containerPause = CommandSpec(
        "pause", .containerPause,
        usage: "CONTAINER [CONTAINER...]", arguments: .atLeast(1),
        summary: "Pause all processes within one or more containers",
        shownAliases: ["container pause", "pause"])

    /// `docker container port`
    static let containerPort = CommandSpec(
        "port", .containerPort,
        usage: "CONTAINER [PRIVATE_PORT[/PROTO]]", arguments: .between(1, 2),
        summary: "List port mappings or a specific mapping for the container",
        shownAliases: ["container port", "port"])

    /// `docker container prune`
    static let containerPrune = CommandSpec(
        "prune", .containerPrune,
        usage: "[OPTIONS]", arguments: .none,
        summary: "Remove all stopped containers",
        flags: [
            FlagSpec("filter", .filter, "Provide filter values (e.g. \"until=<timestamp>\")"),
            FlagSpec("force", "f", .bool, "Do not prompt for confirmation"),
        ])

    /// `docker container rename`
    static let containerRename = CommandSpec(
        "rename", .containerRename,
        usage: "CONTAINER NEW_NAME", arguments: .exactly(2),
        summary: "Rename a container",
        shownAliases: ["container rename", "rename"])

    /// `docker container restart`
    static let containerRestart = CommandSpec(
        "restart", .containerRestart,
        usage: "[OPTIONS] CONTAINER [CONTAINER...]", arguments: .atLeast(1),
        summary: "Restart one or more containers",
        shownAliases: ["container restart", "restart"],
        flags: [
            FlagSpec("signal", "s", .string, "Signal to send to the container"),
            FlagSpec("timeout", "t", .int, "Seconds to wait before killing the container"),
            FlagSpec(old: "time", for: "timeout", .int, deprecated: true),
        ])

    /// `docker container rm`
    static let containerRm = CommandSpec(
        "rm", aliases: ["remove"], .containerRm,
        usage: "[OPTIONS] CONTAINER [CONTAINER...]", arguments: .atLeast(1),
        summary: "Remove one or more containers",
        shownAliases: ["container rm", "container remove", "rm"],
        flags: [
            FlagSpec("force", "f", .bool, "Force the removal of a running container (uses SIGKILL)"),
            FlagSpec("link", "l", .bool, "Remove the specified link"),
            FlagSpec("volumes", "v", .bool, "Remove anonymous volumes associated with the container"),
        ])

    /// `docker container run`
    static let containerRun = CommandSpec(
        "run", .containerRun,
        usage: "[OPTIONS] IMAGE [COMMAND] [ARG...]", arguments: .atLeast(1),
        summary: "Create and run a new container from an image",
        shownAliases: ["container run", "run"],
        flags: runFlags,
        interspersed: false)

    /// `docker container start`
    static let containerStart = CommandSpec(
        "start", .containerStart,
        usage: "[OPTIONS] CONTAINER [CONTAINER...]", arguments: .atLeast(1),
        summary: "Start one or more stopped containers",
        shownAliases: ["container start", "start"],
        flags: [
            FlagSpec("attach", "a", .bool, "Attach STDOUT/STDERR and forward signals"),
            FlagSpec(
                "checkpoint", .string, "Restore from this checkpoint",
                requires: .experimental),
            FlagSpec(
                "checkpoint-dir", .string, "Use a custom checkpoint storage directory",
                requires: .experimental),
            FlagSpec("detach-keys", .string, "Override the key sequence for detaching a container"),
            FlagSpec("interactive", "i", .bool, "Attach container's STDIN"),
        ])

    /// `docker container stats`
    static let containerStats = CommandSpec(
        "stats", .containerStats,
        usage: "[OPTIONS] [CONTAINER...]", arguments: .any,
        summary: "Display a live stream of container(s) resource usage statistics",
        shownAliases: ["container stats", "stats"],
        flags: [
            FlagSpec("all", "a", .bool, "Show all containers (default shows just running)"),
            FlagSpec("format", .string, FlagSpec.tableFormatHelp),
            FlagSpec("no-stream", .bool, "Disable streaming stats and only pull the first result"),
            FlagSpec("no-trunc", .bool, "Do not truncate output"),
        ])

    /// `docker container stop`
    static let containerStop = CommandSpec(
        "stop", .containerStop,
        usage: "[OPTIONS] CONTAINER [CONTAINER...]", arguments: .atLeast(1),
        summary: "Stop one or more running containers",
        shownAliases: ["container stop", "stop"],
        flags: [
            FlagSpec("signal", "s", .string, "Signal to send to the container"),
            FlagSpec("timeout", "t", .int, "Seconds to wait before killing the container"),
            FlagSpec(old: "time", for: "timeout", .int, deprecated: true),
        ])

    /// `docker container top`
    static let containerTop = CommandSpec(
        "top", .containerTop,
        usage: "CONTAINER [ps OPTIONS]", arguments: .atLeast(1),
        summary: "Display the running processes of a container",
        shownAliases: ["container top", "top"],
        interspersed: false)

    /// `docker container unpause`
    static let containerUnpause = CommandSpec(
        "unpause", .containerUnpause,
        usage: "CONTAINER [CONTAINER...]", arguments: .atLeast(1),
        summary: "Unpause all processes within one or more containers",
        shownAliases: ["container unpause", "unpause"])

    /// `docker container update`
    static let containerUpdate = CommandSpec(
        "update", .containerUpdate,
        usage: "[OPTIONS] CONTAINER [CONTAINER...]", arguments: .atLeast(1),
        summary: "Update configuration of one or more containers",
        shownAliases: ["container update", "update"],
        flags: [
            FlagSpec(
                "blkio-weight", .uint16, "Block IO (relative weight), between 10 and 1000, or 0 to disable",
                default: "0"),
            FlagSpec("cpu-period", .int, "Limit CPU CFS (Completely Fair Scheduler) period"),
            FlagSpec("cpu-quota", .int, "Limit CPU CFS (Completely Fair Scheduler) quota"),
            FlagSpec("cpu-rt-period", .int, "Limit the CPU real-time period in microseconds"),
            FlagSpec("cpu-rt-runtime", .int, "Limit the CPU real-time runtime in microseconds"),
            FlagSpec("cpu-shares", "c", .int, "CPU shares (relative weight)"),
            FlagSpec("cpus", .decimal, "Number of CPUs"),
            FlagSpec("cpuset-cpus", .string, "CPUs in which to allow execution (0-3, 0,1)"),
            FlagSpec("cpuset-mems", .string, "MEMs in which to allow execution (0-3, 0,1)"),
            FlagSpec("memory", "m", .bytes, "Memory limit"),
            FlagSpec("memory-reservation", .bytes, "Memory soft limit"),
            FlagSpec(
                "memory-swap", .bytesOrUnlimited, "Swap limit equal to memory plus swap: -1 to enable unlimited swap"),
            FlagSpec("pids-limit", .int, "Tune container pids limit (set -1 for unlimited)"),
            FlagSpec("restart", .string, "Restart policy to apply when a container exits"),
        ])

    /// `docker container wait`
    static let containerWait = CommandSpec(
        "wait", .containerWait,
        usage: "CONTAINER [CONTAINER...]", arguments: .atLeast(1),
        summary: "Block until one or more containers stop, then print their exit codes",
        shownAliases: ["container wait", "wait"])

    /// `docker container`
    static let container = CommandSpec(
        group: "container", summary: "Manage containers",
        subcommands: [
            containerAttach, containerCommit, containerCp, containerCreate, containerDiff, containerExec,
            containerExport, containerInspect, containerKill, containerLogs, containerLs, containerPause, containerPort,
            containerPrune, containerRename, containerRestart, containerRm, containerRun, containerStart,
            containerStats, containerStop, containerTop, containerUnpause, containerUpdate, containerWait,
        ])
}
