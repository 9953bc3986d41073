import Glibc
import Narration
import Posix
import Testing

@testable import Lessons

@Suite("Lecture notes")
struct LectureNotesTests {
    /// The checkout's lessons; `DRYDOCK_LESSONS_TABLES=write` makes the tables of their README anew.
    private static let course = Course(
        directory: #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/lessons")
    private static let mark = "\n## The lessons\n"

    @Test func linesAreReadWithoutWhatOnlyPlacesThem() {
        let notes = LectureNotes("Docker\n - a  b\n\n(1) One\n$ docker ps\n------\n  (12) - Two\n(LXC)\n")
        #expect(notes.lines.map(\.text) == ["Docker", "a b", "One", "docker ps", "Two", "(LXC)"])
        #expect(notes.lines.map(\.number) == [1, 2, 4, 5, 7, 8])
    }

    @Test func aLineThatNoStepTeachesAndAMarkWithoutALineAreNamed() throws {
        let (lesson, problems) = LessonParser.read(
            LessonParserTests.example.replacing(
                "<!-- step: start -->", with: "<!-- step: start -->\n<!-- notes: ps -->"),
            file: "en/99-example.md")
        #expect(problems.isEmpty)
        #expect(LectureNotes("- ps").problems(with: [lesson], file: "notes").isEmpty)
        let wrong = LectureNotes("ps\ntop").problems(with: [lesson], file: "notes").map(\.description)
        #expect(wrong == ["notes:2: no step teaches `top`: expected a mark `notes:` in one"])
        let unknown = LectureNotes("").problems(with: [lesson], file: "notes").map(\.message)
        #expect(unknown == ["`start` teaches `ps`, which is no line of notes"])
    }

    @Test func everyLineOfTheCoursesNotesIsTaught() throws {
        let notes = try #require(try Self.course.notes())
        #expect(notes.lines.count > 80)
        #expect(try Self.course.problemsWithNotes().map(\.description) == [])
    }

    @Test func theTablesInTheReadmeAreTheLessons() throws {
        let path = Self.course.directory + "/README.md"
        let text = try Files.text(path)
        let prose = text.firstRange(of: Self.mark).map { String(text[..<$0.lowerBound]) } ?? text
        let lessons = try Self.course.lessons()
        let notes = try #require(try Self.course.notes())
        var expected =
            prose + Self.mark
            + "\n| lesson | title | 제목 | minutes | level | tracks |\n| --- | --- | --- | ---: | --- | --- |\n"
        for lesson in lessons {
            expected += "| [\(lesson.id)](en/\(lesson.id).md) | \(lesson.text(in: .en).title) "
            expected += "| [\(lesson.text(in: .ko).title)](ko/\(lesson.id).md) | \(lesson.front.minutes) "
            expected += "| \(lesson.front.level) | \(lesson.front.tracks.joined(separator: ", ")) |\n"
        }
        expected += "\n## The notes' lines\n\n" + notes.table(of: lessons)
        if getenv("DRYDOCK_LESSONS_TABLES").map({ String(cString: $0) }) == "write" {
            try Files.replace(path, with: Array(expected.utf8))
        }
        #expect(try Files.text(path) == expected, "run with DRYDOCK_LESSONS_TABLES=write to make the tables anew")
    }
}
