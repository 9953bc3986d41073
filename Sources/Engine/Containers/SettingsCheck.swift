import Kernel
import OrderedJSON

/// Refuses settings that can't be honoured, before anything is made: values that can't be right, with Docker's texts,
/// and settings that the engine does not do yet, by name. Nothing a user asked for is ever silently left out.
struct SettingsCheck {
    let profile: KernelProfile

    /// Members of `HostConfig` that are not done yet: a value other than Docker's default is refused.
    private static let notYet: [(member: String, flag: String)] = [
        ("Links", "--link"),
        ("PortBindings", "--publish"), ("PublishAllPorts", "--publish-all"), ("Devices", "--device"),
        ("DeviceCgroupRules", "--device-cgroup-rule"), ("DeviceRequests", "--gpus"), ("StorageOpt", "--storage-opt"),
        ("VolumeDriver", "--volume-driver"), ("CgroupParent", "--cgroup-parent"), ("Isolation", "--isolation"),
        ("BlkioWeightDevice", "--blkio-weight-device"), ("BlkioDeviceReadBps", "--device-read-bps"),
        ("BlkioDeviceWriteBps", "--device-write-bps"), ("BlkioDeviceReadIOps", "--device-read-iops"),
        ("BlkioDeviceWriteIOps", "--device-write-iops"), ("MemorySwappiness", "--memory-swappiness"),
        ("CpuRealtimePeriod", "--cpu-rt-period"), ("CpuRealtimeRuntime", "--cpu-rt-runtime"),
        ("KernelMemory", "--kernel-memory"), ("Init", "--init"),
    ]

    func check(config: JSONObject, host: JSONObject) throws {
        for (member, flag) in Self.notYet where Self.isSet(host[member]) {
            // Clients send -1 for "as the kernel has it".
            if member == "MemorySwappiness", host.number(member) == -1 { continue }
            throw EngineFailure.notYet(flag)
        }
        if let health = config["Healthcheck"]?.object, let test = health["Test"]?.array, !test.isEmpty,
            test.first != "NONE"
        {
            throw EngineFailure.notYet("--health-cmd")
        }
        try checkModes(host)
        try checkResources(host)
        try checkSecurity(host)
        if let workingDirectory = config["WorkingDir"]?.string, !workingDirectory.isEmpty,
            !workingDirectory.hasPrefix("/")
        {
            throw EngineFailure.invalid(
                "the working directory '\(workingDirectory)' is invalid, it needs to be an absolute path")
        }
        if let signal = config["StopSignal"]?.string, !signal.isEmpty, Signal.number(signal) == nil {
            throw EngineFailure.invalid("Invalid signal: \(signal)")
        }
    }

    private static func isSet(_ value: JSON?) -> Bool {
        switch value {
        case nil, .null?: false
        case .bool(let value)?: value
        case .integer(let value)?: value != 0
        case .double(let value)?: value != 0
        case .string(let value)?: !value.isEmpty
        case .array(let value)?: !value.isEmpty
        case .object(let value)?: !value.isEmpty
        }
    }

    private func checkModes(_ host: JSONObject) throws {
        let network = host.text("NetworkMode")
        let known = ["default", "bridge", "none", "host"]
        guard known.contains(network) || network.hasPrefix("container:") else {
            throw EngineFailure.notFound("network \(network) not found")
        }
        for (member, flag) in [("PidMode", "--pid"), ("UTSMode", "--uts")] {
            let mode = host.text(member)
            guard mode.isEmpty || mode == "host" || (member == "PidMode" && mode.hasPrefix("container:")) else {
                throw EngineFailure.invalid("invalid \(flag.dropFirst(2).uppercased()) mode: \(mode)")
            }
        }
        let ipc = host.text("IpcMode")
        guard ["private", "shareable", "host", "none"].contains(ipc) || ipc.hasPrefix("container:") else {
            throw EngineFailure.invalid("IPC mode '\(ipc)' is not valid")
        }
        if !host.text("UsernsMode").isEmpty, host.text("UsernsMode") != "host" {
            throw EngineFailure.invalid("invalid user namespace mode: \(host.text("UsernsMode"))")
        }
        let policy = host["RestartPolicy"]?["Name"]?.string ?? "no"
        guard ["", "no", "always", "unless-stopped", "on-failure"].contains(policy) else {
            throw EngineFailure.invalid("invalid restart policy '\(policy)'")
        }
        if host.flag("AutoRemove"), !["", "no"].contains(policy) {
            throw EngineFailure.invalid("can't create 'AutoRemove' container with restart policy")
        }
        let driver = host["LogConfig"]?["Type"]?.string ?? ""
        guard ["", "json-file", "local", "none"].contains(driver) else {
            throw EngineFailure.invalid("logger: no log driver named '\(driver)' is registered")
        }
    }

