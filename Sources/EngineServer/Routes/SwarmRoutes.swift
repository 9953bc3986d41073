import Engine
import EngineAPI
import OrderedJSON

/// Swarms, as far as networks need them (API: Swarm, Node). Services, secrets and the rest are refused by name.
extension Routes {
    var swarm: [Route] {
        let node = node
        return [
            Self.change(
                "POST", "/swarm/init", plan: { try node.planSwarmInit(body: try $0.json() ?? .null) }
            ) { request, responder, operation in
                let id = try node.initSwarm(body: try request.json() ?? .null, operation: operation)
                try responder.send(json: .string(id))
            },
            Self.change(
                "POST", "/swarm/join", plan: { try node.planSwarmJoin(body: try $0.json() ?? .null) }
            ) { request, responder, operation in
                try node.joinSwarm(body: try request.json() ?? .null, operation: operation)
                try responder.send(200)
            },
            Self.change(
                "POST", "/swarm/leave", plan: { try node.planSwarmLeave(force: $0.query.flag("force")) }
            ) { request, responder, operation in
                try node.leaveSwarm(force: request.query.flag("force"), operation: operation)
                try responder.send(200)
            },
            Route("GET", "/swarm") { _, responder in try responder.send(json: try node.inspectSwarm()) },
            Route("GET", "/nodes") { request, responder in
                try responder.send(json: try node.listSwarmNodes(filters: try Filters(request.query).values))
            },
            Route("GET", "/nodes/{id}") { request, responder in
                try responder.send(json: try node.inspectSwarmNode(request["id"]))
            },
            Self.withoutSteps("DELETE", "/nodes/{id}") { request, responder in
                try node.removeSwarmNode(request["id"])
                try responder.send(200)
            },
        ] + Self.swarmRefusals(node)
    }

    /// What a swarm has beside networks: Docker's answer where there is none, and the reason where there is one.
    private static func swarmRefusals(_ node: Node) -> [Route] {
        let refused: [(path: String, what: String)] = [
            ("/services", "services"), ("/tasks", "tasks"), ("/secrets", "secrets"), ("/configs", "configs"),
        ]
        let others: [(method: String, path: String, what: String)] = [
            ("POST", "/swarm/update", "changing a swarm's settings"),
            ("POST", "/swarm/unlock", "locking a swarm"), ("GET", "/swarm/unlockkey", "locking a swarm"),
            ("POST", "/nodes/{id}/update", "changing a node's role"),
        ]
        let groups = refused.flatMap { group in
            [
                ("GET", group.path), ("GET", "\(group.path)/{id}"), ("POST", "\(group.path)/create"),
                ("DELETE", "\(group.path)/{id}"), ("POST", "\(group.path)/{id}/update"),
            ].map { (method: $0.0, path: $0.1, what: group.what) }
        }
        return (groups + others).map { entry in
            Route(entry.method, entry.path) { _, _ in
                _ = try node.inspectSwarm()
                throw APIError.notImplemented("\(entry.what): not done yet in Drydock's engine")
            }
        } + [Route("GET", "/plugins") { _, responder in try responder.send(json: []) }]
    }
}
