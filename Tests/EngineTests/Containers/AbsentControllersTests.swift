import Kernel
import OrderedJSON
import Testing

@testable import Engine

@Suite("Limits without their controllers")
struct AbsentControllersTests {
    private let wanted: JSONObject = [
        "Memory": 67_108_864, "MemorySwap": 134_217_728, "MemoryReservation": 33_554_432, "MemorySwappiness": 10,
        "OomKillDisable": true, "PidsLimit": 20, "CpuShares": 512, "CpuQuota": 50_000, "CpusetCpus": "0",
        "BlkioWeight": 300, "BlkioDeviceReadBps": [["Path": "/dev/sda", "Rate": 1_048_576]],
    ]

    private func profile(_ controllers: Set<String>) -> KernelProfile {
        var profile = SimulatedKernel.defaultProfile
        profile.controllers = controllers
        return profile
    }

    @Test("Without any, every limit is discarded with a warning of its own")
    func none() throws {
        var host = wanted
        let warnings = try AbsentControllers(profile: profile([])).discard(from: &host)
        #expect(warnings.count == 10 && Set(warnings).count == 10)
        #expect(warnings.allSatisfy { $0.hasPrefix("Your kernel does not support ") && $0.hasSuffix(" discarded.") })
        #expect(host.number("Memory") == 0 && host.number("MemorySwap") == -1 && host.number("CpuQuota") == 0)
        #expect(host.text("CpusetCpus").isEmpty && host["BlkioDeviceReadBps"]?.array == [])
        #expect(CgroupPlan(host: host, profile: profile([])).limits.count <= 1, "only the rules for devices are left")
    }

    @Test("A missing one takes its own limits only", arguments: ["memory", "pids", "cpu", "cpuset", "blkio"])
    func one(missing: String) throws {
        var host = wanted
        let all: Set = ["memory", "pids", "cpu", "cpuset", "blkio"]
        let warnings = try AbsentControllers(profile: profile(all.subtracting([missing]))).discard(from: &host)
        #expect(!warnings.isEmpty)
        #expect((host.number("Memory") == 0) == (missing == "memory"))
        #expect((host.number("PidsLimit") == 0) == (missing == "pids"))
        #expect((host.number("CpuShares") == 0) == (missing == "cpu"))
        #expect(host.text("CpusetCpus").isEmpty == (missing == "cpuset"))
        #expect((host.number("BlkioWeight") == 0) == (missing == "blkio"))
    }

    @Test("With all of them nothing changes")
    func all() throws {
        var host = wanted
        let profile = profile(["memory", "pids", "cpu", "cpuset", "blkio"])
        #expect(try AbsentControllers(profile: profile).discard(from: &host).isEmpty)
        #expect(host == wanted)
    }

    @Test("Processors by number are refused, as by Docker")
    func processors() {
        var host: JSONObject = ["NanoCpus": 500_000_000]
        #expect(throws: EngineFailure.self) { try AbsentControllers(profile: profile([])).discard(from: &host) }
    }
}
