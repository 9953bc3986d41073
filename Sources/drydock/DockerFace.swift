import DockerCLI
import EngineAPI
import EngineClient
import Glibc
import Narration
import Observation
import OrderedJSON

/// `drydock docker ARGS…`: one Docker command, whose output is Docker's; narration only when it is asked for.
struct DockerFace {
    let home: DrydockHome

    /// Runs the command; `--narrate LEVEL` and `--node NAME` before it are ours.
    func run(_ arguments: [String]) throws -> Int32 {
        var arguments = arguments[...]
        var level: NarrationLevel?
        var node: String?
        while let option = arguments.first, option == "--narrate" || option == "--node" {
            guard let value = arguments.dropFirst().first else {
                throw UsageProblem("flag needs an argument: \(option)")
            }
            if option == "--node" {
                node = value
            } else {
                guard let wanted = NarrationLevel(rawValue: value) else {
                    let levels = NarrationLevel.allCases.map(\.rawValue).joined(separator: ", ")
                    throw UsageProblem("unknown level \"\(value)\"; it can be \(levels)")
                }
                level = wanted
            }
            arguments = arguments.dropFirst(2)
        }
        let client = try client(arguments: Array(arguments), node: node)
        let observer = level.map { StandardErrorNarration(client: client, level: $0, home: home) }
        let line = DockerCommandLine(
            client: client, io: CommandIO(), observer: observer, hints: false, columns: { Terminal.columns(of: 1) },
            makeClient: makeClient)
        return line.run(Array(arguments))
    }

    /// `DOCKER_HOST` names another engine, unless a node was named; a line that only asks for help needs none at all.
    private func client(arguments: [String], node: String?) throws -> EngineClient {
        if node == nil, let host = processEnvironment()["DOCKER_HOST"], !host.isEmpty { return try makeClient(host) }
        let node = node ?? home.currentNode
        let asksForHelp = arguments.isEmpty || arguments.contains("--help") || arguments.first == "help"
        if asksForHelp { return EngineClient(socketPath: home.socket(node)) }
        return try EngineControl(home: home).connect(node: node)
    }

    /// A client for an address of `docker -H` or `DOCKER_HOST`: a node of the lab by its bare name, or any engine.
    private var makeClient: @Sendable (String) throws -> EngineClient {
        { [home] host in
            let isAddress = host.contains { ":/.".contains($0) }
            guard !isAddress else {
                return try EngineClient(host: host, apiVersion: processEnvironment()["DOCKER_API_VERSION"])
            }
            return try EngineControl(home: home).connect(node: host)
        }
    }
}

/// Narrates on the error output what the engine did.
private final class StandardErrorNarration: CommandObserver {
    let client: EngineClient
    let level: NarrationLevel
    let home: DrydockHome
    /// Watches engines that do not tell their steps.
    private let watch = EngineWatch(observesAll: getenv("DRYDOCK_OBSERVE") != nil)

    init(client: EngineClient, level: NarrationLevel, home: DrydockHome) {
        self.client = client
        self.level = level
        self.home = home
    }

    var wantsReadings: Bool { [.full, .deep].contains(level) }

    func begins(_ request: EngineRequest) { watch.begins(request) }

    func answered(_ request: EngineRequest, _ answer: JSON?) { watch.answered(request, answer) }

    func canTell(command: [String], isOver: Bool) { tell(watch.takeRecords(isOver: isOver), command) }

    func operationsFinished(_ operations: [String], command: [String], on engine: EngineClient) {
        guard !operations.isEmpty, !watch.isForeign(engine) else { return }
        // Without the steps there is nothing to tell; the command itself went on all the same.
        guard let stream = try? engine.stream("GET", DrydockAPI.stepsPath, query: operations.map { ("operation", $0) })
        else { return }
        defer { stream.close() }
        var records: [StepRecord] = []
        while let json = try? stream.nextJSON() {
            if let record = try? json.decode(StepRecord.self, keys: .asDeclared) { records.append(record) }
        }
        tell(records, command, on: engine)
    }

    private func tell(_ records: [StepRecord], _ command: [String], on engine: EngineClient? = nil) {
        var narrator = Narrator(
            language: Language.preferred(environment: processEnvironment()), level: level,
            columns: Terminal.columns(of: 2), colours: false, concepts: MetConcepts(directory: home.path + "/learner"))
        narrator.missingPrograms = ExplanationCatalog.missingPrograms(path: processEnvironment()["PATH"])
        if watch.isForeign(client) {
            narrator.node = ForeignEngine.name(of: client)
        } else if let engine, let node = engine.answer(DrydockAPI.nodePath)?["Name"]?.string {
            narrator.go(to: node, isElsewhere: engine !== client)
        }
        StandardError.write(narrator.narrate(records, command: command))
    }
}

/// An engine that is not the lab's.
enum ForeignEngine {
    /// What its host calls itself; `docker` where it does not say.
    static func name(of client: EngineClient) -> String {
        let name = client.answer("/info")?["Name"]?.string ?? ""
        return name.isEmpty ? "docker" : name
    }
}

/// The error output: C's `stderr` is shared mutable state, a descriptor is not.
enum StandardError {
    /// Writes a text.
    static func write(_ text: String) { _ = text.withCString { Glibc.write(2, $0, strlen($0)) } }
}

/// What is known of a terminal.
enum Terminal {
    /// The width of the terminal behind a descriptor; 80 when it is none.
    static func columns(of descriptor: Int32) -> Int {
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }
}
