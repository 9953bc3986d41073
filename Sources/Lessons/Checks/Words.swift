/// Splits a line into words as a POSIX shell does, without filling anything in.
enum WordSplit {
    /// The words; `nil` if a quote is not closed.
    static func words(_ text: String) -> [String]? {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                word = (word ?? "") + String(character)
                isEscaped = false
            } else if let open = quote {
                if character == open {
                    quote = nil
                } else if character == "\\" && open == "\"" {
                    isEscaped = true
                } else {
                    word = (word ?? "") + String(character)
                }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character == "\\" {
                isEscaped = true
            } else if character.isWhitespace {
                if let complete = word { words.append(complete) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if quote != nil || isEscaped { return nil }
        if let word { words.append(word) }
        return words
    }
}

/// `$(…)` in a line, as the shell and questions have it.
package enum Substitution {
    /// Replaces each `$(…)`, the innermost first, by what a function gives for its command.
    static func replacing(in text: String, _ value: (String) throws -> String) rethrows -> String {
        var text = text
        // A value may itself look like a substitution; it is not filled in again.
        var searchEnd = text.endIndex
        while let begin = text[..<searchEnd].lastRange(of: "$(") {
            guard let end = closingParenthesis(text[...], from: begin.upperBound) else {
                searchEnd = begin.lowerBound
                continue
            }
            let replacement = try value(String(text[begin.upperBound..<end]))
            let prefix = String(text[..<begin.lowerBound])
            text = prefix + replacement + String(text[text.index(after: end)...])
            searchEnd = text.index(text.startIndex, offsetBy: prefix.count)
        }
        return text
    }

    /// The commands that stand in `$(…)`.
    static func commands(in text: String) -> [String] {
        var commands: [String] = []
        _ = replacing(in: text) { command in
            commands.append(command)
            return "x"
        }
        return commands
    }

    /// The parenthesis that closes a substitution; those within quotes don't count.
    ///
    /// - Parameters:
    ///   - text: The line.
    ///   - start: Behind the parenthesis that opens it.
    package static func closingParenthesis(_ text: Substring, from start: Substring.Index) -> Substring.Index? {
        var depth = 1
        var quote: Character?
        for index in text[start...].indices {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if character == "(" {
                depth += 1
            } else if character == ")" {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
    }
}

extension StringProtocol {
    /// Where a text stands last.
    func lastRange(of text: String) -> Range<Index>? {
        var index = endIndex
        while index > startIndex {
            index = self.index(before: index)
            if self[index...].hasPrefix(text) { return index..<self.index(index, offsetBy: text.count) }
        }
        return nil
    }

    /// Where a text stands first.
    func firstRange(of text: String) -> Range<Index>? {
        var index = startIndex
        while index < endIndex {
            if self[index...].hasPrefix(text) { return index..<self.index(index, offsetBy: text.count) }
            index = self.index(after: index)
        }
        return nil
    }
}
