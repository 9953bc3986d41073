/// The parsed form of a Go template.
indirect enum TemplateNode {
    case text(String)
    case action(PipelineNode)
    case condition(PipelineNode, then: [TemplateNode], otherwise: [TemplateNode])
    case with(PipelineNode, then: [TemplateNode], otherwise: [TemplateNode])
    case range(PipelineNode, body: [TemplateNode], otherwise: [TemplateNode])
    case call(template: String, position: Int, shown: String)
    case breakLoop
    case continueLoop
}

/// Commands joined by `|`, and the variables their value is given to.
struct PipelineNode {
    var position: Int
    var variables: [String] = []
    var isAssignment = false
    var commands: [CommandNode] = []

    var shown: String {
        let targets = variables.isEmpty ? "" : variables.joined(separator: ", ") + (isAssignment ? " = " : " := ")
        return targets + commands.map(\.shown).joined(separator: " | ")
    }
}

/// An operand or function with its arguments.
struct CommandNode {
    var position: Int
    var operands: [OperandNode] = []

    var shown: String { operands.map(\.shown).joined(separator: " ") }
}

/// A value that is written in a template.
struct OperandNode {
    indirect enum Kind {
        case dot
        case null
        case constant(TemplateValue)
        case field([String])
        case variable(String, fields: [String])
        case function(String)
        case pipeline(PipelineNode)
        case chain(OperandNode, fields: [String])
    }

    var kind: Kind
    var position: Int
    /// As Go writes the operand in messages.
    var shown: String
}
