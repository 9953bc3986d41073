import EngineClient
import EngineServer
import Glibc
import HTTPMessages
import OrderedJSON
import Posix
import Synchronization
import Testing

@Suite("The engine's server")
struct ServerTests {
    private static func request(_ line: String, _ fields: String = "", body: String = "") -> String {
        "\(line) HTTP/1.1\r\nHost: d\r\n\(fields)\r\n\(body)"
    }

    @Test func answersCarryDockersHeaders() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let (head, body) = try engine.exchange(Self.request("GET /_ping"))
        #expect(body == "OK")
        #expect(head.headers["Api-Version"] == "1.47")
        #expect(head.headers["Docker-Experimental"] == "false")
        #expect(head.headers["Ostype"] == "linux")
        #expect(head.headers["Server"] == "Drydock/0.1 (linux)")
        #expect(head.headers["Content-Type"] == "text/plain; charset=utf-8")
    }

    @Test func aHEADAnswerHasItsFieldsAndNoBody() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let connection = try engine.connect()
        let (head, _) = try engine.exchange(Self.request("HEAD /_ping"), on: connection, method: "HEAD")
        #expect(head.headers["Content-Length"] == "2")
        #expect(try engine.exchange(Self.request("GET /_ping"), on: connection).body == "OK")
    }

    @Test(arguments: [
        ("GET /nothing", 404, "page not found"), ("DELETE /_ping", 404, "page not found"),
        ("GET /v1.47/", 404, "page not found"), ("GET /v1.47/_ping/", 404, "page not found"),
        (
            "GET /v1.10/_ping", 400,
            "client version 1.10 is too old. Minimum supported API version is 1.24, please upgrade your client to a "
                + "newer version"
        ),
        ("GET /v1.99/_ping", 400, "client version 1.99 is too new. Maximum supported API version is 1.47"),
        ("GET /v1.43/new", 400, "GET /new requires minimum API version 1.44"),
        ("GET /%zz", 400, "invalid URL escape in the path"),
        ("POST /echo", 400, "unsupported Content-Type header (text/plain): must be 'application/json'"),
        ("GET /trouble", 500, "opening /a: No such file or directory (ENOENT)"),
    ])
    func refusalsAreJSONWithDockersTexts(_ line: String, _ status: Int, _ message: String) throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let fields = line.hasPrefix("POST") ? "Content-Type: text/plain\r\nContent-Length: 2\r\n" : ""
        let connection = try engine.connect()
        let (head, body) = try engine.exchange(
            Self.request(line, fields, body: fields.isEmpty ? "" : "{}"), on: connection)
        #expect(head.status == status)
        #expect(head.headers["Content-Type"] == "application/json")
        #expect(body == #"{"message":"\#(message)"}"# + "\n")
        // A refusal leaves the connection in order.
        #expect(try engine.exchange(Self.request("GET /_ping"), on: connection).body == "OK")
    }

    @Test func versionsChooseTheRoute() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        #expect(try engine.exchange(Self.request("GET /v1.44/new")).body == "\"1.44\"\n")
        #expect(try engine.exchange(Self.request("GET /new")).body == "\"1.47\"\n")
    }

    @Test func namesOfImagesMayHoldSlashesAndEscapes() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        #expect(try engine.exchange(Self.request("GET /v1.47/images/lab/web:1/json")).body == "\"lab/web:1\"\n")
        #expect(try engine.exchange(Self.request("GET /images/lab%2Fweb%3A1/json")).body == "\"lab/web:1\"\n")
        #expect(try engine.client().request("GET", "/images/a b/json").json() == "a b")
    }

    @Test(arguments: [
        ("", "invalid JSON: got EOF while reading request body"),
        ("  ", "invalid JSON: got EOF while reading request body"),
        ("{", "invalid JSON: unexpected EOF"), ("{\"a\":1", "invalid JSON: unexpected EOF"),
        ("{} {}", "unexpected content after JSON"), ("{x}", "invalid JSON: "),
    ])
    func whatIsNoJSONIsRefused(_ text: String, _ message: String) throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let chunks = text.isEmpty ? "0\r\n\r\n" : "\(text.utf8.count)\r\n\(text)\r\n0\r\n\r\n"
        let fields = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
        let (head, body) = try engine.exchange(Self.request("POST /echo", fields, body: chunks))
        #expect(head.status == 400)
        #expect(body.hasPrefix(#"{"message":"\#(message)"#))
    }

    @Test func aBodyWithoutTypeIsNoBody() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let (head, body) = try engine.exchange(Self.request("POST /echo", "Content-Length: 0\r\n"))
        #expect(head.status == 201)
        #expect(head.headers["Drydock-Operation"] == "op7")
        #expect(body == "\"nothing\"\n")
    }

    @Test func largeBodiesStreamBothWays() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let client = engine.client()
        let bytes = [UInt8](repeating: 7, count: 3_000_000)
        let (reading, writing) = try UnixSocket.pair()
        try Thread.start("body") {
            do { try writing.write(bytes) } catch { Issue.record(error) }
            BufferedConnection(writing).closeWrite()
        }
        let body = RequestBody.descriptor(reading.number, contentType: "application/x-tar")
        #expect(try client.stream("POST", "/count", body: body).nextJSON() == ["count": 3_000_000])
        withExtendedLifetime(reading) {}

        let stream = try client.stream("GET", "/ticks/2000")
        var next: Int64 = 0
        while let tick = try stream.nextJSON() {
            #expect(tick["tick"]?.integer == next)
            next += 1
        }
        #expect(next == 2000)
    }

    @Test func aBodyThatNobodyReadsDoesNotDisturbTheNextRequest() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let connection = try engine.connect()
        let post = Self.request("POST /ignore", "Content-Length: 5\r\n", body: "GET /")
        #expect(try engine.exchange(post, on: connection).head.status == 204)
        #expect(try engine.exchange(Self.request("GET /_ping"), on: connection).body == "OK")
    }

    @Test func requestsMayBeSentAhead() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let connection = try engine.connect()
        let both = Self.request("GET /_ping") + Self.request("GET /explained", "Drydock-Explain: 1\r\n")
        #expect(try engine.exchange(both, on: connection).body == "OK")
        #expect(try engine.exchange("", on: connection).body == "true\n")
    }

    @Test func whoWaitsToBeToldToContinueIsTold() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let connection = try engine.connect()
        let fields = "Content-Length: 3\r\nExpect: 100-continue\r\n"
        let (interim, _) = try engine.exchange(Self.request("POST /count", fields), on: connection)
        #expect(interim.status == 100)
        #expect(try engine.exchange("abc", on: connection).body == "{\"count\":3}\n")
        // A route that does not want the body just answers, and the connection ends.
        let (head, _) = try engine.exchange(Self.request("POST /ignore", fields), on: connection)
        #expect(head.status == 204)
        #expect(try connection.readHead() == nil)
    }

    @Test func theConnectionEndsWhenTheClientSaysSo() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let connection = try engine.connect()
        let (head, _) = try engine.exchange(Self.request("GET /_ping", "Connection: close\r\n"), on: connection)
        #expect(head.headers["Connection"] == "close")
        #expect(try connection.readHead() == nil)
        let old = try engine.connect()
        let (answer, body) = try engine.exchange("GET /ticks/1 HTTP/1.0\r\n\r\n", on: old)
        #expect(answer.headers["Transfer-Encoding"] == nil)
        #expect(body == "{\"tick\":0}\n")
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400), ("GET / HTTP/3\r\nHost: d\r\n\r\n", 505), ("nonsense\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: d\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("POST /echo HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        ("GET /_ping?%x HTTP/1.1\r\nHost: d\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: d\r\nA: \(String(repeating: "b", count: 70000))\r\n\r\n", 431),
    ])
    func malformedRequestsAreRefusedAndTheConnectionEnds(_ text: String, _ status: Int) throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let connection = try engine.connect()
        let (head, body) = try engine.exchange(text, on: connection)
        #expect(head.status == status)
        #expect(head.headers["Connection"] == "close")
        #expect(try JSON(parsing: body)["message"]?.string?.isEmpty == false)
    }

    @Test func badChunksInABodyAreA400() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let connection = try engine.connect()
        let (head, _) = try engine.exchange(
            Self.request("POST /count", "Transfer-Encoding: chunked\r\n", body: "zz\r\n"), on: connection)
        #expect(head.status == 400)
        #expect(try connection.readHead() == nil)
    }

    @Test func anAnswerThatBreaksOffIsNotAWholeOne() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let stream = try engine.client().stream("GET", "/broken")
        #expect(try stream.read() == Array("half".utf8))
        #expect(throws: ConnectionError.self) { try stream.read() }
        #expect(engine.reports.all == ["GET /v1.47/broken: broke off"])
    }

    @Test func aRouteThatSaysNothingSays200() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        #expect(try engine.client().request("POST", "/silent").status == 200)
    }
}
