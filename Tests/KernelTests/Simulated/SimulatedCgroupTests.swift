import Glibc
import Posix
import Testing

@testable import Kernel

@Suite("The simulated kernel's cgroups")
struct SimulatedCgroupTests {
    private func profile(_ layout: KernelProfile.CgroupLayout) -> KernelProfile {
        var profile = SimulatedKernel.defaultProfile
        profile.cgroupLayout = layout
        profile.processors = 2
        return profile
    }

    @Test func groupsAreMadeListedAndRemoved() throws {
        let kernel = SimulatedKernel()
        let group = try kernel.makeCgroup("box")
        #expect(group.path == "drydock/box")
        #expect(group.directory(of: "memory") == "/sys/fs/cgroup/drydock/box")
        #expect(try kernel.cgroupNames() == ["box"])
        #expect(throws: SystemError("making cgroup drydock/box", code: EEXIST)) { _ = try kernel.makeCgroup("box") }
        #expect(throws: SystemError.self) { try kernel.removeCgroupParent() }
        try group.remove()
        #expect(kernel.existingCgroup("box") == nil)
        try kernel.removeCgroupParent()
    }

    @Test(
        "limits are read back as the kernel would show them",
        arguments: [
            (
                KernelProfile.CgroupLayout.v2, CgroupLimit.memory(67_108_865, swap: 134_217_728),
                ["67108864", "67104768"]
            ),
            (.v2, .cpuQuota(50_000, period: 100_000), ["50000 100000"]), (.v2, .cpuShares(1024), ["39"]),
            (.v2, .cpuset(cpus: "1,0", memoryNodes: "0"), ["0-1", "0"]), (.v2, .pids(-1), ["max"]),
            (.v2, .blockWeight(500), ["default 4950"]),
            (
                .v2, .blockRate(.init(kind: .readBytes, major: 8, minor: 0, rate: 1024)),
                ["8:0 rbps=1024 wbps=max riops=max wiops=max"]
            ),
            (.v1, .memory(67_108_865, swap: 134_217_728), ["67108864", "134217728"]), (.v1, .cpuShares(1), ["2"]),
            (.v1, .cpuQuota(50_000, period: 100_000), ["100000", "50000"]),
            (.v1, .outOfMemoryKillDisabled(true), ["oom_kill_disable 1\nunder_oom 0\noom_kill 0"]),
        ])
    func readBack(layout: KernelProfile.CgroupLayout, limit: CgroupLimit, values: [String]) throws {
        let group = try SimulatedKernel(profile: profile(layout)).makeCgroup("box")
        #expect(try group.apply(limit).map(\.value) == values)
        #expect(Set(values).isSubset(of: group.reading(of: limit.resource).map(\.value)))
    }

    @Test func whatLinuxRefusesIsRefused() throws {
        let group = try SimulatedKernel(profile: profile(.v1)).makeCgroup("box")
        #expect(throws: CgroupError.self) { try group.apply(.cpuset(cpus: "7", memoryNodes: nil)) }
        #expect(throws: CgroupError.self) { try group.apply(.memory(64 << 20, swap: 32 << 20)) }
        #expect(group.reading(of: .memory).map(\.value) == ["9223372036854771712", "9223372036854771712"])
        let unified = try SimulatedKernel(profile: profile(.v2)).makeCgroup("box")
        #expect(throws: CgroupError.self) { try unified.apply(.outOfMemoryKillDisabled(true)) }
        var without = profile(.v2)
        without.controllers.remove("pids")
        let poor = try SimulatedKernel(profile: without).makeCgroup("box")
        #expect(throws: CgroupError.unsupported(resource: .pids, reason: "there is no pids controller")) {
            try poor.apply(.pids(1))
        }
    }

    @Test(.enabled(if: geteuid() == 0, "comparing with the real kernel needs root"))
    func theRealKernelShowsTheSame() throws {
        let hierarchies = try CgroupHierarchies.detect(parent: "drydock-test-sim-\(getpid())")
        guard hierarchies.layout != .v2 else {
            print("Not compared: this machine has no cgroup version 1.")
            return
        }
        var own = profile(.v1)
        own.controllers = hierarchies.controllers
        own.limitsSwap = hierarchies.limitsSwap
        own.processors = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let simulated = try SimulatedKernel(profile: own).makeCgroup("box")
        let real = try hierarchies.make("box")
        defer {
            try? real.remove()
            try? hierarchies.removeParent()
        }
        for resource in [CgroupLimit.Resource.memory, .memoryReservation, .cpuQuota, .cpuShares, .cpuset, .pids] {
            #expect(simulated.reading(of: resource).map(\.value) == real.reading(of: resource).map(\.value))
        }
        for limit in [
            .memory(67_108_865, swap: 134_217_728), .memory(33_554_432, swap: 33_554_432), .cpuShares(1),
            .cpuShares(512),
            .cpuQuota(50_000, period: 100_000), .cpuQuota(-1, period: 50_000), .pids(5), .pids(-1),
            .cpuset(cpus: "0", memoryNodes: "0"), .outOfMemoryKillDisabled(true),
            .devices([
                .init(allows: false, type: "a", major: nil, minor: nil, access: "rwm"),
                .init(allows: true, type: "c", major: 1, minor: 3, access: "rwm"),
            ]),
        ] as [CgroupLimit] {
            #expect(try simulated.apply(limit).map(\.value) == real.apply(limit).map(\.value))
        }
    }
}
