import EngineAPI
import Glibc
import Posix
import Steps
import Synchronization
import Testing

/// Notes what it is asked to take back.
private final class Notes: Undoing {
    private let undone = Mutex<[UndoAction]>([])
    var actions: [UndoAction] { undone.withLock { $0 } }
    func undo(_ action: UndoAction) throws { undone.withLock { $0.append(action) } }
}

@Suite struct StepGateTests {
    private let directory = "/tmp/drydock-gates-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    private let log = StepLog()
    private let gates = StepGates()

    private func runner() throws -> StepRunner {
        StepRunner(
            journal: try Journal(directory: directory, bootID: "boot"), log: log, isSimulated: true, gates: gates)
    }

    private func procedure(_ title: String, _ names: [String]) -> Procedure {
        Procedure(
            title: title, object: "box",
            steps: names.map { name in
                Step(.cgroupCreate, command: "mkdir \(name)", undo: [.removeCgroup(name: name)]) { StepOutcome() }
            })
    }

    /// A gate that answers by itself, each time with the next of some answers.
    private func gate(_ answers: [StepGate.Answer], waited: Monitor<[String]> = Monitor([])) throws -> StepGate {
        let gates = gates
        let opened = gates.open("g") { record in
            let count = waited.withLock { waited in
                waited.append(record.command)
                return waited.count
            }
            gates.gate(named: "g")?.answer(answers[min(count, answers.count) - 1])
        }
        return try #require(opened)
    }

    @Test func eachStepWaitsUntilItIsLetGoOn() throws {
        defer { try? Files.removeTree(directory) }
        let waited = Monitor<[String]>([])
        _ = try gate([.next], waited: waited)
        let operation = StepRunner.newOperation(through: "g")
        try runner().run(procedure("make", ["a", "b"]), operation: operation, undoing: Notes())
        #expect(waited.current == ["mkdir a", "mkdir b"])
        #expect(log.records(of: [operation]).map(\.state) == [.performed, .performed])
    }

    @Test func runLetsAllThatFollowGoOn() throws {
        defer { try? Files.removeTree(directory) }
        let waited = Monitor<[String]>([])
        _ = try gate([.next, .run], waited: waited)
        try runner().run(
            procedure("make", ["a", "b", "c", "d"]), operation: StepRunner.newOperation(through: "g"), undoing: Notes())
        #expect(waited.current == ["mkdir a", "mkdir b"])
    }

    @Test func stopTakesBackThisProcedureAndThoseBeforeOfTheSameObject() throws {
        defer { try? Files.removeTree(directory) }
        let gate = try gate([.next, .next, .stop])
        let notes = Notes()
        let runner = try runner()
        try runner.run(procedure("create", ["a"]), operation: StepRunner.newOperation(through: "g"), undoing: notes)
        let second = StepRunner.newOperation(through: "g")
        #expect(throws: StepsStopped.self) {
            try runner.run(procedure("start", ["b", "c"]), operation: second, undoing: notes)
        }
        #expect(notes.actions == [.removeCgroup(name: "b")])
        #expect(runner.takeBack(before: second, at: gate, undoing: notes).count == 1)
        #expect(notes.actions == ["b", "a"].map { .removeCgroup(name: $0) })
        // What the stopped operation still has to tidy up does not wait; what comes anew does not begin.
        try runner.run(procedure("tidy", ["t"]), operation: second, undoing: notes)
        #expect(throws: StepsStopped.self) {
            try runner.run(procedure("next", ["n"]), operation: StepRunner.newOperation(through: "g"), undoing: notes)
        }
    }

    @Test func anOperationWhoseClientHasGoneIsStopped() throws {
        defer { try? Files.removeTree(directory) }
        let operation = StepRunner.newOperation(through: "g")
        let gates = gates
        _ = gates.open("g") { _ in gates.gate(named: "g")?.abandon(operation) }
        #expect(throws: StepsStopped.self) {
            try runner().run(procedure("make", ["a"]), operation: operation, undoing: Notes())
        }
    }

    @Test func othersDoNotWait() throws {
        defer { try? Files.removeTree(directory) }
        let waited = Monitor<[String]>([])
        _ = try gate([.stop], waited: waited)
        try runner().run(procedure("make", ["a"]), operation: StepRunner.newOperation(), undoing: Notes())
        #expect(waited.current.isEmpty)
    }

    @Test func closingStopsWhoeverWaits() throws {
        defer { try? Files.removeTree(directory) }
        let gates = gates
        let closed = Monitor(0)
        _ = gates.open(
            "g", onWait: { _ in gates.gate(named: "g").map(gates.close) },
            onClose: { closed.withLock { $0 += 1 } })
        #expect(throws: StepsStopped.self) {
            try runner().run(
                procedure("make", ["a"]), operation: StepRunner.newOperation(through: "g"), undoing: Notes())
        }
        #expect(closed.current == 1)
    }
}
