import Glibc
import Posix
import Testing

@testable import Kernel

@Suite(.enabled(if: canMakeContainers), .serialized)
struct EnterTests {
    let container: ContainerFixture

    init() throws { container = try ContainerFixture() }

    private func shell(_ script: String) -> [SandboxOperation] {
        [.newSession, .execute(paths: ["/bin/sh"], arguments: ["sh", "-c", script], environment: ["PATH=/bin"])]
    }

    @Test func enteredProcessSeesTheSameNamespaces() throws {
        let (first, _) = try container.begin(
            program: try container.program(["sleep", "100"]), container.launcher.spawn)
        defer { try? first.end() }
        let handle = try #require(first.descriptor)
        let own = try Files.linkTarget("/proc/self/ns/pid_for_children")
        let result = try container.finish(program: shell("hostname; cat /etc/plain; ls -l /proc/1/ns /proc/self/ns")) {
            try container.launcher.enter(handle, pid: first.pid, $0)
        }
        #expect(result.output.hasPrefix("box\ntext\n"))
        for kind in ContainerFixture.namespaces {
            let link = try Files.linkTarget("/proc/\(first.pid)/ns/\(kind.rawValue)")
            #expect(result.output.components(of: link) == (kind == .pid ? 4 : 2))
        }
        #expect(result.end == .exited(0))
        #expect(try Files.linkTarget("/proc/self/ns/pid_for_children") == own)
        // The next clone of the same thread is the machine's again.
        let outside = try container.finish(program: shell("echo $$"), namespaces: []) {
            try container.launcher.enter(handle, pid: first.pid, $0)
        }
        #expect((Int32(outside.output.filter(\.isNumber)) ?? 0) > 1000 || outside.output != "2\n")
    }

    @Test func enteredTerminalIsTheContainersOwn() throws {
        let (first, _) = try container.begin(
            program: try container.program(["sleep", "100"]), container.launcher.spawn)
        defer { try? first.end() }
        let handle = try #require(first.descriptor)
        let program: [SandboxOperation] = [
            .openTerminal(columns: 80, rows: 25),
            .execute(paths: ["/bin/tty"], arguments: ["tty"], environment: []),
        ]
        let process = try container.launcher.enter(
            handle, pid: first.pid,
            SpawnRequest(namespaces: ContainerFixture.namespaces, program: program, standardStreams: nil))
        _ = try process.reportsToExec()
        let terminal = try process.takeTerminal()
        #expect(String(decoding: try terminal.read(upTo: 100), as: UTF8.self) == "/dev/pts/0\r\n")
        #expect(try process.wait() == .exited(0))
    }

    @Test func initEndsTogetherWithWhatWasEntered() throws {
        let (first, _) = try container.begin(
            program: try container.program(["sleep", "100"]), container.launcher.spawn)
        let handle = try #require(first.descriptor)
        let (second, _) = try container.begin(program: shell("sleep 100")) {
            try container.launcher.enter(handle, pid: first.pid, $0)
        }
        let waiter = Monitor<ProcessEnd?>(nil)
        try Thread.start("waiter") {
            let end = try? second.wait()
            waiter.withLock { $0 = end }
        }
        try first.signal(SIGKILL)
        #expect(try first.wait() == .signaled(SIGKILL))
        #expect(waiter.wait(seconds: 5) { $0 } == .signaled(SIGKILL))
    }

    @Test func enteringAnEndedContainerFails() throws {
        let (first, _) = try container.begin(program: try container.program(["true"]), container.launcher.spawn)
        _ = try first.wait()
        let handle = try #require(first.descriptor)
        #expect(throws: SystemError.self) {
            try container.launcher.enter(
                handle, pid: first.pid,
                SpawnRequest(namespaces: ContainerFixture.namespaces, program: shell("true"), standardStreams: nil))
        }
        // And the thread still clones.
        #expect(try container.run(["true"]).end == .exited(0))
    }

    @Test func thousandSpawnsLeakNoDescriptor() throws {
        func run() throws {
            let process = try container.launcher.spawn(
                SpawnRequest(
                    namespaces: [],
                    program: [.execute(paths: ["/bin/busybox"], arguments: ["true"], environment: [])],
                    standardStreams: nil))
            #expect(try process.nextReport() == nil)
            #expect(try process.wait() == .exited(0))
        }
        try run()
        let before = try Files.list("/proc/self/fd").count
        for _ in 0..<1000 { try run() }
        #expect(abs(try Files.list("/proc/self/fd").count - before) < 8)
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: text) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
