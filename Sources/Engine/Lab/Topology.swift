import Kernel
import OrderedJSON
import Posix

// What the lab's networks are made of now: the engine knows what belongs together, the kernel whether it is there.

extension Lab {
    /// Nodes, their networks, and the containers in them, as `drydock topology` draws them.
    ///
    /// - Returns: `Cable` (`Bridge`, `Subnet`) and `Nodes`; each has its `Uplink`, if there is one, and `Networks` with
    ///   their interfaces, and each of these `Containers` with the two ends of their cables. `Up` is what the kernel says of a link (IFF_UP).
    public func topology() throws -> JSON {
        [
            "Cable": ["Bridge": .string(Cable.bridge), "Subnet": .string("\(cable.subnet)")],
            "Nodes": .array(
                try nodes.map { node in
                    let links = Dictionary(
                        try node.namespace.links().map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
                    let networks = node.networks.all.filter(\.hasEndpoints)
                    var object: JSONObject = [
                        "Name": .string(node.configuration.name), "Interface": .string(Cable.interface),
                        "Address": .string(node.cableAddress.map { "\($0.address)" } ?? ""),
                        "Link": try linkState(of: node),
                        "Networks": .array(try networks.map { try node.topology(of: $0, links) }),
                        "HostContainers": .strings(node.containers(inMode: "host")),
                        "LoneContainers": .strings(node.containers(inMode: "none")),
                    ]
                    if let uplink = try node.uplink() {
                        object["Uplink"] = [
                            "Interface": .string(Uplink.interface), "Address": .string(uplink.node),
                            "MachineInterface": .string(uplink.link),
                            "Up": .bool(links[Uplink.interface]?.isUp ?? false),
                        ]
                    }
                    return .object(object)
                }),
        ]
    }
}

extension Node {
    /// The running containers of a network mode without interfaces of their own.
    fileprivate func containers(inMode mode: String) -> [String] {
        containers.current.byID.values.filter { container in
            let life = container.life.current
            return life.running != nil && life.definition.hostObject.text("NetworkMode") == mode
        }.map(\.name).sorted()
    }

    fileprivate func topology(of network: Network, _ links: [String: Link]) throws -> JSON {
        let shared = try SharedCable(network.definition)
        let interface = shared?.parent ?? network.bridge
        var object: JSONObject = [
            "Name": .string(network.name), "Driver": .string(network.definition.driver),
            "Interface": .string(interface), "Up": .bool(links[interface]?.isUp ?? false),
            "Addresses": .strings(network.isBridge ? network.gatewayAddresses.map { "\($0)" } : []),
            "Subnets": .strings(network.subnets.map { "\($0)" }), "Internal": .bool(network.definition.isInternal),
        ]
        if let shared { object["Mode"] = .string(shared.mode) }
        if let overlay = overlay(network.id) {
            object["Tunnel"] = .string(overlay.tunnel)
            object["VNI"] = .integer(Int64(network.definition.vni ?? 0))
            object["Up"] = .bool(links[overlay.tunnel]?.isUp ?? false)
        }
        object["Containers"] = .array(
            endpoints(in: network).sorted { $0.container.name < $1.container.name }.map { container, endpoint in
                [
                    "Name": .string(container.name), "Interface": .string(endpoint.interface),
                    "NodeLink": .string(endpoint.nodeLink), "Up": .bool(links[endpoint.nodeLink]?.isUp ?? false),
                    "Addresses": .strings(
                        [endpoint.address, endpoint.address6].compactMap { $0 }.map { "\($0.address)" }),
                    "Ports": .array(
                        endpoint.ports.map { port in
                            [
                                "Port": .string(port.name), "NodePort": .integer(Int64(port.hostPort)),
                                "OnNode": .bool(!port.nodeAddresses.isEmpty),
                                "OnMachine": .strings(
                                    port.machineAddresses.map { InternetSocket.text($0, port.hostPort) }),
                            ]
                        }),
                ]
            })
        return .object(object)
    }
}
