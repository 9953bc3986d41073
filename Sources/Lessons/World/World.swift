import Archives
import DockerCLI
import EngineAPI
public import EngineClient
import Glibc
import OrderedJSON
public import Posix

/// The lab as a lesson sees it: the engine, the lesson's directory, and how lines are run.
public struct World: Sendable {
    /// Gives the engine, started again if it has gone.
    public var engine: @Sendable () throws -> EngineClient
    /// The lesson's own directory.
    public var directory: String
    /// The drydock executable, which runs lines beside the terminal.
    public var program: String
    /// The environment that such lines have.
    public var environment: [String: String]
    /// Is told how long each line took, seconds.
    public var slow: (@Sendable (String, Double) -> Void)?
    /// The engine that `docker -H NAME` means.
    public var namedEngine: (@Sendable (String) throws -> EngineClient)?

    /// A world.
    public init(
        engine: @escaping @Sendable () throws -> EngineClient, directory: String, program: String,
        environment: [String: String]
    ) {
        self.engine = engine
        self.directory = directory
        self.program = program
        self.environment = environment
    }

    /// How long a line of a setup, a solution or a question may take, seconds.
    static let patience = 60.0

    /// The engine of a node, or of any address that `docker -H` takes.
    static func engine(named name: String, home: String) throws -> EngineClient {
        if name.contains(":") || name.contains("/") { return try EngineClient(host: name) }
        return EngineClient(socketPath: "\(home)/\(name).sock")
    }

    // MARK: Lines

    /// Runs a line as at the prompt, without narration.
    ///
    /// - Parameters:
    ///   - line: The line and what is typed into it.
    ///   - show: Takes what appears while it runs, if it runs at a terminal.
    /// - Throws: ``SystemError`` if it can't be started.
    public func run(_ line: ScriptLine, show: (String) -> Void = { _ in }) throws(SystemError) -> Outcome {
        let words = [program, "--narrate", "off", "-c", line.text]
        let begin = Clock.nanoseconds()
        defer { slow?(line.text, Double(Clock.nanoseconds() - begin) / 1e9) }
        if line.typed.isEmpty {
            return try ChildProcess.run(
                words, directory: directory, environment: environment, seconds: Self.patience)
        }
        return try TerminalSession.run(
            words, typed: line.typed, directory: directory, environment: environment, seconds: Self.patience,
            show: show)
    }

    /// Writes files into the lesson's directory.
    public func write(_ files: [LessonFile]) throws(SystemError) {
        try Files.makeDirectories(directory)
        for file in files {
            let path = "\(directory)/\(file.name)"
            try Files.makeDirectories(Files.parent(of: path))
            try Files.replace(path, with: Array(file.text.utf8), durable: false)
        }
    }

    // MARK: Questions

    /// Asks the world a question. Nothing is changed, and no trace is left.
    ///
    /// - Parameters:
    ///   - question: The question.
    ///   - since: When the step began, nanoseconds since 1970.
    /// - Throws: what kept the question from being asked.
    func ask(_ question: Question, since: Int64) throws -> Outcome {
        switch question {
        case .docker(let text):
            guard let words = WordSplit.words(try filled(text)) else {
                return Outcome(code: 2, errors: "a quote is not closed: docker \(text)")
            }
            return try docker(words)
        case .containerFile(let container, let path): return try file(path, in: container)
        case .file(let name):
            do throws(SystemError) { return Outcome(output: try Files.text("\(directory)/\(name)")) } catch {
                return Outcome(code: 1, errors: error.description)
            }
        case .http(let address):
            return HTTPAddress(address)?.get() ?? Outcome(code: 3, errors: "no address: \(address)")
        case .machine(let command):
            return try ChildProcess.run(
                ["/bin/sh", "-c", try filled(command)], directory: directory, environment: environment,
                seconds: Self.patience)
        case .node(let node, let command):
            return try ChildProcess.run(
                onNode(node, try filled(command)), directory: directory, environment: environment,
                seconds: Self.patience)
        case .happened(let kinds, let object): return try happened(kinds, object, since)
        case .event(let type, let action, let name): return try event(type, action, name, since)
        case .texts(let texts): return Outcome(output: texts.joined(separator: "\n"))
        }
    }

    private func onNode(_ node: String, _ command: String) -> [String] {
        if command.hasPrefix("docker "), let words = WordSplit.words(String(command.dropFirst(7))) {
            return [program, "docker", "--node", node] + words
        }
        return [program, "node", "exec", node, "--", "/bin/sh", "-c", command]
    }

