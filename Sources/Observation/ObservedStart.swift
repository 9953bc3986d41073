import EngineAPI
import OrderedJSON

/// What is told of a container's creation and start: each thing that was seen, and nothing that was not.
struct ObservedStart {
    let sight: ContainerSight

    /// A step before it has a place in an operation.
    struct Step {
        var kind: StepKind
        /// Where it was seen, as one would look there.
        var command: String
        var facts: Facts
        var evidence: [Evidence] = []
    }

    private var name: String { sight.name }
    private var inspect: String { "docker inspect \(name)" }
    private var process: ProcessSight? { sight.process }

    /// What a creation leaves: an image that is used, a record, a layer.
    var creation: [Step] {
        let graph = sight.inspection["GraphDriver"]?["Data"]
        let reference = sight.config["Image"]?.string ?? sight.inspection["Image"]?.string ?? ""
        var steps: [Step] = []
        if let image = sight.image {
            let layers = image["RootFS"]?["Layers"]?.array?.count ?? 0
            steps.append(
                Step(
                    kind: .imageResolve, command: "docker image inspect \(reference)",
                    facts: [
                        "reference": .string(reference), "image": image["Id"] ?? .null,
                        "layers": .integer(Int64(layers)), "size": image["Size"] ?? .null,
                    ],
                    evidence: [
                        Evidence(source: "docker image inspect \(reference)", text: "Id: \(image["Id"]?.string ?? "")")
                    ]))
        }
        steps.append(
            Step(
                kind: .containerCreate, command: "docker events: container create",
                facts: [
                    "name": .string(name), "id": .string(sight.id), "directory": .null, "image": .string(reference),
                    "command": .array([sight.inspection["Path"] ?? .null] + (sight.inspection["Args"]?.array ?? [])),
                ],
                evidence: [
                    Evidence(source: inspect, text: "Id: \(sight.id)")
                ]))
        if let upper = graph?["UpperDir"]?.string {
            let entries = sight.upperEntries.map { JSON.integer(Int64($0)) } ?? .null
            steps.append(
                Step(
                    kind: .layerCreate, command: "\(inspect): GraphDriver",
                    facts: ["upper": .string(upper), "work": graph?["WorkDir"] ?? .null, "entries": entries],
                    evidence: [Evidence(source: inspect, text: "UpperDir: \(upper)")]))
        }
        return steps
    }

    /// What a start leaves. Where the process can't be looked at, only what the engine itself tells.
    var start: [Step] {
        root + limits + [views].compactMap { $0 } + network + ports + mounts + guards + [program]
    }

    // MARK: Parts of a start

    private var root: [Step] {
        guard let lower = sight.inspection["GraphDriver"]?["Data"]?["LowerDir"]?.string else { return [] }
        let count = lower.split(separator: ":").count
        let upper = sight.inspection["GraphDriver"]?["Data"]?["UpperDir"] ?? .null
        let mount = process?.mount(at: "/")
        var steps = [
            Step(
                kind: .overlayMount, command: "\(inspect): GraphDriver",
                facts: ["layers": .integer(Int64(count)), "upper": upper, "volatile": false],
                evidence: mount.map { [Evidence(source: "/proc/\(process?.pid ?? 0)/mountinfo", text: $0)] } ?? [])
        ]
        if let process, mount != nil {
            steps.append(
                Step(
                    kind: .rootPivot, command: "/proc/\(process.pid)/mountinfo",
                    facts: ["readOnly": .bool(sight.host["ReadonlyRootfs"]?.bool ?? false)]))
        }
        return steps
    }

    private var limits: [Step] {
        guard let process, let path = process.cgroupPath else { return [] }
        let given = ["Memory", "NanoCpus", "CpuQuota", "CpuShares", "PidsLimit"].contains {
            (sight.host[$0]?.integer ?? 0) > 0
        }
        let memory = sight.reading("memory", first: "memory.limit_in_bytes", second: "memory.max")
        let create = Step(
            kind: .cgroupCreate, command: "/proc/\(process.pid)/cgroup",
            facts: [
                "path": .string(path), "directories": .array(process.cgroupDirectories.map { .string($0) }),
                "limited": .bool(given || !(sight.host["CpusetCpus"]?.string ?? "").isEmpty),
            ],
            evidence: given ? [] : memory.map { [Evidence(source: $0.path, text: $0.text)] } ?? [])
        return [create] + limitSteps
    }

