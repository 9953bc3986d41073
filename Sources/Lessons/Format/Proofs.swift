/// What `lesson test` tries beside the solutions.
public struct Proofs: Sendable {
    /// A way that must be accepted, or one that must be rejected.
    public struct Case: Sendable {
        /// What is run.
        public var lines: [ScriptLine] = []
        /// Answers that are given afterwards.
        public var answers: [(id: String, text: String)] = []
        /// What the learner must read, for a near miss.
        public var says: String?
        /// Its fence's line.
        public var line: Int
    }

    /// Other ways, by step.
    public var alternatives: [String: [Case]] = [:]
    /// Near misses, by step.
    public var nearMisses: [String: [Case]] = [:]
    /// Where the steps are named.
    var lines: [String: Int] = [:]

    /// Reads a proofs file.
    static func read(_ text: String, file: String) -> (proofs: Proofs, problems: [LessonProblem]) {
        var proofs = Proofs()
        var problems: [LessonProblem] = []
        let note: (Int, String) -> Void = { problems.append(LessonProblem(file: file, line: $0, message: $1)) }
        var step: String?
        for block in BlockReader.read(SourceFile(text).lines, from: 0, problem: note) {
            switch block {
            case .heading(2, let text, let line):
                step = text
                proofs.lines[text] = line
            case .fence(let info, let lines, let line):
                guard let step else {
                    note(line, "expected a heading `## STEP-ID` before it")
                    continue
                }
                let found = readCase(lines, line, note)
                switch info {
                case "alternative":
                    if found.says != nil { note(line, "`says:` belongs to a near miss") }
                    proofs.alternatives[step, default: []].append(found)
                case "nearmiss":
                    if found.says == nil { note(line, "expected a last line `says: TEXT`: what the learner must read") }
                    proofs.nearMisses[step, default: []].append(found)
                default: note(line, "expected a fence `alternative` or `nearmiss`, not `\(info)`")
                }
            default: continue
            }
        }
        return (proofs, problems)
    }

    private static func readCase(_ lines: [String], _ line: Int, _ note: (Int, String) -> Void) -> Case {
        var result = Case(line: line)
        var script: [String] = []
        for raw in lines {
            let text = raw.trimmedBlanks
            if text.hasPrefix("says:") {
                result.says = String(text.dropFirst(5)).trimmedBlanks
            } else if text.hasPrefix("answer ") {
                let (id, answer) = String(text.dropFirst(7)).trimmedBlanks.firstWord
                result.answers.append((id, answer))
            } else {
                script.append(raw)
                continue
            }
            script.append("")
        }
        let (found, problems) = ScriptLine.read(script, line: line)
        for problem in problems { note(problem.line, problem.message) }
        if found.isEmpty && result.answers.isEmpty { note(line, "expected lines to run, or an `answer ID TEXT`") }
        result.lines = found
        return result
    }
}
