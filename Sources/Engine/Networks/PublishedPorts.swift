import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps
import Synchronization

/// The published ports of a node, and the thread that carries their connections.
final class PublishedPorts: Sendable {
    private let table = Mutex(PortTable())
    private let loop = Mutex<SocketLoop?>(nil)
    /// The commands that take an endpoint's rules away again.
    private let rules = Mutex<[String: String]>([:])

    /// Takes ports for an endpoint; nothing listens there yet.
    func take(
        _ requests: [PortRequest], for endpoint: String, place: (PortRequest) throws -> PortPlace
    ) throws -> [PortBinding] {
        try table.withLock { table in
            try table.take(requests, for: endpoint) { request in
                let place = try place(request)
                return (node: place.node, machine: place.machine)
            }
        }
    }

    /// Where a published port is open: at addresses of the node, and of the machine.
    struct PortPlace {
        var node: [IPAddress]
        var machine: [IPAddress]
    }

    /// Keeps the commands that take away what was added to the node's rules for an endpoint.
    func remember(rules commands: String, of endpoint: String) {
        rules.withLock { $0[endpoint, default: ""] += commands }
    }

    /// The commands that take an endpoint's rules away, for the last time.
    func forgetRules(of endpoint: String) -> String { rules.withLock { $0.removeValue(forKey: endpoint) } ?? "" }

    /// The loop, started when it is first needed.
    func running(in namespace: any NetworkNamespace) throws -> SocketLoop {
        try loop.withLock { loop in
            if let loop { return loop }
            let made = try SocketLoop(in: namespace)
            loop = made
            return made
        }
    }

    /// Hands an endpoint's ports on to another endpoint of the same container.
    func transfer(from endpoint: String, to heir: String) { table.withLock { $0.transfer(from: endpoint, to: heir) } }

    /// Closes what listens for an endpoint and its connections, and gives its ports back.
    func release(_ endpoint: String) {
        loop.withLock { $0 }?.close(endpoint)
        table.withLock { $0.release(endpoint) }
    }

    /// Whether a socket is open for an owner.
    func serves(_ owner: String) -> Bool { (loop.withLock { $0 }?.count(of: owner) ?? 0) > 0 }

    /// Ends the thread.
    func stop() { loop.withLock { $0 }?.stop() }
}

extension Node {
    /// Takes the ports that a container wants published for the endpoint that its way out leads through.
    ///
    /// - Throws: ``EngineFailure`` with Docker's text for a port that is taken.
    func takePorts(for container: Container, _ endpoint: Endpoint) throws -> [PortBinding] {
        let definition = container.life.current.definition
        let requests = try PortRequest.all(config: definition.configObject, host: definition.hostObject)
        if requests.isEmpty { return [] }
        let own = Set(try namespace.addresses().map(\.address.address))
        let hasIPv6 = Files.exists("/proc/net/if_inet6")
        let fallback = networks[endpoint.networkID]?.definition.publishingAddress ?? ""
        do {
            return try ports.take(requests, for: endpoint.id) { request in
                let address = request.address.isEmpty ? fallback : request.address
                return try place(address, own: own, hasIPv6: hasIPv6)
            }
        } catch let failure as EngineFailure { throw Self.failure(failure.message, container.name, endpoint) }
    }

    /// Where a published port is open: on the node as on any Docker host, and on the machine at 127.0.0.1 unless the
    /// user named an address, so that nothing of the lab is ever open to others by itself.
    /// Several nodes may publish the same port, as several hosts may: the second one has 127.0.0.2 of the machine, and
    /// so on.
    private func place(_ text: String, own: Set<IPAddress>, hasIPv6: Bool) throws -> PublishedPorts.PortPlace {
        let number = place?.number ?? 1
        let loopback = [IPAddress("127.0.0.\(number)"), hasIPv6 && number == 1 ? IPAddress("::1") : nil]
            .compactMap { $0 }
        guard !text.isEmpty else {
            let all = [IPAddress("0.0.0.0"), hasIPv6 ? IPAddress("::") : nil].compactMap { $0 }
            return .init(node: all, machine: loopback)
        }
        guard let address = IPAddress(text) else { throw EngineFailure.invalid("invalid IP address: \(text)") }
        if address == IPAddress("127.0.0.1") { return .init(node: [address], machine: Array(loopback.prefix(1))) }
        if address.isWildcard || address.isLoopback { return .init(node: [address], machine: [address]) }
        return own.contains(address) ? .init(node: [address], machine: []) : .init(node: [], machine: [address])
    }

    private static func failure(_ reason: String, _ container: String, _ endpoint: Endpoint) -> EngineFailure {
        EngineFailure.system(
            "driver failed programming external connectivity on endpoint \(container) (\(endpoint.id)): \(reason)")
    }

