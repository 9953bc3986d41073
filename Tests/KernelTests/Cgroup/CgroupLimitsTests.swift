import Posix
import Testing

@testable import Kernel

@Suite("Limits as the control files take them")
struct CgroupLimitsTests {
    @Test(
        "version 2 files get converted values",
        arguments: [
            (
                CgroupLimit.memory(67_108_864, swap: 134_217_728),
                ["memory.max": "67108864", "memory.swap.max": "67108864"]
            ),
            (.memory(67_108_864, swap: 67_108_864), ["memory.max": "67108864", "memory.swap.max": "0"]),
            (.memory(67_108_864, swap: -1), ["memory.max": "67108864", "memory.swap.max": "max"]),
            (.memory(67_108_864, swap: nil), ["memory.max": "67108864"]),
            (.memory(-1, swap: nil), ["memory.max": "max"]),
            (.memoryReservation(1024), ["memory.low": "1024"]),
            (.cpuQuota(50_000, period: 100_000), ["cpu.max": "50000 100000"]),
            (.cpuQuota(-1, period: 0), ["cpu.max": "max 100000"]),
            (.cpuShares(1024), ["cpu.weight": "39"]),
            (.cpuShares(2), ["cpu.weight": "1"]),
            (.cpuShares(262_144), ["cpu.weight": "10000"]),
            (.cpuset(cpus: "0-1", memoryNodes: nil), ["cpuset.cpus": "0-1"]),
            (.pids(100), ["pids.max": "100"]),
            (.pids(-1), ["pids.max": "max"]),
            (.blockWeight(10), ["io.weight": "1"]),
            (.blockWeight(1000), ["io.weight": "10000"]),
            (.blockDeviceWeight(major: 8, minor: 0, weight: 1000), ["io.weight": "8:0 10000"]),
            (.blockRate(.init(kind: .readBytes, major: 8, minor: 0, rate: 1024)), ["io.max": "8:0 rbps=1024"]),
            (.blockRate(.init(kind: .writeOperations, major: 8, minor: 0, rate: 0)), ["io.max": "8:0 wiops=max"]),
            (.outOfMemoryKillDisabled(false), [:]),
        ])
    func version2(limit: CgroupLimit, files: [String: String]) throws {
        let tree = try CgroupTree.version2()
        defer { tree.remove() }
        let group = try #require(tree.hierarchies().existing("box"))
        let readings = try group.apply(limit)
        #expect(
            Dictionary(readings.map { ($0.path, $0.value) }) { $1 }
                == Dictionary(files.map { ("\(tree.root)/drydock/box/\($0)", $1) }) { $1 })
        for (file, value) in files { #expect(try tree.text("drydock/box/\(file)") == value) }
    }

