import OrderedJSON
import Posix

/// The body of the Engine API's `POST /containers/create`, made from the flags of `run` and `create`.
struct CreateRequest: Sendable {
    /// The image as the user wrote it.
    var image: String
    var config: JSONObject
    var hostConfig: JSONObject
    var endpoints: JSONObject
    /// The name of `--name`; empty lets the engine choose.
    var name: String
    var platform: String

    /// The whole body.
    var body: JSON {
        var body = config
        body["HostConfig"] = .object(hostConfig)
        body["NetworkingConfig"] = ["EndpointsConfig": .object(endpoints)]
        return .object(body)
    }

    /// Reads the flags.
    ///
    /// - Parameter terminal: The descriptor whose size a new terminal gets.
    /// - Throws: ``CommandFailure`` with the message of Docker's client and code 125.
    init(_ parsed: ParsedCommand, terminal: Int32 = 1) throws(CommandFailure) {
        image = parsed.arguments[0]
        name = parsed.string("name")
        platform = parsed.string("platform")
        let container = try ContainerSettings(parsed)
        config = container.config
        hostConfig = try HostSettings.make(parsed, container)
        if parsed.bool("tty"), let size = RawTerminal.size(of: terminal) {
            hostConfig["ConsoleSize"] = [.integer(Int64(size.rows)), .integer(Int64(size.columns))]
        }
        let networks = try NetworkSettings(parsed)
        hostConfig["NetworkMode"] = .string(networks.mode)
        endpoints = networks.endpoints
    }
}

extension JSONObject {
    /// Sets a member unless its value says nothing.
    fileprivate mutating func set(_ name: String, unlessEmpty value: JSON) {
        switch value {
        case .null, .string(""), .bool(false), .integer(0), .array([]): return
        case .object(let object) where object.isEmpty: return
        default: self[name] = value
        }
    }
}

extension ParsedCommand {
    /// A flag's texts as a JSON array.
    func array(_ flag: String) -> JSON { .array(strings(flag).map { .string($0) }) }

    fileprivate func integer(_ flag: String) -> JSON { .integer(int(flag) ?? 0) }

    fileprivate func size(_ flag: String) -> JSON { .integer(bytes(flag) ?? 0) }
}

/// What a container is: the part of the body that Docker calls `Config`.
private struct ContainerSettings {
    var config = JSONObject()
    var anonymousVolumes = JSONObject()
    var binds: [JSON] = []
    var portBindings = JSONObject()

    init(_ parsed: ParsedCommand) throws(CommandFailure) {
        let streams = Set(parsed.strings("attach").map { $0.lowercased() })
        let isInteractive = parsed.bool("interactive")
        let attachesInput = streams.isEmpty ? isInteractive : streams.contains("stdin")
        try readVolumes(parsed)
        let exposed = try readPorts(parsed)
        let image = parsed.arguments[0]
        let command = parsed.arguments.dropFirst().map { JSON.string($0) }
        config["Hostname"] = .string(parsed.string("hostname"))
        config["Domainname"] = .string(parsed.string("domainname"))
        config["User"] = .string(parsed.string("user"))
        config["AttachStdin"] = .bool(attachesInput)
        config["AttachStdout"] = .bool(streams.isEmpty || streams.contains("stdout"))
        config["AttachStderr"] = .bool(streams.isEmpty || streams.contains("stderr"))
        config.set("ExposedPorts", unlessEmpty: .object(exposed))
        config["Tty"] = .bool(parsed.bool("tty"))
        config["OpenStdin"] = .bool(isInteractive)
        config["StdinOnce"] = .bool(isInteractive && attachesInput)
        let environment = try KeyValue.environment(files: parsed.strings("env-file"), given: parsed.strings("env"))
        config["Env"] = .array(environment.map { .string($0) })
        config["Cmd"] = command.isEmpty ? .null : .array(Array(command))
        config.set("Healthcheck", unlessEmpty: try Self.healthCheck(parsed))
        config["Image"] = .string(image)
        config["Volumes"] = .object(anonymousVolumes)
        config["WorkingDir"] = .string(parsed.string("workdir"))
        config["Entrypoint"] = parsed.stringIfSet("entrypoint").map { .array([.string($0)]) } ?? .null
        config["Labels"] = try KeyValue.labels(files: parsed.strings("label-file"), given: parsed.strings("label"))
        config.set("StopSignal", unlessEmpty: .string(parsed.string("stop-signal")))
        if let seconds = parsed.int("stop-timeout") { config["StopTimeout"] = .integer(seconds) }
    }

    private mutating func readVolumes(_ parsed: ParsedCommand) throws(CommandFailure) {
        for text in parsed.strings("volume") {
            switch try VolumeText.parse(text).get() {
            case .anonymous(let path): anonymousVolumes[path] = [:]
            case .bind(let bind): if !binds.contains(.string(bind)) { binds.append(.string(bind)) }
            }
        }
    }

    private mutating func readPorts(_ parsed: ParsedCommand) throws(CommandFailure) -> JSONObject {
        var exposed = JSONObject()
        for text in parsed.strings("publish") {
            for mapping in try PortText.publish(text).get() {
                exposed[mapping.containerPort] = [:]
                var list = portBindings[mapping.containerPort]?.array ?? []
                list.append(["HostIp": .string(mapping.hostAddress), "HostPort": .string(mapping.hostPort)])
                portBindings[mapping.containerPort] = .array(list)
            }
        }
        for text in parsed.strings("expose") {
            for port in try PortText.expose(text).get() { exposed[port] = [:] }
        }
        return exposed
    }

