// What a new container can be given, as Docker's own client lists it.

extension CommandSpec {
    /// The flags that `run` and `create` have in common, in the order of their help.
    static let createFlags: [FlagSpec] = [
        FlagSpec("add-host", .extraHost, "Add a custom host-to-IP mapping (host:ip)"),
        FlagSpec(
            "annotation", .map, "Add an annotation to the container (passed through to the OCI runtime)",
            default: "map[]"),
        FlagSpec("attach", "a", .standardStream, "Attach to STDIN, STDOUT or STDERR"),
        FlagSpec(
            "blkio-weight", .uint16, "Block IO (relative weight), between 10 and 1000, or 0 to disable", default: "0"),
        FlagSpec("blkio-weight-device", .deviceWeight, "Block IO weight (relative device weight)", default: "[]"),
        FlagSpec("cap-add", .list, "Add Linux capabilities"),
        FlagSpec("cap-drop", .list, "Drop Linux capabilities"),
        FlagSpec("cgroup-parent", .string, "Optional parent cgroup for the container"),
        FlagSpec(
            "cgroupns", .string,
            """
            Cgroup namespace to use (host|private)
            'host':    Run the container in the Docker host's cgroup namespace
            'private': Run the container in its own private cgroup namespace
            '':        Use the cgroup namespace as configured by the
                       default-cgroupns-mode option on the daemon (default)
            """),
        FlagSpec("cidfile", .string, "Write the container ID to the file"),
        FlagSpec("cpu-count", .int, "CPU count (Windows only)", requires: .operatingSystem("windows")),
        FlagSpec("cpu-percent", .int, "CPU percent (Windows only)", requires: .operatingSystem("windows")),
        FlagSpec("cpu-period", .int, "Limit CPU CFS (Completely Fair Scheduler) period"),
        FlagSpec("cpu-quota", .int, "Limit CPU CFS (Completely Fair Scheduler) quota"),
        FlagSpec("cpu-rt-period", .int, "Limit CPU real-time period in microseconds"),
        FlagSpec("cpu-rt-runtime", .int, "Limit CPU real-time runtime in microseconds"),
        FlagSpec("cpu-shares", "c", .int, "CPU shares (relative weight)"),
        FlagSpec("cpus", .decimal, "Number of CPUs"),
        FlagSpec("cpuset-cpus", .string, "CPUs in which to allow execution (0-3, 0,1)"),
        FlagSpec("cpuset-mems", .string, "MEMs in which to allow execution (0-3, 0,1)"),
        FlagSpec("device", .list, "Add a host device to the container"),
        FlagSpec("device-cgroup-rule", .deviceRule, "Add a rule to the cgroup allowed devices list"),
        FlagSpec("device-read-bps", .deviceByteRate, "Limit read rate (bytes per second) from a device", default: "[]"),
        FlagSpec(
            "device-read-iops", .deviceOperationRate, "Limit read rate (IO per second) from a device", default: "[]"),
        FlagSpec("device-write-bps", .deviceByteRate, "Limit write rate (bytes per second) to a device", default: "[]"),
        FlagSpec(
            "device-write-iops", .deviceOperationRate, "Limit write rate (IO per second) to a device", default: "[]"),
        FlagSpec("disable-content-trust", .bool, "Skip image verification", default: "true"),
        FlagSpec("dns", .address, "Set custom DNS servers"),
        FlagSpec("dns-option", .list, "Set DNS options"),
        FlagSpec("dns-search", .domain, "Set custom DNS search domains"),
        FlagSpec("domainname", .string, "Container NIS domain name"),
        FlagSpec("entrypoint", .string, "Overwrite the default ENTRYPOINT of the image"),
        FlagSpec("env", "e", .environment, "Set environment variables"),
        FlagSpec("env-file", .list, "Read in a file of environment variables"),
        FlagSpec("expose", .list, "Expose a port or a range of ports"),
        FlagSpec("gpus", .gpuRequest, "GPU devices to add to the container ('all' to pass all GPUs)"),
        FlagSpec("group-add", .list, "Add additional groups to join"),
        FlagSpec("health-cmd", .string, "Command to run to check health"),
        FlagSpec("health-interval", .duration, "Time between running the check (ms|s|m|h)", default: "0s"),
        FlagSpec("health-retries", .int, "Consecutive failures needed to report unhealthy"),
        FlagSpec(
            "health-start-interval", .duration, "Time between running the check during the start period (ms|s|m|h)",
            default: "0s"),
        FlagSpec(
            "health-start-period", .duration,
            """
            Start period for the container to initialize before starting health-retries \
            countdown (ms|s|m|h)
            """, default: "0s"),
        FlagSpec("health-timeout", .duration, "Maximum time to allow one check to run (ms|s|m|h)", default: "0s"),
        FlagSpec("hostname", "h", .string, "Container host name"),
        FlagSpec(
            "init", .bool,
            """
            Run an init inside the container that forwards signals and reaps processes
            """),
        FlagSpec("interactive", "i", .bool, "Keep STDIN open even if not attached"),
        FlagSpec(
            "io-maxbandwidth", .bytes, "Maximum IO bandwidth limit for the system drive (Windows only)",
            requires: .operatingSystem("windows")),
        FlagSpec(
            "io-maxiops", .uint, "Maximum IOps limit for the system drive (Windows only)",
            requires: .operatingSystem("windows")),
        FlagSpec("ip", .string, "IPv4 address (e.g., 172.30.100.104)"),
        FlagSpec("ip6", .string, "IPv6 address (e.g., 2001:db8::33)"),
        FlagSpec("ipc", .string, "IPC mode to use"),
        FlagSpec("isolation", .string, "Container isolation technology"),
        FlagSpec("kernel-memory", .bytes, "Kernel memory limit"),
        FlagSpec("label", "l", .label, "Set meta data on a container"),
        FlagSpec("label-file", .list, "Read in a line delimited file of labels"),
        FlagSpec("link", .link, "Add link to another container"),
        FlagSpec("link-local-ip", .list, "Container IPv4/IPv6 link-local addresses"),
        FlagSpec("log-driver", .string, "Logging driver for the container"),
        FlagSpec("log-opt", .list, "Log driver options"),
        FlagSpec("mac-address", .string, "Container MAC address (e.g., 92:d0:c6:0a:29:33)"),
        FlagSpec("memory", "m", .bytes, "Memory limit"),
        FlagSpec("memory-reservation", .bytes, "Memory soft limit"),
        FlagSpec(
            "memory-swap", .bytesOrUnlimited, "Swap limit equal to memory plus swap: '-1' to enable unlimited swap"),
        FlagSpec("memory-swappiness", .int, "Tune container memory swappiness (0 to 100)", default: "-1"),
        FlagSpec("mount", .mount, "Attach a filesystem mount to the container"),
        FlagSpec("name", .string, "Assign a name to the container"),
        FlagSpec("network", .network, "Connect a container to a network"),
        FlagSpec("network-alias", .list, "Add network-scoped alias for the container"),
        FlagSpec("no-healthcheck", .bool, "Disable any container-specified HEALTHCHECK"),
        FlagSpec("oom-kill-disable", .bool, "Disable OOM Killer"),
        FlagSpec("oom-score-adj", .int, "Tune host's OOM preferences (-1000 to 1000)"),
        FlagSpec("pid", .string, "PID namespace to use"),
        FlagSpec("pids-limit", .int, "Tune container pids limit (set -1 for unlimited)"),
        FlagSpec("platform", .string, "Set platform if server is multi-platform capable"),
        FlagSpec("privileged", .bool, "Give extended privileges to this container"),
        FlagSpec("publish", "p", .list, "Publish a container's port(s) to the host"),
        FlagSpec("publish-all", "P", .bool, "Publish all exposed ports to random ports"),
        FlagSpec("quiet", "q", .bool, "Suppress the pull output"),
        FlagSpec("read-only", .bool, "Mount the container's root filesystem as read only"),
        FlagSpec("restart", .string, "Restart policy to apply when a container exits", default: "no"),
        FlagSpec(
            "rm", .bool,
            """
            Automatically remove the container and its associated anonymous volumes when it \
            exits
            """),
        FlagSpec("runtime", .string, "Runtime to use for this container"),
        FlagSpec("security-opt", .list, "Security Options"),
        FlagSpec("shm-size", .bytes, "Size of /dev/shm"),
        FlagSpec("stop-signal", .string, "Signal to stop the container"),
        FlagSpec("stop-timeout", .int, "Timeout (in seconds) to stop a container"),
        FlagSpec("storage-opt", .list, "Storage driver options for the container"),
        FlagSpec("sysctl", .sysctl, "Sysctl options", default: "map[]"),
        FlagSpec("tmpfs", .list, "Mount a tmpfs directory"),
        FlagSpec("tty", "t", .bool, "Allocate a pseudo-TTY"),
        FlagSpec("ulimit", .ulimit, "Ulimit options", default: "[]"),
        FlagSpec("use-api-socket", .bool, "Bind mount Docker API socket and required auth"),
        FlagSpec("user", "u", .string, "Username or UID (format: <name|uid>[:<group|gid>])"),
        FlagSpec("userns", .string, "User namespace to use"),
        FlagSpec("uts", .string, "UTS namespace to use"),
        FlagSpec("volume", "v", .list, "Bind mount a volume"),
        FlagSpec("volume-driver", .string, "Optional volume driver for the container"),
        FlagSpec("volumes-from", .list, "Mount volumes from the specified container(s)"),
        FlagSpec("workdir", "w", .string, "Working directory inside the container"),
        FlagSpec(old: "net", for: "network", .network),
        FlagSpec(old: "net-alias", for: "network-alias", .list),
        FlagSpec(old: "dns-opt", for: "dns-option", .list),
    ]
}
