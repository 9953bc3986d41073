import CLinux
import EngineClient
import Glibc
public import Narration
import Posix

/// Lints and proves the lessons of a course, several at a time.
public struct CourseProof: Sendable {
    /// The course.
    public var course: Course
    /// The lessons.
    public var ids: [String]
    /// The languages.
    public var languages: [Language]
    /// How many labs there are at a time.
    public var jobs: Int
    /// The drydock executable.
    public var program: String
    /// The environment of the labs' processes.
    public var environment: [String: String]
    /// What this machine has of what lessons may require.
    public var features: Set<String>
    /// Is told how long each line took, seconds.
    public var slow: (@Sendable (String, Double) -> Void)?
    /// Whether a lesson that can't be played here counts as a failure.
    public var failsWhenSkipping = false
    /// The address of another engine on which the lessons are proven, as `DOCKER_HOST` has it.
    public var host: String?
    /// Whether what the solutions show is written down.
    public var records = false

    /// A proof of lessons.
    public init(
        course: Course, ids: [String], languages: [Language], jobs: Int, program: String,
        environment: [String: String], features: Set<String>
    ) {
        self.course = course
        self.ids = ids
        self.languages = languages
        self.jobs = jobs
        self.program = program
        self.environment = environment
        self.features = features
    }

    private struct State: Sendable {
        var waiting: [String]
        var running: Int
        var totals = Prover.Report()
        var proven = 0
        var skipped = 0
    }

    /// Lints all, proves all, and tells of each lesson as it is done.
    ///
    /// - Parameter say: Takes lines for a person, from any thread.
    /// - Returns: Whether all is as it should be.
    public func run(say: @escaping @Sendable (String) -> Void) throws -> Bool {
        guard let host else { return try run(images: nil, say: say) }
        // The other engine has one world for all; and it has none of the lab's images yet.
        var proof = self
        proof.jobs = 1
        let engine = try EngineClient(host: host)
        let before = try Inventory(of: engine)
        let lab = try Lab(program: program, environment: environment)
        defer {
            do { try lab.remove() } catch { say("\(lab.home) was not removed: \(error)") }
        }
        let archive = "\(lab.home)/images.tar"
        let hasImages = try LabImages.save(from: lab.engine(), to: archive, without: before.images)
        if hasImages { try LabImages.load(archive, into: engine) }
        let isFine = try proof.run(images: hasImages ? archive : nil, say: say)
        try Inventory(of: engine).without(before).remove(from: engine)
        return isFine
    }

    private func run(images: String?, say: @escaping @Sendable (String) -> Void) throws -> Bool {
        let state = Monitor(State(waiting: ids, running: max(1, min(jobs, ids.count))))
        let all = try course.ids()
        for number in 0..<state.withLock({ $0.running }) {
            try Thread.start("lesson \(number)") {
                while let id = state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }) {
                    prove(id, all, images, state, say)
                }
                state.withLock { $0.running -= 1 }
            }
        }
        _ = state.wait { $0.running == 0 ? true : nil }
        // A signal has come: who takes the labs away ends the program, too.
        while RunningPrograms.isEnding { pause() }
        return state.withLock { state in
            let totals = state.totals
            for failure in totals.failures { say("FAILED \(failure)") }
            if totals.steps > 0 { say("\(totals.steps) steps skipped: they need Drydock's own engine") }
            say(
                "\(state.proven) lessons proven, \(state.skipped) skipped, \(totals.failures.count) failures: "
                    + "\(totals.checks) checks fail before and pass after, \(totals.answers) answers read from the world, "
                    + "\(totals.alternatives) other ways accepted, \(totals.nearMisses) near misses rejected")
            return totals.failures.isEmpty
        }
    }

    private func prove(
        _ id: String, _ all: [String], _ images: String?, _ state: Monitor<State>, _ say: @Sendable (String) -> Void
    ) {
        var report = Prover.Report()
        let begin = Clock.nanoseconds()
        do {
            let entry = try course.load(id)
            report.failures = Linter.problems(of: entry, in: course, ids: all).map(\.description)
            let lacking = entry.lesson.front.requires.filter { !features.contains($0) }.joined(separator: ", ")
            if !lacking.isEmpty {
                report.skipped = lacking
                if failsWhenSkipping { report.failures.append("\(id): skipped, because this machine lacks \(lacking)") }
            } else {
                for language in languages where report.failures.isEmpty {
                    try prove(entry, in: language, images: images, into: &report)
                }
            }
        } catch {
            report.failures.append("\(id): \(error)")
        }
        let seconds = Double(Clock.nanoseconds() - begin) / 1e9
        state.withLock { state in
            state.totals.checks += report.checks
            state.totals.answers += report.answers
            state.totals.alternatives += report.alternatives
            state.totals.nearMisses += report.nearMisses
            state.totals.failures += report.failures
            state.totals.steps += report.steps
            if report.skipped != nil { state.skipped += 1 } else if report.failures.isEmpty { state.proven += 1 }
        }
        if let lacking = report.skipped {
            say("skipped \(id): this machine lacks \(lacking)")
        } else {
            let passedOver = report.steps == 0 ? "" : "\(report.steps) steps skipped, "
            let counts =
                "\(passedOver)\(report.checks) checks, \(report.answers) answers, \(report.alternatives) other ways, "
            let result = report.failures.isEmpty ? "ok" : "FAILED"
            let tenths = (seconds * 10).rounded() / 10
            say("\(result) \(id): \(counts)\(report.nearMisses) near misses, \(tenths) s")
        }
    }

    /// Gives the calling thread, and all that it starts, a network of its own, so that labs beside each other can publish
    /// the same ports (`network_namespaces(7)`). Without root there is the simulated kernel, which publishes none.
    ///
    /// Where another engine on this machine is asked, it is that one's network: there its ports are published.
    private func enterOwnNetwork() throws {
        guard geteuid() == 0 else { return }
        if let host {
            guard let path = try EngineClient(host: host).networkNamespace else { return }
            let namespace = try Descriptor.open(path, O_RDONLY)
            try check("entering the network of \(host)") { linux_setns(namespace.number, 0x4000_0000) }
            return
        }
        try check("making a network namespace for a lab") { linux_unshare(0x4000_0000) }  // CLONE_NEWNET
        try check("bringing the loopback interface up") { linux_bring_loopback_up() }
    }

    /// Proves a lesson in one language. Other ways and near misses do not depend on it: they are tried in the first.
    private func prove(_ entry: Course.Entry, in language: Language, images: String?, into report: inout Prover.Report)
        throws
    {
        try enterOwnNetwork()
        let lab = try Lab(program: program, environment: environment, host: host, images: images)
        let isFirst = language == languages.first
        let result = Prover.prove(entry, in: lab, language: language, features: features, isWhole: isFirst, slow: slow)
        try lab.remove()
        if isFirst {
            report.checks = result.report.checks
            report.steps = result.report.steps
            report.answers = result.report.answers
            report.alternatives = result.report.alternatives
            report.nearMisses = result.report.nearMisses
            if records, result.report.failures.isEmpty {
                try result.recording.write(to: course.recordingPath(entry.lesson.id))
            }
        } else if result.report.checks != report.checks {
            report.failures.append("\(entry.lesson.id) (\(language)): another number of checks passes")
        }
        report.failures += result.report.failures
    }
}