    /// The limits that were asked for and are found in the control group's files.
    var limitSteps: [Step] {
        func step(_ resource: String, _ value: String, _ reading: (path: String, text: String)?) -> Step? {
            guard let reading else { return nil }
            return Step(
                kind: .cgroupLimit, command: reading.path,
                facts: ["resource": .string(resource), "value": .string(value), "file": .string(reading.path)],
                evidence: [Evidence(source: reading.path, text: reading.text)])
        }
        var steps: [Step?] = []
        if let bytes = sight.host["Memory"]?.integer, bytes > 0 {
            let reading = sight.reading("memory", first: "memory.limit_in_bytes", second: "memory.max")
            steps.append(step("memory", String(bytes), reading))
        }
        if let count = sight.host["PidsLimit"]?.integer, count > 0 {
            steps.append(step("pids", String(count), sight.reading("pids", first: "pids.max", second: "pids.max")))
        }
        if let quota = processorQuota {
            let reading = sight.reading("cpu", first: "cpu.cfs_quota_us", second: "cpu.max")
            steps.append(step("cpuQuota", quota, reading))
        }
        if let shares = sight.host["CpuShares"]?.integer, shares > 0 {
            let reading = sight.reading("cpu", first: "cpu.shares", second: "cpu.weight")
            steps.append(step("cpuShares", String(shares), reading))
        }
        if let processors = sight.host["CpusetCpus"]?.string, !processors.isEmpty {
            let reading = sight.reading("cpuset", first: "cpuset.cpus", second: "cpuset.cpus")
            steps.append(step("cpuset", processors, reading))
        }
        return steps.compactMap { $0 }
    }

    /// The quota and the period in microseconds, as `cpu.max` has them.
    private var processorQuota: String? {
        if let billionths = sight.host["NanoCpus"]?.integer, billionths > 0 { return "\(billionths / 10_000) 100000" }
        guard let quota = sight.host["CpuQuota"]?.integer, quota > 0 else { return nil }
        let period = sight.host["CpuPeriod"]?.integer ?? 0
        return "\(quota) \(period > 0 ? period : 100_000)"
    }

    /// The kinds of namespaces that are the container's own, not shared by a setting.
    private func ownKinds(_ process: ProcessSight) -> [String] {
        let modes = ["net": "NetworkMode", "pid": "PidMode", "ipc": "IpcMode", "uts": "UTSMode"]
        return process.ownKinds.filter { kind in
            guard let mode = modes[kind].flatMap({ sight.host[$0]?.string }) else { return true }
            return mode != "host" && !mode.hasPrefix("container:")
        }
    }

    private var views: Step? {
        guard let process, let inner = process.innerPid else { return nil }
        let kinds = ownKinds(process)
        return Step(
            kind: .processClone, command: "/proc/\(process.pid)/ns",
            facts: [
                "pid": .integer(process.pid), "innerPid": .integer(inner),
                "namespaces": .array(kinds.map { .string($0) }), "count": .integer(Int64(kinds.count)),
                "owner": .null,
            ],
            evidence: [Evidence(source: "/proc/\(process.pid)/status", text: "NSpid: \(process.status["NSpid"] ?? "")")]
        )
    }

    private var network: [Step] {
        let mode = sight.host["NetworkMode"]?.string ?? ""
        if mode == "none" { return [Step(kind: .networkNone, command: "\(inspect): NetworkMode", facts: [:])] }
        if mode == "host" || mode.hasPrefix("container:") {
            let target = mode == "host" ? "the Docker host" : String(mode.dropFirst("container:".count))
            return [
                Step(
                    kind: .networkJoin, command: "\(inspect): NetworkMode",
                    facts: ["target": .string(target), "kind": mode == "host" ? "node" : "container"],
                    evidence: process?.namespaces["net"].map {
                        [Evidence(source: "/proc/\(process?.pid ?? 0)/ns/net", text: $0)]
                    } ?? [])
            ]
        }
        return (sight.inspection["NetworkSettings"]?["Networks"]?.object ?? JSONObject()).flatMap { name, endpoint in
            connection(name, endpoint)
        }
    }

    /// An end in a network: the cable, the address, the way out.
    func connection(_ network: String, _ endpoint: JSON) -> [Step] {
        guard let address = endpoint["IPAddress"]?.string, !address.isEmpty else { return [] }
        let shown = "\(address)/\(endpoint["IPPrefixLen"]?.integer ?? 0)"
        let interface = process?.interface(for: address).map { JSON.string($0) } ?? .null
        let definition = sight.networks[network]
        let place = "\(inspect): NetworkSettings"
        var steps: [Step] = []
        if definition?["Driver"]?.string == "bridge", let bridge = Self.bridge(of: definition) {
            steps.append(
                Step(
                    kind: .vethCreate, command: place,
                    facts: [
                        "host": .null, "container": interface, "bridge": .string(bridge),
                        "mac": endpoint["MacAddress"] ?? .null,
                    ]))
        }
        steps.append(
            Step(
                kind: .addressAssign, command: place,
                facts: ["interface": interface, "address": .string(shown), "network": .string(network)],
                evidence: [Evidence(source: inspect, text: "\(network): IPAddress \(address)")]))
        if let gateway = endpoint["Gateway"]?.string, !gateway.isEmpty, let process,
            process.defaultInterface == interface.string
        {
            steps.append(
                Step(
                    kind: .routeAdd, command: "/proc/\(process.pid)/net/route",
                    facts: ["gateway": .string(gateway), "interface": interface]))
        }
        return steps
    }

