import DockerCLI
import Narration

/// What a lesson must have beside being readable.
public struct Linter {
    private let entry: Course.Entry
    private let course: Course
    private let ids: [String]
    private var problems: [LessonProblem] = []

    /// All that is wrong with a lesson.
    ///
    /// - Parameters:
    ///   - entry: The lesson as it was read.
    ///   - course: Its folder.
    ///   - ids: All lessons of the course.
    public static func problems(of entry: Course.Entry, in course: Course, ids: [String]) -> [LessonProblem] {
        var linter = Linter(entry: entry, course: course, ids: ids)
        linter.checkWhole()
        for step in entry.lesson.steps { linter.check(step) }
        for (language, text) in entry.lesson.texts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            linter.checkProse(text, language)
        }
        linter.checkProofs()
        return entry.problems + linter.problems
    }

    private init(entry: Course.Entry, course: Course, ids: [String]) {
        self.entry = entry
        self.course = course
        self.ids = ids
    }

    private var lesson: Lesson { entry.lesson }

    /// Commands that the lesson has typed for the error that they give; prose may name them.
    private var mistakes: Set<String> {
        let lines = lesson.steps.flatMap { $0.tries + $0.solution }.map(\.text).filter(CommandCheck.isMeantToFail)
        return Set(lines.map { String($0.dropLast("# error".count)).trimmedBlanks })
    }
    private var english: LessonText { lesson.text(in: .en) }

    private mutating func note(_ line: Int, _ message: String, file: String? = nil) {
        problems.append(LessonProblem(file: file ?? lesson.file, line: line, message: message))
    }

    // MARK: The whole

    private mutating func checkWhole() {
        for language in Language.allCases where lesson.texts[language] == nil {
            note(1, "the lesson is missing in this language", file: course.path(lesson.id, in: language))
        }
        for id in lesson.front.after where !ids.contains(id) {
            note(1, "`after` names `\(id)`, and there is no such lesson")
        }
        let known = Set(Narrator.concepts + Glossary.terms)
        for concept in lesson.front.focus where !known.contains(concept) {
            let all = Narrator.concepts.sorted().joined(separator: ", ")
            let expected = "expected a concept of the narration (\(all)) or a term of the glossary"
            note(1, "`focus` names `\(concept)`: \(expected)")
        }
        if english.introduction.isEmpty { note(1, "expected an introduction before the first step") }
        if lesson.steps.isEmpty { note(1, "expected steps") }
        let effort = Effort(of: lesson).minutes
        if !(0.6...1.6).contains(Double(lesson.front.minutes) / effort) {
            note(
                1,
                "`minutes` is \(lesson.front.minutes), and its prose, commands and questions are for about \(Int(effort.rounded()))"
            )
        }
        let texts = lesson.steps.compactMap { english.steps[$0.id] }
        let predictions = texts.reduce(0) { $0 + $1.predictions.count }
        if predictions < 2 { note(1, "expected two predictions at least, there are \(predictions)") }
        let asks = texts.reduce(0) { $0 + $1.asks.count }
        if asks < 2 { note(1, "expected two questions (ask) at least, there are \(asks)") }
        if !lesson.steps.contains(where: \.isOutside) {
            note(1, "expected a step with the mark `<!-- outside -->`: seen on the machine")
        }
        if let last = lesson.steps.last, !last.tries.isEmpty {
            note(last.line, "the last step has no `try`: there the learner finds the commands")
        }
        if english.quiz.count < 2 { note(1, "expected a quiz of two questions at least") }
        if english.summary.isEmpty { note(1, "expected a section `<!-- summary -->`") }
        checkLines(lesson.setup + lesson.cleanup, file: lesson.file)
        checkPlacesOfTheRight()
    }

    /// Somebody who always takes the same choice must not be right each time.
    private mutating func checkPlacesOfTheRight() {
        let quiz = english.quiz.compactMap { question in question.choices.firstIndex(where: \.isRight).map { $0 + 1 } }
        let predictions = lesson.steps.flatMap { $0.predictions.values }
        for (places, name) in [(quiz, "in the quiz"), (predictions, "in the predictions")] {
            guard places.count >= 3, let first = places.first, places.allSatisfy({ $0 == first }) else { continue }
            note(1, "choice \(first) is always the right one \(name): move some")
        }
    }

    // MARK: Steps

    private mutating func check(_ step: LessonStep) {
        guard let text = english.steps[step.id] else { return }
        if step.conditions.isEmpty && text.asks.isEmpty {
            note(step.line, "`\(step.id)` has nothing to be proven: expected a check or a question (ask)")
        }
        if step.solution.isEmpty { note(step.line, "`\(step.id)` has no solution") }
        if text.hints.isEmpty { note(step.line, "`\(step.id)` has no hint") }
        if !text.elements.contains(where: { if case .block(.paragraph) = $0 { true } else { false } })
            && text.asks.isEmpty && text.predictions.isEmpty
        {
            note(step.line, "`\(step.id)` has no prose")
        }
        for prediction in text.predictions {
            guard let right = step.predictions[prediction.id] else {
                note(prediction.line, "expected `predict \(prediction.id) = N` in the check")
                continue
            }
            if right > prediction.choices.count { note(prediction.line, "there is no choice \(right)") }
            if !(2...4).contains(prediction.choices.count) { note(prediction.line, "expected two to four choices") }
        }
        for id in step.predictions.keys.sorted() where !text.predictions.contains(where: { $0.id == id }) {
            note(step.line, "`predict \(id)` in the check belongs to no paragraph `<!-- predict: \(id) -->`")
        }
        for ask in text.asks where !step.answers.contains(where: { $0.id == ask.id }) {
            note(step.line, "expected `answer \(ask.id) = …` in the check")
        }
        for rule in step.answers where !text.asks.contains(where: { $0.id == rule.id }) {
            note(rule.line, "`answer \(rule.id)` belongs to no paragraph `<!-- ask: \(rule.id) -->`")
        }
        let questions = step.conditions.flatMap(\.claims).map(\.question) + step.answers.map(\.source)
        if questions.contains(where: \.needsMachine), !lesson.front.requires.contains("linux") {
            note(step.line, "`\(step.id)` asks the machine; expected `linux` in `requires`")
        }
        if step.isOutside, !lesson.front.requires.contains("linux"), Self.usesMachine(step.tries + step.solution) {
            note(step.line, "`\(step.id)` runs commands of the machine; expected `linux` in `requires`")
        }
        checkLines(step.tries + step.solution + step.setup, file: lesson.file)
    }

    private static func usesMachine(_ lines: [ScriptLine]) -> Bool {
        lines.contains { $0.text.hasPrefix("!") || $0.text.hasPrefix("@") }
    }

    private mutating func checkLines(_ lines: [ScriptLine], file: String) {
        for line in lines {
            if let complaint = CommandCheck.complaint(about: line.text) { note(line.line, complaint, file: file) }
        }
    }

    // MARK: Prose

    private mutating func checkProse(_ text: LessonText, _ language: Language) {
        var links = 0
        for block in text.introduction { checkProse(block, text.file, &links) }
        for id in text.order {
            guard let step = text.steps[id] else { continue }
            for case .block(let block) in step.elements { checkProse(block, text.file, &links) }
            for block in step.afterwards { checkProse(block, text.file, &links) }
            for hint in step.hints { checkText(hint, step.line, text.file, &links) }
        }
        links = 0
        for block in text.summary { checkProse(block, text.file, &links) }
        if !text.summary.isEmpty && links == 0 {
            note(text.summary[0].line, "expected a link to the glossary: `[word](glossary:TERM)`", file: text.file)
        }
    }

    private mutating func checkProse(_ block: Block, _ file: String, _ links: inout Int) {
        switch block {
        case .paragraph(let text, let line), .quote(let text, let line): checkText(text, line, file, &links)
        case .list(let items, _, let line): for item in items { checkText(item, line, file, &links) }
        case .table(let lines, let line):
            for (place, text) in lines.enumerated() { checkText(text, line + place, file, &links) }
        default: break
        }
    }

    private mutating func checkText(_ text: String, _ line: Int, _ file: String, _ links: inout Int) {
        for term in Prose.glossaryLinks(text) {
            links += 1
            let words = term.split(separator: "-").joined(separator: " ")
            if !Glossary.contains(term) && !Glossary.contains(words) {
                note(line, "the glossary has no `\(term)`", file: file)
            }
        }
        for code in Prose.codeSpans(text) where !mistakes.contains(code) {
            if let complaint = CommandCheck.complaint(aboutProse: code) { note(line, complaint, file: file) }
        }
    }

    // MARK: Proofs

    private mutating func checkProofs() {
        let file = course.proofsPath(lesson.id)
        for (id, cases) in entry.proofs.alternatives.merging(entry.proofs.nearMisses, uniquingKeysWith: +) {
            let asks = english.steps[id]?.asks.map(\.id) ?? []
            for proof in cases {
                checkLines(proof.lines, file: file)
                for answer in proof.answers where !asks.contains(answer.id) {
                    note(proof.line, "`\(id)` asks no question `\(answer.id)`", file: file)
                }
            }
        }
    }
}
