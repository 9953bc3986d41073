import EngineClient
import OrderedJSON

/// `docker volume create`
enum CreateVolumeCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        let named = parsed.string("name")
        if !named.isEmpty && !context.arguments.isEmpty && context.arguments[0] != named {
            throw CommandFailure(
                "conflicting options: cannot specify a volume-name through both --name and as a positional arg")
        }
        let body: JSON = [
            "Name": .string(context.arguments.first ?? named), "Driver": .string(parsed.string("driver")),
            "DriverOpts": KeyValue.object(parsed.strings("opt")), "Labels": KeyValue.object(parsed.strings("label")),
        ]
        context.io.printLine(try context.json("POST", "/volumes/create", body: body)["Name"]?.string ?? "")
        return 0
    }
}

/// `docker volume ls`
enum ListVolumesCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let volumes = try context.json("GET", "/volumes", query: context.filters())["Volumes"]?.array ?? []
        let sorted = volumes.sorted { NaturalOrder.isLess($0["Name"]?.string ?? "", $1["Name"]?.string ?? "") }
        context.io.print(
            try ListOutput.text(
                context, format: context.parsed.string("format"), VolumeRows.format,
                raw: "name: {{.Name}}\ndriver: {{.Driver}}\n", quiet: "{{.Name}}", rawQuiet: "name: {{.Name}}",
                rows: sorted.map(VolumeRows.row)))
        return 0
    }
}

/// The columns of `docker volume ls`.
enum VolumeRows {
    static let format = TableFormat(
        headings: [
            "Name": "VOLUME NAME", "Driver": "DRIVER", "Scope": "SCOPE", "Mountpoint": "MOUNTPOINT", "Links": "LINKS",
            "Size": "SIZE", "Labels": "LABELS", "Availability": "AVAILABILITY", "Group": "GROUP", "Status": "STATUS",
        ], table: #"{{.Driver}}\t{{.Name}}"#)

    static func row(_ volume: JSON) -> TemplateRow {
        let labels = volume["Labels"]?.object ?? JSONObject()
        let usage = volume["UsageData"]
        var row = TemplateRow(
            "*formatter.volumeContext",
            [
                ("Name", .string(volume["Name"]?.string ?? "")),
                ("Driver", .string(volume["Driver"]?.string ?? "")),
                ("Scope", .string(volume["Scope"]?.string ?? "")),
                ("Mountpoint", .string(volume["Mountpoint"]?.string ?? "")),
                ("Labels", .string(RowText.labels(labels))),
                ("Links", .string(usage?["RefCount"]?.integer.map { String($0) } ?? "N/A")),
                ("Size", .string(usage?["Size"]?.double.map { SizeText.humanPrecise($0) } ?? "N/A")),
                ("Availability", .string("N/A")), ("Group", .string("N/A")), ("Status", .string("N/A")),
            ])
        row.lookups["Label"] = { .string(labels[$0]?.string ?? "") }
        return row
    }
}

/// `docker volume rm`
enum RemoveVolumeCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let query = context.parsed.bool("force") ? [("force", "1")] : []
        var complaints: [String] = []
        for name in context.arguments {
            do {
                try context.request("DELETE", "/volumes/\(name)", query: query)
                context.io.printLine(name)
            } catch let error as EngineError {
                complaints.append(CommandContext.text(of: error))
            }
        }
        for complaint in complaints { context.io.complain(complaint) }
        return complaints.isEmpty ? 0 : 1
    }
}
