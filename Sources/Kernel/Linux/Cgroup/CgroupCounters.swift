import Glibc
import Posix

// Reading what a group has counted so far: kernel `cgroup-v1/cpuacct.rst`, `memory.rst`, `blkio-controller.rst`, and
// `cgroup-v2.rst`.

extension LinuxCgroup {
    func statistics() throws(SystemError) -> CgroupStatistics {
        guard places.contains(where: { Files.exists($0.directory) }) else {
            throw SystemError("reading counters of cgroup \(path)", code: ENOENT)
        }
        var statistics = CgroupStatistics()
        if let directory = version1Directory("cpuacct") {
            Self.readProcessorTime(directory, into: &statistics)
        }
        if let directory = version1Directory("cpu") {
            Self.readThrottling(directory, unit: 1, timeKey: "throttled_time", into: &statistics)
        }
        if let directory = version1Directory("memory") { Self.readMemory(directory, into: &statistics) }
        if let directory = version1Directory("blkio") { statistics.block = Self.blockCounts(directory) }
        if let directory = unifiedDirectory { readUnified(directory, into: &statistics) }
        if let directory = directory(of: "pids") {
            statistics.pids = CgroupFile.number(directory + "/pids.current") ?? 0
            let limit = CgroupFile.number(directory + "/pids.max") ?? 0
            statistics.pidsLimit = limit == UInt64.max ? 0 : limit
        }
        return statistics
    }

    /// One or two files of each controller: those behind the columns of `docker stats`.
    func counterReadings() -> [CgroupReading] {
        let version1 = [
            ("cpuacct", "cpuacct.usage"), ("memory", "memory.usage_in_bytes"), ("memory", "memory.limit_in_bytes"),
            ("pids", "pids.current"), ("blkio", "blkio.throttle.io_service_bytes_recursive"),
        ].compactMap { controller, file in version1Directory(controller).map { ($0, file) } }
        let unified = [
            ("cpuacct", "cpu.stat"), ("memory", "memory.current"), ("memory", "memory.max"), ("pids", "pids.current"),
            ("blkio", "io.stat"),
        ].compactMap { controller, file in
            version1Directory(controller) == nil ? directory(of: controller).map { ($0, file) } : nil
        }
        return (version1 + unified).compactMap { directory, file in
            let path = "\(directory)/\(file)"
            guard let text = try? Files.text(path) else { return nil }
            // Some have a line for each kind or device: the first says what it is about.
            return CgroupReading(path: path, value: String(text.prefix { $0 != "\n" }))
        }.filter { !$0.value.isEmpty }
    }

    private static func counters(_ path: String) -> [String: UInt64] {
        CgroupFile.counters((try? Files.text(path)) ?? "")
    }

    private static func readProcessorTime(_ directory: String, into statistics: inout CgroupStatistics) {
        statistics.cpuTotal = CgroupFile.number(directory + "/cpuacct.usage") ?? 0
        // The split is also to be had in ticks of 10 ms; these files are exact.
        statistics.cpuUser = CgroupFile.number(directory + "/cpuacct.usage_user") ?? 0
        statistics.cpuSystem = CgroupFile.number(directory + "/cpuacct.usage_sys") ?? 0
        statistics.cpuPerProcessor = CgroupHierarchy.words(directory + "/cpuacct.usage_percpu").compactMap {
            UInt64($0)
        }
    }

    private static func readThrottling(
        _ directory: String, unit: UInt64, timeKey: String, into statistics: inout CgroupStatistics
    ) {
        let counters = counters(directory + "/cpu.stat")
        statistics.cpuPeriods = counters["nr_periods"] ?? 0
        statistics.cpuThrottledPeriods = counters["nr_throttled"] ?? 0
        statistics.cpuThrottledTime = (counters[timeKey] ?? 0) * unit
    }

    private static func readMemory(_ directory: String, into statistics: inout CgroupStatistics) {
        statistics.memoryUsage = CgroupFile.number(directory + "/memory.usage_in_bytes") ?? 0
        statistics.memoryMaximumUsage = CgroupFile.number(directory + "/memory.max_usage_in_bytes") ?? 0
        statistics.memoryLimit = CgroupFile.number(directory + "/memory.limit_in_bytes") ?? 0
        statistics.memoryFailures = CgroupFile.number(directory + "/memory.failcnt") ?? 0
        statistics.memoryDetails = counters(directory + "/memory.stat")
    }

