/// Reads a `check` fence.
struct CheckParser {
    /// What stands in it.
    struct Result {
        var conditions: [Condition] = []
        var predictions: [String: Int] = [:]
        var answers: [AnswerRule] = []
        /// The messages in their order.
        var messages: [String] = []
    }

    private enum Group { case any, all, not }
    private struct Open {
        var group: Group
        var line: Int
        var parts: [Condition] = []
    }

    private var result = Result()
    private var open: [Open] = []
    private let problem: (Int, String) -> Void
    /// What an `else` would belong to.
    private var last: Last = .nothing
    private enum Last { case nothing, condition, answer }

    /// Reads the lines of a fence.
    ///
    /// - Parameters:
    ///   - lines: The lines.
    ///   - line: The number of the fence's own line.
    ///   - messages: The messages of the step's fences before.
    ///   - problem: Takes what is wrong, with the line's number.
    static func read(
        _ lines: [String], line: Int, messages: [String], problem: @escaping (Int, String) -> Void
    ) -> Result {
        var parser = CheckParser(problem: problem)
        parser.result.messages = messages
        for (place, text) in lines.enumerated() {
            let text = text.trimmedBlanks
            if !text.isEmpty && !text.hasPrefix("#") { parser.read(text, line + place + 1) }
        }
        for group in parser.open { problem(group.line, "the group is not closed: expected a line `end`") }
        parser.demandMessages(parser.result.conditions)
        return parser.result
    }

    private init(problem: @escaping (Int, String) -> Void) { self.problem = problem }

    /// Each condition outside of a group with a message has one of its own.
    private func demandMessages(_ conditions: [Condition]) {
        for condition in conditions where condition.message == nil {
            if case .all(let parts, _, _) = condition {
                demandMessages(parts)
            } else {
                problem(condition.line, "expected an `else` line: what is missing, in terms of the world")
            }
        }
    }

    private mutating func read(_ text: String, _ line: Int) {
        let (word, rest) = text.firstWord
        switch word {
        case "any", "all", "not":
            guard rest.isEmpty else { return problem(line, "`\(word)` stands alone on its line, up to `end`") }
            open.append(Open(group: word == "any" ? .any : word == "all" ? .all : .not, line: line))
            last = .nothing
        case "end": close(line)
        case "else": addMessage(rest, line)
        case "predict": addPrediction(rest, line)
        case "answer": addAnswer(rest, line)
        case "within": addLimit(rest, line)
        default:
            if let question = Self.question(text) {
                if let complaint = Self.complaint(question) { problem(line, complaint) }
                add(.question(Claim(question: question, line: line)))
            } else {
                addExpectation(text, line)
            }
        }
    }

    private mutating func add(_ condition: Condition) {
        if open.isEmpty { result.conditions.append(condition) } else { open[open.count - 1].parts.append(condition) }
        last = .condition
    }

    private mutating func close(_ line: Int) {
        guard let group = open.popLast() else { return problem(line, "`end` without `any`, `all` or `not` before it") }
        if group.parts.isEmpty { problem(group.line, "the group is empty: expected conditions up to `end`") }
        switch group.group {
        case .any: add(.any(group.parts, message: nil, line: group.line))
        case .all: add(.all(group.parts, message: nil, line: group.line))
        case .not: add(.not(group.parts, message: nil, line: group.line))
        }
    }

    private mutating func addMessage(_ text: String, _ line: Int) {
        if text.isEmpty { problem(line, "expected a sentence behind `else`") }
        result.messages.append(text)
        let place = result.messages.count - 1
        switch last {
        case .nothing: problem(line, "`else` follows a condition, a group's `end`, or an `answer` line")
        case .answer: result.answers[result.answers.count - 1].message = place
        case .condition: changeLast { $0.setMessage(place) }
        }
        last = .nothing
    }

    private mutating func changeLast(_ change: (inout Condition) -> Void) {
        if open.isEmpty {
            change(&result.conditions[result.conditions.count - 1])
        } else {
            change(&open[open.count - 1].parts[open[open.count - 1].parts.count - 1])
        }
    }

    private mutating func addPrediction(_ rest: String, _ line: Int) {
        let (id, more) = rest.firstWord
        guard more.hasPrefix("="), let number = Int(String(more.dropFirst()).trimmedBlanks), number > 0 else {
            return problem(line, "expected `predict ID = N`, N being the right choice")
        }
        if result.predictions.updateValue(number, forKey: id) != nil { problem(line, "`\(id)` is given twice") }
        last = .nothing
    }

    private mutating func addAnswer(_ rest: String, _ line: Int) {
        let expected = "expected `answer ID = QUESTION` (or `in`, `has`, `near N%` for `=`)"
        let (id, afterID) = rest.firstWord
        var (sign, source) = afterID.firstWord
        let comparison: AnswerRule.Comparison
        switch sign {
        case "=": comparison = .equals
        case "in": comparison = .isOneOf
        case "has": comparison = .isIn
        case "near":
            (sign, source) = source.firstWord
            guard sign.hasSuffix("%"), let percent = Double(sign.dropLast()) else { return problem(line, expected) }
            comparison = .near(percent: percent)
        default: return problem(line, expected)
        }
        let question: Question
        if source.hasPrefix("\"") {
            let texts = source.split(separator: "|").map { String($0).trimmedBlanks }
            guard texts.allSatisfy({ $0.count > 2 && $0.hasPrefix("\"") && $0.hasSuffix("\"") }) else {
                return problem(line, "expected texts in quotes: `\"one\" | \"another\"`")
            }
            question = .texts(texts.map(\.unquoted))
        } else if let found = Self.question(source) {
            question = found
        } else {
            return problem(line, "expected a question that the world answers, or a text in quotes, not `\(source)`")
        }
        switch question {
        case .happened, .event: problem(line, "an answer can't be read from `happened` and `event`")
        default: if let complaint = Self.complaint(question) { problem(line, complaint) }
        }
        result.answers.append(AnswerRule(id: id, comparison: comparison, source: question, line: line))
        last = .answer
    }

