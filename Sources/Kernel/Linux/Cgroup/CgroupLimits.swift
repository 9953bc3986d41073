import Glibc
import Posix

/// One control file and what is to be written to it.
struct CgroupWrite: Sendable, Equatable {
    var file: String
    var value: String
}

/// The control files of a resource, and how a limit in Docker's units is written to them: a table for each version.
///
/// Sources: kernel `cgroup-v1/*.rst` and `cgroup-v2.rst`; the conversions are those of the OCI runtimes.
enum CgroupFormat {
    /// The files that hold a resource's limits, and the controller they belong to.
    static func files(_ resource: CgroupLimit.Resource, isUnified: Bool) -> (controller: String, files: [String]) {
        switch (resource, isUnified) {
        case (.memory, false): ("memory", ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"])
        case (.memory, true): ("memory", ["memory.max", "memory.swap.max"])
        case (.memoryReservation, false): ("memory", ["memory.soft_limit_in_bytes"])
        case (.memoryReservation, true): ("memory", ["memory.low"])
        case (.outOfMemoryKillDisabled, false): ("memory", ["memory.oom_control"])
        case (.outOfMemoryKillDisabled, true): ("memory", [])
        case (.cpuQuota, false): ("cpu", ["cpu.cfs_quota_us", "cpu.cfs_period_us"])
        case (.cpuQuota, true): ("cpu", ["cpu.max"])
        case (.cpuShares, false): ("cpu", ["cpu.shares"])
        case (.cpuShares, true): ("cpu", ["cpu.weight"])
        case (.memorySwappiness, _): ("memory", ["memory.swappiness"])
        case (.realTime, _): ("cpu", ["cpu.rt_period_us", "cpu.rt_runtime_us"])
        case (.cpuset, _): ("cpuset", ["cpuset.cpus", "cpuset.mems"])
        case (.pids, _): ("pids", ["pids.max"])
        case (.blockWeight, false): ("blkio", ["blkio.weight", "blkio.bfq.weight"])
        case (.blockWeight, true): ("blkio", ["io.weight", "io.bfq.weight"])
        case (.blockDeviceWeight, false): ("blkio", ["blkio.weight_device", "blkio.bfq.weight_device"])
        case (.blockDeviceWeight, true): ("blkio", ["io.weight", "io.bfq.weight"])
        case (.blockRate, false): ("blkio", BlockFile.allCases.map(\.rawValue))
        case (.blockRate, true): ("blkio", ["io.max"])
        case (.devices, false): ("devices", ["devices.list"])
        case (.devices, true): ("devices", [])
        }
    }

    /// What is written for a limit of the resources that need no look at the present state.
    static func writes(_ limit: CgroupLimit, isUnified: Bool) -> [CgroupWrite] {
        switch (limit, isUnified) {
        case (.memory(let bytes, let swap), false):
            return [CgroupWrite(file: "memory.limit_in_bytes", value: "\(bytes)")]
                + (swap.map { [CgroupWrite(file: "memory.memsw.limit_in_bytes", value: "\($0)")] } ?? [])
        case (.memory(let bytes, let swap), true):
            return [CgroupWrite(file: "memory.max", value: orMax(bytes))]
                + (swap.map { [CgroupWrite(file: "memory.swap.max", value: swapOnly(memory: bytes, swap: $0))] } ?? [])
        case (.memoryReservation(let bytes), false):
            return [CgroupWrite(file: "memory.soft_limit_in_bytes", value: "\(bytes)")]
        case (.memoryReservation(let bytes), true): return [CgroupWrite(file: "memory.low", value: orMax(bytes))]
        case (.outOfMemoryKillDisabled(let isDisabled), false):
            return [CgroupWrite(file: "memory.oom_control", value: isDisabled ? "1" : "0")]
        case (.outOfMemoryKillDisabled, true): return []
        case (.cpuQuota(let quota, let period), false):
            return (period > 0 ? [CgroupWrite(file: "cpu.cfs_period_us", value: "\(period)")] : [])
                + [CgroupWrite(file: "cpu.cfs_quota_us", value: "\(quota > 0 ? quota : -1)")]
        case (.cpuQuota(let quota, let period), true):
            return [CgroupWrite(file: "cpu.max", value: "\(orMax(quota)) \(period > 0 ? period : 100_000)")]
        case (.cpuShares(let shares), false): return [CgroupWrite(file: "cpu.shares", value: "\(shares)")]
        case (.cpuShares(let shares), true):
            return [CgroupWrite(file: "cpu.weight", value: "\(weight(shares: shares))")]
        case (.cpuset(let cpus, let nodes), _):
            return [
                cpus.map { CgroupWrite(file: "cpuset.cpus", value: $0) },
                nodes.map { CgroupWrite(file: "cpuset.mems", value: $0) },
            ].compactMap { $0 }
        case (.pids(let count), _): return [CgroupWrite(file: "pids.max", value: orMax(count))]
        case (.blockWeight(let weight), false): return [CgroupWrite(file: "blkio.weight", value: "\(weight)")]
        case (.blockWeight(let weight), true):
            return [CgroupWrite(file: "io.weight", value: "\(ioWeight(weight))")]
        case (.memorySwappiness(let value), _): return [CgroupWrite(file: "memory.swappiness", value: "\(value)")]
        case (.realTime(let runtime, let period), _):
            return [
                period.map { CgroupWrite(file: "cpu.rt_period_us", value: "\($0)") },
                runtime.map { CgroupWrite(file: "cpu.rt_runtime_us", value: "\($0)") },
            ].compactMap { $0 }
        case (.blockDeviceWeight(let major, let minor, let weight), false):
            return [CgroupWrite(file: "blkio.weight_device", value: "\(major):\(minor) \(weight)")]
        case (.blockDeviceWeight(let major, let minor, let weight), true):
            return [CgroupWrite(file: "io.weight", value: "\(major):\(minor) \(ioWeight(weight))")]
        case (.blockRate(let rate), false):
            // A rate of 0 takes the limit away.
            return [
                CgroupWrite(file: BlockFile(rate.kind).rawValue, value: "\(rate.major):\(rate.minor) \(rate.rate)")
            ]
        case (.blockRate(let rate), true):
            let value = rate.rate == 0 ? "max" : "\(rate.rate)"
            return [
                CgroupWrite(file: "io.max", value: "\(rate.major):\(rate.minor) \(ioMaxKey(rate.kind))=\(value)")
            ]
        case (.devices(let rules), false):
            return rules.map { CgroupWrite(file: $0.allows ? "devices.allow" : "devices.deny", value: $0.text) }
        case (.devices, true): return []
        }
    }

    /// A number, or `max` for no limit.
    static func orMax(_ number: Int64) -> String { number > 0 ? "\(number)" : "max" }

    /// Version 2 counts swap by itself, Docker counts memory and swap together.
    static func swapOnly(memory: Int64, swap: Int64) -> String {
        swap < 0 || memory <= 0 ? "max" : "\(max(swap - memory, 0))"
    }

    /// Shares 2...262144 to a weight 1...10000, linearly; 1024 becomes 39.
    static func weight(shares: Int64) -> Int64 { 1 + (min(max(shares, 2), 262_144) - 2) * 9_999 / 262_142 }

    /// A version 1 weight 10...1000 to a version 2 weight 1...10000, linearly.
    static func ioWeight(_ weight: UInt16) -> Int { 1 + (min(max(Int(weight), 10), 1_000) - 10) * 9_999 / 990 }

    private static func ioMaxKey(_ kind: CgroupLimit.BlockRate.Kind) -> String {
        switch kind {
        case .readBytes: "rbps"
        case .writeBytes: "wbps"
        case .readOperations: "riops"
        case .writeOperations: "wiops"
        }
    }

    private enum BlockFile: String, CaseIterable {
        case readBytes = "blkio.throttle.read_bps_device"
        case writeBytes = "blkio.throttle.write_bps_device"
        case readOperations = "blkio.throttle.read_iops_device"
        case writeOperations = "blkio.throttle.write_iops_device"

        init(_ kind: CgroupLimit.BlockRate.Kind) {
            self =
                switch kind {
                case .readBytes: .readBytes
                case .writeBytes: .writeBytes
                case .readOperations: .readOperations
                case .writeOperations: .writeOperations
                }
        }
    }
}

extension CgroupLimit {
    /// What it limits.
    var resource: Resource {
        switch self {
        case .memory: .memory
        case .memoryReservation: .memoryReservation
        case .outOfMemoryKillDisabled: .outOfMemoryKillDisabled
        case .cpuQuota: .cpuQuota
        case .cpuShares: .cpuShares
        case .memorySwappiness: .memorySwappiness
        case .realTime: .realTime
        case .blockDeviceWeight: .blockDeviceWeight
        case .cpuset: .cpuset
        case .pids: .pids
        case .blockWeight: .blockWeight
        case .blockRate: .blockRate
        case .devices: .devices
        }
    }
}

extension CgroupLimit.DeviceRule {
    /// The line as the devices controller takes it: `c 1:3 rwm`.
    var text: String {
        "\(type) \(major.map(String.init) ?? "*"):\(minor.map(String.init) ?? "*") \(access)"
    }
}

extension LinuxCgroup {
    func apply(_ limit: CgroupLimit) throws(CgroupError) -> [CgroupReading] {
        let resource = limit.resource
        let isUnified = version1Directory(CgroupFormat.files(resource, isUnified: false).controller) == nil
        guard let directory = directory(of: CgroupFormat.files(resource, isUnified: isUnified).controller) else {
            throw .unsupported(
                resource: resource,
                reason: "there is no \(CgroupFormat.files(resource, isUnified: isUnified).controller) controller")
        }
        switch limit {
        case .outOfMemoryKillDisabled(true) where isUnified:
            throw .unsupported(resource: resource, reason: "cgroup version 2 always kills when memory runs out")
        case .devices(let rules) where isUnified:
            do throws(SystemError) { try DeviceProgram(rules).attach(to: directory) } catch {
                throw .refused(resource: resource, error)
            }
            return reading(of: .devices)
        default: break
        }
        var writes = CgroupFormat.writes(limit, isUnified: isUnified)
        writes = try available(writes, resource: resource, in: directory, isUnified: isUnified)
        do throws(SystemError) { try perform(ordered(writes, in: directory), in: directory) } catch {
            throw .refused(resource: resource, error)
        }
        if resource == .devices { return reading(of: .devices) }
        var seen: Set<String> = []
        return writes.filter { seen.insert($0.file).inserted }.compactMap { Self.read(directory, $0.file) }
    }

