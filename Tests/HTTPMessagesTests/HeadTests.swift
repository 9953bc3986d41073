import HTTPMessages
import Testing

@Suite("Message heads")
struct HeadTests {
    static let get = "GET /v1.47/containers/json?all=1 HTTP/1.1\r\nHost: docker\r\n\r\n"

    @Test func aRequestHeadIsReadAndWrittenUnchanged() throws {
        let text = "POST /a%20b?x=1&y HTTP/1.1\r\nHost: d\r\nX-Empty: \r\nX-Many: 1\r\nx-many: 2\r\n\r\n"
        let head = try RequestHead(parsing: Array(text.utf8))
        #expect(head.method == "POST")
        #expect(head.path == "/a%20b")
        #expect(head.query == "x=1&y")
        #expect(head.headers["HOST"] == "d")
        #expect(head.headers["x-empty"] == "")
        #expect(head.headers.all("X-MANY") == ["1", "2"])
        #expect(String(decoding: head.encoded(), as: UTF8.self) == text)
    }

    @Test func aResponseHeadIsReadAndWrittenUnchanged() throws {
        let text = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
        let head = try ResponseHead(parsing: Array(text.utf8))
        #expect(head.status == 101)
        #expect(head.reason == "UPGRADED")
        #expect(String(decoding: head.encoded(), as: UTF8.self) == text)
        #expect(try ResponseHead(parsing: Array("HTTP/1.1 200\r\n\r\n".utf8)).reason == "")
    }

    @Test func anAbsoluteTargetBecomesAPath() throws {
        let text = "GET http://host:80/a?b HTTP/1.1\r\nHost: host:80\r\n\r\n"
        #expect(try RequestHead(parsing: Array(text.utf8)).target == "/a?b")
        #expect(try RequestHead(parsing: Array("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n".utf8)).target == "/")
        #expect(try RequestHead(parsing: Array("GET http://h?q HTTP/1.1\r\nHost: h\r\n\r\n".utf8)).target == "/?q")
    }

    @Test(arguments: [
        "GET / HTTP/1.1\nHost: d\n\n",
        "GET / HTTP/1.1\r\nHost: d\r\nA: b\rc\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: d\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: d\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: d\r\n\r\n",
        "GET /\u{1} HTTP/1.1\r\nHost: d\r\n\r\n",
        "GET /ä HTTP/1.1\r\nHost: d\r\n\r\n",
        "G(T / HTTP/1.1\r\nHost: d\r\n\r\n",
        " / HTTP/1.1\r\nHost: d\r\n\r\n",
        "GET a HTTP/1.1\r\nHost: d\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: d\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: d\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : d\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: d\r\n: empty\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: d\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: d\r\nA: b\u{0}c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: d\r\nA: b\u{7F}c\r\n\r\n",
        "GET / SMTP/1.1\r\nHost: d\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: d\r\n\r\nmore",
    ])
    func whatIsNoRequestIsRefused(_ text: String) {
        let failure = #expect(throws: HTTPFailure.self) { try RequestHead(parsing: Array(text.utf8)) }
        #expect(failure?.status == 400)
    }

    @Test(arguments: [
        "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 +20 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n",
        "HTTP/1.1 600 X\r\n\r\n", "HTTP/1.1\r\n\r\n", "200 OK\r\n\r\n", "HTTP/1.1 200 O\u{1}K\r\n\r\n",
    ])
    func whatIsNoResponseIsRefused(_ text: String) {
        #expect(throws: HTTPFailure.self) { try ResponseHead(parsing: Array(text.utf8)) }
    }

    @Test func otherVersionsOfHTTPAreNamed() {
        let text = Self.get.replacing("HTTP/1.1", with: "HTTP/2.0")
        #expect(throws: HTTPFailure.unsupportedVersion("HTTP/2.0")) { try RequestHead(parsing: Array(text.utf8)) }
    }

    @Test func aHeadHasLimits() {
        let many = Self.get.dropLast(1) + String(repeating: "A: b\r\n", count: 100) + "\r\n"
        let tooMany = #expect(throws: HTTPFailure.self) { try RequestHead(parsing: Array(many.utf8)) }
        #expect(tooMany?.status == 431)
        let long = Self.get.dropLast(1) + "A: " + String(repeating: "b", count: 65536) + "\r\n\r\n"
        let tooLong = #expect(throws: HTTPFailure.self) { try RequestHead(parsing: Array(long.utf8)) }
        #expect(tooLong?.status == 431)
    }

    @Test func aValueCannotStartAnotherField() {
        let head = RequestHead(method: "GET", target: "/", headers: ["A": "b\r\nEvil: c"])
        #expect(String(decoding: head.encoded(), as: UTF8.self) == "GET / HTTP/1.1\r\nA: b  Evil: c\r\n\r\n")
    }

    @Test(arguments: [
        ("HTTP/1.1", "", true), ("HTTP/1.1", "close", false), ("HTTP/1.1", "Keep-Alive, Close", false),
        ("HTTP/1.0", "", false), ("HTTP/1.0", "Keep-Alive", true), ("HTTP/1.1", "Upgrade", true),
    ])
    func aConnectionIsKeptAsItsVersionAndFieldsSay(_ version: String, _ connection: String, _ keeps: Bool) throws {
        let text = "GET / \(version)\r\nHost: d\r\nConnection: \(connection)\r\n\r\n"
        #expect(try RequestHead(parsing: Array(text.utf8)).keepsAlive == keeps)
    }

    @Test func settingAHeaderReplacesAllOfItsName() {
        var headers: Headers = ["A": "1", "B": "2", "a": "3"]
        headers["a"] = "4"
        #expect(headers.fields.map { "\($0.name)=\($0.value)" } == ["A=4", "B=2"])
        headers["b"] = nil
        #expect(headers.count == 1)
        headers["C"] = "5"
        #expect(headers["c"] == "5")
    }
}