    private func checkResources(_ host: JSONObject) throws {
        let memory = host.number("Memory")
        let swap = host.number("MemorySwap")
        if memory > 0, memory < 6_291_456 { throw EngineFailure.invalid("Minimum memory limit allowed is 6MB") }
        if memory > 0, swap > 0, swap < memory {
            throw EngineFailure.invalid("Minimum memoryswap limit should be larger than memory limit, see usage")
        }
        if memory == 0, swap > 0 {
            throw EngineFailure.invalid("You should always set the Memory limit when using Memoryswap limit, see usage")
        }
        let reservation = host.number("MemoryReservation")
        if reservation > 0, reservation < 6_291_456 {
            throw EngineFailure.invalid("Minimum memory reservation allowed is 6MB")
        }
        if memory > 0, reservation > memory {
            throw EngineFailure.invalid("Minimum memory limit can not be less than memory reservation limit, see usage")
        }
        let cpus = host.number("NanoCpus")
        if cpus > 0, host.number("CpuPeriod") > 0 {
            throw EngineFailure.invalid("Conflicting options: Nano CPUs and CPU Period cannot both be set")
        }
        if cpus > 0, host.number("CpuQuota") > 0 {
            throw EngineFailure.invalid("Conflicting options: Nano CPUs and CPU Quota cannot both be set")
        }
        if cpus < 0 || cpus > Int64(profile.processors) * 1_000_000_000 {
            throw EngineFailure.invalid(
                "Range of CPUs is from 0.01 to \(profile.processors).00, as there are only \(profile.processors) CPUs available"
            )
        }
        let period = host.number("CpuPeriod")
        if period != 0, !(1000...1_000_000).contains(period) {
            throw EngineFailure.invalid(
                "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)")
        }
        if (1..<1000).contains(host.number("CpuQuota")) {
            throw EngineFailure.invalid("CPU cfs quota can not be less than 1ms (i.e. 1000)")
        }
        let score = host.number("OomScoreAdj")
        guard (-1000...1000).contains(score) else {
            throw EngineFailure.invalid("Invalid value \(score), range for oom score adj is [-1000, 1000]")
        }
        if host.number("BlkioWeight") != 0, !(10...1000).contains(host.number("BlkioWeight")) {
            throw EngineFailure.invalid("Range of blkio weight is from 10 to 1000")
        }
        if host.number("ShmSize") < 0 { throw EngineFailure.invalid("SHM size can not be less than 0") }
    }

    private func checkSecurity(_ host: JSONObject) throws {
        for member in ["CapAdd", "CapDrop"] {
            for name in host.strings(member) where name.uppercased() != "ALL" && CapabilitySet(name: name) == nil {
                throw EngineFailure.invalid("invalid \(member): unknown capability: \"\(name)\"")
            }
        }
        for option in host.strings("SecurityOpt") {
            let parts = option.split(separator: option.contains("=") ? "=" : ":", maxSplits: 1).map(String.init)
            switch (parts.first ?? "", parts.count > 1 ? parts[1] : "") {
            case ("no-new-privileges", ""), ("no-new-privileges", "true"), ("no-new-privileges", "false"): continue
            case ("seccomp", "unconfined"): continue
            case ("seccomp", _): throw EngineFailure.notYet("--security-opt seccomp=FILE")
            case ("apparmor", "unconfined"), ("label", "disable"): continue
            case ("apparmor", _), ("label", _):
                throw EngineFailure.invalid(
                    "invalid --security-opt 2: \"\(option)\": this kernel has no such security module")
            default: throw EngineFailure.invalid("invalid --security-opt 2: \"\(option)\"")
            }
        }
    }
}
