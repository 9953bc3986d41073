import Narration

/// Reads a lesson's file in another language than English, and compares it with the English one.
enum Translation {
    /// Reads the file and adds its words to the lesson.
    ///
    /// - Returns: All that is wrong with it.
    static func add(_ text: String, file: String, in language: Language, to lesson: inout Lesson) -> [LessonProblem] {
        var problems: [LessonProblem] = []
        let note: (Int, String) -> Void = { problems.append(LessonProblem(file: file, line: $0, message: $1)) }
        let source = SourceFile(text)
        let front = source.frontMatter(isTranslation: true, problem: note)
        let sections = SectionReader.read(source, file: file, problem: note)
        if front.id != lesson.id { note(1, "the id is `\(lesson.id)` in English, here it is `\(front.id)`") }
        for section in sections.steps {
            for fence in section.fences where fence.kind != "try" {
                note(fence.line, "`\(fence.kind)` stands in the English file only")
            }
            for (line, mark) in section.marks
            where !["outside", "corrects"].contains(mark) && !mark.hasPrefix("notes:")
                && !mark.hasPrefix("requires:")
            {
                note(line, "there is no mark `\(mark)`")
            }
        }
        let translated = sections.text(title: front.title, file: file)
        if let english = lesson.texts[.en] {
            compare(translated, with: english, problem: note)
            compareTries(sections, lesson, problem: note)
        }
        lesson.texts[language] = translated
        return problems
    }

    private static func compare(_ text: LessonText, with english: LessonText, problem: (Int, String) -> Void) {
        if text.introduction.isEmpty != english.introduction.isEmpty { problem(1, "the introduction is missing") }
        for id in english.order {
            guard let step = text.steps[id], let original = english.steps[id] else {
                problem(1, "the step `\(id)` is missing")
                continue
            }
            compare(step, with: original, id, problem: problem)
        }
        for id in text.order where english.steps[id] == nil {
            problem(text.steps[id]?.line ?? 1, "there is no step `\(id)` in English")
        }
        if text.order != english.order, Set(text.order) == Set(english.order) {
            problem(1, "the steps stand in another order than in English")
        }
        compareQuiz(text, with: english, problem: problem)
        if text.summary.isEmpty != english.summary.isEmpty { problem(1, "the summary is missing") }
    }

    private static func compareQuiz(_ text: LessonText, with english: LessonText, problem: (Int, String) -> Void) {
        if text.quiz.map(\.id) != english.quiz.map(\.id) {
            let expected = english.quiz.map(\.id).joined(separator: ", ")
            problem(text.quiz.first?.line ?? 1, "expected the questions \(expected), in this order")
            return
        }
        for (question, original) in zip(text.quiz, english.quiz)
        where question.choices.map(\.isRight) != original.choices.map(\.isRight) {
            problem(question.line, "`\(question.id)` has other choices than in English, or another order of + and -")
        }
    }

    private static func compare(
        _ step: StepText, with original: StepText, _ id: String, problem: (Int, String) -> Void
    ) {
        if step.predictions.map(\.id) != original.predictions.map(\.id) {
            let expected = original.predictions.map(\.id).joined(separator: ", ")
            problem(step.line, "`\(id)`: expected predictions \(expected.isEmpty ? "none" : expected)")
        }
        for (prediction, other) in zip(step.predictions, original.predictions)
        where prediction.choices.count != other.choices.count {
            problem(prediction.line, "`\(prediction.id)` has \(other.choices.count) choices in English")
        }
        if step.asks.map(\.id) != original.asks.map(\.id) {
            let expected = original.asks.map(\.id).joined(separator: ", ")
            problem(step.line, "`\(id)`: expected questions (ask) \(expected.isEmpty ? "none" : expected)")
        }
        if step.hints.count != original.hints.count {
            problem(step.line, "`\(id)`: expected \(original.hints.count) hints, there are \(step.hints.count)")
        }
        if step.messages.count != original.messages.count {
            let counts = "expected \(original.messages.count) lines, there are \(step.messages.count)"
            problem(step.line, "`\(id)`: the fence `else` has one line for each `else` in English: \(counts)")
        }
        if step.afterwards.isEmpty != original.afterwards.isEmpty {
            problem(step.line, "`\(id)`: what stands behind `<!-- then -->` is missing here or in English")
        }
        let prose: (StepText) -> Int = { text in
            text.elements.count { if case .block(.paragraph) = $0 { true } else { false } }
        }
        if prose(original) > 0 && prose(step) == 0 { problem(step.line, "`\(id)`: the prose is missing") }
    }

    private static func compareTries(_ sections: Sections, _ lesson: Lesson, problem: (Int, String) -> Void) {
        for section in sections.steps {
            guard let step = lesson.steps.first(where: { $0.id == section.id }) else { continue }
            let tries = section.fences.filter { $0.kind == "try" }.flatMap {
                ScriptLine.read($0.lines, line: $0.line).lines
            }
            if tries.map(\.text) != step.tries.map(\.text) || tries.map(\.typed) != step.tries.map(\.typed) {
                problem(section.line, "`\(section.id)`: `try` has to be the same text as in English")
            }
        }
    }
}
