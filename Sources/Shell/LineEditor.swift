import CEditLine
import Glibc
import Narration

/// A line typed at the terminal, edited with libedit (`editline(3)`).
///
/// Keys are emacs' or vi's, as `~/.editrc` or `set keys` says. Ctrl-C and Ctrl-Z are ordinary keys while a line is
/// edited: the terminal makes no signals of them, so nothing but the line is interrupted.
final class LineEditor {
    /// What came of reading a line.
    enum Input: Equatable {
        /// A line, without its line feed.
        case line(String)
        /// Ctrl-C: the line is thrown away.
        case interrupted
        /// Ctrl-D on an empty line, or the end of the input.
        case end
    }

    /// Keys for editing.
    enum Keys: String, CaseIterable {
        case emacs, vi
    }

    /// Completes the text before the cursor. The answer replaces its last word, or shows what there is to choose.
    var complete: (String) -> Completion = { _ in Completion() }
    /// The keys in use.
    private(set) var keys: Keys = .emacs

    private let line: OpaquePointer
    private let history: OpaquePointer
    fileprivate var wasInterrupted = false
    private var prompt: UnsafeMutablePointer<CChar>?

    /// An editor on the standard input and output, or `nil` if libedit can't be used here.
    init?(program: String) {
        // libedit converts between bytes and characters by the locale: one with UTF-8 must be chosen.
        setlocale(LC_CTYPE, "")
        if String(cString: nl_langinfo(Int32(CODESET))) != "UTF-8" { setlocale(LC_CTYPE, "C.UTF-8") }
        guard let line = editline_open(program), let history = history_init() else { return nil }
        self.line = line
        self.history = history
        editline_set_context(line, Unmanaged.passUnretained(self).toOpaque())
        editline_set_signal(line, 0)
        editline_set_prompt(line) { line in LineEditor.of(line)?.prompt }
        editline_set_reader(line) { line, character in LineEditor.readCharacter(line, character) }
        editline_history_set_size(history, Int32(InputHistory.limit))
        editline_set_history(line, history)
        editline_add_function(line, "drydock-complete", "Complete the word") { line, _ in
            UInt8(LineEditor.of(line)?.completeWord() ?? CC_ERROR)
        }
        editline_add_function(line, "drydock-interrupt", "Throw the line away") { line, _ in
            LineEditor.of(line)?.wasInterrupted = true
            return UInt8(CC_NEWLINE)
        }
        for mode in ["-isig", "-ixon"] { editline_set_terminal_mode(line, mode) }
        use(.emacs)
        el_source(line, nil)
        bindOwnKeys()
    }

    deinit {
        el_end(line)
        history_end(history)
        free(prompt)
    }

    /// Chooses the keys.
    func use(_ keys: Keys) {
        self.keys = keys
        editline_set_keys(line, keys.rawValue)
        bindOwnKeys()
    }

    private func bindOwnKeys() {
        for bind in [editline_bind, editline_bind_alternative] {
            _ = bind(line, "^C", "drydock-interrupt")
            _ = bind(line, "^Z", "ed-ignore")
            _ = bind(line, "^\\", "ed-ignore")
        }
        editline_bind(line, "^I", "drydock-complete")
        editline_bind(line, "^R", "em-inc-search-prev")
        editline_bind(line, "^W", "ed-delete-prev-word")
        // In vi's insert mode Escape is a key of its own: sequences that begin with it would swallow what follows.
        guard keys == .emacs else { return }
        for (key, command) in [
            ("\\e[3~", "ed-delete-next-char"), ("\\e[H", "ed-move-to-beg"), ("\\e[F", "ed-move-to-end"),
            ("\\e[1~", "ed-move-to-beg"), ("\\e[4~", "ed-move-to-end"), ("\\e[1;5D", "ed-prev-word"),
            ("\\e[1;5C", "em-next-word"),
        ] { editline_bind(line, key, command) }
    }

    /// Adds an entry to what the arrow keys and Ctrl-R find.
    func remember(_ entry: String) { editline_history_enter(history, entry) }

    /// Forgets the entries.
    func forget() { editline_history_clear(history) }

