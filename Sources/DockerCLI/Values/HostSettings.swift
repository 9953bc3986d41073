import OrderedJSON
import Posix

/// How a container runs on its host: the part of the body that Docker calls `HostConfig`.
enum HostSettings {
    static func make(_ parsed: ParsedCommand, _ container: ContainerSettings) throws(CommandFailure) -> JSONObject {
        var host = JSONObject()
        host["Binds"] = container.binds.isEmpty ? .null : .array(container.binds)
        host["ContainerIDFile"] = .string(parsed.string("cidfile"))
        host["LogConfig"] = try logging(parsed)
        host["PortBindings"] = .object(container.portBindings)
        let restart = try RestartPolicyText.parse(parsed.string("restart")).get()
        let name = restart["Name"]?.string ?? ""
        host["RestartPolicy"] = restart
        let removes = parsed.bool("rm")
        if removes && !name.isEmpty && name != "no" {
            throw CommandFailure("conflicting options: cannot specify both --restart and --rm", code: 125)
        }
        host["AutoRemove"] = .bool(removes)
        host.set("VolumeDriver", unlessEmpty: .string(parsed.string("volume-driver")))
        host.set("VolumesFrom", unlessEmpty: parsed.array("volumes-from"))
        host.set("Annotations", unlessEmpty: KeyValue.object(parsed.strings("annotation")))
        let capabilities = CapabilityText.effective(
            added: parsed.strings("cap-add"), dropped: parsed.strings("cap-drop"))
        host.set("CapAdd", unlessEmpty: .array(capabilities.added.map { .string($0) }))
        host.set("CapDrop", unlessEmpty: .array(capabilities.dropped.map { .string($0) }))
        host.set("GroupAdd", unlessEmpty: parsed.array("group-add"))
        host.set("Dns", unlessEmpty: parsed.array("dns"))
        host.set("DnsOptions", unlessEmpty: parsed.array("dns-option"))
        host.set("DnsSearch", unlessEmpty: parsed.array("dns-search"))
        host.set("ExtraHosts", unlessEmpty: .array(parsed.strings("add-host").map { .string(extraHost($0)) }))
        host.set("Links", unlessEmpty: parsed.array("link"))
        host.set("OomScoreAdj", unlessEmpty: parsed.integer("oom-score-adj"))
        host["Privileged"] = .bool(parsed.bool("privileged"))
        host["PublishAllPorts"] = .bool(parsed.bool("publish-all"))
        host["ReadonlyRootfs"] = .bool(parsed.bool("read-only"))
        try namespaces(parsed, &host)
        try security(parsed, &host)
        try storage(parsed, &host)
        try resources(parsed, &host)
        return host
    }

    private static func logging(_ parsed: ParsedCommand) throws(CommandFailure) -> JSON {
        let driver = parsed.string("log-driver")
        let options = parsed.strings("log-opt")
        if driver == "none" && !options.isEmpty {
            throw CommandFailure("invalid logging opts for driver none", code: 125)
        }
        return ["Type": .string(driver), "Config": KeyValue.object(options)]
    }

    private static func extraHost(_ text: String) -> String {
        guard let mark = text.firstIndex(of: "=") ?? text.firstIndex(of: ":") else { return text }
        var address = String(text[text.index(after: mark)...])
        if address.hasPrefix("[") && address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
        return "\(text[..<mark]):\(address)"
    }

