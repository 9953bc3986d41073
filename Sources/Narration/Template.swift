import EngineAPI
import OrderedJSON

/// A text with places for facts: what the catalog of explanations is written in.
///
/// | written | becomes |
/// | --- | --- |
/// | `{pid}` | the fact `pid` of the step |
/// | `{process.clone:pid}` | the fact `pid` of the operation's step `process.clone` |
/// | `{size\|bytes}` | the fact through a filter, see ``TemplateFilter`` |
/// | `{?readOnly}A{:}B{/}` | A if the fact holds (not null, false, 0 or empty), else B; B may be left out |
/// | `{?signal=SIGTERM}A{/}` | A if the fact reads so |
/// | `{?count>1}A{/}` | A if the fact, or the length of the list, is greater |
/// | `{{` and `}}` | a brace |
public struct Template: Sendable, Hashable, ExpressibleByStringLiteral {
    /// The text as it was written.
    public let source: String

    /// A template from its text.
    public init(stringLiteral value: String) { source = value }

    /// A template from its text.
    public init(_ source: String) { self.source = source }

    /// Fills the template.
    /// - Throws: ``TemplateError`` if a fact that is to be shown is missing or null, or the template is malformed.
    func filled(with scope: FactScope) throws(TemplateError) -> String {
        var text = ""
        try Self.write(try pieces(), scope, to: &text)
        return text
    }

    /// The names of all facts that the template shows or asks for.
    /// - Throws: ``TemplateError`` if the template is malformed.
    public func factNames() throws(TemplateError) -> Set<String> {
        var names: Set<String> = []
        Self.collect(try pieces(), into: &names)
        return names
    }

    // MARK: Parsing

    indirect enum Piece {
        case text(String)
        case fact(String, filter: String?)
        case choice(Condition, then: [Piece], otherwise: [Piece])
    }

    struct Condition {
        enum Test {
            case holds
            case equals(String)
            case exceeds(Int64)
        }
        var name: String
        var test: Test
    }

    private func pieces() throws(TemplateError) -> [Piece] {
        var rest = source[...]
        let (pieces, ending) = try Self.parse(&rest, isNested: false, of: source)
        guard ending == nil else { throw .malformed(source) }
        return pieces
    }

    /// Parses up to the end, or to `{:}` or `{/}` of an enclosing choice, which it answers.
    private static func parse(
        _ rest: inout Substring, isNested: Bool, of source: String
    ) throws(TemplateError) -> ([Piece], ending: Substring?) {
        var pieces: [Piece] = []
        var text = ""
        func flush() {
            if !text.isEmpty { pieces.append(.text(text)) }
            text = ""
        }
        // Braces are ASCII, so bytes are looked at: characters cost ten times as much.
        let bytes = source.utf8
        while let brace = rest.utf8.firstIndex(where: { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }) {
            text += rest[..<brace]
            let next = bytes.index(after: brace)
            rest = rest[next...]
            if next < bytes.endIndex, bytes[next] == bytes[brace] {
                text += rest[next...next]
                rest = rest[bytes.index(after: next)...]
                continue
            }
            guard bytes[brace] == UInt8(ascii: "{"), let end = rest.utf8.firstIndex(of: UInt8(ascii: "}")) else {
                throw .malformed(source)
            }
            let tag = rest[..<end]
            rest = rest[bytes.index(after: end)...]
            flush()
            if tag == ":" || tag == "/" {
                guard isNested else { throw .malformed(source) }
                return (pieces, tag)
            }
            if tag.hasPrefix("?") {
                let condition = try condition(tag.dropFirst(), of: source)
                var (then, ending) = try parse(&rest, isNested: true, of: source)
                var otherwise: [Piece] = []
                if ending == ":" { (otherwise, ending) = try parse(&rest, isNested: true, of: source) }
                guard ending == "/" else { throw .malformed(source) }
                pieces.append(.choice(condition, then: then, otherwise: otherwise))
            } else {
                let parts = tag.split(separator: "|", maxSplits: 1)
                guard let name = parts.first else { throw .malformed(source) }
                pieces.append(.fact(String(name), filter: parts.count == 2 ? String(parts[1]) : nil))
            }
        }
        if isNested { throw .malformed(source) }
        text += rest
        rest = rest[rest.endIndex...]
        flush()
        return (pieces, nil)
    }

