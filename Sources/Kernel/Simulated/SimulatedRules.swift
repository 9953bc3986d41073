import Glibc
import Posix

/// Tables of nftables as text: enough of `nft(8)` to add, list and remove what was added. What a rule says is not
/// understood, only kept: nothing is filtered in the model, because nothing is sent.
struct SimulatedRules: Sendable {
    private var tables: [Table] = []

    /// A table: its properties and its objects in the order in which they were added.
    private struct Table: Sendable {
        var family: String
        var name: String
        var properties: [String] = []
        var objects: [Object] = []

        /// The object of a kind and name.
        func position(_ kind: String, _ name: String) -> Int? {
            objects.firstIndex { $0.kind == kind && $0.name == name }
        }
    }

    /// A chain, set or map: its lines.
    private struct Object: Sendable {
        var kind: String
        var name: String
        var lines: [String]
    }

    private static let families: Set<String> = ["ip", "ip6", "inet", "arp", "bridge", "netdev"]
    private static let kinds: Set<String> = ["chain", "set", "map", "counter", "quota", "limit", "flowtable"]

    /// Runs commands one after the other.
    /// - Returns: What they print.
    /// - Throws: ``SystemError`` with words such as nftables would use; then the value must not be kept.
    mutating func run(_ commands: String) throws(SystemError) -> String {
        var output = ""
        for statement in Statement.split(commands) { output += try run(statement) }
        return output
    }

    private mutating func run(_ statement: Statement) throws(SystemError) -> String {
        var words = statement.words
        let verbs: Set<String> = ["add", "create", "insert", "delete", "destroy", "flush", "list", "replace"]
        // A block without a verb, `table ip x { … }`, adds.
        let verb = words.first.map { verbs.contains($0) } == true ? words.removeFirst() : "add"
        guard !words.isEmpty else { throw Self.syntaxError(statement) }
        let kind = words.removeFirst()
        if verb == "list" { return try list(kind, words, statement) }
        if kind == "ruleset" {
            guard verb == "flush" else { throw Self.syntaxError(statement) }
            tables = []
            return ""
        }
        let family = words.first.map { Self.families.contains($0) } == true ? words.removeFirst() : "ip"
        guard !words.isEmpty else { throw Self.syntaxError(statement) }
        let tableName = words.removeFirst()
        if kind == "table" {
            try changeTable(verb, family, tableName, statement)
            return ""
        }
        guard Self.kinds.contains(kind) || kind == "rule" || kind == "element", !words.isEmpty else {
            throw Self.syntaxError(statement)
        }
        guard let table = position(family, tableName) else { throw Self.refused(ENOENT) }
        let name = words.removeFirst()
        if kind == "rule" {
            try changeRule(verb, table, chain: name, words.joined(separator: " "), statement)
        } else if kind == "element" {
            try changeElements(verb, table, set: name, statement)
        } else {
            try changeObject(verb, table, kind, name, statement)
        }
        return ""
    }

    private func position(_ family: String, _ name: String) -> Int? {
        tables.firstIndex { $0.family == family && $0.name == name }
    }

    private mutating func changeTable(_ verb: String, _ family: String, _ name: String, _ statement: Statement)
        throws(SystemError)
    {
        let present = position(family, name)
        switch verb {
        case "add", "create":
            if present != nil && verb == "create" { throw Self.refused(EEXIST) }
            if present == nil { tables.append(Table(family: family, name: name)) }
            guard let block = statement.block, let table = position(family, name) else { return }
            try statement.checkEnd()
            for inner in Statement.split(block) {
                if let kind = inner.words.first, Self.kinds.contains(kind), inner.words.count == 2 {
                    try changeObject("add", table, kind, inner.words[1], inner)
                } else if inner.block == nil {
                    tables[table].properties.append(inner.words.joined(separator: " "))
                } else {
                    throw Self.syntaxError(inner)
                }
            }
        case "delete", "destroy":
            if let present { tables.remove(at: present) } else if verb == "delete" { throw Self.refused(ENOENT) }
        case "flush":
            guard let present else { throw Self.refused(ENOENT) }
            // Rules go, chains with their hooks stay.
            for object in tables[present].objects.indices where tables[present].objects[object].kind == "chain" {
                tables[present].objects[object].lines.removeAll { !Self.isProperty($0) }
            }
        default: throw Self.syntaxError(statement)
        }
    }

    private mutating func changeObject(
        _ verb: String, _ table: Int, _ kind: String, _ name: String, _ statement: Statement
    ) throws(SystemError) {
        let present = tables[table].position(kind, name)
        switch verb {
        case "add", "create":
            if present != nil && verb == "create" { throw Self.refused(EEXIST) }
            if present == nil { tables[table].objects.append(Object(kind: kind, name: name, lines: [])) }
            guard let block = statement.block, let position = tables[table].position(kind, name) else { return }
            try statement.checkEnd()
            for line in Statement.split(block).map(\.text) {
                let isRepeated = Self.isProperty(line) && tables[table].objects[position].lines.contains(line)
                if !isRepeated { tables[table].objects[position].lines.append(line) }
            }
        case "delete", "destroy":
            if let present {
                tables[table].objects.remove(at: present)
            } else if verb == "delete" {
                throw Self.refused(ENOENT)
            }
        case "flush":
            guard let present else { throw Self.refused(ENOENT) }
            tables[table].objects[present].lines.removeAll { !Self.isProperty($0) }
        default: throw Self.syntaxError(statement)
        }
    }

