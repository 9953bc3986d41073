import Glibc
import Posix

// Links, addresses, routes and neighbours to messages and back.

extension NetlinkSocket {
    /// Brings a link up or down.
    func setLink(_ name: String, up: Bool) throws(SystemError) {
        try change(
            "setting link \(name) \(up ? "up" : "down")",
            NetlinkMessage(
                RouteMessage.newLink, header: LinkHeader(flags: up ? LinkHeader.up : 0, change: LinkHeader.up),
                attributes: [NetlinkAttribute(LinkAttribute.name, .string(name))]))
    }

    /// One link; `nil` when there is none of that name.
    func link(_ name: String) throws(SystemError) -> Link? {
        do throws(SystemError) {
            let request = NetlinkMessage(
                RouteMessage.getLink, header: LinkHeader(),
                attributes: [NetlinkAttribute(LinkAttribute.name, .string(name))])
            let found = try get("reading link \(name)", request, as: LinkHeader.self)
            return Link(header: found.header, attributes: found.attributes)
        } catch {
            if error.code == ENODEV { return nil }
            throw error
        }
    }

    /// The index of a link.
    /// - Throws: ENODEV, as the failure of the operation that needs it.
    func index(of name: String, for operation: String) throws(SystemError) -> Int32 {
        guard let link = try link(name) else { throw SystemError("\(operation) (no link \(name))", code: ENODEV) }
        return link.index
    }

    /// The names of all links by their indices.
    func linkNames() throws(SystemError) -> [Int32: String] {
        let links = try list(
            "listing links", NetlinkMessage(RouteMessage.getLink, header: LinkHeader()), as: LinkHeader.self)
        return Dictionary(links.map { ($0.header.index, $0.attributes.string(LinkAttribute.name) ?? "") }) { $1 }
    }
}

extension Link {
    /// `operstate` by number (RFC 2863, `linux/if.h`).
    private static let operationalStates = [
        "unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up",
    ]

    init(header: LinkHeader, attributes: NetlinkAttributes) {
        let information = try? attributes.nested(LinkAttribute.info)
        let kind = information?.string(LinkAttribute.infoKind)
        let state = Int(attributes.integer(LinkAttribute.operationalState, as: UInt8.self) ?? 0)
        self.init(
            index: header.index, name: attributes.string(LinkAttribute.name) ?? "", kind: kind,
            mac: attributes.bytes(LinkAttribute.address).flatMap { MACAddress(bytes: $0) },
            mtu: attributes.integer(LinkAttribute.mtu) ?? 0, isUp: header.flags & LinkHeader.up != 0,
            operationalState: Self.operationalStates.indices.contains(state)
                ? Self.operationalStates[state] : "unknown",
            master: attributes.integer(LinkAttribute.master),
            peerIndex: kind == "veth" ? attributes.integer(LinkAttribute.link) : nil,
            detail: LinkKind.detail(of: kind, (try? information?.nested(LinkAttribute.infoData)) ?? nil),
            counters: LinkCounters(statistics: attributes.bytes(LinkAttribute.statistics) ?? []))
    }
}

extension LinkCounters {
    /// The first fields of `struct rtnl_link_stats64` (`linux/if_link.h`).
    init(statistics: [UInt8]) {
        self.init()
        var reader = NetlinkReader(statistics[...])
        let fields: [WritableKeyPath<LinkCounters, UInt64>] = [
            \.receivedPackets, \.sentPackets, \.receivedBytes, \.sentBytes, \.receiveErrors, \.sendErrors,
            \.receiveDrops, \.sendDrops,
        ]
        for field in fields { self[keyPath: field] = (try? reader.integer()) ?? 0 }
    }
}

extension IPAddress {
    /// AF_INET or AF_INET6.
    var family: UInt8 { UInt8(isIPv6 ? AF_INET6 : AF_INET) }
}

extension AssignedAddress {
    // Types of attributes (`linux/if_addr.h`).
    private static let address: UInt16 = 1, local: UInt16 = 2, broadcast: UInt16 = 4, flags: UInt16 = 8
    /// IFA_F_NODAD
    private static let noDetection: UInt32 = 0x02
    /// RT_SCOPE_HOST
    private static let hostScope: UInt8 = 254

    init?(header: AddressHeader, attributes: NetlinkAttributes) {
        // On a point-to-point link IFA_ADDRESS is the far side; IFA_LOCAL is always the link's own.
        guard let bytes = attributes.bytes(Self.local) ?? attributes.bytes(Self.address),
            let address = IPAddress(bytes: bytes),
            let assigned = InterfaceAddress(address, prefixLength: Int(header.prefixLength))
        else { return nil }
        self.init(linkIndex: header.index, address: assigned)
    }

    /// The request that adds it. An IPv4 network with room for one has its last address as the broadcast address.
    var message: NetlinkMessage {
        let host = address.address
        var attributes = [
            NetlinkAttribute(Self.local, .bytes(host.bytes)), NetlinkAttribute(Self.address, .bytes(host.bytes)),
        ]
        let isLoopback = host.isIPv6 ? host == IPAddress("::1") : host.bytes.first == 127
        if host.isIPv6 {
            attributes.append(NetlinkAttribute(Self.flags, .uint32(Self.noDetection)))
        } else if address.prefixLength < 31 && !isLoopback {
            attributes.append(NetlinkAttribute(Self.broadcast, .bytes(address.lastAddress.bytes)))
        }
        return NetlinkMessage(
            RouteMessage.newAddress, flags: .makeNew,
            header: AddressHeader(
                family: host.family, prefixLength: UInt8(address.prefixLength), scope: isLoopback ? Self.hostScope : 0,
                index: linkIndex), attributes: attributes)
    }
}

