public import EngineAPI
public import EngineClient
import Glibc
public import OrderedJSON
import Posix
import Synchronization

/// What a command would do, asked of the engine without doing it.
public struct CommandPlan: Sendable {
    /// The flags that were given, each as it was written with what Docker's help says of it.
    public var flags: [(flag: String, meaning: String)]
    /// The steps, all with the state `planned`.
    public var steps: [StepRecord]
    /// The engine that would perform them: another than usual after `-H`.
    public var engine: EngineClient
    /// Whether the command would go on with a container of an image that is not here: how, only the image says.
    public var goesOn = false
}

/// Why there is no plan, in the words in which the command itself would have failed.
public struct PlanFailure: Error, Sendable, CustomStringConvertible {
    /// The message.
    public let description: String
}

extension DockerCommandLine {
    /// Asks the engine for the plan of `docker ARGS…`; nothing is performed.
    ///
    /// The command itself is run, but each of its requests that would change something asks for the plan instead.
    ///
    /// - Parameter arguments: The words after `docker`.
    /// - Throws: ``PlanFailure`` where the command itself would fail, where it changes nothing, and where the engine has
    ///   no plan to give.
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
        let parsed = try found.parsed()
        if let complaint = found.command.arguments.complaint(about: parsed.arguments.count) {
            throw UsageError(message: complaint, command: found.command, path: found.path, kind: .arguments)
        }
        if let refusal = refusal(parsed) { throw CommandFailure(refusal, code: 125) }
        guard let id = found.command.id else {
            throw CommandFailure("\"docker \(found.path)\" changes nothing by itself")
        }
        let client = try engine(global.stringIfSet("host"))
        if let reason = Self.whyNoSteps(id, parsed) { throw CommandFailure(reason) }
        let collector = PlanCollector()
        if id == .containerRun {
            let request = try CreateRequest(parsed, terminal: io.output)
            var query = request.name.isEmpty ? [] : [("name", request.name)]
            if !request.platform.isEmpty { query.append(("platform", request.platform)) }
            let policy = parsed.string("pull")
            let pull = { [self] in
                let name = try ImageReference.parse(request.image).get(code: 1)
                try planning(parsed, arguments, client, collector) { context in
                    try ImagePull.run(context, name, platform: request.platform, output: nil)
                    return 0
                }
            }
            if policy == "always" { try pull() }
            do {
                try collector.ask(
                    client, "POST", "/containers/create", query, request.body, wish: DrydockAPI.explainRun)
            } catch let error as EngineError where error.status == 404 && policy == "missing" { try pull() }
        } else {
            try planning(parsed, arguments, client, collector) { try CommandTable.run(id, $0) }
        }
        let flags = found.command.flags.filter { parsed.isSet($0.name) && !$0.isHidden }.map { flag in
            (flag: flag.short.map { "-\($0), --\(flag.name)" } ?? "--\(flag.name)", meaning: flag.help)
        }
        let steps = collector.steps
        let creates = [.containerRun, .containerCreate].contains(id)
        return CommandPlan(
            flags: flags, steps: steps, engine: client,
            goesOn: creates && !steps.contains { $0.kind == .containerCreate })
    }

    /// Why a command has no steps to plan though it changes something: files of the client, not the engine's. It must
    /// not be run for its plan.
    private static func whyNoSteps(_ id: CommandID, _ parsed: ParsedCommand) -> String? {
        let what: String
        switch id {
        case .login: what = "asks a registry whether it knows the user, and keeps the login in a file of the client"
        case .logout: what = "removes a login from a file of the client"
        case .imageSave, .containerExport: what = "reads from the engine and writes an archive"
        case .containerCp where CopyCommand.readsContainer(parsed.arguments):
            what = "reads from the container and writes files here"
        default: return nil
        }
        return "\"docker \(parsed.path)\" \(what): the engine performs no steps for it"
    }

    /// Runs a command whose changes are only asked about. What it would have printed goes nowhere; what it complains of
    /// is the failure, unless its plan had come by then: the answers to requests that were not made are missing to it.
    private func planning(
        _ parsed: ParsedCommand, _ arguments: [String], _ client: EngineClient, _ collector: PlanCollector,
        run: (CommandContext) throws -> Int32
    ) throws {
        let nowhere = try Descriptor.open("/dev/null", O_RDWR)
        var silent = CommandIO(input: nowhere.number, output: nowhere.number, errorOutput: nowhere.number)
        let complaints = Monitor<[String]>([])
        silent.heard = { text in complaints.withLock { $0.append(text) } }
        var context = CommandContext(
            client: client, io: silent, parsed: parsed, words: ["docker"] + arguments, observer: nil,
            operations: OperationLog(), columns: { 80 }, isDebug: false)
        context.plan = collector
        do { _ = try run(context) } catch is CommandPlanned {
            // A command that waits for a stream ends here.
        } catch {
            if collector.steps.isEmpty { throw error }
        }
        guard collector.steps.isEmpty else { return }
        let complaint = complaints.current.joined(separator: "\n")
        throw CommandFailure(
            complaint.isEmpty ? "\"docker \(parsed.path)\" would change nothing" : complaint)
    }
}

