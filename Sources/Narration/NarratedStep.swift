import EngineAPI
import OrderedJSON

/// A numbered thought of the narration: the steps of one operation that belong to one group.
struct NarratedStep: Sendable {
    /// The number that `why`, `evidence` and `steps` know it by: from 1 in each command.
    var number: Int
    var group: StepGroup
    /// The records of the group in the order they happened; without those that only tell of undoing.
    var records: [StepRecord]
    /// The facts of the operation's other steps, by kind.
    var siblings: [String: Facts]
    var node: String

    /// The record that stands for the group.
    var lead: StepRecord {
        for kind in group.members {
            if let record = records.first(where: { $0.kind == kind }) { return record }
        }
        return records[0]
    }

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

    /// What a template about a record can ask for.
    func scope(of record: StepRecord) -> FactScope {
        var own = record.facts
        let isSecond = siblings[StepKind.namespaceEnter.rawValue] != nil
        let readBack = record.evidence.first { $0.source.hasPrefix("/") && !$0.source.contains(" ") }?.source
        for (name, value) in [
            "object": .string(record.object), "node": .string(node), "second": .bool(isSecond),
            "readBack": readBack.map { .string($0) } ?? .null,
        ] as Facts where own[name] == nil { own[name] = value }
        // Templates ask for signals by their whole names.
        if let signal = own["signal"]?.string, !signal.hasPrefix("SIG"), Int(signal) == nil {
            own["signal"] = .string("SIG" + signal)
        }
        return FactScope(own: own, siblings: siblings)
    }

    /// Fills one of a record's texts. `nil` when the engine gave no value for a fact that the text shows: an account
    /// that is short is better than one with a gap.
    func text(_ part: KeyPath<Explanation, Template>, of record: StepRecord, in language: Language) -> String? {
        guard let explanation = ExplanationCatalog.explanation(of: record.kind, in: language),
            let text = try? explanation[keyPath: part].filled(with: scope(of: record)), !text.isEmpty
        else { return nil }
        return text
    }

    /// The commands that show a record's result. In a simulated kernel there is nothing for other programs to see.
    func looks(of record: StepRecord) -> [String] {
        ExplanationCatalog.looks(for: record.kind).compactMap { template in
            guard let look = try? template.filled(with: scope(of: record)) else { return nil }
            let isReal = !look.hasPrefix("!") && !look.hasPrefix("@") && !look.hasPrefix("docker exec")
            return record.isSimulated && !isReal ? nil : look
        }
    }

    /// Groups the records of one command, operation by operation, in the order in which their leads happened.
    static func grouped(_ records: [StepRecord], node: String) -> [[NarratedStep]] {
        var number = 0
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
                    number: 0, group: StepGroup.table[group], records: records, siblings: siblings, node: node)
            }
            return steps.sorted { $0.lead.index < $1.lead.index }.map { step in
                number += 1
                var step = step
                step.number = number
                return step
            }
        }
    }

    /// The records of each operation that were planned, done or tried: without those that tell of undoing.
    static func operations(of records: [StepRecord]) -> [[StepRecord]] {
        var order: [String] = []
        var stories: [String: [StepRecord]] = [:]
        for record in records {
            if stories[record.operation] == nil { order.append(record.operation) }
            let isUndoing =
                record.state == .reverted
                || record.state == .failed
                    && stories[record.operation, default: []].contains { $0.index == record.index }
            if !isUndoing { stories[record.operation, default: []].append(record) }
        }
        return order.compactMap { stories[$0] }
    }

    /// The records that tell of undoing in one operation: those undone, and those that could not be.
    static func undone(in records: [StepRecord], operation: String) -> (done: [StepRecord], failed: [StepRecord]) {
        var seen: Set<Int> = []
        var failed: [StepRecord] = []
        var done: [StepRecord] = []
        for record in records where record.operation == operation {
            if record.state == .reverted {
                done.append(record)
            } else if !seen.insert(record.index).inserted {
                failed.append(record)
            }
        }
        return (done, failed)
    }
}