    /// The steps that open an endpoint's published ports.
    func publishSteps(_ endpoint: Endpoint, of container: String) -> [Step] {
        endpoint.ports.map { binding in
            let target = "\(endpoint.address.address):\(binding.port)"
            let shown = binding.shownAddresses.map { InternetSocket.text($0, binding.hostPort) }
            return Step(
                .portPublish, command: "listen(\(shown.first ?? ""), \(binding.transport.rawValue))",
                facts: [
                    "port": .string(binding.name), "address": .string(shown.first ?? ""),
                    "number": .integer(Int64(binding.hostPort)),
                    "machine": binding.machineAddresses.first.map {
                        .string(InternetSocket.text($0, binding.hostPort))
                    } ?? .null,
                    "target": .string(target),
                ],
                undo: [.closePorts(node: configuration.name, endpoint: endpoint.id)]
            ) { [self] in
                if kernel.profile.kind == .simulated {
                    return StepOutcome(evidence: [
                        Evidence(Finding(.simulated), Finding(.noSocket, name: shown.joined(separator: ", ")))
                    ])
                }
                do { return StepOutcome(evidence: try open(binding, of: endpoint)) } catch let error as SystemError {
                    let reason = "Error starting userland proxy: \(error.operation): \(error.reason.lowercased())"
                    throw Self.failure(reason, container, endpoint)
                }
            }
        }
    }

    /// Opens the sockets of one published port: on the node, and on the machine.
    private func open(_ binding: PortBinding, of endpoint: Endpoint) throws -> [Evidence] {
        let loop = try ports.running(in: namespace)
        func serve(_ socket: Descriptor, isIPv6: Bool) throws {
            let target = (address: endpoint.target(isIPv6: isIPv6), port: binding.port)
            let handler: any SocketHandler =
                binding.transport == .tcp
                ? PortConnection.listener(socket, target: target, owner: endpoint.id)
                : DatagramRelay(socket: socket, target: target, owner: endpoint.id)
            _ = try loop.add(socket, for: SocketLoop.reading, handler: handler, owner: endpoint.id)
        }
        var evidence: [Evidence] = []
        func prove(_ socket: Descriptor, on host: String) throws {
            guard let name = try InternetSocket.name(of: socket) else { return }
            evidence.append(
                Evidence(source: "getsockname on \(host)", text: InternetSocket.text(name.address, name.port)))
        }
        for address in binding.nodeAddresses {
            let socket = try namespace.inside {
                try InternetSocket.receiving(binding.transport, at: address, port: binding.hostPort)
            }
            try serve(socket, isIPv6: address.isIPv6)
            try prove(socket, on: configuration.name)
        }
        for address in binding.machineAddresses {
            let socket = try InternetSocket.receiving(binding.transport, at: address, port: binding.hostPort)
            try serve(socket, isIPv6: address.isIPv6)
            try prove(socket, on: "the machine")
        }
        let rules = PortRules.elements("add", binding, of: endpoint)
        if rules.isEmpty { return evidence }
        _ = try namespace.applyRules(rules)
        ports.remember(rules: PortRules.elements("delete", binding, of: endpoint), of: endpoint.id)
        return evidence + (try PortRules.evidence(of: binding, in: namespace))
    }

    /// `NetworkSettings.Ports` of a container: published and exposed ports (API: PortMap).
    func shownPorts(_ life: Container.Life) -> JSONObject {
        guard let running = life.running else { return [:] }
        var shown = JSONObject(
            (life.definition.configObject["ExposedPorts"]?.object ?? [:]).map { ($0.name, JSON.null) })
        for binding in running.endpoints.flatMap(\.ports) {
            let addresses: [JSON] = binding.shownAddresses.map {
                ["HostIp": .string("\($0)"), "HostPort": .string("\(binding.hostPort)")]
            }
            shown[binding.name] = .array((shown[binding.name]?.array ?? []) + addresses)
        }
        return JSONObject(shown.sorted { $0.name < $1.name }.map { ($0.name, $0.value) })
    }

    /// `Ports` of a container in the list (API: Port).
    func listedPorts(_ life: Container.Life) -> [JSON] {
        shownPorts(life).flatMap { name, addresses -> [JSON] in
            let parts = name.split(separator: "/").map(String.init)
            guard let port = parts.first.flatMap({ Int64($0) }) else { return [] }
            let type = parts.count > 1 ? parts[1] : "tcp"
            guard let addresses = addresses.array else {
                return [["PrivatePort": .integer(port), "Type": .string(type)]]
            }
            return addresses.map { address in
                [
                    "IP": address["HostIp"] ?? "", "PrivatePort": .integer(port),
                    "PublicPort": .integer(address["HostPort"]?.string.flatMap { Int64($0) } ?? 0),
                    "Type": .string(type),
                ]
            }
        }
    }
}
