/// Carries a parsed template out, with the rules and messages of Go's `text/template`.
struct TemplateEvaluator {
    private let text: String
    private let data: TemplateValue
    private let missingKey: GoTemplate.MissingKey
    private let isHeading: Bool
    private var variables: [(name: String, value: TemplateValue)]
    private var output = ""

    private enum Flow { case next, breakLoop, continueLoop }

    init(text: String, data: TemplateValue, missingKey: GoTemplate.MissingKey, isHeading: Bool) {
        self.text = text
        self.data = data
        self.missingKey = missingKey
        self.isHeading = isHeading
        variables = [("$", data)]
    }

    mutating func run(_ nodes: [TemplateNode]) throws(TemplateError) -> String {
        do throws(TemplateError) {
            _ = try walk(nodes, data)
            return output
        } catch {
            throw TemplateError(description: error.description, isParseError: false, partialOutput: output)
        }
    }

    /// Go's message: where, in which operand, what.
    private func error(_ message: String, at position: Int, _ shown: String) -> TemplateError {
        let before = Array(text.utf8.prefix(position))
        let line = 1 + before.count { $0 == 0x0A }
        let column = before.lastIndex(of: 0x0A).map { position - $0 - 1 } ?? position
        return TemplateError(
            description: "template: :\(line):\(column): executing \"\" at <\(shown)>: \(message)", isParseError: false)
    }

    private mutating func walk(_ nodes: [TemplateNode], _ dot: TemplateValue) throws(TemplateError) -> Flow {
        for node in nodes {
            let flow = try walk(node, dot)
            if flow != .next { return flow }
        }
        return .next
    }

    private mutating func walk(_ node: TemplateNode, _ dot: TemplateValue) throws(TemplateError) -> Flow {
        switch node {
        case .text(let text): output += text
        case .action(let pipe):
            let value = try evaluate(pipe, dot)
            if pipe.variables.isEmpty {
                // A nil that isn't behind a typed pointer has no value to print.
                if case .null = value { output += "<no value>" } else { output += GoFormat.value(value) }
            }
        case .condition(let pipe, let then, let otherwise):
            return try scoped { evaluator throws(TemplateError) in
                let value = try evaluator.evaluate(pipe, dot)
                return try evaluator.walk(value.isTrue ? then : otherwise, dot)
            }
        case .with(let pipe, let then, let otherwise):
            return try scoped { evaluator throws(TemplateError) in
                let value = try evaluator.evaluate(pipe, dot)
                return try value.isTrue ? evaluator.walk(then, value) : evaluator.walk(otherwise, dot)
            }
        case .range(let pipe, let body, let otherwise):
            return try scoped { evaluator throws(TemplateError) in
                try evaluator.loop(pipe, body, otherwise, dot)
                return .next
            }
        case .call(let name, let position, let shown):
            throw error("template \(GoFormat.quote(name)) not defined", at: position, shown)
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        }
        return .next
    }

    /// Runs a block whose variables end with it.
    private mutating func scoped(
        _ block: (inout TemplateEvaluator) throws(TemplateError) -> Flow
    ) throws(TemplateError) -> Flow {
        let outer = variables.count
        let flow = try block(&self)
        variables.removeSubrange(outer...)
        return flow
    }

    private mutating func loop(
        _ pipe: PipelineNode, _ body: [TemplateNode], _ otherwise: [TemplateNode], _ dot: TemplateValue
    ) throws(TemplateError) {
        let value = try evaluate(pipe, dot, declares: false)
        var elements: [(key: TemplateValue, value: TemplateValue)] = []
        switch value {
        case .missing, .null, .nilPointer: break
        case .list(let list, _): elements = list.enumerated().map { (.int(Int64($0.offset)), $0.element) }
        case .map(let map): elements = map.keys.map { (.string($0), map.members[$0] ?? .missing) }
        case .int(let count) where count <= 1_000_000:
            elements = (0..<max(0, count)).map { (.int($0), .int($0)) }
        default:
            throw error(
                "range can't iterate over \(GoFormat.value(value))",
                at: pipe.commands.first?.operands.first?.position ?? pipe.position, pipe.shown)
        }
        if elements.isEmpty {
            _ = try walk(otherwise, dot)
            return
        }
        for (key, element) in elements {
            let outer = variables.count
            if pipe.variables.count == 2 {
                set(pipe.variables[0], key, assigns: pipe.isAssignment)
                set(pipe.variables[1], element, assigns: pipe.isAssignment)
            } else if let name = pipe.variables.first {
                set(name, element, assigns: pipe.isAssignment)
            }
            let flow = try walk(body, element)
            variables.removeSubrange(outer...)
            if flow == .breakLoop { break }
        }
    }

    private mutating func set(_ name: String, _ value: TemplateValue, assigns: Bool) {
        if assigns, let index = variables.lastIndex(where: { $0.name == name }) {
            variables[index].value = value
        } else {
            variables.append((name, value))
        }
    }

    private mutating func evaluate(
        _ pipe: PipelineNode, _ dot: TemplateValue, declares: Bool = true
    ) throws(TemplateError) -> TemplateValue {
        var value: TemplateValue?
        for command in pipe.commands { value = try evaluate(command, dot, final: value) }
        let result = value ?? .missing
        if declares { for name in pipe.variables { set(name, result, assigns: pipe.isAssignment) } }
        return result
    }