    /// `254:0 Read 4096`, in two files of the same form. Some schedulers count themselves, the throttle always does.
    static func blockCounts(_ directory: String) -> [CgroupStatistics.BlockCount] {
        func values(_ names: [String]) -> [(device: String, direction: String, value: UInt64)] {
            for name in names {
                let lines = ((try? Files.text("\(directory)/\(name)")) ?? "").split(separator: "\n")
                let found = lines.compactMap { line -> (device: String, direction: String, value: UInt64)? in
                    let words = line.split(separator: " ")
                    guard words.count == 3, let value = UInt64(words[2]) else { return nil }
                    return (String(words[0]), words[1].lowercased(), value)
                }
                if !found.isEmpty { return found }
            }
            return []
        }
        let operations = values(["blkio.throttle.io_serviced_recursive", "blkio.io_serviced_recursive"])
        let bytes = values(["blkio.throttle.io_service_bytes_recursive", "blkio.io_service_bytes_recursive"])
        return bytes.compactMap { entry in
            guard entry.direction == "read" || entry.direction == "write",
                let device = deviceNumbers(entry.device)
            else { return nil }
            let count = operations.first { $0.device == entry.device && $0.direction == entry.direction }
            return CgroupStatistics.BlockCount(
                major: device.major, minor: device.minor, direction: entry.direction, bytes: entry.value,
                operations: count?.value ?? 0)
        }
    }

    private static func deviceNumbers(_ text: some StringProtocol) -> (major: UInt64, minor: UInt64)? {
        let numbers = text.split(separator: ":").compactMap { UInt64($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }

    /// Version 2. Only controllers that no version 1 hierarchy has taken are looked at.
    private func readUnified(_ directory: String, into statistics: inout CgroupStatistics) {
        if version1Directory("cpuacct") == nil {
            let counters = Self.counters(directory + "/cpu.stat")
            statistics.cpuTotal = (counters["usage_usec"] ?? 0) * 1_000
            statistics.cpuUser = (counters["user_usec"] ?? 0) * 1_000
            statistics.cpuSystem = (counters["system_usec"] ?? 0) * 1_000
        }
        if version1Directory("cpu") == nil {
            Self.readThrottling(directory, unit: 1_000, timeKey: "throttled_usec", into: &statistics)
        }
        if version1Directory("memory") == nil {
            statistics.memoryUsage = CgroupFile.number(directory + "/memory.current") ?? 0
            statistics.memoryMaximumUsage = CgroupFile.number(directory + "/memory.peak") ?? 0
            statistics.memoryLimit = CgroupFile.number(directory + "/memory.max") ?? 0
            statistics.memoryFailures = Self.counters(directory + "/memory.events")["max"] ?? 0
            statistics.memoryDetails = Self.counters(directory + "/memory.stat")
        }
        if version1Directory("blkio") == nil {
            statistics.block = Self.unifiedBlockCounts((try? Files.text(directory + "/io.stat")) ?? "")
        }
    }

    /// `254:0 rbytes=4096 wbytes=0 rios=1 wios=0 …`
    static func unifiedBlockCounts(_ text: String) -> [CgroupStatistics.BlockCount] {
        text.split(separator: "\n").flatMap { line -> [CgroupStatistics.BlockCount] in
            let words = line.split(separator: " ")
            guard let first = words.first, let device = deviceNumbers(first) else { return [] }
            var values: [Substring: UInt64] = [:]
            for word in words.dropFirst() {
                let pair = word.split(separator: "=")
                if pair.count == 2 { values[pair[0]] = UInt64(pair[1]) }
            }
            return [("read", "r"), ("write", "w")].map { direction, letter in
                CgroupStatistics.BlockCount(
                    major: device.major, minor: device.minor, direction: direction,
                    bytes: values["\(letter)bytes"] ?? 0, operations: values["\(letter)ios"] ?? 0)
            }
        }
    }
}
