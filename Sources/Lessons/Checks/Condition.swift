/// What must be true of the world.
public indirect enum Condition: Sendable {
    /// A question whose answer must be as expected.
    case question(Claim)
    /// At least one of them holds.
    case any([Condition], message: Int?, line: Int)
    /// All of them hold.
    case all([Condition], message: Int?, line: Int)
    /// They do not all hold.
    case not([Condition], message: Int?, line: Int)

    /// The place of its message among the step's messages.
    var message: Int? {
        switch self {
        case .question(let claim): claim.message
        case .any(_, let message, _), .all(_, let message, _), .not(_, let message, _): message
        }
    }

    /// Its first line.
    var line: Int {
        switch self {
        case .question(let claim): claim.line
        case .any(_, _, let line), .all(_, _, let line), .not(_, _, let line): line
        }
    }

    /// The claims in it, all of them.
    var claims: [Claim] {
        switch self {
        case .question(let claim): [claim]
        case .any(let parts, _, _), .all(let parts, _, _), .not(let parts, _, _): parts.flatMap(\.claims)
        }
    }
}

/// A question to the world, and what its answer must be.
public struct Claim: Sendable {
    /// The question.
    public var question: Question
    /// What its output must be; all must hold.
    public var expectations: [Expectation] = []
    /// How long it is asked again, in seconds; 0 asks once.
    public var seconds = 0
    /// The place of its message among the step's messages.
    public var message: Int?
    /// The question's line in the file.
    public var line: Int

    /// Whether the command may fail: something is expected of its exit code or of its errors.
    var expectsFailure: Bool {
        expectations.contains { expectation in
            switch expectation {
            case .exit, .errorHas, .errorMatches: true
            default: false
            }
        }
    }
}

/// What can be asked of the world.
public enum Question: Sendable, Equatable {
    /// A docker command that only reads: its words, still to be filled in.
    case docker(String)
    /// A file in a container.
    case containerFile(container: String, path: String)
    /// A file in the lesson's directory.
    case file(String)
    /// What a server on the machine answers.
    case http(String)
    /// A command of the machine.
    case machine(String)
    /// A command in a node's network.
    case node(String, String)
    /// Steps that the engine has done since the step began, in this order.
    case happened([String], of: String?)
    /// An event that the engine told of since the step began.
    case event(type: String, action: String, of: String?)
    /// Texts given in the lesson itself.
    case texts([String])

    /// Whether it needs the machine's own kernel.
    var needsMachine: Bool {
        switch self {
        case .machine, .node: true
        default: false
        }
    }
}

/// What an output must be.
public enum Expectation: Sendable, Equatable {
    /// A text, or what a command prints.
    public enum Value: Sendable, Equatable {
        case text(String)
        case command(String)
    }
    case equals(Value, isNegated: Bool)
    case contains(String, isNegated: Bool)
    case matches(String, isNegated: Bool)
    case number(NumberRange)
    case lines(NumberRange)
    indirect case json(path: String, Expectation)
    case exit(NumberRange)
    case errorHas(String)
    case errorMatches(String)
}

/// A range of numbers: `3`, `>3`, `<=3`, `3..5`.
public struct NumberRange: Sendable, Equatable {
    private var lower: Double
    private var upper: Double
    private var includesLower = true
    private var includesUpper = true

    /// Reads a range; `nil` for what is none.
    public init?(_ text: String) {
        let text = text.trimmedBlanks
        if let dots = text.firstRange(of: "..") {
            guard let low = Double(text[..<dots.lowerBound].filter { $0 != " " }),
                let high = Double(text[dots.upperBound...].filter { $0 != " " }), low <= high
            else { return nil }
            (lower, upper) = (low, high)
            return
        }
        for sign in [">=", "<=", ">", "<", "="] where text.hasPrefix(sign) {
            guard let number = Double(String(text.dropFirst(sign.count)).trimmedBlanks) else { return nil }
            lower = sign.hasPrefix("<") ? -.infinity : number
            upper = sign.hasPrefix(">") ? .infinity : number
            includesLower = sign != ">"
            includesUpper = sign != "<"
            return
        }
        guard let number = Double(text) else { return nil }
        (lower, upper) = (number, number)
    }

    /// Whether a number is in the range.
    public func contains(_ number: Double) -> Bool {
        (includesLower ? number >= lower : number > lower) && (includesUpper ? number <= upper : number < upper)
    }
}

/// How an answer to one of the step's questions is judged.
public struct AnswerRule: Sendable {
    /// How an answer and a value are compared.
    public enum Comparison: Sendable, Equatable {
        case equals
        case isOneOf
        case isIn
        case near(percent: Double)
    }
    /// Which question it is for.
    public var id: String
    /// How it is compared.
    public var comparison: Comparison
    /// Where the value is read.
    public var source: Question
    /// The place of the message for a wrong answer among the step's messages.
    public var message: Int?
    /// The rule's line in the file.
    public var line: Int
}
