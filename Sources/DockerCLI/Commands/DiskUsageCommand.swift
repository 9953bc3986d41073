import OrderedJSON

/// `docker system df`
enum DiskUsageCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let usage = try context.json("GET", "/system/df")
        let format = context.parsed.string("format")
        if context.parsed.bool("verbose") {
            if !format.isEmpty && format != "table" {
                return try DiskUsageDetails(usage: usage).printFormatted(context, format)
            }
            context.io.print(try DiskUsageDetails(usage: usage).text())
            return 0
        }
        let table = TableFormat(
            headings: [
                "Type": "TYPE", "TotalCount": "TOTAL", "Active": "ACTIVE", "Size": "SIZE", "Reclaimable": "RECLAIMABLE",
            ], table: #"{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}"#)
        let rows = [images(usage), containers(usage), volumes(usage), buildCache(usage)]
        context.io.print(try table.text(format, rows))
        return 0
    }

    private static func row(
        _ type: String, _ kind: String, count: Int, active: Int, size: Double, reclaimable: Double, percent: Bool
    ) -> TemplateRow {
        var shown = SizeText.humanPrecise(reclaimable)
        if percent && size > 0 { shown += " (\(Int(reclaimable * 100 / size))%)" }
        return TemplateRow(
            kind,
            [
                ("Type", .string(type)), ("TotalCount", .string(String(count))), ("Active", .string(String(active))),
                ("Size", .string(SizeText.humanPrecise(size))), ("Reclaimable", .string(shown)),
            ])
    }

    private static func images(_ usage: JSON) -> TemplateRow {
        let images = usage["Images"]?.array ?? []
        let size = usage["LayersSize"]?.double ?? 0
        let active = images.filter { $0["Containers"]?.integer ?? 0 > 0 }
        let used = active.reduce(0.0) { sum, image in
            guard let own = image["Size"]?.double, let shared = image["SharedSize"]?.double, own != -1, shared != -1
            else {
                return sum
            }
            return sum + own - shared
        }
        return row(
            "Images", "*formatter.diskUsageImagesContext", count: images.count, active: active.count, size: size,
            reclaimable: max(0, size - used), percent: true)
    }

    private static func containers(_ usage: JSON) -> TemplateRow {
        let containers = usage["Containers"]?.array ?? []
        func isActive(_ container: JSON) -> Bool {
            ["running", "paused", "restarting"].contains(container["State"]?.string ?? "")
        }
        func size(_ list: [JSON]) -> Double { list.reduce(0) { $0 + ($1["SizeRw"]?.double ?? 0) } }
        return row(
            "Containers", "*formatter.diskUsageContainersContext", count: containers.count,
            active: containers.count(where: isActive), size: size(containers),
            reclaimable: size(containers.filter { !isActive($0) }), percent: true)
    }

    private static func volumes(_ usage: JSON) -> TemplateRow {
        let volumes = usage["Volumes"]?.array ?? []
        func isUsed(_ volume: JSON) -> Bool { volume["UsageData"]?["RefCount"]?.integer ?? 0 > 0 }
        func size(_ list: [JSON]) -> Double { list.reduce(0) { $0 + max(0, $1["UsageData"]?["Size"]?.double ?? 0) } }
        return row(
            "Local Volumes", "*formatter.diskUsageVolumesContext", count: volumes.count,
            active: volumes.count(where: isUsed), size: size(volumes),
            reclaimable: size(volumes.filter { !isUsed($0) }), percent: true)
    }

    private static func buildCache(_ usage: JSON) -> TemplateRow {
        let records = usage["BuildCache"]?.array ?? []
        let used = records.filter { $0["InUse"]?.bool ?? false }
        let size = usage["BuilderSize"]?.double ?? records.reduce(0) { $0 + ($1["Size"]?.double ?? 0) }
        let busy = used.reduce(0.0) { $0 + ($1["Shared"]?.bool ?? false ? 0 : $1["Size"]?.double ?? 0) }
        return row(
            "Build Cache", "*formatter.diskUsageBuilderContext", count: records.count, active: used.count, size: size,
            reclaimable: max(0, size - busy), percent: false)
    }
}

