/// Builds the nodes of a template from its tokens, with the rules and messages of Go's `text/template/parse`.
struct TemplateParser {
    private let tokens: [TemplateToken]
    private var index = 0
    private var variables = ["$"]
    private var rangeDepth = 0

    /// Parses a template.
    /// - Throws: ``TemplateError``.
    static func parse(_ text: String) throws(TemplateError) -> [TemplateNode] {
        var parser = TemplateParser(tokens: TemplateLexer.tokens(of: text))
        let (nodes, ending) = try parser.list()
        switch ending {
        case .end: return nodes
        case .keywordEnd: throw parser.error("unexpected {{end}}")
        case .keywordElse: throw parser.error("unexpected {{else}}")
        }
    }

    private init(tokens: [TemplateToken]) { self.tokens = tokens }

    private enum Ending { case end, keywordEnd, keywordElse }

    private func error(_ message: String) -> TemplateError {
        let line = tokens[min(max(index - 1, 0), tokens.count - 1)].line
        return TemplateError(description: "template: :\(line): \(message)", isParseError: true)
    }

    private func unexpected(_ token: TemplateToken, in context: String) -> TemplateError {
        token.kind == .error ? error(token.text) : error("unexpected \(token.shown) in \(context)")
    }

    private var current: TemplateToken { tokens[min(index, tokens.count - 1)] }

    private mutating func next() -> TemplateToken {
        defer { index += 1 }
        return current
    }

    private mutating func skipSpace() { while current.kind == .space { index += 1 } }

    private mutating func nextNonSpace() -> TemplateToken {
        skipSpace()
        return next()
    }

    /// Nodes up to the end of the template or an `{{end}}` or `{{else`, which is read.
    private mutating func list() throws(TemplateError) -> ([TemplateNode], Ending) {
        var nodes: [TemplateNode] = []
        while true {
            let token = next()
            switch token.kind {
            case .end: return (nodes, .end)
            case .text: nodes.append(.text(token.text))
            case .leftDelimiter:
                skipSpace()
                if current.kind == .keyword {
                    let keyword = next()
                    if keyword.text == "end" {
                        try expectRightDelimiter("end")
                        return (nodes, .keywordEnd)
                    }
                    if keyword.text == "else" { return (nodes, .keywordElse) }
                    nodes.append(try control(keyword))
                } else {
                    nodes.append(.action(try pipeline("command", until: .rightDelimiter)))
                }
            default: throw unexpected(token, in: "input")
            }
        }
    }

    private mutating func expectRightDelimiter(_ context: String) throws(TemplateError) {
        let token = nextNonSpace()
        if token.kind != .rightDelimiter { throw unexpected(token, in: context) }
    }

    private mutating func control(_ keyword: TemplateToken) throws(TemplateError) -> TemplateNode {
        switch keyword.text {
        case "if", "with", "range": return try block(keyword.text)
        case "break", "continue":
            try expectRightDelimiter("{{\(keyword.text)}}")
            if rangeDepth == 0 { throw error("{{\(keyword.text)}} outside {{range}}") }
            return keyword.text == "break" ? .breakLoop : .continueLoop
        case "template":
            let name = nextNonSpace()
            guard name.kind == .string || name.kind == .rawString, let text = GoFormat.unquote(name.text) else {
                throw unexpected(name, in: "template clause")
            }
            skipSpace()
            if current.kind == .rightDelimiter {
                index += 1
            } else {
                _ = try pipeline("template clause", until: .rightDelimiter)
            }
            return .call(template: text, position: name.position, shown: "{{template \(GoFormat.quote(text))}}")
        default: throw error("unexpected {{\(keyword.text)}}")
        }
    }

    private mutating func block(_ context: String) throws(TemplateError) -> TemplateNode {
        let outerVariables = variables.count
        defer { variables.removeSubrange(outerVariables...) }
        let pipe = try pipeline(context, until: .rightDelimiter)
        if context == "range" { rangeDepth += 1 }
        let (body, ending) = try list()
        if context == "range" { rangeDepth -= 1 }
        let otherwise = try alternative(after: ending, of: context)
        return switch context {
        case "if": .condition(pipe, then: body, otherwise: otherwise)
        case "with": .with(pipe, then: body, otherwise: otherwise)
        default: .range(pipe, body: body, otherwise: otherwise)
        }
    }

    private mutating func alternative(after ending: Ending, of context: String) throws(TemplateError) -> [TemplateNode]
    {
        switch ending {
        case .end: throw error("unexpected EOF")
        case .keywordEnd: return []
        case .keywordElse:
            skipSpace()
            if current.kind == .keyword, current.text == context, context != "range" {
                index += 1
                return [try block(context)]
            }
            try expectRightDelimiter("else")
            let (nodes, last) = try list()
            if last == .keywordElse { throw error("expected end; found {{else}}") }
            if last == .end { throw error("unexpected EOF") }
            return nodes
        }
    }

