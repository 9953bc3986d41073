import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps
import Synchronization

extension Node {
    /// Starts a container: a process begins in it (API: ContainerStart).
    ///
    /// - Returns: Whether it was started now; `false` when it was running already.
    /// - Throws: ``EngineFailure``; everything that was made for it is taken back then, and the container stays.
    @discardableResult
    public func startContainer(_ reference: String, operation: String) throws -> Bool {
        let container = try self.container(reference)
        return try container.lifecycle.withLock { _ in
            try Self.checkStart(of: container)
            if container.life.current.state.isRunning { return false }
            try start(container, operation: operation)
            return true
        }
    }

    /// The plan of `startContainer`, nothing performed: none for one that runs.
    public func planStart(_ reference: String) throws -> [StepRecord] {
        let container = try self.container(reference)
        try Self.checkStart(of: container)
        return container.life.current.state.isRunning ? [] : try planStart(container)
    }

    private static func checkStart(of container: Container) throws {
        guard container.life.current.state.status == .paused else { return }
        throw EngineFailure.conflict("cannot start a paused container, try unpause instead")
    }

    /// Gives a container in another's network that one's host name: both answer at the same addresses.
    private func takeName(of container: Container) throws {
        let mode = container.life.current.definition.hostObject.text("NetworkMode")
        guard mode.hasPrefix("container:"), let owner = try? self.container(String(mode.dropFirst(10))) else { return }
        let other = owner.life.current.definition.configObject
        container.life.withLock { life in
            var config = life.definition.configObject
            config["Hostname"] = .string(other.text("Hostname"))
            config["Domainname"] = .string(other.text("Domainname"))
            life.definition.config = .object(config)
        }
    }

    /// Starts a container whose lifecycle is held.
    func start(_ container: Container, operation: String) throws {
        try takeName(of: container)
        let launch = ContainerLaunch(
            node: self, container: container, isGated: gates.gate(of: operation) != nil)
        do {
            try launch.takeAddresses()
            try launch.writeFiles()
            try attachVolumes(to: container)
            try run(try launch.procedure(), operation: operation)
        } catch {
            launch.abandon()
            let failure = launch.failure(for: error)
            container.life.withLock { life in
                life.state.exitCode = launch.exitCode(for: failure)
                life.state.error = failure.message
            }
            container.saveWhatHappened()
            // Nobody will see the end of a container that never began: it goes at once, as on Docker.
            if container.life.current.definition.hostObject.flag("AutoRemove") {
                try delete(container, operation: operation, removeVolumes: true)
            }
            throw failure
        }
        container.saveWhatHappened()
    }
}
