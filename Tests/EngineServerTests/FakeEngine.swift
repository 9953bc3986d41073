import EngineClient
import EngineServer
import Glibc
import HTTPMessages
import OrderedJSON
import Posix
import Synchronization

/// A server with a small routing table of its own, for tests of the plumbing.
final class FakeEngine: Sendable {
    let path: String
    let server: EngineServer
    let reports = Reports()

    final class Reports: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    init(_ routes: [Route] = FakeEngine.routes, connectionLimit: Int = 512) throws {
        path = "/tmp/drydock-test-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
        var configuration = EngineServer.Configuration(socketPath: path, serverVersion: "0.1")
        configuration.connectionLimit = connectionLimit
        configuration.report = { [reports] in reports.add($0) }
        server = try EngineServer(configuration, router: Router(routes))
    }

    func client() -> EngineClient { EngineClient(socketPath: path) }

    /// A raw connection.
    func connect() throws -> BufferedConnection { BufferedConnection(try UnixSocket.connect(path)) }

    /// Sends raw bytes and reads one answer.
    func exchange(_ text: String, on connection: BufferedConnection? = nil, method: String = "GET") throws
        -> (head: ResponseHead, body: String)
    {
        let connection = try connection ?? connect()
        try connection.write(Array(text.utf8))
        guard let bytes = try connection.readHead() else { throw HTTPFailure.truncated("an answer") }
        let head = try ResponseHead(parsing: bytes)
        let body = MessageBody(connection, framing: try head.bodyFraming(answering: method))
        return (head, String(decoding: try body.readToEnd(limit: 1 << 24), as: UTF8.self))
    }

    static let routes: [Route] = [
        Route("GET", "/_ping") { _, responder in
            try responder.send(bytes: Array("OK".utf8), contentType: "text/plain; charset=utf-8")
        },
        Route("HEAD", "/_ping") { _, responder in
            try responder.send(bytes: Array("OK".utf8), contentType: "text/plain; charset=utf-8")
        },
        Route("GET", "/version") { _, responder in
            try responder.send(json: [
                "Platform": ["Name": "Fake Engine"], "Version": "0.1", "ApiVersion": "1.47", "MinAPIVersion": "1.24",
                "Os": "linux", "Arch": "amd64", "KernelVersion": "6.0", "GitCommit": "abc", "GoVersion": "",
                "BuildTime": "2026-01-01T00:00:00.000000000+00:00",
            ])
        },
        Route("POST", "/echo") { request, responder in
            responder.operation = "op7"
            try responder.send(201, json: try request.json() ?? "nothing")
        },
        Route("POST", "/count") { request, responder in
            var count = 0
            while let piece = try request.body.read() { count += piece.count }
            try responder.send(json: ["count": .integer(Int64(count))])
        },
        Route("POST", "/ignore") { _, responder in try responder.send(204) },
        Route("POST", "/silent") { _, _ in },
        Route("GET", "/ticks/{n}") { request, responder in
            let stream = try responder.stream(contentType: "application/json")
            for tick in 0..<(Int64(request["n"]) ?? 0) { try stream.write(json: ["tick": .integer(tick)]) }
        },
        Route("GET", "/broken") { _, responder in
            try responder.stream(contentType: "text/plain").write(Array("half".utf8))
            throw APIError.failure("broke off")
        },
        Route("GET", "/trouble") { _, _ in throw SystemError("opening /a", code: ENOENT) },
        Route("GET", "/explained") { request, responder in try responder.send(json: .bool(request.isExplain)) },
        Route("GET", "/images/{name...}/json") { request, responder in
            try responder.send(json: .string(request["name"]))
        },
        Route("GET", "/new", since: "1.44") { request, responder in
            try responder.send(json: .string(request.version.description))
        },
        Route("POST", "/hijack/{kind}") { request, responder in
            let stream = try responder.hijack(isMultiplexed: request["kind"] == "multiplexed")
            let connection = BufferedConnection(stream.socket)
            var bytes = stream.buffered
            repeat {
                try connection.write(bytes)
                bytes = try connection.read(upTo: 4096)
            } while !bytes.isEmpty
            try connection.write(Array("bye".utf8))
            connection.shutDown()
        },
    ]
}
