import EngineClient
import OrderedJSON

/// `docker version`
enum VersionCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let format = context.parsed.string("format")
        let template = format.isEmpty || format == "json" ? nil : try parse(format)
        var server: JSON?
        var failure: (any Error)?
        do { server = try context.json("GET", "/version") } catch { failure = error }
        let client: JSONObject = [
            "Platform": ["Name": "Drydock"], "Version": .string(Grammar.clientVersion),
            "ApiVersion": .string(context.client.apiVersion),
            "DefaultAPIVersion": .string(EngineClient.defaultAPIVersion),
            "GitCommit": .string(Grammar.clientBuild), "Os": "linux", "Arch": .string(Architecture.name),
            "Context": "default",
        ]
        let all: JSONObject = ["Client": .object(client), "Server": server ?? .null]
        if format == "json" {
            context.io.printLine(JSON.object(all).text())
        } else if let template {
            let fields: [(name: String, value: TemplateValue)] = [
                ("Client", LooseStructure.value(.object(client), "system.clientVersion")),
                (
                    "Server",
                    server.map { LooseStructure.value(Self.whole($0), "types.Version", isPointer: true) }
                        ?? .nilPointer("types.Version")
                ),
            ]
            let root = GoStructure(
                typeName: "system.versionInfo", isPointer: false, fields: fields, source: .object(all))
            do throws(TemplateError) { context.io.printLine(try template.execute(.structure(root))) } catch {
                context.io.print("\n")
                throw CommandFailure(named(error))
            }
        } else {
            context.io.print(text(client: client, server: server))
        }
        if let failure { throw failure }
        return 0
    }

    /// The answer with what it omits when it is false; a template may name it all the same.
    private static func whole(_ server: JSON) -> JSON {
        guard var object = server.object, object["Experimental"] == nil else { return server }
        object["Experimental"] = .bool(false)
        return .object(object)
    }

    private static func parse(_ format: String) throws(CommandFailure) -> GoTemplate {
        do throws(TemplateError) { return try GoTemplate(format) } catch {
            throw CommandFailure("template parsing error: \(named(error))", code: 64)
        }
    }

    /// This command's template has a name, and Go's messages have it.
    private static func named(_ error: TemplateError) -> String {
        let text = error.description
        guard text.hasPrefix("template: :") else { return text }
        let rest = GoText.split(String(text.dropFirst(11)), "executing \"\"").joined(separator: "executing \"version\"")
        return "template: version:\(rest)"
    }

    private static func text(client: JSONObject, server: JSON?) -> String {
        func field(_ name: String, _ value: String, width: Int = 19, indent: Int = 1) -> String {
            let label = String(repeating: " ", count: indent) + name + ":"
            return label + String(repeating: " ", count: max(1, width + indent - label.count)) + value + "\n"
        }
        var api = client["ApiVersion"]?.string ?? ""
        let preferred = client["DefaultAPIVersion"]?.string ?? ""
        if api != preferred { api += " (downgraded from \(preferred))" }
        var text = "Client: Drydock\n" + field("Version", client["Version"]?.string ?? "") + field("API version", api)
        text += field("Git commit", client["GitCommit"]?.string ?? "")
        text += field("OS/Arch", "linux/\(client["Arch"]?.string ?? "")") + field("Context", "default")
        guard let server else { return text }
        let platform = server["Platform"]?["Name"]?.string ?? ""
        text += "\nServer:" + (platform.isEmpty ? "" : " \(platform)") + "\n"
        for component in server["Components"]?.array ?? [] {
            let details = component["Details"]
            let name = component["Name"]?.string ?? ""
            text += " \(name):\n" + field("Version", component["Version"]?.string ?? "", width: 18, indent: 2)
            guard name == "Engine" else {
                for (key, value) in details?.object ?? JSONObject() {
                    text += field(key, value.string ?? "", width: 18, indent: 2)
                }
                continue
            }
            func detail(_ key: String) -> String { details?[key]?.string ?? "" }
            text += field(
                "API version", "\(detail("ApiVersion")) (minimum version \(detail("MinAPIVersion")))", width: 18,
                indent: 2)
            if !detail("GoVersion").isEmpty { text += field("Go version", detail("GoVersion"), width: 18, indent: 2) }
            text += field("Git commit", detail("GitCommit"), width: 18, indent: 2)
            text += field("Built", built(detail("BuildTime")), width: 18, indent: 2)
            text += field("OS/Arch", "\(detail("Os"))/\(detail("Arch"))", width: 18, indent: 2)
            text += field("Experimental", detail("Experimental"), width: 18, indent: 2)
        }
        return text
    }

    private static func built(_ text: String) -> String { Timestamps.parse(text).map(Timestamps.ansiC) ?? text }
}

/// An answer of the engine as a template sees it where nothing is known of its Go type but the name.
enum LooseStructure {
    static func value(
        _ json: JSON, _ typeName: String, isPointer: Bool = false, extra: [(name: String, value: TemplateValue)] = []
    ) -> TemplateValue {
        let members = (json.object ?? JSONObject()).map { member in
            (name: fieldNames[member.name] ?? member.name, value: self.member(member.value, of: member.name))
        }
        return .structure(GoStructure(typeName: typeName, isPointer: isPointer, fields: members + extra, source: json))
    }
}

extension LooseStructure {
    /// The members that are Go maps; other objects are structs.
    private static let maps: Set<String> = ["Runtimes", "Labels", "IndexConfigs", "Details"]

    /// The fields that Go spells otherwise than the JSON does; a template uses Go's name.
    private static let fieldNames = [
        "ApiVersion": "APIVersion", "CpuCfsPeriod": "CPUCfsPeriod", "CpuCfsQuota": "CPUCfsQuota",
        "HttpProxy": "HTTPProxy", "HttpsProxy": "HTTPSProxy",
    ]

    private static func member(_ json: JSON, of name: String) -> TemplateValue {
        switch json {
        case .object where !maps.contains(name): value(json, name)
        case .array(let elements): .list(elements.map { member($0, of: "") }, isNil: false)
        default: TemplateValue(raw: json)
        }
    }
}

/// The machine's architecture in Go's words.
enum Architecture {
    static var name: String {
        #if arch(x86_64)
            "amd64"
        #elseif arch(arm64)
            "arm64"
        #else
            "unknown"
        #endif
    }
}
