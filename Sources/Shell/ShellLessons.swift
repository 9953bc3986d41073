import EngineClient
import Lessons
import Narration

/// Lessons in the shell: a line that is typed is looked at first, and the step's check is tried after it.
final class ShellLessons: LessonHost {
    private unowned let shell: Shell
    private lazy var runner: LessonRunner? = shell.configuration.lessons.map { configuration in
        let keeper = shell.keeper
        let voice = shell.voice
        return LessonRunner(
            configuration,
            engine: {
                guard let client = keeper.alive(duringCommand: false, voice: voice, say: { _ in }) else {
                    throw EngineUnreachable()
                }
                return client
            }, host: self)
    }

    init(_ shell: Shell) { self.shell = shell }

    /// Why a lesson can't ask the engine.
    private struct EngineUnreachable: Error, CustomStringConvertible {
        var description: String { "the engine does not answer" }
    }

    /// A runner that no other lesson uses.
    func runnerForDemonstration() -> LessonRunner? { runner }

    // MARK: Lines

    /// Runs a line, or has the lesson take it.
    /// - Returns: The exit code.
    func run(line: String) -> Int32 {
        guard let runner else { return shell.run(line) }
        switch runner.gate(line, isHarmless: isHarmless(line), isCommand: isCommand(line)) {
        case .done(let code):
            shell.runner.fail(code)
            shell.listener.narrator.focus = runner.focus
            return code
        case .run:
            let code = shell.run(line)
            runner.finished()
            return code
        }
    }

    /// Whether a line that is no complete command is the lesson's: an answer may have an apostrophe in it.
    func takes(_ line: String) -> Bool {
        let word = line.split(separator: " ").first.map(String.init) ?? ""
        return word == "answer" || (runner?.isOpen == true && !isCommand(line))
    }

    /// The ids of the lessons that `lesson start` can open.
    var ids: [String] { runner?.lessonIDs ?? [] }

    /// What is said at the beginning when a lesson was left open.
    var reminder: String? { runner?.reminder() }

    /// Words that only ask the shell for something. A prediction may still be open behind them.
    private static let harmless: Set<String> = [
        "help", "exit", "quit", "narrate", "why", "evidence", "steps", "explain", "glossary", "language", "clear",
        "history", "set", "inside", "compare",
    ]

    /// Whether the line is one such word with plain arguments, and nothing runs behind it.
    private func isHarmless(_ line: String) -> Bool {
        guard let parsed = try? CommandLineParser.parse(line), parsed.entries.count == 1,
            case .pipeline(let stages) = parsed.entries[0].work, stages.count == 1, stages[0].redirections.isEmpty
        else { return line.trimmed().isEmpty }
        let isPlain = stages[0].words.allSatisfy { word in
            word.parts.allSatisfy { part in if case .text = part { true } else { false } }
        }
        guard isPlain, case .text(let first)? = stages[0].words.first?.parts.first else { return false }
        return Self.harmless.contains(first)
    }

    private func isCommand(_ line: String) -> Bool {
        let text = line.trimmed()
        if text.hasPrefix("!") || text.hasPrefix("@") { return true }
        let word = text.split(separator: " ").first.map(String.init) ?? ""
        return Shell.words[word] != nil || Shell.resemblesDocker(text)
    }

    // MARK: LessonHost

    var prompt: String { shell.prompt }

    func say(_ text: String) { LineRunner.write(text, to: 1) }
    func run(_ line: String) -> Int32 { shell.run(line) }
    var language: Language { shell.listener.narrator.language }
    var columns: Int { TerminalGuard.columns() }
    var colours: Bool { shell.configuration.colours }
}
