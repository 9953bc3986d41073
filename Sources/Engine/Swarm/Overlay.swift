import Kernel
import Posix

/// An overlay network: addresses that are shared out among all nodes of the swarm, and who has which behind which node.
final class Overlay: Sendable {
    /// Its definition and its addresses: one pool for the whole swarm, so that none is given twice.
    let network: Network

    /// A container's place in it.
    struct Station: Sendable, Equatable {
        /// The endpoint's identity.
        var endpoint: String
        /// The node that the container is on, and that node's address on the cable.
        var node: String, tunnelEnd: IPAddress
        var address: IPAddress
        var mac: MACAddress
        /// Whether the other nodes were told of it.
        var isTold = false
    }

    /// Who is in it. Held while tunnels, forwarding and neighbour entries change, so that none is missed by two
    /// containers that start at the same time.
    let stations = Monitor<[Station]>([])

    init(_ network: Network) { self.network = network }

    /// The tunnel's name on every node.
    var tunnel: String { "vx-\(network.id.prefix(12))" }

    /// The names of the nodes on which it is in use.
    var nodes: Set<String> { Set(stations.current.map(\.node)) }
}

extension Overlay.Station {
    /// What a node's tunnel has to know to send to it: behind which node its hardware address is.
    var forwardingEntry: Neighbour {
        Neighbour(linkIndex: 0, address: tunnelEnd, mac: mac, isPermanent: true)
    }

    /// What a node's tunnel has to know to answer who has its address.
    var neighbour: Neighbour { Neighbour(linkIndex: 0, address: address, mac: mac, isPermanent: true) }

    /// Puts both on a tunnel.
    func enter(into namespace: any NetworkNamespace, tunnel: String) throws(SystemError) {
        try namespace.setNeighbour(forwardingEntry, on: tunnel, isForwardingEntry: true)
        try namespace.setNeighbour(neighbour, on: tunnel, isForwardingEntry: false)
    }

    /// Takes both off a tunnel.
    func leave(_ namespace: any NetworkNamespace, tunnel: String) throws(SystemError) {
        try namespace.removeNeighbour(forwardingEntry, on: tunnel, isForwardingEntry: true)
        try namespace.removeNeighbour(neighbour, on: tunnel, isForwardingEntry: false)
    }
}