/// Asks for the plans of what a command would change, and keeps them.
public final class PlanCollector: Sendable {
    private let collected = Mutex<[StepRecord]>([])

    /// Nothing yet.
    public init() {}

    /// The steps so far.
    public var steps: [StepRecord] { collected.withLock { $0 } }

    /// Asks for the plan of a request.
    ///
    /// - Parameters:
    ///   - extra: Further headers.
    ///   - wish: The value of the header that asks.
    /// - Returns: An answer without anything in it, for the command to go on.
    /// - Throws: `EngineError` where the request itself would be refused.
    @discardableResult
    public func ask(
        _ client: EngineClient, _ method: String, _ path: String, _ query: [(String, String)] = [],
        _ body: JSON? = nil, _ extra: [(String, String)] = [], wish: String = "1"
    ) throws -> EngineResponse {
        let response = try client.request(
            method, path, query: query, body: body, headers: headers(wish) + extra)
        try keep(response.json())
        return EngineResponse(status: 200, headers: response.headers, body: Array("{}".utf8))
    }

    private func headers(_ wish: String = "1") -> [(String, String)] {
        // What earlier requests of the command would have taken away is not in the way of later ones.
        let gone = steps.compactMap { record in
            switch record.kind {
            case .containerDelete: record.facts["id"]?.string
            case .imageDelete: record.facts["image"]?.string
            default: nil
            }
        }
        let header = [(DrydockAPI.explainHeader, wish)]
        return gone.isEmpty ? header : header + [(DrydockAPI.explainGoneHeader, gone.joined(separator: ","))]
    }

    private func keep(_ plan: JSON) throws {
        let new = try (plan.array ?? []).map { try $0.decode(StepRecord.self, keys: .asDeclared) }
        // Each request's operation is planned under the same name; here they must be told apart.
        let number = steps.count
        collected.withLock { steps in
            steps += new.map { record in
                var record = record
                record.operation += "-\(number)"
                return record
            }
        }
    }

    /// Asks for the plan of a request whose answer would be a stream, and gives what ends the command then.
    func completed(
        by client: EngineClient, _ method: String, _ path: String, _ query: [(String, String)], _ body: RequestBody?,
        _ extra: [(String, String)]
    ) throws -> CommandPlanned {
        switch body {
        case .json(let value): try ask(client, method, path, query, value, extra)
        case nil: try ask(client, method, path, query, nil, extra)
        case .bytes, .descriptor:
            // What is sent is a part of what is asked: a build's Dockerfile is in its context.
            let stream = try client.stream(
                method, path, query: query, body: body, headers: headers() + extra)
            defer { stream.close() }
            var answer: [UInt8] = []
            while let bytes = try stream.read() { answer += bytes }
            try keep(JSON(parsing: answer))
        }
        return CommandPlanned()
    }
}

/// Ends a command at the request whose answer would be a stream: it was planned only.
struct CommandPlanned: Error {}
