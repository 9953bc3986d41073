import Testing

@testable import Kernel

@Suite("Netlink messages on the wire")
struct NetlinkEncodingTests {
    private func encoded(_ value: NetlinkAttribute.Value) -> [UInt8] {
        var writer = NetlinkWriter()
        writer.append(NetlinkAttribute(7, value))
        return writer.bytes
    }

    @Test(
        "an attribute's length counts its header but not its padding",
        arguments: [
            (NetlinkAttribute.Value.uint8(9), [5, 0, 7, 0, 9, 0, 0, 0] as [UInt8]),
            (.uint16(0x0102), [6, 0, 7, 0, 2, 1, 0, 0]),
            (.uint32(1), [8, 0, 7, 0, 1, 0, 0, 0]),
            (.uint64(1), [12, 0, 7, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
            (.int32(-1), [8, 0, 7, 0, 255, 255, 255, 255]),
            (.bigEndian16(4789), [6, 0, 7, 0, 0x12, 0xB5, 0, 0]),
            (.string("lo"), [7, 0, 7, 0, 108, 111, 0, 0]),
            (.bytes([1, 2, 3, 4, 5, 6]), [10, 0, 7, 0, 1, 2, 3, 4, 5, 6, 0, 0]),
            (.bytes([]), [4, 0, 7, 0]),
        ])
    func attributeIsPadded(value: NetlinkAttribute.Value, bytes: [UInt8]) {
        #expect(encoded(value) == bytes)
    }

    @Test func nestedAttributesCarryTheNestedFlagAndCountTheirPadding() {
        let bytes = encoded(.nested([NetlinkAttribute(1, .string("veth")), NetlinkAttribute(2, .uint8(1))]))
        #expect(bytes == [24, 0, 7, 0x80, 9, 0, 1, 0, 118, 101, 116, 104, 0, 0, 0, 0, 5, 0, 2, 0, 1, 0, 0, 0])
    }

    @Test func messageStartsWithItsLengthTypeFlagsAndSequence() {
        let message = NetlinkMessage(
            RouteMessage.getLink, flags: .acknowledge, header: LinkHeader(index: 3),
            attributes: [NetlinkAttribute(3, .string("eth0"))])
        let bytes = message.encoded(sequence: 5)
        #expect(bytes.count == 16 + 16 + 12)
        #expect(Array(bytes[..<16]) == [44, 0, 0, 0, 18, 0, 5, 0, 5, 0, 0, 0, 0, 0, 0, 0])
        #expect(Array(bytes[16..<32]) == [0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test func vethPeerIsALinkMessageInsideTheOptions() throws {
        let peer = NewLink(name: "eth0", mac: MACAddress("02:42:ac:11:00:02"), mtu: 1400, namespace: 9)
        let message = NewLink(name: "veth1", kind: .veth(peer: peer), master: 4, isUp: true).message
        let attributes = try NetlinkAttributes(parsing: message.encoded(sequence: 1)[32...])
        #expect(attributes.string(LinkAttribute.name) == "veth1")
        #expect(attributes.integer(LinkAttribute.master, as: Int32.self) == 4)
        let information = try #require(try attributes.nested(LinkAttribute.info))
        #expect(information.string(LinkAttribute.infoKind) == "veth")
        let options = try #require(try information.nested(LinkAttribute.infoData))
        let inner = try #require(options.bytes(1))
        let peerAttributes = try NetlinkAttributes(parsing: inner[LinkHeader.size...])
        #expect(peerAttributes.string(LinkAttribute.name) == "eth0")
        #expect(peerAttributes.bytes(LinkAttribute.address) == [0x02, 0x42, 0xAC, 0x11, 0, 2])
        #expect(peerAttributes.integer(LinkAttribute.mtu, as: UInt32.self) == 1400)
        #expect(peerAttributes.integer(LinkAttribute.namespace, as: Int32.self) == 9)
        // The peer is created down: the kernel refuses IFF_UP for it.
        #expect(Array(inner[8..<12]) == [0, 0, 0, 0])
    }

    @Test(
        "each kind of link has its options",
        arguments: [
            (LinkKind.bridge(), "bridge", [:] as [UInt16: [UInt8]]),
            (
                .bridge(forwardDelay: 0, spanningTree: false, multicastSnooping: false), "bridge",
                [
                    1: [0, 0, 0, 0], 5: [0, 0, 0, 0], 23: [0],
                ]
            ),
            (
                .vxlan(identifier: 4096, local: IPAddress("10.9.0.1")), "vxlan",
                [
                    1: [0, 16, 0, 0], 4: [10, 9, 0, 1], 7: [0], 15: [0x12, 0xB5],
                ]
            ),
            (.macvlan(.bridge), "macvlan", [1: [4, 0, 0, 0]]),
            (.macvlan(.passthrough), "macvlan", [1: [8, 0, 0, 0]]),
        ])
    func kindsAreData(kind: LinkKind, name: String, options: [UInt16: [UInt8]]) throws {
        let message = NewLink(name: "x", kind: kind, lower: 2).message
        let attributes = try NetlinkAttributes(parsing: message.encoded(sequence: 1)[32...])
        let information = try #require(try attributes.nested(LinkAttribute.info))
        #expect(information.string(LinkAttribute.infoKind) == name)
        let found = try information.nested(LinkAttribute.infoData)
        for (type, bytes) in options { #expect(found?.bytes(type) == bytes) }
        #expect((found == nil) == options.isEmpty)
    }

    @Test(
        "a length that leads out of the bytes is an error, not a crash",
        arguments: [
            [3, 0, 1, 0], [0, 0, 1, 0], [9, 0, 1, 0, 1, 2, 3, 4], [255, 255, 1, 0],
        ] as [[UInt8]])
    func attributesStayInBounds(bytes: [UInt8]) {
        #expect(throws: MalformedNetlink.self) { try NetlinkAttributes(parsing: bytes[...]) }
    }

    @Test func everyTruncationOfAMessageIsRefusedOrShorter() throws {
        let whole = NewLink(name: "veth1", kind: .vxlan(identifier: 7, local: nil), mtu: 1450).message.encoded(
            sequence: 1)
        for count in 0..<whole.count {
            guard let replies = try? NetlinkReply.split(whole[..<count]) else { continue }
            #expect(replies.isEmpty)
        }
        #expect(try NetlinkReply.split(whole[...]).count == 1)
    }

    @Test func anIntegerOfAnotherSizeIsNotRead() throws {
        let attributes = try NetlinkAttributes(parsing: [6, 0, 4, 0, 1, 1, 0, 0])
        #expect(attributes.integer(4, as: UInt32.self) == nil)
        #expect(attributes.integer(4, as: UInt16.self) == 0x0101)
    }

    @Test func errorsCarryTheKernelsWords() throws {
        // Error number, then the header of the request (capped), then NLMSGERR_ATTR_MSG.
        var writer = NetlinkWriter()
        writer.append(Int32(-22))
        for field: UInt32 in [32, 16, 1, 0] { writer.append(field) }
        writer.append(NetlinkAttribute(1, .string("No such thing")))
        let reply = NetlinkReply(type: 2, flags: [.capped, .errorAttributes], sequence: 1, payload: writer.bytes[...])
        let outcome = try reply.outcome()
        #expect(outcome.code == 22)
        #expect(outcome.text == "No such thing")
    }
}
