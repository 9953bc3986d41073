import Engine
import HTTPMessages
import OCI
import OrderedJSON

/// What containers do, use and have changed, and the changing of their limits (API: Container, System, Image).
extension Routes {
    var observation: [Route] {
        let node = node
        return [
            Self.reading("GET", "/containers/{name}/top") { request, responder, operation in
                let options = request.query.text("ps_args") ?? ""
                try responder.send(
                    json: try node.top(
                        request["name"], options: options, isQuiet: request.isQuiet, operation: operation))
            },
            Self.reading("GET", "/containers/{name}/changes") { request, responder, operation in
                try responder.send(json: try node.changes(request["name"], operation: operation))
            },
            Self.reading("GET", "/containers/{name}/stats") { request, responder, operation in
                let query = StatsQuery(request.query, version: request.version)
                var stream: ResponseStream?
                try node.readStatistics(
                    request["name"], streams: query.stream, isOneShot: query.oneShot, operation: operation,
                    isWanted: { request.isConnected },
                    send: { value in
                        if !query.stream { return try responder.send(json: value) }
                        let open = try stream ?? responder.stream(contentType: "application/json")
                        stream = open
                        try open.write(json: value)
                    })
            },
            Route("GET", "/system/df") { request, responder in
                try responder.send(json: try node.diskUsage(types: Set(request.query.all("type"))))
            },
            Self.change(
                "POST", "/containers/{name}/update",
                plan: { try node.planUpdate($0["name"], body: try $0.json() ?? .object([:])) }
            ) { request, responder, operation in
                let warnings = try node.updateContainer(
                    request["name"], body: try request.json() ?? .object([:]), operation: operation)
                try responder.send(json: ["Warnings": warnings.isEmpty ? .null : .array(warnings.map { .string($0) })])
            },
            Self.change(
                "POST", "/commit", plan: { try node.planCommit(CommitQuery($0.query).container) }
            ) { request, responder, operation in
                let query = CommitQuery(request.query)
                // Clients of old send the container's settings along with a commit; Docker takes what differs, and no
                // client of today sends any.
                if let config = try request.json()?.object, !config.isEmpty {
                    throw APIError.notImplemented("a commit with settings in its body is not done in Drydock's engine")
                }
                var commit = CommitRequest()
                commit.repository = query.repository ?? ""
                commit.tag = query.tag ?? ""
                commit.author = query.author
                commit.comment = query.comment
                commit.changes = query.changes
                commit.pauses = query.pauses
                let id = try node.commitContainer(query.container, commit, operation: operation)
                try responder.send(201, json: ["Id": .string(id)])
            },
        ]
    }
}
