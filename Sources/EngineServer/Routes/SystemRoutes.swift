import Engine
import HTTPMessages
import OrderedJSON

/// The engine itself (API: System).
extension Routes {
    var system: [Route] {
        let node = node
        let ping: Headers = [
            "Builder-Version": "1", "Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache",
            "Swarm": "inactive",
        ]
        return [
            Route("GET", "/_ping") { _, responder in
                try responder.send(bytes: Array("OK".utf8), contentType: "text/plain; charset=utf-8", headers: ping)
            },
            Route("HEAD", "/_ping") { _, responder in
                try responder.send(bytes: [], contentType: "text/plain; charset=utf-8", headers: ping)
            },
            Route("GET", "/version") { _, responder in try responder.send(json: node.version()) },
            Route("GET", "/info") { _, responder in try responder.send(json: try node.info()) },
            Route("GET", "/events") { request, responder in
                let query = try EventsQuery(request.query)
                let stream = try responder.stream(contentType: "application/json")
                try node.readEvents(
                    since: query.since, until: query.until, filters: query.filters.values,
                    isWanted: { request.isConnected }, send: { try stream.write(json: $0.json) })
            },
        ]
    }
}
