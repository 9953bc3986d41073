import Glibc
import Posix

/// A network namespace of the simulated kernel.
final class SimulatedNetworkNamespace: NetworkNamespace {
    let inode: UInt64
    /// It can't be entered; ``SpawnRequest/joinedNamespaces`` knows it by this object.
    let descriptor: Descriptor?
    let world: Monitor<SimulatedWorld>

    /// Takes over one hold on a namespace of the world.
    init(holding inode: UInt64, in world: Monitor<SimulatedWorld>) throws(SystemError) {
        self.inode = inode
        self.world = world
        let standIn = try Descriptor.open("/dev/null", O_RDONLY)
        descriptor = standIn
        world.withLock { $0.networkDescriptors[ObjectIdentifier(standIn)] = inode }
    }

    deinit {
        let inode = inode
        let standIn = descriptor.map { ObjectIdentifier($0) }
        world.withLock { world in
            if let standIn { world.networkDescriptors[standIn] = nil }
            world.releaseNetwork(inode)
        }
    }

    /// Reads or changes the namespace, unless a fault waits for the call.
    func with<Result>(
        _ name: String, _ operation: String,
        _ body: (inout SimulatedNetwork, inout SimulatedWorld) throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        try world.withLock { world throws(SystemError) in
            try world.takeFault(name, operation)
            guard var network = world.networks[inode] else { throw SystemError(operation, code: ENOENT) }
            let result = try body(&network, &world)
            world.networks[inode] = network
            return result
        }
    }

    func makeBridge(_ name: String, mac: MACAddress?, mtu: UInt32?) throws(SystemError) {
        let operation = "making bridge \(name)"
        try with("makeBridge", operation) { network, _ throws(SystemError) in
            try network.checkName(name, operation)
            try SimulatedNetwork.checkSettings(mac: mac, mtu: mtu, operation)
            let index = network.makeIndex()
            network.add(
                SimulatedLink(
                    index: index, name: name, kind: "bridge", mac: mac ?? SimulatedLink.address(inode, index),
                    mtu: mtu ?? 1500, isUp: true))
        }
    }

    func makeVeth(_ name: String, bridge: String?, peer: VethPeer) throws(SystemError) {
        let operation = "making veth \(name) with peer \(peer.name)"
        guard let target = peer.namespace as? SimulatedNetworkNamespace else {
            throw SystemError(operation, code: EBADF)
        }
        try world.withLock { world throws(SystemError) in
            try world.takeFault("makeVeth", operation)
            // A copy, so that a failure leaves both sides as they were.
            var changed = world.networks
            guard var here = changed[inode], changed[target.inode] != nil else {
                throw SystemError(operation, code: ENOENT)
            }
            try here.checkName(name, operation)
            try SimulatedNetwork.checkSettings(mac: peer.mac, mtu: peer.mtu, operation)
            var master: Int32?
            if let bridge {
                guard let link = here.link(bridge) else {
                    throw SystemError("\(operation) (no link \(bridge))", code: ENODEV)
                }
                guard link.kind == "bridge" else { throw SystemError(operation, code: EOPNOTSUPP) }
                master = link.index
            }
            let index = here.makeIndex()
            var end = SimulatedLink(
                index: index, name: name, kind: "veth", mac: SimulatedLink.address(inode, index),
                mtu: peer.mtu ?? 1500, isUp: true, master: master)
            changed[inode] = here
            guard var there = changed[target.inode] else { throw SystemError(operation, code: ENOENT) }
            try there.checkName(peer.name, operation)
            let peerIndex = there.makeIndex()
            there.add(
                SimulatedLink(
                    index: peerIndex, name: peer.name, kind: "veth",
                    mac: peer.mac ?? SimulatedLink.address(target.inode, peerIndex), mtu: peer.mtu ?? 1500, isUp: false,
                    peer: .init(network: inode, index: index)))
            changed[target.inode] = there
            end.peer = .init(network: target.inode, index: peerIndex)
            changed[inode]?.add(end)
            world.networks = changed
        }
    }

    func deleteLink(_ name: String) throws(SystemError) {
        let operation = "deleting link \(name)"
        try world.withLock { world throws(SystemError) in
            try world.takeFault("deleteLink", operation)
            guard let link = world.networks[inode]?.link(name) else { throw SystemError(operation, code: ENODEV) }
            guard link.kind != nil else { throw SystemError(operation, code: EOPNOTSUPP) }
            world.networks[inode]?.remove(link.index)
            if let peer = link.peer { world.networks[peer.network]?.remove(peer.index) }
        }
    }

    func setLink(_ name: String, up: Bool) throws(SystemError) {
        let operation = "setting link \(name) \(up ? "up" : "down")"
        try with("setLink", operation) { network, _ throws(SystemError) in
            guard let link = network.link(name) else { throw SystemError(operation, code: ENODEV) }
            network.update(link.index) { $0.isUp = up }
        }
    }