    private mutating func evaluate(_ command: CommandNode, _ dot: TemplateValue, final: TemplateValue?)
        throws(TemplateError) -> TemplateValue
    {
        guard let first = command.operands.first else { return .missing }
        let rest = Array(command.operands.dropFirst())
        switch first.kind {
        case .function(let name): return try call(name, command, rest, dot, final)
        case .field(let names): return try fields(names, of: dot, first, rest, dot, final)
        case .variable(let name, let names) where !names.isEmpty:
            return try fields(names, of: variable(name), first, rest, dot, final)
        case .chain(let operand, let names):
            return try fields(names, of: try evaluate(operand, dot), first, rest, dot, final)
        default: break
        }
        if !rest.isEmpty || final != nil {
            throw error("can't give argument to non-function \(first.shown)", at: first.position, first.shown)
        }
        if case .null = first.kind { throw error("nil is not a command", at: first.position, first.shown) }
        return try evaluate(first, dot)
    }

    private func variable(_ name: String) -> TemplateValue { variables.last { $0.name == name }?.value ?? .missing }

    private mutating func evaluate(_ operand: OperandNode, _ dot: TemplateValue) throws(TemplateError) -> TemplateValue
    {
        switch operand.kind {
        case .dot: return dot
        case .null: return .null
        case .constant(let value): return value
        case .field(let names): return try fields(names, of: dot, operand, [], dot, nil)
        case .variable(let name, let names): return try fields(names, of: variable(name), operand, [], dot, nil)
        case .function(let name):
            return try call(name, CommandNode(position: operand.position, operands: [operand]), [], dot, nil)
        case .pipeline(let pipe): return try evaluate(pipe, dot)
        case .chain(let inner, let names):
            return try fields(names, of: try evaluate(inner, dot), operand, [], dot, nil)
        }
    }

    private mutating func call(
        _ name: String, _ command: CommandNode, _ operands: [OperandNode], _ dot: TemplateValue, _ final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        if name == "and" || name == "or" {
            var value: TemplateValue?
            for operand in operands {
                value = try evaluate(operand, dot)
                if let value, value.isTrue == (name == "or") { return value }
            }
            guard let result = final ?? value else {
                throw error("wrong number of args for \(name): want at least 1 got 0", at: command.position, name)
            }
            return result
        }
        var arguments: [TemplateValue] = []
        for operand in operands { arguments.append(try evaluate(operand, dot)) }
        if let final { arguments.append(final) }
        do throws(TemplateFunctionError) {
            return try TemplateFunctions.call(name, arguments, isHeading: isHeading)
        } catch {
            if error.isPlain {
                throw self.error(error.message, at: command.position, command.operands.first?.shown ?? name)
            }
            throw self.error("error calling \(name): \(error.message)", at: command.position, command.shown)
        }
    }

    /// Follows fields from a value; only the last may take arguments.
    private mutating func fields(
        _ names: [String], of start: TemplateValue, _ operand: OperandNode, _ arguments: [OperandNode],
        _ dot: TemplateValue, _ final: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        var value = start
        for (index, name) in names.enumerated() {
            let isLast = index == names.count - 1
            var given: [TemplateValue] = []
            if isLast {
                for argument in arguments { given.append(try evaluate(argument, dot)) }
                if let final { given.append(final) }
            }
            value = try field(name, of: value, given, operand)
        }
        return value
    }

    private func field(_ name: String, of value: TemplateValue, _ arguments: [TemplateValue], _ operand: OperandNode)
        throws(TemplateError) -> TemplateValue
    {
        func fail(_ message: String) -> TemplateError { error(message, at: operand.position, operand.shown) }
        switch value {
        case .missing:
            if missingKey == .error { throw fail("nil data; no entry for key \(GoFormat.quote(name))") }
            return .missing
        case .null: throw fail("nil pointer evaluating interface {}.\(name)")
        case .nilPointer(let type): throw fail("nil pointer evaluating *\(type).\(name)")
        case .map(let map):
            if map.keyType != nil { throw fail("can't evaluate field \(name) in type \(map.typeName)") }
            if let found = map.members[name] {
                if !arguments.isEmpty { throw fail("\(name) is not a method but has arguments") }
                return found
            }
            // The heading of a labels column is the label's own name.
            if isHeading, !arguments.isEmpty, case .string(let label)? = arguments.first {
                return .string(Self.labelHeading(label))
            }
            if !arguments.isEmpty { throw fail("\(name) is not a method but has arguments") }
            if missingKey == .error { throw fail("map has no entry for key \(GoFormat.quote(name))") }
            return .missing
        case .structure(let structure):
            guard let found = structure[name] else {
                throw fail("can't evaluate field \(name) in type \(value.typeName)")
            }
            if !arguments.isEmpty { throw fail("\(name) has arguments but cannot be invoked as function") }
            return found
        case .row(let row):
            if let lookup = row.lookups[name] {
                guard arguments.count == 1 else {
                    throw fail("wrong number of args for \(name): want 1 got \(arguments.count)")
                }
                guard case .string(let key) = arguments[0] else {
                    throw fail("wrong type for value; expected string; got \(arguments[0].typeName)")
                }
                return lookup(key)
            }
            guard let found = row[name] else {
                throw fail("can't evaluate field \(name) in type \(row.typeName)")
            }
            if !arguments.isEmpty { throw fail("wrong number of args for \(name): want 0 got \(arguments.count)") }
            return found
        default:
            let type = missingKey == .error ? "interface {}" : value.typeName
            throw fail("can't evaluate field \(name) in type \(type)")
        }
    }

    /// Docker's heading for a label: the part after the last dot, with spaces for dashes and underscores.
    static func labelHeading(_ label: String) -> String {
        let last = label.split(separator: ".", omittingEmptySubsequences: false).last.map(String.init) ?? label
        return String(last.map { "-_".contains($0) ? " " : $0 })
    }
}
