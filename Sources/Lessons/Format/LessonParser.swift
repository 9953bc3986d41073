import Narration

/// Reads a lesson's English file, with its checks and solutions.
public struct LessonParser {
    private let file: String
    private var lesson: Lesson
    private var problems: [LessonProblem] = []

    /// Reads a lesson.
    ///
    /// - Parameters:
    ///   - text: The file's contents.
    ///   - file: Its path, for messages.
    /// - Returns: The lesson as far as it could be read, and all that is wrong with it.
    public static func read(_ text: String, file: String) -> (lesson: Lesson, problems: [LessonProblem]) {
        let source = SourceFile(text)
        var problems: [LessonProblem] = []
        let note: (Int, String) -> Void = { problems.append(LessonProblem(file: file, line: $0, message: $1)) }
        let front = source.frontMatter(isTranslation: false, problem: note)
        let sections = SectionReader.read(source, file: file, problem: note)
        var parser = LessonParser(file: file, lesson: Lesson(front: front, file: file))
        parser.lesson.texts[.en] = sections.text(title: front.title, file: file)
        parser.readFences(sections)
        return (parser.lesson, problems + parser.problems)
    }

    private init(file: String, lesson: Lesson) {
        self.file = file
        self.lesson = lesson
    }

    private mutating func note(_ line: Int, _ message: String) {
        problems.append(LessonProblem(file: file, line: line, message: message))
    }

    // MARK: What is run

    private mutating func readFences(_ sections: Sections) {
        for fence in sections.introductionFences {
            switch fence.kind {
            case "setup": lesson.setup += script(fence)
            case "cleanup": lesson.cleanup += script(fence)
            case "file": lesson.files.append(file(fence))
            default:
                note(fence.line, "expected setup, cleanup or file before the first step, not `\(fence.kind)`")
            }
        }
        for section in sections.steps {
            var step = LessonStep(id: section.id, line: section.line)
            var messages: [String] = []
            for fence in section.fences { read(fence, into: &step, &messages) }
            for (line, mark) in section.marks { read(mark, line, into: &step) }
            lesson.texts[.en]?.steps[section.id]?.messages = messages
            lesson.steps.append(step)
        }
    }

    private mutating func read(_ fence: Fence, into step: inout LessonStep, _ messages: inout [String]) {
        switch fence.kind {
        case "try": step.tries += script(fence)
        case "check":
            var found: [LessonProblem] = []
            let result = CheckParser.read(fence.lines, line: fence.line, messages: messages) { [file] in
                found.append(LessonProblem(file: file, line: $0, message: $1))
            }
            problems += found
            step.conditions += result.conditions
            step.predictions.merge(result.predictions) { $1 }
            step.answers += result.answers
            messages = result.messages
        case "solution": step.solution += script(fence)
        case "setup": step.setup += script(fence)
        case "file": step.files.append(file(fence))
        default:
            let known = "try, check, solution, setup, file NAME, quiz ID; plain output is a fence with `text`"
            note(fence.line, "there is no fence `\(fence.kind)` in a step: expected \(known)")
        }
    }

    private mutating func read(_ mark: String, _ line: Int, into step: inout LessonStep) {
        if mark == "outside" {
            step.isOutside = true
        } else if mark == "corrects" {
            step.corrects = true
        } else if mark.hasPrefix("notes:") {
            step.notes.append(String(mark.dropFirst(6)).trimmedBlanks)
        } else if mark.hasPrefix("requires:") {
            let (feature, reason) = String(mark.dropFirst("requires:".count)).trimmedBlanks.firstWord
            if !FrontMatter.features.contains(feature) || reason.isEmpty {
                let known = FrontMatter.features.joined(separator: ", ")
                note(line, "expected `requires: FEATURE REASON`, where FEATURE is \(known)")
            }
            step.needs.append(Need(feature: feature, reason: reason))
        } else {
            note(
                line,
                "there is no mark `\(mark)`: expected outside, corrects, notes: TEXT, requires: FEATURE REASON or then")
        }
    }

    private mutating func script(_ fence: Fence) -> [ScriptLine] {
        let (lines, found) = ScriptLine.read(fence.lines, line: fence.line)
        for problem in found { note(problem.line, problem.message) }
        return lines
    }

    private mutating func file(_ fence: Fence) -> LessonFile {
        let name = fence.argument
        if name.isEmpty || name.hasPrefix("/") || name.split(separator: "/").contains("..") {
            note(fence.line, "expected a name below the lesson's directory behind `file`")
        }
        return LessonFile(name: name, text: fence.lines.map { $0 + "\n" }.joined(), line: fence.line)
    }
}

extension ScriptLine {
    /// Reads lines that are run, with what is typed into them (`< …`). A backslash at the end continues a line.
    static func read(_ lines: [String], line: Int) -> (lines: [ScriptLine], problems: [(line: Int, message: String)]) {
        var script: [ScriptLine] = []
        var problems: [(Int, String)] = []
        var continued: String?
        for (place, raw) in lines.enumerated() {
            let number = line + place + 1
            let text = raw.trimmedBlanks
            if let before = continued {
                continued = nil
                script[script.count - 1].text = before + "\n" + text
            } else if text.isEmpty || text.hasPrefix("#") {
                continue
            } else if text == "<" || text.hasPrefix("< ") {
                if script.isEmpty {
                    problems.append((number, "`< …` is typed into the command above it, and there is none"))
                } else {
                    script[script.count - 1].typed.append(String(text.dropFirst(2)))
                }
                continue
            } else {
                script.append(ScriptLine(text: text, line: number))
            }
            if text.hasSuffix("\\") { continued = script[script.count - 1].text }
        }
        return (script, problems)
    }
}
