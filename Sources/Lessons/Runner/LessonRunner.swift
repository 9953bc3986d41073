public import EngineClient
import Glibc
public import Narration
import Posix

/// Whom a runner of lessons works for: the shell.
public protocol LessonHost: AnyObject {
    /// Shows a text.
    func say(_ text: String)
    /// Runs a line as if it were typed, narrated.
    func run(_ line: String) -> Int32
    /// What stands before a line that is typed now: the name of the Docker host.
    var prompt: String { get }
    /// The language of the learner now.
    var language: Language { get }
    /// The terminal's columns now.
    var columns: Int { get }
    /// Whether marks are coloured.
    var colours: Bool { get }
}

/// Leads a learner through lessons: shows the steps, tries their checks after each command, keeps the progress.
public final class LessonRunner {
    /// What a runner has to know of the world around it.
    public struct Configuration: Sendable {
        /// The folder of the program's own lessons; `nil` if there is none.
        public var courseDirectory: String?
        /// Where the learner's own files are: progress and the lessons' directories.
        public var learnerDirectory: String
        /// The drydock executable, which runs a lesson's own lines.
        public var program: String
        /// The environment of such lines.
        public var environment: [String: String]
        /// What this machine has of what lessons may require.
        public var features: Set<String>
        /// A folder to which progress is reported step by step.
        public var follow: String?

        /// A configuration.
        public init(
            courseDirectory: String?, learnerDirectory: String, program: String, environment: [String: String],
            features: Set<String>, follow: String? = nil
        ) {
            self.courseDirectory = courseDirectory
            self.learnerDirectory = learnerDirectory
            self.program = program
            self.environment = environment
            self.features = features
            self.follow = follow
        }
    }

    /// A lesson that is open.
    struct Session {
        var lesson: Lesson
        var progress: LessonProgress
        var isPlaying = false
        /// What is shown instead of what this machine can't do.
        var recording: Recording?
        /// What the engine had before the command that runs now.
        var before: Inventory?
        /// The last line that was run.
        var line = ""
        /// The step whose check held while its offered lines were still being typed.
        var held: String?

        var stepIndex: Int { lesson.steps.firstIndex { $0.id == progress.step } ?? 0 }
        var step: LessonStep { lesson.steps[stepIndex] }
        /// Whether the last line is one that the step offers, and more of them follow.
        var isUnderWay: Bool {
            let words = line.split(separator: " ")
            return step.tries.dropLast().contains { $0.text.split(separator: " ") == words }
        }
        var isPassed: Bool { progress.passed.contains(progress.step) }
        /// Whether all steps are passed.
        var isWhole: Bool { lesson.steps.allSatisfy { progress.passed.contains($0.id) } }
        /// Up to which step the world is made; the number of steps when the quiz comes behind the last.
        var worldPlace: Int { progress.part == .steps || !isWhole ? stepIndex : lesson.steps.count }
    }

    let configuration: Configuration
    let engine: @Sendable () throws -> EngineClient
    unowned let host: any LessonHost
    var session: Session?

    /// A runner without an open lesson.
    ///
    /// - Parameters:
    ///   - engine: Gives the engine, started again if it has gone.
    ///   - host: Whom it works for; it must live longer.
    public init(
        _ configuration: Configuration, engine: @escaping @Sendable () throws -> EngineClient, host: any LessonHost
    ) {
        self.configuration = configuration
        self.engine = engine
        self.host = host
    }

    /// Concepts that the open lesson has told in full.
    public var focus: Set<String> { Set(session?.lesson.front.focus ?? []) }
    /// Whether a lesson is open.
    public var isOpen: Bool { session != nil }

    var voice: LessonVoice { LessonVoice(language: host.language) }
    var page: LessonPage { LessonPage(columns: host.columns, colours: host.colours) }
    var progressPath: String { configuration.learnerDirectory + "/progress.json" }

    func tell(_ text: String) {
        var page = page
        page.paragraph(text)
        host.say(page.text)
    }

    func fail(_ text: String) -> Int32 {
        tell(text)
        return 1
    }

    // MARK: The world

