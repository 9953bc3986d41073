import EngineClient
public import Narration
import Posix

/// Proves a lesson: in a fresh lab each check fails before its step's solution and passes after it, other ways are
/// accepted, near misses are rejected with a message, and nothing is left behind.
public struct Prover {
    /// What came of it.
    public struct Report: Sendable {
        /// Steps whose check failed before the solution and passed after it.
        public var checks = 0
        /// Questions whose answer was read from the world, and whose wrong answer was rejected.
        public var answers = 0
        /// Other ways that were accepted.
        public var alternatives = 0
        /// Near misses that were rejected with the message they should have.
        public var nearMisses = 0
        /// What was not as it should be.
        public var failures: [String] = []
        /// Steps that were passed over, because they need something that is not here.
        public var steps = 0
        /// Why the lesson can't be played here; `nil` when it was.
        public var skipped: String?
    }

    private let lesson: Lesson
    private let proofs: Proofs
    private let lab: Lab
    private let language: Language
    private let features: Set<String>
    private let world: World
    private let stage: Stage
    private var baseline = Inventory()
    private var report = Report()
    /// What was seen, for those who can't play the lesson.
    private(set) var recording = Recording()

    /// Proves a lesson in a lab that nobody else uses.
    ///
    /// - Parameters:
    ///   - entry: The lesson and its proofs.
    ///   - language: The language of the learner.
    ///   - features: What there is of what steps may need.
    ///   - isWhole: Whether alternatives and near misses are tried, too.
    ///   - slow: Is told how long each line took, seconds.
    /// - Returns: The report, and the recording of what the solutions showed.
    public static func prove(
        _ entry: Course.Entry, in lab: Lab, language: Language, features: Set<String>, isWhole: Bool,
        slow: (@Sendable (String, Double) -> Void)? = nil
    ) -> (report: Report, recording: Recording) {
        var prover = Prover(entry, lab, language, features, slow)
        do { try prover.run(isWhole: isWhole) } catch { prover.fail("\(error)") }
        return (prover.report, prover.recording)
    }

    private init(
        _ entry: Course.Entry, _ lab: Lab, _ language: Language, _ features: Set<String>,
        _ slow: (@Sendable (String, Double) -> Void)?
    ) {
        lesson = entry.lesson
        proofs = entry.proofs
        self.lab = lab
        self.language = language
        self.features = features
        var world = lab.world(language: language.rawValue)
        world.slow = slow
        self.world = world
        stage = Stage(lesson: entry.lesson, world: world, features: features)
    }

    private mutating func fail(_ text: String) { report.failures.append("\(lesson.id) (\(language)): \(text)") }

    private func place(_ step: LessonStep, _ line: Int? = nil) -> String {
        "\(lesson.file):\(line ?? step.line): `\(step.id)`"
    }

    private mutating func run(isWhole: Bool) throws {
        baseline = try Inventory(of: lab.engine())
        try stage.prepare(0)
        for (place, step) in lesson.steps.enumerated() {
            if step.isPassedOver(with: features) {
                report.steps += 1
                continue
            }
            if place > 0 { try stage.arrive(at: step) }
            if isWhole { try proveCases(of: step, at: place) }
            try proveSolution(of: step)
        }
        try stage.cleanUp()
        try removeWhatWasMade()
        let left = try Inventory(of: lab.engine()).without(baseline)
        if !left.isEmpty { fail("left behind: \(left.summary(in: .en))") }
    }

    // MARK: One step

    private mutating func proveSolution(of step: LessonStep) throws {
        let runner = CheckRunner(world: world, since: Clock.nanoseconds())
        let asks = lesson.text(in: .en).steps[step.id]?.asks ?? []
        let before = try CheckRunner(world: world, since: runner.since, patience: 0).missing(in: step.conditions)
        if let before, text(before, of: step).isEmpty {
            fail("\(place(step, before.line)): no message says what is missing")
        }
        // Where an answer has to be found, conditions may say what the question rests on.
        if before == nil, !step.conditions.isEmpty, asks.isEmpty {
            return fail("\(place(step)): the check passes before the solution")
        }
        var shown = ""
        for line in step.solution {
            let outcome = try world.run(line)
            shown += recording.add(line, outcome)
        }
        recording.steps[step.id] = shown
        if let missing = try runner.missing(in: step.conditions) {
            let message = "\(text(missing, of: step)) (it said: \(missing.output))"
            return fail(
                "\(place(step, missing.line)): the check does not pass after the solution: \(message)\n\(shown)")
        }
        if before != nil { report.checks += 1 }
        for ask in asks { try proveAnswer(ask.id, step, runner) }
        for proof in (proofs.alternatives[step.id] ?? []) + (proofs.nearMisses[step.id] ?? [])
        where proof.lines.isEmpty {
            try proveAnswers(of: proof, step, runner)
        }
    }

