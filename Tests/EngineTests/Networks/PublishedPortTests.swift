import Kernel
import OrderedJSON
import Testing

@testable import Engine

@Suite("Published ports")
struct PublishedPortTests {
    private func take(_ table: inout PortTable, _ request: PortRequest, at address: String, owner: String) throws
        -> UInt16?
    {
        let place = [IPAddress(address)].compactMap { $0 }
        return try table.take([request], for: owner) { _ in (node: place, machine: []) }.first?.hostPort
    }

    @Test("A port is given once for each address and protocol; all addresses include each")
    func conflicts() throws {
        var table = PortTable()
        let tcp = PortRequest(port: 80, transport: .tcp, address: "", hostPorts: 8080...8080)
        let udp = PortRequest(port: 80, transport: .udp, address: "", hostPorts: 8080...8080)
        #expect(try take(&table, tcp, at: "127.0.0.1", owner: "a") == 8080)
        #expect(try take(&table, tcp, at: "127.0.0.2", owner: "b") == 8080)
        #expect(try take(&table, udp, at: "0.0.0.0", owner: "c") == 8080)
        #expect(
            throws: EngineFailure.system("Bind for 0.0.0.0:8080 failed: port is already allocated")
        ) { try take(&table, tcp, at: "0.0.0.0", owner: "d") }
        table.release("a")
        table.release("b")
        #expect(try take(&table, tcp, at: "0.0.0.0", owner: "d") == 8080)
    }

    @Test("A range gives its first free port; without one the engine chooses from 32768 on")
    func choice() throws {
        var table = PortTable()
        let range = PortRequest(port: 80, transport: .tcp, address: "", hostPorts: 8000...8001)
        let any = PortRequest(port: 80, transport: .tcp, address: "", hostPorts: nil)
        #expect(try take(&table, range, at: "0.0.0.0", owner: "a") == 8000)
        #expect(try take(&table, range, at: "0.0.0.0", owner: "b") == 8001)
        #expect(throws: EngineFailure.self) { try take(&table, range, at: "0.0.0.0", owner: "c") }
        #expect(try take(&table, any, at: "0.0.0.0", owner: "c") == 32768)
        #expect(try take(&table, any, at: "0.0.0.0", owner: "d") == 32769)
    }

    @Test("What a user asks for is read from Docker's map of bindings; -P adds what is exposed")
    func requests() throws {
        let config: JSONObject = ["ExposedPorts": ["80/tcp": [:], "53/udp": [:]]]
        let host: JSONObject = [
            "PortBindings": ["80/tcp": [["HostIp": "127.0.0.1", "HostPort": "8080-8081"]]], "PublishAllPorts": true,
        ]
        #expect(
            try PortRequest.all(config: config, host: host) == [
                PortRequest(port: 53, transport: .udp, address: "", hostPorts: nil),
                PortRequest(port: 80, transport: .tcp, address: "127.0.0.1", hostPorts: 8080...8081),
            ])
        let wrong: JSONObject = ["PortBindings": ["http/tcp": [["HostIp": "", "HostPort": "1"]]]]
        #expect(throws: EngineFailure.self) { try PortRequest.all(config: [:], host: wrong) }
    }
}

@Suite("Questions for names")
struct NameQuestionTests {
    private func query(_ name: String, type: UInt8) -> [UInt8] {
        [0xAB, 0xCD, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0] + NameQuestion.encode(name) + [0, type, 0, 1]
    }

    @Test("A question is read, in small letters, and answered with its own identity")
    func answers() throws {
        let question = try #require(NameQuestion(query("Web", type: 1)))
        #expect(question.name == "web" && question.kind == .address)
        let answer = question.answer([[172, 18, 0, 2]])
        #expect(answer.prefix(8) == [0xAB, 0xCD, 0x81, 0x80, 0, 1, 0, 1])
        #expect(answer.suffix(6) == [0, 4, 172, 18, 0, 2])
        #expect(question.answer(nil)[3] == 0x83)
        #expect(question.answer([]).prefix(8) == [0xAB, 0xCD, 0x81, 0x80, 0, 1, 0, 0])
    }

    @Test("A reverse question names an address")
    func reverse() throws {
        let question = try #require(NameQuestion(query("2.0.18.172.in-addr.arpa", type: 12)))
        #expect(question.reversedAddress == IPAddress("172.18.0.2"))
    }

