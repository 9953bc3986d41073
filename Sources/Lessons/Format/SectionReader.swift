import Narration

/// A file's lines, and where its front matter ends.
struct SourceFile {
    let lines: [String]
    /// The lines between the two `---`; `nil` if there is no front matter.
    private let front: Range<Int>?

    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.last == "\r" ? line.dropLast() : line)
        }
        let end = lines.first?.trimmedBlanks == "---" ? lines.dropFirst().firstIndex { $0.trimmedBlanks == "---" } : nil
        front = end.map { 1..<$0 }
    }

    /// The first line behind the front matter, from 0.
    var bodyStart: Int { front.map { $0.upperBound + 1 } ?? 0 }

    func frontMatter(isTranslation: Bool, problem: (Int, String) -> Void) -> FrontMatter {
        if front == nil { problem(1, "expected front matter: `key: value` lines between two lines `---`") }
        let lines = front.map { Array(self.lines[$0]) } ?? []
        return FrontMatter(lines, isTranslation: isTranslation) { problem($0 + 2, $1) }
    }
}

/// A fence with a meaning.
struct Fence: Sendable {
    var kind: String
    var argument: String
    var lines: [String]
    var line: Int
}

/// The sections of a lesson's file: what is read, and apart from it what is run.
struct Sections {
    struct Step {
        var id: String
        var line: Int
        var text: StepText
        var fences: [Fence] = []
        var marks: [(line: Int, text: String)] = []
    }
    var introduction: [Block] = []
    var introductionFences: [Fence] = []
    var steps: [Step] = []
    var quiz: [QuizQuestion] = []
    var summary: [Block] = []

    func text(title: String, file: String) -> LessonText {
        LessonText(
            file: file, title: title, introduction: introduction,
            steps: Dictionary(steps.map { ($0.id, $0.text) }) { first, _ in first }, order: steps.map(\.id),
            quiz: quiz, summary: summary)
    }
}

/// Sorts a file's blocks into its sections.
struct SectionReader {
    private enum Place { case introduction, step, afterwards, quiz, summary }

    private var sections = Sections()
    private var place = Place.introduction
    /// A heading whose section is not known yet.
    private var heading: (text: String, line: Int)?
    /// A paragraph that ended in `<!-- predict: ID -->`, whose choices must follow.
    private var question: (id: String, text: String, line: Int)?
    private let problem: (Int, String) -> Void

    static func read(_ source: SourceFile, file: String, problem: @escaping (Int, String) -> Void) -> Sections {
        var reader = SectionReader(problem: problem)
        for block in BlockReader.read(source.lines, from: source.bodyStart, problem: problem) { reader.read(block) }
        reader.finish()
        return reader.sections
    }

    private init(problem: @escaping (Int, String) -> Void) { self.problem = problem }

    private mutating func finish() {
        if let heading { problem(heading.line, Self.headingExpectation) }
        if let question { problem(question.line, Self.choicesExpectation(question.id)) }
    }

    private static func choicesExpectation(_ id: String) -> String {
        "expected a numbered list of choices below `predict: \(id)`"
    }

    private static let headingExpectation =
        "expected, below the heading, one of `<!-- step: ID -->`, `<!-- quiz -->`, `<!-- summary -->`"

    private mutating func read(_ block: Block) {
        if let open = heading {
            heading = nil
            if case .comment(let text, _) = block, beginSection(text, open) { return }
            problem(open.line, Self.headingExpectation)
        }
        if let open = question {
            question = nil
            if case .list(let items, true, _) = block {
                add(.prediction(Prediction(id: open.id, question: open.text, choices: items, line: open.line)))
                return
            }
            problem(open.line, Self.choicesExpectation(open.id))
        }
        switch block {
        case .heading(2, let text, let line): heading = (text, line)
        case .heading(_, let text, let line): problem(line, "expected headings with two `#`, not `\(text)`")
        case .comment(let text, let line): readComment(text, line)
        case .fence(let info, let lines, let line): readFence(info, lines, line, block)
        case .quote(let text, let line): readQuote(text, line, block)
        case .paragraph(let text, let line): readParagraph(text, line, block)
        case .html(let text, let line):
            if !["<details", "</details>", "<summary"].contains(where: text.hasPrefix) {
                problem(line, "expected `<details><summary>…</summary>` or `</details>`, not `\(text)`")
            }
        case .list, .table: addProse(block)
        }
    }

    private mutating func beginSection(_ comment: String, _ heading: (text: String, line: Int)) -> Bool {
        if comment == "quiz" {
            place = .quiz
        } else if comment == "summary" {
            place = .summary
        } else if comment.hasPrefix("step:") {
            let id = String(comment.dropFirst(5)).trimmedBlanks
            let line = heading.line + 1
            if !id.isLessonName { problem(line, "a step's id has lower case, digits and dashes, not `\(id)`") }
            if sections.steps.contains(where: { $0.id == id }) { problem(line, "there are two steps `\(id)`") }
            let text = StepText(heading: heading.text, line: heading.line)
            sections.steps.append(.init(id: id, line: heading.line, text: text))
            place = .step
        } else {
            return false
        }
        return true
    }

    private mutating func change(_ change: (inout StepText) -> Void) {
        guard !sections.steps.isEmpty else { return }
        change(&sections.steps[sections.steps.count - 1].text)
    }

