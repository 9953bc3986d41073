import DockerCLI
import Glibc
import Narration

/// Shows a long text page by page at a terminal: what was read stays above, as with `more(1)`.
struct Pager {
    let io: CommandIO
    let voice: ShellVoice

    /// Shows a text: at once if it fits or if nobody sits there, else until the reader has enough.
    ///
    /// Space is the next page, Enter the next line, `b` the page before, `a` all that is left, `q` ends.
    func show(_ text: String) {
        guard let keys = KeyTerminal(io.input) else { return LineRunner.write(text, to: io.output) }
        defer { keys.restore() }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast(text.hasSuffix("\n") ? 1 : 0)
        var shown = 0
        var wanted = pageRows(lines)
        guard wanted < lines.count else { return LineRunner.write(text, to: io.output) }
        while shown < lines.count {
            for line in lines[shown..<min(wanted, lines.count)] { LineRunner.write(line + "\n", to: io.output) }
            shown = min(wanted, lines.count)
            guard shown < lines.count else { return }
            LineRunner.write(voice.more(lines.count - shown), to: io.output)
            let key = readKey()
            // The prompt goes; what was read stays.
            LineRunner.write("\r\u{1B}[K", to: io.output)
            let page = pageRows(lines)
            switch key {
            case UInt8(ascii: "q"), 0x03, 0x04, nil: return
            case UInt8(ascii: "a"): wanted = lines.count
            case 0x0A, 0x0D, UInt8(ascii: "j"): wanted = shown + 1
            case UInt8(ascii: "b"):
                shown = max(0, shown - 2 * page)
                wanted = shown + page
            default: wanted = shown + page
            }
        }
    }

    /// How many lines fit on the window with one line left for the prompt.
    private func pageRows(_ lines: ArraySlice<Substring>) -> Int {
        var size = winsize()
        guard ioctl(io.output, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 2 else { return lines.count }
        return Int(size.ws_row) - 1
    }

    private func readKey() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = read(io.input, &byte, 1)
            if count == 1 { return byte }
            if count == 0 || errno != EINTR { return nil }
        }
    }
}
