import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

/// Containers are ended: by a signal, in good time, or to be started again.
extension Node {
    /// Sends a signal to a container's first process (API: ContainerKill).
    ///
    /// - Parameter signal: A name or number; empty is SIGKILL.
    public func killContainer(_ reference: String, signal: String, operation: String) throws {
        guard let number = signal.isEmpty ? Signal.kill : Signal.number(signal) else {
            throw EngineFailure.invalid("Invalid signal: \(signal)")
        }
        let container: Container
        do { container = try self.container(reference) } catch let failure as EngineFailure {
            throw EngineFailure(status: failure.status, "Cannot kill container: \(reference): \(failure.message)")
        }
        guard number <= 64 else {
            throw EngineFailure.invalid(
                "Cannot kill container: \(reference): The linux daemon does not support signal \(number)")
        }
        guard let running = container.life.current.running else {
            throw EngineFailure.conflict(
                "Cannot kill container: \(reference): Container \(container.id) is not running")
        }
        if number == Signal.kill || number == stopSignal(of: container) {
            container.life.withLock { $0.state.wasStoppedByHand = true }
        }
        try send(number, to: container, running, operation: operation)
        publish("kill", container, ["signal": String(number)])
        if number == Signal.kill { _ = container.life.wait(seconds: 10) { $0.running == nil ? true : nil } }
    }

    /// The step that sends a signal to a container's first process.
    ///
    /// - Parameter waited: For how many seconds another signal was given time before.
    func signalStep(_ number: Int32, _ running: Container.Running, waited: Int? = nil) -> Step {
        let pid = running.process.pid
        let kernel = kernel
        return Step(
            .processSignal, command: "pidfd_send_signal(\(pid), \(Signal.name(number)))",
            facts: [
                "signal": .string(Signal.name(number)), "number": .integer(Int64(number)), "pid": .integer(Int64(pid)),
                "waited": waited.map { .integer(Int64($0)) } ?? .null,
            ]
        ) {
            try running.process.signal(number)
            // A frozen process dies at once when it is killed through the unified hierarchy; with version 1 only thawing
            // lets the signal in.
            if number == Signal.kill { try Self.thaw(running.cgroup) }
            let state = (try? kernel.processFile(pid, "status"))?.split(separator: "\n").first {
                $0.hasPrefix("State:")
            }
            let source = "/proc/\(pid)/status"
            let found = state.map { Evidence(source: source, text: String($0.replacing("\t", with: " "))) }
            return StepOutcome(evidence: [found ?? Evidence(source: source, Finding(.noProcess))])
        }
    }

    func send(
        _ number: Int32, to container: Container, _ running: Container.Running, operation: String, after told: Int = 0,
        waited: Int? = nil
    ) throws {
        let step = signalStep(number, running, waited: waited)
        do {
            let procedure = Procedure(title: "signal container", object: container.name, steps: [step])
            try run(procedure, operation: operation, after: told)
        } catch let error as SystemError where error.code == ESRCH {
            throw EngineFailure.conflict("Container \(container.id) is not running")
        }
    }

    /// Sends a signal to a process that is to end; one that has ended by itself at the same moment is as wanted.
    /// - Returns: Whether there was still somebody to send it to.
    func sendUnlessEnded(
        _ number: Int32, to container: Container, _ running: Container.Running, operation: String, after told: Int = 0,
        waited: Int? = nil
    ) throws -> Bool {
        do {
            try send(number, to: container, running, operation: operation, after: told, waited: waited)
        } catch {
            guard running.process.hasEnded else { throw error }
            return false
        }
        return true
    }

    /// Lets frozen processes go on. A group that is gone meanwhile, because its container has ended, is no error.
    private static func thaw(_ cgroup: any Cgroup) throws {
        do {
            if try cgroup.isFrozen() { try cgroup.thaw() }
        } catch let error where [ENOENT, ENODEV].contains(error.code) {}
    }

    func stopSignal(of container: Container) -> Int32 {
        Signal.number(container.life.current.definition.configObject.text("StopSignal")) ?? Signal.terminate
    }

    /// Asks a container to end, and kills it when it has not after a while (API: ContainerStop).
    ///
    /// - Parameters:
    ///   - timeout: Seconds to wait; `nil` is the container's own or 10; below 0 waits for ever.
    ///   - signal: What to ask with; empty is the container's own or SIGTERM.
    /// - Returns: Whether it was running.
    @discardableResult
    public func stopContainer(_ reference: String, timeout: Int?, signal: String = "", operation: String) throws -> Bool
    {
        let container = try self.container(reference)
        guard let number = signal.isEmpty ? stopSignal(of: container) : Signal.number(signal) else {
            throw EngineFailure.invalid("Invalid signal: \(signal)")
        }
        return try container.lifecycle.withLock { _ in
            try stop(container, timeout: timeout, signal: number, operation: operation)
        }
    }

    private func stop(_ container: Container, timeout: Int?, signal: Int32, operation: String) throws -> Bool {
        container.life.withLock { life in
            life.state.wasStoppedByHand = true
            if life.state.status == .restarting { life.state.status = .exited }
        }
        guard let running = container.life.current.running else { return false }
        let own = container.life.current.definition.configObject["StopTimeout"]?.integer
        let seconds = timeout ?? own.map { Int($0) } ?? 10
        if try sendUnlessEnded(signal, to: container, running, operation: operation) {
            publish("kill", container, ["signal": String(signal)])
        }
        try Self.thaw(running.cgroup)
        let ended = container.life.wait(seconds: seconds < 0 ? nil : Double(seconds)) { $0.running == nil ? true : nil }
        if ended == nil, let running = container.life.current.running {
            if try sendUnlessEnded(Signal.kill, to: container, running, operation: operation, after: 1, waited: seconds)
            {
                publish("kill", container, ["signal": "9"])
            }
            guard container.life.wait(seconds: 10, for: { $0.running == nil ? true : nil }) != nil else {
                throw EngineFailure.system("container \(container.id) did not end within 10 seconds of SIGKILL")
            }
        }
        publish("stop", container)
        return true
    }

    /// Stops a container and starts it again (API: ContainerRestart).
    public func restartContainer(_ reference: String, timeout: Int?, signal: String = "", operation: String) throws {
        let container = try self.container(reference)
        guard let number = signal.isEmpty ? stopSignal(of: container) : Signal.number(signal) else {
            throw EngineFailure.invalid("Invalid signal: \(signal)")
        }
        try container.lifecycle.withLock { _ in
            _ = try stop(container, timeout: timeout, signal: number, operation: operation)
            try start(container, operation: operation)
        }
        publish("restart", container)
    }
}
