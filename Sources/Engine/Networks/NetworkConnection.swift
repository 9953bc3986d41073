import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

extension Node {
    /// Puts a container into a network (API: NetworkConnect): a running one gets its cable now, another one when it
    /// starts.
    public func connectNetwork(_ reference: String, body: JSON, operation: String) throws {
        let container = try self.container(body["Container"]?.string ?? "")
        let network = try networks.find(reference)
        let request = try EndpointRequest(body["EndpointConfig"])
        try container.lifecycle.withLock { _ in
            try checkConnection(of: container, to: network, request)
            let before = container.life.current.definition.endpoints
            try change(container, endpointOf: network, to: .object(request.settings))
            guard container.life.current.running != nil else { return }
            do { try plug(container, into: network, request, operation: operation) } catch {
                _ = try? container.change { $0.endpoints = before }
                throw error
            }
        }
    }

    /// Writes down that a container is in a network, or is not any more.
    private func change(_ container: Container, endpointOf network: Network, to settings: JSON?) throws {
        do {
            try container.change { definition in
                var endpoints = definition.endpoints.object ?? [:]
                endpoints[network.name] = settings
                definition.endpoints = .object(endpoints)
            }
        } catch {
            let operation = settings == nil ? "disconnecting" : "connecting"
            throw EngineFailure(wrapping: error, doing: "\(operation) container \(container.name)")
        }
    }

    /// The plan of ``connectNetwork(_:body:operation:)``; nothing for a container that does not run.
    public func planConnection(_ reference: String, body: JSON) throws -> [StepRecord] {
        let container = try self.container(body["Container"]?.string ?? "")
        let network = try networks.find(reference)
        let request = try EndpointRequest(body["EndpointConfig"])
        return try container.lifecycle.withLock { _ in
            try checkConnection(of: container, to: network, request)
            guard let (procedure, endpoint) = try connection(of: container, to: network, request) else { return [] }
            defer { release([endpoint]) }
            return plan(procedure)
        }
    }

    /// The plan of ``disconnectNetwork(_:body:operation:)``.
    public func planDisconnection(_ reference: String, body: JSON) throws -> [StepRecord] {
        let container = try self.container(body["Container"]?.string ?? "")
        let network = try networks.find(reference)
        return try container.lifecycle.withLock { _ in
            try checkDisconnection(of: container, from: network)
            let endpoint = container.life.current.running?.endpoints.first { $0.networkID == network.id }
            guard let endpoint, let parting = try disconnection(of: container, endpoint) else { return [] }
            return plan(parting.procedure)
        }
    }

    private func checkConnection(of container: Container, to network: Network, _ request: EndpointRequest) throws {
        let definition = container.life.current.definition
        let mode = definition.hostObject.text("NetworkMode")
        if mode.hasPrefix("container:") {
            throw EngineFailure.invalid(
                "container sharing network namespace with another container or host cannot be connected to any other "
                    + "network")
        }
        for name in definition.endpoints.object?.names ?? [] where name != network.name {
            guard let first = networks.named(name) else { continue }
            try Self.checkMix(first.definition, network.definition)
        }
        if network.definition.driver == "host" {
            throw EngineFailure.invalid(
                "container cannot be disconnected from host network or connected to host network")
        }
        try checkAttachment(to: network)
        try request.check(in: network.definition, isConnecting: true)
        if definition.endpoints[network.name] != nil {
            throw EngineFailure(
                status: 403, "endpoint with name \(container.name) already exists in network \(network.name)")
        }
    }

    /// What lays a cable into a running container, with an endpoint that has taken its address; `nil` where there is
    /// nothing to lay.
    private func connection(
        of container: Container, to network: Network, _ request: EndpointRequest
    ) throws -> (procedure: Procedure, endpoint: Endpoint)? {
        guard network.hasEndpoints, let running = container.life.current.running else { return nil }
        if request.priority != 0 {
            throw EngineFailure.notYet("--gw-priority for a container that runs: stop it, connect it, start it again")
        }
        let used = running.endpoints.map(\.interface)
        let prefix = network.definition.interfacePrefix
        let number = (0...used.count).first { !used.contains("\(prefix)\($0)") } ?? used.count
        var endpoint = try endpoint(
            in: network, request, of: container, interface: "\(prefix)\(number)",
            hasDefaultRoute: !network.isOverlay && !running.endpoints.contains(where: \.hasDefaultRoute),
            hasDefaultRoute6: !running.endpoints.contains(where: \.hasDefaultRoute6))
        let process = Late<any SandboxProcess>("the process")
        process.set(running.process)
        do {
            if endpoint.hasDefaultRoute, network.publishes {
                endpoint.ports = try takePorts(for: container, endpoint)
            }
            var steps = connectSteps(endpoint, process: process) + publishSteps(endpoint, of: container.name)
            let hadNames = running.endpoints.contains { networks[$0.networkID]?.definition.isUserDefined == true }
            if network.definition.isUserDefined, !hadNames, !ports.serves(container.id) {
                steps.append(namesStep(for: container, process: process, networks: [network.name]))
            }
            return (Procedure(title: "connect network", object: container.name, steps: steps), endpoint)
        } catch {
            release([endpoint])
            throw EngineFailure(wrapping: error, doing: "connecting \(container.name) to \(network.name)")
        }
    }

