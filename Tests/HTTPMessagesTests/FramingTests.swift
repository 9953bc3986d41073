import HTTPMessages
import Testing

@Suite("Where bodies end")
struct FramingTests {
    private func request(_ fields: String, version: String = "HTTP/1.1") throws -> BodyFraming {
        let text = "POST / \(version)\r\nHost: d\r\n\(fields)\r\n"
        return try RequestHead(parsing: Array(text.utf8)).bodyFraming()
    }

    private func response(_ status: Int, _ fields: String, to method: String = "GET") throws -> BodyFraming {
        try ResponseHead(parsing: Array("HTTP/1.1 \(status) X\r\n\(fields)\r\n".utf8)).bodyFraming(answering: method)
    }

    @Test func aRequestSaysWhereItsBodyEnds() throws {
        #expect(try request("") == .none)
        #expect(try request("Content-Length: 0\r\n") == .none)
        #expect(try request("Content-Length: 12\r\n") == .length(12))
        #expect(try request("Content-Length: 12\r\nContent-Length: 12\r\n") == .length(12))
        #expect(try request("Transfer-Encoding: Chunked\r\n") == .chunked)
    }

    @Test(arguments: [
        "Content-Length: 1\r\nContent-Length: 2\r\n", "Content-Length: 1, 1\r\n", "Content-Length: +1\r\n",
        "Content-Length: -1\r\n", "Content-Length: 0x1\r\n", "Content-Length: \r\n",
        "Content-Length: 99999999999999999999\r\n", "Content-Length: 1 2\r\n",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n", "Transfer-Encoding: \r\n",
    ])
    func lengthsThatCouldBeReadInTwoWaysAreRefused(_ fields: String) {
        #expect(throws: HTTPFailure.self) { try request(fields) }
        #expect(throws: HTTPFailure.self) { try response(200, fields) }
    }

    @Test func chunksNeedHTTP1_1() {
        #expect(throws: HTTPFailure.self) { try request("Transfer-Encoding: chunked\r\n", version: "HTTP/1.0") }
    }

    @Test func aResponseSaysWhereItsBodyEnds() throws {
        #expect(try response(200, "") == .untilClose)
        #expect(try response(200, "Content-Length: 5\r\n") == .length(5))
        #expect(try response(200, "Content-Length: 5\r\n", to: "HEAD") == .none)
        #expect(try response(204, "") == .none)
        #expect(try response(304, "Content-Length: 5\r\n") == .none)
        #expect(try response(101, "") == .none)
        #expect(try response(200, "Transfer-Encoding: chunked\r\n") == .chunked)
    }
}
