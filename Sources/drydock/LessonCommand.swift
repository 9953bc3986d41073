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
        subcommands: [List.self, Show.self, Run.self, New.self, Lint.self, Test.self, Report.self])

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
            let ids = try course.ids()
            let width = ids.map(\.count).max() ?? 0
            for id in ids {
                let lesson = try course.load(id).lesson
                let name = id + String(repeating: " ", count: width - id.count)
                let minutes = String(lesson.front.minutes)
                let indent = String(repeating: " ", count: max(0, 3 - minutes.count))
                print("\(name) \(indent)\(minutes) min  \(lesson.text(in: language).title)")
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print a lesson, to be read.")
        @OptionGroup var folder: CourseOption
        @Argument(help: "The lesson.") var id: String

        func run() throws {
            let course = try folder.course()
            for id in try LessonCommand.named([id], in: course) {
                let language = Language.preferred(environment: processEnvironment())
                let columns = Terminal.columns(of: 1)
                print(
                    LessonReader.text(try course.load(id).lesson, language: language, columns: columns), terminator: "")
            }
        }
    }

    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start the shell with a lesson.")
        @Option(help: "Report progress, step by step, to a file in this folder.") var follow: String?
        @Argument(help: "The lesson.") var id: String

        func run() throws {
            var face = ShellFace(home: try DrydockHome(environment: processEnvironment()), follow: follow)
            face.firstLine = "lesson start \(ShellFace.quoted(id))"
            throw ExitCode(try face.run())
        }
    }

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the files of a new lesson, to be filled in.")
        @OptionGroup var folder: CourseOption
        @Argument(help: "The lesson's id: two digits, a dash, words.") var id: String

        func run() throws {
            for path in try LessonTemplate.write(id, in: folder.course()) { print(path) }
        }
    }

    struct Report: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write what was done in the lessons, to hand in: report.md and report.json.")
        @OptionGroup var folder: CourseOption
        @Option(help: "Where to write them.") var output = "."

        func run() throws {
            let home = try DrydockHome(environment: processEnvironment())
            let report = try LessonReport(
                learnerDirectory: home.path + "/learner", course: folder.course(),
                language: Language.preferred(environment: processEnvironment()))
            try Files.replace("\(output)/report.md", with: Array(report.markdown().utf8), durable: false)
            try Files.replace("\(output)/report.json", with: report.json().encoded(.indented), durable: false)
            print("\(output)/report.md\n\(output)/report.json")
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
            if ids.isEmpty {
                let problems = try course.problemsWithNotes() + course.problemsOfTracks(course.lessons())
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
        @Flag(name: .customLong("no-skips"), help: "Fail where a lesson can't be played on this machine.")
        var failsWhenSkipping = false
        @Flag(help: "Print the lines that took longer than a second.") var slow = false
        @Argument(help: "Lessons; all of them if none is named.") var ids: [String] = []

        func validate() throws {
            if let language, Language(rawValue: language) == nil { throw ValidationError("--language is en or ko") }
        }

        func run() throws {
            let languages = language.flatMap { Language(rawValue: $0) }.map { [$0] }
            try Lab.removeAllAtSignals()
            let course = try folder.course()
            let environment = processEnvironment()
            let home = try DrydockHome(environment: environment)
            var proof = CourseProof(
                course: course, ids: try LessonCommand.named(ids, in: course),
                languages: languages ?? Language.allCases, jobs: jobs, program: try Files.linkTarget("/proc/self/exe"),
                environment: environment,
                features: LessonFeatures.here(home))
            proof.host = environment["DOCKER_HOST"].flatMap { $0.isEmpty ? nil : $0 }
            proof.records = records
            proof.failsWhenSkipping = failsWhenSkipping
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
                throw UsageProblem("there is no lesson \(word) in \(course.directory)")
            }
            return id
        }
    }
}

