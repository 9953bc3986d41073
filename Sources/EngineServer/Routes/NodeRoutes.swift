import Engine
import EngineAPI
import OrderedJSON

/// What a node is: Drydock's own, beside the Docker Engine API.
extension Routes {
    var nodeRoutes: [Route] {
        let node = node
        return [
            Route("GET", DrydockAPI.nodePath) { _, responder in
                try responder.send(json: [
                    "Name": .string(node.configuration.name),
                    "NetworkNamespace": node.networkNamespacePath.map { .string($0) } ?? .null,
                ])
            },
            Route("GET", DrydockAPI.insidePath) { request, responder in
                try responder.send(
                    json: try JSON(encoding: try node.view(of: request["name"]), keys: .asDeclared))
            },
        ]
    }
}
