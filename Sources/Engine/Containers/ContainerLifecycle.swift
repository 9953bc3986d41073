import EngineAPI
import Kernel
import OrderedJSON
import Posix
import Steps

/// What else becomes of containers: they are waited for, renamed, frozen and removed.
extension Node {
    /// Refuses to remove a container that runs, unless by force.
    func checkRemoval(of container: Container, _ reference: String, force: Bool) throws {
        let state = container.life.current.state
        if container.life.current.isRemoved { throw EngineFailure.notFound("No such container: \(reference)") }
        if state.isRunning, !force {
            let how =
                state.status == .paused
                ? "Unpause and then stop the container before attempting removal or force remove"
                : "Stop the container before attempting removal or force remove"
            throw EngineFailure.conflict(
                "You cannot remove a \(state.status.rawValue) container \(container.id). \(how)")
        }
    }

    /// Removes a container (API: ContainerDelete).
    ///
    /// - Parameter force: Whether a running one is killed first.
    public func removeContainer(
        _ reference: String, force: Bool, removeVolumes: Bool, operation: String
    ) throws {
        if try removeSetAsideContainer(reference, force: force) { return }
        let container = try self.container(reference)
        try container.lifecycle.withLock { _ in
            try checkRemoval(of: container, reference, force: force)
            if let running = container.life.current.running {
                container.life.withLock { $0.state.wasStoppedByHand = true }
                if try sendUnlessEnded(Signal.kill, to: container, running, operation: operation) {
                    publish("kill", container, ["signal": "9"])
                }
                _ = container.life.wait(seconds: 10) { $0.running == nil ? true : nil }
            }
            // One that was started with --rm is removed by its own end at the same time; then there is nothing to do.
            if container.life.current.isRemoved { return }
            try delete(container, operation: operation, removeVolumes: removeVolumes)
        }
    }

    /// Until when `wait` waits (API: ContainerWait).
    public enum WaitCondition: String, Sendable {
        case notRunning = "not-running"
        case nextExit = "next-exit"
        case removed
    }

    /// A wait that has begun: what happens from now on can't be missed.
    public struct Waiting: Sendable {
        let container: Container
        let condition: WaitCondition
        let endings: Int

        /// Waits on.
        ///
        /// - Parameter seconds: How long at most.
        /// - Returns: The exit code; `nil` when the time is over.
        public func wait(seconds: Double) -> Int32? {
            container.life.wait(seconds: seconds) { life in
                switch condition {
                case .notRunning: life.state.isRunning ? nil : life.state.exitCode
                case .nextExit: life.endings > endings || life.isRemoved ? life.state.exitCode : nil
                case .removed: life.isRemoved ? life.state.exitCode : nil
                }
            }
        }
    }

    /// Begins to wait for a container.
    public func beginWaiting(_ reference: String, condition: WaitCondition) throws -> Waiting {
        let container = try self.container(reference)
        return Waiting(container: container, condition: condition, endings: container.life.current.endings)
    }

    /// The step that gives a container another name, and the name without a slash before it.
    func renameStep(_ container: Container, to name: String) throws -> (Step, String) {
        let wanted = name.hasPrefix("/") ? String(name.dropFirst()) : name
        guard !wanted.isEmpty else { throw EngineFailure.invalid("Neither old nor new names may be empty") }
        guard ContainerNames.isValid(wanted) else {
            throw EngineFailure.invalid(
                "Error when allocating new name: Invalid container name (/\(wanted)), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
            )
        }
        let old = container.name
        if wanted == old {
            throw EngineFailure.invalid("Renaming a container with the same name as its current name")
        }
        let step = Step(
            .containerRename, command: "rename \(old) \(wanted)", facts: ["old": .string(old), "name": .string(wanted)]
        ) { [containers] in
            try containers.withLock { table in
                if let owner = table.names[wanted] {
                    throw EngineFailure.conflict(
                        "Error when allocating new name: Conflict. The container name \"/\(wanted)\" is already in use by "
                            + "container \"\(owner)\". You have to remove (or rename) that container to be able to reuse "
                            + "that name.")
                }
                table.names[old] = nil
                table.names[wanted] = container.id
            }
            do { try container.change { $0.name = wanted } } catch {
                containers.withLock { table in
                    table.names[wanted] = nil
                    table.names[old] = container.id
                }
                throw EngineFailure(wrapping: error, doing: "renaming container \(old)")
            }
            return StepOutcome(evidence: [
                Evidence(
                    source: "\(container.directory)/container.json",
                    text: "name: \(try Container.load(from: container.directory).name)")
            ])
        }
        return (step, wanted)
    }

    /// Gives a container another name (API: ContainerRename).
    public func renameContainer(_ reference: String, to name: String, operation: String) throws {
        let container = try self.container(reference)
        let old = container.name
        let (step, wanted) = try renameStep(container, to: name)
        try run(Procedure(title: "rename container", object: wanted, steps: [step]), operation: operation)
        publish("rename", container, ["oldName": "/" + old])
    }

    /// The step that freezes a container, or lets it go on.
    /// - Throws: ``EngineFailure`` for one that is in no state for it.
    func pauseStep(_ container: Container, _ paused: Bool) throws -> Step {
        let life = container.life.current
        guard let running = life.running else {
            // The statuses are Docker's.
            guard paused else { throw EngineFailure.system("Container \(container.id) is not paused") }
            throw EngineFailure.conflict("Container \(container.id) is not running")
        }
        if paused == (life.state.status == .paused) {
            throw paused
                ? EngineFailure.conflict("Container \(container.id) is already paused")
                : EngineFailure.system("Container \(container.id) is not paused")
        }
        let cgroup = running.cgroup
        guard let freezer = cgroup.freezer else {
            throw EngineFailure.system("Cannot pause container \(container.id): this host has no freezer")
        }
        return Step(
            paused ? .cgroupFreeze : .cgroupThaw,
            command: "echo \(paused ? freezer.frozen : freezer.thawed) > \(freezer.file)",
            facts: ["path": .string(cgroup.path)]
        ) {
            let count = Int64(try cgroup.processes().count)
            if paused { try cgroup.freeze() } else { try cgroup.thaw() }
            let state = Finding(try cgroup.isFrozen() ? .frozen : .thawed)
            // On the simulated kernel there is no file to be read.
            let text = try? Files.text(freezer.state).split(separator: "\n").joined(separator: "; ")
            return StepOutcome(
                facts: ["processes": .integer(count)],
                evidence: [
                    text.map { Evidence(source: freezer.state, text: $0) } ?? Evidence(source: freezer.state, state)
                ])
        }
    }

    /// Stops all processes of a container where they stand (API: ContainerPause), or lets them go on.
    public func setPaused(_ reference: String, _ paused: Bool, operation: String) throws {
        let container = try self.container(reference)
        try container.lifecycle.withLock { _ in
            let step = try pauseStep(container, paused)
            let title = paused ? "pause container" : "unpause container"
            try run(Procedure(title: title, object: container.name, steps: [step]), operation: operation)
            container.life.withLock { $0.state.status = paused ? .paused : .running }
            container.saveWhatHappened()
            publish(paused ? "pause" : "unpause", container)
        }
    }
}
