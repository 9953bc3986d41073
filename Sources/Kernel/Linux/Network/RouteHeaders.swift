/// `struct ifinfomsg`: what messages about links start with (`rtnetlink(7)`).
struct LinkHeader: NetlinkHeader {
    var family: UInt8 = 0
    /// ARPHRD_…
    var type: UInt16 = 0
    var index: Int32 = 0
    /// IFF_…
    var flags: UInt32 = 0
    /// Which of the flags are to be changed.
    var change: UInt32 = 0

    /// IFF_UP
    static let up: UInt32 = 1
    static let size = 16

    init(index: Int32 = 0, flags: UInt32 = 0, change: UInt32 = 0) {
        self.index = index
        self.flags = flags
        self.change = change
    }

    init(from reader: inout NetlinkReader) throws(MalformedNetlink) {
        family = try reader.integer()
        _ = try reader.integer(UInt8.self)
        type = try reader.integer()
        index = try reader.integer()
        flags = try reader.integer()
        change = try reader.integer()
    }

    func encode(into writer: inout NetlinkWriter) {
        writer.append(family)
        writer.append(UInt8(0))
        writer.append(type)
        writer.append(index)
        writer.append(flags)
        writer.append(change)
    }
}

/// `struct ifaddrmsg`: what messages about addresses start with.
struct AddressHeader: NetlinkHeader {
    var family: UInt8
    var prefixLength: UInt8 = 0
    var flags: UInt8 = 0
    /// RT_SCOPE_…
    var scope: UInt8 = 0
    var index: Int32 = 0

    static let size = 8

    init(family: UInt8, prefixLength: UInt8 = 0, flags: UInt8 = 0, scope: UInt8 = 0, index: Int32 = 0) {
        self.family = family
        self.prefixLength = prefixLength
        self.flags = flags
        self.scope = scope
        self.index = index
    }

    init(from reader: inout NetlinkReader) throws(MalformedNetlink) {
        family = try reader.integer()
        prefixLength = try reader.integer()
        flags = try reader.integer()
        scope = try reader.integer()
        index = try reader.integer()
    }

    func encode(into writer: inout NetlinkWriter) {
        for field in [family, prefixLength, flags, scope] { writer.append(field) }
        writer.append(index)
    }
}

/// `struct rtmsg`: what messages about routes start with.
struct RouteHeader: NetlinkHeader {
    var family: UInt8
    var destinationLength: UInt8 = 0
    var sourceLength: UInt8 = 0
    var typeOfService: UInt8 = 0
    /// RT_TABLE_…
    var table: UInt8 = 0
    /// RTPROT_…
    var protocolNumber: UInt8 = 0
    /// RT_SCOPE_…
    var scope: UInt8 = 0
    /// RTN_…
    var type: UInt8 = 0
    var flags: UInt32 = 0

    /// RT_TABLE_MAIN
    static let mainTable: UInt8 = 254
    /// RTPROT_BOOT: set by hand, as `ip route add` does.
    static let byHand: UInt8 = 3
    /// RT_SCOPE_LINK: the destination is reached directly.
    static let onLink: UInt8 = 253
    /// RTN_UNICAST
    static let unicast: UInt8 = 1
    static let size = 12

    init(family: UInt8) { self.family = family }

    init(from reader: inout NetlinkReader) throws(MalformedNetlink) {
        family = try reader.integer()
        destinationLength = try reader.integer()
        sourceLength = try reader.integer()
        typeOfService = try reader.integer()
        table = try reader.integer()
        protocolNumber = try reader.integer()
        scope = try reader.integer()
        type = try reader.integer()
        flags = try reader.integer()
    }

    func encode(into writer: inout NetlinkWriter) {
        let fields = [
            family, destinationLength, sourceLength, typeOfService, table, protocolNumber, scope, type,
        ]
        for field in fields { writer.append(field) }
        writer.append(flags)
    }
}

/// `struct ndmsg`: what messages about neighbours and forwarding entries start with.
struct NeighbourHeader: NetlinkHeader {
    var family: UInt8
    var index: Int32 = 0
    /// NUD_…
    var state: UInt16 = 0
    /// NTF_…
    var flags: UInt8 = 0
    var type: UInt8 = 0

    /// NUD_NOARP, NUD_PERMANENT
    static let noResolution: UInt16 = 0x40
    static let permanent: UInt16 = 0x80
    /// NTF_SELF: the entry is the link's own, not its bridge's.
    static let ownEntry: UInt8 = 0x02
    static let size = 12

    init(family: UInt8, index: Int32 = 0, state: UInt16 = 0, flags: UInt8 = 0) {
        self.family = family
        self.index = index
        self.state = state
        self.flags = flags
    }

    init(from reader: inout NetlinkReader) throws(MalformedNetlink) {
        family = try reader.integer()
        _ = try reader.integer(UInt8.self)
        _ = try reader.integer(UInt16.self)
        index = try reader.integer()
        state = try reader.integer()
        flags = try reader.integer()
        type = try reader.integer()
    }

    func encode(into writer: inout NetlinkWriter) {
        writer.append(family)
        writer.append(UInt8(0))
        writer.append(UInt16(0))
        writer.append(index)
        writer.append(state)
        writer.append(flags)
        writer.append(type)
    }
}

/// Types of messages (`linux/rtnetlink.h`).
enum RouteMessage {
    static let newLink: UInt16 = 16
    static let deleteLink: UInt16 = 17
    static let getLink: UInt16 = 18
    static let newAddress: UInt16 = 20
    static let getAddress: UInt16 = 22
    static let newRoute: UInt16 = 24
    static let getRoute: UInt16 = 26
    static let newNeighbour: UInt16 = 28
    static let deleteNeighbour: UInt16 = 29
    static let getNeighbour: UInt16 = 30
    static let newQueue: UInt16 = 36
    static let deleteQueue: UInt16 = 37
    static let getQueue: UInt16 = 38
}