    private static func condition(_ tag: Substring, of source: String) throws(TemplateError) -> Condition {
        if let sign = tag.firstIndex(of: "=") {
            return Condition(name: String(tag[..<sign]), test: .equals(String(tag[tag.index(after: sign)...])))
        }
        if let sign = tag.firstIndex(of: ">") {
            guard let number = Int64(tag[tag.index(after: sign)...]) else { throw .malformed(source) }
            return Condition(name: String(tag[..<sign]), test: .exceeds(number))
        }
        guard !tag.isEmpty else { throw .malformed(source) }
        return Condition(name: String(tag), test: .holds)
    }

    // MARK: Filling

    private static func write(_ pieces: [Piece], _ scope: FactScope, to text: inout String) throws(TemplateError) {
        for piece in pieces {
            switch piece {
            case .text(let words): text += words
            case .fact(let name, let filter):
                guard let value = scope[name], !value.isNull else { throw .missingFact(name) }
                text += try TemplateFilter.apply(filter, to: value)
            case .choice(let condition, let then, let otherwise):
                try write(scope.meets(condition) ? then : otherwise, scope, to: &text)
            }
        }
    }

    private static func collect(_ pieces: [Piece], into names: inout Set<String>) {
        for piece in pieces {
            switch piece {
            case .text: break
            case .fact(let name, _): names.insert(name)
            case .choice(let condition, let then, let otherwise):
                names.insert(condition.name)
                collect(then, into: &names)
                collect(otherwise, into: &names)
            }
        }
    }
}

/// Why a template could not be filled.
public enum TemplateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The template's own text is wrong: an unclosed brace, a choice without end.
    case malformed(String)
    /// A filter that does not exist.
    case unknownFilter(String)
    /// A fact that is to be shown is missing or null.
    case missingFact(String)

    /// The sentence for a person.
    public var description: String {
        switch self {
        case .malformed(let source): "filling a text: its braces do not match: \(source)"
        case .unknownFilter(let name): "filling a text: there is no filter \"\(name)\""
        case .missingFact(let name): "filling a text: the fact \"\(name)\" is missing"
        }
    }
}

/// What a template can ask for: the facts of a step, of its siblings in the operation, and of the circumstances.
struct FactScope: Sendable {
    /// What every step has beside its own facts:
    /// - `object`: the container, image or network by the name a learner uses.
    /// - `node`: the lab's Docker host on which it happened.
    /// - `second`: whether the operation adds a process to a running container (`docker exec`).
    /// - `removed`: whether the container is removed when it ends (`--rm`).
    /// - `readBack`: the first file that was read back after the step.
    static let circumstances: Set<String> = ["object", "node", "second", "removed", "readBack"]

    var own: Facts
    /// By the raw value of the kind; of several steps of a kind the first.
    var siblings: [String: Facts]

    subscript(name: String) -> JSON? {
        guard let colon = name.lastIndex(of: ":") else { return own[name] }
        return siblings[String(name[..<colon])]?[String(name[name.index(after: colon)...])]
    }

    func meets(_ condition: Template.Condition) -> Bool {
        let value = self[condition.name]
        switch condition.test {
        case .holds:
            switch value {
            case nil, .null, .bool(false), .integer(0): return false
            case .string(let text): return !text.isEmpty
            case .array(let elements): return !elements.isEmpty
            default: return true
            }
        case .equals(let text): return value.map { TemplateFilter.plain($0) == text } ?? false
        case .exceeds(let number): return (value.flatMap(TemplateFilter.count) ?? 0) > number
        }
    }
}
