import DockerCLI
import EngineAPI
import EngineClient
import Glibc
import Narration
import Observation
import OrderedJSON
import Synchronization

/// Fetches what the engine did for a command, has it narrated, and keeps it for `why`, `evidence` and `steps`.
final class StepListener: CommandObserver {
    private struct State {
        var narrator: Narrator
        /// The records of the last command that caused any.
        var records: [StepRecord] = []
        /// The words of that command without `docker`.
        var command: [String] = []
        /// Whether the next records are of a new command.
        var isNewCommand = true
        /// When the command began: nanoseconds since 1970.
        var begin: Int64 = 0
        /// The engine that performed it, where it was another than the learner's, and the name of its node.
        var elsewhere: (engine: EngineClient, node: String)?
        /// How many lines were told of it.
        var linesTold = 0
        var saidProblem = false
    }

    private let keeper: EngineKeeper
    private let write: @Sendable (String) -> Void
    private let state: Mutex<State>
    /// Watches engines that do not tell their steps.
    private let watch = EngineWatch(observesAll: getenv("DRYDOCK_OBSERVE") != nil)

    /// A listener.
    /// - Parameter write: Takes the narration; it goes to the terminal, wherever the command's output goes.
    init(_ keeper: EngineKeeper, narrator: Narrator, write: @escaping @Sendable (String) -> Void) {
        self.keeper = keeper
        self.write = write
        state = Mutex(State(narrator: narrator))
    }

    /// The narrator as it is set now. Its width is that of the terminal now.
    var narrator: Narrator {
        get {
            var narrator = state.withLock { $0.narrator }
            narrator.columns = TerminalGuard.columns()
            return narrator
        }
        set { state.withLock { $0.narrator = newValue } }
    }

    /// The narrator, on the node where the last command's steps happened.
    var teller: Narrator {
        var narrator = narrator
        if let node = state.withLock({ $0.elsewhere?.node }) { narrator.go(to: node, isElsewhere: true) }
        return narrator
    }

    /// The records of the last command that caused any.
    var records: [StepRecord] { state.withLock { $0.records } }

    /// The words of that command without `docker`.
    var command: [String] { state.withLock { $0.command } }

    /// A new command begins: what comes next belongs to it.
    func begin() {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let begin = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
        state.withLock { state in
            state.isNewCommand = true
            state.begin = begin
            state.linesTold = 0
        }
        watch.begin()
    }

    /// The command has ended: tells of what came of it by itself, such as the end of a container that it had started,
    /// and of an operation that failed. No answer names these.
    ///
    /// - Parameters:
    ///   - code: The command's exit code.
    ///   - command: Its words.
    func finish(code: Int32, command: [String]) {
        let (told, begin, isUntold) = state.withLock { ($0.records, $0.begin, $0.isNewCommand) }
        let objects = isUntold ? [] : Set(told.map(\.object))
        let operations = isUntold ? [] : Set(told.map(\.operation))
        // A command that changed nothing and succeeded has no more to tell, and a stranger's engine tells no steps.
        let elsewhere = isUntold ? nil : state.withLock { $0.elsewhere?.engine }
        if watch.isForeign(elsewhere ?? keeper.current) { return }
        guard !objects.isEmpty || code != 0 else { return }
        tell(command, on: elsewhere) {
            let new = try fetch([("since", String(begin))], from: begin, on: elsewhere).filter {
                !operations.contains($0.operation)
            }
            let failed = Set(new.filter { $0.state == .failed }.map(\.operation))
            return new.filter { record in
                failed.contains(record.operation) && code != 0
                    || Self.followUps.contains(record.title) && objects.contains(record.object)
            }
        }
    }

    /// The operations that no request asks for.
    private static let followUps: Set<String> = ["container ended", "remove container"]

    var wantsReadings: Bool { [.full, .deep].contains(state.withLock { $0.narrator.level }) }

    func begins(_ request: EngineRequest) { watch.begins(request) }

    func answered(_ request: EngineRequest, _ answer: JSON?) { watch.answered(request, answer) }

