import CSandbox
import Glibc
import Posix
import Testing

@testable import Kernel

@Suite(.enabled(if: canMakeContainers), .serialized)
struct SandboxProcessTests {
    let container: ContainerFixture

    init() throws { container = try ContainerFixture() }

    @Test func containerSeesItselfAsPID1() throws {
        let result = try container.run(["sh", "-c", "echo $$; hostname"])
        #expect(result.output == "1\nbox\n")
        #expect(result.end == .exited(0))
    }

    @Test func containerHasDockersCapabilitiesAndFilter() throws {
        let result = try container.run(["cat", "/proc/self/status"])
        #expect(result.output.contains("CapEff:\t00000000a80425fb"))
        #expect(result.output.contains("CapPrm:\t00000000a80425fb"))
        #expect(result.output.contains("CapBnd:\t00000000a80425fb"))
        #expect(result.output.contains("CapInh:\t0000000000000000"))
        #expect(result.output.contains("Seccomp:\t2"))
        #expect(result.output.contains("NoNewPrivs:\t0"))
        #expect(result.output.contains("Groups:\t0 10"))
        #expect(result.output.contains("SigBlk:\t0000000000000000"))
        #expect(result.output.contains("SigIgn:\t0000000000000000"))
    }

    @Test func mountsStandInTheContainerOnly() throws {
        let machine = try Files.text("/proc/self/mountinfo")
        let result = try container.run(["cat", "/proc/mounts"])
        let mounts = result.output.split(separator: "\n").map {
            $0.split(separator: " ").prefix(3).joined(separator: " ")
        }
        #expect(mounts.first == "overlay / overlay")
        for expected in ["proc /proc proc", "tmpfs /dev tmpfs", "devpts /dev/pts devpts", "sysfs /sys sysfs"] {
            #expect(mounts.contains(expected))
        }
        #expect(!result.output.contains(container.directory + "/root"))
        #expect(result.output.contains("sysfs /sys sysfs ro,nosuid,nodev,noexec,relatime"))
        #expect(result.output.contains("tmpfs /dev tmpfs rw,nosuid,size=65536k,mode=755"))
        #expect(result.output.contains("proc /proc/sys proc ro,nosuid,nodev,noexec,relatime"))
        #expect(try Files.text("/proc/self/mountinfo") == machine)
    }

