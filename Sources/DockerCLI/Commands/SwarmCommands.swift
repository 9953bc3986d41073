import EngineClient
import OrderedJSON

/// `docker swarm init`
enum InitSwarmCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        let body: JSONObject = [
            "ListenAddr": .string(parsed.string("listen-addr")),
            "AdvertiseAddr": .string(parsed.string("advertise-addr")), "ForceNewCluster": false,
            "Spec": ["Labels": [:], "EncryptionConfig": ["AutoLockManagers": false]],
        ]
        let id = try context.json("POST", "/swarm/init", body: .object(body)).string ?? ""
        context.io.printLine("Swarm initialized: current node (\(id)) is now a manager.\n")
        try JoinTokenCommand.printJoin(context, node: id, asManager: false)
        context.io.printLine(
            "To add a manager to this swarm, run 'docker swarm join-token manager' and follow the instructions.\n")
        return 0
    }
}

/// `docker swarm join`
enum JoinSwarmCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        let body: JSONObject = [
            "JoinToken": .string(parsed.string("token")), "ListenAddr": .string(parsed.string("listen-addr")),
            "AdvertiseAddr": .string(parsed.string("advertise-addr")),
            "RemoteAddrs": .array([.string(context.arguments[0])]),
        ]
        try context.request("POST", "/swarm/join", body: .object(body))
        let info = try context.json("GET", "/info")
        let isManager = info["Swarm"]?["ControlAvailable"]?.bool == true
        context.io.printLine("This node joined a swarm as a \(isManager ? "manager" : "worker").")
        return 0
    }
}

/// `docker swarm join-token`
enum JoinTokenCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let role = context.arguments[0]
        guard ["worker", "manager"].contains(role) else { throw CommandFailure("unknown role " + role) }
        if context.parsed.bool("quiet") {
            context.io.printLine(try token(context, asManager: role == "manager"))
            return 0
        }
        let info = try context.json("GET", "/info")
        try printJoin(context, node: info["Swarm"]?["NodeID"]?.string ?? "", asManager: role == "manager")
        return 0
    }

    private static func token(_ context: CommandContext, asManager: Bool) throws -> String {
        let swarm = try context.json("GET", "/swarm")
        return swarm["JoinTokens"]?[asManager ? "Manager" : "Worker"]?.string ?? ""
    }

    /// Prints how another node joins.
    static func printJoin(_ context: CommandContext, node: String, asManager: Bool) throws {
        let token = try token(context, asManager: asManager)
        let address = try context.json("GET", "/nodes/\(node)")["ManagerStatus"]?["Addr"]?.string ?? ""
        context.io.printLine("To add a \(asManager ? "manager" : "worker") to this swarm, run the following command:\n")
        context.io.printLine("    docker swarm join --token \(token) \(address)\n")
    }
}

/// `docker swarm leave`
enum LeaveSwarmCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let query = context.parsed.bool("force") ? [("force", "1")] : []
        try context.request("POST", "/swarm/leave", query: query)
        context.io.printLine("Node left the swarm.")
        return 0
    }
}

/// `docker node ls`
enum ListNodesCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let nodes = try context.json("GET", "/nodes", query: context.filters()).array ?? []
        let own = try context.json("GET", "/info")["Swarm"]?["NodeID"]?.string ?? ""
        let sorted = nodes.sorted {
            NaturalOrder.isLess(
                $0["Description"]?["Hostname"]?.string ?? "", $1["Description"]?["Hostname"]?.string ?? "")
        }
        let rows = sorted.map { node -> TemplateRow in
            let id = node["ID"]?.string ?? ""
            let manager = node["ManagerStatus"]
            let status =
                manager?["Leader"]?.bool == true ? "Leader" : capitalized(manager?["Reachability"]?.string ?? "")
            return TemplateRow(
                "*node.nodeContext",
                [
                    ("ID", .string(id)), ("Self", .bool(id == own)),
                    ("Hostname", .string(node["Description"]?["Hostname"]?.string ?? "")),
                    ("Status", .string(capitalized(node["Status"]?["State"]?.string ?? ""))),
                    ("Availability", .string(capitalized(node["Spec"]?["Availability"]?.string ?? ""))),
                    ("ManagerStatus", .string(status)),
                    ("EngineVersion", .string(node["Description"]?["Engine"]?["EngineVersion"]?.string ?? "")),
                    ("TLSStatus", .string("Unknown")),
                ])
        }
        let format = TableFormat(
            headings: [
                "ID": "ID", "Self": "", "Hostname": "HOSTNAME", "Status": "STATUS", "Availability": "AVAILABILITY",
                "ManagerStatus": "MANAGER STATUS", "EngineVersion": "ENGINE VERSION", "TLSStatus": "TLS STATUS",
            ],
            table: "{{.ID}} {{if .Self}}*{{else}} {{ end }}\t{{.Hostname}}\t{{.Status}}\t{{.Availability}}\t"
                + "{{.ManagerStatus}}\t{{.EngineVersion}}")
        context.io.print(
            try ListOutput.text(
                context, format: context.parsed.string("format"), format, quiet: "{{.ID}}", rows: rows))
        return 0
    }

    private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
}

/// `docker node rm`
enum RemoveNodeCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let query = context.parsed.bool("force") ? [("force", "1")] : []
        return context.each(context.arguments) { name in
            try context.request("DELETE", "/nodes/\(name)", query: query)
        }
    }
}
