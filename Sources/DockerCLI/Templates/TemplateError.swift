/// Why a Go template can't be parsed or carried out, in the words of Go's `text/template`.
public struct TemplateError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The whole sentence: `template: :1: unclosed action`.
    public var description: String
    /// Whether the template itself is wrong, rather than what it was given.
    public var isParseError: Bool
    /// What was written before the error.
    var partialOutput = ""
}
