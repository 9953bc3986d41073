import Glibc
import Posix

/// A network namespace of the model: links, addresses, routes, parameters and rules, with Linux's own rules for them.
struct SimulatedNetwork: Sendable {
    /// In the order of their indices.
    private(set) var links: [SimulatedLink] = [
        SimulatedLink(
            index: 1, name: "lo", kind: nil, mac: MACAddress(bytes: [0, 0, 0, 0, 0, 0]), mtu: 65_536, isUp: true)
    ]
    var addresses: [AssignedAddress] = [
        InterfaceAddress("127.0.0.1/8"), InterfaceAddress("::1/128"),
    ].compactMap { $0 }.map { AssignedAddress(linkIndex: 1, address: $0) }
    /// Those that were added; those that come with an address are derived.
    var routes: [Route] = []
    var parameters = SimulatedParameters()
    var rules = SimulatedRules()
    /// Neighbours and forwarding entries that were put there; the latter have no family of their own.
    var neighbours: [SimulatedNeighbour] = []
    /// The queues that links were given, by index.
    var queues: [Int32: LinkQueue] = [:]
    private var lastIndex: Int32 = 1

    /// The link of a name.
    func link(_ name: String) -> SimulatedLink? { links.first { $0.name == name } }

    /// The link of an index.
    func link(_ index: Int32) -> SimulatedLink? { links.first { $0.index == index } }

    /// Changes the link of an index.
    mutating func update(_ index: Int32, _ body: (inout SimulatedLink) -> Void) {
        guard let position = links.firstIndex(where: { $0.index == index }) else { return }
        body(&links[position])
        if !links[position].isUp {
            // As in Linux: a link that goes down loses the routes that were added over it.
            let name = links[position].name
            routes.removeAll { $0.link == name }
        }
    }

    /// Adds a link.
    mutating func add(_ link: SimulatedLink) {
        lastIndex = max(lastIndex, link.index)
        links.append(link)
    }

    /// An index for a new link.
    mutating func makeIndex() -> Int32 {
        lastIndex += 1
        return lastIndex
    }

    /// Removes a link with its addresses and routes.
    mutating func remove(_ index: Int32) {
        guard let link = link(index) else { return }
        links.removeAll { $0.index == index }
        addresses.removeAll { $0.linkIndex == index }
        routes.removeAll { $0.link == link.name }
        neighbours.removeAll { $0.entry.linkIndex == index }
        queues[index] = nil
        for position in links.indices where links[position].master == index { links[position].master = nil }
    }

    /// Fails for a name that Linux would not take, or that is taken.
    func checkName(_ name: String, _ operation: String) throws(SystemError) {
        if name.utf8.count > 15 { throw SystemError(operation, code: ERANGE) }
        if name.isEmpty || name == "." || name == ".."
            || name.contains(where: { $0 == "/" || $0 == ":" || $0.isWhitespace })
        {
            throw SystemError(operation, code: EINVAL)
        }
        if link(name) != nil { throw SystemError(operation, code: EEXIST) }
    }

    /// Fails for addresses and sizes that Linux would not take.
    static func checkSettings(mac: MACAddress?, mtu: UInt32?, _ operation: String) throws(SystemError) {
        if let first = mac?.bytes.first, first & 1 == 1 { throw SystemError(operation, code: EADDRNOTAVAIL) }
        if let mtu, !(68...65_535).contains(mtu) { throw SystemError(operation, code: EINVAL) }
    }

    /// All routes of the main table: those that addresses bring along, and those that were added.
    var allRoutes: [Route] {
        var connected: [Route] = []
        for assigned in addresses {
            guard let link = link(assigned.linkIndex), link.isUp, link.name != "lo" else { continue }
            let isHost = assigned.address.prefixLength == assigned.address.address.bytes.count * 8
            if !isHost || assigned.address.address.isIPv6 {
                connected.append(Route(destination: assigned.address.network, gateway: nil, link: link.name))
            }
        }
        let defaults = routes.filter { $0.destination == nil }
        return defaults + connected + routes.filter { $0.destination != nil }
    }
}

