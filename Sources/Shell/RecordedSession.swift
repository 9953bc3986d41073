import DockerCLI
import Glibc
import Posix

/// What keeps an account of a session on a terminal.
protocol SessionKeeper {
    /// Bytes that were shown, in order, and when: seconds since the session began.
    mutating func shown(_ bytes: [UInt8], at time: Double) throws(SystemError)
    /// The window has another size.
    mutating func resized(columns: Int, rows: Int, at time: Double) throws(SystemError)
    /// The session is over.
    mutating func finish() throws(SystemError)
}

/// A session of this program on a terminal of its own, while this process passes keys in and pictures out, and has an
/// account kept of what is shown (`pty(7)`).
///
/// The program leads a session of its own with the new terminal as its controlling one, so that keys, signals and sizes
/// behave in it as they do outside.
struct RecordedSession {
    /// The terminal that the person sits at.
    let io: CommandIO
    /// The program's words, the first being its own name.
    let arguments: [String]
    /// What its environment has beside this process's.
    let environment: [(name: String, value: String)]

    /// TIOCSPTLCK and TIOCGPTN (asm-generic/ioctls.h).
    private static let setLock: UInt = 0x4004_5431, getNumber: UInt = 0x8004_5430
    /// POSIX_SPAWN_SETSID (spawn.h).
    private static let newSession: Int16 = 0x80

    /// Runs the session to its end.
    ///
    /// - Returns: The program's exit code.
    /// - Throws: ``SystemError`` if the terminal or the program can't be had, or the account can't be kept any more; the
    ///   session is then ended.
    func run(keeping keeper: inout some SessionKeeper) throws(SystemError) -> Int32 {
        // posix_openpt(3) and its like, by the calls they are made of (ioctl_tty(2)): Swift's C library hides some.
        let master = try Descriptor.open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var locked: Int32 = 0
        try check("unlocking a terminal") { ioctl(master.number, Self.setLock, &locked) }
        var number: UInt32 = 0
        try check("numbering a terminal") { ioctl(master.number, Self.getNumber, &number) }
        var size = self.size()
        resize(master, size)
        let pid = try start(on: "/dev/pts/\(number)")
        // Raw here: every key is the other terminal's to interpret.
        let terminal = RecordingTerminal(io.input)
        defer { terminal.restore() }
        let begin = ContinuousClock.now
        func time() -> Double {
            let passed = begin.duration(to: ContinuousClock.now).components
            return Double(passed.seconds) + Double(passed.attoseconds) / 1e18
        }
        var problem: SystemError?
        var isOpen = true
        while isOpen {
            if TerminalGuard.takeWindowChange() {
                size = self.size()
                resize(master, size)
                do throws(SystemError) {
                    try keeper.resized(columns: Int(size.ws_col), rows: Int(size.ws_row), at: time())
                } catch { problem = problem ?? error }
            }
            var polls = [
                pollfd(fd: master.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: io.input, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&polls, 2, -1) < 0 { continue }
            if polls[1].revents != 0 {
                let typed = bytes(from: io.input)
                // The person's terminal is gone: so is the session's.
                if typed.isEmpty { kill(pid, SIGHUP) }
                write(typed, to: master.number)
            }
            guard polls[0].revents != 0 else { continue }
            let shown = bytes(from: master.number)
            isOpen = !shown.isEmpty
            write(shown, to: io.output)
            guard isOpen, problem == nil else { continue }
            do throws(SystemError) { try keeper.shown(shown, at: time()) } catch {
                problem = error
                kill(pid, SIGHUP)
            }
        }
        let code = MachineProgram.wait(for: pid)
        if let problem { throw problem }
        try keeper.finish()
        return code
    }

    private func size() -> winsize {
        var size = winsize()
        if ioctl(io.output, UInt(TIOCGWINSZ), &size) != 0 || size.ws_col == 0 {
            size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
        }
        return size
    }

    private func resize(_ master: Descriptor, _ size: winsize) {
        var size = size
        _ = ioctl(master.number, UInt(TIOCSWINSZ), &size)
    }

    /// Starts the program with the terminal as its first three descriptors. Opening it as the leader of a new session
    /// makes it the controlling one.
    private func start(on terminal: String) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
        for descriptor: Int32 in [1, 2] { posix_spawn_file_actions_adddup2(&actions, 0, descriptor) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Self.newSession)
        for (name, value) in environment { setenv(name, value, 1) }
        defer { for (name, _) in environment { unsetenv(name) } }
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, &words, environ)
        guard code == 0 else { throw SystemError("starting the recorded shell", code: code) }
        return pid
    }

    /// What can be read now; nothing at the end.
    private func bytes(from descriptor: Int32) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &bytes, bytes.count)
            if count > 0 { return Array(bytes.prefix(count)) }
            // EIO: nobody holds the terminal's other end any more.
            if count == 0 || errno != EINTR { return [] }
        }
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR && errno != EAGAIN {
                return
            }
        }
    }
}

/// A terminal that passes every key on as it is.
private struct RecordingTerminal {
    private let descriptor: Int32
    private let saved: termios?

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else {
            saved = nil
            return
        }
        saved = settings
        cfmakeraw(&settings)
        tcsetattr(descriptor, TCSADRAIN, &settings)
    }

    func restore() {
        guard var settings = saved else { return }
        tcsetattr(descriptor, TCSADRAIN, &settings)
    }
}
