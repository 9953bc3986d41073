import Glibc
import Posix
import Testing

@testable import Kernel

@Suite("The simulated kernel's processes")
struct SimulatedProcessTests {
    /// A directory with a layer in it, and a root to attach it at.
    private struct Image {
        let directory: String
        var layers: OverlayLayers {
            OverlayLayers(lower: ["\(directory)/top", "\(directory)/base"], upper: "\(directory)/upper", work: nil)
        }

        init() throws {
            directory = "/tmp/drydock-sim-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
            for part in ["base/bin", "base/etc", "top/etc", "upper", "rootfs"] {
                try Files.makeDirectories("\(directory)/\(part)")
            }
            let applets = [
                "busybox", "sh", "true", "false", "echo", "sleep", "cat", "hostname", "id", "ps", "ls", "env",
                "uname", "httpd", "ip", "mount", "wget",
            ]
            for applet in applets { try put("base/bin/\(applet)", "", mode: 0o755) }
            try put("base/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n")
            try put("base/etc/motd", "below\n")
            try put("top/etc/motd", "above\n")
            try put("base/bin/notes", "text", mode: 0o644)
            symlink("/bin/busybox", "\(directory)/base/bin/link")
        }

        func put(_ path: String, _ text: String, mode: mode_t = 0o644) throws {
            try Files.replace("\(directory)/\(path)", with: Array(text.utf8), mode: mode, durable: false)
        }

        func remove() { try? Files.removeTree(directory) }
    }

    private static let all: Set<NamespaceKind> = [.mount, .pid, .uts, .ipc, .network, .cgroup]

    private func program(_ image: Image, _ mount: DetachedMount, _ words: [String], paths: [String]? = nil)
        -> [SandboxOperation]
    {
        let root: [SandboxOperation] = [
            .isolateMounts, .attachRoot(mount, at: image.directory + "/rootfs"),
            .mount(
                type: "proc", source: "proc", target: "/proc", flags: [.noSetuid, .noDevices, .noExecution], options: ""
            ),
            .setHostname("box"), .bringLoopbackUp, .mask("/proc/kcore"), .makeReadOnly("/proc/sys"), .enterRoot,
        ]
        let identity: [SandboxOperation] = [
            .limitCapabilities(bounding: .containerDefault), .becomeUser(uid: 0, gid: 0, groups: []),
            .setCapabilities(effective: .containerDefault, permitted: .containerDefault, inheritable: []),
        ]
        let execute = SandboxOperation.execute(
            paths: paths ?? ["/bin/\(words[0])"], arguments: words, environment: ["PATH=/bin", "HOME=/root", "X=y z"])
        return root + identity + [execute]
    }

    /// Runs a command to its end and returns what it wrote.
    private func run(_ words: [String], input: String = "") throws -> (output: String, end: ProcessEnd) {
        let image = try Image()
        defer { image.remove() }
        let kernel = SimulatedKernel()
        let mount = try kernel.makeOverlay(image.layers)
        let (reader, process) = try start(kernel, program(image, mount, words), input: input)
        while try process.nextReport() != nil {}
        let output = String(decoding: try reader.readToEnd(), as: UTF8.self)
        return (output, try process.wait())
    }

    /// Starts a process whose output goes to a pipe; the write ends are the process's alone afterwards.
    private func start(
        _ kernel: SimulatedKernel, _ program: [SandboxOperation], input: String = "", isGated: Bool = false
    )
        throws -> (reader: Descriptor, process: any SandboxProcess)
    {
        let output = try Descriptor.pipe()
        let given = try Descriptor.pipe()
        try given.write.write(input)
        let request = SpawnRequest(
            namespaces: Self.all, program: program,
            standardStreams: .init(input: given.read, output: output.write, error: output.write), isGated: isGated)
        return (output.read, try kernel.spawn(request))
    }

