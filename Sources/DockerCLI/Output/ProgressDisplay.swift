import EngineClient
import Glibc
import OrderedJSON

/// Shows an engine's progress messages, as pull, push, load and build send them: lines on a terminal that change in
/// place, plain lines elsewhere.
struct ProgressDisplay {
    private let descriptor: Int32
    private let isTerminal: Bool
    private let columns: () -> Int
    private var lineOfID: [String: Int] = [:]
    private var lineCount = 0

    /// A display on a descriptor.
    init(_ descriptor: Int32, columns: @escaping () -> Int) {
        self.descriptor = descriptor
        self.columns = columns
        isTerminal = isatty(descriptor) == 1
    }

    /// Shows all messages of a stream.
    ///
    /// - Parameter auxiliary: Is given the `aux` member of messages that have one.
    /// - Throws: ``CommandFailure`` with the engine's message if one tells of an error.
    mutating func show(_ stream: EngineStream, auxiliary: (JSON) -> Void = { _ in }) throws {
        while let message = try stream.nextJSON() {
            if let value = message["aux"] { auxiliary(value) }
            try show(message)
        }
    }

    /// Shows one message.
    mutating func show(_ message: JSON) throws(CommandFailure) {
        if let text = message["errorDetail"]?["message"]?.string ?? message["error"]?.string {
            throw CommandFailure(text, code: Int32(clamping: message["errorDetail"]?["code"]?.integer ?? 1))
        }
        if let text = message["stream"]?.string {
            CommandIO.write(Array(text.utf8), to: descriptor)
            return
        }
        guard let status = message["status"]?.string else { return }
        let id = message["id"]?.string ?? ""
        let progress = Self.bar(message["progressDetail"], columns: columns())
        if !isTerminal {
            // A bar makes no sense where lines can't change.
            if progress.isEmpty { write("\(id.isEmpty ? "" : id + ": ")\(status)\n") }
            return
        }
        var text = (id.isEmpty ? "" : "\(id): ") + status
        if !progress.isEmpty { text += " \(progress)" }
        if id.isEmpty || message["progressDetail"] == nil {
            if id.isEmpty { lineOfID = [:] }
            write("\u{1B}[2K\r\(text)\n")
            lineCount += 1
            return
        }
        let line: Int
        if let known = lineOfID[id] {
            line = known
        } else {
            line = lineCount
            lineOfID[id] = line
            lineCount += 1
            write("\n")
        }
        let up = lineCount - line
        write("\u{1B}[\(up)A\u{1B}[2K\r\(text)\u{1B}[\(up)B\r")
    }

    private func write(_ text: String) { CommandIO.write(Array(text.utf8), to: descriptor) }

    /// The bar and numbers of a step: `[====>    ]  1.2MB/3.4MB`.
    static func bar(_ detail: JSON?, columns: Int) -> String {
        guard let current = detail?["current"]?.double, current > 0 else { return "" }
        let done = SizeText.human(current)
        guard let total = detail?["total"]?.double, total > 0 else { return padded(done, 8) }
        let fraction = min(50, Int(current / total * 50))
        var bar = ""
        if columns > 110 {
            bar =
                "[" + String(repeating: "=", count: fraction) + ">" + String(repeating: " ", count: 50 - fraction)
                + "] "
        }
        return bar + "\(padded(done, 8))/\(SizeText.human(total))"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
