import Glibc
import Posix

/// A program at a terminal of its own (`pty(7)`), with somebody who types into it.
enum TerminalSession {
    /// How long the program must have printed nothing before the next line is typed, milliseconds.
    private static let calm: Int32 = 250

    /// Runs a program and types lines into it, each once the program waits quietly.
    ///
    /// - Parameters:
    ///   - words: The program and its arguments.
    ///   - typed: What is typed; `^P` and the like are keys.
    ///   - seconds: How long it may take.
    ///   - show: Takes what appears on the terminal.
    static func run(
        _ words: [String], typed: [String], directory: String, environment: [String: String], seconds: Double,
        show: (String) -> Void
    ) throws(SystemError) -> Outcome {
        // The master's lock and number (`ioctl_tty(2)`: TIOCSPTLCK, TIOCGPTN).
        let master = try Descriptor.open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var (lock, number): (Int32, UInt32) = (0, 0)
        try check("unlocking a terminal") { ioctl(master.number, 0x4004_5431, &lock) }
        try check("asking for a terminal's number") { ioctl(master.number, 0x8004_5430, &number) }
        let name = "/dev/pts/\(number)"
        var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
        try check("setting a terminal's size") { ioctl(master.number, UInt(TIOCSWINSZ), &size) }
        let slave = try Descriptor.open(name, O_RDWR | O_NOCTTY)
        let pid = try ChildProcess.start(
            words, directory: directory, environment: environment, streams: .terminal(name))
        RunningPrograms.add(pid)
        defer { RunningPrograms.remove(pid) }
        var session = Reader(master: master, pid: pid, deadline: now() + Int64(seconds * 1000))
        try session.talk(typed, show: show)
        // As long as somebody has it open, what is left to be read is not lost at the program's end.
        withExtendedLifetime(slave) {}
        return Outcome(code: session.code ?? 124, output: session.text)
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    private struct Reader {
        let master: Descriptor
        let pid: pid_t
        let deadline: Int64
        var text = ""
        var code: Int32?

        mutating func talk(_ typed: [String], show: (String) -> Void) throws(SystemError) {
            var lines = typed[...]
            var isSilent: Int32 = 0
            while true {
                let isOver = hasEnded()
                let got = try read(wait: 50, show: show)
                if isOver && !got { return }
                isSilent = got ? 0 : isSilent + 50
                if now() > deadline {
                    kill(-pid, SIGKILL)
                    while !hasEnded() { usleep(1000) }
                    code = 124
                    return
                }
                // Before it has printed anything it is given more time: it has still to be started.
                guard !isOver, isSilent >= (text.isEmpty ? 4 * calm : calm), let line = lines.popFirst() else {
                    continue
                }
                try master.write(Self.keys(line))
                isSilent = 0
            }
        }

        /// Takes what appeared.
        private mutating func read(wait: Int32, show: (String) -> Void) throws(SystemError) -> Bool {
            var ready = pollfd(fd: master.number, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, wait) > 0, ready.revents & Int16(POLLIN) != 0 else { return false }
            var bytes = [UInt8](repeating: 0, count: 65536)
            let count = Glibc.read(master.number, &bytes, bytes.count)
            guard count > 0 else { return false }
            let new = String(decoding: bytes.prefix(count), as: UTF8.self)
            text += new
            show(new)
            return true
        }

        private mutating func hasEnded() -> Bool {
            if code != nil { return true }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return false }
            let signal = status & 0x7F
            code = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
            return true
        }

        /// A line with Enter; a text of nothing but `^X` is the keys alone.
        private static func keys(_ line: String) -> [UInt8] {
            let characters = Array(line.utf8)
            let isKeys =
                !characters.isEmpty && characters.count % 2 == 0
                && stride(from: 0, to: characters.count, by: 2).allSatisfy { place in
                    characters[place] == UInt8(ascii: "^") && (0x40...0x5F).contains(characters[place + 1])
                }
            if isKeys { return stride(from: 1, to: characters.count, by: 2).map { characters[$0] & 0x1F } }
            return characters + [0x0D]
        }
    }
}
