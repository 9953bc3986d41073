import Engine
import HTTPMessages
import OrderedJSON
import Posix

/// Files of containers as archives: `docker cp` and `docker export` (API: Container).
extension Routes {
    var archives: [Route] {
        let node = node
        return [
            Route("HEAD", "/containers/{name}/archive") { request, responder in
                let query = try ArchiveQuery(request.query)
                let status = try node.pathStatus(request["name"], path: query.path)
                try responder.send(200, headers: [Self.pathHeader: Base64.encode(status.encoded())])
            },
            Self.reading("GET", "/containers/{name}/archive") { request, responder, operation in
                let query = try ArchiveQuery(request.query)
                let sender = PieceSender()
                try node.getArchive(
                    request["name"], path: query.path, isQuiet: request.isQuiet, operation: operation,
                    begin: { status in
                        sender.stream = try responder.stream(
                            contentType: "application/x-tar",
                            headers: [Self.pathHeader: Base64.encode(status.encoded())])
                    }, send: sender.write)
                try sender.flush()
            },
            Self.change(
                "PUT", "/containers/{name}/archive",
                plan: { try node.planPut($0["name"], path: try ArchiveQuery($0.query).path) }
            ) { request, responder, operation in
                let query = try ArchiveQuery(request.query)
                let body = request.body
                try node.putArchive(
                    request["name"], path: query.path, givesToUser: query.copyUIDGID, operation: operation,
                    pull: { try body.read() ?? [] })
                try responder.send(200)
            },
            Route("GET", "/containers/{name}/export") { request, responder in
                let sender = PieceSender()
                try node.exportContainer(
                    request["name"],
                    begin: { sender.stream = try responder.stream(contentType: "application/octet-stream") },
                    send: sender.write)
                try sender.flush()
            },
        ]
    }

    private static let pathHeader = "X-Docker-Container-Path-Stat"
}

/// Sends an archive in pieces of a good size.
private final class PieceSender {
    var stream: ResponseStream?
    private var held: [UInt8] = []
    private static let pieceSize = 128 * 1024

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        held += bytes
        if held.count >= Self.pieceSize { try flush() }
    }

    func flush() throws {
        try stream?.write(held)
        held.removeAll(keepingCapacity: true)
    }
}
