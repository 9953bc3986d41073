import Glibc
import Posix

// Tunnels, links that share a cable, and queues, in the model: they exist and can be read back; nothing passes.

extension SimulatedNetworkNamespace {
    func makeTunnel(_ tunnel: Tunnel, bridge: String) throws(SystemError) {
        let operation = "making vxlan \(tunnel.name)"
        let inode = inode
        try with("makeTunnel", operation) { network, _ throws(SystemError) in
            try network.checkName(tunnel.name, operation)
            try SimulatedNetwork.checkSettings(mac: nil, mtu: tunnel.mtu, operation)
            guard let master = network.link(bridge) else {
                throw SystemError("\(operation) (no link \(bridge))", code: ENODEV)
            }
            guard master.kind == "bridge" else { throw SystemError(operation, code: EOPNOTSUPP) }
            let index = network.makeIndex()
            network.add(
                SimulatedLink(
                    index: index, name: tunnel.name, kind: "vxlan", mac: SimulatedLink.address(inode, index),
                    mtu: tunnel.mtu ?? 1450, isUp: true, master: master.index,
                    detail: "vxlan id \(tunnel.identifier) local \(tunnel.local) dstport \(tunnel.port)"))
        }
    }

    func makeUpperLink(_ upper: UpperLink, in target: (any NetworkNamespace)?) throws(SystemError) {
        let operation = "making \(upper.kind.name) \(upper.name) on \(upper.lower)"
        guard let place = (target ?? self) as? SimulatedNetworkNamespace else {
            throw SystemError(operation, code: EBADF)
        }
        let (here, there) = (inode, place.inode)
        try world.withLock { world throws(SystemError) in
            try world.takeFault("makeUpperLink", operation)
            guard let lower = world.networks[here]?.link(upper.lower) else {
                throw SystemError("\(operation) (no link \(upper.lower))", code: ENODEV)
            }
            guard var network = world.networks[there] else { throw SystemError(operation, code: ENOENT) }
            try network.checkName(upper.name, operation)
            try SimulatedNetwork.checkSettings(mac: upper.mac, mtu: upper.mtu, operation)
            let index = network.makeIndex()
            network.add(
                SimulatedLink(
                    index: index, name: upper.name, kind: upper.kind.name,
                    mac: upper.mac ?? SimulatedLink.address(there, index), mtu: upper.mtu ?? lower.mtu, isUp: false,
                    detail: Self.detail(of: upper.kind)))
            world.networks[there] = network
        }
    }

    private static func detail(of kind: UpperLink.Kind) -> String {
        switch kind {
        case .macvlan(let mode): "macvlan mode \(mode.name)"
        case .ipvlan(let mode): "ipvlan mode \(mode.name)"
        case .vlan(let number): "vlan id \(number)"
        }
    }

    func setNeighbour(_ neighbour: Neighbour, on link: String, isForwardingEntry: Bool) throws(SystemError) {
        try changeNeighbour("setNeighbour", neighbour, on: link, isForwardingEntry) { network, entry in
            network.neighbours.removeAll { $0.isFor(entry) }
            network.neighbours.append(entry)
        }
    }

    func removeNeighbour(_ neighbour: Neighbour, on link: String, isForwardingEntry: Bool) throws(SystemError) {
        try changeNeighbour("removeNeighbour", neighbour, on: link, isForwardingEntry) { network, entry in
            network.neighbours.removeAll { $0.isFor(entry) }
        }
    }

    private func changeNeighbour(
        _ name: String, _ neighbour: Neighbour, on link: String, _ isForwardingEntry: Bool,
        _ change: (inout SimulatedNetwork, SimulatedNeighbour) -> Void
    ) throws(SystemError) {
        let operation = "changing neighbours on \(link)"
        try with(name, operation) { network, _ throws(SystemError) in
            guard let index = network.link(link)?.index else {
                throw SystemError("\(operation) (no link \(link))", code: ENODEV)
            }
            var entry = neighbour
            entry.linkIndex = index
            entry.isPermanent = true
            change(&network, SimulatedNeighbour(entry: entry, isForwardingEntry: isForwardingEntry))
        }
    }

    func setQueue(_ queue: LinkQueue?, on link: String) throws(SystemError) {
        let operation = "setting the queue of \(link)"
        try with("setQueue", operation) { network, _ throws(SystemError) in
            guard let index = network.link(link)?.index else {
                throw SystemError("\(operation) (no link \(link))", code: ENODEV)
            }
            network.queues[index] = queue
        }
    }

    func queue(of link: String) throws(SystemError) -> LinkQueue? {
        let operation = "reading the queue of \(link)"
        return try with("queue", operation) { network, _ throws(SystemError) in
            guard let index = network.link(link)?.index else {
                throw SystemError("\(operation) (no link \(link))", code: ENODEV)
            }
            return network.queues[index]
        }
    }
}
