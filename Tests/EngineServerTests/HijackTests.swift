import EngineClient
import EngineServer
import Glibc
import HTTPMessages
import OrderedJSON
import Posix
import Testing

@Suite("Hijacked connections")
struct HijackTests {
    @Test func bytesGoBothWaysAndEachWayEndsByItself() throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let hijacked = try engine.client().hijack("/hijack/raw", body: ["Detach": false])
        #expect(hijacked.contentType == "application/vnd.docker.raw-stream")
        #expect(hijacked.buffered.isEmpty)
        let connection = BufferedConnection(Descriptor(owning: dup(hijacked.descriptor)))
        for text in ["one", "two\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
            try connection.write(Array(text.utf8))
            var echo: [UInt8] = []
            while echo.count < text.utf8.count { echo += try connection.read(upTo: 4096) }
            #expect(echo == Array(text.utf8))
        }
        hijacked.closeWrite()
        #expect(try connection.read(upTo: 10) == Array("bye".utf8))
        #expect(try connection.read(upTo: 10) == [])
    }

    @Test(arguments: [
        ("/v1.47/hijack/multiplexed", "Upgrade: tcp\r\nConnection: Upgrade\r\n", 101, "multiplexed"),
        ("/v1.41/hijack/multiplexed", "Upgrade: tcp\r\nConnection: Upgrade\r\n", 101, "raw"),
        ("/v1.47/hijack/raw", "Upgrade: tcp\r\nConnection: Upgrade\r\n", 101, "raw"),
        ("/v1.47/hijack/multiplexed", "", 200, "raw"),
    ])
    func theAnswerDependsOnWhatTheClientKnows(_ path: String, _ fields: String, _ status: Int, _ kind: String) throws {
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let connection = try engine.connect()
        // The first input comes in the same packet as the request.
        let text = "POST \(path) HTTP/1.1\r\nHost: d\r\nContent-Length: 0\r\n\(fields)\r\nearly"
        try connection.write(Array(text.utf8))
        let head = try #require(try connection.readHead().map { try ResponseHead(parsing: $0) })
        #expect(head.status == status)
        #expect(head.reason == (status == 101 ? "UPGRADED" : "OK"))
        #expect(head.headers["Upgrade"] == (status == 101 ? "tcp" : nil))
        #expect(head.headers["Content-Type"] == "application/vnd.docker.\(kind)-stream")
        var echo: [UInt8] = []
        while echo.count < 5 { echo += try connection.read(upTo: 5 - echo.count) }
        #expect(echo == Array("early".utf8))
        connection.shutDown()
    }
}
