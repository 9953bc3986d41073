import Kernel

/// The addresses of a network: its subnet, the part of it that endpoints get theirs from, and who has which.
struct AddressPool: Sendable, Equatable {
    /// The network's addresses.
    let subnet: InterfaceAddress
    /// The part that is given out when nobody asks for a certain address (`--ip-range`).
    let range: InterfaceAddress
    /// The bridge's own address.
    let gateway: IPAddress
    /// Who has which address; the gateway and the auxiliary addresses are never free.
    private(set) var leases: [IPAddress: String] = [:]

    /// Why an address was not given.
    enum Refusal: Error, Equatable { case taken, exhausted, outside }

    init(subnet: InterfaceAddress, range: InterfaceAddress?, gateway: IPAddress, reserved: [IPAddress] = []) {
        self.subnet = subnet.network
        self.range = (range ?? subnet).network
        self.gateway = gateway
        leases[gateway] = "gateway"
        for address in reserved { leases[address] = "reserved" }
    }

    /// The lowest address that a host may have, of a subnet or of the part of it that is given out: what the gateway gets
    /// when none is named.
    static func firstAddress(of subnet: InterfaceAddress, range: InterfaceAddress? = nil) -> IPAddress? {
        let first = (range ?? subnet).network.address
        return first == subnet.network.address ? first.advanced(by: 1) : first
    }

    /// Takes an address for an endpoint: the one asked for, or the lowest free one, as Docker does.
    mutating func lease(_ wanted: IPAddress?, for endpoint: String) throws(Refusal) -> InterfaceAddress {
        let address: IPAddress
        if let wanted { address = wanted } else { address = try lowestFree() }
        guard subnet.contains(address), address != subnet.network.address, address != broadcast else { throw .outside }
        guard leases[address] == nil else { throw .taken }
        guard let leased = InterfaceAddress(address, prefixLength: subnet.prefixLength) else { throw .outside }
        leases[address] = endpoint
        return leased
    }

    private func lowestFree() throws(Refusal) -> IPAddress {
        let count = Self.count(of: range)
        var number: UInt64 = 0
        while number < count {
            if let address = range.address.advanced(by: number), address != subnet.network.address,
                address != broadcast, leases[address] == nil
            {
                return address
            }
            number += 1
        }
        throw .exhausted
    }

    /// The last address of the subnet, which means all of its hosts.
    private var broadcast: IPAddress? {
        subnet.address.isIPv6 ? nil : subnet.address.advanced(by: Self.count(of: subnet) - 1)
    }

    private static func count(of network: InterfaceAddress) -> UInt64 {
        let bits = network.address.bytes.count * 8 - network.prefixLength
        return bits >= 32 ? UInt64(UInt32.max) : 1 << UInt64(bits)
    }

    /// Whether any endpoint has an address.
    var isInUse: Bool { leases.values.contains { $0 != "gateway" && $0 != "reserved" } }

    /// Gives an endpoint's address back.
    mutating func release(_ endpoint: String) { leases = leases.filter { $0.value != endpoint } }

    /// The subnets that networks get when none is named, in Docker's order: 172.17.0.0/16 up to 172.31.0.0/16, then
    /// 192.168.0.0/20 and its neighbours.
    static let defaultSubnets: [InterfaceAddress] = {
        let large = (17...31).compactMap { InterfaceAddress("172.\($0).0.0/16") }
        let small = stride(from: 0, to: 256, by: 16).compactMap { InterfaceAddress("192.168.\($0).0/20") }
        return large + small
    }()

    /// The first default subnet that shares no address with those in use.
    ///
    /// - Parameter isIPv6: Whether a /64 of IPv6 is wanted: one of the unique local addresses (RFC 4193), whose forty
    ///   bits after `fd` are drawn at random, so that two sites never have the same.
    static func freeSubnet(avoiding used: [InterfaceAddress], isIPv6: Bool = false) -> InterfaceAddress? {
        let candidates = isIPv6 ? (0..<16).compactMap { _ in uniqueLocalSubnet() } : defaultSubnets
        return candidates.first { candidate in
            !used.contains { $0.address.isIPv6 == isIPv6 && $0.overlaps(candidate) }
        }
    }

    private static func uniqueLocalSubnet() -> InterfaceAddress? {
        let bytes = [0xFD] + (0..<5).map { _ in UInt8.random(in: 0...255) } + [UInt8](repeating: 0, count: 10)
        return IPAddress(bytes: bytes).flatMap { InterfaceAddress($0, prefixLength: 64) }
    }
}