/// `docker system df --verbose`
private struct DiskUsageDetails {
    let usage: JSON

    private var images: [TemplateRow] {
        (usage["Images"]?.array ?? []).flatMap { image in
            ImageRows.rows(image, truncates: true, showsDigests: false, needsDigests: false)
        }
    }

    private var containers: [TemplateRow] {
        (usage["Containers"]?.array ?? []).map { container in
            // The layers beneath are the images', counted above.
            var own = container.object ?? JSONObject()
            own["SizeRootFs"] = nil
            return ContainerRows.row(.object(own), truncates: true)
        }
    }

    private var volumes: [TemplateRow] { (usage["Volumes"]?.array ?? []).map(VolumeRows.row) }

    func text() throws(CommandFailure) -> String {
        let imageTable = TableFormat(
            headings: ListImagesCommand.headings,
            table:
                #"{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}"#
        )
        let containerTable = TableFormat(
            headings: ContainerRows.headings,
            table:
                #"{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}"#
        )
        var volumeTable = VolumeRows.format
        volumeTable.table = #"{{.Name}}\t{{.Links}}\t{{.Size}}"#
        var text = "Images space usage:\n\n" + (try imageTable.text("", images))
        text += "\nContainers space usage:\n\n" + (try containerTable.text("", containers))
        text += "\nLocal Volumes space usage:\n\n" + (try volumeTable.text("", volumes))
        let records = usage["BuildCache"]?.array ?? []
        let size = records.reduce(0.0) { $0 + ($1["Size"]?.double ?? 0) }
        text += "\nBuild cache usage: \(SizeText.humanPrecise(size))\n\n"
        return text + (try Self.cacheTable.text("", records.map(Self.cacheRow)))
    }

    private static let cacheTable = TableFormat(
        headings: [
            "ID": "CACHE ID", "CacheType": "CACHE TYPE", "Size": "SIZE", "CreatedSince": "CREATED",
            "LastUsedSince": "LAST USED", "UsageCount": "USAGE", "Shared": "SHARED",
        ],
        table:
            #"{{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}"#)

    private static func cacheRow(_ record: JSON) -> TemplateRow {
        func ago(_ name: String) -> String {
            guard let moment = record[name]?.string.flatMap(Timestamps.parse) else { return "" }
            return DurationText.human(seconds: moment.age) + " ago"
        }
        let isUsed = record["InUse"]?.bool ?? false
        return TemplateRow(
            "*formatter.buildCacheContext",
            [
                ("ID", .string(Truncation.id(record["ID"]?.string ?? "") + (isUsed ? "*" : ""))),
                ("CacheType", .string(record["Type"]?.string ?? "")),
                ("Size", .string(SizeText.human(record["Size"]?.double ?? 0))),
                ("CreatedSince", .string(ago("CreatedAt"))), ("LastUsedSince", .string(ago("LastUsedAt"))),
                ("UsageCount", .string(String(record["UsageCount"]?.integer ?? 0))),
                ("Shared", .string(String(record["Shared"]?.bool ?? false))),
            ])
    }

    func printFormatted(_ context: CommandContext, _ format: String) throws -> Int32 {
        let rows = (usage["Images"]?.array ?? []).flatMap { image in
            ImageRows.rows(image, truncates: false, showsDigests: false, needsDigests: false, withoutDigest: "")
        }
        let all: JSON = [
            "Images": .array(rows.map(\.json)), "Containers": .array(containers.map(\.json)),
            "Volumes": .array(volumes.map(\.json)),
            "BuildCache": .array((usage["BuildCache"]?.array ?? []).map { Self.cacheRow($0).json }),
        ]
        let template = try TableFormat.parse(format == "json" ? "{{json .}}" : format)
        do throws(TemplateError) {
            context.io.print(try template.execute(LooseStructure.value(all, "formatter.DiskUsageContext")))
        } catch {
            throw CommandFailure("template parsing error: \(error)")
        }
        return 0
    }
}
