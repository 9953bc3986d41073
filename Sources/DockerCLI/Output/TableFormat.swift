/// How a list is printed: what `--format`, `--quiet` and `--no-trunc` say.
struct TableFormat: Sendable {
    /// The column titles by name, as Docker's headings.
    var headings: [String: String]
    /// The format that a bare `table` means.
    var table: String
    /// Prints rows.
    ///
    /// - Parameters:
    ///   - format: What was asked for: empty or `table`, `table TEMPLATE`, `json`, or a template.
    ///   - rows: The lines.
    /// - Returns: The text, with its newlines.
    /// - Throws: ``CommandFailure`` in Docker's words for a wrong template.
    func text(_ format: String, _ rows: [TemplateRow]) throws(CommandFailure) -> String {
        let isTable = format.isEmpty || format.hasPrefix("table")
        var template = format
        if isTable {
            template = String(format.dropFirst(5))
            if template.allSatisfy(\.isWhitespace) { template = table }
        } else if format == "json" {
            template = "{{json .}}"
        }
        let parsed = try Self.parse(template)
        do throws(TemplateError) {
            var output = ""
            for row in rows { output += try parsed.execute(.row(row)) + "\n" }
            guard isTable else { return output }
            var titles: [String: TemplateValue] = [:]
            for (name, title) in headings { titles[name] = .string(title) }
            let heading = try parsed.execute(
                .map(GoMap(typeName: "formatter.SubHeaderContext", members: titles, missing: .string(""))),
                isHeading: true)
            return TabWriter().align(heading + "\n" + output)
        } catch {
            throw CommandFailure("template parsing error: \(error)")
        }
    }

    /// Parses a format: spaces around it go, and `\t` and `\n` are a tab and a newline.
    static func parse(_ format: String) throws(CommandFailure) -> GoTemplate {
        var trimmed = Substring(format)
        while trimmed.first == " " { trimmed = trimmed.dropFirst() }
        while trimmed.last == " " { trimmed = trimmed.dropLast() }
        let unescaped = GoText.split(GoText.split(String(trimmed), "\\t").joined(separator: "\t"), "\\n")
            .joined(separator: "\n")
        do throws(TemplateError) { return try GoTemplate(unescaped) } catch {
            throw CommandFailure("template parsing error: \(error)")
        }
    }
}
