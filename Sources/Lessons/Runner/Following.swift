import Glibc
import OrderedJSON
import Posix

/// Reporting progress to a shared folder, for an instructor who wants to see who is stuck.
extension LessonRunner {
    /// Appends where the learner is to the learner's own file in the shared folder, if one was named.
    func report(_ open: Session) {
        guard let folder = configuration.follow else { return }
        let log = open.progress.logs[open.progress.step] ?? StepLog()
        let record: JSON = [
            "time": .integer(Clock.nanoseconds()), "who": .string(Learner.name), "lesson": .string(open.lesson.id),
            "part": .string(open.progress.part.rawValue), "step": .string(open.progress.step),
            "place": .integer(Int64(open.stepIndex + 1)), "steps": .integer(Int64(open.lesson.steps.count)),
            "isPassed": .bool(open.isPassed), "passed": .integer(Int64(open.progress.passed.count)),
            "lines": .integer(Int64(log.lines)),
            "hints": .integer(Int64(log.hints)), "seconds": .integer(Int64(log.seconds)),
            "mistake": log.mistakes.last.map { .string($0) } ?? .null,
        ]
        do throws(SystemError) {
            try Files.makeDirectories(folder)
            let file = try Descriptor.open(
                "\(folder)/\(Learner.name).jsonl", O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
            try file.write(record.encoded() + [0x0A])
        } catch { tell("drydock: the progress was not reported: \(error)") }
    }
}

/// Who is learning.
enum Learner {
    /// The user's name at the machine's, fit for a file's name.
    static var name: String {
        let user = getenv("USER").map { String(cString: $0) } ?? "uid\(getuid())"
        var buffer = [CChar](repeating: 0, count: 256)
        gethostname(&buffer, 255)
        let host = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return "\(user)@\(host)".map { $0.isLetter || $0.isNumber || "@.-_".contains($0) ? String($0) : "_" }.joined()
    }
}