    private mutating func addLimit(_ rest: String, _ line: Int) {
        guard rest.hasSuffix("s"), let seconds = Int(rest.dropLast()), (1...60).contains(seconds) else {
            return problem(line, "expected `within N` and `s`, 1s to 60s")
        }
        changeClaim(line) { $0.seconds = seconds }
    }

    private mutating func addExpectation(_ text: String, _ line: Int) {
        guard let expectation = Self.expectation(text) else {
            let kinds =
                "docker, file, http, !, @, happened, event; =, !=, has, lacks, ~, !~, number, lines, json, exit, error"
            return problem(line, "`\(text)` is neither a question nor an expectation (\(kinds))")
        }
        changeClaim(line) { $0.expectations.append(expectation) }
    }

    private mutating func changeClaim(_ line: Int, _ change: (inout Claim) -> Void) {
        var changed = false
        if case .condition = last {
            changeLast { condition in
                guard case .question(var claim) = condition else { return }
                change(&claim)
                condition = .question(claim)
                changed = true
            }
        }
        if !changed { problem(line, "expected a question before it, such as `docker inspect web`") }
    }

    // MARK: Questions and expectations

    /// Reads a question; `nil` for a line that is none.
    static func question(_ text: String) -> Question? {
        if text.hasPrefix("!="), text.dropFirst(2).first == " " { return nil }
        if text.hasPrefix("!~"), text.dropFirst(2).first == " " { return nil }
        if text.hasPrefix("!") { return .machine(String(text.dropFirst()).trimmedBlanks) }
        let (word, rest) = text.firstWord
        if word.hasPrefix("@"), word.count > 1 { return .node(String(word.dropFirst()), rest) }
        switch word {
        case "docker": return .docker(rest)
        case "file":
            guard let colon = rest.firstIndex(of: ":") else { return .file(rest) }
            return .containerFile(
                container: String(rest[..<colon]), path: String(rest[rest.index(after: colon)...]))
        case "http": return .http(rest.hasPrefix("http://") ? String(rest.dropFirst(7)) : rest)
        case "happened":
            let (words, object) = splitObject(rest)
            return .happened(words, of: object)
        case "event":
            let (words, object) = splitObject(rest)
            guard words.count == 2 else { return nil }
            return .event(type: words[0], action: words[1], of: object)
        default: return nil
        }
    }

    private static func splitObject(_ text: String) -> (words: [String], object: String?) {
        var words = text.split(separator: " ").map(String.init)
        guard words.count > 2, words[words.count - 2] == "of" else { return (words, nil) }
        let object = words.removeLast()
        words.removeLast()
        return (words, object)
    }

    /// Reads an expectation; `nil` for a line that is none.
    static func expectation(_ text: String) -> Expectation? {
        let (word, rest) = text.firstWord
        switch word {
        case "=", "!=": return .equals(value(rest), isNegated: word == "!=")
        case "has", "lacks": return rest.isEmpty ? nil : .contains(rest, isNegated: word == "lacks")
        case "~", "!~": return Pattern(rest) == nil ? nil : .matches(rest, isNegated: word == "!~")
        case "number": return NumberRange(rest).map { .number($0) }
        case "lines": return NumberRange(rest).map { .lines($0) }
        case "exit": return NumberRange(rest).map { .exit($0) }
        case "json":
            let (path, more) = rest.firstWord
            guard let inner = expectation(more) else { return nil }
            return .json(path: path, inner)
        case "error":
            switch expectation(rest) {
            case .contains(let text, false): return .errorHas(text)
            case .matches(let text, false): return .errorMatches(text)
            default: return nil
            }
        default: return nil
        }
    }

    private static func value(_ text: String) -> Expectation.Value {
        text.hasPrefix("$(docker ") && text.hasSuffix(")") ? .command(text) : .text(text)
    }
}

extension Condition {
    /// Gives the condition its message.
    fileprivate mutating func setMessage(_ place: Int) {
        switch self {
        case .question(var claim):
            claim.message = place
            self = .question(claim)
        case .any(let parts, _, let line): self = .any(parts, message: place, line: line)
        case .all(let parts, _, let line): self = .all(parts, message: place, line: line)
        case .not(let parts, _, let line): self = .not(parts, message: place, line: line)
        }
    }
}

extension String {
    /// The text up to the first blank, and what follows it.
    var firstWord: (word: String, rest: String) {
        guard let blank = firstIndex(where: \.isWhitespace) else { return (self, "") }
        return (String(self[..<blank]), String(self[blank...]).trimmedBlanks)
    }
}
