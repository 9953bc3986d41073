import DockerCLI
import Glibc
import Narration
import Posix

/// `record FILE` and `transcript FILE`: a shell inside, whose session is kept.
extension Shell {
    /// The variable by which a shell knows that its session is kept already.
    static let recordingVariable = "DRYDOCK_RECORDING"

    /// `record FILE`: an asciicast of a session.
    func record(_ arguments: [String]) -> LineRunner.Command {
        keep("record FILE", arguments) { path, size, io, _ throws(SystemError) in
            var cast = try Asciicast(
                path: path, columns: size.columns, rows: size.rows, time: Int64(time(nil)),
                terminal: getenv("TERM").map { String(cString: $0) } ?? "xterm")
            return try io.run(keeping: &cast)
        }
    }

    /// `transcript FILE`: the commands, outputs and explanations of a session, in Markdown.
    func transcript(_ arguments: [String]) -> LineRunner.Command {
        keep("transcript FILE", arguments) { path, _, io, language throws(SystemError) in
            var transcript = try Transcript(path: path, language: language, date: Self.today())
            return try io.run(keeping: &transcript)
        }
    }

    private func keep(
        _ usage: String, _ arguments: [String],
        _ run:
            @escaping @Sendable (String, (columns: Int, rows: Int), RecordedSession, Language) throws(SystemError)
            -> Int32
    ) -> LineRunner.Command {
        guard arguments.count == 1, let path = arguments.first else { return own(.complain(voice.usage(usage))) }
        guard getenv(Self.recordingVariable) == nil else { return own(.complain(voice.recordingAlready)) }
        let narrator = listener.narrator
        return .own { [voice] io in
            var size = winsize()
            guard isatty(io.input) == 1, ioctl(io.output, UInt(TIOCGWINSZ), &size) == 0 else {
                LineRunner.write(voice.recordNeedsTerminal + "\n", to: io.errorOutput)
                return 1
            }
            let session = RecordedSession(
                io: io, arguments: ["drydock", "--narrate", narrator.level.rawValue],
                environment: [
                    (Self.recordingVariable, "1"), (SessionMark.variable, "1"),
                    ("DRYDOCK_LANG", narrator.language.rawValue),
                ])
            LineRunner.write(voice.recordingBegins(path) + "\n", to: io.output)
            do throws(SystemError) {
                _ = try run(path, (Int(size.ws_col), Int(size.ws_row)), session, narrator.language)
            } catch {
                LineRunner.write(voice.failed(usage, "\(error)") + "\n", to: io.errorOutput)
                return 1
            }
            LineRunner.write(voice.recordingEnded(path) + "\n", to: io.output)
            return 0
        }
    }

    /// The date, as ISO 8601 has it.
    private static func today() -> String {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        strftime(&text, text.count, "%Y-%m-%d %H:%M", &parts)
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
