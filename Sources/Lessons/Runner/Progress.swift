import OrderedJSON
import Posix

/// What a learner has done in one lesson.
public struct LessonProgress: Sendable, Codable, Equatable {
    /// Where in a lesson somebody is.
    public enum Part: String, Sendable, Codable { case steps, quiz, done }

    /// Where the learner is.
    public var part = Part.steps
    /// The step's id, or the question's in the quiz.
    public var step = ""
    /// The steps that were passed, skipped ones included.
    public var passed: Set<String> = []
    /// Whether the current step's condition was found to hold, and this was said.
    public var toldConditions = false
    /// When the step began, nanoseconds since 1970.
    public var began: Int64 = 0
    /// What was chosen, by `STEP/PREDICTION`.
    public var chosen: [String: Int] = [:]
    /// What was answered rightly, by `STEP/QUESTION`.
    public var answered: [String: String] = [:]
    /// What was made in the lesson and still exists.
    public var made = Inventory()
    /// Whether the lesson was closed, and what it had made was removed: it is made again when the lesson goes on.
    public var isPutAway: Bool?
    /// The images that were there before the lesson: they stay, even if they were removed and fetched again in it.
    public var found: Set<String>?
    /// The choices that were tried, by question of the quiz.
    public var quiz: [String: [Int]] = [:]
    /// What happened, by step.
    public var logs: [String: StepLog] = [:]
    /// When something was done last, nanoseconds since 1970.
    public var last: Int64 = 0

    /// Nothing yet.
    public init() {}
}

/// What happened in a step.
public struct StepLog: Sendable, Codable, Equatable {
    /// Lines that were run.
    public var lines = 0
    /// Hints that were shown.
    public var hints = 0
    /// Whether it was skipped.
    public var skipped = false
    /// Whether the world was put right by `reset`.
    public var resets = 0
    /// The time that was spent, seconds; longer pauses than five minutes count as five.
    public var seconds = 0.0
    /// What was missing when it was asked, in English, and wrong answers.
    public var mistakes: [String] = []

    /// Nothing yet.
    public init() {}
}

/// What a learner has done in all lessons, kept in a file beside the history.
public struct Progress: Sendable, Codable, Equatable {
    /// The lesson that is open.
    public var current: String?
    /// The folder of its course, if it is not the program's own.
    public var course: String?
    /// The lessons that were begun.
    public var lessons: [String: LessonProgress] = [:]

    /// Nothing yet.
    public init() {}

    /// Reads a file; nothing yet if it is missing.
    /// - Throws: ``SystemError``, and a decoding error for a file that is none of ours: it is not overwritten.
    public static func read(_ path: String) throws -> Progress {
        guard Files.exists(path) else { return Progress() }
        return try JSON(parsing: Files.read(path)).decode(Progress.self, keys: .asDeclared)
    }

    /// Writes the file (mode 0600).
    public func write(to path: String) throws {
        try Files.makeDirectories(Files.parent(of: path), mode: 0o700)
        try Files.replace(path, with: JSON(encoding: self, keys: .asDeclared).encoded(.indented), mode: 0o600)
    }
}