    @Test("A reverse question names an IPv6 address by its 32 digits")
    func reverse6() throws {
        let digits = "fd770000000000000000000000000002".reversed().map(String.init).joined(separator: ".")
        #expect(
            try #require(NameQuestion(query(digits + ".ip6.arpa", type: 12))).reversedAddress == IPAddress("fd77::2"))
        for wrong in ["2.0.ip6.arpa", digits.dropLast(1) + "g.ip6.arpa", digits + ".0.ip6.arpa"] {
            #expect(try #require(NameQuestion(query(wrong, type: 12))).reversedAddress == nil)
        }
    }

    @Test("A question that nobody could answer has failed, which is not the same as that there is no such name")
    func failure() throws {
        let question = try #require(NameQuestion(query("far.test", type: 1)))
        #expect(question.failure.prefix(8) == [0xAB, 0xCD, 0x81, 0x82, 0, 1, 0, 0])
        #expect(NameQuestion(question.failure) == nil)
    }

    @Test("Messages in a stream are found whole, however the bytes arrive")
    func stream() {
        let messages: [[UInt8]] = [[1, 2, 3], [], [UInt8](repeating: 7, count: 300)]
        let bytes = messages.flatMap(NameStream.framed)
        for size in [1, 2, 3, 100, 1000] {
            var stream = NameStream()
            var found: [[UInt8]] = []
            for start in Swift.stride(from: 0, to: bytes.count, by: size) {
                stream.append(Array(bytes[start..<min(start + size, bytes.count)]))
                while let message = stream.next() { found.append(message) }
            }
            #expect(found == messages)
        }
    }

    @Test("No part of a question is read as a question, and no byte of it brings the reader down")
    func mutations() {
        let whole = query("web.lab", type: 1)
        for length in 0..<whole.count { #expect(NameQuestion(Array(whole.prefix(length))) == nil) }
        for index in whole.indices {
            for value in [0, 1, 63, 64, 0xC0, 0xFF] as [UInt8] {
                var changed = whole
                changed[index] = value
                _ = NameQuestion(changed)?.answer([[1, 2, 3, 4]])
            }
        }
    }
}

@Suite("Links between containers")
struct ContainerLinkTests {
    @Test(
        "A link is read as the command line and the API write it",
        arguments: [
            ("db", "db", "db"), ("db:store", "db", "store"), ("/db:/web/store", "db", "store"),
        ])
    func parsing(text: String, name: String, alias: String) throws {
        let link = try ContainerLink.parse(text)
        #expect(link.name == name && link.alias == alias)
    }

    @Test("What is no link is refused with Docker's texts")
    func refusals() {
        #expect(throws: EngineFailure.invalid("bad format for links: a:b:c")) { try ContainerLink.parse("a:b:c") }
        #expect(throws: EngineFailure.invalid("empty string specified for links")) { try ContainerLink.parse("") }
    }

    @Test("Three ports in a row are told by the first and the last; the environment but for PATH and HOME is handed on")
    func environment() throws {
        let address = try #require(IPAddress("172.17.0.2"))
        let config: JSONObject = [
            "ExposedPorts": ["80/tcp": [:], "82/tcp": [:], "81/tcp": [:], "53/udp": [:]],
            "Env": ["A=1", "PATH=/bin", "HOME=/", "B"],
        ]
        let link = ContainerLink(target: "x", alias: "my-db")
        #expect(
            link.environment(from: "web", to: address, config: config) == [
                "MY_DB_PORT=udp://172.17.0.2:53", "MY_DB_PORT_53_UDP=udp://172.17.0.2:53",
                "MY_DB_PORT_53_UDP_ADDR=172.17.0.2", "MY_DB_PORT_53_UDP_PORT=53", "MY_DB_PORT_53_UDP_PROTO=udp",
                "MY_DB_PORT_80_TCP_START=tcp://172.17.0.2:80", "MY_DB_PORT_80_TCP_ADDR=172.17.0.2",
                "MY_DB_PORT_80_TCP_PROTO=tcp", "MY_DB_PORT_80_TCP_PORT_START=80",
                "MY_DB_PORT_80_TCP_END=tcp://172.17.0.2:82", "MY_DB_PORT_80_TCP_PORT_END=82", "MY_DB_NAME=/web/my-db",
                "MY_DB_ENV_A=1",
            ])
    }
}
