public import EngineAPI
import OrderedJSON
import Steps

/// What operations would do, for `explain`: the same steps, described and not performed. The plans of what has many
/// steps stand beside their operations.
extension Node {
    /// Describes procedures, one after another.
    func plan(_ procedures: Procedure...) -> [StepRecord] {
        procedures.flatMap { procedure in
            StepRunner.plan(procedure, operation: "plan", isSimulated: kernel.profile.kind == .simulated)
        }
    }

    /// The plan of `stopContainer`: the signal that asks. Nothing for a container that does not run.
    public func planStop(_ reference: String, signal: String) throws -> [StepRecord] {
        let container = try self.container(reference)
        guard let number = signal.isEmpty ? stopSignal(of: container) : Signal.number(signal) else {
            throw EngineFailure.invalid("Invalid signal: \(signal)")
        }
        guard let running = container.life.current.running else { return [] }
        return plan(
            Procedure(title: "signal container", object: container.name, steps: [signalStep(number, running)]))
    }

    /// The plan of `killContainer`.
    public func planKill(_ reference: String, signal: String) throws -> [StepRecord] {
        let container = try self.container(reference)
        guard container.life.current.running != nil else {
            throw EngineFailure.conflict(
                "Cannot kill container: \(reference): Container \(container.id) is not running")
        }
        return try planStop(reference, signal: signal.isEmpty ? "KILL" : signal)
    }

    /// The plan of `setPaused`.
    public func planPause(_ reference: String, _ paused: Bool) throws -> [StepRecord] {
        let container = try self.container(reference)
        let title = paused ? "pause container" : "unpause container"
        return plan(Procedure(title: title, object: container.name, steps: [try pauseStep(container, paused)]))
    }

    /// The plan of `renameContainer`.
    public func planRename(_ reference: String, to name: String) throws -> [StepRecord] {
        let (step, wanted) = try renameStep(try container(reference), to: name)
        return plan(Procedure(title: "rename container", object: wanted, steps: [step]))
    }

    /// The plan of `removeContainer`: the signal first, where a running one goes by force.
    public func planRemoval(_ reference: String, force: Bool, removeVolumes: Bool) throws -> [StepRecord] {
        let container = try self.container(reference)
        try checkRemoval(of: container, reference, force: force)
        var steps: [StepRecord] = []
        if let running = container.life.current.running {
            steps = plan(
                Procedure(
                    title: "signal container", object: container.name, steps: [signalStep(Signal.kill, running)]))
        }
        return steps
            + plan(
                Procedure(
                    title: "remove container", object: container.name,
                    steps: removalSteps(of: container, removeVolumes: removeVolumes)))
    }

    /// The plan of `removeNetwork`.
    public func planNetworkRemoval(_ reference: String) throws -> [StepRecord] {
        let network = try networks.find(reference)
        try checkRemoval(of: network)
        return plan(Procedure(title: "remove network", object: network.name, steps: removalSteps(of: network)))
    }
}
