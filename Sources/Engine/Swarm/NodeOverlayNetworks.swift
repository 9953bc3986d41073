import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

// The networks of a swarm: made and removed by its managers, used by containers of all its nodes.

extension Node {
    /// The networks of the node's swarm. A worker lists those that it uses itself, as on Docker.
    var swarmNetworks: [(network: Network, isListed: Bool)] {
        guard let (swarm, member) = membership else { return [] }
        return swarm.overlays.map { overlay in
            (overlay.network, member.isManager || overlay.nodes.contains(configuration.name))
        }
    }

    /// Refuses a container in a network of the swarm that is for services only.
    func checkAttachment(to network: Network) throws {
        guard network.isOverlay, !network.definition.isAttachable else { return }
        throw EngineFailure(
            status: 403,
            "Could not attach to network \(network.name): rpc error: code = PermissionDenied desc = network "
                + "\(network.name) not manually attachable")
    }

    /// Makes an overlay network (API: NetworkCreate, on a manager).
    func createOverlay(_ request: NetworkRequest, operation: String) throws -> String {
        if let membership, !membership.member.isManager {
            throw EngineFailure(
                status: 403,
                "Cannot create a multi-host network from a worker node. Please create the network from a manager node.")
        }
        let (swarm, _) = try managedSwarm()
        return try swarm.changing.withLock { _ in
            let network = try overlay(for: request, in: swarm)
            do {
                try run(creation(of: network), operation: operation)
            } catch { throw EngineFailure(wrapping: error, doing: "creating network \(network.name)") }
            events.publish("network", "create", network.id, ["name": network.name, "type": "overlay"])
            return network.id
        }
    }

    /// The overlay network that a request means, with what it left open chosen.
    func overlay(for request: NetworkRequest, in swarm: Swarm) throws -> Network {
        try checkName(request.name)
        if request.hasIPv6 { throw EngineFailure.notYet("an overlay network with IPv6") }
        if request.options["encrypted"] != nil { throw EngineFailure.notYet("an encrypted overlay network") }
        if !request.configFrom.isEmpty { throw EngineFailure.notYet("an overlay network from a configuration") }
        if request.isInternal { throw EngineFailure.notYet("an internal overlay network") }
        let used = swarm.overlays.flatMap(\.network.subnets) + networks.all.flatMap(\.subnets)
        if let wanted = request.addresses.flatMap({ InterfaceAddress($0.subnet) }),
            used.contains(where: { $0.overlaps(wanted) })
        {
            throw EngineFailure(status: 403, "Pool overlaps with other one on this address space")
        }
        var addresses = request.addresses
        if addresses == nil {
            // Docker's pool for swarms is 10.0.0.0/8 in parts of 256; the first is that of the routing mesh.
            let routed = try namespace.routes().compactMap(\.destination).filter { $0.prefixLength > 0 }
            let candidates = (1...65_535).lazy.compactMap { InterfaceAddress("10.\($0 >> 8).\($0 & 0xFF).0/24") }
            guard
                let subnet = candidates.first(where: { candidate in
                    !(used + routed).contains { $0.overlaps(candidate) }
                }), let first = AddressPool.firstAddress(of: subnet)
            else { throw EngineFailure.system("10.0.0.0/8 has no free subnet any more") }
            addresses = .init(subnet: "\(subnet)", range: "", gateway: "\(first)", auxiliary: [:])
        }
        let vni = swarm.freeIdentifier()
        var options = request.options.object ?? [:]
        options["com.docker.network.driver.overlay.vxlanid_list"] = .string("\(vni)")
        return try Network(
            NetworkDefinition(
                id: Swarm.identifier(), name: request.name, created: Clock.realtime(), driver: "overlay",
                isInternal: false, isAttachable: request.isAttachable, addresses: addresses,
                hasChosenSubnet: request.addresses != nil, addressOptions: .null, options: .object(options),
                labels: request.labels, vni: vni))
    }

    /// Removes an overlay network (API: NetworkDelete, on a manager).
    func removeOverlay(_ network: Network, operation: String) throws {
        let (swarm, _) = try managedSwarm()
        try swarm.changing.withLock { _ in
            guard let overlay = swarm.overlays.first(where: { $0.network.id == network.id }) else {
                throw EngineFailure.notFound("network \(network.name) not found")
            }
            try checkRemoval(of: network)
            // An endpoint that is planned has a place, if not yet a container that runs.
            guard overlay.stations.current.isEmpty else {
                throw EngineFailure(
                    status: 403,
                    "error while removing network: network \(network.name) id \(network.id) has active endpoints")
            }
            try remove(network, operation: operation)
        }
    }

    /// Writes a network of the swarm down, and knows it on all nodes from then on.
    func addSwarmNetwork(_ network: Network) throws {
        let (swarm, _) = try managedSwarm()
        swarm.add(Overlay(network))
        try place?.lab.swarms.save()
    }

    /// Forgets a network of the swarm; one that is not known is no error.
    func forgetSwarmNetwork(_ id: String) throws {
        guard let (swarm, _) = membership, swarm.overlays.contains(where: { $0.network.id == id }) else { return }
        swarm.remove(id)
        try place?.lab.swarms.save()
    }
}
