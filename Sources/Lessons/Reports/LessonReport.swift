public import Narration
public import OrderedJSON

/// What a student did, to hand in.
public struct LessonReport: Sendable {
    private let progress: Progress
    private let course: Course
    private let language: Language
    private let ids: Set<String>

    /// A report of a learner's progress.
    /// - Throws: ``SystemError``, a decoding error for a progress file that is none of ours.
    public init(learnerDirectory: String, course: Course, language: Language) throws {
        progress = try Progress.read(learnerDirectory + "/progress.json")
        self.course = course
        self.language = language
        ids = Set(try course.ids())
    }

    private struct Row {
        var step: String
        var heading: String
        var state: String
        var log: StepLog
    }

    /// The steps of a lesson; of one that another course has, those in which something was done, by their ids.
    private func rows(_ id: String, _ kept: LessonProgress) throws -> [Row] {
        guard ids.contains(id) else {
            return kept.logs.sorted { $0.key < $1.key }.map { row($0.key, $0.key, kept) }
        }
        let lesson = try course.load(id).lesson
        let text = lesson.text(in: language)
        return lesson.steps.map { row($0.id, LessonRunner.bare(text.steps[$0.id]?.heading ?? $0.id), kept) }
    }

    private func row(_ step: String, _ heading: String, _ kept: LessonProgress) -> Row {
        let log = kept.logs[step] ?? StepLog()
        let state = kept.passed.contains(step) ? log.skipped ? "skipped" : "passed" : log == StepLog() ? "" : "open"
        return Row(step: step, heading: heading, state: state, log: log)
    }

    /// As JSON: `{"who": …, "lessons": [{"id": …, "steps": […], "quiz": …}]}`; times in seconds.
    public func json() throws -> JSON {
        var lessons: [JSON] = []
        for (id, kept) in progress.lessons.sorted(by: { $0.key < $1.key }) {
            let steps: [JSON] = try rows(id, kept).map { row in
                [
                    "step": .string(row.step), "state": .string(row.state), "commands": .integer(Int64(row.log.lines)),
                    "hints": .integer(Int64(row.log.hints)), "resets": .integer(Int64(row.log.resets)),
                    "seconds": .integer(Int64(row.log.seconds)),
                    "mistakes": .array(row.log.mistakes.map { .string($0) }),
                ]
            }
            let quiz = JSONObject(
                kept.quiz.sorted { $0.key < $1.key }.map { entry in
                    (entry.key, .array(entry.value.map { .integer(Int64($0)) }))
                })
            lessons.append([
                "id": .string(id), "done": .bool(kept.part == .done), "steps": .array(steps), "quiz": .object(quiz),
            ])
        }
        return ["who": .string(Learner.name), "lessons": .array(lessons)]
    }

    /// As Markdown: a table for each lesson, and what went wrong.
    public func markdown() throws -> String {
        var text = "# \(Learner.name)\n"
        for (id, kept) in progress.lessons.sorted(by: { $0.key < $1.key }) {
            let isOurs = ids.contains(id)
            let title = isOurs ? ": \(try course.load(id).lesson.text(in: language).title)" : ", of another course"
            text += "\n## \(id)\(title)\(kept.part == .done ? " (done)" : "")\n\n"
            text += "| step | state | commands | hints | time |\n| --- | --- | ---: | ---: | ---: |\n"
            var mistakes = ""
            for row in try rows(id, kept) {
                let time = "\(Int(row.log.seconds) / 60) min \(Int(row.log.seconds) % 60) s"
                text += "| \(row.heading) | \(row.state) | \(row.log.lines) | \(row.log.hints) | \(time) |\n"
                for mistake in row.log.mistakes { mistakes += "- \(row.step): \(mistake)\n" }
            }
            if !mistakes.isEmpty { text += "\nWhat was missing on the way:\n\n\(mistakes)" }
            let answers = kept.quiz.sorted { $0.key < $1.key }.map { "\($0.key) in \($0.value.count)" }
            if !answers.isEmpty { text += "\nQuiz, tries for each question: \(answers.joined(separator: ", "))\n" }
        }
        return text
    }
}
