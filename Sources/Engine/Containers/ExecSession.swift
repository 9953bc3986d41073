import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

/// A process that was asked for inside a running container (`docker exec`).
final class ExecSession: Sendable {
    let id: String
    let container: Container
    let settings: Settings
    let life = Monitor(Life())

    struct Settings: Sendable {
        var command: [String]
        var hasTerminal: Bool
        var attachesInput: Bool, attachesOutput: Bool, attachesError: Bool
        var user: String
        var directory: String
        var environment: [String]
        var isPrivileged: Bool
        var detachKeys: String

        /// The command as Docker's events have it: the program, a space, the arguments.
        var eventText: String {
            "\(command.first ?? "") " + command.dropFirst().joined(separator: " ")
        }
    }

    struct Life: Sendable {
        var isStarted = false
        var isRunning = false
        var exitCode: Int32?
        var pid: Int32 = 0
        var streams: StreamHub?
    }

    init(container: Container, settings: Settings) {
        id = Identifier.make()
        self.container = container
        self.settings = settings
    }
}

extension Node {
    /// Prepares a process in a running container (API: ContainerExec).
    /// - Returns: The session's identity.
    public func createExec(_ reference: String, body: JSON) throws -> String {
        let session = try execSession(reference, body: body)
        execs.withLock { $0[session.id] = session }
        session.container.life.withLock { $0.execs.append(session.id) }
        publish("exec_create: \(session.settings.eventText)", session.container, ["execID": session.id])
        return session.id
    }

    /// The plan of a process in a running container; nothing is prepared for it.
    public func planExec(_ reference: String, body: JSON) throws -> [StepRecord] {
        let session = try execSession(reference, body: body)
        let launch = ExecLaunch(node: self, session: session, attachment: nil, size: nil, isGated: false)
        return plan(try launch.plannedProcedure())
    }

    /// A process that is asked for in a running container.
    private func execSession(_ reference: String, body: JSON) throws -> ExecSession {
        let container = try self.container(reference)
        let state = container.life.current.state
        guard state.isRunning, state.status != .restarting else {
            throw EngineFailure.conflict(
                state.status == .restarting
                    ? "Container \(container.id) is restarting, wait until the container is running"
                    : "Container \(container.id) is not running")
        }
        if state.status == .paused {
            throw EngineFailure.conflict("Container \(reference) is paused, unpause the container before exec")
        }
        let shape = Shape(
            "ExecOptions",
            [
                ("User", .string, ""), ("Privileged", .bool, false), ("Tty", .bool, false),
                ("AttachStdin", .bool, false),
                ("AttachStdout", .bool, false), ("AttachStderr", .bool, false), ("Detach", .bool, false),
                ("DetachKeys", .string, ""), ("Env", .strings, nil), ("WorkingDir", .string, ""),
                ("Cmd", .strings, nil),
            ])
        let object = try shape.fit(body)
        try ZeroBytes.refuse(in: .object(object))
        guard !object.strings("Cmd").isEmpty else { throw EngineFailure.invalid("No exec command specified") }
        guard DetachKeyFilter.parse(object.text("DetachKeys")) != nil else {
            throw EngineFailure.invalid("Invalid escape keys (\(object.text("DetachKeys"))) provided")
        }
        return ExecSession(
            container: container,
            settings: .init(
                command: object.strings("Cmd"), hasTerminal: object.flag("Tty"),
                attachesInput: object.flag("AttachStdin"),
                attachesOutput: object.flag("AttachStdout"), attachesError: object.flag("AttachStderr"),
                user: object.text("User"), directory: object.text("WorkingDir"), environment: object.strings("Env"),
                isPrivileged: object.flag("Privileged"), detachKeys: object.text("DetachKeys")))
    }

    /// The session of an identity.
    func exec(_ id: String) throws -> ExecSession {
        guard let session = execs.withLock({ $0[id] }) else {
            throw EngineFailure.notFound("No such exec instance: \(id)")
        }
        return session
    }

    /// Whether a session has a terminal, and which keys detach from it.
    public func execTerminal(_ id: String) throws -> (hasTerminal: Bool, detachKeys: [UInt8]) {
        let settings = try exec(id).settings
        return (settings.hasTerminal, DetachKeyFilter.parse(settings.detachKeys) ?? [])
    }

    /// Which streams a session was created with.
    public func execStreams(_ id: String) throws -> (input: Bool, output: Bool, error: Bool) {
        let settings = try exec(id).settings
        return (settings.attachesInput, settings.attachesOutput, settings.attachesError)
    }

    /// Starts a prepared process (API: ExecStart).
    ///
    /// - Parameters:
    ///   - attachment: The client; `nil` when it does not wait.
    ///   - size: The terminal's columns and rows, if the client says so.
    public func startExec(
        _ id: String, attachment: Attachment?, size: (columns: UInt16, rows: UInt16)? = nil, operation: String
    ) throws {
        let session = try exec(id)
        let first = session.life.withLock { life in
            defer { life.isStarted = true }
            return !life.isStarted
        }
        guard first else { throw EngineFailure.conflict("Error: Exec command \(id) has already run") }
        let launch = ExecLaunch(
            node: self, session: session, attachment: attachment, size: size,
            isGated: gates.gate(of: operation) != nil)
        do {
            try run(try launch.procedure(), operation: operation)
        } catch {
            let failure = launch.failure(for: error)
            session.life.withLock { $0.exitCode = 126 }
            throw failure
        }
    }

