import Glibc
import Posix

// Tunnels, links that share a cable, and what is done to packets on the way out.

extension LinuxNetworkNamespace {
    /// Makes a tunnel and plugs it into a bridge, up.
    ///
    /// It learns nothing and floods nothing: frames go where a forwarding entry says, and questions for an address are
    /// answered here from the neighbour entries (IFLA_VXLAN_PROXY).
    public func makeTunnel(_ tunnel: Tunnel, bridge: String) throws(SystemError) {
        let operation = "making vxlan \(tunnel.name)"
        let socket = try open()
        let link = NewLink(
            name: tunnel.name,
            kind: .vxlan(
                identifier: tunnel.identifier, local: tunnel.local, port: tunnel.port, learning: false, proxy: true),
            mtu: tunnel.mtu, master: try socket.index(of: bridge, for: operation), isUp: true)
        try socket.change(operation, link.message)
    }

    /// Makes a link on top of one of this namespace, down, in another namespace or in this one.
    public func makeUpperLink(_ upper: UpperLink, in target: (any NetworkNamespace)?) throws(SystemError) {
        let operation = "making \(upper.kind.name) \(upper.name) on \(upper.lower)"
        let socket = try open()
        var link = NewLink(
            name: upper.name, kind: LinkKind(upper.kind), mac: upper.mac, mtu: upper.mtu,
            lower: try socket.index(of: upper.lower, for: operation))
        guard let target else { return try socket.change(operation, link.message) }
        guard let place = target.descriptor else { throw SystemError(operation, code: EBADF) }
        link.namespace = place.number
        try withExtendedLifetime(place) { () throws(SystemError) in try socket.change(operation, link.message) }
    }

    /// Puts a permanent entry where it says, in the place of one for the same address.
    public func setNeighbour(_ neighbour: Neighbour, on link: String, isForwardingEntry: Bool) throws(SystemError) {
        let operation = "adding neighbour \(Self.shown(neighbour)) on \(link)"
        let socket = try open()
        var entry = neighbour
        entry.linkIndex = try socket.index(of: link, for: operation)
        var message = entry.message(isForwardingEntry: isForwardingEntry)
        message.flags = .replace
        try socket.change(operation, message)
    }

    /// Removes an entry; one that is not there is no error.
    public func removeNeighbour(_ neighbour: Neighbour, on link: String, isForwardingEntry: Bool) throws(SystemError) {
        let operation = "removing neighbour \(Self.shown(neighbour)) on \(link)"
        let socket = try open()
        var entry = neighbour
        entry.linkIndex = try socket.index(of: link, for: operation)
        var message = entry.message(isForwardingEntry: isForwardingEntry)
        message.type = RouteMessage.deleteNeighbour
        message.flags = []
        do throws(SystemError) { try socket.change(operation, message) } catch {
            guard error.code == ENOENT || error.code == ESRCH else { throw error }
        }
    }

    private static func shown(_ neighbour: Neighbour) -> String {
        [neighbour.mac.map { "\($0)" }, neighbour.address.map { "\($0)" }].compactMap { $0 }.joined(separator: " at ")
    }

    /// Gives a link a queue of its own, or its usual one back.
    public func setQueue(_ queue: LinkQueue?, on link: String) throws(SystemError) {
        let operation = "setting the queue of \(link)"
        let socket = try open()
        let index = try socket.index(of: link, for: operation)
        guard let queue else {
            do throws(SystemError) { try socket.change(operation, LinkQueue.removal(linkIndex: index)) } catch {
                // The usual queue is nobody's to remove.
                guard error.code == ENOENT || error.code == EINVAL else { throw error }
            }
            return
        }
        try socket.change(operation, queue.message(linkIndex: index))
    }

    /// The queue that a link was given; `nil` when it has the usual one.
    public func queue(of link: String) throws(SystemError) -> LinkQueue? {
        let operation = "reading the queue of \(link)"
        let socket = try open()
        let index = try socket.index(of: link, for: operation)
        return try socket.list(
            operation, NetlinkMessage(RouteMessage.getQueue, header: QueueHeader(index: index)), as: QueueHeader.self
        ).filter { $0.header.index == index }.compactMap(LinkQueue.init).first
    }
}

extension LinkKind {
    /// The kind of a link that shares another's cable.
    init(_ kind: UpperLink.Kind) {
        switch kind {
        case .macvlan(let mode): self = .macvlan(mode)
        case .ipvlan(let mode): self = LinkKind(name: kind.name, options: [NetlinkAttribute(1, .uint16(mode.rawValue))])
        case .vlan(let number): self = LinkKind(name: kind.name, options: [NetlinkAttribute(1, .uint16(number))])
        }
    }

    /// What the options that were read say, as `ip -details link` shows them; `nil` for kinds that have nothing to say.
    static func detail(of kind: String?, _ options: NetlinkAttributes?) -> String? {
        guard let options else { return nil }
        switch kind {
        case "vxlan":
            guard let identifier = options.integer(1, as: UInt32.self) else { return nil }
            let local = options.bytes(4).flatMap { IPAddress(bytes: $0) }.map { " local \($0)" } ?? ""
            let port = options.bytes(15).map { $0.reduce(0) { $0 << 8 | Int($1) } }.map { " dstport \($0)" } ?? ""
            return "vxlan id \(identifier)\(local)\(port)"
        case "macvlan":
            let mode = options.integer(1, as: UInt32.self).flatMap(MacvlanMode.init)
            return mode.map { "macvlan mode \($0.name)" }
        case "ipvlan":
            let mode = options.integer(1, as: UInt16.self).flatMap(IpvlanMode.init)
            return mode.map { "ipvlan mode \($0.name)" }
        case "vlan": return options.integer(1, as: UInt16.self).map { "vlan id \($0)" }
        default: return nil
        }
    }
}
