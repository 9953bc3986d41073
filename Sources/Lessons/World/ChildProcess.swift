import CLinux
import Glibc
import Posix
import Synchronization

/// What came of a command.
public struct Outcome: Sendable, Equatable {
    /// Its exit code; 128 plus the number of the signal that ended it; 124 when its time was over.
    public var code: Int32
    /// What it printed.
    public var output: String
    /// What it printed to its error output.
    public var errors: String

    /// An outcome.
    public init(code: Int32 = 0, output: String = "", errors: String = "") {
        self.code = code
        self.output = output
        self.errors = errors
    }

    /// The first line that it printed, errors last.
    var firstLine: String {
        for text in [output, errors] {
            if let line = text.split(separator: "\n").first { return String(line).trimmedBlanks }
        }
        return ""
    }
}

/// A file without a name that collects what a command prints: a pipe would be full at 64 KiB.
final class OutputFile {
    let descriptor: Descriptor

    init() throws(SystemError) {
        descriptor = Descriptor(owning: try check("making a file in memory") { linux_memfd("output") })
    }

    /// All that was printed.
    func text() throws(SystemError) -> String {
        _ = try check("reading what was printed") { Int(lseek(descriptor.number, 0, SEEK_SET)) }
        return String(decoding: try descriptor.readToEnd(), as: UTF8.self)
    }
}

/// Programs that run beside the terminal now.
enum RunningPrograms {
    private struct State: Sendable {
        var pids: Set<pid_t> = []
        var isEnding = false
    }
    private static let state = Mutex(State())

    /// Notes a program that was started; one that was started while all are being ended is ended, too.
    static func add(_ pid: pid_t) {
        let isEnding = state.withLock { state in
            state.pids.insert(pid)
            return state.isEnding
        }
        if isEnding { kill(-pid, SIGKILL) }
    }

    /// A program was waited for.
    static func remove(_ pid: pid_t) { state.withLock { _ = $0.pids.remove(pid) } }

    /// Whether all are being ended.
    static var isEnding: Bool { state.withLock { $0.isEnding } }

    /// Ends all, each with its session, and those that are started from now on.
    static func endAll() {
        let pids = state.withLock { state in
            state.isEnding = true
            return state.pids
        }
        for pid in pids { kill(-pid, SIGKILL) }
    }
}

/// Programs that are run beside the terminal: without input, their output kept.
enum ChildProcess {
    /// Runs a program in a session of its own (`setsid(2)`), so that all it starts can be ended with it.
    ///
    /// - Parameters:
    ///   - words: The program and its arguments.
    ///   - directory: Where it runs.
    ///   - environment: Its environment.
    ///   - seconds: How long it may take.
    ///   - survivesEnd: Whether ``RunningPrograms/endAll()`` leaves it alone: it is what cleans up.
    /// - Throws: ``SystemError`` if it can't be started.
    static func run(
        _ words: [String], directory: String, environment: [String: String], seconds: Double,
        survivesEnd: Bool = false
    ) throws(SystemError) -> Outcome {
        let output = try OutputFile()
        let errors = try OutputFile()
        let input = try Descriptor.open("/dev/null", O_RDONLY)
        let pid = try start(
            words, directory: directory, environment: environment,
            streams: .descriptors(
                input: input.number, output: output.descriptor.number, errors: errors.descriptor.number))
        if !survivesEnd { RunningPrograms.add(pid) }
        defer { RunningPrograms.remove(pid) }
        let code = try wait(pid, seconds: seconds)
        return Outcome(code: code, output: try output.text(), errors: try errors.text())
    }

    /// Where a program reads and writes.
    enum Streams {
        /// Three descriptors above 2.
        case descriptors(input: Int32, output: Int32, errors: Int32)
        /// A terminal's path; it becomes the session's controlling terminal, because the session leader opens it.
        case terminal(String)
    }

    /// Starts a program in a session of its own (`posix_spawnp(3)`).
    static func start(
        _ words: [String], directory: String, environment: [String: String], streams: Streams
    ) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        linux_spawn_in_directory(&actions, directory)
        switch streams {
        case .descriptors(let input, let output, let errors):
            for (target, source) in [input, output, errors].enumerated() {
                posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
            }
        case .terminal(let path):
            posix_spawn_file_actions_addopen(&actions, 0, path, O_RDWR, 0)
            for target: Int32 in [1, 2] { posix_spawn_file_actions_adddup2(&actions, 0, target) }
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(0x80))  // POSIX_SPAWN_SETSID
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, words.first ?? "", &actions, &attributes, &arguments, &variables)
        if code != 0 { throw SystemError("running \(words.first ?? "") in \(directory)", code: code) }
        return pid
    }

    /// Waits for a program, and ends it with its whole session when its time is over.
    static func wait(_ pid: pid_t, seconds: Double) throws(SystemError) -> Int32 {
        let process = Descriptor(owning: try check("watching process \(pid)") { linux_pidfd_open(pid) })
        var end = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
        var isOver = false
        while true {
            let ready = poll(&end, 1, Int32(seconds * 1000))
            if ready < 0 && errno == EINTR { continue }
            isOver = ready == 0
            break
        }
        if isOver { kill(-pid, SIGKILL) }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 {
            if errno != EINTR { throw SystemError.last("waiting for process \(pid)") }
        }
        if isOver { return 124 }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
