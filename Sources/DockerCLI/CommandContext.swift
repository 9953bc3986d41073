import EngineAPI
import EngineClient
import OrderedJSON
import Posix

/// What a running command has: its flags and arguments, the engine, and where to write.
struct CommandContext: Sendable {
    let client: EngineClient
    let io: CommandIO
    let parsed: ParsedCommand
    /// All words of the command, for the observer.
    let words: [String]
    let observer: (any CommandObserver)?
    let operations: OperationLog
    let columns: @Sendable () -> Int
    /// Whether `-D` was given.
    let isDebug: Bool
    /// Set where the command is only to be planned: what it would have changed is asked for instead.
    var plan: PlanCollector?

    /// The positional arguments.
    var arguments: [String] { parsed.arguments }

    /// Tells the observer of the operations that have finished.
    /// - Parameter isOver: Whether the command is over.
    func narrate(isOver: Bool = false) {
        let finished = operations.take()
        if !finished.isEmpty { observer?.operationsFinished(finished, command: words, on: client) }
        observer?.canTell(command: words, isOver: isOver)
    }

    /// Makes a request of which the observer knows before and afterwards.
    ///
    /// - Parameters:
    ///   - answer: What of the result is known as JSON.
    ///   - make: Makes it.
    private func observed<Answer>(
        _ method: String, _ path: String, _ query: [(String, String)], answer: (Answer) -> JSON? = { _ in nil },
        make: () throws -> Answer
    ) rethrows -> Answer {
        guard let observer, method != "GET" else { return try make() }
        let request = EngineRequest(engine: client, method: method, path: path, query: query)
        observer.begins(request)
        let result = try make()
        observer.answered(request, answer(result))
        return result
    }

    /// What asks the engine to keep a record of a reading.
    private func tellHeaders(_ method: String) -> [(String, String)] {
        method == "GET" && observer?.wantsReadings == true ? [(DrydockAPI.tellHeader, "1")] : []
    }

    private static func onlyReads(_ method: String) -> Bool { ["GET", "HEAD"].contains(method) }

    /// Makes a request and remembers its operation.
    @discardableResult
    func request(
        _ method: String, _ path: String, query: [(String, String)] = [], body: JSON? = nil,
        headers: [(String, String)] = []
    ) throws -> EngineResponse {
        if let plan, !Self.onlyReads(method) { return try plan.ask(client, method, path, query, body, headers) }
        let response = try observed(method, path, query, answer: { try? $0.json() }) {
            try client.request(method, path, query: query, body: body, headers: headers + tellHeaders(method))
        }
        operations.add(response.operation)
        return response
    }

    /// Makes a request and reads its answer as JSON.
    func json(_ method: String, _ path: String, query: [(String, String)] = [], body: JSON? = nil) throws -> JSON {
        let response = try request(method, path, query: query, body: body)
        return response.body.isEmpty ? .null : try response.json()
    }

    /// Makes a request whose answer is read as it comes.
    func stream(
        _ method: String, _ path: String, query: [(String, String)] = [], body: RequestBody? = nil,
        headers: [(String, String)] = []
    ) throws -> EngineStream {
        if let plan, !Self.onlyReads(method) {
            throw try plan.completed(by: client, method, path, query, body, headers)
        }
        let stream = try observed(method, path, query) {
            try client.stream(method, path, query: query, body: body, headers: headers + tellHeaders(method))
        }
        operations.add(stream.operation)
        return stream
    }

    /// Makes a connection of its own, as attach does.
    func hijack(_ path: String, query: [(String, String)] = [], body: JSON? = nil) throws -> HijackedConnection {
        if let plan { throw try plan.completed(by: client, "POST", path, query, body.map { .json($0) }, []) }
        do {
            let connection = try observed("POST", path, query) {
                try client.hijack(path, query: query, body: body)
            }
            operations.add(connection.operation)
            return connection
        } catch let error as EngineError {
            operations.add(error.operation)
            // Docker's client looks at the status alone where it asked for a stream.
            throw StreamRefused(status: error.status)
        }
    }

    /// The filters given with `--filter`, as the API takes them.
    func filters(_ extra: [(String, String)] = []) -> [(String, String)] {
        var object = JSONObject()
        for text in parsed.strings("filter") where !text.isEmpty {
            let pair = KeyValue.split(text)
            let name = CommandContext.trimmed(pair.key).lowercased()
            var values = object[name]?.object ?? JSONObject()
            values[CommandContext.trimmed(pair.value ?? "")] = true
            object[name] = .object(values)
        }
        for (name, value) in extra {
            var values = object[name]?.object ?? JSONObject()
            values[value] = true
            object[name] = .object(values)
        }
        return object.isEmpty ? [] : [("filters", JSON.object(object).text())]
    }

    private static func trimmed(_ text: String) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    /// Does something for each name, several at a time, and prints the names in order as each succeeds; what failed is
    /// reported at the end, all of it.
    ///
    /// - Returns: The exit code: 1 if anything failed.
    func each(_ names: [String], prints: Bool = true, _ work: @escaping @Sendable (String) throws -> Void) -> Int32 {
        if names.count == 1 {
            let complaint = Self.complaint { try work(names[0]) }
            if let complaint { io.complain(complaint) } else if prints { io.printLine(names[0]) }
            return complaint == nil ? 0 : 1
        }
        let results = Monitor<[Int: String?]>([:])
        for (index, name) in names.enumerated() {
            let task: @Sendable () -> Void = {
                let complaint = Self.complaint { try work(name) }
                results.withLock { $0[index] = .some(complaint) }
            }
            // The plans of several stand in the order of the names.
            if plan != nil {
                task()
                continue
            }
            do throws(SystemError) { try Thread.start("docker", task) } catch { task() }
        }
        var complaints: [String] = []
        for (index, name) in names.enumerated() {
            if let complaint = results.wait(for: { $0[index] }) ?? nil {
                complaints.append(complaint)
            } else if prints {
                io.printLine(name)
            }
        }
        for complaint in complaints { io.complain(complaint) }
        return complaints.isEmpty ? 0 : 1
    }

    /// What Docker's client says of an error; `nil` if there was none.
    static func complaint(_ work: () throws -> Void) -> String? {
        do {
            try work()
            return nil
        } catch {
            return text(of: error)
        }
    }

    /// Docker's sentence for an error.
    static func text(of error: any Error) -> String {
        switch error {
        case let error as EngineError: "Error response from daemon: \(error.message)"
        case let failure as CommandFailure: failure.message
        default: "\(error)"
        }
    }
}
