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
        var body: JSONObject = [
            "Name": .string(context.arguments.first ?? named), "Driver": .string(parsed.string("driver")),
            "DriverOpts": KeyValue.object(parsed.strings("opt")), "Labels": KeyValue.object(parsed.strings("label")),
        ]
        if let cluster = ClusterVolumeText.specification(parsed) { body["ClusterVolumeSpec"] = cluster }
        context.io.printLine(try context.json("POST", "/volumes/create", body: .object(body))["Name"]?.string ?? "")
        return 0
    }
}

/// `docker volume update`
enum UpdateVolumeCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let volume = try context.json("GET", "/volumes/\(context.arguments[0])")
        guard let cluster = volume["ClusterVolume"]?.object else {
            throw CommandFailure("can only update cluster volumes")
        }
        var specification = cluster["Spec"]?.object ?? JSONObject()
        if let availability = context.parsed.stringIfSet("availability") {
            specification["Availability"] = .string(availability)
        }
        let version = String(cluster["Version"]?["Index"]?.integer ?? 0)
        try context.request(
            "PUT", "/volumes/\(cluster["ID"]?.string ?? "")", query: [("version", version)],
            body: ["Spec": .object(specification)])
        return 0
    }
}

/// `docker volume ls`
enum ListVolumesCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let volumes = try context.json("GET", "/volumes", query: context.filters())["Volumes"]?.array ?? []
        let isCluster = context.parsed.bool("cluster")
        let shown = isCluster ? volumes.filter { $0["ClusterVolume"]?.object != nil } : volumes
        let sorted = shown.sorted { NaturalOrder.isLess($0["Name"]?.string ?? "", $1["Name"]?.string ?? "") }
        context.io.print(
            try ListOutput.text(
                context, format: isCluster ? "" : context.parsed.string("format"),
                isCluster ? VolumeRows.clusterFormat : VolumeRows.format,
                raw: "name: {{.Name}}\ndriver: {{.Driver}}\n", quiet: "{{.Name}}", rawQuiet: "name: {{.Name}}",
                rows: sorted.map(VolumeRows.row)))
        return 0
    }
}

/// The columns of `docker volume ls`.
enum VolumeRows {
    private static let headings = [
        "Name": "VOLUME NAME", "Driver": "DRIVER", "Scope": "SCOPE", "Mountpoint": "MOUNTPOINT", "Links": "LINKS",
        "Size": "SIZE", "Labels": "LABELS", "Availability": "AVAILABILITY", "Group": "GROUP", "Status": "STATUS",
    ]
    static let format = TableFormat(headings: headings, table: #"{{.Driver}}\t{{.Name}}"#)
    /// The table of `--cluster`.
    static let clusterFormat = TableFormat(
        headings: headings, table: #"{{.Name}}\t{{.Group}}\t{{.Driver}}\t{{.Availability}}\t{{.Status}}"#)

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
                ("Availability", .string(ClusterVolumeText.availability(volume))),
                ("Group", .string(volume["ClusterVolume"]?["Spec"]?["Group"]?.string ?? "N/A")),
                ("Status", .string(ClusterVolumeText.status(volume))),
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
