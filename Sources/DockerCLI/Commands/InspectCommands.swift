import EngineClient
import OrderedJSON

/// What can be inspected, and how.
struct InspectedKind: Sendable {
    /// The word of `--type`.
    var name: String
    /// The Go type of the answer.
    var type: String
    /// Reads one.
    var read: @Sendable (CommandContext, String) throws -> JSON

    static let container = InspectedKind(name: "container", type: "container.InspectResponse") { context, name in
        try context.json("GET", "/containers/\(name)/json", query: context.parsed.bool("size") ? [("size", "1")] : [])
    }
    static let image = InspectedKind(name: "image", type: "image.InspectResponse") { context, name in
        try context.json("GET", "/images/\(name)/json")
    }
    static let network = InspectedKind(name: "network", type: "network.Inspect") { context, name in
        let query = context.parsed.bool("verbose") ? [("verbose", "true")] : []
        return try context.json("GET", "/networks/\(name)", query: query)
    }
    static let volume = InspectedKind(name: "volume", type: "volume.Volume") { context, name in
        try context.json("GET", "/volumes/\(name)")
    }

    /// The kinds in the order in which `docker inspect` asks for a name.
    static let all = [container, image, network, volume]
}

/// Prints inspected objects as `docker inspect` does.
enum Inspection {
    /// Reads and prints objects; what is found is printed even if others are not.
    ///
    /// - Parameter read: Reads an object and tells its Go type.
    static func run(
        _ context: CommandContext, _ names: [String], _ read: (String) throws -> (json: JSON, type: String)
    ) throws -> Int32 {
        let format = context.parsed.string("format")
        let template = format.isEmpty || format == "json" ? nil : try parse(format)
        var found: [JSON] = []
        var texts = ""
        var complaints: [String] = []
        for name in names {
            do {
                let (json, type) = try read(name)
                found.append(json)
                if let template { texts += try self.text(template, json, type) + "\n" }
            } catch let failure as CommandFailure where failure.message.hasPrefix("template") {
                context.io.print(texts + "\n")
                throw failure
            } catch let error as ConnectionError {
                throw error
            } catch {
                complaints.append(CommandContext.text(of: error))
            }
        }
        if template != nil {
            context.io.print(texts)
            if texts.isEmpty { context.io.print("\n") }
        } else if format == "json" {
            context.io.printLine(JSON.array(found).text())
        } else {
            context.io.printLine(found.isEmpty ? "[]" : JSON.array(found).text(.indented))
        }
        for complaint in complaints { context.io.complain(complaint) }
        return complaints.isEmpty ? 0 : 1
    }

    private static func parse(_ format: String) throws(CommandFailure) -> GoTemplate {
        do throws(TemplateError) { return try GoTemplate(format) } catch {
            throw CommandFailure("template parsing error: \(error)", code: 64)
        }
    }

    /// Tries the Go type first and then, as Docker's client does, the JSON as it came, where missing keys are errors.
    private static func text(_ template: GoTemplate, _ json: JSON, _ type: String) throws(CommandFailure) -> String {
        do throws(TemplateError) { return try template.execute(GoTypes.decode(json, as: type)) } catch {
            do throws(TemplateError) {
                return try template.execute(TemplateValue(raw: json), missingKey: .error)
            } catch {
                throw CommandFailure("template parsing error: \(error)")
            }
        }
    }
}

/// `docker container inspect`
enum InspectContainerCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 { try InspectKindCommand.run(context, .container) }
}

/// `docker image inspect`
enum InspectImageCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 { try InspectKindCommand.run(context, .image) }
}

/// `docker network inspect`
enum InspectNetworkCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 { try InspectKindCommand.run(context, .network) }
}

/// `docker volume inspect`
enum InspectVolumeCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 { try InspectKindCommand.run(context, .volume) }
}

/// Inspects objects of one kind.
private enum InspectKindCommand {
    static func run(_ context: CommandContext, _ kind: InspectedKind) throws -> Int32 {
        try Inspection.run(context, context.arguments) { name in (try kind.read(context, name), kind.type) }
    }
}

/// `docker inspect`
enum InspectCommand: DockerCommand {
    private static let clusterKinds: Set<String> = ["config", "node", "plugin", "secret", "service", "task"]

    static func run(_ context: CommandContext) throws -> Int32 {
        let asked = context.parsed.string("type")
        if context.parsed.isSet("type") && asked.isEmpty {
            throw CommandFailure("type is empty: must be one of \(kindList)")
        }
        if clusterKinds.contains(asked) {
            throw CommandFailure("Drydock's engine has no objects of the type \"\(asked)\".")
        }
        let kinds = asked.isEmpty ? InspectedKind.all : InspectedKind.all.filter { $0.name == asked }
        if kinds.isEmpty { throw CommandFailure("unknown type: \(GoFormat.quote(asked)): must be one of \(kindList)") }
        return try Inspection.run(context, context.arguments) { name in
            for kind in kinds {
                do {
                    return (try kind.read(context, name), kind.type)
                } catch let error as EngineError where error.status == 404 && asked.isEmpty {
                    continue
                }
            }
            throw CommandFailure("Error: No such object: \(name)")
        }
    }

    private static let kindList =
        "\"config\", \"container\", \"image\", \"network\", \"node\", \"plugin\", \"secret\", \"service\", \"task\", \"volume\""
}