    @Test(
        "version 1 files get Docker's values",
        arguments: [
            (CgroupLimit.memory(67_108_864, swap: nil), ["memory/drydock/box/memory.limit_in_bytes": "67108864"]),
            (.memoryReservation(1024), ["memory/drydock/box/memory.soft_limit_in_bytes": "1024"]),
            (.outOfMemoryKillDisabled(true), ["memory/drydock/box/memory.oom_control": "1"]),
            (
                .cpuQuota(50_000, period: 200_000),
                [
                    "cpu,cpuacct/drydock/box/cpu.cfs_quota_us": "50000",
                    "cpu,cpuacct/drydock/box/cpu.cfs_period_us": "200000",
                ]
            ),
            (.cpuShares(512), ["cpu,cpuacct/drydock/box/cpu.shares": "512"]),
            // This kernel has the weight under another name.
            (.blockWeight(500), ["blkio/drydock/box/blkio.bfq.weight": "500"]),
        ])
    func version1(limit: CgroupLimit, files: [String: String]) throws {
        let tree = try CgroupTree.version1()
        defer { tree.remove() }
        let group = try #require(tree.hierarchies().existing("box"))
        let readings = try group.apply(limit)
        #expect(Set(readings.map(\.path)) == Set(files.keys.map { "\(tree.root)/\($0)" }))
        for (file, value) in files { #expect(try tree.text(file) == value) }
    }

    @Test func whatTheHostLacksIsUnsupportedAndNothingIsWritten() throws {
        let tree = try CgroupTree.version1()
        defer { tree.remove() }
        let group = try #require(tree.hierarchies().existing("box"))
        #expect(
            throws: CgroupError.unsupported(resource: .memory, reason: "this kernel has no memory.memsw.limit_in_bytes")
        ) { try group.apply(.memory(1, swap: 2)) }
        #expect(try tree.text("memory/drydock/box/memory.limit_in_bytes") == "9223372036854771712\n")
        #expect(throws: CgroupError.unsupported(resource: .pids, reason: "there is no pids controller")) {
            try group.apply(.pids(5))
        }
        let other = try CgroupTree.version2()
        defer { other.remove() }
        let unified = try #require(other.hierarchies().existing("box"))
        #expect(throws: CgroupError.self) { try unified.apply(.outOfMemoryKillDisabled(true)) }
    }

    @Test func aLimitIsReadAsItStandsWithoutBeingApplied() throws {
        let tree = try CgroupTree.version2()
        defer { tree.remove() }
        let group = try #require(tree.hierarchies().existing("box"))
        #expect(
            group.reading(of: .memory) == [
                CgroupReading(path: tree.root + "/drydock/box/memory.max", value: "max"),
                CgroupReading(path: tree.root + "/drydock/box/memory.swap.max", value: "max"),
            ])
        #expect(group.reading(of: .outOfMemoryKillDisabled) == [])
    }

    @Test func version2CountersAreInNanosecondsAndBytes() throws {
        let tree = try CgroupTree.version2()
        defer { tree.remove() }
        let group = try #require(tree.hierarchies().existing("box"))
        let statistics = try group.statistics()
        #expect(statistics.cpuTotal == 30_000 && statistics.cpuUser == 20_000 && statistics.cpuSystem == 10_000)
        #expect(statistics.cpuPeriods == 4 && statistics.cpuThrottledPeriods == 2)
        #expect(statistics.cpuThrottledTime == 7_000)
        #expect(statistics.memoryUsage == 4096 && statistics.memoryMaximumUsage == 8192)
        #expect(statistics.memoryLimit == UInt64.max && statistics.memoryFailures == 3)
        #expect(statistics.memoryDetails == ["anon": 1024, "file": 2048])
        #expect(statistics.pids == 1 && statistics.pidsLimit == 0)
        #expect(
            statistics.block == [
                .init(major: 254, minor: 0, direction: "read", bytes: 4096, operations: 2),
                .init(major: 254, minor: 0, direction: "write", bytes: 512, operations: 1),
            ])
        #expect(group.outOfMemoryKills() == 2)
        #expect(try group.processes() == [12, 34])
    }

    @Test func version1CountersComeFromTheirOwnHierarchies() throws {
        let tree = try CgroupTree.version1()
        defer { tree.remove() }
        let group = try #require(tree.hierarchies().existing("box"))
        let statistics = try group.statistics()
        #expect(
            statistics.block == [
                .init(major: 254, minor: 0, direction: "read", bytes: 4096, operations: 2),
                .init(major: 254, minor: 0, direction: "write", bytes: 512, operations: 1),
            ])
        #expect(statistics.memoryLimit == 9_223_372_036_854_771_712)
        #expect(group.outOfMemoryKills() == 5)
    }

    @Test func version1FreezesThroughItsFreezer() throws {
        let tree = try CgroupTree.version1()
        defer { tree.remove() }
        let group = try #require(tree.hierarchies().existing("box"))
        #expect(try !group.isFrozen())
        try group.freeze()
        #expect(try tree.text("freezer/drydock/box/freezer.state") == "FROZEN")
        #expect(try group.isFrozen())
        try group.thaw()
        #expect(try !group.isFrozen())
    }
}
