import EngineClient
import Glibc
import OrderedJSON

/// Tries a step's conditions.
struct CheckRunner {
    let world: World
    /// When the step began, nanoseconds since 1970.
    let since: Int64
    /// How long conditions with a time limit are waited for at most, seconds.
    var patience = 60

    /// What kept a step from being passed.
    struct Missing: Equatable {
        /// The place of the message among the step's messages; `nil` if the condition has none.
        var message: Int?
        /// The first line of what the failing question printed, for `{output}`.
        var output: String
        /// The condition's line in the English file.
        var line: Int
    }

    /// Tries all conditions in order.
    /// - Returns: What the first one that does not hold lacks; `nil` if all hold.
    /// - Throws: what kept a question from being asked.
    func missing(in conditions: [Condition]) throws -> Missing? {
        for condition in conditions {
            if let missing = try missing(condition, outer: nil) { return missing }
        }
        return nil
    }

    private func missing(_ condition: Condition, outer: Int?) throws -> Missing? {
        switch condition {
        case .question(let claim):
            guard let outcome = try failing(claim) else { return nil }
            return Missing(message: claim.message ?? outer, output: outcome.firstLine, line: claim.line)
        case .all(let parts, let message, _):
            for part in parts {
                if let missing = try missing(part, outer: message ?? outer) { return missing }
            }
            return nil
        case .any(let parts, let message, let line):
            var last: Missing?
            for part in parts {
                guard let missing = try missing(part, outer: message ?? outer) else { return nil }
                last = missing
            }
            return Missing(message: message ?? last?.message ?? outer, output: last?.output ?? "", line: line)
        case .not(let parts, let message, let line):
            for part in parts {
                if try missing(part, outer: nil) != nil { return nil }
            }
            return Missing(message: message ?? outer, output: "", line: line)
        }
    }

    /// Asks until the answer is as expected or the time is over.
    /// - Returns: The last answer, if it is not as expected.
    private func failing(_ claim: Claim) throws -> Outcome? {
        let end = Clock.nanoseconds() + Int64(min(claim.seconds, patience)) * 1_000_000_000
        while true {
            let outcome = try world.ask(claim.question, since: since)
            if try holds(claim, outcome) { return nil }
            if Clock.nanoseconds() >= end { return outcome }
            usleep(100_000)
        }
    }

    private func holds(_ claim: Claim, _ outcome: Outcome) throws -> Bool {
        if !claim.expectsFailure && outcome.code != 0 { return false }
        for expectation in claim.expectations where try !holds(expectation, outcome) { return false }
        return true
    }

    private func holds(_ expectation: Expectation, _ outcome: Outcome) throws -> Bool {
        let output = outcome.output.trimmedBlanks
        switch expectation {
        case .equals(.text(let text), let isNegated): return (output == text) != isNegated
        case .equals(.command(let command), let isNegated):
            return (output == (try world.filled(command)).trimmedBlanks) != isNegated
        case .contains(let text, let isNegated): return output.contains(text) != isNegated
        case .matches(let text, let isNegated): return (Pattern(text)?.matches(output) ?? false) != isNegated
        case .number(let range): return Self.number(output).map(range.contains) ?? false
        case .lines(let range):
            return range.contains(Double(output.split(separator: "\n").count { !$0.allSatisfy(\.isWhitespace) }))
        case .json(let path, let inner):
            guard let json = try? JSON(parsing: Array(output.utf8)) else { return false }
            return try holds(inner, Outcome(output: JSONPath.text(path, in: json)))
        case .exit(let range): return range.contains(Double(outcome.code))
        case .errorHas(let text): return outcome.errors.contains(text)
        case .errorMatches(let text): return Pattern(text)?.matches(outcome.errors) ?? false
        }
    }

    /// The number that a text begins with; what stands behind it is a unit.
    static func number(_ text: String) -> Double? {
        let digits = text.prefix { $0 == "-" || $0 == "." || $0.isASCII && $0.isNumber }
        let rest = text.dropFirst(digits.count)
        guard rest.allSatisfy({ $0.isLetter || $0 == "%" || $0 == " " }) else { return nil }
        return Double(digits)
    }

    // MARK: Answers

    /// What a given answer is worth.
    enum Judgement: Equatable {
        case right
        case wrong(message: Int?)
    }

    /// Judges an answer by the rules for its question.
    /// - Throws: what kept the world from being asked.
    func judge(_ answer: String, by rules: [AnswerRule]) throws -> Judgement {
        for rule in rules where try isRight(answer, by: rule) { return .right }
        return .wrong(message: rules.last { $0.message != nil }?.message)
    }

    /// The values that a rule compares with, from the world now; none if there is nothing to be read.
    func values(of rule: AnswerRule) throws -> [String] {
        let outcome = try world.ask(rule.source, since: since)
        guard outcome.code == 0 else { return [] }
        let text = outcome.output.trimmedBlanks
        if case .texts(let texts) = rule.source { return texts }
        if rule.comparison == .isOneOf { return text.split(whereSeparator: \.isWhitespace).map(String.init) }
        return text.isEmpty ? [] : [text]
    }

    private func isRight(_ answer: String, by rule: AnswerRule) throws -> Bool {
        let given = Self.normal(answer)
        guard !given.isEmpty else { return false }
        return try values(of: rule).contains { value in
            let value = Self.normal(value)
            switch rule.comparison {
            case .equals, .isOneOf:
                if let a = Double(given), let b = Double(value) { return a == b }
                return given == value
            case .isIn: return given.count >= 3 && value.contains(given)
            case .near(let percent):
                guard let a = Self.number(given), let b = Self.number(value) else { return false }
                return abs(a - b) <= abs(b) * percent / 100
            }
        }
    }

    /// A text as it is compared: without quotes and final full stops, in lower case, single blanks.
    private static func normal(_ text: String) -> String {
        var text = text.trimmedBlanks.unquoted.trimmedBlanks
        if text.hasPrefix("`"), text.hasSuffix("`"), text.count > 2 { text = String(text.dropFirst().dropLast()) }
        while text.hasSuffix(".") && text.count > 1 { text.removeLast() }
        return text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

/// A path into JSON: `[0].State.Running`, `.Labels["a.b"]`.
enum JSONPath {
    /// What is at a path, strings without quotes; `null` where there is nothing.
    static func text(_ path: String, in json: JSON) -> String {
        var value: JSON? = json
        var rest = path[...]
        while let sign = rest.first {
            if sign == "[" {
                guard let end = rest.firstIndex(of: "]") else { return "null" }
                let key = String(rest[rest.index(after: rest.startIndex)..<end])
                value = Int(key).map { value?[$0] } ?? value?[key.unquoted]
                rest = rest[rest.index(after: end)...]
            } else {
                if sign == "." { rest.removeFirst() }
                let key = rest.prefix { $0 != "." && $0 != "[" }
                guard !key.isEmpty else { break }
                value = value?[String(key)]
                rest = rest.dropFirst(key.count)
            }
        }
        guard let value else { return "null" }
        return value.string ?? value.text()
    }
}
