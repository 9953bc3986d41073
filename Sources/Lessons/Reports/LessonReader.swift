public import Narration

/// A whole lesson as text, to be read or printed.
public enum LessonReader {
    /// Introduction, steps, questions and summary, without checks and solutions.
    public static func text(_ lesson: Lesson, language: Language, columns: Int) -> String {
        let words = lesson.text(in: language)
        var page = LessonPage(columns: columns, colours: false)
        page.heading("\(lesson.id): \(words.title)")
        for block in words.introduction { page.block(block) }
        for step in lesson.steps {
            guard let text = words.steps[step.id] else { continue }
            page.heading(text.heading)
            for element in text.elements {
                switch element {
                case .block(let block): page.block(block)
                case .prediction(let prediction):
                    page.paragraph(prediction.question)
                    page.choices(prediction.choices)
                    page.gap()
                case .ask(_, let question, _):
                    page.paragraph(question, indent: 2, first: "? ")
                    page.gap()
                }
            }
        }
        for question in words.quiz {
            page.paragraph(question.question, indent: 2, first: "? ")
            page.choices(question.choices.map(\.text))
            page.gap()
        }
        for block in words.summary { page.block(block) }
        return page.text
    }

    /// What an instructor reads before class: of each step the speaker notes and the lines that a demonstration plays.
    public static func speakerNotes(_ lesson: Lesson, language: Language, columns: Int) -> String {
        let words = lesson.text(in: language)
        var page = LessonPage(columns: columns, colours: false)
        page.heading("\(lesson.id): \(words.title)")
        for step in lesson.steps {
            guard let text = words.steps[step.id] else { continue }
            page.heading(text.heading)
            for note in text.speaker { page.paragraph(note, indent: 2, first: "* ") }
            page.gap()
            page.code(step.solution.map(\.text))
            page.gap()
        }
        return page.text
    }
}
