extension Shape {
    /// `Config`: what a container or an image runs, independent of the host (API: ContainerConfig).
    public static let containerConfig = Shape(
        "CreateRequest",
        [
            ("Hostname", .string, ""), ("Domainname", .string, ""), ("User", .string, ""),
            ("AttachStdin", .bool, false), ("AttachStdout", .bool, false), ("AttachStderr", .bool, false),
            ("Tty", .bool, false), ("OpenStdin", .bool, false), ("StdinOnce", .bool, false), ("Env", .strings, nil),
            ("Cmd", .command, nil), ("Image", .string, ""), ("Volumes", .object, nil), ("WorkingDir", .string, ""),
            ("Entrypoint", .command, nil), ("OnBuild", .strings, nil), ("Labels", .stringMap, [:]),
        ])

    /// The members of `Config` that are shown only when they were given.
    public static let optionalContainerConfig = Shape(
        "CreateRequest",
        [
            ("ExposedPorts", .object, nil), ("Healthcheck", .object, nil), ("ArgsEscaped", .bool, nil),
            ("NetworkDisabled", .bool, nil), ("MacAddress", .string, nil), ("StopSignal", .string, nil),
            ("StopTimeout", .integer, nil), ("Shell", .command, nil),
        ])

    /// `HostConfig`: how a container runs on this host (API: HostConfig).
    public static let hostConfig = Shape(
        "HostConfig", at: ("CreateRequest", "HostConfig"),
        [
            ("Binds", .strings, nil), ("ContainerIDFile", .string, ""),
            ("LogConfig", .object, ["Type": "", "Config": [:]]),
            ("NetworkMode", .string, "default"), ("PortBindings", .object, [:]),
            ("RestartPolicy", .object, ["Name": "", "MaximumRetryCount": 0]), ("AutoRemove", .bool, false),
            ("VolumeDriver", .string, ""), ("VolumesFrom", .strings, nil), ("CapAdd", .command, nil),
            ("CapDrop", .command, nil), ("CgroupnsMode", .string, ""), ("Dns", .strings, []),
            ("DnsOptions", .strings, []), ("DnsSearch", .strings, []), ("ExtraHosts", .strings, nil),
            ("GroupAdd", .strings, nil), ("IpcMode", .string, ""), ("Cgroup", .string, ""), ("Links", .strings, nil),
            ("OomScoreAdj", .integer, 0), ("PidMode", .string, ""), ("Privileged", .bool, false),
            ("PublishAllPorts", .bool, false), ("ReadonlyRootfs", .bool, false), ("SecurityOpt", .strings, nil),
            ("UTSMode", .string, ""), ("UsernsMode", .string, ""), ("ShmSize", .integer, 0), ("Runtime", .string, ""),
            ("ConsoleSize", .integers, [0, 0]), ("Isolation", .string, ""), ("CpuShares", .integer, 0),
            ("Memory", .integer, 0), ("NanoCpus", .integer, 0), ("CgroupParent", .string, ""),
            ("BlkioWeight", .integer, 0), ("BlkioWeightDevice", .objects, []), ("BlkioDeviceReadBps", .objects, []),
            ("BlkioDeviceWriteBps", .objects, []), ("BlkioDeviceReadIOps", .objects, []),
            ("BlkioDeviceWriteIOps", .objects, []), ("CpuPeriod", .integer, 0), ("CpuQuota", .integer, 0),
            ("CpuRealtimePeriod", .integer, 0), ("CpuRealtimeRuntime", .integer, 0), ("CpusetCpus", .string, ""),
            ("CpusetMems", .string, ""), ("Devices", .objects, []), ("DeviceCgroupRules", .strings, nil),
            ("DeviceRequests", .objects, nil), ("KernelMemory", .integer, 0), ("KernelMemoryTCP", .integer, 0),
            ("MemoryReservation", .integer, 0), ("MemorySwap", .integer, 0), ("MemorySwappiness", .integer, nil),
            ("OomKillDisable", .bool, false), ("PidsLimit", .integer, nil), ("Ulimits", .objects, []),
            ("CpuCount", .integer, 0), ("CpuPercent", .integer, 0), ("IOMaximumIOps", .integer, 0),
            ("IOMaximumBandwidth", .integer, 0), ("MaskedPaths", .strings, nil), ("ReadonlyPaths", .strings, nil),
        ])

    /// The members of `HostConfig` that are shown only when they were given.
    public static let optionalHostConfig = Shape(
        "HostConfig", at: ("CreateRequest", "HostConfig"),
        [
            ("Tmpfs", .stringMap, nil), ("Sysctls", .stringMap, nil), ("StorageOpt", .stringMap, nil),
            ("Mounts", .objects, nil), ("Init", .bool, nil), ("Annotations", .stringMap, nil),
        ])

    /// `EndpointSettings`: a container's place in one network.
    public static let endpointSettings = Shape(
        "EndpointSettings",
        [
            ("IPAMConfig", .object, nil), ("Links", .strings, nil), ("Aliases", .strings, nil),
            ("NetworkID", .string, ""), ("EndpointID", .string, ""), ("Gateway", .string, ""),
            ("IPAddress", .string, ""), ("IPPrefixLen", .integer, 0), ("IPv6Gateway", .string, ""),
            ("GlobalIPv6Address", .string, ""), ("GlobalIPv6PrefixLen", .integer, 0), ("MacAddress", .string, ""),
            ("DriverOpts", .stringMap, nil),
        ])
}
