import Glibc
import HTTPMessages
import Posix
import Synchronization

/// A unix socket that answers each connection with what a script says: for engines that misbehave.
final class ScriptedEngine: Sendable {
    let path: String
    private let listener: Descriptor
    private let requests = Mutex<[RequestHead]>([])
    private let accepted = Mutex(0)

    /// What the script is given for one request of one connection.
    struct Turn: Sendable {
        /// How many connections were accepted before this one.
        var connection: Int
        /// How many requests came on this connection before this one.
        var request: Int
        var head: RequestHead
        var body: [UInt8]
    }

    /// - Parameter script: The answer's bytes; `nil` ends the connection.
    init(_ script: @escaping @Sendable (Turn) -> String?) throws {
        path = "/tmp/drydock-test-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
        listener = try UnixSocket.listen(path)
        try Thread.start("scripted") { [self] in
            while let socket = try? UnixSocket.accept(listener) {
                let number = accepted.withLock { count in
                    defer { count += 1 }
                    return count
                }
                try? Thread.start("scripted") { [self] in serve(BufferedConnection(socket), number, script) }
            }
        }
    }

    private func serve(_ connection: BufferedConnection, _ number: Int, _ script: (Turn) -> String?) {
        var count = 0
        while let bytes = try? connection.readHead(), let head = try? RequestHead(parsing: bytes),
            let framing = try? head.bodyFraming(),
            let body = try? MessageBody(connection, framing: framing).readToEnd(limit: 1 << 24)
        {
            requests.withLock { $0.append(head) }
            guard let answer = script(Turn(connection: number, request: count, head: head, body: body)) else { break }
            count += 1
            if (try? connection.write(Array(answer.utf8))) == nil || answer.contains("Connection: close") { break }
        }
        connection.shutDown()
    }

    /// The heads of all requests so far.
    var heads: [RequestHead] { requests.withLock { $0 } }

    func stop() {
        shutdown(listener.number, Int32(SHUT_RDWR))
        unlink(path)
    }
}

/// A whole answer with a JSON body.
func answer(_ status: Int, _ body: String, _ headers: Headers = [:]) -> String {
    var head = ResponseHead(status: status, headers: headers)
    head.headers["Content-Type"] = "application/json"
    head.headers["Content-Length"] = String(body.utf8.count)
    return String(decoding: head.encoded(), as: UTF8.self) + body
}
