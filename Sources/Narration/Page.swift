/// Lines of narration: a margin, then text that is wrapped to the terminal's width.
struct Page {
    /// How a piece of a line looks where colours are wanted. Nothing is said by colour alone.
    enum Style: CaseIterable {
        case plain, margin, label, heading, evidence, look, failure, note
    }

    /// The columns in which text may stand: wider lines are tiring to read.
    let width: Int
    /// The columns of the terminal, for tables.
    let columns: Int
    private let theme: Theme?
    private(set) var lines: [String] = []

    /// Columns of the margin `| `.
    static let margin = 2
    /// Columns of a step's label.
    static let labelColumns = 8

    /// A page without lines.
    ///
    /// - Parameters:
    ///   - columns: The terminal's width.
    ///   - theme: How pieces look; `nil` is without colours.
    ///   - widest: The most columns in which text may stand.
    init(columns: Int, theme: Theme?, widest: Int = 100) {
        self.columns = min(max(columns, 40), 400)
        width = min(self.columns, widest)
        self.theme = theme
    }

    /// All lines, each with its line feed.
    var text: String { lines.map { $0 + "\n" }.joined() }

    mutating func append(_ other: Page) { lines += other.lines }

    /// An empty line, margin only.
    mutating func gap() { lines.append(ink("|", .margin)) }

    /// A paragraph.
    mutating func paragraph(_ text: String, indent: Int = 0, style: Style = .plain) {
        let text = Self.harmless(text)
        for line in TextWrapping.lines(text, columns: width - Self.margin - indent) { put(line, indent, style) }
    }

    /// Short pieces side by side, on as many lines as they need; none is broken.
    mutating func parts(_ parts: [String], style: Style = .plain) {
        var line = ""
        for part in parts.map(Self.harmless) {
            let longer = line.isEmpty ? part : line + " | " + part
            if !line.isEmpty && DisplayWidth.of(longer) > width - Self.margin {
                put(line, 0, style)
                line = part
            } else {
                line = longer
            }
        }
        put(line, 0, style)
    }

    /// A step: number, label, and its text with the following lines under the text.
    mutating func item(
        _ step: NarratedStep, _ label: String, _ text: String, maximumLines: Int = .max, style: Style = .plain
    ) {
        let number = "\(step.number)".rightAligned(to: step.last > 9 ? 2 : 1)
        let head = number + " " + label.padded(to: Self.labelColumns) + " "
        let indent = DisplayWidth.of(head)
        let text = Self.harmless(LongNumbers.shortened(text))
        var wrapped = TextWrapping.lines(text, columns: width - Self.margin - indent)
        if wrapped.count > maximumLines {
            wrapped = Array(wrapped.prefix(maximumLines))
            let room = width - Self.margin - indent - 4
            let last = wrapped[maximumLines - 1]
            wrapped[maximumLines - 1] = TextWrapping.prefix(of: last[...], columns: room) + " ..."
        }
        for (index, line) in wrapped.enumerated() {
            if index == 0 {
                lines.append(ink("|", .margin) + " " + ink(head, .label) + ink(line, style))
            } else {
                put(line, indent, style)
            }
        }
    }

    /// What was read back: the text, and where from at the right edge, on the same line where there is room.
    ///
    /// - Parameter shortensSource: Whether a long path loses its beginning rather than take a line of its own.
    mutating func evidence(_ text: String, source: String, indent: Int = 2, shortensSource: Bool = false) {
        let room = width - Self.margin - indent - 2
        var wrapped: [String] = []
        let text = shortensSource ? LongNumbers.shortened(text) : text
        for line in Self.harmless(text).split(separator: "\n") {
            wrapped += TextWrapping.lines(String(line), columns: room)
        }
        if wrapped.isEmpty { wrapped = ["(empty)"] }
        for (index, line) in wrapped.enumerated() {
            var line = ink(index == 0 ? "=" : " ", .evidence) + " " + line
            if index == wrapped.count - 1 {
                var source = Self.harmless(shortensSource ? LongNumbers.shortened(source) : source)
                let place = room - DisplayWidth.of(wrapped[index]) - 2
                if shortensSource && place >= 20 && DisplayWidth.of(source) > place {
                    source = "..." + source.suffix(place - 3)
                }
                let free = place + 2 - DisplayWidth.of(source)
                if free >= 2 {
                    line += String(repeating: " ", count: free) + ink(source, .note)
                } else {
                    put(line, indent)
                    for part in TextWrapping.lines(source, columns: room) {
                        put(ink(part.rightAligned(to: room + 2), .note), indent)
                    }
                    break
                }
            }
            put(line, indent)
        }
    }

    /// A command with which to see for oneself. It stays on one line, so that it can be copied.
    ///
    /// - Parameter place: Where to type it, if not here.
    mutating func look(_ command: String, place: String? = nil, indent: Int = 2) {
        let command = Self.harmless(command)
        var line = ink(">", .look) + " " + command
        if let place {
            let free = width - Self.margin - indent - 2 - DisplayWidth.of(command) - DisplayWidth.of(place)
            // Where there is no room the place goes below: the command must not be mixed up with it.
            if free < 2 {
                put(line, indent)
                return put(ink(place.rightAligned(to: width - Self.margin - indent), .note), indent)
            }
            line += String(repeating: " ", count: free) + ink(place, .note)
        }
        put(line, indent)
    }

    /// A line that is not wrapped: a row of a table, cut at the terminal's edge.
    mutating func row(_ text: String, style: Style = .plain) {
        let text = Self.harmless(text)
        let room = columns - Self.margin
        if DisplayWidth.of(text) <= room {
            put(text, 0, style)
        } else {
            put(String(TextWrapping.prefix(of: text[...], columns: room - 3)) + "...", 0, style)
        }
    }

    private mutating func put(_ line: String, _ indent: Int, _ style: Style = .plain) {
        let body = line.isEmpty ? "" : " " + String(repeating: " ", count: indent) + ink(line, style)
        lines.append(ink("|", .margin) + body)
    }

    private func ink(_ text: String, _ style: Style) -> String {
        guard let code = theme?.code(of: style) else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    /// A text as it may stand on anybody's terminal. Glyphs that some draw one column wide and some two are replaced by
    /// what they stand for, and tabs by blanks. Control characters, which could steer the terminal, become marks: names,
    /// arguments and labels come from images and containers. So do marks of direction, which could make a command look
    /// like another. Line feeds stay.
    private static func harmless(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A }) { return text }
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0A: result.append(scalar)
            case 0x09: result.append(" ")
            case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: result.append("?")
            case 0x2026: result.append(contentsOf: "...".unicodeScalars)
            case 0xD7: result.append("x")
            default: result.append(scalar)
            }
        }
        return String(result)
    }
}
