import EngineAPI
import EngineClient
import OrderedJSON

/// What a command would do, asked of the engine without doing it.
public struct CommandPlan: Sendable {
    /// The flags that were given, each as it was written with what Docker's help says of it.
    public var flags: [(flag: String, meaning: String)]
    /// The steps, all with the state `planned`.
    public var steps: [StepRecord]
}

/// Why there is no plan, in the words in which the command itself would have failed.
public struct PlanFailure: Error, Sendable, CustomStringConvertible {
    /// The message.
    public let description: String
}

extension DockerCommandLine {
    /// Asks the engine for the plan of `docker ARGS…`; nothing is performed.
    ///
    /// - Parameter arguments: The words after `docker`: a `run`, `create` or `start`, with or without `container`.
    /// - Throws: ``PlanFailure``, for other commands too.
    public func plan(_ arguments: [String]) throws(PlanFailure) -> CommandPlan {
        do { return try makePlan(arguments) } catch let error as UsageError {
            throw PlanFailure(description: error.message)
        } catch let failure as CommandFailure {
            throw PlanFailure(description: failure.message)
        } catch {
            throw PlanFailure(description: CommandContext.text(of: error))
        }
    }

    private func makePlan(_ arguments: [String]) throws -> CommandPlan {
        let global = try Parser.parse(arguments, for: Grammar.root, path: "")
        let found = try CommandLookup.find(global.arguments)
        let parsed = try Parser.parse(found.rest, for: found.command, path: found.path)
        if let complaint = found.command.arguments.complaint(about: parsed.arguments.count) {
            throw UsageError(message: complaint, command: found.command, path: found.path, kind: .arguments)
        }
        if let refusal = refusal(parsed) { throw CommandFailure(refusal, code: 125) }
        let client = try engine(global.stringIfSet("host"))
        let response: EngineResponse
        switch found.command.id {
        case .containerRun, .containerCreate:
            let request = try CreateRequest(parsed, terminal: io.output)
            let query = request.name.isEmpty ? [] : [("name", request.name)]
            let wish = found.command.id == .containerRun ? DrydockAPI.explainRun : "1"
            response = try client.request(
                "POST", "/containers/create", query: query, body: request.body,
                headers: [(DrydockAPI.explainHeader, wish)])
        case .containerStart:
            response = try client.request(
                "POST", "/containers/\(parsed.arguments.first ?? "")/start",
                headers: [(DrydockAPI.explainHeader, "1")])
        default:
            throw CommandFailure(
                "explain of \"docker \(found.path)\" is not done yet; run, create and start can be explained")
        }
        let steps = try (response.json().array ?? []).map { try $0.decode(StepRecord.self, keys: .asDeclared) }
        let flags = found.command.flags.filter { parsed.isSet($0.name) && !$0.isHidden }.map { flag in
            (flag: flag.short.map { "-\($0), --\(flag.name)" } ?? "--\(flag.name)", meaning: flag.help)
        }
        return CommandPlan(flags: flags, steps: steps)
    }
}
