import Glibc
import Kernel
import OrderedJSON
import Posix
import Synchronization

/// The cable that joins the nodes of the lab: a bridge in a network namespace of its own, where nobody else sees it.
///
/// Each node has one port there, named after the node, whose other end is the node's `eth0`. A port can be unplugged,
/// slowed down and made lossy.
final class Cable: Sendable {
    /// The namespace that holds the bridge and nothing else.
    let namespace: any NetworkNamespace
    private let ports = Mutex<[String: CableQuality]>([:])

    /// The bridge's name.
    static let bridge = "cable0"
    /// The nodes' end.
    static let interface = "eth0"
    /// What the addresses of the cable are taken from: networks that are set aside for examples, and so are nobody's
    /// (TEST-NET-3, 2 and 1, RFC 5737), and one for measurements (RFC 2544).
    private static let subnets = ["203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24", "198.18.0.0/24"]
    /// The addresses of the cable.
    let subnet: InterfaceAddress

    /// Makes the namespace and the bridge. The addresses are those of the first network that the machine itself, against
    /// the rules, does not use.
    init(_ kernel: any Kernel) throws(SystemError) {
        let routed = try kernel.machineNetworkNamespace().routes().compactMap(\.destination)
        let free = Self.subnets.compactMap { InterfaceAddress($0) }.first { subnet in
            !routed.contains { $0.prefixLength > 0 && $0.overlaps(subnet) }
        }
        guard let free else { throw SystemError("choosing addresses for the cable between nodes", code: EADDRINUSE) }
        subnet = free
        namespace = try kernel.makeNetworkNamespace()
        try namespace.makeBridge(Self.bridge, mac: nil, mtu: nil)
    }

    /// The address of the node with a number.
    func address(of number: Int) -> InterfaceAddress? {
        subnet.address.advanced(by: UInt64(number)).flatMap {
            InterfaceAddress($0, prefixLength: subnet.prefixLength)
        }
    }

    /// Lays a node's own cable: the port first, up, then the node's end with its address.
    func plug(_ node: String, _ address: InterfaceAddress, into inside: any NetworkNamespace) throws(SystemError) {
        let peer = VethPeer(
            name: Self.interface, namespace: inside, mac: MACAddress(derivedFrom: address.address), mtu: nil)
        try namespace.makeVeth(node, bridge: Self.bridge, peer: peer)
        try inside.addAddress(address, to: Self.interface)
        try inside.setLink(Self.interface, up: true)
        ports.withLock { $0[node] = CableQuality() }
    }

    /// Takes a node's port away; one that is not there is no error.
    func unplug(_ node: String) throws(SystemError) {
        if try namespace.link(node) != nil { try namespace.deleteLink(node) }
        let lossy = ports.withLock { ports in
            ports[node] = nil
            return ports
        }
        if lossy.values.contains(where: { $0.loss > 0 }) { try applyLoss(lossy) }
    }

    /// How well a node's port works.
    func quality(of node: String) -> CableQuality? { ports.withLock { $0[node] } }

    /// Makes a node's port work as well as it says, in both directions.
    ///
    /// - Parameter inside: The node's namespace: what it sends is slowed down there.
    func set(_ quality: CableQuality, for node: String, inside: any NetworkNamespace) throws(SystemError) {
        let old = self.quality(of: node) ?? CableQuality()
        if quality.queue != old.queue {
            try namespace.setQueue(quality.queue, on: node)
            try inside.setQueue(quality.queue, on: Self.interface)
        }
        if quality.loss != old.loss {
            var all = ports.withLock { $0 }
            all[node] = quality
            try applyLoss(all)
        }
        if quality.isUp != old.isUp { try namespace.setLink(node, up: quality.isUp) }
        ports.withLock { $0[node] = quality }
    }

    /// Makes a port what it was before a change that went wrong half-way, whatever it is now.
    func restore(_ quality: CableQuality, for node: String, inside: any NetworkNamespace) throws(SystemError) {
        guard try namespace.link(node) != nil else { return }
        try namespace.setQueue(quality.queue, on: node)
        try inside.setQueue(quality.queue, on: Self.interface)
        var all = ports.withLock { $0 }
        all[node] = quality
        try applyLoss(all)
        try namespace.setLink(node, up: quality.isUp)
        ports.withLock { $0[node] = quality }
    }

    /// One chain in the path of all frames, with two rules for each lossy port: one for each direction.
    private func applyLoss(_ ports: [String: CableQuality]) throws(SystemError) {
        var commands = """
            add table bridge drydock
            add chain bridge drydock cable { type filter hook forward priority 0; policy accept; }
            flush chain bridge drydock cable

            """
        for (node, quality) in ports.sorted(by: { $0.key < $1.key }) where quality.loss > 0 {
            for direction in ["iifname", "oifname"] {
                let chance = quality.loss < 10_000 ? "numgen random mod 10000 < \(quality.loss) " : ""
                commands += "add rule bridge drydock cable \(direction) \"\(node)\" \(chance)drop\n"
            }
        }
        _ = try namespace.applyRules(commands)
    }

    /// What the kernel says of a port now.
    func state(of node: String) throws(SystemError) -> (link: Link?, queue: LinkQueue?, rules: [String]) {
        guard let link = try namespace.link(node) else { return (nil, nil, []) }
        let queue = try namespace.queue(of: node)
        let listing: String
        do throws(SystemError) { listing = try namespace.applyRules("list table bridge drydock\n") } catch {
            guard error.code == ENOENT else { throw error }
            listing = ""
        }
        let rules = listing.split(separator: "\n").filter { $0.contains("\"\(node)\"") }
        return (link, queue, rules.map { $0.split(whereSeparator: \.isWhitespace).joined(separator: " ") })
    }
}

/// How well a node's port on the cable works.
struct CableQuality: Sendable, Equatable {
    /// Whether it is plugged in.
    var isUp = true
    /// How many of 10,000 frames are lost, in each direction.
    var loss = 0
    /// Bytes a second, in each direction; `nil` for no limit.
    var rate: UInt64?
    /// How long each frame is held back in each direction, nanoseconds.
    var delay: UInt64 = 0

    /// The queue that makes it so; `nil` for the usual one.
    var queue: LinkQueue? { rate == nil && delay == 0 ? nil : LinkQueue(rate: rate, delay: delay) }
}
