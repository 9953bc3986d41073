import EngineAPI
import Kernel
import OrderedJSON
import Posix
import Steps

extension Node {
    /// The networks that a new container is to be in, by name, with everything asked for: that of its network mode
    /// first, then those that were named besides.
    ///
    /// As with Docker, a network need not exist before the container starts.
    ///
    /// - Throws: ``EngineFailure`` with Docker's texts: a name that means several networks, an address that can't be had.
    func attachments(of request: CreateRequest, host: JSONObject) throws -> JSON {
        let mode = host.text("NetworkMode")
        if mode.hasPrefix("container:") { return [:] }
        let first = try existing(mode)
        let firstName = first?.name ?? mode
        var attachments: JSONObject = [firstName: .object(try EndpointRequest(nil).settings)]
        for (reference, settings) in request.endpoints.object ?? [:] {
            let network = try existing(reference)
            let endpoint = try EndpointRequest(settings)
            if let network { try endpoint.check(in: network.definition) }
            if let network, let first, network.id != first.id {
                try Self.checkMix(first.definition, network.definition)
            }
            attachments[network?.name ?? reference] = .object(endpoint.settings)
        }
        let mac = request.config.text("MacAddress")
        if !mac.isEmpty {
            guard MACAddress(mac) != nil else { throw EngineFailure.invalid("invalid MAC address: \(mac)") }
            var settings = attachments[firstName]?.object ?? [:]
            if settings.text("MacAddress").isEmpty { settings["MacAddress"] = .string(mac) }
            attachments[firstName] = .object(settings)
        }
        return .object(attachments)
    }

    /// The network of a name or an ID, `default` being the bridge; `nil` where there is none.
    private func existing(_ reference: String) throws -> Network? {
        do { return try networks.find(reference == "default" ? "bridge" : reference) } catch let failure
            as EngineFailure
        {
            if failure.status == 404 { return nil }
            throw failure
        }
    }

    /// Refuses a second network beside, or instead of, one that can't be shared out.
    static func checkMix(_ first: NetworkDefinition, _ second: NetworkDefinition) throws {
        if first.driver == "host" {
            throw EngineFailure.invalid(
                "container sharing network namespace with another container or host cannot be connected to any other "
                    + "network")
        }
        if second.driver == "host" {
            throw EngineFailure.invalid(
                "container cannot be disconnected from host network or connected to host network")
        }
        if first.driver == "null" || second.driver == "null" {
            throw EngineFailure.invalid(
                "container cannot be connected to multiple networks with one of the networks in private (none) mode")
        }
    }

    /// The endpoints of a container that is about to start, each with an address of its own.
    ///
    /// - Throws: ``EngineFailure``; no address is kept then.
    func planEndpoints(of container: Container) throws -> [Endpoint] {
        let definition = container.life.current.definition
        var wanted: [(network: Network, request: EndpointRequest)] = []
        for (name, settings) in definition.endpoints.object ?? [:] {
            guard let network = networks.named(name) else {
                // Not 404: clients take that for a missing image, and pull.
                throw EngineFailure.invalid("network \(name) not found")
            }
            try checkAttachment(to: network)
            if network.hasEndpoints { wanted.append((network, try EndpointRequest(settings))) }
        }
        // The way out leads through the first network, by name, that has one: as Docker chooses.
        let ordered = wanted.filter { !$0.network.isOverlay }.sorted { left, right in
            (-left.request.priority, left.network.definition.isInternal ? 1 : 0, left.network.name)
                < (-right.request.priority, right.network.definition.isInternal ? 1 : 0, right.network.name)
        }.map(\.network.definition)
        let routed = ordered.first?.id
        let routed6 = ordered.first(where: \.hasIPv6)?.id
        var numbers: [String: Int] = [:]
        var endpoints: [Endpoint] = []
        do {
            for (network, request) in wanted {
                let prefix = network.definition.interfacePrefix
                let number = numbers[prefix, default: 0]
                numbers[prefix] = number + 1
                endpoints.append(
                    try endpoint(
                        in: network, request, of: container, interface: "\(prefix)\(number)",
                        hasDefaultRoute: network.id == routed, hasDefaultRoute6: network.id == routed6))
                if network.id == routed, network.publishes, let last = endpoints.last {
                    endpoints[endpoints.count - 1].ports = try takePorts(for: container, last)
                }
            }
        } catch {
            release(endpoints)
            throw error
        }
        return endpoints
    }

    /// A place in a network: takes an address and makes up the rest.
    func endpoint(
        in network: Network, _ request: EndpointRequest, of container: Container, interface: String,
        hasDefaultRoute: Bool, hasDefaultRoute6: Bool
    ) throws -> Endpoint {
        let id = Identifier.make()
        let address: InterfaceAddress
        let address6: InterfaceAddress?
        do {
            address = try network.lease(IPAddress(request.address), for: id)
            address6 = try network.lease6(IPAddress(request.address6), for: id)
        } catch {
            network.release(id)
            throw error
        }
        guard let gateway = network.gateway,
            let mac = request.mac.isEmpty ? MACAddress(derivedFrom: address.address) : MACAddress(request.mac)
        else {
            network.release(id)
            throw EngineFailure.system("network \(network.name) gave no IPv4 address")
        }
        // As Docker has it: the mask that an address of this kind has by itself.
        let linkLocal = request.linkLocalAddresses.compactMap { IPAddress($0) }.compactMap {
            InterfaceAddress($0, prefixLength: $0.isIPv6 ? 64 : 16)
        }
        let endpoint = Endpoint(
            id: id, network: network.name, networkID: network.id, bridge: network.bridge,
            shared: try SharedCable(network.definition), address: address,
            address6: address6, linkLocal: linkLocal, gateway: gateway, gateway6: network.gateway6, mac: mac,
            mtu: network.definition.mtu,
            hostLink: "veth" + Identifier.make().prefix(7),
            interface: interface, hasDefaultRoute: hasDefaultRoute,
            hasDefaultRoute6: hasDefaultRoute6 && address6 != nil,
            aliases: network.definition.isUserDefined ? aliases(request, of: container) : [],
            links: try request.links)
        if let overlay = overlay(network.id) { try reserve(endpoint, in: overlay) }
        return endpoint
    }

