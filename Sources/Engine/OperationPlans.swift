public import EngineAPI
import Kernel
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

    /// The plan of the end of a container: what a signal brings about, and what `--rm` wants then.
    ///
    /// - Parameters:
    ///   - number: The signal that ends it; only of SIGKILL it is known how the process ends.
    ///   - goesOn: Whether the container is started again or removed by the same command, so that `--rm` waits.
    private func planEnd(
        of container: Container, _ running: Container.Running, by number: Int32, goesOn: Bool = false
    ) -> [StepRecord] {
        let name = container.name
        let endpoints = container.life.current.running?.endpoints ?? running.endpoints
        let end: ProcessEnd? = number == Signal.kill ? .signaled(number) : nil
        let steps =
            plan(Procedure(title: "signal container", object: name, steps: [signalStep(number, running)]))
            + plan(
                Procedure(
                    title: "container ended", object: name,
                    steps: endingSteps(container, running, endpoints: endpoints, end: end, outOfMemory: false)))
        guard !goesOn, container.life.current.definition.hostObject.flag("AutoRemove") else { return steps }
        return steps
            + plan(
                Procedure(
                    title: "remove container", object: name,
                    steps: removalSteps(of: container, removeVolumes: true)))
    }

    /// The plan of `stopContainer`: the signal that asks, and the end, by that signal or by SIGKILL after it. Nothing
    /// for a container that does not run.
    public func planStop(_ reference: String, signal: String) throws -> [StepRecord] {
        let container = try self.container(reference)
        guard let number = signal.isEmpty ? stopSignal(of: container) : Signal.number(signal) else {
            throw EngineFailure.invalid("Invalid signal: \(signal)")
        }
        guard let running = container.life.current.running else { return [] }
        return planEnd(of: container, running, by: number)
    }

    /// The plan of `restartContainer`: the end, then the start, with the addresses that are free by then.
    public func planRestart(_ reference: String, signal: String) throws -> [StepRecord] {
        let container = try self.container(reference)
        guard let number = signal.isEmpty ? stopSignal(of: container) : Signal.number(signal) else {
            throw EngineFailure.invalid("Invalid signal: \(signal)")
        }
        guard let running = container.life.current.running else { return try planStart(container) }
        return planEnd(of: container, running, by: number, goesOn: true)
            + (try planStart(container, after: container.life.current.running?.endpoints ?? running.endpoints))
    }

    /// The plan of `killContainer`: the signal, and the end where it can't be refused.
    public func planKill(_ reference: String, signal: String) throws -> [StepRecord] {
        let container = try self.container(reference)
        guard let number = signal.isEmpty ? Signal.kill : Signal.number(signal) else {
            throw EngineFailure.invalid("Invalid signal: \(signal)")
        }
        guard let running = container.life.current.running else {
            throw EngineFailure.conflict(
                "Cannot kill container: \(reference): Container \(container.id) is not running")
        }
        if number == Signal.kill { return planEnd(of: container, running, by: number) }
        // What the process does on any other signal is its own affair.
        return plan(
            Procedure(title: "signal container", object: container.name, steps: [signalStep(number, running)]))
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
            steps = planEnd(of: container, running, by: Signal.kill, goesOn: true)
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
