import EngineClient
import OrderedJSON

/// `docker stop`
enum StopCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let query = stopQuery(context.parsed)
        return context.each(context.arguments) { try context.request("POST", "/containers/\($0)/stop", query: query) }
    }

    static func stopQuery(_ parsed: ParsedCommand) -> [(String, String)] {
        var query: [(String, String)] = []
        if let signal = parsed.stringIfSet("signal") { query.append(("signal", signal)) }
        if let seconds = parsed.int("timeout") { query.append(("t", String(seconds))) }
        return query
    }
}

/// `docker restart`
enum RestartCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let query = StopCommand.stopQuery(context.parsed)
        return context.each(context.arguments) {
            try context.request("POST", "/containers/\($0)/restart", query: query)
        }
    }
}

/// `docker kill`
enum KillCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let signal = context.parsed.stringIfSet("signal").map { [("signal", $0)] } ?? []
        return context.each(context.arguments) { try context.request("POST", "/containers/\($0)/kill", query: signal) }
    }
}

/// `docker pause`
enum PauseCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        context.each(context.arguments) { try context.request("POST", "/containers/\($0)/pause") }
    }
}

/// `docker unpause`
enum UnpauseCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        context.each(context.arguments) { try context.request("POST", "/containers/\($0)/unpause") }
    }
}

/// `docker rm`
enum RemoveContainerCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let forces = context.parsed.bool("force")
        var query: [(String, String)] = []
        if context.parsed.bool("volumes") { query.append(("v", "1")) }
        if context.parsed.bool("link") { query.append(("link", "1")) }
        if forces { query.append(("force", "1")) }
        let fixed = query
        let names = context.arguments.map { name in
            let bare = String(name.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed())
            return bare.isEmpty ? name : bare
        }
        let missing = MissingNames()
        let code = context.each(names) { name in
            do {
                try context.request("DELETE", "/containers/\(name)", query: fixed)
            } catch let error as EngineError {
                missing.note(isMissing: error.status == 404)
                throw error
            }
        }
        // What isn't there is gone already, and that is what -f asks for.
        return forces && missing.areAll ? 0 : code
    }
}

/// `docker rename`
enum RenameCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let (old, new) = (context.arguments[0].trimmingSpace(), context.arguments[1].trimmingSpace())
        if old.isEmpty || new.isEmpty { throw CommandFailure("Error: Neither old nor new names may be empty") }
        do {
            try context.request("POST", "/containers/\(old)/rename", query: [("name", new)])
        } catch {
            context.io.complain(CommandContext.text(of: error))
            throw CommandFailure("Error: failed to rename container named \(old)")
        }
        return 0
    }
}

/// `docker wait`
enum WaitCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        var complaints: [String] = []
        for name in context.arguments {
            let complaint = CommandContext.complaint {
                let stream = try context.stream(
                    "POST", "/containers/\(name)/wait", query: [("condition", "not-running")])
                let interruption = Interruption { stream.close() }
                let answer = try stream.nextJSON()
                if let code = interruption.end() { throw CommandFailure("", code: code) }
                context.io.printLine(String(answer?["StatusCode"]?.integer ?? 0))
            }
            if complaint?.isEmpty ?? false { return 130 }
            if let complaint { complaints.append(complaint) }
        }
        for complaint in complaints { context.io.complain(complaint) }
        return complaints.isEmpty ? 0 : 1
    }
}

/// `docker update`
enum UpdateCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        if parsed.given.isEmpty {
            throw CommandFailure("you must provide one or more flags when using this command")
        }
        var body = JSONObject()
        if let weight = parsed.int("blkio-weight") { body["BlkioWeight"] = .integer(weight) }
        let numbers = [
            "cpu-period": "CpuPeriod", "cpu-quota": "CpuQuota", "cpu-rt-period": "CpuRealtimePeriod",
            "cpu-rt-runtime": "CpuRealtimeRuntime", "cpu-shares": "CpuShares", "pids-limit": "PidsLimit",
        ]
        for (flag, member) in numbers.sorted(by: { $0.key < $1.key }) {
            if let number = parsed.int(flag) { body[member] = .integer(number) }
        }
        if let text = parsed.stringIfSet("cpus") { body["NanoCpus"] = .integer(try CPUCount.parse(text).get(code: 1)) }
        if let text = parsed.stringIfSet("cpuset-cpus") { body["CpusetCpus"] = .string(text) }
        if let text = parsed.stringIfSet("cpuset-mems") { body["CpusetMems"] = .string(text) }
        if let size = parsed.bytes("memory") { body["Memory"] = .integer(size) }
        if let size = parsed.bytes("memory-reservation") { body["MemoryReservation"] = .integer(size) }
        if let size = parsed.bytes("memory-swap") { body["MemorySwap"] = .integer(size) }
        if let text = parsed.stringIfSet("restart") {
            body["RestartPolicy"] = try RestartPolicyText.parse(text).get(code: 1)
        }
        let sent = JSON.object(body)
        return context.each(context.arguments) { name in
            let answer = try context.json("POST", "/containers/\(name)/update", body: sent)
            for warning in answer["Warnings"]?.array ?? [] { context.io.complain(warning.string ?? "") }
        }
    }
}

extension String {
    /// Without the white space around it.
    func trimmingSpace() -> String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
