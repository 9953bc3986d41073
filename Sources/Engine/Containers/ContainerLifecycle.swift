import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

extension Node {
    /// The container that a text means: its identity, the beginning of it, or its name (with or without a slash).
    /// - Throws: ``EngineFailure`` 404, or 400 when several identities begin like this.
    func container(_ reference: String) throws -> Container {
        let table = containers.current
        let name = Self.plainName(reference)
        if let exact = table.byID[reference] ?? table.names[name].flatMap({ table.byID[$0] }) { return exact }
        guard !reference.isEmpty else { throw EngineFailure.notFound("No such container: ") }
        let found = table.byID.values.filter { $0.id.hasPrefix(reference) }
        if found.count > 1 {
            throw EngineFailure.invalid("Multiple IDs found with provided prefix: \(reference)")
        }
        guard let container = found.first else {
            if let item = setAside.find(.container, name) { throw item.refusal }
            throw EngineFailure.notFound("No such container: \(reference)")
        }
        return container
    }

    /// The identity of a container that a text means.
    public func containerID(_ reference: String) throws -> String { try container(reference).id }

    /// The first process of a running container.
    func runningProcess(of reference: String) throws -> any SandboxProcess {
        let container = try container(reference)
        guard let running = container.life.current.running else {
            throw EngineFailure.conflict("cannot join network of a non running container: \(container.id)")
        }
        return running.process
    }

    /// Whether another container may join a container's IPC namespace: its owner has to say so.
    func checkShareableIPC(_ reference: String) throws {
        let container = try container(reference)
        guard container.life.current.definition.hostObject.text("IpcMode") != "private" else {
            throw EngineFailure.invalid(
                "can't join IPC of container \(container.id): non-shareable IPC (hint: use IpcMode:shareable for the donor "
                    + "container)")
        }
    }

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
            let text = state.map { String($0.replacing("\t", with: " ")) } ?? "no such process"
            return StepOutcome(evidence: [Evidence(source: "/proc/\(pid)/status", text: text)])
        }
    }

    private func send(
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
    private func sendUnlessEnded(
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
            let state = try cgroup.isFrozen() ? "frozen" : "not frozen"
            // On the simulated kernel there is no file to be read.
            let text = try? Files.text(freezer.state).split(separator: "\n").joined(separator: "; ")
            return StepOutcome(
                facts: ["processes": .integer(count)],
                evidence: [Evidence(source: freezer.state, text: text ?? state)])
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

    /// Sets the size of a container's terminal (API: ContainerResize).
    public func resizeContainer(_ reference: String, columns: UInt16, rows: UInt16) throws {
        let container = try self.container(reference)
        guard let running = container.life.current.running else {
            throw EngineFailure.conflict("Container \(container.id) is not running")
        }
        do { try running.streams.resize(columns: columns, rows: rows) } catch {
            throw EngineFailure.system("\(error)")
        }
        publish("resize", container, ["height": String(rows), "width": String(columns)])
    }

    /// Connects a client to a container's streams (API: ContainerAttach), also before it is started.
    ///
    /// - Parameters:
    ///   - logs: Whether what the container printed so far comes first.
    ///   - stream: Whether what it prints from now on comes.
    public func attach(_ reference: String, _ attachment: Attachment, logs: Bool, stream: Bool) throws {
        let container = try self.container(reference)
        if logs { try replay(container, to: attachment) }
        guard stream else { return attachment.onEnd(false) }
        publish("attach", container)
        let running = container.life.withLock { life -> StreamHub? in
            if let running = life.running { return running.streams }
            life.waitingAttachments.append(attachment)
            return nil
        }
        if let running, !running.attach(attachment) { attachment.onEnd(false) }
    }

    private func replay(_ container: Container, to attachment: Attachment) throws {
        var request = LogsRequest()
        request.standardOutput = attachment.wishes.output
        request.standardError = attachment.wishes.error
        try LogReader(path: container.logPath, form: container.logForm ?? .jsonFile, request: request).read(
            log: nil, isWanted: { true }
        ) { stream, bytes in
            let header = attachment.wishes.isMultiplexed ? StreamPump.header(stream, bytes.count) : []
            try attachment.descriptor.writeWaiting(header + bytes)
        }
    }

    /// Checks that a client may attach: what Docker refuses before the connection is taken over.
    public func checkAttach(_ reference: String) throws {
        let state = try container(reference).life.current.state
        if state.status == .paused {
            throw EngineFailure.conflict("container \(reference) is paused, unpause the container before attach")
        }
        if state.status == .restarting {
            throw EngineFailure.conflict("Container \(reference) is restarting, wait until the container is running")
        }
    }

    /// Whether a container has a terminal: its streams are not multiplexed then.
    public func hasTerminal(_ reference: String) throws -> Bool {
        try container(reference).life.current.definition.hasTerminal
    }

    /// Whether a container's standard input is open for attaching.
    public func hasOpenInput(_ reference: String) throws -> Bool {
        try container(reference).life.current.definition.configObject.flag("OpenStdin")
    }

    /// Checks that a container's log can be read: one without a log is refused before an answer begins.
    public func checkLog(_ reference: String) throws {
        let settings = try container(reference).life.current.definition.hostObject["LogConfig"]
        if settings?["Type"]?.string == "none" {
            throw EngineFailure(status: 501, "configured logging driver does not support reading")
        }
    }

    /// The container's log, line by line (API: ContainerLogs).
    ///
    /// - Parameters:
    ///   - isWanted: Whether the reader is still there; asked from time to time while waiting.
    ///   - send: Takes a line; it throws when the reader is gone.
    public func readLog(
        _ reference: String, _ request: LogsRequest, isWanted: () -> Bool,
        send: (OutputStream, [UInt8]) throws -> Void
    ) throws {
        let container = try self.container(reference)
        let reader = LogReader(path: container.logPath, form: container.logForm ?? .jsonFile, request: request)
        guard Files.exists(container.logPath) || request.follows else { return }
        try reader.read(log: container.life.current.running?.log, isWanted: isWanted, send: send)
    }
}

extension Descriptor {
    /// Writes all bytes to a descriptor that may be non-blocking, waiting for room.
    func writeWaiting(_ bytes: [UInt8]) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var waiting = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
                poll(&waiting, 1, 10_000)
            } else if errno != EINTR {
                throw .last("writing to a client")
            }
        }
    }
}