    /// Reads one line.
    ///
    /// - Parameters:
    ///   - prompt: What stands before it.
    ///   - prefilled: What is on it already, to be edited.
    func read(prompt: String, prefilled: String = "") -> Input {
        free(self.prompt)
        self.prompt = strdup(prompt)
        wasInterrupted = false
        pending = Array(prefilled.utf8)[...]
        var count: Int32 = 0
        guard let text = el_gets(line, &count), count > 0 else {
            return wasInterrupted ? .interrupted : .end
        }
        if wasInterrupted { return .interrupted }
        var typed = String(cString: text)
        if typed.hasSuffix("\n") { typed.removeLast() }
        return .line(typed)
    }

    // MARK: Characters

    /// Bytes to be read before those of the terminal.
    private var pending: ArraySlice<UInt8> = []

    fileprivate static func of(_ line: OpaquePointer?) -> LineEditor? {
        guard let line, let context = editline_context(line) else { return nil }
        return Unmanaged<LineEditor>.fromOpaque(context).takeUnretainedValue()
    }

    private static func readCharacter(_ line: OpaquePointer?, _ character: UnsafeMutablePointer<wchar_t>?) -> Int32 {
        guard let editor = LineEditor.of(line), let character else { return -1 }
        guard let scalar = editor.readScalar() else { return 0 }
        character.pointee = wchar_t(bitPattern: scalar.value)
        return 1
    }

    /// Reads one character's bytes (UTF-8); what is not UTF-8 becomes U+FFFD.
    private func readScalar() -> Unicode.Scalar? {
        guard let first = readByte() else { return nil }
        let length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1
        var bytes = [first]
        while bytes.count < length {
            guard let byte = readByte() else { return nil }
            bytes.append(byte)
            if byte & 0xC0 != 0x80 { break }
        }
        return String(decoding: bytes, as: UTF8.self).unicodeScalars.first
    }

    private func readByte() -> UInt8? {
        if let byte = pending.popFirst() { return byte }
        var byte: UInt8 = 0
        while true {
            if TerminalGuard.takeWindowChange() {
                el_resize(line)
                editline_refresh(line)
            }
            let count = Glibc.read(0, &byte, 1)
            if count == 1 { return byte }
            if count == 0 || errno != EINTR { return nil }
        }
    }

    // MARK: Completion

    /// What can follow the text before the cursor.
    struct Completion: Equatable {
        /// The unfinished last word as it was typed.
        var word = ""
        /// Whole words that begin like it, ready to be typed.
        var candidates: [String] = []
        /// Whether nothing more belongs to a candidate, so that a blank can follow.
        var isFinal = true
    }

    private func completeWord() -> Int32 {
        guard let info = el_line(line)?.pointee, let buffer = info.buffer, let cursor = info.cursor else {
            return CC_ERROR
        }
        let bytes = UnsafeRawBufferPointer(start: buffer, count: cursor - buffer)
        let completion = complete(String(decoding: bytes, as: UTF8.self))
        guard let first = completion.candidates.first else { return CC_ERROR }
        let common = completion.candidates.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        guard common.hasPrefix(completion.word) else { return CC_ERROR }
        var addition = String(common.dropFirst(completion.word.count))
        if completion.candidates.count == 1 && completion.isFinal { addition += " " }
        if !addition.isEmpty { return el_insertstr(line, addition) == 0 ? CC_REFRESH : CC_ERROR }
        show(completion.candidates)
        return CC_REDISPLAY
    }

    /// Lists candidates in columns below the line.
    private func show(_ candidates: [String]) {
        let shown = candidates.prefix(100)
        let width = (shown.map { DisplayWidth.of($0) }.max() ?? 0) + 2
        let perLine = max(1, TerminalGuard.columns() / width)
        var text = "\n"
        for (place, candidate) in shown.enumerated() {
            text += candidate + String(repeating: " ", count: width - DisplayWidth.of(candidate))
            if place % perLine == perLine - 1 || place == shown.count - 1 { text += "\n" }
        }
        if candidates.count > shown.count { text += "(+\(candidates.count - shown.count))\n" }
        editline_print(text)
    }
}

extension String {
    /// The beginning that both texts share.
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