    /// The names of a container in a network beside its own: those asked for, its short identity, its host name.
    private func aliases(_ request: EndpointRequest, of container: Container) -> [String] {
        var aliases = request.aliases
        let definition = container.life.current.definition
        for name in [container.shortID, definition.configObject.text("Hostname")]
        where !aliases.contains(name) && name != definition.name && !name.isEmpty {
            aliases.append(name)
        }
        return aliases
    }

    /// The names by which a container is found in a network, in Docker's order, each once.
    private static func names(of life: Container.Life, _ id: String, _ settings: JSONObject) -> [String] {
        let host = life.definition.configObject.text("Hostname")
        let all = [life.definition.name] + settings.strings("Aliases") + [String(id.prefix(12)), host]
        return all.reduce(into: []) { names, name in if !name.isEmpty, !names.contains(name) { names.append(name) } }
    }

    /// Gives the addresses and ports of endpoints back.
    func release(_ endpoints: [Endpoint]) {
        for endpoint in endpoints {
            // Rules can't be taken away only where they are gone already, with the node's namespace.
            _ = try? closePorts(of: endpoint.id)
            // The kernel may refuse only what is gone already, with a node's namespace.
            _ = try? leaveOverlay(endpoint.networkID, endpoint: endpoint.id)
            networks[endpoint.networkID]?.release(endpoint.id)
        }
    }

    /// The step that tells of a cable which went with its container.
    ///
    /// - Parameter isShared: Whether others stay in the namespace (`--network container:NAME`): then it does not end, and
    ///   the cable is pulled, so that nobody goes on under an address that somebody else may get.
    func releaseStep(_ endpoint: Endpoint, isShared: Bool) -> Step {
        Step(
            .networkRelease,
            command: isShared
                ? "ip link delete \(endpoint.hostLink)" : "close the container's network namespace",
            facts: [
                "address": .string("\(endpoint.address)"), "interface": .string(endpoint.nodeLink),
                "network": .string(endpoint.network), "unplugged": .bool(isShared),
                "cable": .bool(endpoint.shared == nil),
            ]
        ) { [self] in
            if isShared, endpoint.shared == nil, try namespace.link(endpoint.hostLink) != nil {
                try namespace.deleteLink(endpoint.hostLink)
            }
            release([endpoint])
            let isFree = networks[endpoint.networkID]?.hasLease(endpoint.id) != true
            return StepOutcome(evidence: [
                Evidence(
                    Finding(.addresses, name: endpoint.network),
                    isFree ? Finding(.free, name: "\(endpoint.address.address)") : Finding(.inUse))
            ])
        }
    }

    /// `NetworkSettings.Networks` of a container (API: EndpointSettings by network name).
    ///
    /// - Parameter id: The container's ID where its names are told apart, as to clients from API 1.45 on: `Aliases` are those
    ///   asked for, `DNSNames` all; `nil` where `Aliases` are all.
    func shownNetworks(_ life: Container.Life, of id: String? = nil) -> JSONObject {
        var shown = JSONObject()
        let asked = (life.definition.endpoints.object ?? [:]).sorted { $0.name < $1.name }
        for (name, settings) in asked {
            var settings = settings.object ?? Shape.endpointSettings.empty
            settings["MacAddress"] = ""
            let endpoint = life.running?.endpoints.first { $0.network == name }
            if life.state.startedAt != 0 || endpoint != nil {
                settings["NetworkID"] = .string(networks.named(name)?.id ?? "")
            }
            if let endpoint {
                settings["EndpointID"] = .string(endpoint.id)
                settings["Gateway"] = .string("\(endpoint.gateway)")
                settings["IPAddress"] = .string("\(endpoint.address.address)")
                settings["IPPrefixLen"] = .integer(Int64(endpoint.address.prefixLength))
                if let address = endpoint.address6 {
                    settings["IPv6Gateway"] = .string(endpoint.gateway6.map { "\($0)" } ?? "")
                    settings["GlobalIPv6Address"] = .string("\(address.address)")
                    settings["GlobalIPv6PrefixLen"] = .integer(Int64(address.prefixLength))
                }
                settings["MacAddress"] = .string("\(endpoint.mac)")
                if id == nil, !endpoint.aliases.isEmpty { settings["Aliases"] = .strings(endpoint.aliases) }
            }
            if let id {
                let isNamed = networks.named(name)?.definition.isUserDefined == true
                settings["DNSNames"] = isNamed ? .strings(Self.names(of: life, id, settings)) : .null
            }
            shown[name] = .object(settings)
        }
        return shown
    }
}
