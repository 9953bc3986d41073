import Engine
import HTTPMessages
import OrderedJSON

/// Removing what nobody uses (API: ContainerPrune, ImagePrune).
extension Routes {
    var prunes: [Route] {
        let node = node
        return [
            // The cache of builds is the images that they made; it has no other place that could be emptied.
            Route("POST", "/build/prune") { _, responder in
                try responder.send(json: ["CachesDeleted": .null, "SpaceReclaimed": 0])
            },
            Self.change("POST", "/containers/prune") { request, responder, operation in
                let filters = try Filters(request.query).values
                try responder.send(json: try node.pruneContainers(filters: filters, operation: operation))
            },
            Self.change("POST", "/images/prune") { request, responder, operation in
                let filters = try Filters(request.query).values
                try responder.send(json: try node.pruneImages(filters: filters, operation: operation))
            },
        ]
    }
}
