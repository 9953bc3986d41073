import Engine
import HTTPMessages
import OrderedJSON

/// Files of containers as archives: `docker cp` and `docker export` (API: Container).
extension Routes {
    var archives: [Route] {
        let node = node
        return [
            Route("HEAD", "/containers/{name}/archive") { request, responder in
                let query = try ArchiveQuery(request.query)
                let status = try node.pathStatus(request["name"], path: query.path)
                try responder.send(200, headers: [Self.pathHeader: Base64.text(status.encoded())])
            },
            Route("GET", "/containers/{name}/archive") { request, responder in
                let query = try ArchiveQuery(request.query)
                let sender = PieceSender()
                try node.getArchive(
                    request["name"], path: query.path,
                    begin: { status in
                        sender.stream = try responder.stream(
                            contentType: "application/x-tar",
                            headers: [Self.pathHeader: Base64.text(status.encoded())])
                    }, send: sender.write)
                try sender.flush()
            },
            Self.change("PUT", "/containers/{name}/archive") { request, responder, operation in
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

/// The standard alphabet with padding (RFC 4648, section 4).
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The text of bytes.
    static func text(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let value = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                text.append(
                    place <= group.count ? alphabet[Int(value >> UInt32(18 - 6 * place)) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