    private mutating func changeRule(
        _ verb: String, _ table: Int, chain: String, _ rule: String, _ statement: Statement
    ) throws(SystemError) {
        guard let position = tables[table].position("chain", chain) else { throw Self.refused(ENOENT) }
        let text = statement.block.map { "\(rule) { \($0.trimmed) }\(statement.tail)" } ?? rule
        let line = text.trimmed
        switch verb {
        case "add": tables[table].objects[position].lines.append(line)
        case "insert":
            let properties = tables[table].objects[position].lines.prefix { Self.isProperty($0) }.count
            tables[table].objects[position].lines.insert(line, at: properties)
        default:
            // Rules are removed by their handle, which the model does not give out.
            throw Self.refused(ENOENT)
        }
    }

    private mutating func changeElements(_ verb: String, _ table: Int, set: String, _ statement: Statement)
        throws(SystemError)
    {
        guard let position = tables[table].position("set", set) ?? tables[table].position("map", set) else {
            throw Self.refused(ENOENT)
        }
        let given = (statement.block ?? "").split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
        var lines = tables[table].objects[position].lines
        var elements = lines.last { $0.hasPrefix("elements = ") }.map(Self.elements) ?? []
        lines.removeAll { $0.hasPrefix("elements = ") }
        for element in given {
            let key = element.split(separator: ":").first.map { String($0).trimmed } ?? element
            let present = elements.firstIndex { $0 == element || $0.hasPrefix(key + " :") }
            switch (verb, present) {
            case ("add", nil), ("create", nil): elements.append(element)
            case ("add", .some(let index)): elements[index] = element
            case ("delete", .some(let index)), ("destroy", .some(let index)): elements.remove(at: index)
            case ("create", _): throw Self.refused(EEXIST)
            case ("destroy", nil): break
            default: throw Self.refused(ENOENT)
            }
        }
        if !elements.isEmpty { lines.append("elements = { \(elements.joined(separator: ", ")) }") }
        tables[table].objects[position].lines = lines
    }

    private static func elements(_ line: String) -> [String] {
        line.dropFirst("elements = {".count).dropLast().split(separator: ",").map { String($0).trimmed }
    }

    /// Whether a line of an object says what it is, rather than being one of its rules or elements.
    private static func isProperty(_ line: String) -> Bool {
        ["type ", "flags ", "policy ", "size ", "typeof ", "timeout ", "comment "].contains { line.hasPrefix($0) }
    }

    private func list(_ kind: String, _ words: [String], _ statement: Statement) throws(SystemError) -> String {
        var words = words
        let family = words.first.map { Self.families.contains($0) } == true ? words.removeFirst() : nil
        switch kind {
        case "ruleset": return tables.filter { family == nil || $0.family == family }.map(Self.text).joined()
        case "tables":
            return tables.filter { family == nil || $0.family == family }.map { "table \($0.family) \($0.name)\n" }
                .joined()
        default:
            guard let name = words.first, kind == "table" || Self.kinds.contains(kind) else {
                throw Self.syntaxError(statement)
            }
            guard let position = position(family ?? "ip", name) else { throw Self.refused(ENOENT) }
            var table = tables[position]
            if kind != "table" {
                guard words.count > 1, let object = table.position(kind, words[1]) else { throw Self.refused(ENOENT) }
                table.objects = [table.objects[object]]
            }
            return Self.text(table)
        }
    }

    private static func text(_ table: Table) -> String {
        var text = "table \(table.family) \(table.name) {\n"
        for property in table.properties { text += "\t\(property)\n" }
        for (index, object) in table.objects.enumerated() {
            text += (index > 0 ? "\n" : "") + "\t\(object.kind) \(object.name) {\n"
            for line in object.lines { text += "\t\t\(line)\(line.contains(" hook ") ? ";" : "")\n" }
            text += "\t}\n"
        }
        return text + "}\n"
    }

    private static func syntaxError(_ statement: Statement) -> SystemError {
        SystemError("applying nftables rules (Error: syntax error: \(statement.text))", code: EINVAL)
    }

    private static func refused(_ code: Int32) -> SystemError {
        let reason = SystemError("", code: code).reason
        return SystemError("applying nftables rules (Error: Could not process rule: \(reason))", code: code)
    }

    /// A command: words, a block in braces, and what follows the block.
    private struct Statement {
        var text: String
        var head: String
        var block: String?
        var tail: String

        /// The words before the block.
        var words: [String] { head.split(whereSeparator: \.isWhitespace).map(String.init) }

        /// Each line of a block ends with a newline or a semicolon, also the last one.
        func checkEnd() throws(SystemError) {
            let end = (block ?? "").reversed().first { $0 != " " && $0 != "\t" }
            if let end, end != "\n" && end != ";" { throw SimulatedRules.syntaxError(self) }
        }

        init(_ text: String) {
            self.text = text
            guard let open = text.firstIndex(of: "{"), let close = text.lastIndex(of: "}"), open < close else {
                head = text
                block = nil
                tail = ""
                return
            }
            head = String(text[..<open])
            block = String(text[text.index(after: open)..<close])
            tail = String(text[text.index(after: close)...])
        }

        /// Splits at newlines and semicolons outside of braces and quotes. Comments are left out.
        static func split(_ text: String) -> [Statement] {
            var statements: [String] = []
            var current = ""
            var depth = 0
            var isQuoted = false
            var isComment = false
            for character in text {
                if isComment && character != "\n" { continue }
                isComment = false
                switch character {
                case "\"": isQuoted.toggle()
                case "#" where !isQuoted:
                    isComment = true
                    continue
                case "{" where !isQuoted: depth += 1
                case "}" where !isQuoted: depth -= 1
                case "\n" where depth == 0, ";" where depth == 0 && !isQuoted:
                    statements.append(current)
                    current = ""
                    continue
                default: break
                }
                current.append(character)
            }
            statements.append(current)
            return statements.map(\.trimmed).filter { !$0.isEmpty }.map(Statement.init)
        }
    }
}
