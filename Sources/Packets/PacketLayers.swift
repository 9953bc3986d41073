/// One layer of a packet: what a header says, and what it carries.
public struct PacketLayer: Sendable, Equatable {
    /// The protocol's name: `Ethernet`, `IPv4`, `VXLAN`.
    public var name: String
    /// What its header says, on one line.
    public var text: String
    /// How many packets it is inside of: 0 outside, 1 within a VXLAN header.
    public var depth: Int
    /// A layer.
    public init(_ name: String, _ text: String, depth: Int) {
        self.name = name
        self.text = text
        self.depth = depth
    }
}

/// A frame as it was on the wire, taken apart layer by layer. What is cut short or unknown ends the list.
public struct Packet: Sendable, Equatable {
    /// The layers, outermost first.
    public private(set) var layers: [PacketLayer] = []
    /// The network number of the VXLAN header; `nil` where there is none.
    public private(set) var networkIdentifier: UInt32?

    /// The UDP port of VXLAN (RFC 7348).
    public static let tunnelPort: UInt16 = 4789

    /// Takes a frame apart.
    /// - Parameter bytes: The Ethernet frame, without preamble and checksum.
    public init(frame bytes: some Sequence<UInt8>) { ethernet(Bytes(Array(bytes)[...]), depth: 0) }

    /// The innermost addresses that talk to each other, and how: `10.0.1.2 > 10.0.1.3 ICMP echo request`.
    public var summary: String {
        let inner = layers.last { ["IPv4", "IPv6", "ARP"].contains($0.name) }
        let what = layers.last
        let parts = [inner?.text.split(separator: ",").first.map(String.init), what == inner ? nil : what?.name]
        return parts.compactMap { $0 }.joined(separator: "  ")
    }

    private mutating func add(_ name: String, _ text: String, _ depth: Int) {
        layers.append(PacketLayer(name, text, depth: depth))
    }

    private mutating func ethernet(_ bytes: Bytes, depth: Int) {
        var bytes = bytes
        guard let to = bytes.take(6), let from = bytes.take(6), let type = bytes.number(2) else { return }
        let name = Self.types[type] ?? "type 0x" + String(type, radix: 16)
        add("Ethernet", "\(Self.mac(from)) > \(Self.mac(to))  \(name)", depth)
        switch type {
        case 0x0800: ipv4(bytes, depth: depth)
        case 0x0806: arp(bytes, depth: depth)
        case 0x86DD: ipv6(bytes, depth: depth)
        case 0x8100:
            guard let tag = bytes.number(2), let inner = bytes.number(2) else { return }
            add("VLAN", "number \(tag & 0xFFF)", depth)
            if inner == 0x0800 { ipv4(bytes, depth: depth) }
        default: return
        }
    }

    /// EtherTypes (IEEE 802 numbers).
    private static let types: [UInt32: String] = [
        0x0800: "IPv4", 0x0806: "ARP", 0x86DD: "IPv6", 0x8100: "VLAN", 0x88CC: "LLDP",
    ]

    private mutating func arp(_ bytes: Bytes, depth: Int) {
        var bytes = bytes
        guard bytes.take(6) != nil, let operation = bytes.number(2), let sender = bytes.take(6),
            let own = bytes.take(4), bytes.take(6) != nil, let target = bytes.take(4)
        else { return }
        let text =
            switch operation {
            case 1: "who has \(Self.ip(target))? tell \(Self.ip(own))"
            case 2: "\(Self.ip(own)) is at \(Self.mac(sender))"
            default: "operation \(operation)"
            }
        add("ARP", text, depth)
    }

    private mutating func ipv4(_ bytes: Bytes, depth: Int) {
        var header = bytes
        guard let first = header.number(1), first >> 4 == 4, header.take(1) != nil, let length = header.number(2),
            header.take(2) != nil, let fragment = header.number(2), let hops = header.number(1),
            let kind = header.number(1), header.take(2) != nil, let from = header.take(4), let to = header.take(4)
        else { return }
        let size = Int(first & 0xF) * 4
        guard size >= 20, header.take(size - 20) != nil else { return }
        let name = Self.protocols[kind] ?? "protocol \(kind)"
        add("IPv4", "\(Self.ip(from)) > \(Self.ip(to)), \(name), \(length) bytes, ttl \(hops)", depth)
        // Only the first fragment has the next header.
        guard fragment & 0x1FFF == 0 else { return }
        carried(header, kind, depth)
    }

