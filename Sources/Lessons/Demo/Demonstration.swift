import Glibc
public import Narration
import OrderedJSON
import Posix

/// A lesson as an instructor plays it: its solutions line by line, with speaker notes, in a world that is made right for
/// any step one jumps to.
public final class Demonstration {
    /// One step to be played.
    public struct Step: Sendable {
        /// The heading with its place.
        public var heading: String
        /// What the learner would read, set for the terminal.
        public var prose: String
        /// What is typed.
        public var lines: [ScriptLine]
        /// What is said when it is done, set for the terminal.
        public var afterwards: String
        /// What only the instructor reads.
        public var notes: [String]
    }

    private let runner: LessonRunner
    private var session: LessonRunner.Session
    private let statePath: String

    /// A demonstration of a lesson; nothing is prepared yet.
    ///
    /// - Parameters:
    ///   - word: The lesson's id, or its beginning.
    ///   - runner: A runner without an open lesson.
    ///   - statePath: A file in which the notes' terminal finds where the demonstration is.
    /// - Throws: ``LessonProblem`` for a lesson that can't be read, ``SystemError``.
    public init(of word: String, runner: LessonRunner, statePath: String) throws {
        guard let course = try runner.course(), let id = try course.id(matching: word) else {
            throw LessonProblem(file: word, line: 1, message: "there is no such lesson")
        }
        let entry = try course.load(id)
        if let problem = entry.problems.first { throw problem }
        self.runner = runner
        self.statePath = statePath
        session = LessonRunner.Session(lesson: entry.lesson, progress: LessonProgress())
    }

    /// How many steps there are.
    public var count: Int { session.lesson.steps.count }

    /// A step's words and lines in the language of the host.
    public func step(_ place: Int) -> Step {
        let step = session.lesson.steps[place]
        let text = session.lesson.text(in: runner.host.language).steps[step.id] ?? StepText()
        let heading = LessonRunner.bare(text.heading)
        var (prose, afterwards) = (runner.page, runner.page)
        for case .block(let block) in text.elements {
            if case .fence = block { continue }
            prose.block(block)
        }
        for prediction in text.predictions {
            prose.paragraph(prediction.question)
            prose.choices(prediction.choices)
            prose.gap()
        }
        for block in text.afterwards { afterwards.block(block) }
        return Step(
            heading: "\(session.lesson.id) \(place + 1)/\(count): \(heading)", prose: prose.text,
            lines: step.solution, afterwards: afterwards.text, notes: text.speaker)
    }

    /// Makes the world as it is at the beginning of a step, and says to the notes' terminal that it is played now.
    public func begin(_ place: Int, rebuilding: Bool) throws {
        if rebuilding {
            try runner.rebuild(&session, place: place, solved: false)
        } else {
            let stage = runner.stage(session)
            let step = session.lesson.steps[place]
            try runner.noting(&session) { try stage.arrive(at: step) }
        }
        let directory = runner.world(of: session.lesson).directory
        if chdir(directory) != 0 { throw SystemError.last("entering \(directory)") }
        try write(place)
    }

    /// Notes what a line that was played has made.
    public func playing(_ work: () throws -> Void) throws { try runner.noting(&session, work) }

    /// Plays a line that is typed into, at a terminal of its own.
    public func playTyped(_ line: ScriptLine, show: (String) -> Void) throws {
        _ = try runner.world(of: session.lesson).run(line, show: show)
    }

    /// Removes what the demonstration made.
    public func end() throws {
        try runner.removeWhatWasMade(&session)
        if Files.exists(statePath), unlink(statePath) != 0 { throw SystemError.last("removing \(statePath)") }
    }

    private func write(_ place: Int) throws {
        let step = step(place)
        let state: JSON = [
            "heading": .string(step.heading), "notes": .array(step.notes.map { .string($0) }),
            "lines": .array(step.lines.map { .string($0.text) }),
            "next": place + 1 < count ? .string(self.step(place + 1).heading) : .null,
        ]
        try Files.makeDirectories(Files.parent(of: statePath), mode: 0o700)
        try Files.replace(statePath, with: state.encoded(.indented), mode: 0o600, durable: false)
    }

    /// The notes for the step that is played now, from the file that the demonstration keeps.
    ///
    /// - Returns: `nil` while nothing is played.
    public static func notes(statePath: String, columns: Int, language: Language) -> String? {
        guard let bytes = try? Files.read(statePath), let state = try? JSON(parsing: bytes) else { return nil }
        var page = LessonPage(columns: columns, colours: false)
        page.heading(state["heading"]?.string ?? "")
        for note in state["notes"]?.array ?? [] {
            page.paragraph(note.string ?? "", indent: 2, first: "* ")
        }
        page.gap()
        page.code((state["lines"]?.array ?? []).compactMap(\.string))
        if let next = state["next"]?.string {
            page.gap()
            page.paragraph(language == .en ? "Next: \(next)" : "다음: \(next)")
        }
        return page.text
    }
}