    private mutating func add(_ element: StepText.Element) { change { $0.elements.append(element) } }

    private mutating func addProse(_ block: Block) {
        switch place {
        case .introduction: sections.introduction.append(block)
        case .step: add(.block(block))
        case .afterwards: change { $0.afterwards.append(block) }
        case .summary: sections.summary.append(block)
        case .quiz: problem(block.line, "expected fences `quiz ID` here, or a heading")
        }
    }

    private mutating func readComment(_ text: String, _ line: Int) {
        guard place == .step else {
            if place != .afterwards { problem(line, "the comment `\(text)` has no meaning here") }
            return
        }
        if text == "then" {
            place = .afterwards
        } else {
            sections.steps[sections.steps.count - 1].marks.append((line, text))
        }
    }

    private mutating func readQuote(_ text: String, _ line: Int, _ block: Block) {
        if text.hasPrefix("hint:") {
            guard place == .step else { return problem(line, "a hint belongs to a step, before its `then`") }
            change { $0.hints.append(String(text.dropFirst(5)).trimmedBlanks) }
        } else if text.hasPrefix("speaker:") {
            guard place == .step || place == .afterwards else {
                return problem(line, "a speaker note belongs to a step")
            }
            change { $0.speaker.append(String(text.dropFirst(8)).trimmedBlanks) }
        } else {
            addProse(block)
        }
    }

    private mutating func readParagraph(_ text: String, _ line: Int, _ block: Block) {
        guard let begin = text.firstRange(of: "<!--") else { return addProse(block) }
        guard text.hasSuffix("-->") else { return problem(line, "a comment in a paragraph stands at its end") }
        let comment = String(text[begin.upperBound...].dropLast(3)).trimmedBlanks
        let words = String(text[..<begin.lowerBound]).trimmedBlanks
        let (kind, id) = comment.firstWord
        guard place == .step else { return problem(line, "`\(kind)` belongs to a step, before its `then`") }
        guard id.isLessonName else { return problem(line, "expected `predict: ID` or `ask: ID`, not `\(comment)`") }
        switch kind {
        case "predict:": question = (id, words, line)
        case "ask:": add(.ask(id: id, question: words, line: line))
        default: problem(line, "expected `predict: ID` or `ask: ID`, not `\(comment)`")
        }
    }

    private mutating func readFence(_ info: String, _ lines: [String], _ line: Int, _ block: Block) {
        let (kind, argument) = info.firstWord
        switch kind {
        case "", "text": addProse(block)
        case "quiz":
            guard place == .quiz else { return problem(line, "`quiz` stands in the section `<!-- quiz -->`") }
            if let question = QuizParser.read(argument, lines, line: line, problem: problem) {
                if sections.quiz.contains(where: { $0.id == question.id }) {
                    problem(line, "there are two questions `\(question.id)`")
                }
                sections.quiz.append(question)
            }
        case "else":
            guard place == .step else { return problem(line, "`else` belongs to a step, before its `then`") }
            change { $0.messages += lines.map(\.trimmedBlanks).filter { !$0.isEmpty } }
        default:
            let fence = Fence(kind: kind, argument: argument, lines: lines, line: line)
            switch place {
            case .introduction: sections.introductionFences.append(fence)
            case .step:
                sections.steps[sections.steps.count - 1].fences.append(fence)
                if kind == "try" { add(.block(block)) }
            case .afterwards, .quiz, .summary: problem(line, "`\(kind)` belongs to a step, before its `then`")
            }
        }
    }
}

/// Reads a `quiz` fence.
enum QuizParser {
    static func read(_ id: String, _ lines: [String], line: Int, problem: (Int, String) -> Void) -> QuizQuestion? {
        if !id.isLessonName { problem(line, "expected `quiz ID`: lower case, digits and dashes") }
        var question = QuizQuestion(id: id, question: "", choices: [], line: line)
        for (place, raw) in lines.enumerated() {
            let text = raw.trimmedBlanks
            let number = line + place + 1
            if text.isEmpty { continue }
            let rest = String(text.dropFirst()).trimmedBlanks
            switch text.first {
            case "?": question.question += (question.question.isEmpty ? "" : " ") + rest
            case "+", "-":
                let colon = rest.firstRange(of: ": ")
                if colon == nil && text.first == "-" {
                    problem(number, "expected `TEXT: REASON`: a wrong choice has its reason behind `: `")
                }
                let end = colon?.lowerBound ?? rest.endIndex
                question.choices.append(
                    .init(
                        text: String(rest[..<end]).trimmedBlanks,
                        reason: colon.map { String(rest[$0.upperBound...]).trimmedBlanks } ?? "",
                        isRight: text.first == "+"))
            default: problem(number, "expected a line that begins with ?, + or -")
            }
        }
        if question.question.isEmpty { problem(line, "expected a line `? QUESTION`") }
        if question.choices.count(where: \.isRight) != 1 { problem(line, "expected one choice with +, the right one") }
        if !(3...5).contains(question.choices.count) { problem(line, "expected three to five choices") }
        return question
    }
}

extension String {
    /// Whether it can be the id of a lesson, a step or a question.
    var isLessonName: Bool {
        !isEmpty
            && utf8.allSatisfy { byte in
                (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
            }
    }
}
