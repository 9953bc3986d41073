import EngineClient
import Glibc
import Lessons
import Narration

/// `drydock demo LESSON`: plays a lesson's solutions as if they were typed, a character for each key, or by itself.
public final class DemoPlayer {
    private let shell: Shell
    private var isAutomatic: Bool
    /// Milliseconds between characters, when it plays by itself.
    private let pace: Int32

    /// What a key means beside "go on".
    private enum Key { case more, next, back, handOver, end }

    /// A player.
    ///
    /// - Parameters:
    ///   - isAutomatic: Whether it plays by itself.
    ///   - pace: Milliseconds between characters then.
    public init(_ configuration: ShellConfiguration, isAutomatic: Bool, pace: Int) {
        shell = Shell(configuration)
        self.isAutomatic = isAutomatic
        self.pace = Int32(pace)
    }

    /// Plays a lesson.
    /// - Returns: 0 at its end, 1 if it can't be played; the reason has been said.
    public func play(_ word: String) -> Int32 {
        TerminalGuard.begin()
        defer { TerminalGuard.restore() }
        do {
            guard let runner = shell.lessons.runnerForDemonstration() else { throw NoLessons() }
            let demonstration = try Demonstration(
                of: word, runner: runner, statePath: shell.configuration.learnerDirectory + "/demo.json")
            say(shell.voice.demoKeys)
            takeKeys()
            defer { finish(demonstration) }
            try play(demonstration)
            return 0
        } catch {
            LineRunner.write("drydock: \(error)\n", to: 2)
            return 1
        }
    }

    private struct NoLessons: Error, CustomStringConvertible {
        var description: String { "there are no lessons" }
    }

    private func say(_ text: String) { LineRunner.write(text, to: 1) }

    private func finish(_ demonstration: Demonstration) {
        do { try demonstration.end() } catch { LineRunner.write("drydock: \(error)\n", to: 2) }
    }

    private func play(_ demonstration: Demonstration) throws {
        var place = 0
        var isRebuilding = true
        while place < demonstration.count {
            try demonstration.begin(place, rebuilding: isRebuilding)
            isRebuilding = false
            let step = demonstration.step(place)
            say("\n== \(step.heading)\n\n\(step.prose)")
            switch try play(step, demonstration) {
            case .more: place += 1
            case .next:
                place += 1
                isRebuilding = true
            case .back:
                place = max(0, place - 1)
                isRebuilding = true
            case .handOver, .end: return
            }
        }
    }

    /// Plays a step's lines; answers where to go from it.
    private func play(_ step: Demonstration.Step, _ demonstration: Demonstration) throws -> Key {
        for line in step.lines {
            say(shell.prompt)
            let key = try type(line.text, demonstration)
            if key != .more { return key }
            say("\n")
            // A key that is pressed while the command runs is neither shown nor taken for the next one's.
            TerminalGuard.hideKeys()
            defer {
                TerminalGuard.discardKeys()
                takeKeys()
            }
            try demonstration.playing {
                if line.typed.isEmpty {
                    _ = shell.run(line.text)
                } else {
                    try demonstration.playTyped(line) { say($0) }
                    say("\n")
                }
            }
        }
        say("\n" + step.afterwards)
        return try waitForKey(demonstration)
    }

    /// Shows a line character by character, and waits for one more key before it is run.
    private func type(_ text: String, _ demonstration: Demonstration) throws -> Key {
        for character in text {
            let key = try waitForKey(demonstration, pause: pace)
            if key != .more { return key }
            say(String(character))
        }
        return try waitForKey(demonstration, pause: pace * 12)
    }

    /// Waits for a key, or a while when it plays by itself.
    private func waitForKey(_ demonstration: Demonstration, pause: Int32? = nil) throws -> Key {
        while true {
            guard let byte = readKey(timeout: isAutomatic ? pause ?? pace * 40 : -1) else {
                return isAutomatic && !isInputClosed ? .more : .end
            }
            switch byte {
            case 0x0E: return .next  // Ctrl-N
            case 0x10: return .back  // Ctrl-P
            case 0x01: isAutomatic.toggle()  // Ctrl-A
            case 0x07:  // Ctrl-G
                say("\n\(shell.voice.demoHandOver)")
                TerminalGuard.restore()
                try demonstration.playing { shell.runUntilExit() }
                say("\n\(shell.voice.demoGoesOn)")
            case 0x03, 0x04: return .end  // Ctrl-C, Ctrl-D
            default: return .more
            }
        }
    }

    private var isInputClosed = false

    /// From now on each key comes as it is pressed, and none is shown.
    private func takeKeys() {
        var settings = termios()
        guard isatty(0) == 1, tcgetattr(0, &settings) == 0 else { return }
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG)
        settings.c_iflag &= ~tcflag_t(IXON)
        tcsetattr(0, TCSANOW, &settings)
    }

    /// Reads one key without echo, Ctrl-C included; `nil` when the time is over or nobody types any more.
    private func readKey(timeout: Int32) -> UInt8? {
        takeKeys()
        var ready = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, timeout) > 0 else { return nil }
        var byte: UInt8 = 0
        if read(0, &byte, 1) == 1 { return byte }
        isInputClosed = true
        return nil
    }
}
