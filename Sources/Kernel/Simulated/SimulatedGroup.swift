import Glibc
import Posix

/// A cgroup of the model: its control files' contents, in the form in which the kernel would show them.
struct SimulatedGroup: Sendable {
    /// Contents by file name.
    var files: [String: String]
    var isFrozen = false
    var outOfMemoryKills = 0
    /// How many processes have ever joined it.
    var joined = 0

    /// What stands in for the descriptors through which processes join.
    var joinDescriptor: Descriptor?

    /// A new group with the kernel's defaults.
    init(isUnified: Bool, profile: KernelProfile) {
        let processors = profile.processors > 1 ? "0-\(profile.processors - 1)" : "0"
        if isUnified {
            files = [
                "memory.max": "max", "memory.swap.max": "max", "memory.low": "0", "cpu.max": "max 100000",
                "cpu.weight": "100", "cpuset.cpus": "", "cpuset.mems": "", "pids.max": "max",
                "io.weight": "default 100",
                "io.max": "",
            ]
        } else {
            files = [
                "memory.limit_in_bytes": "9223372036854771712", "memory.memsw.limit_in_bytes": "9223372036854771712",
                "memory.soft_limit_in_bytes": "9223372036854771712",
                "memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 0", "cpu.cfs_quota_us": "-1",
                "cpu.cfs_period_us": "100000", "cpu.shares": "1024", "cpuset.cpus": processors, "cpuset.mems": "0",
                "pids.max": "max", "blkio.weight": "500", "blkio.throttle.read_bps_device": "",
                "blkio.throttle.write_bps_device": "", "blkio.throttle.read_iops_device": "",
                "blkio.throttle.write_iops_device": "", "devices.list": "a *:* rwm",
            ]
        }
        if !profile.limitsSwap {
            files["memory.swap.max"] = nil
            files["memory.memsw.limit_in_bytes"] = nil
        }
    }

    /// Writes a control file, and keeps what the kernel would make of it.
    mutating func write(_ value: String, to file: String, processors: Int) throws(SystemError) {
        func refuse() -> SystemError { SystemError("writing \"\(value)\" to \(file)", code: EINVAL) }
        switch file {
        case "memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.soft_limit_in_bytes":
            guard let bytes = Int64(value) else { throw refuse() }
            files[file] = bytes < 0 ? "9223372036854771712" : "\(bytes / 4096 * 4096)"
            let memory = Int64(files["memory.limit_in_bytes"] ?? "") ?? 0
            let total = Int64(files["memory.memsw.limit_in_bytes"] ?? "") ?? Int64.max
            if memory > total { throw refuse() }
        case "memory.max", "memory.swap.max", "memory.low":
            guard value == "max" || Int64(value) != nil else { throw refuse() }
            files[file] = Int64(value).map { "\($0 / 4096 * 4096)" } ?? value
        case "memory.oom_control":
            files[file] = "oom_kill_disable \(value)\nunder_oom 0\noom_kill \(outOfMemoryKills)"
        case "cpu.shares": files[file] = "\(min(max(Int64(value) ?? 0, 2), 262_144))"
        case "cpu.cfs_quota_us", "cpu.cfs_period_us":
            guard let time = Int64(value), time >= 1000 || time == -1 else { throw refuse() }
            files[file] = value
        case "cpu.max":
            let parts = value.split(separator: " ")
            guard parts.count == 2, parts[0] == "max" || (Int64(parts[0]) ?? 0) >= 1000,
                (1_000...1_000_000).contains(Int64(parts[1]) ?? 0)
            else { throw refuse() }
            files[file] = value
        case "cpuset.cpus", "cpuset.mems":
            let count = file == "cpuset.cpus" ? processors : 1
            guard let set = Self.ranges(value, below: count) else { throw refuse() }
            files[file] = set
        case "pids.max":
            guard value == "max" || (Int64(value) ?? -1) >= 0 else { throw refuse() }
            files[file] = value
        case "io.weight": files[file] = "default \(value)"
        case "io.max", "blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device",
            "blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device":
            files[file] = Self.merged(files[file] ?? "", value, isUnified: file == "io.max")
        case "devices.allow", "devices.deny": changeDevices(value, allow: file == "devices.allow")
        default: files[file] = value
        }
    }

    /// A list of ranges in the kernel's form: sorted and merged; `nil` when a number is out of range.
    static func ranges(_ text: String, below count: Int) -> String? {
        var numbers: Set<Int> = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-").map { Int($0.filter { !$0.isWhitespace }) }
            guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first <= last,
                last < count
            else { return nil }
            numbers.formUnion(first...last)
        }
        var ranges: [ClosedRange<Int>] = []
        for number in numbers.sorted() {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }

