import DockerCLI
import EngineAPI
import EngineClient
import Narration
import OrderedJSON
import Synchronization

/// Fetches what the engine did for a command, has it narrated, and keeps it for `why`, `evidence` and `steps`.
final class StepListener: CommandObserver {
    private struct State {
        var narrator: Narrator
        /// The records of the last command that caused any.
        var records: [StepRecord] = []
        /// Whether the next records are of a new command.
        var isNewCommand = true
        var saidProblem = false
    }

    private let keeper: EngineKeeper
    private let write: @Sendable (String) -> Void
    private let state: Mutex<State>

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

    /// The records of the last command that caused any.
    var records: [StepRecord] { state.withLock { $0.records } }

    /// A new command begins: what comes next belongs to it.
    func begin() { state.withLock { $0.isNewCommand = true } }

    func operationsFinished(_ operations: [String], command: [String]) {
        guard !operations.isEmpty else { return }
        do {
            let new = try fetch(operations)
            guard !new.isEmpty else { return }
            let earlier = state.withLock { state in
                let earlier = state.isNewCommand ? [] : state.records
                state.isNewCommand = false
                state.records = earlier + new
                return earlier
            }
            write(narrator.narrate(new, command: Array(command.dropFirst()), earlier: earlier))
        } catch {
            // The command itself is done; not being able to tell of it is worth one sentence in a session.
            let isFirst = state.withLock { state in
                defer { state.saidProblem = true }
                return !state.saidProblem
            }
            if isFirst { write("drydock: could not read what the engine did: \(error)\n") }
        }
    }

    /// Takes records that came with an answer, as those of a plan do.
    func show(_ records: [StepRecord], command: [String]) {
        state.withLock { state in
            state.records = records
            state.isNewCommand = true
        }
        var narrator = narrator
        if narrator.level == .off { narrator.level = .brief }
        write(narrator.narrate(records, command: command))
    }

    private func fetch(_ operations: [String]) throws -> [StepRecord] {
        let stream = try keeper.current.stream(
            "GET", DrydockAPI.stepsPath, query: operations.map { ("operation", $0) })
        var records: [StepRecord] = []
        while let line = try stream.nextJSON() { records.append(try line.decode(StepRecord.self, keys: .asDeclared)) }
        return records
    }
}
