import EngineClient
import Posix

/// Puts the world into the state in which a learner arrives at a step.
struct Stage {
    let lesson: Lesson
    let world: World
    /// What there is of what steps may need. The others are passed over: they leave no trace.
    let features: Set<String>

    /// A line that should have worked and did not.
    struct Failure: Error, CustomStringConvertible {
        var line: ScriptLine
        var file: String
        var outcome: Outcome

        var description: String {
            let said = (outcome.errors + outcome.output).trimmedBlanks
            let end = outcome.code == 124 ? "it took too long" : "exit code \(outcome.code)"
            return "\(file):\(line.line): `\(line.text)` failed (\(end))\(said.isEmpty ? "" : ": \(said)")"
        }
    }

    /// Prepares a step whose predecessors were passed: from an empty lesson directory and a lab without what the lesson
    /// made, the lesson's setup and the solutions of the steps before.
    ///
    /// - Throws: ``Failure`` for a line of a setup, ``SystemError``.
    func prepare(_ place: Int) throws {
        if Files.exists(world.directory) { try clearDirectory() }
        try world.write(lesson.files)
        try Files.makeDirectories(world.directory)
        try run(lesson.setup)
        for step in lesson.steps.prefix(place) where !step.isPassedOver(with: features) {
            try arrive(at: step)
            // A solution may show how something fails; what matters is what the next step finds.
            for line in step.solution { _ = try world.run(line) }
        }
        if lesson.steps.indices.contains(place) { try arrive(at: lesson.steps[place]) }
    }

    /// What is done when a learner comes to a step from the one before.
    func arrive(at step: LessonStep) throws {
        try world.write(step.files)
        try run(step.setup)
    }

    /// Undoes what removing containers, networks, volumes and images does not. What is not there needs no undoing, so
    /// lines may fail.
    func cleanUp() throws(SystemError) {
        try Files.makeDirectories(world.directory)
        for line in lesson.cleanup { _ = try world.run(line) }
    }

    private func run(_ lines: [ScriptLine]) throws {
        for line in lines {
            let outcome = try world.run(line)
            if outcome.code != 0 { throw Failure(line: line, file: lesson.file, outcome: outcome) }
        }
    }

    /// Empties the directory without removing it: somebody may be in it.
    private func clearDirectory() throws(SystemError) {
        for entry in try Files.list(world.directory) { try Files.removeTree("\(world.directory)/\(entry.name)") }
    }
}
