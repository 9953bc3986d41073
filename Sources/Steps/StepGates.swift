public import EngineAPI
import Posix

/// The places where procedures wait between two steps, for people who go through them one by one.
///
/// An operation belongs to a gate by its name: those of a gate named `4f1a` are called `4f1a.…`.
public final class StepGates: Sendable {
    private let open = Monitor<[String: StepGate]>([:])

    /// No gates.
    public init() {}

    /// Opens a gate.
    ///
    /// - Parameters:
    ///   - name: A name that the client made up: letters and digits.
    ///   - onWait: Told of each step that is about to be performed, as planned, on the thread that waits.
    ///   - onClose: Called when it is closed.
    /// - Returns: The gate; `nil` if there is one of the name.
    public func open(
        _ name: String, onWait: @escaping @Sendable (StepRecord) -> Void, onClose: @escaping @Sendable () -> Void = {}
    ) -> StepGate? {
        open.withLock { gates in
            guard gates[name] == nil else { return nil }
            let gate = StepGate(name: name, onWait: onWait, onClose: onClose)
            gates[name] = gate
            return gate
        }
    }

    /// The gate of a name, if it is open.
    public func gate(named name: String) -> StepGate? { open.current[name] }

    /// The gate that an operation goes through.
    public func gate(of operation: String) -> StepGate? {
        guard let dot = operation.firstIndex(of: ".") else { return nil }
        return gate(named: String(operation[..<dot]))
    }

    /// Closes a gate for good: whoever waits at it is stopped.
    public func close(_ gate: StepGate) {
        gate.answer(.stop)
        gate.onClose()
        open.withLock { _ = $0.removeValue(forKey: gate.name) }
    }
}

/// A place to wait between steps. One person answers, whatever number of operations come through.
public final class StepGate: Sendable {
    /// What to do with the step that waits.
    public enum Answer: String, Sendable {
        /// Perform it, and wait before the next one.
        case next
        /// Perform it and all that follow.
        case run
        /// Take back all that was done.
        case stop
    }

    private struct State {
        var isWaiting = false
        var answer: Answer?
        var runsOn = false
        /// Operations that were stopped, with what they were about. What they still do is the tidying up.
        var stopped: [String: String] = [:]
        var isStopped = false
        var performed: [Performed] = []
    }

    /// A step that was performed, with what takes it back.
    struct Performed: Sendable {
        var record: StepRecord
        var undo: [UndoAction]
    }

    let name: String
    private let onWait: @Sendable (StepRecord) -> Void
    fileprivate let onClose: @Sendable () -> Void
    private let state = Monitor(State())

    init(
        name: String, onWait: @escaping @Sendable (StepRecord) -> Void, onClose: @escaping @Sendable () -> Void
    ) {
        self.name = name
        self.onWait = onWait
        self.onClose = onClose
    }

    /// Whether an operation goes through this gate.
    public func holds(_ operation: String) -> Bool { operation.hasPrefix(name + ".") }

    /// Answers. An answer that nobody waits for holds for the next step, except that `next` is forgotten.
    public func answer(_ answer: Answer) {
        state.withLock { state in
            switch answer {
            case .next: if !state.isWaiting { return }
            case .run: state.runsOn = true
            case .stop: state.isStopped = true
            }
            state.answer = answer
        }
    }

    /// Stops an operation whose client has gone: nobody will answer for it.
    public func abandon(_ operation: String) {
        state.withLock { state in
            guard state.stopped[operation] == nil, !state.runsOn else { return }
            state.isStopped = true
            if state.isWaiting { state.answer = .stop }
        }
    }

    /// Waits until somebody says that a step may be performed.
    /// - Throws: ``StepsStopped`` if it must not.
    func wait(before record: StepRecord) throws(StepsStopped) {
        let mustWait = state.withLock { state -> Bool? in
            // What a stopped operation still does is done without asking.
            if state.stopped[record.operation] != nil { return false }
            if state.isStopped {
                state.stopped[record.operation] = record.object
                return nil
            }
            if state.runsOn { return false }
            state.answer = nil
            state.isWaiting = true
            return true
        }
        guard let mustWait else { throw StepsStopped(before: record) }
        guard mustWait else { return }
        onWait(record)
        let answer = state.wait { state in state.answer }
        let isStopped = state.withLock { state in
            state.isWaiting = false
            if answer == .stop { state.stopped[record.operation] = record.object }
            return answer == .stop
        }
        if isStopped { throw StepsStopped(before: record) }
    }

    /// Remembers what a procedure that has ended did: a later one of the same command may be stopped.
    func remember(_ steps: [Performed]) { state.withLock { $0.performed += steps } }

    /// What earlier procedures did to the object of an operation that was stopped; it is forgotten here.
    func takePerformed(before operation: String) -> [Performed] {
        state.withLock { state in
            guard let object = state.stopped[operation] else { return [] }
            let found = state.performed.filter { $0.record.object == object }
            state.performed.removeAll { $0.record.object == object }
            return found
        }
    }
}

/// A procedure was stopped between two steps, because the person who went through it said so.
public struct StepsStopped: Error, Sendable, CustomStringConvertible {
    /// The step that was not performed any more.
    public var before: StepRecord

    init(before record: StepRecord) { before = record }

    /// The sentence for a person.
    public var description: String { "stopped before step \(before.index) (\(before.kind.rawValue)), as you wished" }
}
