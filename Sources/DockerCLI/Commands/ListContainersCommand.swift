import OrderedJSON

/// `docker ps`
enum ListContainersCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        let format = parsed.string("format")
        if !format.isEmpty { try check(format) }
        var query: [(String, String)] = []
        let last = parsed.bool("latest") && !parsed.isSet("last") ? 1 : parsed.int("last") ?? -1
        if parsed.bool("all") { query.append(("all", "1")) }
        if last > 0 { query.append(("limit", String(last))) }
        let showsSize = parsed.bool("size")
        if showsSize || !parsed.bool("quiet") && needsSize(format) { query.append(("size", "1")) }
        let containers = try context.json("GET", "/containers/json", query: query + context.filters()).array ?? []
        var table = #"{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}"#
        if showsSize { table += #"\t{{.Size}}"# }
        var raw = """
            container_id: {{.ID}}
            image: {{.Image}}
            command: {{.Command}}
            created_at: {{.CreatedAt}}
            state: {{- pad .State 1 0}}
            status: {{- pad .Status 1 0}}
            names: {{.Names}}
            labels: {{- pad .Labels 1 0}}
            ports: {{- pad .Ports 1 0}}

            """
        if showsSize { raw += "size: {{.Size}}\n" }
        let rows = containers.map { ContainerRows.row($0, truncates: !parsed.bool("no-trunc")) }
        context.io.print(
            try ListOutput.text(
                context, format: format, TableFormat(headings: ContainerRows.headings, table: table), raw: raw,
                quiet: "{{.ID}}", rawQuiet: "container_id: {{.ID}}", rows: rows))
        return 0
    }

    /// Whether a format shows sizes, for which the engine must look through the files of all containers: by name, or
    /// among all fields.
    private static func needsSize(_ format: String) -> Bool {
        if format == "json" || format.contains(".Size") { return true }
        return GoText.split(format, "json .").dropFirst().contains { rest in rest.first.map { !$0.isLetter } ?? true }
    }

    /// Tries the format on an empty container before the engine is asked, as Docker's client does for this list.
    private static func check(_ format: String) throws(CommandFailure) {
        let template: GoTemplate
        do throws(TemplateError) { template = try GoTemplate(format) } catch {
            throw CommandFailure("failed to parse template: \(error)")
        }
        do throws(TemplateError) { _ = try template.execute(.row(ContainerRows.row([:], truncates: true))) } catch {
            throw CommandFailure("failed to execute template: \(error)")
        }
    }
}

/// What all lists do with `--format` and `--quiet`.
enum ListOutput {
    /// The text of a list.
    ///
    /// - Parameters:
    ///   - format: What `--format` says.
    ///   - table: Headings and the usual table.
    ///   - raw: What `--format raw` means; `nil` where Docker has none.
    ///   - quiet: What `--quiet` prints of each row.
    ///   - rawQuiet: What `--quiet --format raw` prints.
    ///   - rows: The rows.
    static func text(
        _ context: CommandContext, format: String, _ table: TableFormat, raw: String? = nil, quiet: String,
        rawQuiet: String? = nil, rows: [TemplateRow]
    ) throws(CommandFailure) -> String {
        var format = format
        if context.parsed.bool("quiet") {
            if !format.isEmpty && context.parsed.path == "container ls"
                || context.parsed.path == "ps" && !format.isEmpty
            {
                context.io.complain("WARNING: Ignoring custom format, because both --format and --quiet are set.")
                format = ""
            }
            if format.isEmpty || format == "table" { format = quiet }
            if format == "raw", let rawQuiet { format = rawQuiet }
        } else if format == "raw", let raw {
            format = raw
        }
        return try table.text(format, rows)
    }
}