    func addAddress(_ address: InterfaceAddress, to link: String) throws(SystemError) {
        let operation = "adding address \(address) to \(link)"
        try with("addAddress", operation) { network, _ throws(SystemError) in
            guard let index = network.link(link)?.index else {
                throw SystemError("\(operation) (no link \(link))", code: ENODEV)
            }
            let assigned = AssignedAddress(linkIndex: index, address: address)
            if network.addresses.contains(assigned) { throw SystemError(operation, code: EEXIST) }
            network.addresses.append(assigned)
        }
    }

    func addRoute(_ route: Route) throws(SystemError) {
        let operation = "adding route \(route)"
        try with("addRoute", operation) { network, _ throws(SystemError) in
            guard let link = network.link(route.link) else {
                throw SystemError("\(operation) (no link \(route.link))", code: ENODEV)
            }
            var route = route
            route.destination = route.destination?.network
            if let gateway = route.gateway {
                let isReachable = network.allRoutes.contains {
                    $0.gateway == nil && $0.link == route.link && $0.destination?.contains(gateway) == true
                }
                guard isReachable else {
                    throw SystemError("\(operation) (Nexthop has invalid gateway)", code: ENETUNREACH)
                }
            }
            guard link.isUp else { throw SystemError(operation, code: ENETDOWN) }
            if network.allRoutes.contains(where: {
                $0.destination == route.destination && $0.gateway?.isIPv6 == route.gateway?.isIPv6
            }) {
                throw SystemError(operation, code: EEXIST)
            }
            network.routes.append(route)
        }
    }

    func links() throws(SystemError) -> [Link] {
        try with("links", "listing links") { network, world throws(SystemError) in
            network.links.map { Self.described($0, in: network, world) }
        }
    }

    func link(_ name: String) throws(SystemError) -> Link? {
        try with("link", "reading link \(name)") { network, world throws(SystemError) in
            network.link(name).map { Self.described($0, in: network, world) }
        }
    }

    func addresses() throws(SystemError) -> [AssignedAddress] {
        try with("addresses", "listing addresses") { network, _ throws(SystemError) in
            network.addresses.filter { network.link($0.linkIndex) != nil }
        }
    }

    func routes() throws(SystemError) -> [Route] {
        try with("routes", "listing routes") { network, _ throws(SystemError) in network.allRoutes }
    }

    /// Nothing is ever sent in the model, so nothing was ever resolved: there are only the entries that were put there.
    func neighbours() throws(SystemError) -> [Neighbour] {
        try with("neighbours", "listing neighbours") { network, _ throws(SystemError) in
            network.neighbours.map(\.entry)
        }
    }

    func setParameter(_ name: String, _ value: String) throws(SystemError) {
        let operation = "writing \"\(value)\" to /proc/sys/net/\(name)"
        try with("setParameter", operation) { network, _ throws(SystemError) in
            let links = network.links.map(\.name)
            try network.parameters.set(name, value, links: links, operation)
        }
    }

    func parameter(_ name: String) throws(SystemError) -> String {
        let operation = "opening /proc/sys/net/\(name)"
        return try with("parameter", operation) { network, _ throws(SystemError) in
            guard let value = network.parameters.value(name, links: network.links.map(\.name)) else {
                throw SystemError(operation, code: ENOENT)
            }
            return value
        }
    }

    func applyRules(_ commands: String) throws(SystemError) -> String {
        try with("applyRules", "applying nftables rules") { network, _ throws(SystemError) in
            var rules = network.rules
            let output = try rules.run(commands)
            network.rules = rules
            return output
        }
    }

    /// There is nothing to be inside of: a socket would be opened on the machine itself.
    func inside<Result: Sendable>(_ body: @Sendable () throws -> Result) throws -> Result {
        throw SystemError("entering network namespace \(inode) (the simulated kernel has no sockets)", code: EOPNOTSUPP)
    }

    /// A link as it would be reported: whether it works depends on its other end, or on its ports.
    private static func described(_ link: SimulatedLink, in network: SimulatedNetwork, _ world: SimulatedWorld) -> Link
    {
        let state: String
        if link.name == "lo" {
            state = "unknown"
        } else if !link.isUp {
            state = "down"
        } else if link.kind == "bridge" {
            state = network.links.contains { $0.master == link.index && hasCarrier($0, world) } ? "up" : "down"
        } else {
            state = hasCarrier(link, world) ? "up" : "lowerlayerdown"
        }
        return Link(
            index: link.index, name: link.name, kind: link.kind, mac: link.mac, mtu: link.mtu, isUp: link.isUp,
            operationalState: state, master: link.master, peerIndex: link.peer?.index, detail: link.detail)
    }

    private static func hasCarrier(_ link: SimulatedLink, _ world: SimulatedWorld) -> Bool {
        guard link.isUp else { return false }
        guard let peer = link.peer else { return true }
        return world.networks[peer.network]?.link(peer.index)?.isUp ?? false
    }
}