    /// Lays a cable into a running container.
    private func plug(
        _ container: Container, into network: Network, _ request: EndpointRequest, operation: String
    ) throws {
        guard let running = container.life.current.running,
            let (procedure, endpoint) = try connection(of: container, to: network, request)
        else { return }
        do { try run(procedure, operation: operation) } catch {
            if endpoint.shared != nil, let inside = try? running.process.networkNamespace(),
                (try? inside.link(endpoint.interface)) != nil
            {
                try? inside.deleteLink(endpoint.interface)
            }
            release([endpoint])
            throw EngineFailure(wrapping: error, doing: "connecting \(container.name) to \(network.name)")
        }
        let isThere = container.life.withLock { life in
            life.running?.endpoints.append(endpoint)
            return life.running != nil
        }
        // It may have ended meanwhile, with its cable: then nobody else gives the address back.
        guard isThere else { return release([endpoint]) }
        try rewriteHosts(of: container)
        if network.definition.isUserDefined { try rewriteResolver(of: container) }
        publishNetwork("connect", container, endpoint)
    }

    /// Takes a container out of a network (API: NetworkDisconnect).
    ///
    /// With force, a container that is not known is an endpoint that is not found: here none outlives its container.
    public func disconnectNetwork(_ reference: String, body: JSON, operation: String) throws {
        let name = body["Container"]?.string ?? ""
        let container: Container
        do { container = try self.container(name) } catch let failure as EngineFailure {
            guard body["Force"]?.bool == true else { throw failure }
            _ = try networks.find(reference)
            throw EngineFailure.notFound("endpoint \(name) not found")
        }
        let network = try networks.find(reference)
        try container.lifecycle.withLock { _ in
            try checkDisconnection(of: container, from: network)
            if let endpoint = container.life.current.running?.endpoints.first(where: { $0.networkID == network.id }) {
                try unplug(container, endpoint, operation: operation)
            }
            try change(container, endpointOf: network, to: nil)
        }
    }

    private func checkDisconnection(of container: Container, from network: Network) throws {
        if network.definition.driver == "host" {
            throw EngineFailure.invalid(
                "container cannot be disconnected from host network or connected to host network")
        }
        guard container.life.current.definition.endpoints[network.name] != nil else {
            throw EngineFailure(
                status: 403, "container \(container.id) is not connected to network \(network.name)")
        }
    }

    /// What pulls a cable out of a running container, and what is left of its endpoints then.
    private struct Disconnection {
        var procedure: Procedure
        var remaining: [Endpoint]
        /// The endpoint that takes the published ports over.
        var heirOfPorts: String?
    }

    /// Pulls a cable out of a running container. If the way out led through it, another network takes over.
    private func unplug(_ container: Container, _ endpoint: Endpoint, operation: String) throws {
        guard let parting = try disconnection(of: container, endpoint) else { return }
        if let heir = parting.heirOfPorts { ports.transfer(from: endpoint.id, to: heir) }
        try run(parting.procedure, operation: operation)
        container.life.withLock { $0.running?.endpoints = parting.remaining }
        try rewriteHosts(of: container)
        publishNetwork("disconnect", container, endpoint)
    }

    private func disconnection(of container: Container, _ endpoint: Endpoint) throws -> Disconnection? {
        guard let running = container.life.current.running else { return nil }
        var heirOfPorts: String?
        // A shared cable has an end in the container only.
        let place = endpoint.shared == nil ? namespace : try running.process.networkNamespace()
        let link = endpoint.shared == nil ? endpoint.hostLink : endpoint.interface
        var steps = leaveSteps(endpoint)
        steps.append(
            Step(
                .networkRelease, command: "ip link delete \(link)",
                facts: [
                    "address": .string("\(endpoint.address)"), "interface": .string(endpoint.nodeLink),
                    "network": .string(endpoint.network), "unplugged": true, "cable": .bool(endpoint.shared == nil),
                ]
            ) { [self] in
                if try place.link(link) != nil { try place.deleteLink(link) }
                release([endpoint])
                let isThere = try place.link(link) != nil
                return StepOutcome(evidence: [
                    Evidence(
                        source: "rtnetlink RTM_GETLINK \(link)",
                        Finding(isThere ? .stillThere : .noLink))
                ])
            })
        let process = Late<any SandboxProcess>("the process")
        process.set(running.process)
        var rest = running.endpoints.filter { $0.id != endpoint.id }
        if endpoint.hasDefaultRoute, let heir = rest.indices.first {
            var next = rest[heir]
            next.hasDefaultRoute = true
            if networks[next.networkID]?.definition.isInternal == false {
                next.ports = endpoint.ports
                heirOfPorts = next.id
            }
            rest[heir] = next
            next.hasDefaultRoute6 = false
            steps += routeSteps(next, process: process) + publishSteps(next, of: container.name)
        }
        if endpoint.hasDefaultRoute6, let heir = rest.firstIndex(where: { $0.address6 != nil }) {
            rest[heir].hasDefaultRoute6 = true
            var next = rest[heir]
            next.hasDefaultRoute = false
            steps += routeSteps(next, process: process)
        }
        return Disconnection(
            procedure: Procedure(title: "disconnect network", object: container.name, steps: steps), remaining: rest,
            heirOfPorts: heirOfPorts)
    }

    /// Names the engine's own name server in a running container's `/etc/resolv.conf`.
    private func rewriteResolver(of container: Container) throws {
        let resolver = try ResolverFile(
            machine: configuration.resolverFile, host: container.life.current.definition.hostObject, isEmbedded: true)
        let file = try Descriptor.open("\(container.directory)/resolv.conf", O_WRONLY | O_TRUNC)
        try file.write(resolver.text)
    }

    /// Writes a running container's `/etc/hosts` anew. The file itself stays, because it is mounted in the container.
    func rewriteHosts(of container: Container) throws {
        guard let endpoints = container.life.current.running?.endpoints else { return }
        let text = HostsFile(
            definition: container.life.current.definition, endpoints: endpoints, gateway: defaultBridge.gateway,
            links: try linkedHosts(of: container, isStarting: false)
        ).text
        let file = try Descriptor.open("\(container.directory)/hosts", O_WRONLY | O_TRUNC)
        try file.write(text)
    }
}
