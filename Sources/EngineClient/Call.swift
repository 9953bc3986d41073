import Glibc
import HTTPMessages
import OrderedJSON
import Posix

/// One request before it is sent.
struct Call: Sendable {
    var method: String
    var path: String
    var query: [(String, String)]
    var body: RequestBody?
    var headers: [(String, String)]

    private static let pieceSize = 64 * 1024

    /// Whether making the call twice does what making it once does (RFC 9110, section 9.2.2), and it can be made
    /// twice.
    var isIdempotent: Bool {
        if case .descriptor = body { return false }
        return ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"].contains(method)
    }

    /// Sends the call, head and small body in one write.
    func send(on connection: BufferedConnection, version: String, hostHeader: String) throws(HTTPFailure) {
        // As Docker's client: an empty name at the end leaves no slash behind.
        var target = "/v\(version)" + PercentEncoding.path(path)
        while target.hasSuffix("/") { target.removeLast() }
        if !query.isEmpty { target += "?" + Query(query).encoded }
        var head = RequestHead(
            method: method, target: target, headers: ["Host": hostHeader, "User-Agent": "Drydock-Client (linux)"])
        for (name, value) in headers { head.headers.add(name, value) }
        switch body {
        case nil:
            if method == "POST" || method == "PUT" { head.headers.add("Content-Length", "0") }
            try connection.write(head.encoded())
        case .json(let json): try send(json.encoded(), "application/json", head, on: connection)
        case .bytes(let bytes, let contentType): try send(bytes, contentType, head, on: connection)
        case .descriptor(let number, let contentType, let sent):
            head.headers.add("Content-Type", contentType)
            head.headers.add("Transfer-Encoding", "chunked")
            try connection.write(head.encoded())
            try sendChunks(from: number, on: connection, sent: sent)
        }
    }

    private func send(
        _ bytes: [UInt8], _ contentType: String, _ head: RequestHead, on connection: BufferedConnection
    ) throws(HTTPFailure) {
        var head = head
        head.headers.add("Content-Type", contentType)
        head.headers.add("Content-Length", String(bytes.count))
        try connection.write(head.encoded() + bytes)
    }

    private func sendChunks(
        from number: Int32, on connection: BufferedConnection, sent: (@Sendable (Int64) -> Void)?
    ) throws(HTTPFailure) {
        do throws(SystemError) {
            // A duplicate, so that the caller's own descriptor stays open and cannot be closed under us.
            let source = Descriptor(
                owning: try check("duplicating a descriptor") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
            var wasRead = true
            var total: Int64 = 0
            while wasRead {
                let bytes = try source.read(upTo: Self.pieceSize)
                wasRead = !bytes.isEmpty
                do throws(HTTPFailure) {
                    try connection.write(wasRead ? ChunkedCoding.chunk(bytes) : ChunkedCoding.end)
                } catch {
                    guard case .transport(let cause) = error else { return }
                    throw cause
                }
                total += Int64(bytes.count)
                if wasRead { sent?(total) }
            }
        } catch { throw .transport(error) }
    }
}