    func reading(of resource: CgroupLimit.Resource) -> [CgroupReading] {
        let isUnified = version1Directory(CgroupFormat.files(resource, isUnified: false).controller) == nil
        let format = CgroupFormat.files(resource, isUnified: isUnified)
        guard let directory = directory(of: format.controller) else { return [] }
        if resource == .devices && isUnified { return DeviceProgram.attached(to: directory) }
        return format.files.compactMap { Self.read(directory, $0) }
    }

    private static func read(_ directory: String, _ file: String) -> CgroupReading? {
        let path = "\(directory)/\(file)"
        guard let text = try? Files.text(path) else { return nil }
        return CgroupReading(path: path, value: text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }

    /// Replaces files that some kernels have under another name, and refuses those they lack; nothing was written yet.
    private func available(
        _ writes: [CgroupWrite], resource: CgroupLimit.Resource, in directory: String, isUnified: Bool
    ) throws(CgroupError) -> [CgroupWrite] {
        var found: [CgroupWrite] = []
        for var write in writes {
            if !Files.exists("\(directory)/\(write.file)") {
                let other = write.file.replacingPrefix("io.weight", "io.bfq.weight")
                    .replacingPrefix("blkio.weight", "blkio.bfq.weight")
                if other != write.file && Files.exists("\(directory)/\(other)") {
                    write.file = other
                    // This file takes 1...1000 in both versions.
                    var words = write.value.split(separator: " ").map(String.init)
                    if isUnified, let value = words.last.flatMap({ Int($0) }) {
                        words[words.count - 1] = "\(max(1, value / 10))"
                        write.value = words.joined(separator: " ")
                    }
                } else if write.file == "memory.swap.max" && write.value == "max" {
                    continue
                } else {
                    throw .unsupported(resource: resource, reason: "this kernel has no \(write.file)")
                }
            }
            found.append(write)
        }
        return found
    }

    /// Version 1 holds memory ≤ memory + swap at every moment: whichever keeps that true is written first.
    private func ordered(_ writes: [CgroupWrite], in directory: String) -> [CgroupWrite] {
        guard writes.count == 2, writes[1].file == "memory.memsw.limit_in_bytes" else { return writes }
        let newTotal = Int64(writes[1].value) ?? -1
        let presentLimit = CgroupFile.number("\(directory)/\(writes[0].file)") ?? 0
        return newTotal < 0 || UInt64(newTotal) >= presentLimit ? [writes[1], writes[0]] : writes
    }

    private func perform(_ writes: [CgroupWrite], in directory: String) throws(SystemError) {
        do throws(SystemError) { try performInOrder(writes, in: directory) } catch {
            // Quota and period are checked together against the parent group's: one order of the two is the right one.
            guard error.code == EINVAL, writes.contains(where: { $0.file == "cpu.cfs_period_us" }) else { throw error }
            try performInOrder(writes.reversed(), in: directory)
        }
    }

    private func performInOrder(_ writes: [CgroupWrite], in directory: String) throws(SystemError) {
        for write in writes { try CgroupPlace.write(write.value, to: "\(directory)/\(write.file)") }
    }
}

extension String {
    /// With one prefix in place of another; unchanged without it.
    fileprivate func replacingPrefix(_ old: String, _ new: String) -> String {
        hasPrefix(old) ? new + dropFirst(old.count) : self
    }
}
