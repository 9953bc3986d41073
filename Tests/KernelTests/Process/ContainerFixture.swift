import Glibc
import Posix
import Testing

@testable import Kernel

/// Whether this test run may make namespaces and mounts; says so where it may not.
let canMakeContainers: Bool = {
    guard geteuid() == 0 else {
        print("skipped: making containers needs root")
        return false
    }
    guard Files.exists("/bin/busybox") else {
        print("skipped: the containers need a static /bin/busybox (package busybox-static)")
        return false
    }
    return true
}()

/// A container-like process's surroundings: a small image of busybox as the lower layer of an overlay, in a directory
/// that is removed with this object.
final class ContainerFixture: Sendable {
    let launcher: ProcessLauncher
    let filters = SeccompCompiler(cacheDirectory: nil)
    let directory: String

    init() throws {
        launcher = try ProcessLauncher()
        directory = "/tmp/drydock-test.\(getpid()).\(UInt32.random(in: 0 ... .max))"
        for name in ["image/bin", "image/etc", "image/tmp", "upper", "work", "root"] {
            try Files.makeDirectories("\(directory)/\(name)")
        }
        let busybox = try Files.read("/bin/busybox")
        try Files.replace("\(directory)/image/bin/busybox", with: busybox, mode: 0o755, durable: false)
        for applet in ["sh", "true", "cat", "hostname", "sleep", "ps", "ls", "stat", "tty", "stty", "id", "unshare"] {
            symlink("busybox", "\(directory)/image/bin/\(applet)")
        }
        try Files.replace("\(directory)/image/etc/plain", with: Array("text\n".utf8), mode: 0o644, durable: false)
    }

    deinit { try? Files.removeTree(directory) }

    /// A new overlay of the image. The upper directory is shared by all of one fixture's, one at a time.
    func overlay() throws -> DetachedMount {
        try OverlayMount.make(
            OverlayLayers(lower: ["\(directory)/image"], upper: "\(directory)/upper", work: "\(directory)/work"))
    }

    /// The program of a container like Docker's: root, kernel file systems, devices, masks, capabilities, filter.
    ///
    /// Further operations come before and after the root is entered, and last, when the filter is loaded.
    func program(
        _ arguments: [String], terminal: Bool = false, before: [SandboxOperation] = [], after: [SandboxOperation] = [],
        last: [SandboxOperation] = []
    ) throws -> [SandboxOperation] {
        let tmpfs: MountFlags = [.noSetuid, .strictAccessTimes]
        let hardened: MountFlags = [.noSetuid, .noDevices, .noExecution]
        var program: [SandboxOperation] = [
            .isolateMounts, .attachRoot(try overlay(), at: "\(directory)/root"), .setHostname("box"),
            .mount(type: "proc", source: "proc", target: "/proc", flags: hardened, options: ""),
            .mount(type: "tmpfs", source: "tmpfs", target: "/dev", flags: tmpfs, options: "mode=755,size=65536k"),
            .mount(
                type: "devpts", source: "devpts", target: "/dev/pts", flags: [.noSetuid, .noExecution],
                options: "newinstance,ptmxmode=0666,mode=0620,gid=5"),
            .mount(type: "sysfs", source: "sysfs", target: "/sys", flags: hardened.union(.readOnly), options: ""),
            .mount(
                type: "tmpfs", source: "shm", target: "/dev/shm", flags: hardened, options: "mode=1777,size=67108864"),
            .mount(type: "mqueue", source: "mqueue", target: "/dev/mqueue", flags: hardened, options: ""),
        ]
        let devices: [(String, UInt32)] = [
            ("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9),
        ]
        program += devices.map {
            .makeDevice(path: "/dev/\($0.0)", type: "c", major: 1, minor: $0.1, mode: 0o666, uid: 0, gid: 0)
        }
        program += [
            .makeDevice(path: "/dev/tty", type: "c", major: 5, minor: 0, mode: 0o666, uid: 0, gid: 0),
            .makeSymlink(target: "/proc/self/fd", path: "/dev/fd"), .makeSymlink(target: "pts/ptmx", path: "/dev/ptmx"),
        ]
        program += before
        program += [.enterRoot, .bringLoopbackUp]
        if terminal {
            program += [.openTerminal(columns: 101, rows: 33)]
            program += [.bindWithin(source: "/dev/pts/0", target: "/dev/console")]
        } else {
            program += [.newSession]
        }
        let masked = ["/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/scsi", "/sys/firmware"]
        program += masked.map { .mask($0) }
        program += ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"].map { .makeReadOnly($0) }
        program += [.changeDirectory("/", create: false)]
        program += after
        program += [
            .limitCapabilities(bounding: .containerDefault),
            .loadFilter(try filters.filter(.dockerDefault, capabilities: .containerDefault)),
            .becomeUser(uid: 0, gid: 0, groups: [0, 10]),
            .setCapabilities(
                effective: .containerDefault, permitted: .containerDefault, inheritable: []),
            .dieWithEngine,
        ]
        program += last
        program.append(
            .execute(
                paths: ["/usr/bin/\(arguments[0])", "/bin/\(arguments[0])"], arguments: arguments,
                environment: ["PATH=/bin", "TERM=xterm"]))
        return program
    }

    /// All that a container gets of its own.
    static let namespaces: Set<NamespaceKind> = [.mount, .pid, .uts, .ipc, .network]

    /// Runs a container to its end.
    /// - Returns: All that it wrote, and how it ended.
    func run(
        _ arguments: [String], before: [SandboxOperation] = [], after: [SandboxOperation] = [],
        last: [SandboxOperation] = []
    ) throws -> (output: String, end: ProcessEnd) {
        try finish(program: try program(arguments, before: before, after: after, last: last)) { request in
            try launcher.spawn(request)
        }
    }

    /// Starts something with its output in a pipe, and reads it to its end.
    func finish(
        program: [SandboxOperation], namespaces: Set<NamespaceKind> = ContainerFixture.namespaces,
        _ start: (SpawnRequest) throws -> LinuxSandboxProcess
    ) throws -> (output: String, end: ProcessEnd) {
        let (process, output) = try begin(program: program, namespaces: namespaces, start)
        let text = String(decoding: try output.readToEnd(), as: UTF8.self)
        return (text, try process.wait())
    }

    /// Starts something with its output in a pipe, up to its `exec`.
    func begin(
        program: [SandboxOperation], namespaces: Set<NamespaceKind> = ContainerFixture.namespaces,
        _ start: (SpawnRequest) throws -> LinuxSandboxProcess
    ) throws -> (LinuxSandboxProcess, output: Descriptor) {
        let pipe = try Descriptor.pipe()
        let null = try Descriptor.open("/dev/null", O_RDWR)
        let streams = SpawnRequest.StandardStreams(input: null, output: pipe.write, error: pipe.write)
        let process = try start(
            SpawnRequest(namespaces: namespaces, program: program, standardStreams: streams))
        _ = try process.reportsToExec()
        return (process, pipe.read)
    }
}

extension LinuxSandboxProcess {
    /// The reports of all operations up to `exec`, none of which failed.
    func reportsToExec() throws -> [OperationReport] {
        var reports: [OperationReport] = []
        while let report = try nextReport() {
            reports.append(report)
            if report.errorNumber != 0 {
                _ = try wait()
                throw SystemError("operation \(report.index) (\(report.text))", code: report.errorNumber)
            }
        }
        return reports
    }

    /// Kills the process and everything in its namespace.
    func end() throws {
        try signal(SIGKILL)
        _ = try wait()
    }
}
