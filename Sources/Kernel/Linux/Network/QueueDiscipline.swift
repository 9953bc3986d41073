import Posix

/// `struct tcmsg`: what messages about queues start with (`linux/rtnetlink.h`).
struct QueueHeader: NetlinkHeader {
    /// The link's index.
    var index: Int32 = 0
    var handle: UInt32 = 0
    /// Where it is hung up.
    var parent: UInt32 = 0
    var info: UInt32 = 0

    /// TC_H_ROOT: the link's own queue.
    static let root: UInt32 = 0xFFFF_FFFF
    static let size = 20

    init(index: Int32 = 0, parent: UInt32 = 0) {
        self.index = index
        self.parent = parent
    }

    init(from reader: inout NetlinkReader) throws(MalformedNetlink) {
        _ = try reader.integer(UInt32.self)
        index = try reader.integer()
        handle = try reader.integer()
        parent = try reader.integer()
        info = try reader.integer()
    }

    func encode(into writer: inout NetlinkWriter) {
        writer.append(UInt32(0))
        writer.append(index)
        for field in [handle, parent, info] { writer.append(field) }
    }
}

/// `struct tc_netem_qopt` without its times, which attributes give in nanoseconds (`linux/pkt_sched.h`).
private struct DelayHeader: NetlinkHeader {
    static let size = 24
    /// How many packets may wait.
    var limit: UInt32 = 10_000

    init() {}

    init(from reader: inout NetlinkReader) throws(MalformedNetlink) {
        _ = try reader.integer(UInt32.self)
        limit = try reader.integer()
        _ = try reader.bytes(16)
    }

    func encode(into writer: inout NetlinkWriter) {
        for field in [0, limit, 0, 0, 0, 0] { writer.append(UInt32(field)) }
    }
}

extension LinkQueue {
    // Types of attributes (`linux/rtnetlink.h`, `linux/pkt_sched.h`).
    private static let kindType: UInt16 = 1, optionsType: UInt16 = 2
    private static let bucketParameters: UInt16 = 1, bucketRate64: UInt16 = 4, bucketBurst: UInt16 = 6
    private static let delayRate: UInt16 = 6, delayRate64: UInt16 = 8, delayTime64: UInt16 = 10

    /// TC_LINKLAYER_ETHERNET
    private static let ethernet: UInt8 = 1

    /// How many bytes may leave at once: a hundredth of a second's, but always some full packets.
    var burst: UInt32 { UInt32(clamping: max((rate ?? 0) / 100, 16_384)) }

    /// How many bytes may wait: what leaves in 0.4 seconds, beyond the burst.
    var limit: UInt32 { UInt32(clamping: UInt64(burst) + max((rate ?? 0) * 4 / 10, 65_536)) }

    /// The request that makes it the queue of a link, whichever the link had.
    ///
    /// A rate alone is a token bucket (`tc-tbf(8)`); a delay needs `tc-netem(8)`, which keeps a rate, too.
    func message(linkIndex: Int32) -> NetlinkMessage {
        NetlinkMessage(
            RouteMessage.newQueue, flags: .replace, header: QueueHeader(index: linkIndex, parent: QueueHeader.root),
            attributes: [
                NetlinkAttribute(Self.kindType, .string(delay > 0 ? "netem" : "tbf")),
                delay > 0 ? delayOptions : bucketOptions,
            ])
    }

    /// The request that gives a link its usual queue back.
    static func removal(linkIndex: Int32) -> NetlinkMessage {
        NetlinkMessage(
            RouteMessage.deleteQueue, header: QueueHeader(index: linkIndex, parent: QueueHeader.root))
    }

    private var bucketOptions: NetlinkAttribute {
        var parameters = NetlinkWriter()
        // struct tc_tbf_qopt: rate, peak rate (none), limit, and two times that the attributes replace.
        parameters.append(.bytes(ratespec(rate ?? 0) + ratespec(nil)))
        parameters.append(limit)
        parameters.append(UInt64(0))
        return NetlinkAttribute(
            Self.optionsType,
            .nested([
                NetlinkAttribute(Self.bucketParameters, .bytes(parameters.bytes)),
                NetlinkAttribute(Self.bucketRate64, .uint64(rate ?? 0)),
                NetlinkAttribute(Self.bucketBurst, .uint32(burst)),
            ]))
    }

    /// `struct tc_ratespec`; none is all zeros.
    private func ratespec(_ rate: UInt64?) -> [UInt8] {
        var writer = NetlinkWriter()
        writer.append(UInt8(0))
        writer.append(rate == nil ? 0 : Self.ethernet)
        for _ in 0..<3 { writer.append(UInt16(0)) }
        writer.append(UInt32(clamping: rate ?? 0))
        return writer.bytes
    }

    private var delayOptions: NetlinkAttribute {
        var attributes = [NetlinkAttribute(Self.delayTime64, .uint64(delay))]
        if let rate {
            var speed = NetlinkWriter()
            speed.append(UInt32(clamping: rate))
            for _ in 0..<3 { speed.append(UInt32(0)) }
            attributes.append(NetlinkAttribute(Self.delayRate, .bytes(speed.bytes)))
            if rate > UInt64(UInt32.max) { attributes.append(NetlinkAttribute(Self.delayRate64, .uint64(rate))) }
        }
        return NetlinkAttribute(Self.optionsType, .headed(DelayHeader(), attributes))
    }

    /// What a message says of a link's own queue; `nil` for the kernel's usual ones.
    init?(header: QueueHeader, attributes: NetlinkAttributes) {
        guard header.parent == QueueHeader.root, let options = attributes.bytes(Self.optionsType) else { return nil }
        switch attributes.string(Self.kindType) {
        case "tbf":
            guard let nested = try? NetlinkAttributes(parsing: options[...]),
                let parameters = nested.bytes(Self.bucketParameters)
            else { return nil }
            var reader = NetlinkReader(parameters.dropFirst(8))
            let short = (try? reader.integer(UInt32.self)).map(UInt64.init)
            self.init(rate: nested.integer(Self.bucketRate64, as: UInt64.self) ?? short)
        case "netem":
            guard let nested = try? NetlinkAttributes(parsing: options.dropFirst(DelayHeader.size)) else { return nil }
            var speed = nested.bytes(Self.delayRate).map { NetlinkReader($0[...]) }
            let short = (try? speed?.integer(UInt32.self)).map(UInt64.init)
            let rate = nested.integer(Self.delayRate64, as: UInt64.self) ?? short
            self.init(rate: rate == 0 ? nil : rate, delay: nested.integer(Self.delayTime64, as: UInt64.self) ?? 0)
        default: return nil
        }
    }
}
