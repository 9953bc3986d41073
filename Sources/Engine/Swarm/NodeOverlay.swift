import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

// A node's part in overlay networks: its tunnel, and what it and the other nodes know of each other's containers.

extension Node {
    /// The swarm that the node is in, and as what.
    var membership: (swarm: Swarm, member: Swarm.Member)? {
        place?.lab.swarms.membership(of: configuration.name)
    }

    /// An overlay network of the node's swarm by its identity.
    func overlay(_ id: String) -> Overlay? { membership?.swarm.overlays.first { $0.network.id == id } }

    /// The other nodes of the lab on which an overlay network is in use. To be asked while its stations are held.
    private func peers(_ stations: [Overlay.Station]) -> [Node] {
        let names = Set(stations.map(\.node)).subtracting([configuration.name])
        return (place?.lab.nodes ?? []).filter { names.contains($0.configuration.name) }
    }

    /// Takes a place in an overlay network for an endpoint that is planned; nothing is done in the kernel yet.
    func reserve(_ endpoint: Endpoint, in overlay: Overlay) throws {
        guard let own = cableAddress else { throw EngineFailure.system("this node is in no lab") }
        let station = Overlay.Station(
            endpoint: endpoint.id, node: configuration.name, tunnelEnd: own.address, address: endpoint.address.address,
            mac: endpoint.mac)
        overlay.stations.withLock { $0.append(station) }
    }

    /// The steps that come before an endpoint's cable into an overlay network: none where the node's tunnel is there.
    func tunnelSteps(_ endpoint: Endpoint) -> [Step] {
        guard let overlay = overlay(endpoint.networkID), let own = cableAddress,
            (try? namespace.link(overlay.tunnel)) == nil
        else { return [] }
        let namespace = namespace
        let network = overlay.network
        let vni = network.definition.vni ?? 0
        let tunnel = Tunnel(
            name: overlay.tunnel, identifier: vni, local: own.address, mtu: network.definition.mtu)
        return [
            Step(
                .tunnelCreate,
                command: "ip link add \(tunnel.name) master \(network.bridge) type vxlan id \(vni) "
                    + "local \(own.address) dstport \(tunnel.port) nolearning proxy",
                facts: [
                    "tunnel": .string(tunnel.name), "bridge": .string(network.bridge), "vni": .integer(Int64(vni)),
                    "local": .string("\(own.address)"), "port": .integer(Int64(tunnel.port)),
                    "network": .string(network.name),
                ],
                undo: [leaving(endpoint)]
            ) { [self] in
                try overlay.stations.withLock { stations in
                    // Another container of this node may have come first.
                    if try namespace.link(tunnel.name) == nil {
                        try namespace.makeBridge(network.bridge, mac: nil, mtu: network.definition.mtu)
                        try namespace.makeTunnel(tunnel, bridge: network.bridge)
                        for station in stations where station.isTold && station.node != configuration.name {
                            try station.enter(into: namespace, tunnel: tunnel.name)
                        }
                    }
                }
                let link = try namespace.link(tunnel.name)
                return StepOutcome(evidence: [
                    Evidence.link(tunnel.name, link.map { "\($0.index): \($0.name) \($0.detail ?? "")" })
                ])
            }
        ]
    }

    private func leaving(_ endpoint: Endpoint) -> UndoAction {
        .leaveOverlay(node: configuration.name, network: endpoint.networkID, endpoint: endpoint.id)
    }

    /// The step that tells the other nodes of an endpoint, and what this one was told of theirs.
    func announceSteps(_ endpoint: Endpoint) -> [Step] {
        guard let overlay = overlay(endpoint.networkID), let own = cableAddress else { return [] }
        let network = overlay.network
        let others = overlay.stations.current.filter { $0.node != configuration.name && $0.isTold }
        let peers = Set(others.map(\.node)).sorted()
        let entry = "\(endpoint.mac) dev \(overlay.tunnel) dst \(own.address)"
        return [
            Step(
                .neighboursAdd, command: "bridge fdb add \(entry); ip neigh add \(endpoint.address.address) …",
                facts: [
                    "network": .string(network.name), "address": .string("\(endpoint.address.address)"),
                    "mac": .string("\(endpoint.mac)"), "end": .string("\(own.address)"),
                    "peers": .strings(peers), "known": .integer(Int64(others.count)),
                    "tunnel": .string(overlay.tunnel),
                ],
                undo: [leaving(endpoint)]
            ) { [self] in
                try overlay.stations.withLock { stations in
                    guard let index = stations.firstIndex(where: { $0.endpoint == endpoint.id }) else {
                        throw EngineFailure.system("\(endpoint.network) does not know of the endpoint")
                    }
                    // Told first: what is half entered is taken back by leaving.
                    stations[index].isTold = true
                    for peer in self.peers(stations) where try peer.namespace.link(overlay.tunnel) != nil {
                        try stations[index].enter(into: peer.namespace, tunnel: overlay.tunnel)
                    }
                }
                return StepOutcome(evidence: try entryEvidence(overlay, endpoint))
            }
        ]
    }

