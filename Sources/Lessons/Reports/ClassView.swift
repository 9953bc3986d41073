import OrderedJSON
public import Posix

/// What an instructor sees of a class that reports to a shared folder: where everybody is, and who is stuck.
public struct ClassView: Sendable {
    private let folder: String
    /// After how many seconds in a step somebody counts as stuck.
    private let patience: Int

    /// A view of a folder.
    public init(folder: String, patience: Int) {
        self.folder = folder
        self.patience = patience
    }

    private struct Row {
        var who: String
        var record: JSON
        var isStuck: Bool
    }

    /// The table, those who are stuck first.
    /// - Throws: ``SystemError`` if the folder can't be read.
    public func text() throws(SystemError) -> String {
        var rows: [Row] = []
        for entry in try Files.list(folder) where entry.name.hasSuffix(".jsonl") {
            let text = try Files.text("\(folder)/\(entry.name)")
            // The last line may still be in the writing.
            guard
                let record = text.split(separator: "\n").reversed().lazy.compactMap({ line in
                    try? JSON(parsing: Array(line.utf8))
                }).first
            else { continue }
            let who = record["who"]?.string ?? String(entry.name.dropLast(6))
            rows.append(Row(who: who, record: record, isStuck: isStuck(record)))
        }
        rows.sort { ($0.isStuck ? 0 : 1, $0.who) < ($1.isStuck ? 0 : 1, $1.who) }
        var lines = ["who".padded(to: 24) + "lesson".padded(to: 26) + "step".padded(to: 26) + "commands hints  time"]
        for row in rows {
            let number: (String) -> Int64 = { row.record[$0]?.integer ?? 0 }
            let step = "\(number("place"))/\(number("steps")) \(row.record["step"]?.string ?? "")"
            let seconds = elapsed(row.record)
            let counts = "\(number("lines"))".padded(to: 9) + "\(number("hints"))".padded(to: 7)
            let time = "\(seconds / 60) min"
            lines.append(
                row.who.padded(to: 24) + (row.record["lesson"]?.string ?? "").padded(to: 26) + step.padded(to: 26)
                    + counts + time + (row.isStuck ? "  STUCK" : ""))
            if row.isStuck, let mistake = row.record["mistake"]?.string { lines.append("    \(mistake)") }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// The time in the step, up to now, seconds.
    private func elapsed(_ record: JSON) -> Int64 {
        let since = max(0, (Clock.nanoseconds() - (record["time"]?.integer ?? 0)) / 1_000_000_000)
        return (record["seconds"]?.integer ?? 0) + since
    }

    private func isStuck(_ record: JSON) -> Bool {
        record["part"]?.string == "steps" && (record["isPassed"]?.bool != true) && elapsed(record) >= patience
    }
}
