import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

extension Node {
    /// The network that containers are in when nothing else is said.
    var defaultBridge: Network { networks.defaultBridge }

    /// Makes the bridges of the node's networks in its namespace, gives them their addresses, lays down the rules, and
    /// lets the node route.
    func prepareNetwork(operation: String?) throws {
        let bridges = networks.all.filter(\.isBridge)
        let others = bridges.filter { $0.id != defaultBridge.id }
        var steps = try [createStep(configuration.name)] + plugSteps()
        for network in [defaultBridge] + others { steps += try bridgeAndRules(network) }
        try dropUplink()
        steps += try uplinkSteps()
        for network in networks.all
        where network.definition.driver == "macvlan" || network.definition.driver == "ipvlan" {
            steps += try parentSteps(network)
        }
        let title = operation == nil ? "start node" : "add node"
        let procedure = Procedure(title: title, object: configuration.name, steps: steps)
        try runner.run(
            procedure, operation: operation ?? StepRunner.newOperation(), isVital: operation == nil, undoing: self)
    }

    /// For a plan: the steps that make another node, which has a bridge like this one's.
    func nodeSteps(
        named name: String, at address: InterfaceAddress?, uplinkOf configuration: NodeConfiguration
    ) throws -> [Step] {
        let plug = try place.map { try plugStep(name, address, in: $0.lab) }
        return try [createStep(name)] + [plug].compactMap { $0 } + bridgeAndRules(defaultBridge)
            + uplinkSteps(of: configuration)
    }

    private func bridgeAndRules(_ network: Network) throws -> [Step] {
        try bridgeSteps(network) + [rulesStep(network, withTable: network.id == defaultBridge.id)]
    }

    private func createStep(_ node: String) -> Step {
        let namespace = namespace
        return Step(.nodeCreate, command: "unshare(CLONE_NEWNET)", facts: ["node": .string(node)]) {
            try namespace.setParameter("ipv4/ip_forward", "1")
            try namespace.setParameterIfThere("ipv6/conf/all/forwarding", "1")
            return StepOutcome(evidence: [
                Evidence(Finding(.networkNamespace, name: node), text: "net:[\(namespace.inode)]")
            ])
        }
    }

    /// The steps that make a network's bridge and give it its address.
    func bridgeSteps(_ network: Network) throws -> [Step] {
        let namespace = namespace
        let mac = MACAddress(bytes: [0x02, 0x42] + (0..<4).map { _ in UInt8.random(in: 0...255) })
        let bridge = network.bridge
        return [
            Step(
                .bridgeCreate, command: "ip link add \(bridge) type bridge",
                facts: [
                    "bridge": .string(bridge), "network": .string(network.name),
                    "address": .string(network.gatewayAddresses.map { "\($0)" }.joined(separator: " ")),
                ],
                undo: [.deleteLink(node: configuration.name, name: bridge)]
            ) {
                try namespace.makeBridge(bridge, mac: mac, mtu: network.definition.mtu)
                return StepOutcome(evidence: try LinkEvidence.link(bridge, in: namespace))
            }
        ]
            + network.gatewayAddresses.map { address in
                Step(
                    .addressAssign, command: "ip addr add \(address) dev \(bridge)",
                    facts: [
                        "interface": .string(bridge), "address": .string("\(address)"),
                        "network": .string(network.name),
                    ]
                ) {
                    try namespace.addAddress(address, to: bridge)
                    return StepOutcome(evidence: try LinkEvidence.addresses(of: bridge, in: namespace))
                }
            }
    }

    /// The steps that connect a container, starting or running, to a network: the cable, the address, the way out.
    ///
    /// The node's end is up, attached and read back before the container's end is brought up: the other order loses the
    /// first packets for a second.
    func connectSteps(_ endpoint: Endpoint, process: Late<any SandboxProcess>) -> [Step] {
        let namespace = namespace
        let node = configuration.name
        let cable = Step(
            .vethCreate,
            command:
                "ip link add \(endpoint.hostLink) master \(endpoint.bridge) type veth peer name \(endpoint.interface)",
            facts: [
                "host": .string(endpoint.hostLink), "container": .string(endpoint.interface),
                "bridge": .string(endpoint.bridge), "mac": .string("\(endpoint.mac)"),
            ],
            undo: [.deleteLink(node: node, name: endpoint.hostLink)]
        ) {
            let process = try process.value()
            let peer = VethPeer(
                name: endpoint.interface, namespace: try process.networkNamespace(), mac: endpoint.mac,
                mtu: endpoint.mtu)
            try namespace.makeVeth(endpoint.hostLink, bridge: endpoint.bridge, peer: peer)
            let command =
                "ip link add \(endpoint.hostLink) master \(endpoint.bridge) type veth peer name \(endpoint.interface) "
                + "netns \(process.pid)"
            return StepOutcome(
                evidence: try LinkEvidence.link(endpoint.hostLink, attachedTo: endpoint.bridge, in: namespace),
                command: command)
        }
        let link = endpoint.shared.map { shareStep(endpoint, $0, process: process) } ?? cable
        return tunnelSteps(endpoint) + [link] + addressSteps(endpoint, process: process) + announceSteps(endpoint)
            + routeSteps(endpoint, process: process)
    }

