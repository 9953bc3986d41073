import Engine
import HTTPMessages
import OrderedJSON

/// Removing what nobody uses (API: ContainerPrune, ImagePrune).
extension Routes {
    var prunes: [Route] {
        let node = node
        return [
            // The cache of builds is the images that they made; it has no other place that could be emptied.
            Self.change("POST", "/build/prune", plan: { _ in [] }) { _, responder, _ in
                try responder.send(json: ["CachesDeleted": .null, "SpaceReclaimed": 0])
            },
            Self.change(
                "POST", "/containers/prune",
                plan: { try node.planContainerPrune(filters: try Filters($0.query).values) }
            ) { request, responder, operation in
                let filters = try Filters(request.query).values
                try responder.send(json: try node.pruneContainers(filters: filters, operation: operation))
            },
            Self.change(
                "POST", "/images/prune",
                plan: { try node.planImagePrune(filters: try Filters($0.query).values, gone: $0.goneByThen) }
            ) { request, responder, operation in
                let filters = try Filters(request.query).values
                try responder.send(json: try node.pruneImages(filters: filters, operation: operation))
            },
        ]
    }
}
