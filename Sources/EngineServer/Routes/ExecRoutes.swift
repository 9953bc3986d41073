import Engine
import HTTPMessages
import OrderedJSON

/// Further processes in running containers (API: Exec).
extension Routes {
    var execs: [Route] {
        let node = node
        return [
            Self.change(
                "POST", "/containers/{name}/exec",
                plan: { try node.planExec($0["name"], body: try $0.json() ?? .object([:])) }
            ) { request, responder, _ in
                let id = try node.createExec(request["name"], body: try request.json() ?? .object([:]))
                try responder.send(201, json: ["Id": .string(id)])
            },
            // An exec that is only planned has no identity to be started under: its plan was the answer to the first request.
            Self.change("POST", "/exec/{id}/start", plan: { _ in [] }) { request, responder, operation in
                let options = try request.json() ?? .object([:])
                try start(request["id"], options, request, responder, operation: operation)
            },
            Self.withoutSteps("POST", "/exec/{id}/resize") { request, responder in
                let size = try TerminalSize(request.query)
                try node.resizeExec(request["id"], columns: size.width, rows: size.height)
                try responder.send(200)
            },
            Route("GET", "/exec/{id}/json") { request, responder in
                try responder.send(json: try node.inspectExec(request["id"]))
            },
        ]
    }

    private func start(
        _ id: String, _ options: JSON, _ request: Request, _ responder: Responder, operation: String
    ) throws {
        let (hasTerminal, detachKeys) = try node.execTerminal(id)
        var size: (columns: UInt16, rows: UInt16)?
        // A terminal's size may come along from API 1.42 on: height first.
        if request.version >= "1.42", hasTerminal, let rows = options["ConsoleSize"]?[0]?.integer,
            let columns = options["ConsoleSize"]?[1]?.integer
        {
            size = (columns: UInt16(clamping: columns), rows: UInt16(clamping: rows))
        }
        if options["Detach"]?.bool == true {
            try node.startExec(id, attachment: nil, size: size, operation: operation)
            return try responder.send(200)
        }
        let streams = try node.execStreams(id)
        var wishes = Attachment.Wishes()
        wishes.input = streams.input
        wishes.output = streams.output
        wishes.error = streams.error
        wishes.isMultiplexed = !hasTerminal
        wishes.detachKeys = detachKeys
        let hijacked = try responder.hijack(isMultiplexed: !hasTerminal)
        let attachment = Attachment(
            descriptor: hijacked.socket, early: hijacked.buffered, wishes: wishes, onEnd: { _ in hijacked.close() })
        do { try node.startExec(id, attachment: attachment, size: size, operation: operation) } catch {
            // The connection is a plain stream already: the error is printed on it, as Docker's daemon does.
            let text = Array("\(EngineRoutes.translate(error).message)\r\n".utf8)
            let head = hasTerminal ? [] : Multiplexing.head(.standardOutput, count: text.count)
            try BufferedConnection(hijacked.socket).write(head + text)
            hijacked.close()
        }
    }
}
