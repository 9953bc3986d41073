import OrderedJSON

/// `docker events`
enum EventsCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        let format = parsed.string("format")
        let template = format.isEmpty ? nil : try EventText.parse(format == "json" ? "{{json .}}" : format)
        var query: [(String, String)] = []
        for flag in ["since", "until"] {
            if let text = parsed.stringIfSet(flag), !text.isEmpty {
                query.append((flag, try Timestamps.query(text, flag: nil)))
            }
        }
        let stream = try context.stream("GET", "/events", query: query + context.filters())
        let interruption = Interruption { stream.close() }
        defer { stream.close() }
        while let event = try stream.nextJSON() {
            let line: String
            if let template {
                do throws(TemplateError) { line = try template.execute(EventText.value(event)) } catch {
                    throw CommandFailure("\(error)")
                }
            } else {
                line = EventText.line(event)
            }
            if !CommandIO.write(Array((line + "\n").utf8), to: context.io.output) { break }
        }
        if let code = interruption.end() { throw CommandFailure("", code: code) }
        return 0
    }
}

/// How an event is printed.
enum EventText {
    static func parse(_ format: String) throws(CommandFailure) -> GoTemplate {
        do throws(TemplateError) { return try GoTemplate(format) } catch {
            throw CommandFailure("Error parsing format: \(error)", code: 64)
        }
    }

    /// `TIME TYPE ACTION ID (ATTRIBUTES)`
    static func line(_ event: JSON) -> String {
        let nanoseconds = event["timeNano"]?.integer ?? 0
        var line = ""
        if nanoseconds != 0 {
            line = Timestamps.rfc3339(nanoseconds / 1_000_000_000, nanoseconds: nanoseconds % 1_000_000_000) + " "
        } else if let seconds = event["time"]?.integer, seconds != 0 {
            line = Timestamps.rfc3339(seconds, nanoseconds: 0) + " "
        }
        line += "\(event["Type"]?.string ?? "") \(event["Action"]?.string ?? "") \(event["Actor"]?["ID"]?.string ?? "")"
        let attributes = event["Actor"]?["Attributes"]?.object ?? JSONObject()
        if !attributes.isEmpty {
            let texts = attributes.sorted { $0.name < $1.name }.map { "\($0.name)=\($0.value.string ?? "")" }
            line += " (\(texts.joined(separator: ", ")))"
        }
        return line
    }

    /// What a template sees: Docker's `events.Message`, with its JSON as it came.
    static func value(_ event: JSON) -> TemplateValue {
        let actor = GoStructure(
            typeName: "events.Actor", isPointer: false,
            fields: [
                ("ID", .string(event["Actor"]?["ID"]?.string ?? "")),
                ("Attributes", TemplateValue(raw: event["Actor"]?["Attributes"] ?? [:])),
            ], source: event["Actor"] ?? [:])
        return .structure(
            GoStructure(
                typeName: "events.Message", isPointer: false,
                fields: [
                    ("Status", .string(event["status"]?.string ?? "")), ("ID", .string(event["id"]?.string ?? "")),
                    ("From", .string(event["from"]?.string ?? "")), ("Type", .string(event["Type"]?.string ?? "")),
                    ("Action", .string(event["Action"]?.string ?? "")), ("Actor", .structure(actor)),
                    ("Scope", .string(event["scope"]?.string ?? "")), ("Time", .int(event["time"]?.integer ?? 0)),
                    ("TimeNano", .int(event["timeNano"]?.integer ?? 0)),
                ], source: event))
    }
}
