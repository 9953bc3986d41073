import DockerCLI
import EngineClient
import Glibc
import Lessons
import Narration
import OrderedJSON
import Posix

/// The teaching shell: reads lines, runs them, and has each docker command narrated.
///
/// It is a client of the engine like any other, and belongs to one thread.
public final class Shell {
    let configuration: ShellConfiguration
    let keeper: EngineKeeper
    let listener: StepListener
    let history: InputHistory
    let aliases: Aliases
    /// The last docker command that failed.
    let lastFailure = LastFailure()
    private(set) var editor: LineEditor?
    private(set) lazy var runner = LineRunner(self, environment: { [unowned self] in environment() })
    /// Leads through lessons, where there are any.
    private(set) lazy var lessons = ShellLessons(self)
    /// What stands on the next prompt already.
    var prefill = ""

    /// A shell. Nothing is read or run yet.
    public init(_ configuration: ShellConfiguration) {
        self.configuration = configuration
        keeper = EngineKeeper(
            configuration.client, node: configuration.node, reconnect: configuration.reconnect)
        var narrator = Narrator(
            language: configuration.language, level: configuration.level, columns: TerminalGuard.columns(),
            colours: configuration.colours, concepts: MetConcepts(directory: configuration.learnerDirectory))
        narrator.node = configuration.node
        narrator.missingPrograms = ExplanationCatalog.missingPrograms(
            path: getenv("PATH").map { String(cString: $0) })
        narrator.theme = ThemeChoice(directory: configuration.learnerDirectory).theme
        let marks = Self.hasMarks
        listener = StepListener(keeper, narrator: narrator) { text in
            let (before, after) = marks ? (SessionMark.tell.text, SessionMark.told.text) : ("", "")
            LineRunner.write(before + text + after, to: 2)
        }
        aliases = Aliases(path: configuration.learnerDirectory + "/aliases")
        history = InputHistory(path: configuration.learnerDirectory + "/history")
    }

    /// Whether whoever keeps an account of this session asked for marks.
    private static var hasMarks: Bool { getenv(SessionMark.variable) != nil }

    var voice: ShellVoice { ShellVoice(language: listener.narrator.language) }

    /// What stands before a line that is typed: the Docker host that commands go to.
    var prompt: String { "\(keeper.node)> " }

