import EngineClient
import OrderedJSON

/// `docker rmi`
enum RemoveImageCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let forces = context.parsed.bool("force")
        var query: [(String, String)] = []
        if forces { query.append(("force", "1")) }
        if context.parsed.bool("no-prune") { query.append(("noprune", "1")) }
        for platform in context.parsed.strings("platform") {
            if let complaint = PlatformText.complaint(about: platform) { throw CommandFailure(complaint) }
            query.append(("platforms", PlatformText.json(platform)))
        }
        var complaints: [String] = []
        let missing = MissingNames()
        for name in context.arguments {
            do {
                for item in try context.json("DELETE", "/images/\(name)", query: query).array ?? [] {
                    if let id = item["Deleted"]?.string {
                        context.io.printLine("Deleted: \(id)")
                    } else {
                        context.io.printLine("Untagged: \(item["Untagged"]?.string ?? "")")
                    }
                }
            } catch let error as EngineError {
                missing.note(isMissing: error.status == 404)
                complaints.append(CommandContext.text(of: error))
            }
        }
        for complaint in complaints { context.io.complain(complaint) }
        return complaints.isEmpty || forces && missing.areAll ? 0 : 1
    }
}

/// `docker tag`
enum TagCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let target = context.arguments[1]
        switch ImageReference.parse(target) {
        case .complaint(let complaint):
            throw CommandFailure(
                "Error parsing reference: \(GoFormat.quote(target)) is not a valid repository/tag: \(complaint)")
        case .value(let reference):
            if reference.digest != nil { throw CommandFailure("refusing to create a tag with a digest reference") }
            try context.request(
                "POST", "/images/\(context.arguments[0])/tag",
                query: [("repo", reference.name), ("tag", reference.tag ?? "latest")])
            return 0
        }
    }
}

/// `docker commit`
enum CommitCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        var query = [
            ("container", context.arguments[0]), ("author", parsed.string("author")),
            ("comment", parsed.string("message")),
        ]
        if context.arguments.count > 1, !context.arguments[1].isEmpty {
            let reference = try ImageReference.parse(context.arguments[1]).get(code: 1)
            query += [("repo", reference.name), ("tag", reference.tag ?? "latest")]
        }
        for change in parsed.strings("change") { query.append(("changes", change)) }
        if !parsed.bool("pause") { query.append(("pause", "0")) }
        context.io.printLine(try context.json("POST", "/commit", query: query)["Id"]?.string ?? "")
        return 0
    }
}

/// `docker search`
enum SearchCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        var query = [("term", context.arguments[0])]
        if let limit = parsed.int("limit"), limit > 0 { query.append(("limit", String(limit))) }
        let found = try context.json("GET", "/images/search", query: query + context.filters()).array ?? []
        let rows = found.sorted { ($0["star_count"]?.integer ?? 0) > ($1["star_count"]?.integer ?? 0) }.map { result in
            let text = (result["description"]?.string ?? "").map { "\n\r".contains($0) ? " " : String($0) }.joined()
            return TemplateRow(
                "*formatter.searchContext",
                [
                    ("Name", .string(result["name"]?.string ?? "")),
                    ("Description", .string(parsed.bool("no-trunc") ? text : Truncation.ellipsis(text, width: 45))),
                    ("StarCount", .string(String(result["star_count"]?.integer ?? 0))),
                    ("IsOfficial", .string(result["is_official"]?.bool ?? false ? "[OK]" : "")),
                    ("IsAutomated", .string("")),
                ])
        }
        let format = TableFormat(
            headings: [
                "Name": "NAME", "Description": "DESCRIPTION", "StarCount": "STARS", "IsOfficial": "OFFICIAL",
                "IsAutomated": "AUTOMATED",
            ], table: #"{{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}"#)
        context.io.print(try format.text(parsed.string("format"), rows))
        return 0
    }
}
