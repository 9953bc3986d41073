import ArgumentParser
import Glibc
import Kernel
import Lessons
import Narration
import Posix

/// `drydock lesson …`: the course, from outside of the shell.
struct LessonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lesson", abstract: "The course: lessons that lead through the shell.",
        subcommands: [List.self, Lint.self, Test.self])

    /// Where the lessons are.
    struct CourseOption: ParsableArguments {
        @Option(name: .customLong("course"), help: "The folder of another course.")
        var directory: String?

        func course() throws -> Course {
            Course(directory: try directory ?? CourseFolder.find())
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the lessons.")
        @OptionGroup var folder: CourseOption

        func run() throws {
            let language = Language.preferred(environment: processEnvironment())
            let course = try folder.course()
            for id in try course.ids() {
                let lesson = try course.load(id).lesson
                print("\(id)  \(lesson.front.minutes) min  \(lesson.text(in: language).title)")
            }
        }
    }

    struct Lint: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what is wrong with lesson files: file, line, what was expected.")
        @OptionGroup var folder: CourseOption
        @Argument(help: "Lessons; all of them if none is named.") var ids: [String] = []

        func run() throws {
            let course = try folder.course()
            let all = try course.ids()
            var count = 0
            for id in try LessonCommand.named(ids, in: course) {
                let problems = Linter.problems(of: try course.load(id), in: course, ids: all)
                for problem in problems { print(problem) }
                count += problems.count
            }
            if count > 0 { throw ExitCode(1) }
        }
    }

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Play the solutions in a fresh lab and prove each check.")
        @OptionGroup var folder: CourseOption
        @Option(help: "How many lessons are proven at a time.") var jobs = 2
        @Option(name: .customLong("language"), help: "en or ko; both if not given.") var language: String?
        @Flag(name: .customLong("record"), help: "Write down what the solutions show (lessons/recordings).")
        var records = false
        @Flag(help: "Print the lines that took longer than a second.") var slow = false
        @Argument(help: "Lessons; all of them if none is named.") var ids: [String] = []

        func run() throws {
            let languages = try language.map { name in
                guard let language = Language(rawValue: name) else { throw ValidationError("--language is en or ko") }
                return [language]
            }
            try Lab.removeAllAtSignals()
            let course = try folder.course()
            let environment = processEnvironment()
            let home = try DrydockHome(environment: environment)
            var proof = CourseProof(
                course: course, ids: try LessonCommand.named(ids, in: course),
                languages: languages ?? Language.allCases, jobs: jobs, program: try Files.linkTarget("/proc/self/exe"),
                environment: environment,
                features: LessonFeatures.here(home))
            proof.records = records
            if slow {
                proof.slow = { line, seconds in
                    if seconds > 1 { StandardError.write("\((seconds * 10).rounded() / 10) s: \(line)\n") }
                }
            }
            let isFine = try proof.run { line in
                _ = (line + "\n").withCString { write(1, $0, strlen($0)) }
            }
            if !isFine { throw ExitCode(1) }
        }
    }

    static func named(_ words: [String], in course: Course) throws -> [String] {
        if words.isEmpty { return try course.ids() }
        return try words.map { word in
            guard let id = try course.id(matching: word) else {
                throw ValidationError("there is no lesson \(word) in \(course.directory)")
            }
            return id
        }
    }
}

/// Finds the lessons that belong to the program.
enum CourseFolder {
    /// The folder: `DRYDOCK_LESSONS`, or `lessons` beside the program, in the working directory, or in one above.
    static func find() throws -> String {
        if let path = processEnvironment()["DRYDOCK_LESSONS"], !path.isEmpty { return path }
        let program = try Files.linkTarget("/proc/self/exe")
        for start in [Files.parent(of: program), try Files.linkTarget("/proc/self/cwd")] {
            var directory = start
            while directory != "/" {
                for path in ["\(directory)/lessons", "\(directory)/share/drydock/lessons"]
                where Files.exists("\(path)/en") { return path }
                directory = Files.parent(of: directory)
            }
        }
        throw UsageProblem(
            "there are no lessons beside \(program), here, or above; DRYDOCK_LESSONS can name their folder")
    }
}

/// What this machine has of what lessons may require.
enum LessonFeatures {
    static func here(_ home: DrydockHome) -> Set<String> {
        guard KernelChoice.simulatedBecause(home) == nil else { return [] }
        return ["linux", "nodes", "memory-limit", "cpu-limit"]
    }
}