    @Test func devicesWorkAndMasksHide() throws {
        let result = try container.run([
            "sh", "-c",
            "stat -c '%t,%T %a' /dev/null /dev/tty; cat /proc/kcore | wc -c; ls /sys/firmware | wc -l; "
                + "echo x > /proc/sys/kernel/hostname; ls /dev/fd/0",
        ])
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.prefix(2) == ["1,3 666", "5,0 666"])
        #expect(result.output.contains("Read-only file system"))
        #expect(lines.last == "/dev/fd/0")
    }

    @Test func onlyTheStandardStreamsReachTheProgram() throws {
        let result = try container.run(["ls", "/proc/self/fd"])
        // 3 is the directory that ls itself opened.
        #expect(result.output.split(separator: "\n") == ["0", "1", "2", "3"])
    }

    @Test func filterRefusesForbiddenCalls() throws {
        let result = try container.run(["unshare", "-m", "true"])
        #expect(result.output.contains("Operation not permitted"))
        #expect(result.end == .exited(1))
    }

    @Test func filterCannotBeLoadedOnceCapabilitiesAreGone() throws {
        let filter = try container.filters.filter(.dockerDefault, capabilities: .containerDefault)
        let process = try container.launcher.spawn(
            SpawnRequest(
                namespaces: [],
                program: [
                    .setCapabilities(effective: [], permitted: [], inheritable: []), .loadFilter(filter),
                    .execute(paths: ["/bin/true"], arguments: ["true"], environment: []),
                ], standardStreams: nil))
        #expect(try process.nextReport()?.errorNumber == 0)
        #expect(try process.nextReport()?.errorNumber == EACCES)
        #expect(try process.wait() == .exited(127))
    }

    @Test func terminalCarriesBothWaysAndHasItsSize() throws {
        let program = try container.program(["sh", "-c", "tty; stty size; read line; echo got $line"], terminal: true)
        let process = try container.launcher.spawn(
            SpawnRequest(namespaces: ContainerFixture.namespaces, program: program, standardStreams: nil))
        #expect(try process.reportsToExec().count == program.count - 1)
        let terminal = try process.takeTerminal()
        try terminal.write("words\n")
        var output: [UInt8] = []
        // Reading the master fails with EIO once the other side is closed by all.
        while let piece = try? terminal.read(upTo: 4096), !piece.isEmpty { output += piece }
        let text = String(decoding: output, as: UTF8.self)
        // The terminal's echo of the words comes wherever it comes.
        #expect(text.contains("/dev/pts/0\r\n"))
        #expect(text.contains("33 101\r\n"))
        #expect(text.contains("got words\r\n"))
        #expect(try process.wait() == .exited(0))
        #expect(throws: SystemError.self) { try process.takeTerminal() }
    }

    @Test func symbolicLinksOfAnImageLeadNowhereElse() throws {
        let victim = "\(container.directory)/victim"
        try Files.makeDirectories(victim)
        symlink(victim, "\(container.directory)/image/absolute")
        symlink("../../../../../../../../\(victim)", "\(container.directory)/image/relative")
        symlink("/missing/place", "\(container.directory)/image/dangling")
        let bind: (String) -> SandboxOperation = { target in
            .bind(
                source: "\(self.container.directory)/image/etc/plain", target: target, isRecursive: false,
                flags: .readOnly, propagation: .rprivate)
        }
        let result = try container.run(
            ["sh", "-c", "cat /absolute/a /relative/b /missing/place/deep/c; echo x > /absolute/a"],
            before: [bind("/absolute/a"), bind("/relative/b"), bind("/dangling/deep/c")])
        #expect(result.output.hasPrefix("text\ntext\ntext\n"))
        #expect(result.output.contains("Read-only file system"))
        #expect(try Files.list(victim).isEmpty)
        #expect(try Files.text("\(container.directory)/image/etc/plain") == "text\n")
    }

    @Test func bindsMakeTheirTargetsAndKeepTheirFlags() throws {
        let source = "\(container.directory)/volume"
        try Files.makeDirectories("\(source)/inner")
        let result = try container.run(
            ["sh", "-c", "ls /deep/er/volume; echo y > /deep/er/volume/file; cat /proc/self/mountinfo"],
            before: [
                .bind(
                    source: source, target: "/deep/er/volume", isRecursive: true,
                    flags: [.noSetuid, .noAccessTimes], propagation: .rprivate)
            ])
        #expect(result.output.hasPrefix("inner\n"))
        #expect(result.output.contains("/deep/er/volume rw,nosuid,noatime"))
        #expect(try Files.text("\(source)/file") == "y\n")
    }

    @Test func readOnlyRootAndWorkingDirectoryAndUser() throws {
        let result = try container.run(
            ["sh", "-c", "pwd; id; umask; echo z > /here"],
            after: [.changeDirectory("/made/here", create: true), .makeRootReadOnly],
            last: [
                .becomeUser(uid: 1000, gid: 1001, groups: []),
                .setCapabilities(effective: [], permitted: [], inheritable: []), .setUmask(0o27),
            ])
        #expect(result.output.hasPrefix("/made/here\nuid=1000 gid=1001"))
        #expect(result.output.contains("0027\n"))
        #expect(result.output.contains("can't create /here"))
    }

    @Test func childReadsBackWhatOnlyItCanSee() throws {
        let program = try container.program(["true"], before: [.readBack(path: "/proc/self/ns/nothing")])
        let process = try container.launcher.spawn(
            SpawnRequest(namespaces: ContainerFixture.namespaces, program: program, standardStreams: nil))
        var last: OperationReport?
        while let report = try? process.nextReport() { last = report }
        #expect(last?.errorNumber == ENOENT)
        #expect(last?.text == "/proc/self/ns/nothing")
        #expect(try process.wait() == .exited(127))

        let good = try container.program(["true"], last: [.readBack(path: "/proc/sys/kernel/hostname")])
        let (second, _) = try start(good)
        #expect(try second.reportsToExec().last?.text == "box\n")
        #expect(try second.wait() == .exited(0))
    }

    private func start(_ program: [SandboxOperation]) throws -> (LinuxSandboxProcess, Int) {
        let request = SpawnRequest(
            namespaces: ContainerFixture.namespaces, program: program, standardStreams: nil)
        return (try container.launcher.spawn(request), program.count)
    }

    @Test func failedOperationIsReportedAndTheChildIsGone() throws {
        let program = try container.program(
            ["true"],
            before: [
                .bind(
                    source: "/no/such/source", target: "/x", isRecursive: false, flags: [], propagation: .rprivate)
            ])
        let (process, _) = try start(program)
        var last: OperationReport?
        #expect(throws: SystemError.self) {
            while let report = try process.nextReport() { last = report }
        }
        let index = program.firstIndex { if case .bind = $0 { true } else { false } }
        #expect(last?.index == index)
        #expect(last?.errorNumber == ENOENT)
        #expect(last?.text == "/no/such/source")
        #expect(try process.wait() == .exited(127))
        #expect(kill(process.pid, 0) == -1)
    }

    @Test(arguments: [
        (["/bin/nothing", "/usr/bin/nothing"], ENOENT, "/bin/nothing"),
        (["/bin/nothing", "/etc/plain"], EACCES, "/etc/plain"),
        (["/etc/plain", "/bin/true"], 0, ""),
        (["/etc/script"], ENOENT, "/etc/script"),
        (["/etc/garbage"], ENOEXEC, "/etc/garbage"),
        (["/etc"], EACCES, "/etc"),
    ])
    func executeFailsAsInAShell(_ paths: [String], _ code: Int32, _ text: String) throws {
        try Files.replace("\(container.directory)/image/etc/script", with: Array("#!/no/shell\n".utf8), mode: 0o755)
        try Files.replace("\(container.directory)/image/etc/garbage", with: Array("garbage\n".utf8), mode: 0o755)
        var program = try container.program(["true"])
        program[program.count - 1] = .execute(paths: paths, arguments: ["true"], environment: [])
        let (process, count) = try start(program)
        var last: OperationReport?
        while let report = try? process.nextReport() { last = report }
        if code == 0 {
            #expect(last?.index == count - 2)
            #expect(try process.wait() == .exited(0))
        } else {
            #expect(
                last
                    == OperationReport(
                        index: count - 1, errorNumber: code, nanoseconds: last?.nanoseconds ?? 0, text: text))
            #expect(try process.wait() == .exited(127))
        }
    }

    @Test func gatedProgramTakesOneStepAtATime() throws {
        let program: [SandboxOperation] = [
            .setHostname("one"), .setHostname("two"),
            .execute(paths: ["/bin/true"], arguments: ["true"], environment: []),
        ]
        let process = try container.launcher.spawn(
            SpawnRequest(namespaces: [.uts], program: program, standardStreams: nil, isGated: true))
        var poll = pollfd(fd: process.descriptor?.number ?? -1, events: Int16(POLLIN), revents: 0)
        #expect(Glibc.poll(&poll, 1, 50) == 0)
        try process.release()
        #expect(try process.nextReport()?.index == 0)
        #expect(!process.hasEnded)
        try process.release()
        #expect(try process.nextReport()?.index == 1)
        #expect(Glibc.poll(&poll, 1, 50) == 0)
        try process.release()
        #expect(try process.nextReport() == nil)
        #expect(try process.wait() == .exited(0))
        #expect(process.hasEnded)
    }

    @Test func meetingLetsTheEngineDoItsPart() throws {
        let program = try container.program(["ls", "/sys/class/net"], before: [.meet])
        let pipe = try Descriptor.pipe()
        let streams = SpawnRequest.StandardStreams(input: pipe.read, output: pipe.write, error: pipe.write)
        let process = try container.launcher.spawn(
            SpawnRequest(namespaces: ContainerFixture.namespaces, program: program, standardStreams: streams))
        let meeting = program.firstIndex { if case .meet = $0 { true } else { false } } ?? -1
        var report = try process.nextReport()
        while let index = report?.index, index < meeting { report = try process.nextReport() }
        #expect(report?.index == meeting)
        let namespace = try process.networkNamespace()
        #expect(try Files.linkTarget("/proc/\(process.pid)/ns/net") == "net:[\(namespace.inode)]")
        #expect(try Files.linkTarget("/proc/self/ns/net") != "net:[\(namespace.inode)]")
        try process.release()
        _ = try process.reportsToExec()
        #expect(try process.wait() == .exited(0))
        #expect(String(decoding: try pipe.read.read(upTo: 100), as: UTF8.self) == "lo\n")
    }

    @Test func childJoinsItsCgroupsAndSeesThemAsRoots() throws {
        let hierarchies = try CgroupHierarchies.detect(parent: "drydock-test-\(getpid())")
        let group = try hierarchies.make("box")
        defer {
            try? group.remove()
            try? hierarchies.removeParent()
        }
        let joining: [SandboxOperation] = [.joinCgroups(try group.joinDescriptors()), .unshare(.cgroup)]
        let result = try container.finish(program: joining + (try container.program(["cat", "/proc/self/cgroup"]))) {
            try container.launcher.spawn($0)
        }
        let lines = result.output.split(separator: "\n")
        #expect(!lines.isEmpty)
        #expect(lines.allSatisfy { $0.hasSuffix(":/") }, "\(result.output)")
        #expect(try group.processes().isEmpty)
    }

    @Test func childIsBornInAVersion2Cgroup() throws {
        let parents = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"]
        guard let parent = parents.first(where: { Files.exists("\($0)/cgroup.procs") }) else {
            print("skipped: needs a version 2 cgroup hierarchy")
            return
        }
        let name = "drydock-test-birth-\(getpid())"
        try Files.makeDirectories("\(parent)/\(name)")
        defer { rmdir("\(parent)/\(name)") }
        let birthplace = try Descriptor.open("\(parent)/\(name)", O_RDONLY | O_DIRECTORY)
        let result = try container.finish(program: try container.program(["cat", "/proc/self/cgroup"])) { request in
            var request = request
            request.birthCgroup = birthplace
            return try container.launcher.spawn(request)
        }
        #expect(result.output.contains("0::/") && result.output.contains("/\(name)\n"))
    }

    @Test func childDiesWithItsChannelBeforeExec() throws {
        var process: LinuxSandboxProcess? = try container.launcher.spawn(
            SpawnRequest(
                namespaces: [], program: [.meet, .execute(paths: ["/bin/true"], arguments: ["true"], environment: [])],
                standardStreams: nil))
        let handle = try #require(process?.descriptor)
        _ = try process?.nextReport()
        process = nil
        var poll = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
        #expect(Glibc.poll(&poll, 1, 2000) == 1)
        var status: Int32 = 0
        #expect(sandbox_reap(handle.number, &status) == 1)
        #expect(status == 127)
    }

    @Test func childDiesWithTheThreadThatClonedIt() throws {
        // The kernel's signal follows the thread (`prctl(2)`, PR_SET_PDEATHSIG); the launcher's never end.
        var program = try SandboxProgram([
            .dieWithEngine, .execute(paths: ["/bin/busybox"], arguments: ["sleep", "100"], environment: []),
        ])
        let channel = try Descriptor.pair()
        program.keep(channel.theirs)
        let (compiled, handle) = (program, Monitor<Descriptor?>(nil))
        let goOn = Monitor(false)
        try Thread.start("mortal") {
            var number: Int32 = -1
            let pid = compiled.withProgram(
                channel: channel.theirs, streams: nil, joins: [], isGated: false, isHidden: false
            ) { sandbox_clone($0, 0, -1, &number) }
            if pid > 0 { handle.withLock { $0 = Descriptor(owning: number) } }
            _ = goOn.wait { $0 ? true : nil }
        }
        let process = try #require(handle.wait(seconds: 5) { $0 })
        var poll = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
        #expect(Glibc.poll(&poll, 1, 300) == 0)
        goOn.withLock { $0 = true }
        #expect(Glibc.poll(&poll, 1, 5000) == 1)
        var status: Int32 = 0
        #expect(sandbox_reap(process.number, &status) == 2)
        #expect(status == SIGKILL)
    }

    @Test func entryIntoAMissingNamespaceIsNamed() throws {
        let wrong = try Descriptor.open("/dev/null", O_RDONLY)
        let process = try container.launcher.spawn(
            SpawnRequest(
                namespaces: [], joinedNamespaces: [.network: wrong],
                program: [.execute(paths: ["/bin/true"], arguments: ["true"], environment: [])], standardStreams: nil))
        #expect(throws: SystemError("entering the net namespace", code: EINVAL)) { try process.nextReport() }
        #expect(try process.wait() == .exited(127))
    }

    @Test func joinedNamespacesAreThoseOfTheOther() throws {
        let (first, _) = try container.begin(
            program: try container.program(["sleep", "100"]), container.launcher.spawn)
        defer { try? first.end() }
        let kinds: [NamespaceKind] = [.network, .pid, .ipc]
        var joined: [NamespaceKind: Descriptor] = [:]
        for kind in kinds { joined[kind] = try .open("/proc/\(first.pid)/ns/\(kind.rawValue)", O_RDONLY) }
        let links = "for kind in net pid ipc; do readlink /proc/self/ns/$kind; done"
        let result = try container.finish(
            program: [.execute(paths: ["/bin/busybox"], arguments: ["sh", "-c", links], environment: [])]
        ) { request in
            var request = request
            request.namespaces = [.mount]
            request.joinedNamespaces = joined
            return try container.launcher.spawn(request)
        }
        let expected = try kinds.map { try Files.linkTarget("/proc/\(first.pid)/ns/\($0.rawValue)") }
        #expect(result.output == expected.joined(separator: "\n") + "\n")
    }
}

extension Descriptor {
    /// Both ends of a channel between the engine and a child.
    fileprivate static func pair() throws(SystemError) -> (ours: Descriptor, theirs: Descriptor) {
        var ends: (Int32, Int32) = (-1, -1)
        let code = withUnsafeMutablePointer(to: &ends) { tuple in
            tuple.withMemoryRebound(to: Int32.self, capacity: 2) { sandbox_channel($0) }
        }
        if code != 0 { throw SystemError("making a channel", code: -code) }
        return (Descriptor(owning: ends.0), Descriptor(owning: ends.1))
    }
}