    private static func namespaces(_ parsed: ParsedCommand, _ host: inout JSONObject) throws(CommandFailure) {
        func mode(_ flag: String, _ allowed: Set<String>, _ label: String) throws(CommandFailure) -> JSON {
            let text = parsed.string(flag)
            let isContainer = flag == "pid" && text.hasPrefix("container:") && text.count > 10
            guard allowed.contains(text) || isContainer else {
                throw CommandFailure("--\(flag): invalid \(label) mode", code: 125)
            }
            return .string(text)
        }
        host.set("PidMode", unlessEmpty: try mode("pid", ["", "host"], "PID"))
        host.set("UTSMode", unlessEmpty: try mode("uts", ["", "host"], "UTS"))
        host.set("UsernsMode", unlessEmpty: try mode("userns", ["", "host"], "USER"))
        host.set("CgroupnsMode", unlessEmpty: try mode("cgroupns", ["", "host", "private"], "CGROUP"))
        host.set("IpcMode", unlessEmpty: .string(parsed.string("ipc")))
    }

    private static func security(_ parsed: ParsedCommand, _ host: inout JSONObject) throws(CommandFailure) {
        var options: [JSON] = []
        for text in parsed.strings("security-opt") {
            if text == "systempaths=unconfined" {
                host["MaskedPaths"] = []
                host["ReadonlyPaths"] = []
                continue
            }
            guard text == "no-new-privileges" || text.contains("=") || text.contains(":") else {
                throw CommandFailure("Invalid --security-opt: \(GoFormat.quote(text))", code: 125)
            }
            options.append(.string(try seccomp(text)))
        }
        host.set("SecurityOpt", unlessEmpty: .array(options))
        host.set("Sysctls", unlessEmpty: KeyValue.object(parsed.strings("sysctl")))
        host.set("Runtime", unlessEmpty: .string(parsed.string("runtime")))
        host.set("Isolation", unlessEmpty: .string(parsed.string("isolation")))
        if parsed.isSet("init") { host["Init"] = .bool(parsed.bool("init")) }
    }

