/// Wraps the right column of flags the way `pflag` does: a little over the width rather than a short last line.
enum HelpWrapping {
    private static let slop = 5

    /// Wraps a text whose first line starts at `indent`.
    static func wrap(_ text: String, indent: Int, columns: Int) -> String {
        var indent = indent
        var width = columns - indent
        var output = ""
        if width < 24 {
            indent = 16
            width = columns - indent
            output += "\n" + String(repeating: " ", count: indent)
        }
        let newline = "\n" + String(repeating: " ", count: indent)
        if width < 24 { return GoText.split(text, "\n").joined(separator: output) }
        width -= slop
        var isFirst = true
        var rest = Array(text)[...]
        while isFirst || !rest.isEmpty {
            let (line, remainder) = cut(rest, at: width)
            output += (isFirst ? "" : newline) + GoText.split(String(line), "\n").joined(separator: newline)
            rest = remainder
            isFirst = false
        }
        return output
    }

    /// The first line of a text and what is left.
    private static func cut(_ text: ArraySlice<Character>, at width: Int) -> (
        ArraySlice<Character>, ArraySlice<Character>
    ) {
        let none = text[text.endIndex...]
        if width + slop > text.count { return (text, none) }
        let head = text.prefix(width)
        guard let space = head.lastIndex(where: { $0 == " " || $0 == "\t" || $0 == "\n" }), space > text.startIndex
        else {
            return (text, none)
        }
        if let newline = head.lastIndex(of: "\n"), newline > text.startIndex, newline < space {
            return (text[..<newline], text[(newline + 1)...])
        }
        return (text[..<space], text[(space + 1)...])
    }
}
