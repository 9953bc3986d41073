import Packets
import Testing

@Suite("Packets taken apart")
struct PacketTests {
    private static func bytes(_ text: String) -> [UInt8] {
        let digits = text.filter(\.isHexDigit)
        return stride(from: 0, to: digits.count, by: 2).compactMap { offset in
            let start = digits.index(digits.startIndex, offsetBy: offset)
            return UInt8(digits[start..<digits.index(start, offsetBy: 2)], radix: 16)
        }
    }

    /// An echo request from 10.0.1.2 to 10.0.1.3 in tunnel 4097 from 192.0.2.1 to 192.0.2.2.
    private static let tunnelled = bytes(
        """
        0242c0000202 0242c0000201 0800
        4500 0086 0000 4000 40 11 0000 c0000201 c0000202
        c350 12b5 0072 0000
        08000000 00100100
        02420a000103 02420a000102 0800
        4500 0054 0000 4000 40 01 0000 0a000102 0a000103
        08 00 0000 0007 0003
        """)

    @Test("A frame inside a frame: every header is told, with its depth")
    func tunnelIsOpened() {
        let packet = Packet(frame: Self.tunnelled)
        #expect(packet.layers.map(\.name) == ["Ethernet", "IPv4", "UDP", "VXLAN", "Ethernet", "IPv4", "ICMP"])
        #expect(packet.layers.map(\.depth) == [0, 0, 0, 0, 1, 1, 1])
        #expect(packet.networkIdentifier == 4097)
        #expect(packet.layers[0].text == "02:42:c0:00:02:01 > 02:42:c0:00:02:02  IPv4")
        #expect(packet.layers[1].text == "192.0.2.1 > 192.0.2.2, UDP, 134 bytes, ttl 64")
        #expect(packet.layers[2].text == "port 50000 > 4789, 106 bytes")
        #expect(packet.layers[6].text == "echo request, id 7, seq 3")
        #expect(packet.summary == "10.0.1.2 > 10.0.1.3  ICMP")
    }

    @Test("A frame that is cut short anywhere gives what came before", arguments: 0..<tunnelled.count)
    func shortFramesAreNoTrouble(length: Int) {
        let whole = Packet(frame: Self.tunnelled).layers
        let layers = Packet(frame: Self.tunnelled.prefix(length)).layers
        #expect(layers.count <= whole.count)
        #expect(zip(layers, whole).allSatisfy { $0.name == $1.name && $0.depth == $1.depth })
    }

    @Test(
        "Single layers",
        arguments: [
            (
                "ffffffffffff 0242ac110002 0806 0001 0800 06 04 0001 0242ac110002 ac110002 000000000000 ac110001",
                "ARP",
                "who has 172.17.0.1? tell 172.17.0.2"
            ),
            (
                "0242ac110002 0242ac110001 0806 0001 0800 06 04 0002 0242ac110001 ac110001 0242ac110002 ac110002",
                "ARP",
                "172.17.0.1 is at 02:42:ac:11:00:01"
            ),
            (
                "0242ac110002 0242ac110001 0800 4500 0028 0000 4000 40 06 0000 0a000001 0a000002 1f90 0050 00000001 "
                    + "00000002 50 12 ffff 0000 0000", "TCP", "port 8080 > 80, SYN ACK, seq 1, ack 2"
            ),
            (
                "333300000001 0242ac110001 86dd 60000000 0000 3a ff fe800000000000000042acfffe110002 "
                    + "ff020000000000000000000000000001", "IPv6",
                "fe80::42:acff:fe11:2 > ff02::1, ICMPv6, 0 bytes, hops 255"
            ),
            ("0242ac110002 0242ac110001 88b5 00", "Ethernet", "02:42:ac:11:00:01 > 02:42:ac:11:00:02  type 0x88b5"),
        ])
    func layers(frame: String, name: String, text: String) {
        let last = Packet(frame: Self.bytes(frame)).layers.last
        #expect(last?.name == name)
        #expect(last?.text == text)
    }

    @Test("Only the first fragment has a header of its own to show")
    func laterFragmentsEndAtIP() {
        var frame = Self.tunnelled
        frame[20] = 0x00
        frame[21] = 0x10
        #expect(Packet(frame: frame).layers.map(\.name) == ["Ethernet", "IPv4"])
    }
}
