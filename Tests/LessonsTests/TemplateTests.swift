import Glibc
import Posix
import Testing

@testable import Lessons

@Suite("The template of a lesson")
struct TemplateTests {
    private static let format =
        #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/lessons/FORMAT.md"

    @Test("A new lesson has nothing that lint would find")
    func isWhole() throws {
        let course = Course(directory: "/tmp/lessons-tests-\(getpid())-\(UInt32.random(in: 0 ... .max))")
        // What can't be removed is left to the machine's own tidying of /tmp.
        defer { try? Files.removeTree(course.directory) }
        #expect(try LessonTemplate.write("30-mine", in: course).count == 3)
        let problems = Linter.problems(of: try course.load("30-mine"), in: course, ids: try course.ids())
        #expect(problems.map(\.description) == [])
        #expect(throws: LessonTemplate.Failure.self) { try LessonTemplate.write("30-mine", in: course) }
    }

    @Test("FORMAT.md shows it as it is")
    func isShown() throws {
        let text = try Files.text(Self.format)
        for part in [LessonTemplate.english, LessonTemplate.korean, LessonTemplate.proofs] {
            #expect(text.contains("\n`````markdown\n\(part)`````\n"))
        }
    }

    @Test("A folder without lessons is no course")
    func noCourse() {
        #expect(throws: Course.Missing.self) { try Course(directory: "/nonexistent").ids() }
    }
}