    /// A seccomp profile in a file is sent as its text.
    private static func seccomp(_ option: String) throws(CommandFailure) -> String {
        let (key, value) = KeyValue.split(option)
        guard key == "seccomp", let path = value, path != "unconfined", path != "builtin" else { return option }
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try Files.read(path) } catch {
            throw CommandFailure(
                "opening seccomp profile (\(path)) failed: open \(path): \(error.reason.lowercased())", code: 125)
        }
        do throws(JSONError) { return "seccomp=\(try JSON(parsing: bytes).text())" } catch {
            throw CommandFailure("compacting json for seccomp profile (\(path)) failed: \(error)", code: 125)
        }
    }

    private static func storage(_ parsed: ParsedCommand, _ host: inout JSONObject) throws(CommandFailure) {
        var temporary = JSONObject()
        for text in parsed.strings("tmpfs") {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            temporary[parts[0]] = .string(parts.count == 2 ? parts[1] : "")
        }
        host.set("Tmpfs", unlessEmpty: .object(temporary))
        var mounts: [JSON] = []
        for text in parsed.strings("mount") { mounts.append(try MountText.parse(text).get()) }
        host.set("Mounts", unlessEmpty: .array(mounts))
        for text in parsed.strings("storage-opt") where !text.contains("=") {
            throw CommandFailure("invalid storage option", code: 125)
        }
        host.set("StorageOpt", unlessEmpty: KeyValue.object(parsed.strings("storage-opt")))
        host.set("ShmSize", unlessEmpty: parsed.size("shm-size"))
        var devices: [JSON] = []
        for text in parsed.strings("device") { devices.append(try device(text)) }
        host.set("Devices", unlessEmpty: .array(devices))
        var requests: [JSON] = []
        for text in parsed.strings("gpus") { requests.append(try GPURequestText.parse(text).get()) }
        host.set("DeviceRequests", unlessEmpty: .array(requests))
        host.set("DeviceCgroupRules", unlessEmpty: parsed.array("device-cgroup-rule"))
    }

    private static func device(_ text: String) throws(CommandFailure) -> JSON {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        func isMode(_ text: String) -> Bool {
            !text.isEmpty && text.allSatisfy { "rwm".contains($0) } && Set(text).count == text.count
        }
        var inside = parts[0]
        var permissions = "rwm"
        switch parts.count {
        case 1: break
        case 2: if isMode(parts[1]) { permissions = parts[1] } else { inside = parts[1] }
        case 3:
            inside = parts[1]
            permissions = parts[2]
        default: throw CommandFailure("invalid device specification: \(text)", code: 125)
        }
        guard isMode(permissions) else { throw CommandFailure("bad mode specified: \(permissions)", code: 125) }
        guard !parts[0].isEmpty else { throw CommandFailure("invalid device specification: \(text)", code: 125) }
        return [
            "PathOnHost": .string(parts[0]), "PathInContainer": .string(inside),
            "CgroupPermissions": .string(permissions),
        ]
    }

    private static func resources(_ parsed: ParsedCommand, _ host: inout JSONObject) throws(CommandFailure) {
        host.set("Memory", unlessEmpty: parsed.size("memory"))
        host.set("MemoryReservation", unlessEmpty: parsed.size("memory-reservation"))
        host.set("MemorySwap", unlessEmpty: parsed.size("memory-swap"))
        if let swappiness = parsed.int("memory-swappiness"), swappiness != -1 {
            guard (0...100).contains(swappiness) else {
                throw CommandFailure("invalid value: \(swappiness). Valid memory swappiness range is 0-100", code: 125)
            }
            host["MemorySwappiness"] = .integer(swappiness)
        }
        host.set("KernelMemory", unlessEmpty: parsed.size("kernel-memory"))
        if parsed.isSet("oom-kill-disable") { host["OomKillDisable"] = .bool(parsed.bool("oom-kill-disable")) }
        if let text = parsed.stringIfSet("cpus") { host["NanoCpus"] = .integer(try CPUCount.parse(text).get()) }
        host.set("CpuShares", unlessEmpty: parsed.integer("cpu-shares"))
        host.set("CpuPeriod", unlessEmpty: parsed.integer("cpu-period"))
        host.set("CpuQuota", unlessEmpty: parsed.integer("cpu-quota"))
        host.set("CpuRealtimePeriod", unlessEmpty: parsed.integer("cpu-rt-period"))
        host.set("CpuRealtimeRuntime", unlessEmpty: parsed.integer("cpu-rt-runtime"))
        host.set("CpusetCpus", unlessEmpty: .string(parsed.string("cpuset-cpus")))
        host.set("CpusetMems", unlessEmpty: .string(parsed.string("cpuset-mems")))
        if let limit = parsed.int("pids-limit") { host["PidsLimit"] = .integer(limit) }
        host.set("CgroupParent", unlessEmpty: .string(parsed.string("cgroup-parent")))
        host.set("CpuCount", unlessEmpty: parsed.integer("cpu-count"))
        host.set("CpuPercent", unlessEmpty: parsed.integer("cpu-percent"))
        host.set("IOMaximumIOps", unlessEmpty: parsed.integer("io-maxiops"))
        host.set("IOMaximumBandwidth", unlessEmpty: parsed.size("io-maxbandwidth"))
        host.set("BlkioWeight", unlessEmpty: parsed.integer("blkio-weight"))
        let rates: [(flag: String, member: String, read: (String) -> Parsed<JSON>)] = [
            ("blkio-weight-device", "BlkioWeightDevice", DeviceRate.weight),
            ("device-read-bps", "BlkioDeviceReadBps", DeviceRate.bytes),
            ("device-write-bps", "BlkioDeviceWriteBps", DeviceRate.bytes),
            ("device-read-iops", "BlkioDeviceReadIOps", DeviceRate.operations),
            ("device-write-iops", "BlkioDeviceWriteIOps", DeviceRate.operations),
            ("ulimit", "Ulimits", UlimitText.parse),
        ]
        for rate in rates {
            var list: [JSON] = []
            for text in parsed.strings(rate.flag) { list.append(try rate.read(text).get()) }
            host.set(rate.member, unlessEmpty: .array(list))
        }
    }
}
