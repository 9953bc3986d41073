import HTTPMessages
import Posix
import Testing

/// Random damage to good messages: whatever comes, the codec answers with a value or an error, within its bounds.
@Suite("Damaged messages")
struct MutationTests {
    /// SplitMix64, so that a failure can be repeated.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private static let interesting: [UInt8] = Array("\r\n :;,\t\0%&=+0fF9\u{7F}\u{FF}/?".utf8)

    private func mutate(_ bytes: [UInt8], _ generator: inout Generator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...6, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[place] = UInt8.random(in: 0 ... .max, using: &generator)
            case 1: bytes[place] = Self.interesting.randomElement(using: &generator) ?? 0
            case 2: bytes.insert(Self.interesting.randomElement(using: &generator) ?? 0, at: place)
            case 3: bytes.remove(at: place)
            case 4: bytes.removeLast(Int.random(in: 0...(bytes.count - place), using: &generator))
            default: bytes.insert(contentsOf: bytes[place...].prefix(20), at: place)
            }
        }
        return bytes
    }

    @Test func damagedRequestsAreReadOrRefused() throws {
        var generator = Generator(state: 1)
        let good = Array(
            ("POST /v1.47/containers/create?name=web&x=%20 HTTP/1.1\r\nHost: docker\r\nContent-Type: application/json"
                + "\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n5\r\nhello\r\n3;a\r\nabc\r\n0\r\n\r\n")
                .utf8)
        for _ in 0..<4000 {
            let bytes = mutate(good, &generator)
            let (near, far) = try UnixSocket.pair()
            let sender = BufferedConnection(far)
            try sender.write(bytes)
            sender.closeWrite()
            let connection = BufferedConnection(near)
            do throws(HTTPFailure) {
                while let head = try connection.readHead() {
                    let head = try RequestHead(parsing: head)
                    _ = try Query(parsing: head.query ?? "")
                    _ = PercentEncoding.decode(head.path)
                    let body = MessageBody(connection, framing: try head.bodyFraming())
                    #expect(try body.readToEnd(limit: 1 << 20).count <= bytes.count)
                }
            } catch { #expect(error.status >= 400) }
        }
    }

    @Test func damagedResponsesAreReadOrRefused() throws {
        var generator = Generator(state: 2)
        let good = Array(
            "HTTP/1.1 200 OK\r\nApi-Version: 1.47\r\nContent-Length: 12\r\nContent-Type: application/json\r\n\r\n".utf8)
        for _ in 0..<20000 {
            do throws(HTTPFailure) {
                _ = try ResponseHead(parsing: mutate(good, &generator)).bodyFraming(answering: "GET")
            } catch { #expect(!error.description.isEmpty) }
        }
    }

    @Test func whatIsReadIsWrittenTheSame() throws {
        var generator = Generator(state: 3)
        let good = Array("GET /a?b=c HTTP/1.1\r\nHost: docker\r\nX-One: two, three\r\n\r\n".utf8)
        var survivors = 0
        for _ in 0..<20000 {
            guard let head = try? RequestHead(parsing: mutate(good, &generator)) else { continue }
            survivors += 1
            #expect(try RequestHead(parsing: head.encoded()) == head)
        }
        #expect(survivors > 100)
    }
}
