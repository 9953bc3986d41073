/// An attribute of a netlink message: its type and a value that knows its own encoding (`netlink(7)`, `rtnetlink(7)`).
struct NetlinkAttribute: Sendable, Equatable {
    /// Its type, without the two flag bits.
    var type: UInt16
    /// Its value.
    var value: Value

    /// An attribute of a type.
    init(_ type: UInt16, _ value: Value) {
        self.type = type
        self.value = value
    }

    /// A value, by how it stands on the wire. Integers are in host order unless their name says otherwise.
    indirect enum Value: Sendable, Equatable {
        case uint8(UInt8)
        case uint16(UInt16)
        case uint32(UInt32)
        case uint64(UInt64)
        case int32(Int32)
        /// In network order, as ports are.
        case bigEndian16(UInt16)
        /// Ended by a NUL.
        case string(String)
        /// As they are: addresses.
        case bytes([UInt8])
        /// Further attributes.
        case nested([NetlinkAttribute])
        /// A fixed header of its own and further attributes: the peer of a veth pair.
        case headed(any NetlinkHeader, [NetlinkAttribute])

        static func == (left: Value, right: Value) -> Bool { left.encoded == right.encoded }

        /// The bytes without length, type and padding.
        var encoded: [UInt8] {
            var writer = NetlinkWriter()
            writer.append(self)
            return writer.bytes
        }
    }
}

/// The fixed part that a kind of netlink message starts with.
protocol NetlinkHeader: Sendable, Equatable {
    /// Its size in bytes.
    static var size: Int { get }
    /// Appends its fields in order.
    func encode(into writer: inout NetlinkWriter)
    /// Reads its fields in order.
    init(from reader: inout NetlinkReader) throws(MalformedNetlink)
}

/// Appends values to a message, aligned as netlink wants them: each attribute starts at a multiple of four.
struct NetlinkWriter {
    /// What was written so far.
    private(set) var bytes: [UInt8] = []

    /// NLA_F_NESTED (`linux/netlink.h`)
    private static let nestedFlag: UInt16 = 0x8000

    /// Appends an integer in host order.
    mutating func append<Integer: FixedWidthInteger>(_ integer: Integer) {
        withUnsafeBytes(of: integer) { bytes.append(contentsOf: $0) }
    }

    /// Appends an attribute: length, type, value, padding.
    mutating func append(_ attribute: NetlinkAttribute) {
        let start = bytes.count
        append(UInt16(0))
        if case .nested = attribute.value {
            append(attribute.type | Self.nestedFlag)
        } else {
            append(attribute.type)
        }
        append(attribute.value)
        setLength(UInt16(truncatingIfNeeded: bytes.count - start), at: start)
        align()
    }

    /// Appends a value's bytes.
    mutating func append(_ value: NetlinkAttribute.Value) {
        switch value {
        case .uint8(let integer): append(integer)
        case .uint16(let integer): append(integer)
        case .uint32(let integer): append(integer)
        case .uint64(let integer): append(integer)
        case .int32(let integer): append(integer)
        case .bigEndian16(let integer): append(integer.bigEndian)
        case .string(let text):
            bytes.append(contentsOf: text.utf8)
            bytes.append(0)
        case .bytes(let raw): bytes.append(contentsOf: raw)
        case .nested(let attributes): for attribute in attributes { append(attribute) }
        case .headed(let header, let attributes):
            header.encode(into: &self)
            align()
            for attribute in attributes { append(attribute) }
        }
    }

    /// Overwrites an integer that was written before its value was known.
    mutating func setLength<Integer: FixedWidthInteger>(_ length: Integer, at offset: Int) {
        withUnsafeBytes(of: length) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }

    /// Fills up to a multiple of four.
    mutating func align() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }
}

/// A message that breaks netlink's own rules: a length that leads out of what was received.
struct MalformedNetlink: Error, Equatable {
    /// What was expected there.
    var expected: String
}

/// Takes values off received bytes, never past their end.
struct NetlinkReader {
    /// What is left.
    private(set) var rest: ArraySlice<UInt8>

    /// Reads from the first of these bytes on.
    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Takes an integer in host order.
    mutating func integer<Integer: FixedWidthInteger>(_ type: Integer.Type = Integer.self) throws(MalformedNetlink)
        -> Integer
    {
        let size = MemoryLayout<Integer>.size
        let raw = try bytes(size)
        var value = Integer.zero
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: raw) }
        return value
    }

    /// Takes a number of bytes.
    mutating func bytes(_ count: Int) throws(MalformedNetlink) -> ArraySlice<UInt8> {
        guard count >= 0, rest.count >= count else { throw MalformedNetlink(expected: "\(count) more bytes") }
        let taken = rest.prefix(count)
        rest = rest.dropFirst(count)
        return taken
    }

    /// Takes bytes and the padding after them, which the last element may lack.
    mutating func padded(_ count: Int) throws(MalformedNetlink) -> ArraySlice<UInt8> {
        let taken = try bytes(count)
        rest = rest.dropFirst((4 - count % 4) % 4)
        return taken
    }
}

/// The attributes of a received message, or of one of its nested attributes, by their types.
struct NetlinkAttributes: Sendable, Equatable {
    private var values: [UInt16: ArraySlice<UInt8>] = [:]

    /// Splits bytes into attributes.
    /// - Throws: ``MalformedNetlink`` when a length leads out of the bytes.
    init(parsing bytes: ArraySlice<UInt8>) throws(MalformedNetlink) {
        var reader = NetlinkReader(bytes)
        // The kernel ends some messages with fewer than four bytes of padding: no attribute fits in there.
        while reader.rest.count >= 4 {
            let length = Int(try reader.integer(UInt16.self))
            let type = try reader.integer(UInt16.self) & 0x3FFF
            guard length >= 4 else { throw MalformedNetlink(expected: "an attribute of at least 4 bytes") }
            values[type] = try reader.padded(length - 4)
        }
    }

    /// The bytes of an attribute; `nil` when there is none of that type.
    func bytes(_ type: UInt16) -> [UInt8]? { values[type].map(Array.init) }

    /// An integer in host order; `nil` when it is missing or has another size.
    func integer<Integer: FixedWidthInteger>(_ type: UInt16, as: Integer.Type = Integer.self) -> Integer? {
        guard let bytes = values[type], bytes.count == MemoryLayout<Integer>.size else { return nil }
        var reader = NetlinkReader(bytes)
        return try? reader.integer(Integer.self)
    }

    /// Text up to the first NUL.
    func string(_ type: UInt16) -> String? {
        values[type].map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// The attributes inside one; `nil` when it is missing.
    func nested(_ type: UInt16) throws(MalformedNetlink) -> NetlinkAttributes? {
        guard let bytes = values[type] else { return nil }
        return try NetlinkAttributes(parsing: bytes)
    }
}
