import EngineClient
import Glibc
import OrderedJSON

/// Shows an engine's progress messages, as pull, push, load and build send them: lines on a terminal that change in
/// place, plain lines elsewhere.
///
/// It moves the cursor byte for byte as Docker's client does, but where a line is longer than the terminal is wide: that
/// would wrap, and the cursor would be in the wrong line ever after, so it is cut.
struct ProgressDisplay {
    private let descriptor: Int32
    private let isTerminal: Bool
    private let columns: () -> Int
    /// The lines that can still be changed, by what they are about; the cursor is below the last.
    private var lineOfID: [String: Int] = [:]

    /// A display on a descriptor.
    init(_ descriptor: Int32, columns: @escaping () -> Int) {
        self.descriptor = descriptor
        self.columns = columns
        isTerminal = isatty(descriptor) == 1
    }

    /// Shows all messages of a stream.
    /// - Throws: ``CommandFailure`` with the engine's message if one tells of an error.
    mutating func show(_ stream: EngineStream) throws {
        while let message = try stream.nextJSON() { try show(message) }
    }

    /// Shows one message.
    mutating func show(_ message: JSON) throws(CommandFailure) {
        if let text = message["errorDetail"]?["message"]?.string ?? message["error"]?.string {
            throw CommandFailure(text, code: Int32(clamping: message["errorDetail"]?["code"]?.integer ?? 1))
        }
        // What programs read is not shown.
        if message["aux"] != nil { return }
        let id = message["id"]?.string ?? ""
        guard let detail = message["progressDetail"], !detail.isNull else {
            // Lines above one that stays can no longer be changed: the next operation may be about the same layers.
            lineOfID = [:]
            write(Self.plain(message, id))
            return
        }
        let progress = Self.bar(detail, columns: isTerminal ? columns() : 200)
        guard isTerminal else {
            if !id.isEmpty { place(id) } else { lineOfID = [:] }
            // A bar makes no sense where lines can't change.
            if progress.isEmpty { write(Self.plain(message, id)) }
            return
        }
        guard message["stream"] == nil else { return write(Self.plain(message, id)) }
        let text = cut("\(id.isEmpty ? "" : "\(id): ")\(message["status"]?.string ?? "") \(progress)")
        if id.isEmpty {
            lineOfID = [:]
            write("\u{1B}[2K\r\(text)\r")
            return
        }
        let isNew = lineOfID[id] == nil
        let up = place(id)
        write("\(isNew ? "\n" : "")\u{1B}[\(up)A\u{1B}[2K\r\(text)\r\u{1B}[\(up)B")
    }

    /// Finds the line that is about something, or gives it one; tells how far above the cursor it is.
    @discardableResult
    private mutating func place(_ id: String) -> Int {
        let line = lineOfID[id] ?? lineOfID.count
        lineOfID[id] = line
        return lineOfID.count - line
    }

    /// A message as it is shown where nothing changes in place.
    private static func plain(_ message: JSON, _ id: String) -> String {
        let before = id.isEmpty ? "" : "\(id): "
        if let text = message["stream"]?.string { return before + text }
        return message["status"]?.string.map { "\(before)\($0)\n" } ?? ""
    }

    private func cut(_ text: String) -> String {
        let width = columns()
        return width > 0 && text.count > width ? String(text.prefix(width)) : text
    }

    private func write(_ text: String) { CommandIO.write(Array(text.utf8), to: descriptor) }

    /// The bar and numbers of a transfer: `[====>    ]  1.2MB/3.4MB`. On 110 columns or fewer there are only numbers.
    static func bar(_ detail: JSON, columns: Int) -> String {
        let current = detail["current"]?.double ?? 0
        let total = detail["total"]?.double ?? 0
        let units = detail["units"]?.string ?? ""
        guard current > 0 || total > 0 else { return "" }
        func amount(_ value: Double) -> String { units.isEmpty ? SizeText.humanPrecise(value) : String(Int64(value)) }
        guard total > 0 else { return units.isEmpty ? padded(amount(current)) : "\(amount(current)) \(units)" }
        var text = ""
        if columns > 110 {
            let done = min(50, Int(current / total * 100) / 2)
            text = "[\(String(repeating: "=", count: done))>\(String(repeating: " ", count: 50 - done))] "
        }
        if detail["hidecounts"]?.bool == true { return text }
        if !units.isEmpty { return text + "\(amount(current))\(current > total ? "" : "/\(amount(total))") \(units)" }
        // More than all of it: the registry was wrong about the size.
        return text + padded(amount(current)) + (current > total ? "" : "/\(amount(total))")
    }

    private static func padded(_ text: String) -> String {
        String(repeating: " ", count: max(0, 8 - text.count)) + text
    }
}
