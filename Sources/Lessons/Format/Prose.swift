/// What stands within running text.
enum Prose {
    /// The terms of links to the glossary.
    static func glossaryLinks(_ text: String) -> [String] {
        var terms: [String] = []
        var rest = text[...]
        while let begin = rest.firstRange(of: "](glossary:") {
            rest = rest[begin.upperBound...]
            guard let end = rest.firstIndex(of: ")") else { break }
            terms.append(String(rest[..<end]).replacing("%20", with: " "))
            rest = rest[end...]
        }
        return terms
    }

    /// What stands between backticks.
    static func codeSpans(_ text: String) -> [String] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }

    /// The text for a terminal: links by their words, marks of emphasis taken away outside of code.
    static func plain(_ text: String) -> String {
        var result = ""
        for (place, piece) in text.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
            if place % 2 == 1 {
                result += "`\(piece)`"
            } else {
                result += withoutEmphasis(withoutLinks(String(piece)))
            }
        }
        return result
    }

    /// The text without `**`, without the `*` around words, and without one that has a letter on one side only.
    ///
    /// A Korean particle follows the closing mark without a blank: `*컨테이너*가`.
    private static func withoutEmphasis(_ text: String) -> String {
        let characters = Array(text.split(separator: "**", omittingEmptySubsequences: false).joined())
        var isOpen = false
        return String(
            characters.indices.filter { place in
                guard characters[place] == "*" else { return true }
                let before = place > 0 ? characters[place - 1] : " "
                let after = place + 1 < characters.count ? characters[place + 1] : " "
                let closes = isOpen && !before.isWhitespace
                isOpen = !closes && (isOpen || !before.isLetter && !after.isWhitespace)
                return !closes && (before.isWhitespace && after.isWhitespace || before.isLetter && after.isLetter)
            }.map { characters[$0] })
    }

    private static func withoutLinks(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "[") {
            result += rest[..<open]
            let after = rest.index(after: open)
            guard let middle = rest[after...].firstRange(of: "]("),
                let end = rest[middle.upperBound...].firstIndex(of: ")")
            else {
                result += "["
                rest = rest[after...]
                continue
            }
            result += rest[after..<middle.lowerBound]
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
