import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

extension Node {
    /// What a container uses now (API: ContainerStats).
    ///
    /// - Parameters:
    ///   - streams: Whether a value comes each second until the reader is gone or the container is removed.
    ///   - isOneShot: Whether a single value needs no earlier one to compare with.
    ///   - operation: The operation of whoever wants to be told of the reading; of a stream, of its first value.
    ///   - isWanted: Whether the reader is still there.
    ///   - send: Takes a value.
    public func readStatistics(
        _ reference: String, streams: Bool, isOneShot: Bool, operation: String? = nil, isWanted: () -> Bool,
        send: (JSON) throws -> Void
    ) throws {
        let container = try self.container(reference)
        if let operation, let cgroup = container.life.current.running?.cgroup {
            try tellOfCounters(of: container, cgroup, operation)
        }
        var previous: Sample?
        if !streams, !isOneShot {
            // Shares are differences: without a stream, two samples are a second apart.
            previous = try sample(container)
            if previous != nil { pause(container, seconds: 1) }
        }
        repeat {
            let now = try sample(container)
            try send(json(container, now, previous))
            guard streams else { return }
            previous = now
            pause(container, seconds: 1)
        } while isWanted() && !container.life.current.isRemoved
    }

    /// Reads the counters once more, for the record: which file each number comes from.
    private func tellOfCounters(of container: Container, _ cgroup: any Cgroup, _ operation: String) throws {
        let directory = cgroup.directory(of: "memory") ?? cgroup.path
        _ = try reading(
            "read counters", of: container, operation: operation, .countersRead, command: "cat \(directory)/memory.*",
            facts: ["container": .string(container.name)], read: { try cgroup.statistics() },
            tell: { counted in
                let readings = cgroup.counterReadings()
                let memory = readings.first { $0.path.contains("/memory.") }?.path
                return StepOutcome(
                    facts: [
                        "files": .integer(Int64(readings.count)),
                        "memory": .integer(Int64(clamping: counted.memoryUsage)),
                        "cpuTime": .integer(Int64(clamping: counted.cpuTotal)),
                        "memoryFile": memory.map { .string($0) } ?? .null,
                    ],
                    evidence: readings.map { Evidence(source: $0.path, text: $0.value) },
                    command: readings.first.map { "cat \($0.path) (and \(readings.count - 1) more)" })
            })
    }

    /// Waits, at most until the container is removed.
    private func pause(_ container: Container, seconds: Double) {
        _ = container.life.wait(seconds: seconds) { $0.isRemoved ? true : nil }
    }

    /// What was counted at a moment.
    private struct Sample {
        var time: Int64
        var counters: CgroupStatistics
        /// Processor time of the whole machine, nanoseconds.
        var system: UInt64
        var links: [Link]
    }

    /// The counters of a container; `nil` when it does not run.
    private func sample(_ container: Container) throws -> Sample? {
        guard let running = container.life.current.running else { return nil }
        // It may end at any moment: then there is nothing to count.
        guard let counters = try? running.cgroup.statistics() else { return nil }
        var links: [Link] = []
        let mode = container.life.current.definition.hostObject.text("NetworkMode")
        // What others share is not its own traffic.
        if mode != "host", !mode.hasPrefix("container:") {
            links = (try? running.process.networkNamespace().links()) ?? []
        }
        return Sample(
            time: Clock.realtime(), counters: counters, system: try Self.machineProcessorTime(),
            links: links.filter { $0.name != "lo" })
    }