    private static func healthCheck(_ parsed: ParsedCommand) throws(CommandFailure) -> JSON {
        let command = parsed.string("health-cmd")
        let times = ["health-interval", "health-timeout", "health-start-period", "health-start-interval"]
        let isSet = !command.isEmpty || parsed.isSet("health-retries") || times.contains { parsed.isSet($0) }
        if parsed.bool("no-healthcheck") {
            if isSet { throw CommandFailure("--no-healthcheck conflicts with --health-* options", code: 125) }
            return ["Test": ["NONE"]]
        }
        for flag in times where parsed.duration(flag) ?? 0 < 0 {
            throw CommandFailure("--\(flag) cannot be negative", code: 125)
        }
        if parsed.int("health-retries") ?? 0 < 0 {
            throw CommandFailure("--health-retries cannot be negative", code: 125)
        }
        var check = JSONObject()
        if !command.isEmpty { check["Test"] = .array(["CMD-SHELL", .string(command)]) }
        check.set("Interval", unlessEmpty: .integer(parsed.duration("health-interval") ?? 0))
        check.set("Timeout", unlessEmpty: .integer(parsed.duration("health-timeout") ?? 0))
        check.set("StartPeriod", unlessEmpty: .integer(parsed.duration("health-start-period") ?? 0))
        check.set("StartInterval", unlessEmpty: .integer(parsed.duration("health-start-interval") ?? 0))
        check.set("Retries", unlessEmpty: parsed.integer("health-retries"))
        return .object(check)
    }
}

/// How a container runs on its host: the part of the body that Docker calls `HostConfig`.
private enum HostSettings {
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

/// Which networks a container joins.
private struct NetworkSettings {
    /// The first network, or `default`.
    var mode = "default"
    var endpoints = JSONObject()

    init(_ parsed: ParsedCommand) throws(CommandFailure) {
        var networks: [NetworkText] = []
        for text in parsed.strings("network") { networks.append(try NetworkText.parse(text).get()) }
        if networks.contains(where: { $0.name.isEmpty }) { throw CommandFailure("no name set for network", code: 125) }
        let userDefined = networks.filter { Self.isUserDefined($0.name) }
        if networks.count > 1 && userDefined.count != networks.count {
            throw CommandFailure(
                "conflicting options: cannot attach both user-defined and non-user-defined network-modes", code: 125)
        }
        for network in networks where networks.count(where: { $0.name == network.name }) > 1 {
            throw CommandFailure("network \(GoFormat.quote(network.name)) is specified multiple times", code: 125)
        }
        let aliases = parsed.strings("network-alias")
        let hasAliases = !aliases.isEmpty || networks.contains { !$0.aliases.isEmpty }
        if hasAliases && userDefined.isEmpty {
            throw CommandFailure(
                "network-scoped aliases are only supported for user-defined networks", code: 125)
        }
        if let address = parsed.stringIfSet("mac-address"), !Self.isMAC(address) {
            throw CommandFailure("\(address) is not a valid mac address", code: 125)
        }
        if networks.isEmpty { networks = [NetworkText(name: "default")] }
        mode = networks[0].name
        networks[0].aliases += aliases
        networks[0].address = networks[0].address ?? parsed.stringIfSet("ip")
        networks[0].address6 = networks[0].address6 ?? parsed.stringIfSet("ip6")
        networks[0].macAddress = networks[0].macAddress ?? parsed.stringIfSet("mac-address")
        networks[0].linkLocalAddresses += parsed.strings("link-local-ip")
        for (index, network) in networks.enumerated() {
            let settings = Self.endpoint(network, links: index == 0 ? parsed.strings("link") : [])
            if Self.isUserDefined(network.name) || !settings.isEmpty { endpoints[network.name] = .object(settings) }
        }
    }

    private static func isUserDefined(_ name: String) -> Bool {
        !["default", "bridge", "host", "none"].contains(name) && !name.hasPrefix("container:")
    }

    private static func isMAC(_ text: String) -> Bool {
        let separator: Character = text.contains("-") ? "-" : ":"
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        return parts.count == 6 && parts.allSatisfy { $0.count == 2 && UInt8($0, radix: 16) != nil }
    }

    private static func endpoint(_ network: NetworkText, links: [String]) -> JSONObject {
        var settings = JSONObject()
        var addresses = JSONObject()
        if let address = network.address { addresses["IPv4Address"] = .string(address) }
        if let address = network.address6 { addresses["IPv6Address"] = .string(address) }
        if !network.linkLocalAddresses.isEmpty {
            addresses["LinkLocalIPs"] = .array(network.linkLocalAddresses.map { .string($0) })
        }
        if !addresses.isEmpty { settings["IPAMConfig"] = .object(addresses) }
        if !links.isEmpty && isUserDefined(network.name) { settings["Links"] = .array(links.map { .string($0) }) }
        if !network.aliases.isEmpty { settings["Aliases"] = .array(network.aliases.map { .string($0) }) }
        if let address = network.macAddress { settings["MacAddress"] = .string(address) }
        if !network.driverOptions.isEmpty { settings["DriverOpts"] = KeyValue.object(network.driverOptions) }
        if let priority = network.gatewayPriority { settings["GwPriority"] = .integer(priority) }
        return settings
    }
}
