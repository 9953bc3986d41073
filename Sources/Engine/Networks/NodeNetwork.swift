import EngineAPI
import Kernel
import OrderedJSON
import Posix
import Steps

extension Node {
    /// The network that containers are in when nothing else is said. Its identity is kept, as Docker's is.
    static func makeDefaultBridge(in directory: String) throws -> BridgeNetwork {
        let path = "\(directory)/networks/bridge"
        try Files.makeDirectories("\(directory)/networks", mode: 0o700)
        if !Files.exists(path) { try Files.replace(path, with: Array(Identifier.make().utf8), mode: 0o600) }
        let id = try Files.text(path)
        guard let subnet = InterfaceAddress("172.17.0.0/16"), let gateway = IPAddress("172.17.0.1") else {
            throw EngineFailure.system("the default bridge's addresses are not addresses")
        }
        return BridgeNetwork(name: "bridge", id: id, bridge: "docker0", subnet: subnet, gateway: gateway)
    }

    /// Makes the bridge in the node's namespace, gives it its address, and lets the node route.
    func prepareNetwork() throws {
        let network = defaultBridge
        let node = configuration.name
        let namespace = namespace
        let address = network.gatewayAddress
        let mac = MACAddress(bytes: [0x02, 0x42] + (0..<4).map { _ in UInt8.random(in: 0...255) })
        let steps = [
            Step(.nodeCreate, command: "unshare(CLONE_NEWNET)", facts: ["node": .string(node)]) {
                StepOutcome(evidence: [
                    Evidence(source: "\(node)'s network namespace", text: "net:[\(namespace.inode)]")
                ])
            },
            Step(
                .bridgeCreate, command: "ip link add \(network.bridge) type bridge",
                facts: [
                    "bridge": .string(network.bridge), "address": .string("\(address)"),
                    "network": .string(network.name),
                ]
            ) {
                try namespace.makeBridge(network.bridge, mac: mac, mtu: nil)
                try namespace.setParameter("ipv4/ip_forward", "1")
                return StepOutcome(evidence: try LinkEvidence.link(network.bridge, in: namespace))
            },
            Step(
                .addressAssign, command: "ip addr add \(address) dev \(network.bridge)",
                facts: [
                    "interface": .string(network.bridge), "address": .string("\(address)"),
                    "network": .string(network.name),
                ]
            ) {
                try namespace.addAddress(address, to: network.bridge)
                return StepOutcome(evidence: try LinkEvidence.addresses(of: network.bridge, in: namespace))
            },
        ]
        let procedure = Procedure(title: "start node", object: node, steps: steps)
        try run(procedure, operation: StepRunner.newOperation())
    }

    /// The steps that connect a starting container to a network: the cable, the address, the way out.
    ///
    /// The node's end is up, attached and read back before the container's end is brought up: the other order loses the
    /// first packets for a second.
    func connectSteps(_ endpoint: Endpoint, network: BridgeNetwork, process: Late<any SandboxProcess>) -> [Step] {
        let namespace = namespace
        let node = configuration.name
        let cable = Step(
            .vethCreate,
            command:
                "ip link add \(endpoint.hostLink) master \(network.bridge) type veth peer name \(endpoint.interface)",
            facts: [
                "host": .string(endpoint.hostLink), "container": .string(endpoint.interface),
                "bridge": .string(network.bridge), "mac": .string("\(endpoint.mac)"),
            ],
            undo: [.deleteLink(node: node, name: endpoint.hostLink)]
        ) {
            let process = try process.value()
            let peer = VethPeer(
                name: endpoint.interface, namespace: try process.networkNamespace(), mac: endpoint.mac, mtu: nil)
            try namespace.makeVeth(endpoint.hostLink, bridge: network.bridge, peer: peer)
            let command =
                "ip link add \(endpoint.hostLink) master \(network.bridge) type veth peer name \(endpoint.interface) "
                + "netns \(process.pid)"
            return StepOutcome(evidence: try LinkEvidence.link(endpoint.hostLink, in: namespace), command: command)
        }
        let address = Step(
            .addressAssign, command: "ip addr add \(endpoint.address) dev \(endpoint.interface)",
            facts: [
                "interface": .string(endpoint.interface), "address": .string("\(endpoint.address)"),
                "network": .string(network.name),
            ],
            undo: [.releaseAddress(node: node, network: network.id, endpoint: endpoint.id)]
        ) {
            let inside = try process.value().networkNamespace()
            try inside.addAddress(endpoint.address, to: endpoint.interface)
            try inside.setLink(endpoint.interface, up: true)
            return StepOutcome(evidence: try LinkEvidence.addresses(of: endpoint.interface, in: inside))
        }
        let route = Step(
            .routeAdd, command: "ip route add default via \(endpoint.gateway)",
            facts: ["gateway": .string("\(endpoint.gateway)"), "interface": .string(endpoint.interface)]
        ) {
            let inside = try process.value().networkNamespace()
            try inside.addRoute(Route(destination: nil, gateway: endpoint.gateway, link: endpoint.interface))
            return StepOutcome(evidence: try LinkEvidence.defaultRoute(in: inside))
        }
        return [cable, address, route]
    }
}

/// What the kernel says of links, addresses and routes, as evidence.
enum LinkEvidence {
    static func link(_ name: String, in namespace: any NetworkNamespace) throws -> [Evidence] {
        guard let link = try namespace.link(name) else { return [] }
        var text = "\(link.index): \(link.name) \(link.isUp ? "UP" : "DOWN")"
        if let mac = link.mac { text += " \(mac)" }
        if let master = link.master, let bridge = try namespace.links().first(where: { $0.index == master }) {
            text += " master \(bridge.name)"
        }
        return [Evidence(source: "rtnetlink RTM_GETLINK \(name)", text: text)]
    }

    static func addresses(of name: String, in namespace: any NetworkNamespace) throws -> [Evidence] {
        guard let link = try namespace.link(name) else { return [] }
        let addresses = try namespace.addresses().filter { $0.linkIndex == link.index }.map { "\($0.address)" }
        return [Evidence(source: "rtnetlink RTM_GETADDR \(name)", text: "\(name) " + addresses.joined(separator: " "))]
    }

    static func defaultRoute(in namespace: any NetworkNamespace) throws -> [Evidence] {
        try namespace.routes().filter { $0.destination == nil || $0.destination?.prefixLength == 0 }.map { route in
            let via = route.gateway.map { "via \($0) " } ?? ""
            return Evidence(source: "rtnetlink RTM_GETROUTE", text: "default \(via)dev \(route.link)")
        }
    }
}
