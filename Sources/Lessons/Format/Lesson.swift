public import Narration

/// A lesson: what stands once for all languages, and its texts in each.
///
/// `lessons/FORMAT.md` says how it is written.
public struct Lesson: Sendable {
    /// What the front matter says.
    public var front: FrontMatter
    /// The English file's path.
    public var file: String
    /// Lines that make the lesson's world ready.
    public var setup: [ScriptLine] = []
    /// Lines that undo what removing containers, networks, volumes and images does not.
    public var cleanup: [ScriptLine] = []
    /// Files of the lesson's own directory.
    public var files: [LessonFile] = []
    /// The steps in order.
    public var steps: [LessonStep] = []
    /// The prose in each language that there is a file for.
    public var texts: [Language: LessonText] = [:]

    /// The lesson's identity: `02-namespaces`.
    public var id: String { front.id }

    /// The prose in a language, or in English where that is lacking.
    public func text(in language: Language) -> LessonText { texts[language] ?? texts[.en] ?? LessonText() }
}

/// One line that is run as at the prompt, and what is typed into it.
public struct ScriptLine: Sendable, Equatable {
    /// The line.
    public var text: String
    /// What is typed into it while it runs, line by line; it runs at a terminal if there is anything.
    public var typed: [String] = []
    /// The line's number in its file.
    public var line: Int
}

/// A file that a lesson brings along.
public struct LessonFile: Sendable, Equatable {
    /// Its path below the lesson's own directory.
    public var name: String
    /// What it contains.
    public var text: String
    /// The number of its fence's line.
    public var line: Int
}

/// Something that a step needs and that not every place has.
public struct Need: Sendable, Equatable {
    /// One of the features that lessons may require.
    public var feature: String
    /// Why it can't be done without, for authors.
    public var reason: String
}

/// One step of a lesson, without its words.
public struct LessonStep: Sendable {
    /// Its identity in progress and reports: `two-pids`.
    public var id: String
    /// The heading's line.
    public var line: Int
    /// What is offered to be typed.
    public var tries: [ScriptLine] = []
    /// What must hold.
    public var conditions: [Condition] = []
    /// The choice that is right, by prediction, from 1.
    public var predictions: [String: Int] = [:]
    /// How answers are judged, in the order written.
    public var answers: [AnswerRule] = []
    /// The lines that reach the goal.
    public var solution: [ScriptLine] = []
    /// Lines that are run when the learner arrives.
    public var setup: [ScriptLine] = []
    /// Files that are written when the learner arrives.
    public var files: [LessonFile] = []
    /// Whether the step shows on the machine what was seen inside.
    public var isOutside = false
    /// What the step needs beside the lesson, and why: `drydock` is Drydock's own engine.
    public var needs: [Need] = []
    /// Whether the step puts right what the notes say too shortly.
    public var corrects = false
    /// The headings and commands of the notes that it teaches.
    public var notes: [String] = []

    /// Whether it is passed over where there is no more than these features.
    func isPassedOver(with features: Set<String>) -> Bool { needs.contains { !features.contains($0.feature) } }
}

/// A lesson's words in one language.
public struct LessonText: Sendable {
    /// The file they are from.
    public var file = ""
    /// The lesson's title.
    public var title = ""
    /// What comes before the first step.
    public var introduction: [Block] = []
    /// The steps' words by the steps' ids.
    public var steps: [String: StepText] = [:]
    /// The ids in the order of the file.
    public var order: [String] = []
    /// The questions at the end.
    public var quiz: [QuizQuestion] = []
    /// What was learned.
    public var summary: [Block] = []
}

/// A step's words in one language.
public struct StepText: Sendable {
    /// The heading.
    public var heading = ""
    /// The heading's line.
    public var line = 0
    /// What is read when the learner arrives.
    public var elements: [Element] = []
    /// Hints, growing.
    public var hints: [String] = []
    /// Notes for an instructor.
    public var speaker: [String] = []
    /// What is told when the step is passed.
    public var afterwards: [Block] = []
    /// The messages of the step's conditions and answers, in their order.
    public var messages: [String] = []

    /// A part of what is read.
    public enum Element: Sendable {
        /// Prose, a list, a fence.
        case block(Block)
        /// A question whose answer is chosen before anything runs.
        case prediction(Prediction)
        /// A question whose answer is read from the world.
        case ask(id: String, question: String, line: Int)
    }

    /// The predictions in order.
    public var predictions: [Prediction] {
        elements.compactMap { if case .prediction(let prediction) = $0 { prediction } else { nil } }
    }

    /// The questions to be answered, in order.
    public var asks: [(id: String, question: String)] {
        elements.compactMap { if case .ask(let id, let question, _) = $0 { (id, question) } else { nil } }
    }
}

/// A question with choices, to be answered before anything runs.
public struct Prediction: Sendable {
    /// Its identity within the step.
    public var id: String
    /// The question.
    public var question: String
    /// What there is to choose from.
    public var choices: [String]
    /// The question's line.
    public var line: Int
}

/// A question of the quiz.
public struct QuizQuestion: Sendable {
    /// One of its choices.
    public struct Choice: Sendable {
        /// What it says.
        public var text: String
        /// Why it is right or wrong.
        public var reason: String
        /// Whether it is right.
        public var isRight: Bool
    }
    /// Its identity within the lesson.
    public var id: String
    /// The question.
    public var question: String
    /// What there is to choose from.
    public var choices: [Choice]
    /// Its fence's line.
    public var line: Int
}

/// A mistake in a lesson's file: where, and what was expected.
public struct LessonProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's path.
    public var file: String
    /// The line, from 1.
    public var line: Int
    /// What is wrong, and what was expected.
    public var message: String

    /// As a compiler would say it: `file:line: message`.
    public var description: String { "\(file):\(line): \(message)" }
}
