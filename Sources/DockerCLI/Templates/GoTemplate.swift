/// A Go template as Docker's `--format` takes it.
///
/// It follows Go's `text/template` (https://pkg.go.dev/text/template) with Docker's own functions `json`, `join`,
/// `split`, `lower`, `upper`, `title`, `truncate` and `pad`; named templates (`define`, `block`) are left out.
public struct GoTemplate: Sendable {
    /// What a key that a map doesn't have gives.
    enum MissingKey: Sendable {
        /// `<no value>`
        case noValue
        /// An error.
        case error
    }

    private let text: String
    private let nodes: Nodes

    /// The parsed template never changes after it was made.
    private final class Nodes: @unchecked Sendable {
        let list: [TemplateNode]
        init(_ list: [TemplateNode]) { self.list = list }
    }

    /// Parses a template.
    /// - Throws: ``TemplateError`` with Go's message, such as `template: :1: unclosed action`.
    public init(_ text: String) throws(TemplateError) {
        self.text = text
        nodes = Nodes(try TemplateParser.parse(text))
    }

    /// Carries the template out.
    ///
    /// - Parameters:
    ///   - data: What `.` is.
    ///   - missingKey: What a missing key gives.
    ///   - isHeading: Whether this makes a table's heading, in which functions leave titles as they are.
    /// - Returns: The text.
    /// - Throws: ``TemplateError`` with Go's message.
    func execute(_ data: TemplateValue, missingKey: MissingKey = .noValue, isHeading: Bool = false)
        throws(TemplateError) -> String
    {
        var evaluator = TemplateEvaluator(text: text, data: data, missingKey: missingKey, isHeading: isHeading)
        return try evaluator.run(nodes.list)
    }
}
