import Glibc
public import Narration
import Posix

/// A folder of lessons: `en/ID.md`, `ko/ID.md`, `proofs/ID.md`.
public struct Course: Sendable {
    /// The folder's path.
    public let directory: String

    /// A course in a folder.
    public init(directory: String) { self.directory = directory }

    /// A folder that is no course.
    public struct Missing: Error, CustomStringConvertible {
        let directory: String
        /// The sentence for a person.
        public var description: String { "there is no course in \(directory): a course has its lessons in a folder en" }
    }

    /// A lesson with its proofs, and what is wrong with its files.
    public struct Entry: Sendable {
        /// The lesson.
        public var lesson: Lesson
        /// What is tried beside its solutions.
        public var proofs: Proofs
        /// What is wrong with its files.
        public var problems: [LessonProblem]
    }

    /// The ids of the lessons, in the order of their numbers.
    /// - Throws: ``Missing`` if there is no such folder, ``SystemError`` if it can't be read.
    public func ids() throws -> [String] {
        guard Files.exists(directory + "/en") else { throw Missing(directory: directory) }
        return try Files.list(directory + "/en").map(\.name).filter { $0.hasSuffix(".md") }.map {
            String($0.dropLast(3))
        }
        .sorted()
    }

    /// The path of a lesson's file in a language.
    public func path(_ id: String, in language: Language) -> String { "\(directory)/\(language.rawValue)/\(id).md" }

    /// The path of a lesson's proofs.
    public func proofsPath(_ id: String) -> String { "\(directory)/proofs/\(id).md" }

    /// The path of a lesson's recording.
    public func recordingPath(_ id: String) -> String { "\(directory)/recordings/\(id).json" }

    /// Reads a lesson in all its languages.
    /// - Throws: ``SystemError`` if its English file can't be read.
    public func load(_ id: String) throws(SystemError) -> Entry {
        let file = path(id, in: .en)
        var (lesson, problems) = LessonParser.read(try Files.text(file), file: file)
        if lesson.id != id {
            problems.append(LessonProblem(file: file, line: 1, message: "expected `id: \(id)`, the file's name"))
        }
        for language in Language.allCases where language != .en {
            let path = path(id, in: language)
            guard Files.exists(path) else { continue }
            problems += Translation.add(try Files.text(path), file: path, in: language, to: &lesson)
        }
        var proofs = Proofs()
        if Files.exists(proofsPath(id)) {
            let read = Proofs.read(try Files.text(proofsPath(id)), file: proofsPath(id))
            proofs = read.proofs
            problems += read.problems
            for step in read.proofs.lines where !lesson.steps.contains(where: { $0.id == step.key }) {
                problems.append(
                    LessonProblem(file: proofsPath(id), line: step.value, message: "there is no step `\(step.key)`"))
            }
        }
        return Entry(lesson: lesson, proofs: proofs, problems: problems)
    }

    /// What does not agree between the course's lecture notes and its lessons; nothing where it has no notes.
    /// - Throws: ``Missing``, ``SystemError`` if a file can't be read.
    public func problemsWithNotes() throws -> [LessonProblem] {
        guard let notes = try notes() else { return [] }
        return notes.problems(with: try lessons(), file: notesPath)
    }

    /// The lecture notes that the course teaches, if it has any.
    /// - Throws: ``SystemError`` if the file can't be read.
    public func notes() throws(SystemError) -> LectureNotes? {
        Files.exists(notesPath) ? LectureNotes(try Files.text(notesPath)) : nil
    }

    /// The path of the lecture notes that the course teaches.
    public var notesPath: String { directory + "/notes.ko.txt" }

    /// All lessons in the order of their numbers.
    /// - Throws: ``Missing``, ``SystemError`` if a file can't be read.
    public func lessons() throws -> [Lesson] {
        var lessons: [Lesson] = []
        for id in try ids() { lessons.append(try load(id).lesson) }
        return lessons
    }

    /// The lesson that a word names: its id, the beginning of one, its name without the number, or the number as one
    /// says it (`2` for `02-namespaces`).
    /// - Throws: ``Missing``, ``SystemError`` if the folder can't be read.
    public func id(matching word: String) throws -> String? {
        let ids = try ids()
        if ids.contains(word) { return word }
        if let number = Int(word) {
            let found = ids.filter { $0.split(separator: "-").first.flatMap { Int($0) } == number }
            if found.count == 1 { return found[0] }
        }
        let found = ids.filter { $0.hasPrefix(word) || $0.drop { $0 != "-" }.dropFirst() == word }
        return found.count == 1 ? found[0] : nil
    }
}
