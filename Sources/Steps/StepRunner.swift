import EngineAPI
import Glibc
import OrderedJSON
import Posix

/// Performs procedures: journals, performs, records, and on a failure takes back what was done, last first.
public final class StepRunner: Sendable {
    private let journal: Journal
    private let log: StepLog
    private let isSimulated: Bool
    private let gates: StepGates

    /// A runner that tells of its steps in a log.
    ///
    /// - Parameter gates: Where procedures wait that somebody goes through step by step.
    public init(journal: Journal, log: StepLog, isSimulated: Bool, gates: StepGates = StepGates()) {
        self.journal = journal
        self.log = log
        self.gates = gates
        self.isSimulated = isSimulated
    }

    /// A new identity for an operation.
    ///
    /// - Parameter gate: The name of the gate that it is to go through, if any.
    public static func newOperation(through gate: String? = nil) -> String {
        let own = String(UInt64.random(in: 0x1000_0000_0000_0000 ... .max), radix: 16)
        return gate.map { "\($0).\(own)" } ?? own
    }

    /// Performs all steps of a procedure.
    ///
    /// - Parameters:
    ///   - procedure: What to do.
    ///   - operation: Its identity; operations that a request causes may share one.
    ///   - told: How many steps of this operation were performed under the same title before.
    ///   - isVital: Whether it must be possible on a disk that is full.
    ///   - undoing: Who takes steps back.
    /// - Throws: The error of the step that failed, or ``StepsStopped``, after the performed ones were taken back.
    public func run(
        _ procedure: Procedure, operation: String, after told: Int = 0, isVital: Bool = false, undoing: any Undoing
    ) throws {
        let name = operation + "-" + String(UInt32.random(in: 0 ... .max), radix: 16)
        let entry = try journal.begin(name, usesSpare: isVital)
        var performed: [StepGate.Performed] = []
        var pending = Array(procedure.steps.reversed())
        let gate = gates.gate(of: operation)
        while let step = pending.popLast() {
            var record = StepRecord(
                operation: operation, title: procedure.title, index: told + performed.count + 1, kind: step.kind,
                state: .performed, command: step.command, object: procedure.object, facts: step.facts,
                time: Clock.realtime(), isSimulated: isSimulated)
            if let gate {
                var planned = record
                planned.state = .planned
                do throws(StepsStopped) { try gate.wait(before: planned) } catch {
                    revert(performed, undoing: undoing)
                    entry.close()
                    throw error
                }
                record.time = Clock.realtime()
            }
            let begin = Clock.monotonic()
            var undo = step.undo
            do {
                try entry.intend(step.undo)
                let outcome = try step.perform()
                record.duration = outcome.duration ?? (Clock.monotonic() - begin)
                // What was made is taken back also when that can't be written down.
                undo += outcome.undo
                try entry.intend(outcome.undo)
                record.facts.merge(outcome.facts) { $1 }
                record.evidence = outcome.evidence
                record.calls = outcome.calls
                record.command = outcome.command ?? step.command
                performed.append(.init(record: record, undo: undo))
                log.publish(record)
                pending += outcome.followUps.reversed()
            } catch {
                record.duration = Clock.monotonic() - begin
                record.state = .failed
                record.failure = StepFailure(errnoName: (error as? SystemError)?.name, message: "\(error)")
                log.publish(record)
                revert(performed + [.init(record: record, undo: undo)], undoing: undoing)
                entry.close()
                throw error
            }
        }
        entry.close()
        gate?.remember(performed)
    }

    /// Takes back what earlier procedures of a command did to the object of an operation that was stopped: the creation
    /// of a container whose start was.
    ///
    /// - Returns: What was taken back.
    public func takeBack(before operation: String, at gate: StepGate, undoing: any Undoing) -> [StepRecord] {
        let steps = gate.takePerformed(before: operation)
        revert(steps, undoing: undoing)
        return steps.map(\.record)
    }

    private func revert(_ steps: [StepGate.Performed], undoing: any Undoing) {
        for step in steps.reversed() where !step.undo.isEmpty {
            let record = step.record
            var reverted = record
            reverted.time = Clock.realtime()
            let begin = Clock.monotonic()
            var failures: [String] = []
            for action in step.undo.reversed() {
                do { try undoing.undo(action) } catch { failures.append("\(error)") }
            }
            reverted.duration = Clock.monotonic() - begin
            // The failed step itself was told already; what it half did is taken back in silence.
            if record.state == .failed && failures.isEmpty { continue }
            reverted.state = failures.isEmpty ? .reverted : .failed
            reverted.evidence = []
            if !failures.isEmpty {
                let message = "could not take it back: " + failures.joined(separator: "; ")
                reverted.failure = StepFailure(errnoName: nil, message: message)
            }
            log.publish(reverted)
        }
    }

    /// Describes a procedure; nothing is performed.
    public static func plan(_ procedure: Procedure, operation: String, isSimulated: Bool) -> [StepRecord] {
        procedure.steps.enumerated().map { index, step in
            StepRecord(
                operation: operation, title: procedure.title, index: index + 1, kind: step.kind, state: .planned,
                command: step.command, object: procedure.object, facts: step.facts, isSimulated: isSimulated)
        }
    }

    /// Takes back what an engine that died left unfinished.
    ///
    /// - Returns: One sentence for each thing that could not be taken back; its journal is kept for the next start.
    public func recover(undoing: any Undoing) throws -> [String] {
        var problems: [String] = []
        for unfinished in try journal.unfinished() {
            var failed = false
            for action in unfinished.undo {
                do { try undoing.undo(action) } catch {
                    failed = true
                    problems.append("could not take back a step of operation \(unfinished.operation): \(error)")
                }
            }
            if !failed { journal.forget(unfinished) }
        }
        return problems
    }
}

/// The kernel's clocks, in nanoseconds (`clock_gettime(2)`).
public enum Clock {
    /// Since 1970, UTC.
    public static func realtime() -> Int64 { read(CLOCK_REALTIME) }
    /// Since some moment; never set back.
    public static func monotonic() -> Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