/// A neighbour or forwarding entry of the model.
struct SimulatedNeighbour: Sendable, Equatable {
    var entry: Neighbour
    var isForwardingEntry: Bool

    /// Whether two entries can't be there together: neighbours of one address, forwarding entries of one station.
    func isFor(_ other: SimulatedNeighbour) -> Bool {
        guard isForwardingEntry == other.isForwardingEntry, entry.linkIndex == other.entry.linkIndex else {
            return false
        }
        return isForwardingEntry ? entry.mac == other.entry.mac : entry.address == other.entry.address
    }
}

/// A link of the model.
struct SimulatedLink: Sendable, Equatable {
    var index: Int32
    var name: String
    var kind: String?
    var mac: MACAddress?
    var mtu: UInt32
    var isUp: Bool
    var master: Int32?
    /// The other end of a veth pair.
    var peer: Place?
    /// What `ip -details link` adds.
    var detail: String?

    /// A link in a namespace.
    struct Place: Sendable, Equatable {
        var network: UInt64
        var index: Int32
    }

    /// A locally administered address, made of numbers that no other link has.
    static func address(_ inode: UInt64, _ index: Int32) -> MACAddress? {
        MACAddress(bytes: [
            0x02, 0x53, UInt8(truncatingIfNeeded: inode >> 8), UInt8(truncatingIfNeeded: inode),
            UInt8(truncatingIfNeeded: index >> 8), UInt8(truncatingIfNeeded: index),
        ])
    }
}

/// The files below `/proc/sys/net` that the model has, with Linux's defaults for a new namespace.
struct SimulatedParameters: Sendable {
    private var values = [
        "ipv4/ip_forward": "0", "ipv4/ip_unprivileged_port_start": "1024", "ipv4/ping_group_range": "1\t0",
        "ipv4/ip_local_port_range": "32768\t60999", "ipv4/tcp_syncookies": "1", "core/somaxconn": "4096",
        "ipv4/ip_nonlocal_bind": "0", "ipv4/tcp_keepalive_time": "7200", "ipv4/icmp_echo_ignore_all": "0",
        "ipv6/conf/all/forwarding": "0", "bridge/bridge-nf-call-iptables": "1", "bridge/bridge-nf-call-ip6tables": "1",
        "netfilter/nf_conntrack_max": "262144",
    ]

    /// The files that each link has, and `all` and `default`.
    private static let perLink = [
        "forwarding": "0", "rp_filter": "0", "route_localnet": "0", "accept_redirects": "1", "proxy_arp": "0",
        "send_redirects": "1", "disable_ipv6": "0", "accept_ra": "1", "accept_dad": "1", "arp_notify": "0",
        "addr_gen_mode": "0", "log_martians": "0", "arp_ignore": "0", "arp_announce": "0",
    ]

    /// The value of a file; `nil` when there is none.
    func value(_ name: String, links: [String]) -> String? {
        if let value = values[name] { return value }
        let parts = name.split(separator: "/").map(String.init)
        guard parts.count == 4, ["ipv4", "ipv6"].contains(parts[0]), parts[1] == "conf",
            (["all", "default"] + links).contains(parts[2])
        else { return nil }
        return Self.perLink[parts[3]]
    }

    /// Writes a file.
    mutating func set(_ name: String, _ text: String, links: [String], _ operation: String) throws(SystemError) {
        guard let present = value(name, links: links) else { throw SystemError(operation, code: ENOENT) }
        let numbers = text.split(whereSeparator: \.isWhitespace).map { Int64($0) }
        let expected = present.split(separator: "\t").count
        guard numbers.count == expected, !numbers.contains(nil) else { throw SystemError(operation, code: EINVAL) }
        values[name] = numbers.compactMap { $0.map { String($0) } }.joined(separator: "\t")
        // The old name and the new one are one switch.
        if name == "ipv4/ip_forward" { values["ipv4/conf/all/forwarding"] = values[name] }
        if name == "ipv4/conf/all/forwarding" { values["ipv4/ip_forward"] = values[name] }
    }
}
