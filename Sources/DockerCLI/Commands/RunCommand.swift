import EngineClient
import Glibc
import OrderedJSON

/// `docker run`: create, attach, start, and wait.
enum RunCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        var request: CreateRequest
        do throws(CommandFailure) {
            request = try CreateRequest(context.parsed, terminal: context.io.output)
            try ContainerCreation.checkPullPolicy(context.parsed)
        } catch {
            throw ContainerCreation.withHelp(error.message, "run", code: error.code)
        }
        let isDetached = context.parsed.bool("detach")
        if isDetached {
            if context.parsed.isSet("attach") {
                throw CommandFailure("conflicting options: cannot specify both --attach and --detach")
            }
            for member in ["AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce"] {
                request.config[member] = false
            }
        } else {
            try TerminalCheck.input(
                context, attaches: request.attaches("AttachStdin"), terminal: request.attaches("Tty"))
        }
        let foreground = ForegroundRun(context: context, request: request)
        do {
            return try foreground.run()
        } catch let failure as CommandFailure where failure.message.isEmpty {
            throw failure
        } catch let refused as StreamRefused {
            throw refused
        } catch {
            throw ContainerCreation.withHelp(CommandContext.text(of: error), "run", code: exitCode(of: error))
        }
    }

    /// Docker's exit code for a container that could not be started: 127 for a command that is not there, 126 for one
    /// that can't be run, 125 for what is the engine's.
    static func exitCode(of error: any Error) -> Int32 {
        let text = CommandContext.text(of: error)
        if text.contains("executable file not found") || text.contains("no such file or directory")
            || text.contains("system cannot find the file specified")
        {
            return 127
        }
        return text.contains("permission denied") || text.contains("is a directory") ? 126 : 125
    }
}

extension CreateRequest {
    /// A switch of the container's settings.
    func attaches(_ member: String) -> Bool { config[member]?.bool ?? false }
}

/// Refuses to give a container a terminal that isn't one.
enum TerminalCheck {
    static func input(_ context: CommandContext, attaches: Bool, terminal: Bool) throws(CommandFailure) {
        if terminal && attaches && !context.io.readsFromTerminal {
            throw CommandFailure("the input device is not a TTY")
        }
    }

    /// The bytes of `--detach-keys`, or Docker's own; the engine refuses wrong ones when it is asked to attach.
    static func detachKeys(_ context: CommandContext) -> [UInt8] {
        DetachKeys.parse(context.parsed.string("detach-keys")) ?? DetachKeys.standard
    }
}

/// A run, after its words were understood.
private struct ForegroundRun {
    let context: CommandContext
    let request: CreateRequest

    private var hasTerminal: Bool { request.attaches("Tty") }
    private var attachesInput: Bool { request.attaches("AttachStdin") }
    private var attachesOutput: Bool { request.attaches("AttachStdout") || request.attaches("AttachStderr") }

    func run() throws -> Int32 {
        let id = try ContainerCreation(context: context, request: request).create()
        let attaches = attachesInput || attachesOutput
        let detachKeys = TerminalCheck.detachKeys(context)
        let connection = attaches ? try attach(id) : nil
        let removes = context.parsed.bool("rm")
        let waiting =
            attachesOutput ? try ContainerWait(context, id, condition: removes ? "removed" : "next-exit") : nil
        do {
            try context.request("POST", "/containers/\(id)/start")
        } catch {
            connection?.close()
            // The container vanishes by itself; its end is awaited so that its name is free again.
            if removes { waiting?.settle() }
            throw error
        }
        context.narrate()
        if !attachesOutput { context.io.printLine(id) }
        if let connection {
            let watch = ContainerSignals(
                context: context, resizePath: "/containers/\(id)/resize", killPath: "/containers/\(id)/kill",
                proxies: context.parsed.bool("sig-proxy"), hasTerminal: hasTerminal)
            watch.resize()
            let session = AttachedSession(
                connection: connection, io: context.io, hasTerminal: hasTerminal, sendsInput: attachesInput,
                awaitsOutput: attachesOutput, detachKeys: detachKeys, relay: watch.relay, handleSignal: watch.handle)
            let outcome = session.run()
            connection.close()
            switch outcome {
            case .detached: return 0
            case .interrupted(let signal): throw CommandFailure("", code: 128 + signal)
            case .outputClosed: return AttachedSession.brokenPipeCode
            case .ended: break
            }
        }
        return try waiting?.status() ?? 0
    }