    /// Fills `$(docker …)` in.
    func filled(_ text: String) throws -> String {
        try Substitution.replacing(in: text) { command in
            let command = command.trimmedBlanks
            guard command.hasPrefix("docker "), let words = WordSplit.words(String(command.dropFirst(7))) else {
                return "$(\(command))"
            }
            return try docker(words).output.trimmedBlanks
        }
    }

    private var quietNamedEngine: (@Sendable (String) throws -> EngineClient)? {
        guard let namedEngine else { return nil }
        return { (name: String) throws -> EngineClient in try namedEngine(name).quiet }
    }

    private func docker(_ words: [String]) throws -> Outcome {
        let output = try OutputFile()
        let errors = try OutputFile()
        let input = try Descriptor.open("/dev/null", O_RDONLY)
        let io = CommandIO(
            input: input.number, output: output.descriptor.number, errorOutput: errors.descriptor.number)
        let line = DockerCommandLine(
            client: try engine().quiet, io: io, observer: nil, hints: false, columns: { 200 },
            makeClient: quietNamedEngine)
        let code = line.run(words)
        withExtendedLifetime(input) {}
        return Outcome(code: code, output: try output.text(), errors: try errors.text())
    }

    /// Reads a file in a container through the API; a link is followed as the engine follows it.
    private func file(_ path: String, in container: String) throws -> Outcome {
        do {
            let stream = try engine().quiet.stream(
                "GET", "/containers/\(try filled(container))/archive", query: [("path", path)])
            defer { stream.close() }
            let reader = try ArchiveReader { try stream.read() ?? [] }
            guard let entry = try reader.next() else { return Outcome(code: 1, errors: "\(path) is empty") }
            guard case .file = entry.kind else { return Outcome(code: 1, errors: "\(path) is no plain file") }
            var bytes: [UInt8] = []
            try reader.data { buffer, _ in bytes += buffer }
            return Outcome(output: String(decoding: bytes, as: UTF8.self))
        } catch let error as EngineError {
            return Outcome(code: 1, errors: error.message)
        }
    }

    private func happened(_ kinds: [String], _ object: String?, _ since: Int64) throws -> Outcome {
        var rest = kinds[...]
        guard let steps = try records(since: since) else {
            return try ObservedHappening(kinds: kinds, object: object).outcome(of: events(since: since))
        }
        for record in steps where record.state == .performed && record.kind.rawValue == rest.first {
            if object == nil || record.object == object { rest.removeFirst() }
            if rest.isEmpty { return Outcome() }
        }
        return Outcome(code: rest.isEmpty ? 0 : 1, errors: "it has not happened: \(rest.joined(separator: ", "))")
    }

    /// The steps since then; `nil` where the engine is not Drydock's and tells none.
    private func records(since: Int64) throws -> [StepRecord]? {
        do {
            let stream = try engine().stream("GET", DrydockAPI.stepsPath, query: [("since", String(since))])
            defer { stream.close() }
            var records: [StepRecord] = []
            while let json = try stream.nextJSON() {
                records.append(try json.decode(StepRecord.self, keys: .asDeclared))
            }
            return records
        } catch let error as EngineError where error.status == 404 {
            return nil
        }
    }

    /// What the engine told since then.
    private func events(since: Int64) throws -> [JSON] {
        let stream = try engine().stream(
            "GET", "/events",
            query: [("since", Clock.seconds(since)), ("until", Clock.seconds(Clock.nanoseconds()))])
        defer { stream.close() }
        var events: [JSON] = []
        while let json = try stream.nextJSON() {
            if (json["timeNano"]?.integer ?? 0) >= since { events.append(json) }
        }
        return events
    }

    private func event(_ type: String, _ action: String, _ name: String?, _ since: Int64) throws -> Outcome {
        for json in try events(since: since) {
            guard json["Type"]?.string == type, let told = json["Action"]?.string,
                told == action || told.hasPrefix(action + ":")
            else { continue }
            let actor = json["Actor"]
            if name == nil || actor?["Attributes"]?["name"]?.string == name || actor?["ID"]?.string == name {
                return Outcome()
            }
        }
        return Outcome(code: 1, errors: "there was no event \(type) \(action)")
    }
}

/// What time it is.
enum Clock {
    /// Nanoseconds since 1970, UTC.
    static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// As the API's `since` and `until` take it: seconds with nine decimals.
    static func seconds(_ nanoseconds: Int64) -> String {
        let fraction = String(nanoseconds % 1_000_000_000)
        return "\(nanoseconds / 1_000_000_000)." + String(repeating: "0", count: 9 - fraction.count) + fraction
    }
}