    @Test(
        "well-known programs are imitated",
        arguments: [
            (["true"], "", ProcessEnd.exited(0)), (["false"], "", .exited(1)),
            (["echo", "a", "b"], "a b\n", .exited(0)),
            (["hostname"], "box\n", .exited(0)), (["cat", "/etc/motd"], "above\n", .exited(0)),
            (["cat", "/etc/absent"], "cat: can't open '/etc/absent': No such file or directory\n", .exited(1)),
            (["id"], "uid=0(root) gid=0 groups=0\n", .exited(0)),
            (["env"], "PATH=/bin\nHOME=/root\nX=y z\n", .exited(0)),
            (["ps"], "PID   USER     TIME  COMMAND\n    1 root      0:00 ps\n", .exited(0)),
            (["ls", "/"], "bin\netc\nproc\n", .exited(0)), (["sleep", "0.01"], "", .exited(0)),
            (["sh", "-c", "echo one; false || echo \"$X\" && exit 3"], "one\ny z\n", .exited(3)),
            (["sh", "-c", "echo '$X' $? $$ $1", "sh", "arg"], "$X 0 1 arg\n", .exited(0)),
            (["sh", "-c", "absent"], "sh: absent: not found\n", .exited(127)),
            (["sh", "-c", "cd /etc; pwd"], "sh: pwd: not found\n", .exited(127)),
            (
                ["sh", "-c", "echo a | cat"],
                "sh: this kernel is simulated: its shell can't do pipes\n", .exited(2)
            ),
            (["wget", "x"], "wget: this kernel is simulated and can't run /bin/wget\n", .exited(127)),
            (["busybox", "echo", "hi"], "hi\n", .exited(0)),
        ])
    func imitated(words: [String], output: String, end: ProcessEnd) throws {
        let result = try run(words)
        #expect(result.output == output)
        #expect(result.end == end)
    }

    @Test func aShellReadsCommandsFromItsInput() throws {
        let result = try run(["sh"], input: "echo hello\nhostname\nexit 4\n")
        #expect(result.output == "hello\nbox\n")
        #expect(result.end == .exited(4))
    }

    @Test func aProgramThatIsNotInTheLayersIsNotFound() throws {
        let image = try Image()
        defer { image.remove() }
        let kernel = SimulatedKernel()
        let mount = try kernel.makeOverlay(image.layers)
        for (paths, code) in [
            (["/bin/absent"], ENOENT), (["/sbin/notes", "/bin/notes"], EACCES), (["/etc"], EACCES),
            (["/bin/notes/x"], ENOENT),
        ] {
            let (_, process) = try start(kernel, program(image, mount, ["x"], paths: paths))
            var last: OperationReport?
            #expect(throws: SystemError.self) { while let report = try process.nextReport() { last = report } }
            #expect(last?.errorNumber == code)
            #expect(try process.wait() == .exited(127))
        }
    }