    /// The steps that give a container's interface its addresses and bring it up.
    private func addressSteps(_ endpoint: Endpoint, process: Late<any SandboxProcess>) -> [Step] {
        let node = configuration.name
        let address = Step(
            .addressAssign, command: "ip addr add \(endpoint.address) dev \(endpoint.interface)",
            facts: [
                "interface": .string(endpoint.interface), "address": .string("\(endpoint.address)"),
                "network": .string(endpoint.network),
            ],
            undo: [.releaseAddress(node: node, network: endpoint.networkID, endpoint: endpoint.id)]
        ) {
            let inside = try process.value().networkNamespace()
            // As Docker has it: no IPv6, not even of the link's own, where the network gives none.
            if endpoint.address6 == nil {
                try inside.setParameterIfThere("ipv6/conf/\(endpoint.interface)/disable_ipv6", "1")
            }
            try inside.addAddress(endpoint.address, to: endpoint.interface)
            if endpoint.shared == nil {
                try inside.setLink(endpoint.interface, up: true)
            } else {
                // The link of a container that has just ended still has the hardware address.
                try SharedCable.patiently([EADDRINUSE]) { () throws(SystemError) in
                    try inside.setLink(endpoint.interface, up: true)
                }
            }
            return StepOutcome(evidence: try LinkEvidence.addresses(of: endpoint.interface, in: inside))
        }
        let others = [endpoint.address6].compactMap { $0 } + endpoint.linkLocal
        return [address]
            + others.map { other in
                Step(
                    .addressAssign, command: "ip addr add \(other) dev \(endpoint.interface)",
                    facts: [
                        "interface": .string(endpoint.interface), "address": .string("\(other)"),
                        "network": .string(endpoint.network),
                    ]
                ) {
                    let inside = try process.value().networkNamespace()
                    try inside.addAddress(other, to: endpoint.interface)
                    return StepOutcome(evidence: try LinkEvidence.addresses(of: endpoint.interface, in: inside))
                }
            }
    }

    /// The steps that lead a container's way out through an endpoint, as far as it is the one.
    func routeSteps(_ endpoint: Endpoint, process: Late<any SandboxProcess>) -> [Step] {
        let gateways = [
            endpoint.hasDefaultRoute ? endpoint.gateway : nil, endpoint.hasDefaultRoute6 ? endpoint.gateway6 : nil,
        ]
        return gateways.compactMap { $0 }.map { gateway in
            Step(
                .routeAdd, command: "ip route add default via \(gateway)",
                facts: ["gateway": .string("\(gateway)"), "interface": .string(endpoint.interface)]
            ) {
                let inside = try process.value().networkNamespace()
                try inside.addRoute(Route(destination: nil, gateway: gateway, link: endpoint.interface))
                return StepOutcome(evidence: try LinkEvidence.defaultRoute(in: inside, isIPv6: gateway.isIPv6))
            }
        }
    }
}

extension NetworkNamespace {
    /// Writes a file below `/proc/sys/net`; that there is none (a kernel without IPv6) is no error.
    func setParameterIfThere(_ name: String, _ value: String) throws {
        do { try setParameter(name, value) } catch { if error.code != ENOENT { throw error } }
    }
}

/// What the kernel says of links, addresses and routes, as evidence.
enum LinkEvidence {
    /// A link by itself: where a thousand hang on a bridge, a list of all takes long and changes while it is read.
    ///
    /// - Parameter bridge: The bridge that it should be attached to; it is named when the kernel says it is.
    static func link(
        _ name: String, attachedTo bridge: String? = nil, in namespace: any NetworkNamespace
    ) throws -> [Evidence] {
        guard let link = try namespace.link(name) else { return [] }
        var text = "\(link.index): \(link.name) \(link.isUp ? "UP" : "DOWN")"
        if let mac = link.mac { text += " \(mac)" }
        if let master = link.master {
            let isBridge = try bridge.map { try namespace.link($0)?.index == master } ?? false
            text += " master " + (isBridge ? bridge ?? "" : "if\(master)")
        }
        return [Evidence(source: "rtnetlink RTM_GETLINK \(name)", text: text)]
    }

    static func addresses(of name: String, in namespace: any NetworkNamespace) throws -> [Evidence] {
        guard let link = try namespace.link(name) else { return [] }
        let addresses = try namespace.addresses().filter { $0.linkIndex == link.index }.map { "\($0.address)" }
        return [Evidence(source: "rtnetlink RTM_GETADDR \(name)", text: "\(name) " + addresses.joined(separator: " "))]
    }

    static func defaultRoute(in namespace: any NetworkNamespace, isIPv6: Bool) throws -> [Evidence] {
        try namespace.routes().filter { route in
            (route.destination == nil || route.destination?.prefixLength == 0) && route.gateway?.isIPv6 == isIPv6
        }.map { route in
            let via = route.gateway.map { "via \($0) " } ?? ""
            return Evidence(source: "rtnetlink RTM_GETROUTE", text: "default \(via)dev \(route.link)")
        }
    }
}