extension InterfaceAddress {
    /// The network's last address: all bits after the prefix set.
    var lastAddress: IPAddress {
        var bytes = address.bytes
        for index in bytes.indices {
            let kept = min(max(prefixLength - index * 8, 0), 8)
            bytes[index] |= kept == 8 ? 0 : 0xFF >> kept
        }
        return IPAddress(bytes: bytes) ?? address
    }
}

extension Route: CustomStringConvertible {
    // Types of attributes (`linux/rtnetlink.h`).
    private static let destinationType: UInt16 = 1, linkType: UInt16 = 4, gatewayType: UInt16 = 5
    private static let multipathType: UInt16 = 9, tableType: UInt16 = 15

    /// As `ip route` shows it: `default via 172.17.0.1 dev eth0`.
    public var description: String {
        "\(destination?.description ?? "default")\(gateway.map { " via \($0)" } ?? "") dev \(link)"
    }

    /// The request that adds it.
    func message(linkIndex: Int32) -> NetlinkMessage {
        let family = destination?.address.family ?? gateway?.family ?? UInt8(AF_INET)
        var header = RouteHeader(family: family)
        header.destinationLength = UInt8(destination?.prefixLength ?? 0)
        header.table = RouteHeader.mainTable
        header.protocolNumber = RouteHeader.byHand
        header.type = RouteHeader.unicast
        header.scope = gateway == nil && family == UInt8(AF_INET) ? RouteHeader.onLink : 0
        return NetlinkMessage(
            RouteMessage.newRoute, flags: .makeNew, header: header,
            attributes: [
                destination.map { NetlinkAttribute(Self.destinationType, .bytes($0.network.address.bytes)) },
                gateway.map { NetlinkAttribute(Self.gatewayType, .bytes($0.bytes)) },
                NetlinkAttribute(Self.linkType, .int32(linkIndex)),
            ].compactMap { $0 })
    }

    /// What a message says: nothing when the route is of another table or kind, several routes for several hops.
    static func routes(header: RouteHeader, attributes: NetlinkAttributes, linkNames: [Int32: String]) -> [Route] {
        let table = attributes.integer(tableType, as: UInt32.self) ?? UInt32(header.table)
        guard table == UInt32(RouteHeader.mainTable), header.type == RouteHeader.unicast else { return [] }
        let destination = attributes.bytes(destinationType).flatMap { IPAddress(bytes: $0) }.flatMap {
            InterfaceAddress($0, prefixLength: Int(header.destinationLength))
        }
        func route(_ index: Int32?, _ attributes: NetlinkAttributes) -> Route {
            Route(
                destination: header.destinationLength == 0 ? nil : destination,
                gateway: attributes.bytes(gatewayType).flatMap { IPAddress(bytes: $0) },
                link: index.flatMap { linkNames[$0] } ?? "")
        }
        if let hops = attributes.bytes(multipathType) {
            return hopsOf(hops).map { route($0.index, $0.attributes) }
        }
        return [route(attributes.integer(linkType), attributes)]
    }

    /// The hops of RTA_MULTIPATH: `struct rtnexthop`, each followed by attributes.
    private static func hopsOf(_ bytes: [UInt8]) -> [(index: Int32, attributes: NetlinkAttributes)] {
        var reader = NetlinkReader(bytes[...])
        var hops: [(index: Int32, attributes: NetlinkAttributes)] = []
        while let length = try? reader.integer(UInt16.self), length >= 8,
            let rest = try? reader.padded(Int(length) - 2)
        {
            var hop = NetlinkReader(rest.dropFirst(2))
            guard let index = try? hop.integer(Int32.self),
                let attributes = try? NetlinkAttributes(parsing: hop.rest)
            else { break }
            hops.append((index, attributes))
        }
        return hops
    }
}

extension Neighbour {
    // Types of attributes (`linux/neighbour.h`).
    private static let destinationType: UInt16 = 1, macType: UInt16 = 2

    init?(header: NeighbourHeader, attributes: NetlinkAttributes) {
        let isForwardingEntry = header.family == UInt8(AF_BRIDGE)
        // Entries that need no resolution (multicast, loopback) are not neighbours: `ip neigh` hides them too.
        if !isForwardingEntry && (header.state == 0 || header.state & NeighbourHeader.noResolution != 0) { return nil }
        self.init(
            linkIndex: header.index,
            address: attributes.bytes(Self.destinationType).flatMap { IPAddress(bytes: $0) },
            mac: attributes.bytes(Self.macType).flatMap { MACAddress(bytes: $0) },
            isPermanent: header.state & NeighbourHeader.permanent != 0)
    }

    /// The request that adds it for good: to the table of addresses, or to the forwarding table of a tunnel.
    func message(isForwardingEntry: Bool) -> NetlinkMessage {
        let family = isForwardingEntry ? UInt8(AF_BRIDGE) : address?.family ?? UInt8(AF_INET)
        return NetlinkMessage(
            RouteMessage.newNeighbour, flags: isForwardingEntry ? .append : .makeNew,
            header: NeighbourHeader(
                family: family, index: linkIndex, state: NeighbourHeader.permanent,
                flags: isForwardingEntry ? NeighbourHeader.ownEntry : 0),
            attributes: [
                address.map { NetlinkAttribute(Self.destinationType, .bytes($0.bytes)) },
                mac.map { NetlinkAttribute(Self.macType, .bytes($0.bytes)) },
            ].compactMap { $0 })
    }
}