    /// What is known of a session (API: ExecInspect).
    public func inspectExec(_ id: String) throws -> JSON {
        let session = try exec(id)
        let life = session.life.current
        let settings = session.settings
        return [
            "ID": .string(session.id), "Running": .bool(life.isRunning),
            "ExitCode": life.exitCode.map { .integer(Int64($0)) } ?? .null,
            "ProcessConfig": [
                "tty": .bool(settings.hasTerminal), "entrypoint": .string(settings.command.first ?? ""),
                "arguments": .strings(settings.command.dropFirst()), "privileged": .bool(settings.isPrivileged),
                "user": .string(settings.user),
            ],
            "OpenStdin": .bool(settings.attachesInput), "OpenStderr": .bool(settings.attachesError),
            "OpenStdout": .bool(settings.attachesOutput), "CanRemove": .bool(false),
            "ContainerID": .string(session.container.id), "DetachKeys": .string(""), "Pid": .integer(Int64(life.pid)),
        ]
    }

    /// Sets the size of a session's terminal (API: ExecResize).
    public func resizeExec(_ id: String, columns: UInt16, rows: UInt16) throws {
        let session = try exec(id)
        // A client sends its size right after it asked for the start: the terminal may be a moment away.
        let streams = session.life.wait(seconds: 10) { life -> StreamHub? in life.streams }
        guard let streams else { throw EngineFailure.system("timeout waiting for exec session ready") }
        do { try streams.resize(columns: columns, rows: rows) } catch { throw EngineFailure.system("\(error)") }
    }
}

/// One start of an exec session.
final class ExecLaunch: Sendable {
    private let node: Node
    private let session: ExecSession
    private let attachment: Attachment?
    private let size: (columns: UInt16, rows: UInt16)?
    private let process = Late<any SandboxProcess>("the process")
    private let pipes = Late<ProcessPipes>("the pipes")
    /// Whether somebody goes through it step by step.
    private let isGated: Bool

    init(
        node: Node, session: ExecSession, attachment: Attachment?, size: (columns: UInt16, rows: UInt16)?, isGated: Bool
    ) {
        self.isGated = isGated
        self.node = node
        self.session = session
        self.attachment = attachment
        self.size = size
    }

    private var definition: Container.Definition { session.container.life.current.definition }

    func procedure() throws -> Procedure {
        guard let running = session.container.life.current.running else {
            throw EngineFailure.conflict("Container \(session.container.id) is not running")
        }
        let kinds = LaunchPlan.enteredNamespaces(of: definition.hostObject)
        let names = NamespaceKind.allCases.filter(kinds.contains).map(\.rawValue)
        let target = running.process.pid
        let enter = Step(
            .namespaceEnter, command: "setns(pidfd of \(target), \(names.joined(separator: " ")))",
            facts: [
                "container": .string(definition.name), "target": .integer(Int64(target)), "namespaces": .strings(names),
                "count": .integer(Int64(names.count)),
            ]
        ) { [self] in
            let children = try children(running)
            let process = try spawn(children, running: running, namespaces: kinds)
            let kind: NamespaceKind = .pid
            let evidence = [
                Evidence(
                    source: "/proc/\(process.pid)/status",
                    text: String(
                        (try node.kernel.processFile(process.pid, "status").split(separator: "\n")
                            .first { $0.hasPrefix("NSpid:") } ?? "").replacing("\t", with: " "))),
                Evidence(
                    source: "/proc/\(target)/ns/\(kind.rawValue)",
                    text: try node.kernel.processLink(target, "ns/\(kind.rawValue)")),
            ]
            return StepOutcome(
                facts: ["pid": .integer(Int64(process.pid))], evidence: evidence,
                undo: [
                    .killProcess(pid: process.pid, startTime: node.kernel.processStartTime(process.pid) ?? 0)
                ],
                followUps: ChildProcedure(
                    process: process, reader: ReportReader(process: self.process, isGated: isGated)
                )
                .steps(children) { child, range, reader in try self.execute(child, range, reader) })
        }
        return Procedure(title: "exec in container", object: definition.name, steps: [enter])
    }

    /// The procedure with the steps that otherwise follow from entering.
    func plannedProcedure() throws -> Procedure {
        var procedure = try procedure()
        guard let running = session.container.life.current.running else { return procedure }
        procedure.steps += try children(running).map { child in
            Step(child.kind, command: child.command, facts: child.facts) {
                throw EngineFailure.system("a planned step is not performed")
            }
        }
        return procedure
    }

