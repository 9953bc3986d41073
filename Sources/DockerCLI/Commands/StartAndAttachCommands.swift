import EngineClient
import Glibc
import OrderedJSON

/// `docker start`
enum StartCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let attachesInput = context.parsed.bool("interactive")
        let query = checkpoint(context.parsed)
        guard context.parsed.bool("attach") || attachesInput else {
            var failed: [String] = []
            for name in context.arguments {
                let complaint = CommandContext.complaint {
                    try context.request("POST", "/containers/\(name)/start", query: query)
                }
                if let complaint {
                    context.io.complain(complaint)
                    failed.append(name)
                } else {
                    context.io.printLine(name)
                }
            }
            if failed.isEmpty { return 0 }
            throw CommandFailure("Error: failed to start containers: \(failed.joined(separator: ", "))")
        }
        guard context.arguments.count == 1 else {
            throw CommandFailure("you cannot start and attach multiple containers at once")
        }
        let name = context.arguments[0]
        let container = try context.json("GET", "/containers/\(name)/json")
        let id = container["Id"]?.string ?? name
        let hasTerminal = container["Config"]?["Tty"]?.bool ?? false
        let sendsInput = attachesInput && container["Config"]?["OpenStdin"]?.bool ?? false
        try TerminalCheck.input(context, attaches: sendsInput, terminal: hasTerminal)
        let keys = TerminalCheck.detachKeys(context)
        var stream = [("stream", "1"), ("stdout", "1"), ("stderr", "1")]
        if sendsInput { stream.append(("stdin", "1")) }
        let text = context.parsed.string("detach-keys")
        if !text.isEmpty { stream.append(("detachKeys", text)) }
        let connection = try context.hijack("/containers/\(id)/attach", query: stream)
        let removes = container["HostConfig"]?["AutoRemove"]?.bool ?? false
        let waiting = try ContainerWait(context, id, condition: removes ? "removed" : "next-exit")
        do { try context.request("POST", "/containers/\(id)/start", query: query) } catch {
            connection.close()
            throw error
        }
        context.narrate()
        let signals = ContainerSignals(
            context: context, resizePath: "/containers/\(id)/resize", killPath: "/containers/\(id)/kill",
            proxies: !hasTerminal, hasTerminal: hasTerminal)
        signals.resize()
        let outcome = AttachedSession(
            connection: connection, io: context.io, hasTerminal: hasTerminal, sendsInput: sendsInput, detachKeys: keys,
            relay: signals.relay, handleSignal: signals.handle
        ).run()
        connection.close()
        switch outcome {
        case .detached: return 0
        case .interrupted(let signal): throw CommandFailure("", code: 128 + signal)
        case .outputClosed: return AttachedSession.brokenPipeCode
        case .ended: return try waiting.status()
        }
    }
}

extension StartCommand {
    /// The checkpoint that a container is to go on from.
    private static func checkpoint(_ parsed: ParsedCommand) -> [(String, String)] {
        [("checkpoint", "checkpoint"), ("checkpoint-dir", "checkpoint-dir")].compactMap { flag, member in
            parsed.stringIfSet(flag).map { (member, $0) }
        }
    }
}