    private mutating func ipv6(_ bytes: Bytes, depth: Int) {
        var header = bytes
        guard header.take(4) != nil, let length = header.number(2), let kind = header.number(1),
            let hops = header.number(1), let from = header.take(16), let to = header.take(16)
        else { return }
        let name = Self.protocols[kind] ?? "next header \(kind)"
        add("IPv6", "\(Self.ip(from)) > \(Self.ip(to)), \(name), \(length) bytes, hops \(hops)", depth)
        carried(header, kind, depth)
    }

    /// Protocols carried by IP (IANA's numbers).
    private static let protocols: [UInt32: String] = [1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 58: "ICMPv6"]

    private mutating func carried(_ bytes: Bytes, _ kind: UInt32, _ depth: Int) {
        switch kind {
        case 1: icmp(bytes, depth)
        case 6: tcp(bytes, depth)
        case 17: udp(bytes, depth)
        default: return
        }
    }

    private mutating func icmp(_ bytes: Bytes, _ depth: Int) {
        var bytes = bytes
        guard let type = bytes.number(1), let code = bytes.number(1), bytes.take(2) != nil else { return }
        guard type == 8 || type == 0, let id = bytes.number(2), let sequence = bytes.number(2) else {
            return add("ICMP", type == 3 ? "unreachable, code \(code)" : "type \(type), code \(code)", depth)
        }
        add("ICMP", "echo \(type == 8 ? "request" : "reply"), id \(id), seq \(sequence)", depth)
    }

    private mutating func tcp(_ bytes: Bytes, _ depth: Int) {
        var header = bytes
        guard let from = header.number(2), let to = header.number(2), let sequence = header.number(4),
            let answer = header.number(4), let offset = header.number(1), let flags = header.number(1)
        else { return }
        let names = zip(["FIN", "SYN", "RST", "PSH", "ACK"], 0...).filter { flags >> UInt32($0.1) & 1 == 1 }.map(\.0)
        let data = max(0, bytes.count - Int(offset >> 4) * 4)
        add(
            "TCP",
            "port \(from) > \(to), \(names.joined(separator: " ")), seq \(sequence)"
                + (flags & 0x10 != 0 ? ", ack \(answer)" : "") + (data > 0 ? ", \(data) bytes" : ""), depth)
    }

    private mutating func udp(_ bytes: Bytes, _ depth: Int) {
        var bytes = bytes
        guard let from = bytes.number(2), let to = bytes.number(2), let length = bytes.number(2),
            bytes.take(2) != nil
        else { return }
        add("UDP", "port \(from) > \(to), \(max(0, Int(length) - 8)) bytes", depth)
        guard to == UInt32(Self.tunnelPort), let flags = bytes.number(4), let number = bytes.number(4),
            flags & 0x0800_0000 != 0
        else { return }
        networkIdentifier = number >> 8
        add("VXLAN", "network \(number >> 8)", depth)
        ethernet(bytes, depth: depth + 1)
    }

    // MARK: Addresses

    private static func mac(_ bytes: ArraySlice<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }

    private static func ip(_ bytes: ArraySlice<UInt8>) -> String {
        if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
        let bytes = Array(bytes)
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        // The longest run of two or more zeros is left out (RFC 5952).
        var longest = 0..<0
        var start = 0
        while start < 8 {
            let end = groups[start...].firstIndex { $0 != 0 } ?? 8
            if end - start > max(1, longest.count) { longest = start..<end }
            start = max(end, start + 1)
        }
        func text(_ part: ArraySlice<UInt16>) -> String { part.map { String($0, radix: 16) }.joined(separator: ":") }
        if longest.isEmpty { return text(groups[...]) }
        return text(groups[..<longest.lowerBound]) + "::" + text(groups[longest.upperBound...])
    }
}

/// Takes fields off a header, never past its end.
private struct Bytes {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var count: Int { rest.count }

    /// Takes bytes; `nil` if there are not so many.
    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    /// Takes a number of 1 to 4 bytes in network order.
    mutating func number(_ size: Int) -> UInt32? { take(size)?.reduce(0) { $0 << 8 | UInt32($1) } }
}
