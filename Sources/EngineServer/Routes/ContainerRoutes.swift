import Engine
import EngineAPI
import HTTPMessages
import OrderedJSON

/// Containers: what is created, started, stopped and removed (API: Container).
extension Routes {
    var containers: [Route] {
        let node = node
        return [
            Route("GET", "/containers/json") { request, responder in
                let query = try ContainerListQuery(request.query)
                var list = ListRequest()
                list.all = query.all
                list.limit = query.limit ?? 0
                list.size = query.size
                list.filters = query.filters.values
                list.tellsNames = request.version >= "1.45"
                list.tellsAnnotations = request.version >= "1.46"
                try responder.send(json: try node.listContainers(list))
            },
            Route("GET", "/containers/{name}/json") { request, responder in
                let withSize = request.query.flag("size")
                let container = try node.inspectContainer(
                    request["name"], withSize: withSize, tellsNames: request.version >= "1.45")
                try responder.send(json: request.version.container(container))
            },
            Self.change(
                "POST", "/containers/create",
                plan: { request in
                    try node.planCreation(
                        name: request.query.text("name"), platform: request.query.text("platform"),
                        body: try Self.creation(request),
                        starting: request.headers[DrydockAPI.explainHeader] == DrydockAPI.explainRun)
                },
                perform: { request, responder, operation in
                    let created = try node.createContainer(
                        name: request.query.text("name"), platform: request.query.text("platform"),
                        body: try Self.creation(request), operation: operation)
                    let warnings = created.warnings.map { JSON.string($0) }
                    try responder.send(201, json: ["Id": .string(created.id), "Warnings": .array(warnings)])
                }),
            Self.change(
                "POST", "/containers/{name}/start", plan: { request in try node.planStart(request["name"]) },
                perform: { request, responder, operation in
                    try Self.refuseBody(request)
                    let wasStarted = try node.startContainer(request["name"], operation: operation)
                    try responder.send(wasStarted ? 204 : 304)
                }),
            Self.change(
                "POST", "/containers/{name}/stop",
                plan: { request in
                    let query = try StopQuery(request.query, version: request.version)
                    return try node.planStop(request["name"], signal: query.signal ?? "")
                }
            ) { request, responder, operation in
                let query = try StopQuery(request.query, version: request.version)
                let wasStopped = try node.stopContainer(
                    request["name"], timeout: query.timeout, signal: query.signal ?? "", operation: operation)
                try responder.send(wasStopped ? 204 : 304)
            },
            Self.change(
                "POST", "/containers/{name}/restart",
                plan: { request in
                    let query = try StopQuery(request.query, version: request.version)
                    return try node.planRestart(request["name"], signal: query.signal ?? "")
                }
            ) { request, responder, operation in
                let query = try StopQuery(request.query, version: request.version)
                try node.restartContainer(
                    request["name"], timeout: query.timeout, signal: query.signal ?? "", operation: operation)
                try responder.send(204)
            },
            Self.change(
                "POST", "/containers/{name}/kill",
                plan: { request in
                    try node.planKill(request["name"], signal: request.query.text("signal") ?? "")
                }
            ) { request, responder, operation in
                try node.killContainer(
                    request["name"], signal: request.query.text("signal") ?? "", operation: operation)
                try responder.send(204)
            },
            Self.change(
                "POST", "/containers/{name}/pause", plan: { try node.planPause($0["name"], true) }
            ) { request, responder, operation in
                try node.setPaused(request["name"], true, operation: operation)
                try responder.send(204)
            },
            Self.change(
                "POST", "/containers/{name}/unpause", plan: { try node.planPause($0["name"], false) }
            ) { request, responder, operation in
                try node.setPaused(request["name"], false, operation: operation)
                try responder.send(204)
            },
            Self.change(
                "POST", "/containers/{name}/rename",
                plan: { try node.planRename($0["name"], to: $0.query["name"] ?? "") }
            ) { request, responder, operation in
                try node.renameContainer(request["name"], to: request.query["name"] ?? "", operation: operation)
                try responder.send(204)
            },
            Self.change(
                "DELETE", "/containers/{name}",
                plan: { request in
                    let query = RemoveContainerQuery(request.query)
                    return try node.planRemoval(
                        request["name"], force: query.force, removeVolumes: query.volumes)
                }
            ) { request, responder, operation in
                let query = RemoveContainerQuery(request.query)
                if query.link {
                    throw EngineFailure(status: 409, "Conflict, cannot remove the default name of the container")
                }
                try node.removeContainer(
                    request["name"], force: query.force, removeVolumes: query.volumes, operation: operation)
                try responder.send(204)
            },
            // A link has the name of its container, a slash, and its own.
            Self.change(
                "DELETE", "/containers/{name}/{alias}",
                plan: { request in
                    let query = RemoveContainerQuery(request.query)
                    // A link is a line of the engine's record: nothing is done to the kernel.
                    return query.link
                        ? []
                        : try node.planRemoval(
                            "\(request["name"])/\(request["alias"])", force: query.force, removeVolumes: query.volumes)
                }
            ) { request, responder, operation in
                let name = "\(request["name"])/\(request["alias"])"
                let query = RemoveContainerQuery(request.query)
                if query.link {
                    try node.removeLink(name)
                } else {
                    try node.removeContainer(
                        name, force: query.force, removeVolumes: query.volumes, operation: operation)
                }
                try responder.send(204)
            },
            Self.withoutSteps("POST", "/containers/{name}/resize") { request, responder in
                let size = try TerminalSize(request.query)
                try node.resizeContainer(request["name"], columns: size.width, rows: size.height)
                try responder.send(200)
            },
            Self.withoutSteps("POST", "/containers/{name}/wait") { request, responder in
                let condition = try Node.WaitCondition(request.query, version: request.version)
                try wait(try node.beginWaiting(request["name"], condition: condition), request, responder)
            },
        ]
    }

    /// Answers when the wait is over. Clients from API 1.30 on get the head at once, because they start the container
    /// only when they know that somebody waits for it.
    private func wait(_ waiting: Node.Waiting, _ request: Request, _ responder: Responder) throws {
        let stream = request.version >= "1.30" ? try responder.stream(contentType: "application/json") : nil
        while request.isConnected {
            guard let code = waiting.wait(seconds: 1) else { continue }
            let answer: JSON = ["StatusCode": .integer(Int64(code))]
            if let stream { return try stream.write(json: answer) }
            return try responder.send(json: answer)
        }
    }

    /// The body of a create request, which must be there.
    private static func creation(_ request: Request) throws -> JSON {
        guard let body = try request.json() else {
            throw APIError.badRequest("invalid JSON: got EOF while reading request body")
        }
        return body
    }

    private static func refuseBody(_ request: Request) throws {
        let length = request.headers["Content-Length"].flatMap { Int($0) } ?? (request.body.isEmpty ? 0 : .max)
        guard length <= 7 else {
            throw APIError.badRequest(
                "starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24")
        }
    }
}

extension APIVersion {
    /// A container as clients of this version know it: limits that Docker has given up are left out for newer ones.
    fileprivate func container(_ container: JSON) -> JSON {
        guard self >= "1.42", var members = container.object, var host = members["HostConfig"]?.object else {
            return container
        }
        for name in ["KernelMemory", "KernelMemoryTCP"] where host[name] == .integer(0) { host[name] = nil }
        members["HostConfig"] = .object(host)
        return .object(members)
    }
}
