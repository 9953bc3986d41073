import Glibc
import Posix
import Testing

@testable import Kernel

@Suite(.enabled(if: canMakeContainers))
struct LinuxKernelTests {
    @Test func profileTellsTheMachine() throws {
        let profile = try KernelProfile.detect(try CgroupHierarchies.detect(parent: "drydock"))
        #expect(profile.kind == .linux)
        #expect(profile.release == (try Files.text("/proc/sys/kernel/osrelease")).split(separator: "\n")[0])
        #expect(profile.processors >= 1)
        #expect(profile.memory > 1 << 20)
        #expect(profile.bootID.count == 36)
        #expect(!profile.operatingSystem.isEmpty)
        #expect(profile.capabilities.contains(.containerDefault))
    }

    @Test func strayIsKilledOnlyIfItIsTheSame() throws {
        let kernel = try LinuxKernel(seccompCache: nil)
        let process = try kernel.spawn(
            SpawnRequest(
                namespaces: [],
                program: [.execute(paths: ["/bin/busybox"], arguments: ["sleep", "100"], environment: [])],
                standardStreams: nil))
        #expect(try process.nextReport() == nil)
        let started = try #require(kernel.processStartTime(process.pid))
        kernel.killStray(pid: process.pid, startTime: started + 1)
        #expect(!process.hasEnded)
        // The channel closes in the middle of execve(2); a moment later the new program's arguments are there.
        var shown = ""
        for _ in 0..<500 where shown.isEmpty {
            shown = try kernel.processFile(process.pid, "cmdline")
            if shown.isEmpty { usleep(10_000) }
        }
        #expect(shown == "sleep\0100\0")
        #expect(try kernel.processLink(process.pid, "exe") == "/usr/bin/busybox")
        kernel.killStray(pid: process.pid, startTime: started)
        #expect(process.hasEnded)
        #expect(try process.wait() == .signaled(SIGKILL))
        #expect(kernel.processStartTime(process.pid) == nil)
    }

    @Test func everyCapabilityOfTheDefaultSetIsThere() {
        #expect(CapabilitySet.containerDefault.description == "00000000a80425fb")
    }
}