/// `docker attach`
enum AttachCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let name = context.arguments[0]
        let container = try context.json("GET", "/containers/\(name)/json")
        let state = container["State"]
        if !(state?["Running"]?.bool ?? false) {
            throw CommandFailure("You cannot attach to a stopped container, start it first")
        }
        if state?["Paused"]?.bool ?? false {
            throw CommandFailure("You cannot attach to a paused container, unpause it first")
        }
        if state?["Restarting"]?.bool ?? false {
            throw CommandFailure("You cannot attach to a restarting container, wait until it is running")
        }
        let id = container["Id"]?.string ?? name
        let hasTerminal = container["Config"]?["Tty"]?.bool ?? false
        let sendsInput = !context.parsed.bool("no-stdin") && container["Config"]?["OpenStdin"]?.bool ?? false
        try TerminalCheck.input(context, attaches: !context.parsed.bool("no-stdin"), terminal: hasTerminal)
        let keys = TerminalCheck.detachKeys(context)
        var query = [("stream", "1"), ("stdout", "1"), ("stderr", "1")]
        if sendsInput { query.append(("stdin", "1")) }
        let text = context.parsed.string("detach-keys")
        if !text.isEmpty { query.append(("detachKeys", text)) }
        let waiting = try ContainerWait(context, id, condition: "not-running")
        let connection = try context.hijack("/containers/\(id)/attach", query: query)
        context.narrate()
        let signals = ContainerSignals(
            context: context, resizePath: "/containers/\(id)/resize", killPath: "/containers/\(id)/kill",
            proxies: context.parsed.bool("sig-proxy") && !hasTerminal, hasTerminal: hasTerminal)
        signals.redraw()
        let outcome = AttachedSession(
            connection: connection, io: context.io, hasTerminal: hasTerminal, sendsInput: sendsInput, detachKeys: keys,
            relay: signals.relay, handleSignal: signals.handle
        ).run()
        connection.close()
        switch outcome {
        case .detached: throw CommandFailure("read escape sequence")
        case .interrupted(let signal): throw CommandFailure("", code: 128 + signal)
        case .outputClosed: return AttachedSession.brokenPipeCode
        case .ended: return try waiting.status()
        }
    }
}

/// `docker exec`
enum ExecCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        let name = context.arguments[0]
        let isDetached = parsed.bool("detach")
        let hasTerminal = parsed.bool("tty")
        let sendsInput = parsed.bool("interactive") && !isDetached
        var environment: [String]
        do throws(CommandFailure) {
            environment = try KeyValue.environment(files: parsed.strings("env-file"), given: parsed.strings("env"))
        } catch { throw CommandFailure(error.message) }
        environment = environment.filter { !$0.isEmpty }
        let keys = TerminalCheck.detachKeys(context)
        // Asked first, so that a missing container is told of before a missing terminal.
        try context.request("GET", "/containers/\(name)/json")
        if !isDetached { try TerminalCheck.input(context, attaches: sendsInput, terminal: hasTerminal) }
        var body: JSONObject = [
            "User": .string(parsed.string("user")), "Privileged": .bool(parsed.bool("privileged")),
            "Tty": .bool(hasTerminal), "AttachStdin": .bool(sendsInput), "AttachStderr": .bool(!isDetached),
            "AttachStdout": .bool(!isDetached), "DetachKeys": .string(parsed.string("detach-keys")),
            "Env": .array(environment.map { .string($0) }), "WorkingDir": .string(parsed.string("workdir")),
            "Cmd": .array(context.arguments.dropFirst().map { .string($0) }),
        ]
        let size = hasTerminal ? RawTerminal.size(of: context.io.output) : nil
        let console = size.map { JSON.array([.integer(Int64($0.rows)), .integer(Int64($0.columns))]) }
        if let console { body["ConsoleSize"] = console }
        let created = try context.json("POST", "/containers/\(name)/exec", body: .object(body))
        guard let id = created["Id"]?.string, !id.isEmpty else { throw CommandFailure("exec ID empty") }
        var start: JSONObject = ["Detach": .bool(isDetached), "Tty": .bool(hasTerminal)]
        if let console { start["ConsoleSize"] = console }
        if isDetached {
            try context.request("POST", "/exec/\(id)/start", body: .object(start))
            return 0
        }
        let connection = try context.hijack("/exec/\(id)/start", body: .object(start))
        context.narrate()
        let signals = ContainerSignals(
            context: context, resizePath: "/exec/\(id)/resize", killPath: nil, proxies: false, hasTerminal: hasTerminal)
        signals.resize()
        let outcome = AttachedSession(
            connection: connection, io: context.io, hasTerminal: hasTerminal, sendsInput: sendsInput, detachKeys: keys,
            relay: signals.relay, handleSignal: signals.handle
        ).run()
        connection.close()
        switch outcome {
        case .detached: throw CommandFailure("read escape sequence")
        case .interrupted(let signal): throw CommandFailure("", code: 128 + signal)
        case .outputClosed: return AttachedSession.brokenPipeCode
        case .ended: break
        }
        return Int32(clamping: try context.json("GET", "/exec/\(id)/json")["ExitCode"]?.integer ?? 0)
    }
}
