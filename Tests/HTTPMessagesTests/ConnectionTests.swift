import HTTPMessages
import Posix
import Testing

@Suite("Connections and bodies")
struct ConnectionTests {
    /// A connection on which the given bytes have come and nothing more will.
    private func received(_ text: String) throws -> BufferedConnection {
        let (near, far) = try UnixSocket.pair()
        try far.write(text)
        return BufferedConnection(near)
    }

    private func body(_ text: String, _ framing: BodyFraming) throws -> String {
        let body = MessageBody(try received(text), framing: framing)
        return String(decoding: try body.readToEnd(limit: 1 << 20), as: UTF8.self)
    }

    @Test func headsFollowEachOtherOnOneConnection() throws {
        let connection = try received("GET /1 HTTP/1.1\r\nHost: d\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: d\r\n\r\n")
        #expect(try connection.readHead().map { try RequestHead(parsing: $0).target } == "/1")
        #expect(try connection.readHead().map { try RequestHead(parsing: $0).target } == "/2")
        #expect(try connection.readHead() == nil)
    }

    @Test func aHeadMayComeByteByByte() throws {
        let (near, far) = try UnixSocket.pair()
        try Thread.start("dribble") {
            do { for byte in HeadTests.get.utf8 { try far.write([byte]) } } catch { Issue.record(error) }
        }
        #expect(try BufferedConnection(near).readHead() == Array(HeadTests.get.utf8))
    }

    @Test func aConnectionThatEndsInAHeadSaysSo() throws {
        let connection = try received("GET / HT")
        #expect(throws: HTTPFailure.truncated("a head")) { try connection.readHead() }
    }

    @Test func aHeadWithoutAnEndIsRefusedAtItsLimit() throws {
        let connection = try received(String(repeating: "x", count: 2000))
        let failure = #expect(throws: HTTPFailure.self) { try connection.readHead(limits: HeadLimits(bytes: 1000)) }
        #expect(failure?.status == 431)
    }

    @Test func aBodyOfKnownLengthLeavesTheRest() throws {
        let connection = try received("hello and more")
        #expect(try MessageBody(connection, framing: .length(5)).readToEnd(limit: 5) == Array("hello".utf8))
        #expect(connection.takeBuffered() == [])
        #expect(try connection.read(upTo: 100) == Array(" and more".utf8))
    }

    @Test func whatIsReadAheadIsHandedOver() throws {
        let connection = try received("POST / HTTP/1.1\r\nHost: d\r\n\r\nraw")
        _ = try connection.readHead()
        #expect(connection.takeBuffered() == Array("raw".utf8))
    }

    @Test func chunksAreJoined() throws {
        #expect(try body("5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n", .chunked) == "hello world")
        #expect(try body("A ;x\r\n0123456789\r\n000\r\nTrailer: x\r\nOther: y\r\n\r\n", .chunked) == "0123456789")
    }

    @Test(arguments: [
        "5\nhello\n0\n\n", "5\r\nhello0\r\n\r\n", "5\r\nhelloo\r\n0\r\n\r\n", "\r\n", "g\r\n", "-1\r\n", "+1\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n", "fffffffffffffffff\r\n", "5\r\nhel", "5\r\nhello\r\n", "5\r\nhello\r\n0\r\n",
        "5\rhello\r\n", " 5\r\nhello\r\n0\r\n\r\n", String(repeating: "0", count: 5000),
    ])
    func badChunksAreRefused(_ text: String) throws {
        #expect(throws: HTTPFailure.self) { try body(text, .chunked) }
    }

    @Test func trailersAreBounded() throws {
        let trailers = String(repeating: "A: \(String(repeating: "b", count: 1000))\r\n", count: 100)
        #expect(throws: HTTPFailure.self) { try body("0\r\n" + trailers + "\r\n", .chunked) }
    }

    @Test func aBodyThatEndsEarlySaysSo() throws {
        #expect(throws: HTTPFailure.truncated("a body")) { try body("hell", .length(5)) }
        #expect(try body("everything", .untilClose) == "everything")
    }

    @Test func aBodyIsReadNoFurtherThanAllowed() throws {
        let failure = #expect(throws: HTTPFailure.self) {
            let body = MessageBody(try received("123456"), framing: .length(6))
            return try body.readToEnd(limit: 5)
        }
        #expect(failure?.status == 413)
    }

    @Test func writtenChunksAreReadBack() throws {
        let pieces = ["a", "", String(repeating: "b", count: 100_000), "c"].map { Array($0.utf8) }
        let (near, far) = try UnixSocket.pair()
        let writer = BufferedConnection(far)
        try Thread.start("writer") {
            do {
                for piece in pieces { try writer.write(ChunkedCoding.chunk(piece)) }
                try writer.write(ChunkedCoding.end)
            } catch { Issue.record(error) }
        }
        let body = MessageBody(BufferedConnection(near), framing: .chunked)
        #expect(try body.readToEnd(limit: 1 << 20) == Array(pieces.joined()))
        #expect(body.isComplete)
    }

    @Test func writingToAPeerThatIsGoneIsAnErrorAndNoSignal() throws {
        let (near, far) = try UnixSocket.pair()
        let connection = BufferedConnection(near)
        #expect(!connection.isPeerGone)
        BufferedConnection(far).shutDown()
        #expect(connection.isPeerGone)
        #expect(connection.hasInput)
        #expect(throws: HTTPFailure.transport(SystemError("writing to the connection", code: 32))) {
            try connection.write([1])
        }
    }
}
