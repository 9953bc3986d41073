import Glibc
import Narration
import Posix

/// Marks that a recorded shell puts between what it shows, so that whoever keeps an account can tell a command, its
/// output and its explanation apart: operating system commands (ECMA-48) of a number that no terminal knows, which is
/// ignored where it is shown.
enum SessionMark: Equatable {
    /// A line was typed and is about to run.
    case line(String)
    /// It has ended, with this code.
    case end(Int32)
    /// An explanation begins.
    case tell
    /// It has ended.
    case told

    /// The environment variable that asks a shell for marks.
    static let variable = "DRYDOCK_SESSION_MARKS"

    /// The bytes that are written.
    var text: String {
        switch self {
        // Hexadecimal, because a line may hold any character and a mark's end is one of them.
        case .line(let line): Self.framed("line;" + line.utf8.map { Self.hexadecimal($0) }.joined())
        case .end(let code): Self.framed("end;\(code)")
        case .tell: Self.framed("tell")
        case .told: Self.framed("told")
        }
    }

    /// The mark of a text between the number and the end.
    init?(parsing text: String) {
        let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        switch parts.first {
        case "line" where parts.count == 2: self = .line(Self.decoded(parts[1]))
        case "end" where parts.count == 2:
            guard let code = Int32(parts[1]) else { return nil }
            self = .end(code)
        case "tell": self = .tell
        case "told": self = .told
        default: return nil
        }
    }

    static let number = "6973"