    private func children(_ running: Container.Running) throws -> [ChildStep] {
        let settings = session.settings
        var host = definition.hostObject
        if settings.isPrivileged { host["Privileged"] = true }
        var config = definition.configObject
        config["Tty"] = .bool(settings.hasTerminal)
        let user = settings.user.isEmpty ? config.text("User") : settings.user
        let identity = try ProcessIdentity(
            user: user, additional: host.strings("GroupAdd"),
            directory: settings.directory.isEmpty ? config.text("WorkingDir") : settings.directory,
            environment: ProcessIdentity.environment(
                config: config, links: try node.linkEnvironment(of: session.container, isStarting: false),
                extra: settings.environment),
            bounding: ProcessIdentity.capabilities(host: host, held: node.kernel.profile.capabilities),
            files: RootFiles(overlay: running.overlay), existing: node.kernel.profile.identities)
        let descriptors = try running.cgroup.joinDescriptors()
        let kernel = node.kernel
        var steps = LaunchPlan.joinCgroups(running.cgroup, descriptors, kernel: kernel)
        if settings.hasTerminal {
            var sized = host
            sized["ConsoleSize"] = size.map { [.integer(Int64($0.rows)), .integer(Int64($0.columns))] } ?? [0, 0]
            steps.append(LaunchPlan.terminal(sized, kernel: kernel, console: false))
        }
        let filter = try node.filter(host: host, bounding: identity.bounding)
        if let filter { steps.append(LaunchPlan.loadFilter(filter, host: host, kernel: kernel)) }
        steps += LaunchPlan.capabilities(identity, host: host, filtered: filter != nil, kernel: kernel)
        steps.append(
            LaunchPlan.execute(
                identity, command: settings.command, hasTerminal: settings.hasTerminal, isDetached: attachment == nil,
                createsDirectory: false))
        return LaunchPlan.begun(steps)
    }

    private func spawn(_ children: [ChildStep], running: Container.Running, namespaces: Set<NamespaceKind>) throws
        -> any SandboxProcess
    {
        if !session.settings.hasTerminal { pipes.set(try ProcessPipes(hasInput: session.settings.attachesInput)) }
        let process = try node.kernel.enter(
            running.process,
            SpawnRequest(
                namespaces: namespaces, program: children.flatMap(\.operations),
                standardStreams: pipes.ifPresent?.childSide, isGated: isGated))
        node.starting.withLock { $0[process.pid] = process }
        self.process.set(process)
        pipes.ifPresent?.closeChildSide()
        return process
    }

    private func execute(_ child: ChildStep, _ range: Range<Int>, _ reader: ReportReader) throws -> StepOutcome {
        let process = try process.value()
        let reports = try reader.reports(range.lowerBound..<range.upperBound - 1, of: child)
        let ends: StreamHub.Ends =
            session.settings.hasTerminal ? .terminal(try process.takeTerminal()) : try pipes.value().takeParentSide()
        let hub = try StreamHub(ends: ends, log: nil, closesInput: true)
        let begin = Clock.monotonic()
        try reader.release()
        try reader.finish(child, index: range.upperBound - 1)
        let duration = Clock.monotonic() - begin
        if let attachment { _ = hub.attach(attachment) }
        _ = node.starting.withLock { $0.removeValue(forKey: process.pid) }
        session.life.withLock { life in
            life.isRunning = true
            life.pid = process.pid
            life.streams = hub
        }
        node.publish(
            "exec_start: \(session.settings.eventText)", session.container,
            ["execID": session.id])
        let session = session
        let node = node
        try Thread.start("exec " + session.id.prefix(8)) {
            hub.run(processEnd: process.descriptor) {
                let code = (try? process.wait())?.code ?? 255
                session.life.withLock { life in
                    life.isRunning = false
                    life.exitCode = code
                    life.streams = nil
                }
                node.publish("exec_die", session.container, ["execID": session.id, "exitCode": String(code)])
                session.container.life.withLock { life in life.execs.removeAll { $0 == session.id } }
            }
        }
        let exe = (try? node.kernel.processLink(process.pid, "exe")).map {
            Evidence(source: "/proc/\(process.pid)/exe", text: $0)
        }
        return StepOutcome(
            evidence: [exe ?? Evidence(source: "/proc/\(process.pid)", Finding(.ended))], duration: duration,
            calls: ChildProcedure.calls(of: child.operations, reports)
                + [SystemCall(text: child.command, errnoName: nil, duration: duration)])
    }

    /// Docker's text for an exec that failed.
    func failure(for error: any Error) -> EngineFailure {
        if let failure = error as? LaunchFailure, case .changeDirectory(let path, _) = failure.operation {
            let text =
                path.hasPrefix("/")
                ? "unable to start container process: chdir to cwd (\"\(path)\") set in config.json failed: "
                    + LaunchFailure.reason(failure.code)
                : "Cwd must be an absolute path"
            return EngineFailure(status: 400, "OCI runtime exec failed: exec failed: \(text): unknown")
        }
        guard let failure = error as? LaunchFailure else {
            return EngineFailure(wrapping: error, doing: "starting exec")
        }
        return EngineFailure(
            status: 400,
            "OCI runtime exec failed: exec failed: unable to start container process: \(failure.description): unknown")
    }
}
