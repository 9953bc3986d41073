import Glibc
import Posix

/// A request to the kernel: type, flags, fixed header and attributes, as values (`netlink(7)`).
struct NetlinkMessage: Sendable {
    /// What is asked for: RTM_NEWLINK and so on.
    var type: UInt16
    /// Flags beside NLM_F_REQUEST.
    var flags: Flags
    /// The fixed part.
    var header: any NetlinkHeader
    /// The rest.
    var attributes: [NetlinkAttribute]

    /// A request.
    init(_ type: UInt16, flags: Flags = [], header: any NetlinkHeader, attributes: [NetlinkAttribute] = []) {
        self.type = type
        self.flags = flags
        self.header = header
        self.attributes = attributes
    }

    /// Flags of a message (`linux/netlink.h`).
    struct Flags: OptionSet, Sendable {
        let rawValue: UInt16
        /// NLM_F_REQUEST
        static let request = Flags(rawValue: 0x1)
        /// NLM_F_MULTI: one of several, up to NLMSG_DONE.
        static let multipart = Flags(rawValue: 0x2)
        /// NLM_F_ACK
        static let acknowledge = Flags(rawValue: 0x4)
        /// NLM_F_DUMP_INTR: what is listed changed meanwhile.
        static let dumpInterrupted = Flags(rawValue: 0x10)
        /// NLM_F_CAPPED: an error without the whole request.
        static let capped = Flags(rawValue: 0x100)
        /// NLM_F_ACK_TLVS: an error with attributes.
        static let errorAttributes = Flags(rawValue: 0x200)
        /// NLM_F_EXCL, NLM_F_CREATE: make it, and fail when it exists.
        static let makeNew = Flags(rawValue: 0x600)
        /// NLM_F_CREATE, NLM_F_REPLACE: make it, or put it in the place of what is there.
        static let replace = Flags(rawValue: 0x500)
        /// NLM_F_CREATE, NLM_F_APPEND: make one more.
        static let append = Flags(rawValue: 0xC00)
        /// NLM_F_ROOT, NLM_F_MATCH
        static let dump = Flags(rawValue: 0x300)
    }

    /// The size of `struct nlmsghdr`.
    static let fixedSize = 16

    /// The whole message. The port is left 0: the kernel fills it in.
    func encoded(sequence: UInt32) -> [UInt8] {
        var writer = NetlinkWriter()
        writer.append(UInt32(0))
        writer.append(type)
        writer.append(flags.union(.request).rawValue)
        writer.append(sequence)
        writer.append(UInt32(0))
        writer.append(.headed(header, attributes))
        writer.setLength(UInt32(writer.bytes.count), at: 0)
        return writer.bytes
    }
}

/// A message from the kernel.
struct NetlinkReply: Sendable {
    /// Its type; below 16 one of netlink's own.
    var type: UInt16
    /// Its flags.
    var flags: NetlinkMessage.Flags
    /// The request it answers.
    var sequence: UInt32
    /// What follows `struct nlmsghdr`.
    var payload: ArraySlice<UInt8>

    /// NLMSG_ERROR, also an acknowledgement.
    static let error: UInt16 = 2
    /// NLMSG_DONE, the end of a listing.
    static let done: UInt16 = 3

    /// Splits what was received at once into messages.
    static func split(_ bytes: ArraySlice<UInt8>) throws(MalformedNetlink) -> [NetlinkReply] {
        var reader = NetlinkReader(bytes)
        var replies: [NetlinkReply] = []
        while reader.rest.count >= NetlinkMessage.fixedSize {
            let length = Int(try reader.integer(UInt32.self))
            let type = try reader.integer(UInt16.self)
            let flags = NetlinkMessage.Flags(rawValue: try reader.integer())
            let sequence = try reader.integer(UInt32.self)
            _ = try reader.integer(UInt32.self)
            guard length >= NetlinkMessage.fixedSize else { throw MalformedNetlink(expected: "a whole message") }
            let payload = try reader.padded(length - NetlinkMessage.fixedSize)
            replies.append(NetlinkReply(type: type, flags: flags, sequence: sequence, payload: payload))
        }
        return replies
    }

    /// The fixed header and the attributes of a message.
    func decoded<Header: NetlinkHeader>(_ header: Header.Type) throws(MalformedNetlink)
        -> (header: Header, attributes: NetlinkAttributes)
    {
        var reader = NetlinkReader(payload)
        var fixed = NetlinkReader(try reader.padded(Header.size))
        return (try Header(from: &fixed), try NetlinkAttributes(parsing: reader.rest))
    }

    /// The result of an acknowledgement or of a listing's end: 0, or an error number with the kernel's own words
    /// (NLMSGERR_ATTR_MSG), where it has any.
    func outcome() throws(MalformedNetlink) -> (code: Int32, text: String?) {
        var reader = NetlinkReader(payload)
        // A listing's end may come without a number: then it went well.
        guard type == Self.error || reader.rest.count >= 4 else { return (0, nil) }
        let code = -(try reader.integer(Int32.self))
        guard flags.contains(.errorAttributes) else { return (code, nil) }
        if type == Self.error {
            let requestLength = Int(try reader.integer(UInt32.self))
            let kept = flags.contains(.capped) ? NetlinkMessage.fixedSize : requestLength
            _ = try reader.padded(max(kept - 4, 0))
        }
        return (code, try NetlinkAttributes(parsing: reader.rest).string(1))
    }
}
