import EngineAPI
import Kernel
import OrderedJSON
import Steps

/// The limits that a container's settings ask for, as steps.
struct CgroupPlan {
    let host: JSONObject
    let profile: KernelProfile
    /// Devices and rates that the settings grant or limit by path, looked up on the machine.
    var granted: [CgroupLimit.DeviceRule] = []
    var rates: [CgroupLimit.BlockRate] = []
    var weights: [GrantedDevices.Weight] = []

    /// The devices that every container may use (Docker's default rules): making any node, using the harmless ones.
    static let defaultDevices: [CgroupLimit.DeviceRule] = [
        rule(allows: false, "a", nil, nil, "rwm"), rule("c", nil, nil, "m"), rule("b", nil, nil, "m"),
        rule("c", 1, 3, "rwm"), rule("c", 1, 5, "rwm"), rule("c", 1, 7, "rwm"), rule("c", 1, 8, "rwm"),
        rule("c", 1, 9, "rwm"), rule("c", 5, 0, "rwm"), rule("c", 5, 1, "rwm"), rule("c", 5, 2, "rwm"),
        rule("c", 136, nil, "rwm"),
    ]

    fileprivate static func rule(
        allows: Bool = true, _ type: Character, _ major: UInt32?, _ minor: UInt32?, _ access: String
    ) -> CgroupLimit.DeviceRule {
        CgroupLimit.DeviceRule(allows: allows, type: type, major: major, minor: minor, access: access)
    }

    /// The limits in the order in which they are applied.
    var limits: [CgroupLimit] {
        var limits: [CgroupLimit] = []
        // Root of a user namespace may neither make device nodes nor say who may open them (`user_namespaces(7)`).
        if !profile.isRootless, profile.controllers.contains("devices") || profile.cgroupLayout == .v2 {
            let all = Self.rule("a", nil, nil, "rwm")
            limits.append(.devices(host.flag("Privileged") ? [all] : Self.defaultDevices + granted))
        }
        let memory = host.number("Memory")
        if memory > 0 {
            let swap = host.number("MemorySwap")
            limits.append(.memory(memory, swap: profile.limitsSwap && swap != 0 ? swap : nil))
        }
        if host.number("MemoryReservation") > 0 { limits.append(.memoryReservation(host.number("MemoryReservation"))) }
        if let swappiness = host["MemorySwappiness"]?.integer, swappiness >= 0 {
            limits.append(.memorySwappiness(swappiness))
        }
        if host.flag("OomKillDisable") { limits.append(.outOfMemoryKillDisabled(true)) }
        if host.number("NanoCpus") > 0 {
            limits.append(.cpuQuota(host.number("NanoCpus") / 10_000, period: 100_000))
        } else if host.number("CpuQuota") != 0 || host.number("CpuPeriod") != 0 {
            let period = host.number("CpuPeriod") == 0 ? 100_000 : host.number("CpuPeriod")
            limits.append(.cpuQuota(host.number("CpuQuota") == 0 ? -1 : host.number("CpuQuota"), period: period))
        }
        if host.number("CpuShares") > 0 { limits.append(.cpuShares(host.number("CpuShares"))) }
        let runtime = host.number("CpuRealtimeRuntime"), period = host.number("CpuRealtimePeriod")
        if runtime != 0 || period != 0 {
            limits.append(.realTime(runtime: runtime == 0 ? nil : runtime, period: period == 0 ? nil : period))
        }
        let cpus = host.text("CpusetCpus")
        let nodes = host.text("CpusetMems")
        if !cpus.isEmpty || !nodes.isEmpty {
            limits.append(.cpuset(cpus: cpus.isEmpty ? nil : cpus, memoryNodes: nodes.isEmpty ? nil : nodes))
        }
        if let pids = host["PidsLimit"]?.integer, pids != 0 { limits.append(.pids(pids < 0 ? -1 : pids)) }
        if host.number("BlkioWeight") > 0 { limits.append(.blockWeight(UInt16(host.number("BlkioWeight")))) }
        limits += weights.map { .blockDeviceWeight(major: $0.major, minor: $0.minor, weight: $0.weight) }
        limits += rates.map { .blockRate($0) }
        return limits
    }

    /// The step that applies one of them; its evidence is what the kernel's files contain afterwards.
    static func step(_ limit: CgroupLimit, cgroup: Late<any Cgroup>, file: String) -> Step {
        let (resource, value) = limit.described
        let shown = file.isEmpty ? resource : file
        return Step(
            .cgroupLimit, command: "echo \(value) > \(shown)",
            facts: ["resource": .string(resource), "value": .string(value)]
        ) {
            let readings = try cgroup.value().apply(limit)
            return StepOutcome(
                facts: ["file": readings.first.map { .string($0.path) } ?? .null],
                evidence: readings.map { Evidence(source: $0.path, text: $0.value.replacing("\n", with: "; ")) },
                command: readings.count == 1
                    ? "echo \(value) > \(readings[0].path)"
                    : readings.isEmpty
                        ? nil : readings.map { "echo \($0.value) > \($0.path)" }.joined(separator: "; "))
        }
    }
}

extension CgroupLimit {
    /// The resource's name and the value, for people.
    var described: (resource: String, value: String) {
        switch self {
        case .memory(let bytes, _): ("memory", String(bytes))
        case .memoryReservation(let bytes): ("memoryReservation", String(bytes))
        case .outOfMemoryKillDisabled(let disabled): ("outOfMemoryKillDisabled", disabled ? "1" : "0")
        case .cpuQuota(let quota, let period): ("cpuQuota", "\(quota < 0 ? "max" : String(quota)) \(period)")
        case .cpuShares(let shares): ("cpuShares", String(shares))
        case .memorySwappiness(let value): ("memorySwappiness", String(value))
        case .realTime(let runtime, let period):
            ("realTime", [runtime, period].compactMap { $0 }.map(String.init).joined(separator: " "))
        case .blockDeviceWeight(let major, let minor, let weight):
            ("blockDeviceWeight", "\(major):\(minor) \(weight)")
        case .cpuset(let cpus, let nodes): ("cpuset", [cpus, nodes].compactMap { $0 }.joined(separator: " "))
        case .pids(let count): ("pids", count < 0 ? "max" : String(count))
        case .blockWeight(let weight): ("blockWeight", String(weight))
        case .blockRate(let rate): ("blockRate", "\(rate.major):\(rate.minor) \(rate.rate)")
        case .devices(let rules):
            // Docker's --privileged has a single rule, which allows all.
            ("devices", rules.count == 1 && rules[0].allows ? "all" : "\(rules.count) rules")
        }
    }
}
