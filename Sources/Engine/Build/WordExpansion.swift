/// Puts variables into words as the Dockerfile reference says ("Environment replacement"), and takes quotes and escapes
/// away on the way.
struct WordExpansion {
    let escape: Character
    let variables: [String: String]

    /// One word, whatever blanks its variables bring.
    func word(_ text: String) throws -> String {
        var rest = Array(text)[...]
        return try process(&rest, until: nil)
    }

    /// The words that a text becomes, split at blanks outside of quotes.
    func words(_ text: String) throws -> [String] {
        try Self.split(text, escape: escape).map { try word($0) }.flatMap { word in
            word.split(whereSeparator: \.isWhitespace).map(String.init)
        }
    }

    private func process(_ rest: inout ArraySlice<Character>, until end: Character?) throws -> String {
        var text = ""
        while let character = rest.first {
            if character == end { return text }
            rest.removeFirst()
            switch character {
            case "'":
                while let next = rest.popFirst(), next != "'" { text.append(next) }
            case "\"": text += try quoted(&rest)
            case "$": text += try variable(&rest)
            case escape:
                if let next = rest.popFirst() { text.append(next) }
            default: text.append(character)
            }
        }
        if end != nil { throw EngineFailure.invalid("syntax error: missing '}'") }
        return text
    }

    private func quoted(_ rest: inout ArraySlice<Character>) throws -> String {
        var text = ""
        while let character = rest.popFirst() {
            if character == "\"" { return text }
            if character == "$" {
                text += try variable(&rest)
            } else if character == escape, let next = rest.first {
                // Only these may be escaped within double quotes; before all others the escape stands for itself.
                if next == "\"" || next == "$" || next == escape {
                    text.append(next)
                    rest.removeFirst()
                } else {
                    text.append(character)
                }
            } else {
                text.append(character)
            }
        }
        throw EngineFailure.invalid("unexpected end of statement while looking for matching double-quote")
    }

    private static func isNameCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }

    private func variable(_ rest: inout ArraySlice<Character>) throws -> String {
        guard rest.first == "{" else {
            var name = ""
            while let next = rest.first, Self.isNameCharacter(next), !(name.isEmpty && next.isNumber) {
                name.append(next)
                rest.removeFirst()
            }
            return name.isEmpty ? "$" : variables[name] ?? ""
        }
        rest.removeFirst()
        var name = ""
        while let next = rest.first, Self.isNameCharacter(next) {
            name.append(next)
            rest.removeFirst()
        }
        if name.isEmpty { throw EngineFailure.invalid("syntax error: bad substitution") }
        var modifier = rest.popFirst()
        let value = variables[name]
        if modifier == "}" { return value ?? "" }
        let treatsEmptyAsUnset = modifier == ":"
        if treatsEmptyAsUnset { modifier = rest.popFirst() }
        guard let modifier, "+-?".contains(modifier) else {
            throw EngineFailure.invalid("unsupported modifier in substitution of ${\(name)}")
        }
        let word = try process(&rest, until: "}")
        rest.removeFirst()
        let isSet = treatsEmptyAsUnset ? value?.isEmpty == false : value != nil
        switch modifier {
        case "+": return isSet ? word : ""
        case "-": return isSet ? value ?? "" : word
        default:
            if isSet { return value ?? "" }
            throw EngineFailure.invalid("\(name): \(word.isEmpty ? "is not allowed to be unset" : word)")
        }
    }

    /// Splits at blanks outside of quotes; quotes and escapes stay.
    static func split(_ text: String, escape: Character) -> [String] {
        var words: [String] = []
        var current: String?
        var quote: Character?
        var rest = Array(text)[...]
        while let character = rest.popFirst() {
            if let open = quote {
                current = (current ?? "") + String(character)
                if character == escape, open == "\"", let next = rest.popFirst() {
                    current?.append(next)
                } else if character == open {
                    quote = nil
                }
            } else if character.isWhitespace {
                if let word = current { words.append(word) }
                current = nil
            } else {
                current = (current ?? "") + String(character)
                if character == "\"" || character == "'" { quote = character }
                if character == escape, let next = rest.popFirst() { current?.append(next) }
            }
        }
        if let word = current { words.append(word) }
        return words
    }
}