    private mutating func pipeline(_ context: String, until end: TemplateToken.Kind) throws(TemplateError)
        -> PipelineNode
    {
        skipSpace()
        var pipe = PipelineNode(position: current.position)
        try declarations(of: &pipe, context)
        while true {
            let token = nextNonSpace()
            switch token.kind {
            case end:
                try check(pipe, context)
                return pipe
            case .bool, .character, .dot, .field, .identifier, .number, .null, .rawString, .string, .variable,
                .leftParenthesis:
                index -= 1
                pipe.commands.append(try command())
            default: throw unexpected(token, in: context)
            }
        }
    }

    private mutating func declarations(of pipe: inout PipelineNode, _ context: String) throws(TemplateError) {
        while true {
            skipSpace()
            guard current.kind == .variable else { return }
            let mark = index
            let variable = next()
            skipSpace()
            switch current.kind {
            case .assign, .declare:
                pipe.isAssignment = next().kind == .assign
                if pipe.isAssignment && !variables.contains(variable.text) {
                    throw error("undefined variable \(GoFormat.quote(variable.text))")
                }
                pipe.variables.append(variable.text)
                variables.append(variable.text)
                return
            case .comma:
                index += 1
                pipe.variables.append(variable.text)
                variables.append(variable.text)
                guard context == "range" && pipe.variables.count < 2 else {
                    throw error("too many declarations in \(context)")
                }
                skipSpace()
                if current.kind != .variable { throw error("range can only initialize variables") }
            default:
                index = mark
                return
            }
        }
    }

    private func check(_ pipe: PipelineNode, _ context: String) throws(TemplateError) {
        if pipe.commands.isEmpty { throw error("missing value for \(context)") }
        for (stage, command) in pipe.commands.enumerated().dropFirst() {
            switch command.operands.first?.kind {
            case .constant, .dot, .null: throw error("non executable command in pipeline stage \(stage + 1)")
            default: break
            }
        }
    }

    private mutating func command() throws(TemplateError) -> CommandNode {
        skipSpace()
        var command = CommandNode(position: current.position)
        while true {
            skipSpace()
            if let operand = try operand() { command.operands.append(operand) }
            let token = next()
            switch token.kind {
            case .space: continue
            case .rightDelimiter, .rightParenthesis: index -= 1
            case .pipe: break
            default: throw unexpected(token, in: "operand")
            }
            if command.operands.isEmpty { throw error("empty command") }
            return command
        }
    }

    private mutating func operand() throws(TemplateError) -> OperandNode? {
        guard let node = try term() else { return nil }
        guard current.kind == .field else { return node }
        let position = current.position
        var fields: [String] = []
        while current.kind == .field { fields.append(String(next().text.dropFirst())) }
        let shown = node.shown + fields.map { ".\($0)" }.joined()
        switch node.kind {
        case .field(let first): return OperandNode(kind: .field(first + fields), position: position, shown: shown)
        case .variable(let name, let first):
            return OperandNode(kind: .variable(name, fields: first + fields), position: position, shown: shown)
        case .constant, .null: throw error("unexpected . after term \(GoFormat.quote(node.shown))")
        default: return OperandNode(kind: .chain(node, fields: fields), position: position, shown: shown)
        }
    }

    private mutating func term() throws(TemplateError) -> OperandNode? {
        let token = nextNonSpace()
        func node(_ kind: OperandNode.Kind) -> OperandNode {
            OperandNode(kind: kind, position: token.position, shown: token.text)
        }
        switch token.kind {
        case .identifier:
            guard TemplateFunctions.names.contains(token.text) else {
                throw error("function \(GoFormat.quote(token.text)) not defined")
            }
            return node(.function(token.text))
        case .dot: return node(.dot)
        case .null: return node(.null)
        case .variable:
            guard variables.contains(token.text) else {
                throw error("undefined variable \(GoFormat.quote(token.text))")
            }
            return node(.variable(token.text, fields: []))
        case .field: return node(.field([String(token.text.dropFirst())]))
        case .bool: return node(.constant(.bool(token.text == "true")))
        case .number:
            switch GoNumber.parse(token.text) {
            case .int(let value): return node(.constant(.int(value)))
            case .float(let value): return node(.constant(.float(value)))
            case nil: throw error("bad number syntax: \(GoFormat.quote(token.text))")
            }
        case .character:
            let text = GoFormat.unquote("\"\(token.text.dropFirst().dropLast())\"") ?? ""
            guard let scalar = text.unicodeScalars.first, text.unicodeScalars.count == 1 else {
                throw error("malformed character constant: \(token.text)")
            }
            return node(.constant(.int(Int64(scalar.value))))
        case .string, .rawString:
            guard let text = GoFormat.unquote(token.text) else { throw error("invalid syntax") }
            return node(.constant(.string(text)))
        case .leftParenthesis:
            let inner = try pipeline("parenthesized pipeline", until: .rightParenthesis)
            return OperandNode(kind: .pipeline(inner), position: token.position, shown: "(\(inner.shown))")
        default:
            index -= 1
            return nil
        }
    }
}