    func canTell(command: [String], isOver: Bool) {
        let records = watch.takeRecords(isOver: isOver)
        if !records.isEmpty { tell(command) { records } }
    }

    func operationsFinished(_ operations: [String], command: [String], on engine: EngineClient) {
        if watch.isForeign(engine) || operations.isEmpty { return }
        tell(command, on: isOwn(engine) ? nil : engine) {
            let query = operations.map { ("operation", $0) }
            var records = try fetch(query, on: engine)
            // An exec's connection is open before its steps are done. They take a few milliseconds; its output waits in
            // the socket meanwhile.
            guard Circumstances.verb(of: Array(command.dropFirst())) == "exec" else { return records }
            for _ in 0..<100 where !records.contains(where: { $0.kind == .processExecute || $0.state == .failed }) {
                usleep(2000)
                records = try fetch(query, on: engine)
            }
            return records
        }
    }

    /// Tells of the steps of the node's neighbour, or of the lab: operations that any node can be asked about.
    func labOperationsFinished(_ operations: [String], command: [String], on client: EngineClient) {
        guard !operations.isEmpty else { return }
        tell(command) { try fetch(operations.map { ("operation", $0) }, on: client) }
    }

    /// - Parameter engine: The engine that performed the steps, where it is another than the learner's.
    private func tell(_ command: [String], on engine: EngineClient? = nil, _ records: () throws -> [StepRecord]) {
        do {
            let new = try records()
            guard !new.isEmpty else { return }
            if let engine {
                if state.withLock({ $0.elsewhere?.engine !== engine }) {
                    let node = Self.node(of: engine)
                    state.withLock { $0.elsewhere = (engine, node) }
                }
            } else {
                state.withLock { $0.elsewhere = nil }
            }
            let (earlier, linesTold) = state.withLock { state in
                let earlier = state.isNewCommand ? [] : state.records
                state.isNewCommand = false
                state.records = earlier + new
                state.command = Array(command.dropFirst())
                return (earlier, state.linesTold)
            }
            let text = teller.narrate(
                new, command: Array(command.dropFirst()), earlier: earlier, linesTold: linesTold)
            state.withLock { $0.linesTold += text.utf8.count { $0 == 0x0A } }
            write(text)
        } catch {
            // The command itself is done; not being able to tell of it is worth one sentence in a session.
            let isFirst = state.withLock { state in
                defer { state.saidProblem = true }
                return !state.saidProblem
            }
            if isFirst { write("drydock: could not read what the engine did: \(error)\n") }
        }
    }

    private func isOwn(_ engine: EngineClient) -> Bool {
        let own = keeper.current
        return engine === own || engine.host == own.host
    }

    /// The name of an engine's node; its address, where it has none.
    private static func node(of engine: EngineClient) -> String {
        engine.answer(DrydockAPI.nodePath)?["Name"]?.string ?? engine.host
    }

    /// Tells a text beside the narration, such as the help below an error.
    func say(_ text: String) { write(text) }

    /// Keeps records that were told already, for `why`, `evidence` and `steps`.
    /// - Parameter engine: The engine that they are of; `nil` is the learner's.
    func keep(_ records: [StepRecord], command: [String], of engine: EngineClient? = nil) {
        let other = engine.flatMap { engine in
            isOwn(engine) ? nil : (engine: engine, node: Self.node(of: engine))
        }
        state.withLock { state in
            state.records = records
            state.command = command
            state.elsewhere = other
            state.isNewCommand = false
        }
    }

    /// Reads records.
    /// - Parameter time: Leaves out what began before it; an engine may send more than was asked for.
    private func fetch(
        _ query: [(String, String)], from time: Int64 = 0, on client: EngineClient? = nil
    ) throws -> [StepRecord] {
        let stream = try (client ?? keeper.current).stream("GET", DrydockAPI.stepsPath, query: query)
        var records: [StepRecord] = []
        while let line = try stream.nextJSON() {
            if let began = line["time"]?.integer, began < time { continue }
            records.append(try line.decode(StepRecord.self, keys: .asDeclared))
        }
        return records
    }
}
