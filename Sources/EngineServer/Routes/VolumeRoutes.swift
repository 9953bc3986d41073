import Engine
import EngineAPI
import HTTPMessages
import OrderedJSON

/// Volumes: directories that outlive containers (API: Volume).
extension Routes {
    var volumes: [Route] {
        let node = node
        return [
            Route("GET", "/volumes") { request, responder in
                try responder.send(json: try node.listVolumes(filters: try Filters(request.query).values))
            },
            Route("GET", "/volumes/{name}") { request, responder in
                try responder.send(json: try node.inspectVolume(request["name"]))
            },
            Self.change(
                "POST", "/volumes/create", plan: { try node.planVolume(try $0.json() ?? .object([:])) }
            ) { request, responder, operation in
                let volume = try node.createVolume(try request.json() ?? .object([:]), operation: operation)
                try responder.send(201, json: volume)
            },
            Self.change(
                "POST", "/volumes/prune",
                plan: { request in
                    let filters = try Filters(request.query)
                    return try node.planVolumePrune(
                        filters: filters.values, all: try prunesAll(filters, request), gone: request.goneByThen)
                }
            ) { request, responder, operation in
                let filters = try Filters(request.query)
                let all = try prunesAll(filters, request)
                let pruned = try node.pruneVolumes(filters: filters.values, all: all, operation: operation)
                try responder.send(json: pruned)
            },
            Self.change(
                "DELETE", "/volumes/{name}",
                plan: { try node.planVolumeRemoval($0["name"], force: $0.query.flag("force")) }
            ) { request, responder, operation in
                try node.removeVolume(request["name"], force: request.query.flag("force"), operation: operation)
                try responder.send(204)
            },
        ]
    }

    /// Whether named volumes go, too. Clients before API 1.42 know no difference between named and other volumes.
    private func prunesAll(_ filters: Filters, _ request: Request) throws -> Bool {
        try filters.flag("all") ?? (request.version < "1.42")
    }
}
