import CLinux
import Engine
import EngineServer
import Glibc
import Kernel
import Posix

/// The engine's face of the program: a background process that serves the nodes until it is told to stop, or nobody
/// needs it any more.
enum EngineFace {
    /// How long an engine without containers and clients stays, seconds.
    private static let idleTime = 600

    /// Runs the engine in this process. It never returns.
    ///
    /// - Parameters:
    ///   - home: Where everything is.
    ///   - ready: A descriptor that is told `ready`, or why not, and is then closed.
    static func run(_ home: DrydockHome, ready: Int32) -> Never {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, signal) }
        // Blocked before the first thread exists, so that only the loop below ever takes them.
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
        do {
            // The first things of all: they change this thread only, and every later one begins with what it has.
            if KernelChoice.simulatedBecause(home) == nil {
                if geteuid() != 0 {
                    guard home.uplink == .none else {
                        throw UsageProblem(
                            "DRYDOCK_UPLINK=nat takes the machine's root, and this is \(getuid()): without it a node can't be "
                                + "joined to the machine's network; leave it out")
                    }
                    try UserNamespace.enter()
                    // Executed again below, as root, the program would look for its home elsewhere.
                    setenv("DRYDOCK_HOME", home.path, 1)
                }
                try LinuxKernel.protectExecutable(CommandLine.arguments)
                try LinuxKernel.enterPrivateMountNamespace()
            }
            let lock = try takeLock(home)
            let kernel = try KernelChoice.make(home)
            var template = NodeConfiguration(
                name: Lab.firstNode, directory: home.path, version: DrydockHome.version)
            template.uplink = home.uplink
            try LabRegistry.prepare(&template, home)
            let lab = try Lab(template, kernel: kernel.kernel)
            for node in lab.nodes { try node.installEmbeddedImages() }
            let registry = try LabRegistry.serve(lab)
            for sentence in lab.setAsideSentences { print(sentence) }
            let server = try LabServer(
                lab, version: DrydockHome.version, socketPath: { home.socket($0) }, report: { print($0) })
            for node in lab.nodes { node.restartByPolicy() }
            tell(ready, "ready")
            wait(signals, lab, server)
            server.stop(grace: 0.2)
            registry?.stop()
            lab.shutDown()
            _ = try? kernel.kernel.removeCgroupParent()
            withExtendedLifetime(lock) { exit(0) }
        } catch {
            tell(ready, "\(error)")
            print("the engine did not start: \(error)")
            exit(1)
        }
    }

    private static func takeLock(_ home: DrydockHome) throws -> Descriptor {
        try Files.makeDirectories(home.path, mode: 0o700)
        let file = try Descriptor.open(home.lock, O_RDWR | O_CREAT, mode: 0o600)
        guard flock(file.number, LOCK_EX | LOCK_NB) == 0 else {
            throw UsageProblem("an engine is running already for \(home.path)")
        }
        // Over what is there, which needs no room on a disk that is full.
        let text = "\(getpid())\n"
        let written = text.withCString { pwrite(file.number, $0, strlen($0), 0) }
        if written < text.utf8.count { throw SystemError.last("writing \(home.lock)") }
        ftruncate(file.number, Int(written))
        return file
    }

    private static func tell(_ ready: Int32, _ text: String) {
        guard ready >= 0 else { return }
        _ = text.withCString { write(ready, $0, strlen($0)) }
        close(ready)
    }

    /// Returns when a signal asks for the end, or when nobody needed the engine for a while.
    private static func wait(_ signals: sigset_t, _ lab: Lab, _ server: LabServer) {
        var signals = signals
        var idle = 0
        while true {
            var pause = timespec(tv_sec: 1, tv_nsec: 0)
            let signal = sigtimedwait(&signals, nil, &pause)
            if signal > 0 { return }
            idle = lab.hasRunningContainers || server.connections > 0 ? 0 : idle + 1
            if idle >= idleTime { return }
        }
    }
}

/// Decides between the machine's kernel and the simulated one.
enum KernelChoice {
    /// The kernel, and why it is not the real one.
    struct Choice {
        var kernel: any Kernel
        var simulatedBecause: String?
    }

    /// The kernel that the environment asks for, or the real one where it can be used.
    static func make(_ home: DrydockHome) throws -> Choice {
        let reason = simulatedBecause(home)
        if let reason {
            if home.kernelChoice == "linux" { throw UsageProblem("the real kernel can't be used: \(reason)") }
            return Choice(kernel: SimulatedKernel(), simulatedBecause: reason)
        }
        let kernel = try LinuxKernel(parentCgroup: home.parentCgroup, seccompCache: "\(home.path)/node1/cache")
        return Choice(kernel: kernel, simulatedBecause: nil)
    }

    /// Why the simulated kernel is used; `nil` when the real one is.
    static func simulatedBecause(_ home: DrydockHome) -> String? {
        if home.kernelChoice == "simulated" { return "DRYDOCK_KERNEL says so" }
        return geteuid() == 0 ? nil : UserNamespace.unavailableBecause
    }
}
