import Engine
import EngineAPI
import OrderedJSON

/// The lab's nodes and the cable between them: Drydock's own, beside the Docker Engine API, on every node's socket.
extension Routes {
    var labRoutes: [Route] {
        guard let lab else { return [] }
        let node = node
        let nodes = DrydockAPI.nodesPath
        return [
            Route("GET", nodes) { _, responder in try responder.send(json: try lab.lab.listNodes()) },
            Self.change(
                "POST", nodes, plan: { try lab.lab.planNode(try $0.json()?["Name"]?.string ?? "", asked: node) }
            ) { request, responder, operation in
                let name = try request.json()?["Name"]?.string ?? ""
                try lab.addNode(name, operation: operation, teller: node)
                try responder.send(201, json: ["Name": .string(name), "Socket": .string(lab.socketPath(name))])
            },
            Self.change(
                "DELETE", "\(nodes)/{name}",
                plan: { try lab.lab.planRemoval(of: $0["name"], force: $0.query.flag("force"), asked: node) }
            ) { request, responder, operation in
                try lab.removeNode(
                    request["name"], force: request.query.flag("force"), operation: operation, asked: node)
                try responder.send(204)
            },
            Self.change(
                "POST", "\(nodes)/{name}/link",
                plan: { request in
                    try lab.lab.planLink(
                        of: request["name"], try LinkRequest(try request.json() ?? .null), asked: node)
                }
            ) { request, responder, operation in
                let change = try LinkRequest(try request.json() ?? .null)
                try lab.lab.changeLink(of: request["name"], change, operation: operation, teller: node)
                try responder.send(204)
            },
            Route("GET", DrydockAPI.setAsidePath) { _, responder in
                try responder.send(json: ["Sentences": .array(lab.lab.setAsideSentences.map { .string($0) })])
            },
            Route("GET", DrydockAPI.topologyPath) { _, responder in
                try responder.send(json: try lab.lab.topology())
            },
            Route("GET", DrydockAPI.cablePath) { _, responder in
                try responder.send(json: [
                    "Name": "cable", "NetworkNamespace": lab.lab.cableNamespacePath.map { .string($0) } ?? .null,
                ])
            },
        ]
    }
}