    /// The first line of `/proc/stat`: user to softirq and steal, guests being counted in user already.
    private static func machineProcessorTime() throws -> UInt64 {
        let line = try Files.text("/proc/stat").split(separator: "\n").first ?? ""
        let ticks = line.split(separator: " ").dropFirst().prefix(7).compactMap { UInt64($0) }.reduce(0, +)
        return ticks * 1_000_000_000 / UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    private func json(_ container: Container, _ now: Sample?, _ previous: Sample?) -> JSON {
        var object: JSONObject = [
            "read": .string(Timestamp.text(now?.time ?? 0)), "preread": .string(Timestamp.text(previous?.time ?? 0)),
            "pids_stats": [:], "blkio_stats": Self.block(now?.counters), "num_procs": 0, "storage_stats": [:],
            "cpu_stats": processor(now), "precpu_stats": processor(previous), "memory_stats": memory(now),
            "name": .string("/" + container.name), "id": .string(container.id),
        ]
        guard let now else { return .object(object) }
        var pids: JSONObject = ["current": .unsigned(now.counters.pids)]
        if now.counters.pidsLimit > 0 { pids["limit"] = .unsigned(now.counters.pidsLimit) }
        object["pids_stats"] = .object(pids)
        if !now.links.isEmpty {
            object["networks"] = .object(
                JSONObject(
                    now.links.map { link in
                        let counted = link.counters
                        let value: JSON = [
                            "rx_bytes": .unsigned(counted.receivedBytes),
                            "rx_packets": .unsigned(counted.receivedPackets),
                            "rx_errors": .unsigned(counted.receiveErrors),
                            "rx_dropped": .unsigned(counted.receiveDrops), "tx_bytes": .unsigned(counted.sentBytes),
                            "tx_packets": .unsigned(counted.sentPackets),
                            "tx_errors": .unsigned(counted.sendErrors), "tx_dropped": .unsigned(counted.sendDrops),
                        ]
                        return (link.name, value)
                    }))
        }
        return .object(object)
    }

    private func processor(_ sample: Sample?) -> JSON {
        let counted = sample?.counters ?? CgroupStatistics()
        var usage: JSONObject = ["total_usage": .unsigned(counted.cpuTotal)]
        if !counted.cpuPerProcessor.isEmpty {
            usage["percpu_usage"] = .array(counted.cpuPerProcessor.map { .unsigned($0) })
        }
        usage["usage_in_kernelmode"] = .unsigned(counted.cpuSystem)
        usage["usage_in_usermode"] = .unsigned(counted.cpuUser)
        var object: JSONObject = ["cpu_usage": .object(usage)]
        if let sample {
            object["system_cpu_usage"] = .unsigned(sample.system)
            object["online_cpus"] = .integer(Int64(kernel.profile.processors))
        }
        object["throttling_data"] = [
            "periods": .unsigned(counted.cpuPeriods), "throttled_periods": .unsigned(counted.cpuThrottledPeriods),
            "throttled_time": .unsigned(counted.cpuThrottledTime),
        ]
        return .object(object)
    }

    private func memory(_ sample: Sample?) -> JSON {
        guard let counted = sample?.counters else { return [:] }
        let machine = UInt64(kernel.profile.memory)
        let limit = counted.memoryLimit == 0 ? machine : min(counted.memoryLimit, machine)
        var object: JSONObject = ["usage": .unsigned(counted.memoryUsage)]
        if counted.memoryMaximumUsage > 0 { object["max_usage"] = .unsigned(counted.memoryMaximumUsage) }
        object["stats"] = .object(
            JSONObject(counted.memoryDetails.sorted { $0.key < $1.key }.map { ($0.key, .unsigned($0.value)) }))
        if counted.memoryFailures > 0 { object["failcnt"] = .unsigned(counted.memoryFailures) }
        object["limit"] = .unsigned(limit)
        return .object(object)
    }

    private static func block(_ counted: CgroupStatistics?) -> JSON {
        func entries(_ value: (CgroupStatistics.BlockCount) -> UInt64) -> JSON {
            guard let counts = counted?.block, !counts.isEmpty else { return .null }
            return .array(
                counts.map { count in
                    [
                        "major": .unsigned(count.major), "minor": .unsigned(count.minor),
                        "op": .string(count.direction), "value": .unsigned(value(count)),
                    ]
                })
        }
        return [
            "io_service_bytes_recursive": entries(\.bytes), "io_serviced_recursive": entries(\.operations),
            "io_queue_recursive": .null, "io_service_time_recursive": .null, "io_wait_time_recursive": .null,
            "io_merged_recursive": .null, "io_time_recursive": .null, "sectors_recursive": .null,
        ]
    }
}

extension JSON {
    /// A number without sign; the kernel's "no limit" is too large for a signed one.
    fileprivate static func unsigned(_ value: UInt64) -> JSON { .integer(Int64(clamping: value)) }
}
