import EngineAPI
import Glibc
import Posix
import Steps
import Synchronization
import Testing

/// Notes what it is asked to take back.
private final class Ledger: Undoing {
    private let undone = Mutex<[UndoAction]>([])
    let refuses: UndoAction?

    init(refuses: UndoAction? = nil) { self.refuses = refuses }

    var actions: [UndoAction] { undone.withLock { $0 } }

    func undo(_ action: UndoAction) throws {
        if action == refuses { throw SystemError("removing it", code: EBUSY) }
        undone.withLock { $0.append(action) }
    }
}

@Suite struct StepRunnerTests {
    private let directory: String
    private let log = StepLog()

    init() throws {
        directory = "/tmp/drydock-steps-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try Files.makeDirectories(directory)
    }

    private func runner(boot: String = "boot") throws -> StepRunner {
        StepRunner(journal: try Journal(directory: directory, bootID: boot), log: log, isSimulated: true)
    }

    private func step(_ name: String, fails: Bool = false) -> Step {
        Step(.cgroupCreate, command: "mkdir \(name)", facts: ["path": .string(name)], undo: [.removeCgroup(name: name)])
        {
            if fails { throw SystemError("making \(name)", code: ENOSPC) }
            return StepOutcome(facts: ["made": true], evidence: [Evidence(source: name, text: "there")])
        }
    }

    @Test func performedStepsAreRecordedWithWhatTheyFoundOut() throws {
        defer { try? Files.removeTree(directory) }
        let procedure = Procedure(title: "make two", object: "box", steps: [step("a"), step("b")])
        try runner().run(procedure, operation: "op", undoing: Ledger())
        let records = log.records(of: ["op"])
        #expect(records.map(\.index) == [1, 2])
        #expect(records.allSatisfy { $0.state == .performed && $0.isSimulated && $0.facts["made"] == true })
        #expect(records[1].evidence == [Evidence(source: "b", text: "there")])
    }

    @Test func failureTakesBackWhatWasDoneLastFirst() throws {
        defer { try? Files.removeTree(directory) }
        let ledger = Ledger()
        let steps = [step("a"), step("b"), step("c", fails: true), step("d")]
        #expect(throws: SystemError("making c", code: ENOSPC)) {
            try runner().run(Procedure(title: "make", object: "box", steps: steps), operation: "op", undoing: ledger)
        }
        #expect(ledger.actions == ["c", "b", "a"].map { .removeCgroup(name: $0) })
        let states = log.records(of: ["op"]).map(\.state)
        #expect(states == [.performed, .performed, .failed, .reverted, .reverted])
        #expect(log.records(of: ["op"])[2].failure?.errnoName == "ENOSPC")
    }

    @Test func undoingThatFailsIsSaid() throws {
        defer { try? Files.removeTree(directory) }
        let ledger = Ledger(refuses: .removeCgroup(name: "a"))
        let steps = [step("a"), step("b", fails: true)]
        #expect(throws: SystemError.self) {
            try runner().run(Procedure(title: "make", object: "box", steps: steps), operation: "op", undoing: ledger)
        }
        let last = try #require(log.records(of: ["op"]).last)
        #expect(last.state == .failed && last.failure?.message.contains("EBUSY") == true)
    }

    @Test func followUpsComeRightAfterTheirStep() throws {
        defer { try? Files.removeTree(directory) }
        let late = step("late")
        let first = Step(.imageLoad, command: "load") { StepOutcome(followUps: [late]) }
        let procedure = Procedure(title: "load", object: "archive", steps: [first, step("end")])
        try runner().run(procedure, operation: "op", undoing: Ledger())
        #expect(log.records(of: ["op"]).map(\.command) == ["load", "mkdir late", "mkdir end"])
    }

    /// The files of operations; beside them is room that is kept for a disk that is full.
    private var journals: [String] {
        get throws { try Files.list(directory).map(\.name).filter { $0.hasSuffix(".jsonl") } }
    }

    @Test func whatAnEngineThatDiedBeganIsTakenBackByTheNext() throws {
        defer { try? Files.removeTree(directory) }
        let journal = try Journal(directory: directory, bootID: "boot")
        let entry = try journal.begin("op")
        try entry.intend([.removeCgroup(name: "a")])
        try entry.intend([.killProcess(pid: 7, startTime: 1), .removeTree(path: "/x")])
        let ledger = Ledger()
        #expect(try runner().recover(undoing: ledger).isEmpty)
        #expect(
            ledger.actions == [.killProcess(pid: 7, startTime: 1), .removeTree(path: "/x"), .removeCgroup(name: "a")])
        #expect(try journals.isEmpty)
    }

    @Test func processesOfAnEarlierBootAreNeverTouched() throws {
        defer { try? Files.removeTree(directory) }
        let entry = try Journal(directory: directory, bootID: "boot").begin("op")
        try entry.intend([.killProcess(pid: 7, startTime: 1), .removeTree(path: "/x")])
        let ledger = Ledger()
        _ = try runner(boot: "another").recover(undoing: ledger)
        #expect(ledger.actions == [.removeTree(path: "/x")])
    }

    @Test func anOperationThatEndedLeavesNothingToTakeBack() throws {
        defer { try? Files.removeTree(directory) }
        let procedure = Procedure(title: "make", object: "box", steps: [step("a")])
        let first = try runner()
        try first.run(procedure, operation: "one", undoing: Ledger())
        try first.run(procedure, operation: "two", undoing: Ledger())
        #expect(try journals.count == 1, "the second operation takes over the first one's file")
        let ledger = Ledger()
        _ = try runner().recover(undoing: ledger)
        #expect(ledger.actions.isEmpty)
    }

    @Test func lineThatACrashCutShortIsPassedOver() throws {
        defer { try? Files.removeTree(directory) }
        let entry = try Journal(directory: directory, bootID: "boot").begin("op")
        try entry.intend([.removeTree(path: "/whole")])
        let file = try #require(try Files.list(directory).first)
        let path = "\(directory)/\(file.name)"
        try Files.replace(path, with: Files.read(path) + Array("{\"boot\":\"bo".utf8), durable: false)
        let ledger = Ledger()
        _ = try runner().recover(undoing: ledger)
        #expect(ledger.actions == [.removeTree(path: "/whole")])
    }

    @Test func planPerformsNothing() {
        let step = Step(.cgroupCreate, command: "mkdir a") { throw SystemError("performing", code: EPERM) }
        let records = StepRunner.plan(
            Procedure(title: "make", object: "box", steps: [step]), operation: "plan", isSimulated: false)
        #expect(records.map(\.state) == [.planned])
        try? Files.removeTree(directory)
    }
}