    /// One line for each device.
    private static func merged(_ text: String, _ value: String, isUnified: Bool) -> String {
        let words = value.split(separator: " ").map(String.init)
        guard words.count == 2 else { return text }
        var lines = text.split(separator: "\n").map(String.init)
        let present = lines.first { $0.hasPrefix(words[0] + " ") }
        lines.removeAll { $0.hasPrefix(words[0] + " ") }
        if isUnified {
            var fields = (present ?? "\(words[0]) rbps=max wbps=max riops=max wiops=max").split(separator: " ").map(
                String.init)
            let key = words[1].prefix { $0 != "=" } + "="
            for index in fields.indices where fields[index].hasPrefix(key) { fields[index] = words[1] }
            if fields.dropFirst().contains(where: { !$0.hasSuffix("=max") }) {
                lines.append(fields.joined(separator: " "))
            }
        } else if words[1] != "0" {
            lines.append(value)
        }
        return lines.joined(separator: "\n")
    }

    private mutating func changeDevices(_ rule: String, allow: Bool) {
        var lines = (files["devices.list"] ?? "").split(separator: "\n").map(String.init)
        if rule.hasPrefix("a ") {
            lines = allow ? ["a *:* rwm"] : []
        } else if allow {
            if !lines.contains(rule) && !lines.contains("a *:* rwm") { lines.append(rule) }
        } else {
            lines.removeAll { $0 == rule }
        }
        files["devices.list"] = lines.joined(separator: "\n")
    }
}

/// A cgroup of the simulated kernel.
final class SimulatedCgroup: Cgroup {
    let path: String
    private let name: String
    private let world: Monitor<SimulatedWorld>
    private let profile: KernelProfile

    init(name: String, parent: String, world: Monitor<SimulatedWorld>, profile: KernelProfile) {
        self.name = name
        self.world = world
        self.profile = profile
        path = "\(parent)/\(name)"
    }

    private var isUnified: Bool { profile.cgroupLayout == .v2 }

    private func with<Result>(
        _ call: String, _ operation: String, _ body: (inout SimulatedGroup) throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        try world.withLock { world throws(SystemError) in
            try world.takeFault(call, operation)
            guard var group = world.groups[name] else { throw SystemError(operation, code: ENOENT) }
            let result = try body(&group)
            world.groups[name] = group
            return result
        }
    }

    var version1Directories: [(name: String, directory: String)] {
        let controllers = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids"]
        return controllers.compactMap { name in directory(of: name).map { (name, $0) } }
    }

    func directory(of controller: String) -> String? {
        guard profile.controllers.contains(controller) else { return nil }
        return isUnified ? "/sys/fs/cgroup/\(path)" : "/sys/fs/cgroup/\(controller)/\(path)"
    }

    /// One descriptor that leads nowhere: a process that joins is known to the model by this object.
    func joinDescriptors() throws(SystemError) -> [Descriptor] {
        let standIn = try Descriptor.open("/dev/null", O_WRONLY)
        return try with("joinDescriptors", "opening cgroup \(path)") { group throws(SystemError) in
            let descriptor = group.joinDescriptor ?? standIn
            group.joinDescriptor = descriptor
            return [descriptor]
        }
    }

    func apply(_ limit: CgroupLimit) throws(CgroupError) -> [CgroupReading] {
        let resource = limit.resource
        let format = CgroupFormat.files(resource, isUnified: isUnified)
        guard let directory = directory(of: format.controller) else {
            throw .unsupported(resource: resource, reason: "there is no \(format.controller) controller")
        }
        if isUnified && limit == .outOfMemoryKillDisabled(true) {
            throw .unsupported(resource: resource, reason: "cgroup version 2 always kills when memory runs out")
        }
        let writes = CgroupFormat.writes(limit, isUnified: isUnified)
        let known = world.withLock { $0.groups[name]?.files ?? [:] }
        for write in writes where known[write.file] == nil && !write.file.hasPrefix("devices.") {
            throw .unsupported(resource: resource, reason: "this kernel has no \(write.file)")
        }
        do throws(SystemError) {
            try with("apply", "limiting \(resource.rawValue) of cgroup \(path)") { group throws(SystemError) in
                // Memory and the sum of memory and swap are checked against each other: the larger one first.
                let isRaising = writes.count == 2 && writes[1].file == "memory.memsw.limit_in_bytes"
                var changed = group
                do throws(SystemError) {
                    for write in isRaising ? writes.reversed() : writes {
                        try changed.write(write.value, to: write.file, processors: profile.processors)
                    }
                } catch {
                    guard isRaising else { throw error }
                    changed = group
                    for write in writes {
                        try changed.write(write.value, to: write.file, processors: profile.processors)
                    }
                }
                if isUnified && resource == .devices { changed.files["(devices)"] = "cgroup_device program 1" }
                group = changed
            }
        } catch { throw .refused(resource: resource, error) }
        if resource == .devices { return reading(of: .devices) }
        return readings(writes.map(\.file), in: directory)
    }