    private mutating func proveAnswer(_ id: String, _ step: LessonStep, _ runner: CheckRunner) throws {
        let rules = step.answers.filter { $0.id == id }
        guard let value = try rules.lazy.flatMap({ try runner.values(of: $0) }).first else {
            return fail("\(place(step, rules.first?.line)): the world has no answer for `\(id)`")
        }
        recording.answers["\(step.id)/\(id)"] = value
        if try runner.judge(value, by: rules) != .right {
            return fail("\(place(step, rules.first?.line)): `\(value)` is not accepted for `\(id)`")
        }
        if try runner.judge("certainly not \(value) 17", by: rules) == .right {
            return fail("\(place(step, rules.first?.line)): any answer is accepted for `\(id)`")
        }
        report.answers += 1
    }

    /// Cases that give only answers are tried in the world that the solution leaves.
    private mutating func proveAnswers(of proof: Proofs.Case, _ step: LessonStep, _ runner: CheckRunner) throws {
        for answer in proof.answers {
            let rules = step.answers.filter { $0.id == answer.id }
            let judgement = try runner.judge(answer.text, by: rules)
            switch (judgement, proof.says) {
            case (.right, nil): report.alternatives += 1
            case (.right, _?): fail("\(place(step)): the wrong answer `\(answer.text)` is accepted for `\(answer.id)`")
            case (.wrong, nil): fail("\(place(step)): the answer `\(answer.text)` is not accepted for `\(answer.id)`")
            case (.wrong(let message), let says?):
                let text = message.map { messageText($0, of: step, in: .en) } ?? ""
                if text.contains(says) {
                    report.nearMisses += 1
                } else {
                    fail("\(place(step)): for `\(answer.text)` the learner reads `\(text)`, not `\(says)`")
                }
            }
        }
    }

    /// Other ways and near misses, each in a world of its own.
    private mutating func proveCases(of step: LessonStep, at place: Int) throws {
        for proof in proofs.nearMisses[step.id] ?? [] where !proof.lines.isEmpty {
            try proveNearMiss(proof, step)
            try rebuild(place)
        }
        for proof in proofs.alternatives[step.id] ?? [] where !proof.lines.isEmpty {
            try proveAlternative(proof, step)
            try rebuild(place)
        }
    }

    private mutating func proveNearMiss(_ proof: Proofs.Case, _ step: LessonStep) throws {
        let runner = CheckRunner(world: world, since: Clock.nanoseconds(), patience: 2)
        for line in proof.lines { _ = try world.run(line) }
        let where_ = "proofs/\(lesson.id).md:\(proof.line): `\(step.id)`"
        guard let missing = try runner.missing(in: step.conditions) else {
            if proof.answers.isEmpty { return fail("\(where_): the near miss is accepted") }
            return try proveAnswers(of: proof, step, runner)
        }
        let said = messageText(missing.message ?? -1, of: step, in: .en)
            .replacing("{output}", with: missing.output)
        if let says = proof.says, !said.contains(says) {
            return fail("\(where_): the learner reads `\(said)`, not `\(says)`")
        }
        report.nearMisses += 1
    }

    private mutating func proveAlternative(_ proof: Proofs.Case, _ step: LessonStep) throws {
        let runner = CheckRunner(world: world, since: Clock.nanoseconds())
        var shown = ""
        for line in proof.lines {
            let outcome = try world.run(line)
            shown += "$ \(line.text)\n\(outcome.output)\(outcome.errors)"
        }
        let where_ = "proofs/\(lesson.id).md:\(proof.line): `\(step.id)`"
        if let missing = try runner.missing(in: step.conditions) {
            return fail("\(where_): the other way is not accepted: \(text(missing, of: step))\n\(shown)")
        }
        for answer in proof.answers {
            let rules = step.answers.filter { $0.id == answer.id }
            if try runner.judge(answer.text, by: rules) != .right {
                return fail("\(where_): the answer `\(answer.text)` is not accepted for `\(answer.id)`")
            }
        }
        report.alternatives += 1
    }

    // MARK: Messages

    private func text(_ missing: CheckRunner.Missing, of step: LessonStep) -> String {
        guard let message = missing.message else { return "" }
        return messageText(message, of: step, in: language).replacing("{output}", with: missing.output)
    }

    private func messageText(_ place: Int, of step: LessonStep, in language: Language) -> String {
        let messages = lesson.texts[language]?.steps[step.id]?.messages ?? []
        return messages.indices.contains(place) ? messages[place] : ""
    }

    // MARK: The world

    /// Makes the world as it is when a learner arrives at a step.
    private mutating func rebuild(_ place: Int) throws {
        try stage.cleanUp()
        try removeWhatWasMade()
        try stage.prepare(place)
    }

    private mutating func removeWhatWasMade() throws {
        let now = try Inventory(of: lab.engine())
        try now.without(baseline).remove(from: lab.engine())
        // What was there before and is gone can't be made again piece by piece. Another engine has no registry from which
        // a lesson's cleanup could get its images again.
        if !baseline.without(now).isEmpty || lab.isForeign && !lesson.cleanup.isEmpty {
            try lab.reset()
            baseline = try Inventory(of: lab.engine())
        }
    }
}