    /// What the kernels' tables say: the first peer's of this endpoint, and this node's of the others.
    private func entryEvidence(_ overlay: Overlay, _ endpoint: Endpoint) throws -> [Evidence] {
        let stations = overlay.stations.current
        var evidence: [Evidence] = []
        for peer in peers(stations).prefix(1) {
            let name = peer.configuration.name
            evidence += try Self.entries(of: overlay.tunnel, in: peer.namespace).filter { $0.mac == endpoint.mac }.map {
                Evidence(source: "rtnetlink RTM_GETNEIGH on \(name)", text: Self.text($0))
            }
        }
        for entry in try Self.entries(of: overlay.tunnel, in: namespace).prefix(4) {
            evidence.append(
                Evidence(source: "rtnetlink RTM_GETNEIGH on \(configuration.name)", text: Self.text(entry)))
        }
        if evidence.isEmpty {
            evidence = [Evidence(source: "rtnetlink RTM_GETNEIGH on \(configuration.name)", Finding(.noEntries))]
        }
        return evidence
    }

    private static func entries(of tunnel: String, in namespace: any NetworkNamespace) throws -> [Neighbour] {
        guard let link = try namespace.link(tunnel) else { return [] }
        return try namespace.neighbours().filter {
            $0.linkIndex == link.index && $0.isPermanent && $0.address != nil && $0.mac != nil
        }
    }

    private static func text(_ entry: Neighbour) -> String {
        "\(entry.mac.map { "\($0)" } ?? "") at \(entry.address.map { "\($0)" } ?? "")"
    }

    /// Takes an endpoint out of an overlay network: the other nodes forget it, and with the last one here the node's
    /// tunnel goes. Doing so twice is no error.
    func leaveOverlay(_ network: String, endpoint: String) throws {
        guard let overlay = overlay(network) else { return }
        try overlay.stations.withLock { stations in
            guard let index = stations.firstIndex(where: { $0.endpoint == endpoint }) else { return }
            let station = stations.remove(at: index)
            if station.isTold {
                for peer in peers(stations) where try peer.namespace.link(overlay.tunnel) != nil {
                    try station.leave(peer.namespace, tunnel: overlay.tunnel)
                }
            }
            if !stations.contains(where: { $0.node == configuration.name }) {
                for name in [overlay.tunnel, overlay.network.bridge] where try namespace.link(name) != nil {
                    try namespace.deleteLink(name)
                }
            }
        }
    }

    /// The step that tells of an endpoint's leaving, before its address is given back.
    func leaveSteps(_ endpoint: Endpoint) -> [Step] {
        guard let overlay = overlay(endpoint.networkID) else { return [] }
        let stations = overlay.stations.current
        let isLast = !stations.contains { $0.node == configuration.name && $0.endpoint != endpoint.id }
        let peers = Set(stations.map(\.node)).subtracting([configuration.name]).sorted()
        return [
            Step(
                .neighboursRemove,
                command: "bridge fdb del \(endpoint.mac) dev \(overlay.tunnel)"
                    + (isLast ? "; ip link del \(overlay.tunnel)" : ""),
                facts: [
                    "network": .string(overlay.network.name), "address": .string("\(endpoint.address.address)"),
                    "mac": .string("\(endpoint.mac)"), "peers": .strings(peers), "tunnel": .string(overlay.tunnel),
                    "last": .bool(isLast),
                ]
            ) { [self] in
                try leaveOverlay(endpoint.networkID, endpoint: endpoint.id)
                let link = try namespace.link(overlay.tunnel)
                var evidence = [
                    Evidence.link(overlay.tunnel, link.map { "\($0.index): \($0.name)" })
                ]
                for peer in self.peers(overlay.stations.current) {
                    let found = try Self.entries(of: overlay.tunnel, in: peer.namespace).contains {
                        $0.mac == endpoint.mac
                    }
                    evidence.append(
                        Evidence(
                            source: "rtnetlink RTM_GETNEIGH on \(peer.configuration.name)",
                            Finding(found ? .stillThere : .noEntry, name: "\(endpoint.mac)")))
                }
                return StepOutcome(evidence: evidence)
            }
        ]
    }

    /// The endpoints of running containers in a network, on whichever node: what names are looked up in.
    func reachableEndpoints(in network: Network) -> [(container: Container, endpoint: Endpoint)] {
        guard network.isOverlay, let membership else { return endpoints(in: network) }
        let names = Set(membership.swarm.members.filter { !$0.hasLeft }.map(\.node))
        return (place?.lab.nodes ?? [self]).filter { names.contains($0.configuration.name) }.flatMap {
            $0.endpoints(in: network)
        }
    }
}
