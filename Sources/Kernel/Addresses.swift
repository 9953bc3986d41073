import Glibc

/// An IPv4 or IPv6 address: 4 or 16 bytes in network order.
public struct IPAddress: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The bytes, most significant first.
    public let bytes: [UInt8]

    /// An address from its 4 or 16 bytes; `nil` for any other number of bytes.
    public init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// An address from its text (`inet_pton(3)`): `172.17.0.2`, `fd00::1`.
    public init?(_ text: String) {
        var buffer = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &buffer) == 1 {
            bytes = Array(buffer[..<4])
        } else if inet_pton(AF_INET6, text, &buffer) == 1 {
            bytes = buffer
        } else {
            return nil
        }
    }

    /// Whether it has 16 bytes.
    public var isIPv6: Bool { bytes.count == 16 }

    /// The text form, IPv6 as in RFC 5952.
    public var description: String {
        var buffer = [CChar](repeating: 0, count: 64)
        inet_ntop(isIPv6 ? AF_INET6 : AF_INET, bytes, &buffer, socklen_t(buffer.count))
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The address `distance` further on; `nil` past the end of its family's range.
    public func advanced(by distance: UInt64) -> IPAddress? {
        var result = bytes
        var carry = distance
        for index in result.indices.reversed() where carry > 0 {
            let sum = UInt64(result[index]) + carry & 0xFF
            carry = (carry >> 8) + (sum >> 8)
            result[index] = UInt8(sum & 0xFF)
        }
        return carry == 0 ? IPAddress(bytes: result) : nil
    }

    /// Orders by family, then numerically.
    public static func < (left: IPAddress, right: IPAddress) -> Bool {
        left.bytes.count != right.bytes.count
            ? left.bytes.count < right.bytes.count : left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

/// An address together with the length of its network's prefix: `172.17.0.2/16`.
public struct InterfaceAddress: Sendable, Hashable, CustomStringConvertible {
    /// The address.
    public var address: IPAddress
    /// The length of the network's prefix, in bits.
    public var prefixLength: Int

    /// An address in a network; `nil` for a prefix longer than the address.
    public init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...address.bytes.count * 8).contains(prefixLength) else { return nil }
        self.address = address
        self.prefixLength = prefixLength
    }

    /// An address in a network from its text, `172.17.0.2/16`.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]) else {
            return nil
        }
        self.init(address, prefixLength: length)
    }

    /// The network: the address with all bits after the prefix cleared.
    public var network: InterfaceAddress {
        var bytes = address.bytes
        for index in bytes.indices {
            let kept = min(max(prefixLength - index * 8, 0), 8)
            bytes[index] &= kept == 0 ? 0 : UInt8(truncatingIfNeeded: 0xFF << (8 - kept))
        }
        return InterfaceAddress(IPAddress(bytes: bytes) ?? address, prefixLength: prefixLength) ?? self
    }

    /// Whether an address lies in the network.
    public func contains(_ other: IPAddress) -> Bool {
        InterfaceAddress(other, prefixLength: prefixLength)?.network == network
    }

    /// Whether two networks share addresses.
    public func overlaps(_ other: InterfaceAddress) -> Bool {
        contains(other.network.address) || other.contains(network.address)
    }

    /// `172.17.0.2/16`
    public var description: String { "\(address)/\(prefixLength)" }
}

/// A 48-bit hardware address.
public struct MACAddress: Sendable, Hashable, CustomStringConvertible {
    /// The six bytes.
    public let bytes: [UInt8]

    /// An address from its six bytes; `nil` for any other number.
    public init?(bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard bytes.count == 6 else { return nil }
        self.bytes = bytes
    }

    /// An address from its text, `02:42:ac:11:00:02`.
    public init?(_ text: String) {
        let parts = text.split(whereSeparator: { $0 == ":" || $0 == "-" })
        let bytes = parts.compactMap { $0.count <= 2 ? UInt8($0, radix: 16) : nil }
        guard parts.count == 6, bytes.count == 6 else { return nil }
        self.bytes = bytes
    }

    /// The address that Docker's bridge driver derives from an IPv4 address: `02:42` and its four bytes.
    public init?(derivedFrom address: IPAddress) {
        guard !address.isIPv6 else { return nil }
        bytes = [0x02, 0x42] + address.bytes
    }

    /// `02:42:ac:11:00:02`
    public var description: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    }
}