    /// The process's environment now.
    func environment() -> [String: String] {
        var values: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let text = String(cString: entry)
            if let sign = text.firstIndex(of: "=") {
                values[String(text[..<sign])] = String(text[text.index(after: sign)...])
            }
            next += 1
        }
        return values
    }

    // MARK: Lines

    /// Runs one line, narrated as it would be when typed at the prompt.
    /// - Returns: The exit code of its last command; 2 for a line that can't be understood.
    public func runLine(_ line: String) -> Int32 {
        TerminalGuard.begin()
        defer { TerminalGuard.restore() }
        return lessons.run(line: line)
    }

    /// Runs a line that is no lesson's word.
    func run(_ line: String) -> Int32 {
        do throws(SyntaxError) {
            return runner.run(try CommandLineParser.parse(line))
        } catch {
            LineRunner.write("drydock: \(voice.cannotRead(error))\n", to: 2)
            runner.fail(2)
            return 2
        }
    }

    /// Reads and runs lines until the input ends or the user leaves.
    ///
    /// At a terminal lines are edited; from a file or a pipe they are read as they are, without prompts.
    ///
    /// - Returns: The exit code of the last command, or that given to `exit`.
    public func runInteractive() -> Int32 {
        TerminalGuard.begin()
        defer { TerminalGuard.restore() }
        guard isatty(0) == 1 && isatty(1) == 1, let editor = openEditor() else { return runInput() }
        LineRunner.write(voice.banner(bannerFacts()), to: 1)
        if let first = configuration.firstLine {
            _ = lessons.run(line: first)
        } else if let reminder = lessons.reminder {
            let lines = TextWrapping.lines(reminder, columns: TerminalGuard.columns())
            LineRunner.write(lines.joined(separator: "\n") + "\n", to: 1)
        }
        return readLines(editor)
    }

    /// Takes the terminal over for editing; `nil` where libedit can't.
    private func openEditor() -> LineEditor? {
        guard let editor = LineEditor(program: "drydock") else { return nil }
        self.editor = editor
        let completer = ShellCompleter(
            client: { [unowned self] in keeper.current }, language: { [unowned self] in voice.language },
            lessons: { [unowned self] in lessons.ids }, aliases: { [unowned self] in aliases.all.keys.sorted() })
        editor.complete = { completer.complete($0) }
        for entry in history.entries { editor.remember(entry) }
        return editor
    }

    private func readLines(_ editor: LineEditor) -> Int32 {
        var unfinished = ""
        while !runner.isEnding {
            let prompt = unfinished.isEmpty ? self.prompt : "> "
            let input = editor.read(prompt: prompt, prefilled: prefill)
            TerminalGuard.restore()
            prefill = ""
            switch input {
            case .interrupted:
                LineRunner.write("^C\n", to: 1)
                unfinished = ""
            case .end:
                LineRunner.write(unfinished.isEmpty ? "\(voice.goodbye)\n" : "\n", to: 1)
                if unfinished.isEmpty { return runner.status }
                unfinished = ""
            case .line(let line): unfinished = take(unfinished + line)
            }
        }
        return runner.status
    }

    /// Reads and runs lines until `exit`, for a presenter who takes over.
    func runUntilExit() {
        guard let editor = openEditor() else { return }
        _ = readLines(editor)
        runner.isEnding = false
        self.editor = nil
    }

    /// Runs a line that was typed.
    /// - Returns: The line with a line feed if more has to follow, else nothing.
    private func take(_ line: String) -> String {
        if (try? CommandLineParser.parse(line)) == nil, isIncomplete(line), !lessons.takes(line) { return line + "\n" }
        let entry = line.trimmed()
        if !entry.isEmpty { remember(line) }
        if Self.hasMarks { LineRunner.write(SessionMark.line(entry).text, to: 1) }
        let code = lessons.run(line: line)
        // The terminal has echoed ^C where the cursor was.
        if code == 128 + SIGINT { LineRunner.write("\n", to: 1) }
        if Self.hasMarks { LineRunner.write(SessionMark.end(code).text, to: 1) }
        TerminalGuard.restore()
        return ""
    }

    private func isIncomplete(_ line: String) -> Bool {
        do throws(SyntaxError) { _ = try CommandLineParser.parse(line) } catch { return error == .incomplete }
        return false
    }

    private var saidHistoryProblem = false

    private func remember(_ line: String) {
        do throws(SystemError) {
            if try history.add(line) { editor?.remember(line) }
        } catch {
            editor?.remember(line)
            if !saidHistoryProblem { LineRunner.write("drydock: the history is not kept: \(error)\n", to: 2) }
            saidHistoryProblem = true
        }
    }

    /// Lines from a file or a pipe.
    private func runInput() -> Int32 {
        var unfinished = ""
        while !runner.isEnding, let line = readInputLine() {
            unfinished += line
            if isIncomplete(unfinished), !lessons.takes(unfinished) {
                unfinished += "\n"
                continue
            }
            _ = lessons.run(line: unfinished)
            unfinished = ""
        }
        if !unfinished.isEmpty { return lessons.run(line: unfinished) }
        return runner.status
    }

    /// Reads one line, byte by byte: what follows it may be meant for the command on it.
    private func readInputLine() -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = read(0, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            if count != 1 { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
            if byte == 0x0A { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
    }

    private func bannerFacts() -> BannerFacts {
        let version = try? keeper.current.request("GET", "/version").json()
        let platform = version?["Platform"]?["Name"]?.string ?? ""
        return BannerFacts(
            simulatedBecause: configuration.simulatedBecause, isRootless: configuration.isRootless,
            isOwn: version == nil || platform.hasPrefix("Drydock"),
            kernel: version?["KernelVersion"]?.string, engine: platform.isEmpty ? keeper.current.host : platform,
            node: keeper.node, level: listener.narrator.level.rawValue)
    }
}

// MARK: Commands

extension Shell: LineRunner.Commands {
    func command(_ words: [String], isAlone: Bool) -> LineRunner.Command {
        let words = aliases.expanded(words)
        switch words.first {
        case "docker": return docker(Array(words.dropFirst()))
        case "record": return record(Array(words.dropFirst()))
        case "transcript": return transcript(Array(words.dropFirst()))
        case "watch": return watch(Array(words.dropFirst()))
        case "step": return step(Array(words.dropFirst()))
        case "node": return lab(words)
        case "topology": return words.count == 1 ? topology() : own(.complain(voice.usage("topology")))
        case "raw", "capture", "registry":
            guard let run = configuration.ownProgram else { return own(.complain(voice.onlyWithOwnEngine(words[0]))) }
            return .own { io in run(words, io) }
        case "doctor":
            if let doctor = configuration.doctor { return .own(doctor) }
            return own(.complain(voice.noDoctor))
        default:
            if let answer = answer(words) { return own(answer) }
            return isAlone ? own(answerUnknown(words)) : .program
        }
    }

    func own(_ answer: Answer) -> LineRunner.Command {
        // At the prompt a long text is shown page by page; in a pipe, a file or a single line it is not.
        let pages = editor != nil
        return .own { [voice] io in
            if pages && isatty(io.output) == 1 {
                Pager(io: io, voice: voice).show(answer.text)
            } else {
                LineRunner.write(answer.text, to: io.output)
            }
            if !answer.complaint.isEmpty {
                LineRunner.write(Self.fitted(answer.complaint, to: io.errorOutput) + "\n", to: io.errorOutput)
            }
            return answer.code
        }
    }

    private func docker(_ arguments: [String]) -> LineRunner.Command {
        .own { [keeper, listener, voice, lastFailure, configuration] io in
            let say: (String) -> Void = { LineRunner.write($0 + "\n", to: 2) }
            guard let client = keeper.alive(duringCommand: false, voice: voice, say: say) else { return 1 }
            listener.begin()
            let complaints = Complaints()
            let docker = DockerCommandLine(
                client: client, io: complaints.listening(to: io), observer: listener, hints: true,
                columns: { TerminalGuard.columns() }, makeClient: configuration.makeClient)
            let code = docker.run(arguments)
            // An engine that died meanwhile is replaced now, and said so, not found missing at the next command.
            if code != 0, keeper.alive(duringCommand: true, voice: voice, say: say) !== client { return code }
            listener.finish(code: code, command: ["docker"] + arguments)
            lastFailure.note(code, arguments, complaints, listener: listener, engine: client)
            return code
        }
    }

    func run(on node: String, _ command: String, io: CommandIO) -> Int32 {
        if let onNode = configuration.onNode { return onNode(node, command, io) }
        LineRunner.write(voice.noNode(node) + "\n", to: io.errorOutput)
        return 1
    }
}