    func world(of lesson: Lesson) -> World {
        var world = World(
            engine: engine, directory: "\(configuration.learnerDirectory)/lessons/\(lesson.id)",
            program: configuration.program, environment: configuration.environment)
        let home = Files.parent(of: configuration.learnerDirectory)
        world.namedEngine = { name in try World.engine(named: name, home: home) }
        return world
    }

    func stage(_ session: Session) -> Stage {
        Stage(lesson: session.lesson, world: world(of: session.lesson), features: configuration.features)
    }

    /// Does something to the world on the lesson's behalf, and notes what was made by it.
    func noting(_ session: inout Session, _ work: () throws -> Void) throws {
        let before = try Inventory(of: engine())
        defer { note(&session, since: before) }
        try work()
    }

    /// Notes what there is now and was not before, and what of the lesson's things has gone.
    func note(_ session: inout Session, since before: Inventory) {
        // Without an answer nothing is known of what was made; the next command finds out.
        guard let now = try? Inventory(of: engine()) else { return }
        session.progress.made.formUnion(now.without(before))
        session.progress.made.images.subtract(session.progress.found ?? [])
        session.progress.made.formIntersection(now)
    }

    /// Removes what the lesson made, and nothing else.
    func removeWhatWasMade(_ session: inout Session) throws {
        try stage(session).cleanUp()
        let now = try Inventory(of: engine())
        session.progress.made.formIntersection(now)
        try session.progress.made.remove(from: engine())
        session.progress.made = Inventory()
    }

    /// Makes the world as it is when a learner arrives at a step, or when the step has just been passed.
    func rebuild(_ session: inout Session, place: Int, solved: Bool) throws {
        try removeWhatWasMade(&session)
        let stage = stage(session)
        let step = session.lesson.steps.indices.contains(place) ? session.lesson.steps[place] : nil
        try noting(&session) {
            try stage.prepare(place)
            if solved, let step {
                for line in step.solution { _ = try stage.world.run(line) }
            }
        }
        session.progress.began = Clock.nanoseconds()
    }

    // MARK: Progress

    func progress() throws -> Progress { try Progress.read(progressPath) }

    /// Keeps where the learner is.
    func save(_ session: Session?, isCurrent: Bool = true) {
        do {
            var all = try progress()
            if let session {
                all.lessons[session.lesson.id] = session.progress
                all.current = isCurrent ? session.lesson.id : nil
            }
            try all.write(to: progressPath)
        } catch {
            tell("drydock: the progress is not kept: \(error)")
        }
        if let session { report(session) }
    }

    /// Counts the time since something was done last, and notes something of the step.
    func log(_ session: inout Session, _ change: (inout StepLog) -> Void) {
        let now = Clock.nanoseconds()
        var entry = session.progress.logs[session.progress.step] ?? StepLog()
        if session.progress.last > 0 { entry.seconds += min(Double(now - session.progress.last) / 1e9, 300) }
        session.progress.last = now
        change(&entry)
        session.progress.logs[session.progress.step] = entry
    }

    // MARK: Opening and closing

    func course() throws -> Course? {
        let directory = try progress().course ?? configuration.courseDirectory
        return directory.map { Course(directory: $0) }
    }

    /// The ids of the course's lessons, for completion; none where there is no course.
    public var lessonIDs: [String] {
        guard let course = try? course() else { return [] }
        return (try? course.ids()) ?? []
    }

    /// Opens a lesson where it stood, or from the beginning.
    func start(_ word: String, anew: Bool) -> Int32 {
        do {
            guard let course = try course() else { return fail(voice.noSuchLesson(word)) }
            guard let id = try course.id(matching: word) else { return fail(voice.noSuchLesson(word)) }
            let entry = try course.load(id)
            if let problem = entry.problems.first { return fail(problem.description) }
            if let open = session, open.lesson.id != id { leave() }
            var kept = try progress().lessons[id] ?? LessonProgress()
            let isFresh =
                anew || kept.part == .done || kept.step.isEmpty
                || !(entry.lesson.steps.contains { $0.id == kept.step } || kept.part == .quiz)
            if isFresh {
                // A lesson that was not closed has made things since; what it found is what it found then.
                let (made, found) = (kept.made, kept.made.isEmpty ? nil : kept.found)
                kept = LessonProgress()
                kept.made = made
                kept.found = found
                kept.step = entry.lesson.steps.first?.id ?? ""
            }
            return open(entry.lesson, kept, course, isFresh: isFresh)
        } catch {
            return fail("\(error)")
        }
    }