    /// The name of a network's bridge: the one that was given, or the one that Docker makes of the ID.
    static func bridge(of network: JSON?) -> String? {
        if let name = network?["Options"]?["com.docker.network.bridge.name"]?.string { return name }
        return network?["Id"]?.string.map { "br-" + $0.prefix(12) }
    }

    private var ports: [Step] {
        let settings = sight.inspection["NetworkSettings"]
        let own =
            settings?["Networks"]?.object?.lazy.compactMap { $0.value["IPAddress"]?.string }.first { !$0.isEmpty } ?? ""
        return (settings?["Ports"]?.object ?? JSONObject()).flatMap { port, bindings in
            (bindings.array ?? []).map { binding in
                let host = binding["HostIp"]?.string ?? ""
                let number = binding["HostPort"]?.string ?? ""
                let address = "\(host.contains(":") ? "[\(host)]" : host):\(number)"
                return Step(
                    kind: .portPublish, command: "docker port \(name)",
                    facts: [
                        "port": .string(port), "address": .string(address), "number": .string(number), "machine": .null,
                        "target": .string("\(own):\(port.split(separator: "/").first ?? "")"),
                    ],
                    evidence: [Evidence(source: "docker port \(name)", text: "\(port) -> \(address)")])
            }
        }
    }

    private var mounts: [Step] {
        let volumes = (sight.inspection["Mounts"]?.array ?? []).map { mount in
            let target = mount["Destination"]?.string ?? ""
            let isVolume = mount["Type"]?.string == "volume"
            return Step(
                kind: .mountVolume, command: "\(inspect): Mounts",
                facts: [
                    "source": mount["Source"] ?? .null, "target": .string(target),
                    "readOnly": .bool(mount["RW"]?.bool == false), "volume": isVolume ? mount["Name"] ?? .null : .null,
                ],
                evidence: process.flatMap { process in
                    process.mount(at: target).map {
                        [Evidence(source: "/proc/\(process.pid)/mountinfo", text: $0)]
                    }
                } ?? [])
        }
        let inMemory = (sight.host["Tmpfs"]?.object ?? JSONObject()).map { target, _ in
            Step(
                kind: .mountTmpfs, command: "\(inspect): HostConfig.Tmpfs",
                facts: ["target": .string(target), "size": .null])
        }
        return volumes + inMemory
    }

    private var guards: [Step] {
        guard let process else { return [] }
        let file = "/proc/\(process.pid)/status"
        var steps: [Step] = []
        if let kept = process.capabilities("CapBnd") {
            // Which there are is known by the kernel that this program runs on, too: it is the same one.
            let possible = kept.max().map { max($0 + 1, Self.capabilityCount) } ?? Self.capabilityCount
            steps.append(
                Step(
                    kind: .capabilitiesDrop, command: file,
                    facts: [
                        "kept": .integer(Int64(kept.count)), "possible": .integer(Int64(possible)),
                        "names": .array([]), "privileged": .bool(sight.host["Privileged"]?.bool ?? false),
                    ],
                    evidence: [Evidence(source: file, text: "CapBnd: \(process.status["CapBnd"] ?? "")")]))
        }
        if process.status["Seccomp"] == "2" {
            let isOwn = (sight.host["SecurityOpt"]?.array ?? []).contains {
                $0.string?.hasPrefix("seccomp") == true
            }
            steps.append(
                Step(
                    kind: .seccompLoad, command: file, facts: ["profile": isOwn ? "custom" : "default"],
                    evidence: [Evidence(source: file, text: "Seccomp: 2")]))
        }
        if let uid = process.status["Uid"]?.split(separator: " ").first.flatMap({ Int64($0) }),
            let gid = process.status["Gid"]?.split(separator: " ").first.flatMap({ Int64($0) })
        {
            let user = sight.config["User"]?.string ?? ""
            steps.append(
                Step(
                    kind: .userBecome, command: file,
                    facts: [
                        "user": .string(user.isEmpty ? String(uid) : user), "uid": .integer(uid), "gid": .integer(gid),
                    ],
                    evidence: [Evidence(source: file, text: "Uid: \(process.status["Uid"] ?? "")")]))
        }
        return steps
    }

    /// The capabilities that Linux has had since 5.9 (`capabilities(7)`).
    private static let capabilityCount = 41

    private var program: Step {
        let hasTerminal = sight.config["Tty"]?.bool ?? false
        return Step(
            kind: .processExecute, command: process.map { "/proc/\($0.pid)/exe" } ?? "\(inspect): Path, Args",
            facts: [
                "path": sight.inspection["Path"] ?? .null, "arguments": sight.inspection["Args"] ?? .array([]),
                "user": sight.config["User"] ?? .null,
                "directory": .string(sight.config["WorkingDir"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "/"),
                "detached": .bool(!(sight.config["AttachStdout"]?.bool ?? false)), "terminal": .bool(hasTerminal),
            ],
            evidence: process.flatMap { process in
                process.program.map { [Evidence(source: "/proc/\(process.pid)/exe", text: $0)] }
            } ?? [])
    }
}
