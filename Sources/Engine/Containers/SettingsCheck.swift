import Kernel
import OrderedJSON
import Posix

/// Refuses settings that can't be honoured, before anything is made: values that can't be right, with Docker's texts.
/// Nothing a user asked for is ever silently left out.
struct SettingsCheck {
    let profile: KernelProfile

    func check(config: JSONObject, host: JSONObject) throws {
        try ZeroBytes.refuse(in: .object(config))
        try ZeroBytes.refuse(in: .object(host), "HostConfig")
        try HealthCheck.check(config)
        if InitProgram.isWanted(host) {
            guard profile.kind == .linux else { throw EngineFailure.notYet("--init in the simulated kernel") }
            _ = try InitProgram.source()
        }
        _ = try GrantedDevices.rules(of: host)
        _ = try SeccompFile.profile(of: host)
        try checkModes(host)
        try checkKernelParameters(host)
        try checkLogging(config, host)
        let driver = host.text("VolumeDriver")
        guard ["", "local"].contains(driver) else {
            throw EngineFailure.invalid(
                "error looking up volume plugin \(driver): plugin \"\(driver)\" not found")
        }
        if host.text("UTSMode") == "host", !config.text("Hostname").isEmpty {
            throw EngineFailure.invalid("conflicting options: hostname and the UTS mode")
        }
        try checkSharedNetwork(config, host)
        try checkResources(host)
        try checkProcessors(host)
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
        for (member, flag) in [("PidMode", "--pid"), ("UTSMode", "--uts")] {
            let mode = host.text(member)
            guard mode.isEmpty || mode == "host" || (member == "PidMode" && mode.hasPrefix("container:")) else {
                throw EngineFailure.invalid("invalid \(flag.dropFirst(2).uppercased()) mode: \(mode)")
            }
        }
        let ipc = host.text("IpcMode")
        guard ["private", "shareable", "host", "none"].contains(ipc) || ipc.hasPrefix("container:") else {
            throw EngineFailure.invalid("Invalid IPC mode: \(ipc)")
        }
        if !host.text("UsernsMode").isEmpty, host.text("UsernsMode") != "host" {
            throw EngineFailure.invalid("invalid user namespace mode: \(host.text("UsernsMode"))")
        }
        let policy = host["RestartPolicy"]?["Name"]?.string ?? "no"
        guard ["", "no", "always", "unless-stopped", "on-failure"].contains(policy) else {
            throw EngineFailure.invalid("invalid restart policy '\(policy)'")
        }
        let retries = host["RestartPolicy"]?["MaximumRetryCount"]?.integer ?? 0
        if retries > 0, policy != "on-failure" {
            throw EngineFailure.invalid("maximum retry count cannot be used with restart policy '\(policy)'")
        }
        if retries < 0 { throw EngineFailure.invalid("maximum retry count cannot be negative") }
        if host.flag("AutoRemove"), !["", "no"].contains(policy) {
            throw EngineFailure.invalid("can't create 'AutoRemove' container with restart policy")
        }
        let runtime = host.text("Runtime")
        guard ["", "runc"].contains(runtime) else {
            throw EngineFailure.invalid("Unknown runtime specified \(runtime)")
        }
        let isolation = host.text("Isolation")
        guard ["", "default"].contains(isolation) else {
            throw EngineFailure.invalid("Invalid isolation: \"\(isolation)\" - linux only supports 'default'")
        }
        if Self.isSet(host["StorageOpt"]) {
            throw EngineFailure.invalid(
                "--storage-opt is supported only for overlay over xfs with 'pquota' mount option")
        }
    }

    /// A container in another's network has that one's name, addresses and ports, and none of its own.
    private func checkSharedNetwork(_ config: JSONObject, _ host: JSONObject) throws {
        let mode = host.text("NetworkMode")
        guard mode.hasPrefix("container:") else { return }
        guard mode != "container:" else {
            throw EngineFailure.invalid("Invalid network mode: invalid container format container:<name|id>")
        }
        let conflicts: [(isSet: Bool, what: String)] = [
            (!config.text("Hostname").isEmpty, "hostname and the network mode"),
            (!host.strings("Dns").isEmpty, "dns and the network mode"),
            (!host.strings("ExtraHosts").isEmpty, "custom host-to-IP mapping and the network mode"),
            (
                host.flag("PublishAllPorts") || host["PortBindings"]?.object?.isEmpty == false,
                "port publishing and the container type network mode"
            ),
        ]
        for conflict in conflicts where conflict.isSet {
            throw EngineFailure.invalid("conflicting options: \(conflict.what)")
        }
    }