    private func open(_ lesson: Lesson, _ progress: LessonProgress, _ course: Course, isFresh: Bool) -> Int32 {
        var new = Session(lesson: lesson, progress: progress)
        let lacking = lesson.front.requires.filter { !configuration.features.contains($0) }
        if !lacking.isEmpty {
            new.recording = Recording(path: course.recordingPath(lesson.id)) ?? Recording()
            tell(voice.lacks(lacking.joined(separator: ", ")))
            if new.recording == Recording() { tell(voice.noRecording) }
        } else if !prepare(&new, isFresh: isFresh) {
            return 1
        }
        new.progress.last = Clock.nanoseconds()
        session = new
        save(new)
        if isFresh {
            showIntroduction(new)
        } else {
            tell(voice.resumed(lesson.text(in: host.language).title))
        }
        show()
        return 0
    }

    /// Makes the world ready for a lesson that is opened.
    private func prepare(_ new: inout Session, isFresh: Bool) -> Bool {
        do {
            try Files.makeDirectories(world(of: new.lesson).directory)
            let wasPutAway = new.progress.isPutAway == true
            if isFresh || wasPutAway || hasChanged(new) {
                if !isFresh, !wasPutAway { tell(voice.worldChanged) }
                tell(voice.preparing)
                if new.progress.found == nil {
                    new.progress.found = try Inventory(of: engine()).images.subtracting(new.progress.made.images)
                }
                let place = new.worldPlace
                try rebuild(&new, place: place, solved: !isFresh && place == new.stepIndex && new.isPassed)
                new.progress.isPutAway = nil
            }
            let directory = world(of: new.lesson).directory
            if chdir(directory) != 0 { throw SystemError.last("entering \(directory)") }
        } catch {
            save(new, isCurrent: false)
            _ = fail(voice.notPrepared("\(error)"))
            return false
        }
        for name in namesInTheWay(new) { tell(voice.inTheWay(name)) }
        if !new.lesson.files.isEmpty || new.lesson.steps.contains(where: { !$0.files.isEmpty }) {
            tell(voice.inDirectory(world(of: new.lesson).directory))
        }
        return true
    }

    /// Whether what the lesson made is not there any more, or runs no more, as it did when it was left.
    private func hasChanged(_ session: Session) -> Bool {
        guard let now = try? Inventory(of: engine()) else { return true }
        var found = session.progress.made
        found.formIntersection(now)
        return found != session.progress.made
    }

    /// Containers that were there before, under names that the lesson's solutions use.
    private func namesInTheWay(_ session: Session) -> [String] {
        var names: [String] = []
        for line in session.lesson.setup + session.lesson.steps.flatMap({ $0.setup + $0.solution }) {
            let words = WordSplit.words(line.text) ?? []
            for (place, word) in words.enumerated() {
                if word == "--name", words.indices.contains(place + 1) { names.append(words[place + 1]) }
                if word.hasPrefix("--name=") { names.append(String(word.dropFirst(7))) }
            }
        }
        return Set(names).sorted().filter { name in
            guard let client = try? engine(),
                let id = try? client.request("GET", "/containers/\(name)/json").json()["Id"]?.string
            else { return false }
            return session.progress.made.containers[id] == nil
        }
    }

    /// Closes the open lesson: what it made is removed, the progress is kept.
    func leave() {
        guard var open = session else { return }
        session = nil
        if open.recording == nil {
            let made = open.progress.made.summary(in: host.language)
            open.progress.isPutAway = true
            do {
                try removeWhatWasMade(&open)
                tell(voice.left(made))
            } catch { tell(voice.notRemoved("\(error)")) }
        } else {
            tell(voice.recordingLeft)
        }
        save(open, isCurrent: false)
    }
}
