import EngineAPI
import OrderedJSON

/// A numbered thought of the narration: the steps of one operation that belong to one group.
struct NarratedStep: Sendable {
    /// The number that `why`, `evidence` and `steps` know it by: from 1 in each command.
    var number: Int
    /// The number of the command's last step.
    var last: Int
    var group: StepGroup
    /// The records of the group in the order they happened; without those that only tell of undoing.
    var records: [StepRecord]
    /// The facts of the operation's other steps, by kind.
    var siblings: [String: Facts]
    var circumstances: Circumstances

    /// The record that stands for the group.
    var lead: StepRecord {
        for kind in group.members {
            if let record = records.first(where: { $0.kind == kind }) { return record }
        }
        return records[0]
    }

    /// Whether the operation adds a process to a running container.
    var isSecond: Bool { siblings[StepKind.namespaceEnter.rawValue] != nil }

    /// The record that failed, if one did.
    var failed: StepRecord? { records.first { $0.state == .failed } }

    /// The records of some kinds, by the kinds' order; the lead's where there are none.
    func records(of kinds: [StepKind], asWell silent: Bool = false) -> [StepRecord] {
        let chosen = kinds.flatMap { kind in records.filter { $0.kind == kind && (silent || !isSilent($0)) } }
        return chosen.isEmpty ? [lead] : chosen
    }

    private func isSilent(_ record: StepRecord) -> Bool {
        group.silences.contains {
            $0.kind == record.kind && record.facts[$0.fact].map(TemplateFilter.plain) == $0.value
        }
    }

    /// The Docker host on which a step happens: the new one, where one is added to the lab.
    func host(of record: StepRecord) -> String { record.title == "add node" ? record.object : circumstances.node }

    /// What a template about a record can ask for.
    func scope(of record: StepRecord) -> FactScope {
        var own = record.facts
        let readBack = record.evidence.first { $0.source.hasPrefix("/") && !$0.source.contains(" ") }?.source
        for (name, value) in [
            "object": .string(record.object), "node": .string(host(of: record)), "second": .bool(isSecond),
            "removed": .bool(circumstances.removesAtEnd),
            "readBack": readBack.map { .string($0) } ?? .null,
        ] as Facts where own[name] == nil { own[name] = value }
        if record.kind == .processExecute, let isAttached = circumstances.isAttached {
            own["detached"] = .bool(!isAttached)
        }
        // Templates ask for signals by their whole names.
        if let signal = own["signal"]?.string, !signal.hasPrefix("SIG"), Int(signal) == nil {
            own["signal"] = .string("SIG" + signal)
        }
        return FactScope(own: own, siblings: siblings)
    }

    /// Fills one of a record's texts. `nil` when the engine gave no value for a fact that the text shows: an account
    /// that is short is better than one with a gap.
    func text(_ part: KeyPath<Explanation, Template>, of record: StepRecord, in language: Language) -> String? {
        guard let explanation = ExplanationCatalog.explanation(of: record.kind, in: language) else { return nil }
        var template = explanation[keyPath: part]
        if record.state == .observed {
            // How an engine does it is told in depth, and that is known of Drydock's own only.
            guard part != \.deep else { return nil }
            let other = ExplanationCatalog.observation(of: record.kind, in: language)
            template = (part == \.brief ? other?.brief : other?.full) ?? template
        }
        if record.state == .planned, let plan = ExplanationCatalog.plan(of: record.kind, in: language) {
            template = (part == \.brief ? plan.brief : part == \.full ? plan.full : nil) ?? template
        }
        guard let text = try? template.filled(with: scope(of: record)), !text.isEmpty else { return nil }
        return text
    }

    /// Groups the records of one command, operation by operation, in the order in which their leads happened.
    static func grouped(_ records: [StepRecord], _ circumstances: Circumstances) -> [[NarratedStep]] {
        var number = 0
        let last = Set(records.map { [$0.operation, $0.title, $0.object, String(StepGroup.of($0.kind) ?? 0)] }).count
        var circumstances = circumstances
        circumstances.execution = records.last { $0.kind == .processExecute }?.facts
        circumstances.ended.formUnion(records.filter { $0.kind == .processEnd || $0.state == .failed }.map(\.object))
        circumstances.removed.formUnion(
            records.filter { $0.kind == .containerDelete && $0.state == .performed }.map(\.object))
        return operations(of: records).map { story in
            var siblings: [String: Facts] = [:]
            for record in story where siblings[record.kind.rawValue] == nil {
                siblings[record.kind.rawValue] = record.facts
            }
            var members: [Int: [StepRecord]] = [:]
            for record in story {
                if let group = StepGroup.of(record.kind) { members[group, default: []].append(record) }
            }
            let steps = members.map { group, records in
                NarratedStep(
                    number: 0, last: last, group: StepGroup.table[group], records: records, siblings: siblings,
                    circumstances: circumstances)
            }
            return steps.sorted { $0.lead.index < $1.lead.index }.map { step in
                number += 1
                var step = step
                step.number = number
                return step
            }
        }
    }

    /// A procedure: one operation can have several (`rm -f` is a signal, then a removal; a build makes one container
    /// after another), each counting from 1.
    private struct Procedure: Hashable {
        var operation: String
        var title: String
        var object: String

        init(_ record: StepRecord) {
            operation = record.operation
            title = record.title
            object = record.object
        }
    }

    /// The records of each procedure that were planned, done or tried: without those that tell of undoing.
    static func operations(of records: [StepRecord]) -> [[StepRecord]] {
        var order: [Procedure] = []
        var stories: [Procedure: [StepRecord]] = [:]
        for record in records {
            let procedure = Procedure(record)
            if stories[procedure] == nil { order.append(procedure) }
            // A step that is told a second time is told of being undone.
            let isUndoing =
                record.state == .reverted
                || stories[procedure, default: []].contains { $0.index == record.index && $0.kind == record.kind }
            if !isUndoing { stories[procedure, default: []].append(record) }
        }
        return order.compactMap { stories[$0] }
    }

    /// The records that tell of undoing in the procedure of a record: those undone, and those that could not be.
    static func undone(
        in records: [StepRecord], procedureOf lead: StepRecord
    ) -> (done: [StepRecord], failed: [StepRecord]) {
        let story = records.filter { Procedure($0) == Procedure(lead) }
        let told = story.filter { $0.state != .reverted }
        let failed = told.enumerated().filter { place, record in
            told[..<place].contains { $0.index == record.index && $0.kind == record.kind }
        }
        return (story.filter { $0.state == .reverted }, failed.map(\.element))
    }
}
