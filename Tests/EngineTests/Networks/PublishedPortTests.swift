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