/// `drydock demo …`
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Play a lesson's solutions as if they were typed.",
        discussion: "`drydock demo notes`, on another terminal, shows the speaker notes of the step that is played; "
            + "`drydock demo notes LESSON` prints those of a whole lesson, to be read before.")

    @Flag(name: .customLong("auto"), help: "Play by itself.") var isAutomatic = false
    @Option(help: "Milliseconds between characters, with --auto.") var pace = 45
    @Flag(help: "With notes: print them once.") var once = false
    @Argument(help: "The lesson, or notes.") var lesson: String
    @Argument(help: "Behind notes: the lesson whose notes are printed.") var notesOf: String?

    func validate() throws {
        if notesOf != nil, lesson != "notes" {
            throw ValidationError("one lesson at a time; `drydock demo notes \(lesson)` prints its notes")
        }
        guard (1...1000).contains(pace) else { throw ValidationError("--pace is 1 to 1000 milliseconds") }
    }

    func run() throws {
        let home = try DrydockHome(environment: processEnvironment())
        if let notesOf { return try printNotes(notesOf) }
        if lesson == "notes" { return showNotes(home.path + "/learner/demo.json") }
        throw ExitCode(try ShellFace(home: home).demonstrate(lesson, isAutomatic: isAutomatic, pace: pace))
    }

    private func printNotes(_ word: String) throws {
        let course = Course(directory: try CourseFolder.find())
        let language = Language.preferred(environment: processEnvironment())
        for id in try LessonCommand.named([word], in: course) {
            let text = LessonReader.speakerNotes(
                try course.load(id).lesson, language: language, columns: Terminal.columns(of: 1))
            print(text, terminator: "")
        }
    }

    private func showNotes(_ path: String) {
        let language = Language.preferred(environment: processEnvironment())
        let waiting =
            language == .en
            ? "No demonstration is playing. `drydock demo notes 02` prints the notes of a lesson to be read before.\n"
            : "재생 중인 시연이 없습니다. 수업의 메모를 미리 보려면 `drydock demo notes 02` 명령을 쓰십시오.\n"
        var shown = ""
        while true {
            let columns = Terminal.columns(of: 1)
            let text = Demonstration.notes(statePath: path, columns: columns, language: language) ?? waiting
            if text != shown {
                let clear = isatty(1) == 1 && !once ? "\u{1B}[H\u{1B}[2J" : ""
                _ = (clear + text).withCString { write(1, $0, strlen($0)) }
                shown = text
            }
            if once { return }
            usleep(200_000)
        }
    }
}

/// `drydock class DIR`
struct ClassCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "class", abstract: "Show where everybody is who reports to a folder, and who is stuck.")

    @Flag(help: "Print the table once.") var once = false
    @Option(help: "After how many seconds in a step somebody counts as stuck.") var patience = 300
    @Argument(help: "The folder that was given to --follow.") var folder: String

    func run() throws {
        let view = ClassView(folder: folder, patience: patience)
        while true {
            let clear = isatty(1) == 1 && !once ? "\u{1B}[H\u{1B}[2J" : ""
            let text = try clear + view.text()
            _ = text.withCString { write(1, $0, strlen($0)) }
            if once { return }
            sleep(2)
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
    /// What every Docker Engine that is root can do.
    private static let limits: Set = ["memory-limit", "cpu-limit", "pids-limit", "freezer", "root"]

    static func here(_ home: DrydockHome) -> Set<String> {
        if let host = processEnvironment()["DOCKER_HOST"], !host.isEmpty {
            // A socket's engine is on this machine; what another machine has can't be looked at from here.
            return host.hasPrefix("unix://") ? limits.union(["linux"]) : limits
        }
        guard KernelChoice.simulatedBecause(home) == nil else { return ["drydock"] }
        var features: Set<String> = ["linux", "nodes", "drydock"]
        // Without root the engine limits only what was delegated to it.
        let cgroups = try? CgroupHierarchies.detect(parent: home.parentCgroup)
        if geteuid() == 0 { features.insert("root") }
        for (feature, controller) in [
            ("memory-limit", "memory"), ("cpu-limit", "cpu"), ("pids-limit", "pids"), ("freezer", "freezer"),
        ] where cgroups?.controllers.contains(controller) == true { features.insert(feature) }
        return features
    }
}
