/// The lecture notes that a course teaches (`notes.ko.txt` in its folder), and where each of their lines is taught.
///
/// A step says so with the mark `<!-- notes: LINE -->`, in the notes' own words (`lessons/FORMAT.md`).
public struct LectureNotes: Sendable {
    /// One heading, command or statement.
    public struct Line: Sendable, Equatable {
        /// Its words, without bullet, number or prompt.
        public let text: String
        /// Its number in the file, from 1.
        public let number: Int
    }

    /// A step that teaches a line.
    public struct Place: Sendable, Equatable {
        /// The lesson's id.
        public let lesson: String
        /// The step's id.
        public let step: String
    }

    /// The lines that say something, in their order.
    public let lines: [Line]

    /// Reads notes.
    ///
    /// - Parameter text: The file's contents: a heading, command or statement per line; bullets (`-`), numbers (`(1)`),
    ///   prompts (`$`) and rules (`---`) before or between them.
    public init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { place, line in
            let words = Self.words(of: String(line))
            return words.isEmpty ? nil : Line(text: words, number: place + 1)
        }
    }

    /// The words of a line, without what only gives it its place, and with single blanks between them.
    static func words(of line: String) -> String {
        var words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\u{feff}" }[...]
        while let first = words.first, first == "$" || first.allSatisfy({ $0 == "-" }) || isNumber(first) {
            words = words.dropFirst()
        }
        return words.joined(separator: " ")
    }

    /// Whether a word numbers a line: `(1)`.
    private static func isNumber(_ word: Substring) -> Bool {
        word.count > 2 && word.first == "(" && word.last == ")" && word.dropFirst().dropLast().allSatisfy(\.isNumber)
    }

    /// Where each line is taught, by its words.
    public static func places(in lessons: [Lesson]) -> [String: [Place]] {
        var places: [String: [Place]] = [:]
        for lesson in lessons {
            for step in lesson.steps {
                for note in step.notes {
                    places[words(of: note), default: []].append(Place(lesson: lesson.id, step: step.id))
                }
            }
        }
        return places
    }

    /// What does not agree between the notes and the lessons: a line that no step teaches, and a mark that names no line.
    ///
    /// - Parameters:
    ///   - lessons: All lessons of the course.
    ///   - file: The notes' path, for the messages.
    public func problems(with lessons: [Lesson], file: String) -> [LessonProblem] {
        let places = Self.places(in: lessons)
        var problems = lines.filter { places[$0.text] == nil }.map {
            LessonProblem(
                file: file, line: $0.number, message: "no step teaches `\($0.text)`: expected a mark `notes:` in one")
        }
        let known = Set(lines.map(\.text))
        for lesson in lessons {
            for step in lesson.steps {
                for note in step.notes where !known.contains(Self.words(of: note)) {
                    problems.append(
                        LessonProblem(
                            file: lesson.file, line: step.line,
                            message: "`\(step.id)` teaches `\(note)`, which is no line of \(file)"))
                }
            }
        }
        return problems
    }

    /// A Markdown table of all lines, each with the lessons and steps that teach it.
    public func table(of lessons: [Lesson]) -> String {
        let places = Self.places(in: lessons)
        var rows = "| notes | lesson | step |\n| --- | --- | --- |\n"
        for line in lines {
            let text = line.text.hasPrefix("docker ") ? "`\(line.text)`" : line.text
            let taught = places[line.text] ?? []
            let links = taught.map { "[\($0.lesson)](en/\($0.lesson).md)" }
            rows +=
                "| \(text) | \(links.joined(separator: ", ")) | \(taught.map { "`\($0.step)`" }.joined(separator: ", ")) |\n"
        }
        return rows
    }
}
