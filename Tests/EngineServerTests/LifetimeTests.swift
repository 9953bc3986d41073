import EngineClient
import EngineServer
import Glibc
import HTTPMessages
import OrderedJSON
import Posix
import Synchronization
import Testing

@Suite("A server's life")
struct LifetimeTests {
    @Test func theSocketIsPrivate() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        var status = stat()
        #expect(stat(engine.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test func aGroupMayBeLetIn() throws {
        guard geteuid() == 0 else { return print("skipped: giving a socket to another group needs root") }
        let path = "/tmp/drydock-test-\(getpid())-group.sock"
        var configuration = EngineServer.Configuration(socketPath: path, serverVersion: "0.1")
        configuration.group = 65534
        let server = try EngineServer(configuration, router: Router(FakeEngine.routes))
        defer { server.stop() }
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o660)
        #expect(status.st_gid == 65534)
    }

    @Test func aSocketThatIsAnsweredIsNotTakenAway() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let configuration = EngineServer.Configuration(socketPath: engine.path, serverVersion: "0.1")
        #expect(throws: SystemError("listening at \(engine.path)", code: EADDRINUSE)) {
            try EngineServer(configuration, router: Router([]))
        }
        #expect(try engine.client().request("GET", "/_ping").status == 200)
    }

    @Test func aStaleSocketIsReplacedAndAnotherFileIsNot() throws {
        let path = "/tmp/drydock-test-\(getpid())-stale.sock"
        do { _ = try UnixSocket.listen(path) }
        #expect(Files.exists(path))
        let configuration = EngineServer.Configuration(socketPath: path, serverVersion: "0.1")
        let server = try EngineServer(configuration, router: Router(FakeEngine.routes))
        #expect(try EngineClient(socketPath: path).request("GET", "/_ping").status == 200)
        server.stop()
        #expect(!Files.exists(path))
        try Files.replace(path, with: [])
        defer { unlink(path) }
        #expect(throws: SystemError("listening at \(path)", code: EEXIST)) {
            try EngineServer(configuration, router: Router([]))
        }
    }

    @Test func stoppingLetsRequestsEndAndIdleConnectionsGo() throws {
        let began = Mutex(false)
        let engine = try FakeEngine(
            [
                Route("GET", "/slow") { _, responder in
                    began.withLock { $0 = true }
                    usleep(100_000)
                    try responder.send(json: "done")
                }
            ] + FakeEngine.routes)
        let idle = try engine.connect()
        #expect(try engine.exchange("GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n", on: idle).body == "OK")
        let result = Mutex<JSON?>(nil)
        try Thread.start("slow") {
            do {
                let answer = try engine.client().request("GET", "/slow").json()
                result.withLock { $0 = answer }
            } catch { Issue.record(error) }
        }
        while !began.withLock({ $0 }) { usleep(1000) }
        #expect(engine.server.activity.requests == 1)
        engine.server.stop(grace: 5)
        #expect(try idle.readHead() == nil)
        usleep(20_000)
        #expect(result.withLock { $0 } == "done")
        #expect(engine.server.activity.connections == 0)
        #expect(throws: ConnectionError.self) { try engine.client().request("GET", "/_ping") }
    }

    @Test func stoppingEndsWhatDoesNotEnd() throws {
        let engine = try FakeEngine()
        let hijacked = try engine.client().hijack("/hijack/raw")
        engine.server.stop(grace: 0.02)
        #expect(engine.server.activity.connections == 0)
        _ = hijacked
    }

    @Test func tooManyClientsAreTold() throws {
        let engine = try FakeEngine(connectionLimit: 2)
        defer { engine.server.stop() }
        let kept = try (0..<2).map { _ in try engine.connect() }
        for connection in kept {
            #expect(try engine.exchange("GET /_ping HTTP/1.1\r\nHost: d\r\n\r\n", on: connection).body == "OK")
        }
        let refused = #expect(throws: EngineError.self) { try engine.client().request("GET", "/_ping") }
        #expect(refused == EngineError(status: 503, message: "too many connections"))
    }

    @Test func aRouteLearnsThatItsClientIsGone() throws {
        let noticed = Mutex<[String]>([])
        let isWaiting = Mutex(false)
        let engine = try FakeEngine([
            Route("GET", "/wait") { request, responder in
                let pipe = try Descriptor.pipe()
                let registration = try request.whenClientGoes {
                    noticed.withLock { $0.append("told") }
                    _ = try? pipe.write.write("x")
                }
                #expect(request.isConnected)
                isWaiting.withLock { $0 = true }
                _ = try pipe.read.read(upTo: 1)
                noticed.withLock { $0.append(request.isConnected ? "still there" : "gone") }
                registration.cancel()
            }
        ])
        defer { engine.server.stop() }
        do {
            let connection = try engine.connect()
            try connection.write(Array("GET /wait HTTP/1.1\r\nHost: d\r\n\r\n".utf8))
            while !isWaiting.withLock({ $0 }) { usleep(1000) }
        }
        for _ in 0..<1000 where noticed.withLock({ $0.count }) < 2 { usleep(1000) }
        #expect(noticed.withLock { $0 } == ["told", "gone"])
    }

    @Test func watchingEndsWithItsRegistration() throws {
        let calls = Mutex(0)
        let engine = try FakeEngine([
            Route("GET", "/brief") { request, responder in
                _ = try request.whenClientGoes { calls.withLock { $0 += 1 } }
                try responder.send(json: "done")
            }
        ])
        defer { engine.server.stop() }
        _ = try engine.client().request("GET", "/brief")
        usleep(50_000)
        #expect(calls.withLock { $0 } == 0)
    }
}