    private static func framed(_ text: String) -> String { "\u{1B}]\(number);\(text)\u{07}" }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }

    private static func decoded(_ text: String) -> String {
        let digits = text.compactMap(\.hexDigitValue)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// An account of a session in Markdown: each command with what it printed and what was explained.
struct Transcript: SessionKeeper {
    private enum Piece: Equatable { case output, explanation }

    private let file: Descriptor
    private let voice: TranscriptVoice
    private var unfinished: [UInt8] = []
    /// What has come and could not be understood yet: the beginning of an escape sequence.
    private var pending = ""
    private var count = 0
    private var isInCommand = false
    private var piece = Piece.output
    private var pieces: [(kind: Piece, text: String)] = []

    /// Begins an account.
    /// - Parameters:
    ///   - path: A file that does not exist yet.
    ///   - date: When it begins, as it is to be read.
    init(path: String, language: Language, date: String) throws(SystemError) {
        file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
        voice = TranscriptVoice(language: language)
        try file.write(Array("# \(voice.title)\n\n\(date)\n".utf8))
    }

    mutating func shown(_ bytes: [UInt8], at time: Double) throws(SystemError) {
        let (text, rest) = UTF8Pieces.split(unfinished + bytes)
        unfinished = rest
        pending += text
        while let event = nextEvent() {
            switch event {
            case .text(let text): if isInCommand { add(text) }
            case .mark(.line(let line)):
                isInCommand = true
                pieces = []
                piece = .output
                count += 1
                try file.write(Array("\n## \(count). \(MarkdownText.code(line))\n".utf8))
            case .mark(.tell): piece = .explanation
            case .mark(.told): piece = .output
            case .mark(.end(let code)):
                isInCommand = false
                try write(code)
            }
        }
    }

    mutating func resized(columns: Int, rows: Int, at time: Double) throws(SystemError) {}

    mutating func finish() throws(SystemError) { if isInCommand { try write(0) } }

    private mutating func add(_ text: String) {
        if pieces.last?.kind == piece {
            pieces[pieces.count - 1].text += text
        } else {
            pieces.append((piece, text))
        }
    }

    private func write(_ code: Int32) throws(SystemError) {
        var text = ""
        for (kind, content) in pieces {
            let lines = MarkdownText.lines(of: content)
            guard lines.contains(where: { !$0.isEmpty }) else { continue }
            text += "\n" + MarkdownText.fenced(lines, as: kind == .output ? "console" : "text")
        }
        if code != 0 { text += "\n\(voice.exitCode(code))\n" }
        try file.write(Array(text.utf8))
    }

    // MARK: What a terminal is sent

    private enum Event { case text(String), mark(SessionMark) }

    /// Takes the next piece of text, or mark, from what has come; other escape sequences are dropped.
    private mutating func nextEvent() -> Event? {
        while let escape = pending.firstIndex(of: "\u{1B}") {
            if escape > pending.startIndex {
                let text = String(pending[..<escape])
                pending = String(pending[escape...])
                return .text(text)
            }
            guard let (end, command) = Self.sequence(pending) else { return nil }
            pending = String(pending[end...])
            if let command, command.hasPrefix(SessionMark.number + ";"),
                let mark = SessionMark(parsing: String(command.dropFirst(SessionMark.number.count + 1)))
            {
                return .mark(mark)
            }
        }
        guard !pending.isEmpty else { return nil }
        defer { pending = "" }
        return .text(pending)
    }

    /// Where the escape sequence at the beginning of a text ends, and the text of an operating system command; `nil`
    /// while its end has not come.
    private static func sequence(_ text: String) -> (end: String.Index, command: String?)? {
        let second = text.index(after: text.startIndex)
        guard second < text.endIndex else { return nil }
        let body = text.index(after: second)
        switch text[second] {
        case "[":
            guard let end = text[body...].firstIndex(where: { ("\u{40}"..."\u{7E}").contains($0) }) else { return nil }
            return (text.index(after: end), nil)
        case "]":
            guard let end = text[body...].firstIndex(where: { $0 == "\u{07}" || $0 == "\u{1B}" }) else { return nil }
            let after = text.index(after: end)
            guard text[end] == "\u{1B}" else { return (after, String(text[body..<end])) }
            guard after < text.endIndex else { return nil }
            return (text.index(after: after), String(text[body..<end]))
        case "(", ")", "*", "+", "#", "%":
            return body < text.endIndex ? (text.index(after: body), nil) : nil
        default: return (body, nil)
        }
    }
}

/// Pieces of Markdown (CommonMark).
enum MarkdownText {
    /// Text as inline code: one line, fenced by more backticks than it has in a row.
    static func code(_ text: String) -> String {
        let line = text.replacing("\n", with: " ")
        let fence = String(repeating: "`", count: longestRun(of: "`", in: line) + 1)
        return line.contains("`") ? "\(fence) \(line) \(fence)" : "\(fence)\(line)\(fence)"
    }

    /// Lines as a block of code.
    static func fenced(_ lines: [String], as language: String) -> String {
        let longest = lines.map { longestRun(of: "`", in: $0) }.max() ?? 0
        let fence = String(repeating: "`", count: max(3, longest + 1))
        return "\(fence)\(language)\n" + lines.map { $0 + "\n" }.joined() + "\(fence)\n"
    }

    /// The lines of what a terminal was sent, as they stand at last: a carriage return begins a line anew. Empty ones at
    /// both ends are left out.
    static func lines(of text: String) -> [String] {
        // "\r\n" is one character in Swift.
        let plain = text.replacing("\r\n", with: "\n")
        var lines = plain.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            var shown = line.split(separator: "\r", omittingEmptySubsequences: true).last.map(String.init) ?? ""
            while let place = shown.firstIndex(of: "\u{08}") {
                let before = place > shown.startIndex ? shown.index(before: place) : place
                shown.removeSubrange(before...place)
            }
            return shown.filter { $0 == "\t" || $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } }
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        while lines.first?.isEmpty == true { lines.removeFirst() }
        return lines
    }

    private static func longestRun(of character: Character, in text: String) -> Int {
        var longest = 0
        var run = 0
        for next in text {
            run = next == character ? run + 1 : 0
            longest = max(longest, run)
        }
        return longest
    }
}

/// What a transcript says by itself.
private struct TranscriptVoice {
    let language: Language
    var title: String { language == .en ? "A session of Drydock" : "Drydock 실습 기록" }
    func exitCode(_ code: Int32) -> String { language == .en ? "Exit code \(code)." : "종료 코드는 \(code)번입니다." }
}
