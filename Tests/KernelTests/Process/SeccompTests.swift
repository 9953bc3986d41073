import Glibc
import Posix
import Testing

@testable import Kernel

struct SeccompTests {
    @Test func dockersProfileDependsOnCapabilities() {
        func names(_ capabilities: CapabilitySet) -> Set<String> {
            let rules = SeccompProfile.dockerDefault.rules(
                capabilities: capabilities, architecture: .x86_64, kernel: .init(6, 1))
            return Set(rules.filter { $0.action == .allow && $0.arguments.isEmpty }.flatMap(\.names))
        }
        #expect(SeccompProfile.dockerDefault.rules[0].names.count == 361)
        #expect(!names(.containerDefault).contains("mount"))
        #expect(names(.containerDefault).isSuperset(of: ["read", "chroot", "ptrace", "arch_prctl"]))
        #expect(names(.all).isSuperset(of: ["mount", "clone3", "bpf", "reboot"]))
        #expect(!names(.all).contains("s390_runtime_instr"))
    }

    @Test func rulesDependOnTheKernel() {
        let old = SeccompProfile.dockerDefault.rules(
            capabilities: [], architecture: .x86_64, kernel: .init(4, 4))
        #expect(!old.contains { $0.names.contains("ptrace") })
        #expect(SeccompProfile.KernelVersion("6.18.44-fc-v782") == .init(6, 18))
        #expect(SeccompProfile.KernelVersion("nonsense") == nil)
    }

    @Test func compiledFilterIsSharedAndKeptOnDisk() throws {
        let directory = "/tmp/drydock-test-seccomp.\(getpid())"
        defer { try? Files.removeTree(directory) }
        let compiler = SeccompCompiler(cacheDirectory: directory)
        let filter = try compiler.filter(.dockerDefault, capabilities: .containerDefault)
        #expect(filter === (try compiler.filter(.dockerDefault, capabilities: .containerDefault)))
        #expect(filter !== (try compiler.filter(.dockerDefault, capabilities: .all)))
        #expect(try Files.list(directory).count == 2)
        let again = try SeccompCompiler(cacheDirectory: directory).filter(
            .dockerDefault, capabilities: .containerDefault)
        #expect(again.instructions == filter.instructions)
        // A damaged file is not believed.
        for entry in try Files.list(directory) {
            var bytes = try Files.read("\(directory)/\(entry.name)")
            bytes[bytes.count - 20] ^= 1
            try Files.replace("\(directory)/\(entry.name)", with: bytes, durable: false)
        }
        let repaired = try SeccompCompiler(cacheDirectory: directory).filter(
            .dockerDefault, capabilities: .containerDefault)
        #expect(repaired.instructions == filter.instructions)
    }

    @Test func filterFitsTheKernel() throws {
        let filter = try SeccompCompiler(cacheDirectory: nil).filter(.dockerDefault, capabilities: .all)
        #expect(filter.instructions.count % 8 == 0)
        #expect(filter.instructions.count / 8 <= 4096)
    }

    @Test(
        .enabled(if: canMakeContainers),
        arguments: [
            // keyctl and mount are forbidden; 600 does not exist; mseal (462) is known by number only; clone3 (435)
            // answers as if it did not exist; socket (41) is allowed for this family.
            (250, EPERM), (165, EPERM), (600, ENOSYS), (462, 0), (435, ENOSYS), (41, 0),
        ] as [(Int32, Int32)])
    func callsAreAnsweredAsInDocker(_ number: Int32, _ expected: Int32) throws {
        guard Files.exists("/usr/bin/perl"), SeccompProfile.Architecture.native == .x86_64 else {
            print("skipped: needs perl on x86_64")
            return
        }
        let filter = try SeccompCompiler(cacheDirectory: nil).filter(.dockerDefault, capabilities: .containerDefault)
        let script =
            "my $r = syscall(\(number), \(number == 41 ? "2, 1, 0" : "0, 0, 0, 0, 0, 0")); exit($r < 0 ? $!+0 : 0)"
        let process = try ProcessLauncher().spawn(
            SpawnRequest(
                namespaces: [],
                program: [
                    .loadFilter(filter),
                    .execute(paths: ["/usr/bin/perl"], arguments: ["perl", "-e", script], environment: []),
                ], standardStreams: nil))
        #expect(try process.nextReport()?.errorNumber == 0)
        #expect(try process.nextReport() == nil)
        #expect(try process.wait() == .exited(expected))
    }
}