    /// A container in another's network exposes nothing of its own; what its image exposes is no matter.
    ///
    /// - Parameter config: As asked for, before the image's was added.
    func checkExposed(_ config: JSONObject, _ host: JSONObject) throws {
        guard host.text("NetworkMode").hasPrefix("container:") else { return }
        if config["ExposedPorts"]?.object?.isEmpty == false {
            throw EngineFailure.invalid(
                "conflicting options: port exposing and the container type network mode")
        }
    }

    /// Parameters of the network namespace can't be set where the namespace is not the container's own.
    private func checkKernelParameters(_ host: JSONObject) throws {
        let network = host.text("NetworkMode")
        for (name, _) in host.map("Sysctls") {
            if name.hasPrefix("net."), network == "host" || network.hasPrefix("container:") {
                throw EngineFailure.invalid(
                    "failed to create shim task: OCI runtime create failed: runc create failed: sysctl \"\(name)\" not "
                        + "allowed in host network namespace: unknown")
            }
            guard name.hasPrefix("net.") || name.hasPrefix("kernel.") || name.hasPrefix("fs.mqueue.") else {
                throw EngineFailure.invalid("sysctl '\(name)' is not allowed")
            }
        }
    }

    private func checkLogging(_ config: JSONObject, _ host: JSONObject) throws {
        let driver = host["LogConfig"]?["Type"]?.string ?? ""
        let options = host["LogConfig"]?["Config"]
        guard let form = LogForm(host["LogConfig"]) else {
            guard driver == "none" else {
                throw EngineFailure.invalid("error looking up logging plugin \(driver): plugin \"\(driver)\" not found")
            }
            if let name = options?.object?.names.first {
                throw EngineFailure.invalid("unknown log opt '\(name)' for none log driver")
            }
            return
        }
        for name in options?.object?.names ?? [] where !form.options.contains(name) {
            throw EngineFailure.invalid(
                form == .local
                    ? "unknown log opt '\(name)' for log driver local"
                    : "unknown log opt '\(name)' for json-file log driver")
        }
        _ = try LogRotation(options, of: form)
        _ = try LogAttributes(options: options, of: config, container: .example)
    }

    /// Whether the processors and memory nodes asked for are here.
    private func checkProcessors(_ host: JSONObject) throws {
        func check(_ member: String, _ kind: String, _ what: String, count: Int) throws {
            let text = host.text(member)
            if text.isEmpty { return }
            for part in text.split(separator: ",", omittingEmptySubsequences: false) {
                let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
                guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last
                else {
                    throw EngineFailure.invalid("Invalid value \(text) for cpuset \(kind): invalid format: \(text)")
                }
                guard last < count else {
                    let available = count > 1 ? "0-\(count - 1)" : "0"
                    throw EngineFailure.invalid(
                        "Requested \(what) are not available - requested \(text), available: \(available)")
                }
            }
        }
        try check("CpusetCpus", "cpus", "CPUs", count: profile.processors)
        try check("CpusetMems", "mems", "memory nodes", count: memoryNodes)
    }

    /// How many memory nodes the machine has (`/sys/devices/system/node`): one where it doesn't say.
    private var memoryNodes: Int {
        let entries = (try? Files.list("/sys/devices/system/node")) ?? []
        return max(1, entries.filter { $0.name.hasPrefix("node") && Int($0.name.dropFirst(4)) != nil }.count)
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
        // Clients send -1 for "as the kernel has it".
        if let swappiness = host["MemorySwappiness"]?.integer, !(-1...100).contains(swappiness) {
            throw EngineFailure.invalid("Invalid value: \(swappiness), valid memory swappiness range is 0-100")
        }
        if host.number("CpuRealtimeRuntime") != 0, host.number("CpuRealtimePeriod") != 0,
            host.number("CpuRealtimeRuntime") > host.number("CpuRealtimePeriod")
        {
            throw EngineFailure.invalid("cpu real-time runtime cannot be higher than cpu real-time period")
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
                let shown = name.uppercased()
                let full = shown.hasPrefix("CAP_") ? shown : "CAP_\(shown)"
                throw EngineFailure.invalid("invalid \(member): unknown capability: \"\(full)\"")
            }
        }
        for option in host.strings("SecurityOpt") {
            let parts = option.split(separator: option.contains("=") ? "=" : ":", maxSplits: 1).map(String.init)
            switch (parts.first ?? "", parts.count > 1 ? parts[1] : "") {
            case ("no-new-privileges", ""), ("no-new-privileges", "true"), ("no-new-privileges", "false"): continue
            case ("seccomp", "unconfined"): continue
            // Read above.
            case ("seccomp", _): continue
            case ("apparmor", "unconfined"), ("label", "disable"): continue
            case ("apparmor", _), ("label", _):
                throw EngineFailure.invalid(
                    "invalid --security-opt 2: \"\(option)\": this kernel has no such security module")
            default: throw EngineFailure.invalid("invalid --security-opt 2: \"\(option)\"")
            }
        }
    }
}
