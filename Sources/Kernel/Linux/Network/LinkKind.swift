/// A kind of virtual link with its options. A further kind is a further value: a name and attributes.
struct LinkKind: Sendable, Equatable {
    /// The name the kernel knows it by (IFLA_INFO_KIND).
    var name: String
    /// Its options (IFLA_INFO_DATA).
    var options: [NetlinkAttribute]

    /// A switch made of software. What is `nil` stays as the kernel has it.
    /// - Parameters:
    ///   - forwardDelay: How long a new port listens before it forwards, in hundredths of a second.
    ///   - ageing: How long a learned address is kept, in hundredths of a second.
    ///   - spanningTree: Whether the spanning tree protocol runs.
    ///   - multicastSnooping: Whether it learns which ports want which multicast groups.
    static func bridge(
        forwardDelay: UInt32? = nil, ageing: UInt32? = nil, spanningTree: Bool? = nil, multicastSnooping: Bool? = nil
    ) -> LinkKind {
        LinkKind(
            name: "bridge",
            options: [
                forwardDelay.map { NetlinkAttribute(1, .uint32($0)) },
                ageing.map { NetlinkAttribute(4, .uint32($0)) },
                spanningTree.map { NetlinkAttribute(5, .uint32($0 ? 1 : 0)) },
                multicastSnooping.map { NetlinkAttribute(23, .uint8($0 ? 1 : 0)) },
            ].compactMap { $0 })
    }

    /// One of a pair of ends (`veth(4)`); VETH_INFO_PEER describes the other as a link of its own.
    static func veth(peer: NewLink) -> LinkKind {
        LinkKind(name: "veth", options: [NetlinkAttribute(1, .headed(peer.header, peer.attributes))])
    }

    /// A tunnel of Ethernet frames in UDP (RFC 7348).
    /// - Parameters:
    ///   - identifier: The network identifier, 24 bits.
    ///   - local: The address to send from.
    ///   - port: The UDP port; the standard one is 4789.
    ///   - learning: Whether it learns which address is behind which peer from what arrives.
    ///   - proxy: Whether it answers questions for addresses from its neighbour entries (ARP), instead of sending them on.
    static func vxlan(
        identifier: UInt32, local: IPAddress?, port: UInt16 = 4789, learning: Bool = false, proxy: Bool = false
    ) -> LinkKind {
        LinkKind(
            name: "vxlan",
            options: [
                NetlinkAttribute(1, .uint32(identifier)),
                local.map { NetlinkAttribute($0.isIPv6 ? 17 : 4, .bytes($0.bytes)) },
                NetlinkAttribute(7, .uint8(learning ? 1 : 0)),
                proxy ? NetlinkAttribute(11, .uint8(1)) : nil,
                NetlinkAttribute(15, .bigEndian16(port)),
            ].compactMap { $0 })
    }

    /// A link with an address of its own on top of another link.
    static func macvlan(_ mode: MacvlanMode) -> LinkKind {
        LinkKind(name: "macvlan", options: [NetlinkAttribute(1, .uint32(mode.rawValue))])
    }
}

/// A link to be made.
struct NewLink: Sendable, Equatable {
    var name: String
    /// `nil` when the kind is told elsewhere: the peer of a veth pair.
    var kind: LinkKind?
    var mac: MACAddress?
    var mtu: UInt32?
    /// The index of the bridge it becomes a port of.
    var master: Int32?
    /// The index of the link below it (macvlan, vxlan).
    var lower: Int32?
    /// A descriptor of the namespace it is made in; `nil` is the socket's.
    var namespace: Int32?
    var isUp = false

    /// The fixed part of its message.
    var header: LinkHeader {
        isUp ? LinkHeader(flags: LinkHeader.up, change: LinkHeader.up) : LinkHeader()
    }

    /// The rest.
    var attributes: [NetlinkAttribute] {
        [
            NetlinkAttribute(LinkAttribute.name, .string(name)),
            mac.map { NetlinkAttribute(LinkAttribute.address, .bytes($0.bytes)) },
            mtu.map { NetlinkAttribute(LinkAttribute.mtu, .uint32($0)) },
            lower.map { NetlinkAttribute(LinkAttribute.link, .int32($0)) },
            master.map { NetlinkAttribute(LinkAttribute.master, .int32($0)) },
            namespace.map { NetlinkAttribute(LinkAttribute.namespace, .int32($0)) },
            kind.map { kind in
                let options =
                    kind.options.isEmpty ? [] : [NetlinkAttribute(LinkAttribute.infoData, .nested(kind.options))]
                return NetlinkAttribute(
                    LinkAttribute.info,
                    .nested([NetlinkAttribute(LinkAttribute.infoKind, .string(kind.name))] + options))
            },
        ].compactMap { $0 }
    }

    /// The whole request; it fails when the name is taken.
    var message: NetlinkMessage {
        NetlinkMessage(RouteMessage.newLink, flags: .makeNew, header: header, attributes: attributes)
    }
}

/// Types of attributes of links (`linux/if_link.h`).
enum LinkAttribute {
    static let address: UInt16 = 1
    static let name: UInt16 = 3
    static let mtu: UInt16 = 4
    static let link: UInt16 = 5
    static let master: UInt16 = 10
    static let operationalState: UInt16 = 16
    static let info: UInt16 = 18
    static let infoKind: UInt16 = 1
    static let infoData: UInt16 = 2
    static let statistics: UInt16 = 23
    static let namespace: UInt16 = 28
}