    private func attach(_ id: String) throws -> HijackedConnection {
        var query = [("stream", "1")]
        if attachesInput { query.append(("stdin", "1")) }
        if request.attaches("AttachStdout") { query.append(("stdout", "1")) }
        if request.attaches("AttachStderr") { query.append(("stderr", "1")) }
        let keys = context.parsed.string("detach-keys")
        if !keys.isEmpty { query.append(("detachKeys", keys)) }
        return try context.hijack("/containers/\(id)/attach", query: query)
    }
}

/// A wait for a container's end that was asked for before the container could end.
struct ContainerWait {
    private let stream: EngineStream

    /// Asks the engine to tell of the end; its answer's head says that it has begun to watch.
    init(_ context: CommandContext, _ id: String, condition: String) throws {
        stream = try context.stream("POST", "/containers/\(id)/wait", query: [("condition", condition)])
    }

    /// Waits for the end where only that matters: neither the code nor an error.
    func settle() { do { _ = try status() } catch { return } }

    /// Waits.
    /// - Returns: The container's exit code.
    func status() throws -> Int32 {
        defer { stream.close() }
        guard let answer = try stream.nextJSON() else {
            throw CommandFailure(
                "the engine ended the connection before the container's exit code was known", code: 125)
        }
        if let message = answer["Error"]?["Message"]?.string, !message.isEmpty {
            throw CommandFailure(message, code: 125)
        }
        return Int32(clamping: answer["StatusCode"]?.integer ?? 125)
    }
}

/// What signals mean while a container's streams are attached: a new size of the terminal is passed on, others go to the
/// container if they are proxied.
struct ContainerSignals {
    private let context: CommandContext
    private let resizePath: String
    private let killPath: String?
    private let hasTerminal: Bool
    /// The signals to watch.
    let relay: SignalRelay

    /// Begins to watch.
    ///
    /// - Parameters:
    ///   - resizePath: Where a new size goes.
    ///   - killPath: Where signals go.
    ///   - proxies: Whether they go there.
    init(context: CommandContext, resizePath: String, killPath: String?, proxies: Bool, hasTerminal: Bool) {
        self.context = context
        self.resizePath = resizePath
        self.killPath = proxies ? killPath : nil
        self.hasTerminal = hasTerminal
        relay = SignalRelay([SIGWINCH, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2])
    }

    /// Passes the terminal's size on.
    func resize() {
        guard hasTerminal, let size = RawTerminal.size(of: context.io.output) else { return }
        tell(resizePath, [("h", String(size.rows)), ("w", String(size.columns))])
    }

    /// Makes a program in the container draw its screen again: by a size that differs, and then the true one.
    func redraw() {
        guard hasTerminal, let size = RawTerminal.size(of: context.io.output) else { return }
        tell(resizePath, [("h", String(size.rows + 1)), ("w", String(size.columns + 1))])
        resize()
    }

    /// Passes a signal on.
    /// - Returns: Whether that was its meaning.
    func handle(_ signal: Int32) -> Bool {
        if signal == SIGWINCH {
            resize()
            return true
        }
        // A terminal that was closed takes its session with it: the container goes on, detached. (Docker's client stays
        // for ever; a shell that did would keep its engine alive.)
        if signal == SIGHUP, hasTerminal { return false }
        guard let killPath else { return false }
        tell(killPath, [("signal", SignalRelay.name(signal))])
        return true
    }

    /// A container that has just ended takes neither sizes nor signals, and that is no one's mistake.
    private func tell(_ path: String, _ query: [(String, String)]) {
        do { try context.request("POST", path, query: query) } catch { return }
    }
}