    func reading(of resource: CgroupLimit.Resource) -> [CgroupReading] {
        let format = CgroupFormat.files(resource, isUnified: isUnified)
        guard let directory = directory(of: format.controller) else { return [] }
        if resource == .devices && isUnified {
            return world.withLock { $0.groups[name]?.files["(devices)"] }.map {
                [CgroupReading(path: directory, value: $0)]
            } ?? []
        }
        return readings(format.files, in: directory)
    }

    private func readings(_ files: [String], in directory: String) -> [CgroupReading] {
        let contents = world.withLock { $0.groups[name]?.files ?? [:] }
        return files.compactMap { file in
            contents[file].map { CgroupReading(path: "\(directory)/\(file)", value: $0) }
        }
    }

    /// Each process of the model uses 1 MiB of memory, and has used 5 ms of a processor when it started.
    func statistics() throws(SystemError) -> CgroupStatistics {
        let count = UInt64(try processes().count)
        let files = readings(["memory.max", "memory.limit_in_bytes", "pids.max"], in: "")
        return try with("statistics", "reading counters of cgroup \(path)") { group throws(SystemError) in
            var statistics = CgroupStatistics()
            statistics.pids = count
            statistics.memoryUsage = count << 20
            statistics.memoryMaximumUsage = UInt64(group.joined) << 20
            statistics.memoryDetails = [isUnified ? "anon" : "rss": count << 20]
            statistics.cpuTotal = UInt64(group.joined) * 5_000_000
            statistics.cpuUser = statistics.cpuTotal / 5 * 3
            statistics.cpuSystem = statistics.cpuTotal / 5 * 2
            for file in files {
                if file.path.hasSuffix("pids.max") {
                    statistics.pidsLimit = UInt64(file.value) ?? 0
                } else {
                    statistics.memoryLimit = UInt64(file.value) ?? UInt64.max
                }
            }
            return statistics
        }
    }

    func processes() throws(SystemError) -> [Int32] {
        try world.withLock { world throws(SystemError) in
            guard world.groups[name] != nil else {
                throw SystemError("listing processes of cgroup \(path)", code: ENOENT)
            }
            return world.tasks.filter { $0.value.group == name && !$0.value.isZombie }.keys.sorted()
        }
    }

    var processesFile: String { (directory(of: "pids") ?? "/sys/fs/cgroup/\(path)") + "/cgroup.procs" }

    func counterReadings() -> [CgroupReading] {
        guard let counted = try? statistics() else { return [] }
        let files: [(controller: String, file: String, value: UInt64)] = [
            ("cpuacct", isUnified ? "cpu.stat" : "cpuacct.usage", counted.cpuTotal),
            ("memory", isUnified ? "memory.current" : "memory.usage_in_bytes", counted.memoryUsage),
            ("pids", "pids.current", counted.pids),
        ]
        return files.compactMap { controller, file, value in
            // The unified file has a name before its value, and counts in microseconds.
            let shown = file == "cpu.stat" ? "usage_usec \(value / 1000)" : String(value)
            return directory(of: controller).map { CgroupReading(path: "\($0)/\(file)", value: shown) }
        }
    }

    var freezer: CgroupFreezer? {
        isUnified
            ? directory(of: "freezer").map(CgroupFreezer.unified)
            : directory(of: "freezer").map(CgroupFreezer.version1)
    }

    func freeze() throws(SystemError) {
        try with("freeze", "freezing cgroup \(path)") { group throws(SystemError) in group.isFrozen = true }
    }

    func thaw() throws(SystemError) {
        try with("thaw", "thawing cgroup \(path)") { group throws(SystemError) in group.isFrozen = false }
    }

    func isFrozen() throws(SystemError) -> Bool {
        try with("isFrozen", "reading cgroup \(path)") { group throws(SystemError) in group.isFrozen }
    }

    func kill() throws(SystemError) {
        try with("kill", "killing cgroup \(path)") { _ throws(SystemError) in }
        for process in world.withLock({ world in
            world.tasks.values.filter { $0.group == name && !$0.isZombie }.map(\.process)
        }) {
            process.end(by: SIGKILL)
        }
    }

    func outOfMemoryKills() -> Int { world.withLock { $0.groups[name]?.outOfMemoryKills ?? 0 } }

    func remove() throws(SystemError) {
        try world.withLock { world throws(SystemError) in
            let operation = "removing cgroup \(path)"
            try world.takeFault("remove", operation)
            if world.tasks.values.contains(where: { $0.group == name && !$0.isZombie }) {
                throw SystemError(operation, code: EBUSY)
            }
            world.groups[name] = nil
        }
    }
}
