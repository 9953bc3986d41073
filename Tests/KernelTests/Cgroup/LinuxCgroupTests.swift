import Glibc
import Posix
import Testing

@testable import Kernel

@Suite(
    "Cgroups of the real kernel", .serialized,
    .enabled(if: geteuid() == 0, "making cgroups needs root"))
struct LinuxCgroupTests {
    /// Runs a body with hierarchies of a parent group of its own, which is gone afterwards.
    private func withHierarchies(_ body: (CgroupHierarchies) throws -> Void) throws {
        let hierarchies = try CgroupHierarchies.detect(parent: "drydock-test-\(getpid())")
        defer {
            for name in (try? hierarchies.names()) ?? [] {
                if let group = hierarchies.existing(name) {
                    try? group.kill()
                    try? group.remove()
                }
            }
            try? hierarchies.removeParent()
        }
        try body(hierarchies)
    }

    /// A process that sleeps in a group.
    private func startSleeper(in group: any Cgroup) throws -> pid_t {
        var pid: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("100"), nil]
        defer { for argument in arguments { free(argument) } }
        let code = posix_spawn(&pid, "/bin/sleep", nil, nil, &arguments, environ)
        guard code == 0 else { throw SystemError("starting sleep", code: code) }
        for descriptor in try group.joinDescriptors() { try descriptor.write("\(pid)") }
        return pid
    }

    private func waitForEnd(of pid: pid_t) -> Int32 {
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        return status & 0x7F
    }

    @Test func aGroupIsMadeInEveryHierarchyAndLeavesNothing() throws {
        var directories: [String] = []
        try withHierarchies { hierarchies in
            let group = try hierarchies.make("one")
            directories = hierarchies.hierarchies.map { $0.directory("drydock-test-\(getpid())/one") }
            #expect(directories.allSatisfy { Files.exists($0) })
            #expect(try hierarchies.names() == ["one"])
            #expect(try group.joinDescriptors().count == directories.count)
            #expect(hierarchies.existing("one")?.path == group.path)
            try group.remove()
            #expect(hierarchies.existing("one") == nil)
            try hierarchies.removeParent()
        }
        #expect(!directories.contains { Files.exists(Files.parent(of: $0)) })
    }

    @Test func aGroupInAnotherIsMadeWithItAndNamedBeforeIt() throws {
        try withHierarchies { hierarchies in
            let group = try hierarchies.make("outer/inner")
            #expect(try hierarchies.names() == ["outer/inner", "outer"])
            #expect(group.path.hasSuffix("/outer/inner"))
            let pid = try startSleeper(in: group)
            #expect(throws: SystemError.self) { try hierarchies.removeParent() }
            try group.kill()
            #expect(waitForEnd(of: pid) == SIGKILL)
            try group.remove()
            #expect(try hierarchies.names() == ["outer"])
            // The outer one is empty, and goes with the parent.
            try hierarchies.removeParent()
            #expect(try hierarchies.names() == [])
        }
    }

    @Test func aProcessJoinsEveryHierarchyAndIsKilled() throws {
        try withHierarchies { hierarchies in
            let group = try hierarchies.make("one")
            let pid = try startSleeper(in: group)
            let lines = try Files.text("/proc/\(pid)/cgroup").split(separator: "\n")
            #expect(lines.allSatisfy { $0.hasSuffix(group.path) })
            #expect(try group.processes() == [pid])
            try group.kill()
            #expect(waitForEnd(of: pid) == SIGKILL)
            try group.remove()
        }
    }

    @Test func aFrozenGroupStandsAndCanStillBeKilled() throws {
        try withHierarchies { hierarchies in
            let group = try hierarchies.make("one")
            let pid = try startSleeper(in: group)
            #expect(try !group.isFrozen())
            try group.freeze()
            #expect(try group.isFrozen())
            try group.thaw()
            #expect(try !group.isFrozen())
            try group.freeze()
            try group.kill()
            #expect(waitForEnd(of: pid) == SIGKILL)
            try group.remove()
        }
    }

    @Test func memoryGoesUpAndDownWithItsSwap() throws {
        try withHierarchies { hierarchies in
            guard hierarchies.controllers.contains("memory"), hierarchies.limitsSwap else { return }
            let group = try hierarchies.make("one")
            let mebibyte: Int64 = 1 << 20
            for (memory, swap) in [(64, 128), (32, 32), (256, 512), (16, 64)] as [(Int64, Int64)] {
                let readings = try group.apply(.memory(memory * mebibyte, swap: swap * mebibyte))
                let isUnified = hierarchies.layout == .v2
                #expect(
                    readings.map(\.value) == [
                        "\(memory * mebibyte)", "\((isUnified ? swap - memory : swap) * mebibyte)",
                    ])
            }
            // A limit of the two together that is smaller than that of memory alone is refused.
            if hierarchies.layout != .v2 {
                #expect(throws: CgroupError.self) { try group.apply(.memory(64 * mebibyte, swap: 32 * mebibyte)) }
            }
        }
    }

    @Test func limitsAreReadBackFromTheKernel() throws {
        try withHierarchies { hierarchies in
            guard hierarchies.layout != .v2 else { return }
            let group = try hierarchies.make("one")
            func values(_ limit: CgroupLimit) throws -> [String] { try group.apply(limit).map(\.value) }
            #expect(try values(.pids(100)) == ["100"])
            #expect(try values(.pids(-1)) == ["max"])
            #expect(try values(.cpuShares(512)) == ["512"])
            // The kernel has a least value: the reading is its own, not ours.
            #expect(try values(.cpuShares(1)) == ["2"])
            #expect(try values(.cpuQuota(50_000, period: 100_000)) == ["100000", "50000"])
            #expect(try values(.cpuQuota(-1, period: 100_000)) == ["100000", "-1"])
            #expect(try values(.cpuset(cpus: "0", memoryNodes: "0")) == ["0", "0"])
            #expect(try values(.memoryReservation(4096 * 3 + 1)) == ["12288"])
            #expect(throws: CgroupError.self) { try values(.cpuset(cpus: "4000", memoryNodes: nil)) }
            let disabled = try values(.outOfMemoryKillDisabled(true)).first ?? ""
            #expect(disabled.hasPrefix("oom_kill_disable 1"))
        }
    }

    @Test func deviceRulesStandInTheControllersList() throws {
        try withHierarchies { hierarchies in
            guard hierarchies.layout != .v2, hierarchies.controllers.contains("devices") else { return }
            let group = try hierarchies.make("one")
            let readings = try group.apply(
                .devices([
                    .init(allows: false, type: "a", major: nil, minor: nil, access: "rwm"),
                    .init(allows: true, type: "c", major: 1, minor: 3, access: "rwm"),
                    .init(allows: true, type: "c", major: 136, minor: nil, access: "rw"),
                ]))
            #expect(readings.map(\.value) == ["c 1:3 rwm\nc 136:* rw"])
        }
    }

    @Test func theKernelAcceptsDevicePrograms() throws {
        try withHierarchies { hierarchies in
            let group = try hierarchies.make("one")
            guard let directory = (group as? LinuxCgroup)?.unifiedDirectory else { return }
            let nothing = CgroupLimit.DeviceRule(allows: false, type: "a", major: nil, minor: nil, access: "rwm")
            let null = CgroupLimit.DeviceRule(allows: true, type: "c", major: 1, minor: 3, access: "rwm")
            let zero = CgroupLimit.DeviceRule(allows: true, type: "c", major: 1, minor: 5, access: "r")
            #expect(DeviceProgram.attached(to: directory) == [])
            for rules in [[], [nothing], [nothing, null, zero], [null, nothing, zero, null]] {
                try DeviceProgram(rules).attach(to: directory)
                // The new one is in place of the old one, not beside it.
                #expect(DeviceProgram.attached(to: directory).count == 1)
            }
        }
    }

    @Test func countersMoveWhenAProcessWorks() throws {
        try withHierarchies { hierarchies in
            let group = try hierarchies.make("one")
            let pid = try startSleeper(in: group)
            let statistics = try group.statistics()
            #expect(statistics.pids == 1)
            if hierarchies.layout != .v2 { #expect(statistics.cpuPerProcessor.count >= 1) }
            #expect(statistics.memoryDetails["cache"] != nil || statistics.memoryDetails["file"] != nil)
            #expect(statistics.memoryLimit > 1 << 40)
            #expect(group.outOfMemoryKills() == 0)
            try group.kill()
            _ = waitForEnd(of: pid)
        }
    }
}