    @Test func evidenceComesFromTheModel() throws {
        let image = try Image()
        defer { image.remove() }
        let kernel = SimulatedKernel()
        let group = try kernel.makeCgroup("box")
        let mount = try kernel.makeOverlay(image.layers)
        let join = SandboxOperation.joinCgroups(try group.joinDescriptors())
        let (_, process) = try start(kernel, [join] + program(image, mount, ["sleep", "100"]))
        while try process.nextReport() != nil {}
        let status = try kernel.processFile(process.pid, "status")
        #expect(status.contains("CapEff:\t00000000a80425fb\n"))
        #expect(status.contains("Name:\tsleep\n"))
        #expect(status.contains("NSpid:\t\(process.pid)\t1\n"))
        #expect(try kernel.processFile(process.pid, "cgroup") == "0::/drydock/box\n")
        #expect(try group.processes() == [process.pid])
        let network = try process.networkNamespace()
        #expect(try kernel.processLink(process.pid, "ns/net") == "net:[\(network.inode)]")
        #expect(try kernel.processLink(process.pid, "exe") == "/bin/sleep")
        #expect(try network.link("lo")?.isUp == true)
        let mounts = try kernel.processFile(process.pid, "mountinfo").split(separator: "\n").map { line in
            line.split(separator: " ").dropFirst(3).joined(separator: " ")
        }
        #expect(mounts.count == 4)
        #expect(
            mounts.first?.hasPrefix("/ / rw,relatime - overlay overlay rw,lowerdir=\(image.directory)/top:") == true)
        #expect(mounts[1] == "/ /proc rw,nosuid,nodev,noexec,relatime - proc proc rw")
        #expect(mounts[2].hasPrefix("/null /proc/kcore "))
        #expect(mounts[3] == "/sys /proc/sys ro,nosuid,nodev,noexec,relatime - proc proc ro")
        let start = try #require(kernel.processStartTime(process.pid))
        kernel.killStray(pid: process.pid, startTime: start + 1)
        #expect(!process.hasEnded)
        kernel.killStray(pid: process.pid, startTime: start)
        #expect(try process.wait() == .signaled(SIGKILL))
        #expect(kernel.processStartTime(process.pid) == nil)
        #expect(throws: SystemError.self) { try kernel.processFile(process.pid, "status") }
        try group.remove()
    }

    @Test func theFirstProcessOfANamespaceIgnoresWhatItDoesNotHandle() throws {
        let image = try Image()
        defer { image.remove() }
        let kernel = SimulatedKernel()
        let mount = try kernel.makeOverlay(image.layers)
        let (_, sleeper) = try start(kernel, program(image, mount, ["sleep", "100"]))
        while try sleeper.nextReport() != nil {}
        try sleeper.signal(SIGTERM)
        usleep(20_000)
        #expect(!sleeper.hasEnded)
        // A process that was put in beside it has the default actions, and ends with the first one.
        let beside = try kernel.enter(
            sleeper,
            SpawnRequest(
                namespaces: Self.all,
                program: [.execute(paths: ["/bin/sleep"], arguments: ["sleep", "100"], environment: [])],
                standardStreams: try silence()))
        while try beside.nextReport() != nil {}
        #expect(try kernel.processFile(beside.pid, "status").contains("NSpid:\t\(beside.pid)\t2\n"))
        try beside.signal(SIGTERM)
        #expect(try beside.wait() == .signaled(SIGTERM))
        let last = try kernel.enter(
            sleeper,
            SpawnRequest(
                namespaces: Self.all,
                program: [.execute(paths: ["/bin/sleep"], arguments: ["sleep", "100"], environment: [])],
                standardStreams: try silence()))
        while try last.nextReport() != nil {}
        try sleeper.signal(SIGKILL)
        #expect(try sleeper.wait() == .signaled(SIGKILL))
        #expect(try last.wait() == .signaled(SIGKILL))
        #expect(throws: SystemError.self) { try sleeper.signal(SIGTERM) }
        #expect(throws: SystemError.self) {
            _ = try kernel.enter(sleeper, SpawnRequest(namespaces: [], program: [], standardStreams: nil))
        }
    }

    private func silence() throws -> SpawnRequest.StandardStreams {
        let null = try Descriptor.open("/dev/null", O_RDWR)
        return .init(input: null, output: null, error: null)
    }

    @Test func aWebServerEndsOnSIGTERM() throws {
        let image = try Image()
        defer { image.remove() }
        let script = """
            #!/bin/sh
            # The web server of the lessons.
            trap 'kill "$server" 2>/dev/null; echo stopped; exit 0' TERM INT
            echo "serving"
            httpd -f -p 80 &
            server=$!
            wait "$server"

            """
        try image.put("base/bin/serve", script.replacing(" 2>/dev/null", with: ""), mode: 0o755)
        let kernel = SimulatedKernel()
        let mount = try kernel.makeOverlay(image.layers)
        let (reader, process) = try start(kernel, program(image, mount, ["serve"]))
        while try process.nextReport() != nil {}
        #expect(String(decoding: try reader.read(upTo: 100), as: UTF8.self) == "serving\n")
        usleep(50_000)
        try process.signal(SIGTERM)
        #expect(try process.wait() == .exited(0))
        #expect(String(decoding: try reader.readToEnd(), as: UTF8.self) == "stopped\n")
    }

    @Test func aGatedProgramWaitsBeforeEachOperation() throws {
        let image = try Image()
        defer { image.remove() }
        let kernel = SimulatedKernel()
        let program: [SandboxOperation] = [
            .setHostname("one"), .readBack(path: "/proc/sys/kernel/hostname"), .setUmask(0),
        ]
        let (_, process) = try start(kernel, program, isGated: true)
        usleep(20_000)
        for (index, text) in ["", "one\n", ""].enumerated() {
            try process.release()
            let report = try #require(try process.nextReport())
            #expect(report.index == index && report.errorNumber == 0 && report.text == text)
        }
        #expect(try process.wait() == .exited(0))
    }

    @Test func aFaultInTheProgramIsReportedAndEndsIt() throws {
        let kernel = SimulatedKernel()
        kernel.failNext(operationNamed: "setHostname", code: EPERM)
        let (_, process) = try start(kernel, [.setUmask(0), .setHostname("x"), .setUmask(0)])
        #expect(try process.nextReport()?.errorNumber == 0)
        #expect(try process.nextReport()?.errorNumber == EPERM)
        #expect(throws: SystemError.self) { try process.nextReport() }
        #expect(try process.wait() == .exited(127))
    }

    @Test func rulesOfCapabilitiesHold() throws {
        let kernel = SimulatedKernel()
        let filter = SeccompFilter(instructions: [], name: "test")
        func codes(_ program: [SandboxOperation]) throws -> [Int32] {
            let (_, process) = try start(kernel, program)
            var codes: [Int32] = []
            while codes.last ?? 0 == 0, codes.count < program.count, let report = try process.nextReport() {
                codes.append(report.errorNumber)
            }
            _ = try process.wait()
            return codes
        }
        let drop = SandboxOperation.setCapabilities(effective: [], permitted: [], inheritable: [])
        // Without no_new_privs a filter needs CAP_SYS_ADMIN, so it is loaded before capabilities are dropped.
        #expect(try codes([drop, .loadFilter(filter)]) == [0, EACCES])
        #expect(try codes([.loadFilter(filter), drop]) == [0, 0])
        #expect(try codes([drop, .setNoNewPrivileges, .loadFilter(filter)]) == [0, 0, 0])
        #expect(try codes([drop, .becomeUser(uid: 5, gid: 5, groups: [])]) == [0, EPERM])
        #expect(
            try codes([drop, .setCapabilities(effective: .all, permitted: .all, inheritable: [])]) == [0, EPERM])
    }

    @Test func aFrozenGroupStandsStill() throws {
        let image = try Image()
        defer { image.remove() }
        let kernel = SimulatedKernel()
        let group = try kernel.makeCgroup("box")
        let mount = try kernel.makeOverlay(image.layers)
        let join = SandboxOperation.joinCgroups(try group.joinDescriptors())
        let (_, process) = try start(kernel, [join] + program(image, mount, ["sleep", "0.2"]))
        while try process.nextReport() != nil {}
        try group.freeze()
        #expect(try group.isFrozen())
        usleep(400_000)
        #expect(!process.hasEnded)
        #expect(throws: SystemError.self) { try group.remove() }
        try group.thaw()
        #expect(try process.wait() == .exited(0))
        #expect(try group.statistics().pids == 0)
        try group.remove()
    }

    @Test func aTerminalIsARealOneAndCtrlCInterrupts() throws {
        let image = try Image()
        defer { image.remove() }
        let kernel = SimulatedKernel()
        let mount = try kernel.makeOverlay(image.layers)
        var operations = program(image, mount, ["sh"])
        operations.insert(.openTerminal(columns: 100, rows: 30), at: operations.count - 1)
        operations.insert(.meet, at: operations.count - 1)
        let process = try kernel.spawn(
            SpawnRequest(namespaces: Self.all, program: operations, standardStreams: nil))
        for _ in 0..<operations.count - 1 { #expect(try process.nextReport()?.errorNumber == 0) }
        let terminal = try process.takeTerminal()
        #expect(throws: SystemError.self) { try process.takeTerminal() }
        var size = winsize()
        #expect(ioctl(terminal.number, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col == 100 && size.ws_row == 30)
        try process.release()
        #expect(try process.nextReport() == nil)
        #expect(try kernel.processLink(process.pid, "fd/0") == "/dev/pts/0")
        var seen = ""
        func read(until text: String) throws {
            while !seen.contains(text) { seen += String(decoding: try terminal.read(upTo: 4096), as: UTF8.self) }
            seen = ""
        }
        try read(until: "/ # ")
        try terminal.write("echo mar''ker\n")
        try read(until: "marker\r\n/ # ")
        try terminal.write("sleep 100\n")
        try read(until: "sleep 100\r\n")
        usleep(50_000)
        try terminal.write([3])
        try read(until: "/ # ")
        try terminal.write("exit 7\n")
        #expect(try process.wait() == .exited(7))
    }

    @Test func anothersNetworkCanBeJoined() throws {
        let kernel = SimulatedKernel()
        let node = try kernel.makeNetworkNamespace()
        let descriptor = try #require(node.descriptor)
        let process = try kernel.spawn(
            SpawnRequest(
                namespaces: [.mount, .pid], joinedNamespaces: [.network: descriptor], program: [.meet],
                standardStreams: try silence()))
        #expect(try process.nextReport()?.errorNumber == 0)
        #expect(try process.networkNamespace().inode == node.inode)
        try process.release()
        _ = try process.wait()
    }
}
