import CLinux
import DockerCLI
import Engine
import EngineAPI
import EngineClient
import Glibc
import Kernel
import Posix

/// Starts, finds, stops and removes the engine, from the client's side.
struct EngineControl: Sendable {
    let home: DrydockHome

    /// A client of a node's engine, started if none runs.
    /// - Throws: ``UsageProblem`` for a node that is not there.
    func connect(node: String = "node1") throws -> EngineClient {
        try start()
        guard Files.exists(home.socket(node)) else {
            throw UsageProblem("there is no node \(node): `drydock node ls` lists them, `drydock node add` adds one")
        }
        return EngineClient(socketPath: home.socket(node))
    }

    /// Whether somebody answers on the node's socket.
    var isRunning: Bool { pid != nil }

    /// The engine's process number, from who holds the other end of its socket (SO_PEERCRED, `unix(7)`).
    var pid: Int32? {
        guard let socket = try? UnixSocket.connect(home.socket("node1")) else { return nil }
        var pid: pid_t = 0
        var uid: uid_t = 0
        var gid: gid_t = 0
        guard linux_peer_credentials(socket.number, &pid, &uid, &gid) == 0 else { return nil }
        return pid
    }

    /// The process that holds the engine's lock: an engine that is only starting has no socket yet.
    private var lockHolder: Int32? {
        guard let file = try? Descriptor.open(home.lock, O_RDWR) else { return nil }
        if flock(file.number, LOCK_EX | LOCK_NB) == 0 { return nil }
        guard let text = try? Files.text(home.lock) else { return nil }
        return Int32(text.split(separator: "\n").first.map(String.init) ?? "")
    }

    /// Starts the engine as a background process of its own, if none runs, and waits until it is ready.
    func start() throws {
        if isRunning { return }
        guard home.socket("node1").utf8.count < 100 else {
            throw UsageProblem("DRYDOCK_HOME is too long a path for a socket in it (at most 88 bytes): \(home.path)")
        }
        try Files.makeDirectories(home.path, mode: 0o700)
        let answer = try waitForAnswer(try spawnEngine())
        if answer == "ready" { return tellSetAside() }
        // Two clients may start an engine at the same time; then one engine goes away again, and the other serves both.
        if waitUntil(seconds: 5, { isRunning }) { return }
        throw UsageProblem("the engine did not start: \(answer.isEmpty ? "see \(home.engineLog)" : answer)")
    }

    /// What of its files the running engine could not read, a sentence each.
    var setAsideSentences: [String] {
        let answer = EngineClient(socketPath: home.socket("node1")).answer(DrydockAPI.setAsidePath)
        return answer?["Sentences"]?.array?.compactMap(\.string) ?? []
    }

    /// Tells whoever started the engine of damaged files, once and briefly.
    private func tellSetAside() {
        let sentences = setAsideSentences
        for sentence in sentences.prefix(3) { StandardError.write("drydock: \(sentence)\n") }
        if sentences.count > 3 {
            StandardError.write("drydock: \(sentences.count - 3) more: drydock engine status lists all\n")
        }
    }

    /// Starts the engine's process.
    /// - Returns: What the engine's answer can be read from. It ends when the engine does, because the other side is
    ///   closed here when this returns.
    private func spawnEngine() throws -> Descriptor {
        let (answer, ready) = try Descriptor.pipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, home.engineLog, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // The copy must have another number than the original, or it would keep its close-on-exec flag.
        let number = ready.number == 3 ? try ready.duplicate() : ready
        posix_spawn_file_actions_adddup2(&actions, number.number, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(0x80))  // POSIX_SPAWN_SETSID
        let program = try Files.linkTarget("/proc/self/exe")
        var arguments: [UnsafeMutablePointer<CChar>?] = ["drydock", "engine", "run", "--ready", "3"].map {
            (word: String) in strdup(word)
        }
        arguments.append(nil)
        defer { arguments.forEach { free($0) } }
        var pid: pid_t = 0
        let code = withExtendedLifetime((ready, number)) {
            posix_spawn(&pid, program, &actions, &attributes, arguments, environ)
        }
        if code != 0 { throw SystemError("starting the engine", code: code) }
        return answer
    }

    private func waitForAnswer(_ pipe: Descriptor) throws -> String {
        var waiting = pollfd(fd: pipe.number, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 60_000) > 0 else { return "it did not answer within a minute" }
        return String(decoding: try pipe.read(upTo: 4096), as: UTF8.self)
    }

    private func waitUntil(seconds: Double, _ condition: () -> Bool) -> Bool {
        for _ in 0..<Int(seconds * 200) {
            if condition() { return true }
            usleep(5000)
        }
        return condition()
    }

    /// Stops the engine, and with it all its containers. One that does not run is fine.
    func stop() throws {
        guard let pid = pid ?? lockHolder else { return }
        let number = linux_pidfd_open(pid)
        guard number >= 0 else { return }
        let process = Descriptor(owning: number)
        do throws(SystemError) {
            try check("stopping the engine, process \(pid)") { linux_pidfd_send_signal(process.number, SIGTERM) }
        } catch {
            // It may just have ended by itself, or been killed.
            guard error.code == ESRCH else { throw error }
            return
        }
        var end = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
        guard poll(&end, 1, 60_000) > 0 else {
            throw UsageProblem("the engine, process \(pid), did not end within a minute of SIGTERM")
        }
    }

    /// Stops the engine and removes all that it ever made; what the learner has (history, progress) stays.
    func reset() throws {
        try stop()
        if geteuid() != 0, Files.exists(home.path), KernelChoice.simulatedBecause(home) == nil {
            // What containers own belongs to users whom only a user namespace has.
            let code = OwnProgram.run(["engine", "clear"], io: CommandIO())
            if code != 0 { throw UsageProblem("\(home.path) could not be cleared") }
            return
        }
        try clear()
    }

    /// Removes what a stopped engine has left, as root of the machine or of a user namespace.
    func clear() throws {
        if geteuid() == 0, home.kernelChoice != "simulated" { try clearKernel() }
        guard Files.exists(home.path) else { return }
        for entry in try Files.list(home.path) where entry.name != "learner" {
            try Files.removeTree("\(home.path)/\(entry.name)")
        }
        if try Files.list(home.path).isEmpty { rmdir(home.path) }
    }

    /// An engine that was killed could not clean up: its cgroups outlive it, and what an uplink changed on the machine.
    private func clearKernel() throws {
        let kernel = try LinuxKernel(parentCgroup: home.parentCgroup, seccompCache: nil)
        if Files.exists(home.path) {
            for entry in try Files.list(home.path) where entry.isDirectory {
                try Node.dropUplink(in: "\(home.path)/\(entry.name)", kernel: kernel)
            }
        }
        for name in try kernel.cgroupNames() {
            guard let cgroup = kernel.existingCgroup(name) else { continue }
            if try !cgroup.processes().isEmpty { try cgroup.kill() }
            try cgroup.remove()
        }
        try kernel.removeCgroupParent()
    }
}
