import Engine
import HTTPMessages
import OrderedJSON

/// Networks: what containers are connected to (API: Network).
extension Routes {
    /// The names of networks may hold slashes.
    var networks: [Route] {
        let node = node
        return [
            Route("GET", "/networks") { request, responder in
                let filters = try Filters(request.query)
                try responder.send(json: try node.listNetworks(filters: filters.values))
            },
            Self.change(
                "POST", "/networks/create",
                plan: { request in try node.planNetwork(body: try request.json() ?? .null) },
                perform: { request, responder, operation in
                    let id = try node.createNetwork(body: try request.json() ?? .null, operation: operation)
                    try responder.send(201, json: ["Id": .string(id), "Warning": ""])
                }),
            Self.change(
                "POST", "/networks/prune",
                plan: { try node.planNetworkPrune(filters: try Filters($0.query).values, gone: $0.goneByThen) }
            ) { request, responder, operation in
                let filters = try Filters(request.query)
                let removed = try node.pruneNetworks(filters: filters.values, operation: operation)
                let names: JSON = removed.isEmpty ? .null : .array(removed.map { .string($0) })
                try responder.send(json: ["NetworksDeleted": names])
            },
            Route("GET", "/networks/{id...}") { request, responder in
                let scope = request.query.text("scope") ?? ""
                try responder.send(json: try node.inspectNetwork(request["id"], scope: scope))
            },
            Self.change(
                "DELETE", "/networks/{id...}", plan: { try node.planNetworkRemoval($0["id"]) }
            ) { request, responder, operation in
                try node.removeNetwork(request["id"], operation: operation)
                try responder.send(204)
            },
            Self.change(
                "POST", "/networks/{id...}/connect",
                plan: { try node.planConnection($0["id"], body: try $0.json() ?? .null) }
            ) { request, responder, operation in
                try node.connectNetwork(request["id"], body: try request.json() ?? .null, operation: operation)
                try responder.send(200)
            },
            Self.change(
                "POST", "/networks/{id...}/disconnect",
                plan: { try node.planDisconnection($0["id"], body: try $0.json() ?? .null) }
            ) { request, responder, operation in
                try node.disconnectNetwork(request["id"], body: try request.json() ?? .null, operation: operation)
                try responder.send(200)
            },
        ]
    }
}
