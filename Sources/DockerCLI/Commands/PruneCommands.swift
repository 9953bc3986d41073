import OrderedJSON

/// What a prune removed, as Docker prints it.
struct PruneResult {
    var text: String
    var reclaimed: Double
}

/// What can be pruned.
enum Prune {
    /// Asks before something is removed.
    /// - Returns: Whether the user agrees; `--force` agrees beforehand.
    static func isAgreed(_ context: CommandContext, _ warning: String) -> Bool {
        // A plan changes nothing: nobody need be asked.
        if context.parsed.bool("force") || context.plan != nil { return true }
        context.io.print("\(warning)\nAre you sure you want to continue? [y/N] ")
        let answer = context.io.readAnswer().trimmingSpace().lowercased()
        return answer == "y" || answer == "yes"
    }

    static func containers(_ context: CommandContext, _ query: [(String, String)]) throws -> PruneResult {
        let answer = try context.json("POST", "/containers/prune", query: query)
        return result("Deleted Containers:", answer["ContainersDeleted"], answer)
    }

    static func networks(_ context: CommandContext, _ query: [(String, String)]) throws -> PruneResult {
        let answer = try context.json("POST", "/networks/prune", query: query)
        return result("Deleted Networks:", answer["NetworksDeleted"], answer)
    }

    static func volumes(_ context: CommandContext, _ query: [(String, String)]) throws -> PruneResult {
        let answer = try context.json("POST", "/volumes/prune", query: query)
        return result("Deleted Volumes:", answer["VolumesDeleted"], answer)
    }

    static func images(_ context: CommandContext, _ query: [(String, String)]) throws -> PruneResult {
        let answer = try context.json("POST", "/images/prune", query: query)
        let items = answer["ImagesDeleted"]?.array ?? []
        let lines = items.map { item in
            item["Untagged"]?.string.map { "untagged: \($0)" } ?? "deleted: \(item["Deleted"]?.string ?? "")"
        }
        return PruneResult(
            text: lines.isEmpty ? "" : "Deleted Images:\n" + lines.joined(separator: "\n") + "\n",
            reclaimed: answer["SpaceReclaimed"]?.double ?? 0)
    }

    static func buildCache(_ context: CommandContext, _ query: [(String, String)]) throws -> PruneResult {
        let answer = try context.json("POST", "/build/prune", query: query)
        return result("Deleted build cache objects:", answer["CachesDeleted"], answer)
    }

    private static func result(_ title: String, _ list: JSON?, _ answer: JSON) -> PruneResult {
        let names = (list?.array ?? []).compactMap(\.string)
        return PruneResult(
            text: names.isEmpty ? "" : "\(title)\n" + names.joined(separator: "\n") + "\n",
            reclaimed: answer["SpaceReclaimed"]?.double ?? 0)
    }

    /// Prints what was removed and how much that was.
    static func report(_ context: CommandContext, _ result: PruneResult, showsTotal: Bool = true) {
        if !result.text.isEmpty { context.io.printLine(result.text) }
        if showsTotal { context.io.printLine("Total reclaimed space: \(SizeText.humanPrecise(result.reclaimed))") }
    }
}

/// `docker container prune`
enum PruneContainersCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        guard Prune.isAgreed(context, "WARNING! This will remove all stopped containers.") else { return 0 }
        Prune.report(context, try Prune.containers(context, context.filters()))
        return 0
    }
}

/// `docker image prune`
enum PruneImagesCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let all = context.parsed.bool("all")
        let warning =
            all
            ? "WARNING! This will remove all images without at least one container associated to them."
            : "WARNING! This will remove all dangling images."
        guard Prune.isAgreed(context, warning) else { return 0 }
        Prune.report(context, try Prune.images(context, context.filters([("dangling", all ? "false" : "true")])))
        return 0
    }
}

extension CommandContext {
    /// Whether the engine prunes anonymous volumes alone unless it is asked for all: since API 1.42.
    fileprivate var engineTellsAnonymousVolumes: Bool {
        let parts = client.apiVersion.split(separator: ".").compactMap { Int($0) }
        return parts.count == 2 && (parts[0], parts[1]) >= (1, 42)
    }
}

/// `docker volume prune`
enum PruneVolumesCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let all = context.parsed.bool("all")
        let warning =
            all || !context.engineTellsAnonymousVolumes
            ? "WARNING! This will remove all local volumes not used by at least one container."
            : "WARNING! This will remove anonymous local volumes not used by at least one container."
        guard Prune.isAgreed(context, warning) else { return 0 }
        Prune.report(context, try Prune.volumes(context, context.filters(all ? [("all", "true")] : [])))
        return 0
    }
}

/// `docker network prune`
enum PruneNetworksCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let warning = "WARNING! This will remove all custom networks not used by at least one container."
        guard Prune.isAgreed(context, warning) else { return 0 }
        Prune.report(context, try Prune.networks(context, context.filters()), showsTotal: false)
        return 0
    }
}

/// `docker builder prune`
enum PruneBuildCacheCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let all = context.parsed.bool("all")
        let warning =
            all ? "WARNING! This will remove all build cache." : "WARNING! This will remove all dangling build cache."
        guard Prune.isAgreed(context, warning + " ") else { return 0 }
        var query = context.filters()
        if all { query.append(("all", "1")) }
        if let size = context.parsed.bytes("keep-storage") { query.append(("keep-storage", String(size))) }
        Prune.report(context, try Prune.buildCache(context, query))
        return 0
    }
}

/// `docker system prune`
enum PruneSystemCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let all = context.parsed.bool("all")
        let withVolumes = context.parsed.bool("volumes")
        if withVolumes && context.parsed.strings("filter").contains(where: { $0.hasPrefix("until=") }) {
            throw CommandFailure("ERROR: The \"until\" filter is not supported with \"--volumes\"")
        }
        var items = ["all stopped containers", "all networks not used by at least one container"]
        if withVolumes { items.append("all anonymous volumes not used by at least one container") }
        items.append(all ? "all images without at least one container associated to them" : "all dangling images")
        items.append(all ? "all build cache" : "unused build cache")
        var warning = "WARNING! This will remove:\n" + items.map { "  - \($0)\n" }.joined()
        let filters = context.parsed.strings("filter")
        if !filters.isEmpty {
            warning += "\n  Items to be pruned will be filtered with:\n" + filters.map { "  - \($0)\n" }.joined()
        }
        guard Prune.isAgreed(context, warning) else { return 0 }
        var results = [
            try Prune.containers(context, context.filters()), try Prune.networks(context, context.filters()),
        ]
        if withVolumes { results.append(try Prune.volumes(context, context.filters())) }
        results.append(try Prune.images(context, context.filters([("dangling", all ? "false" : "true")])))
        results.append(try Prune.buildCache(context, context.filters() + (all ? [("all", "1")] : [])))
        for result in results { Prune.report(context, result, showsTotal: false) }
        Prune.report(context, PruneResult(text: "", reclaimed: results.reduce(0) { $0 + $1.reclaimed }))
        return 0
    }
}
