import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

extension Node {
    /// Makes a network (API: NetworkCreate).
    ///
    /// - Returns: Its identity.
    /// - Throws: ``EngineFailure`` with Docker's status and text; nothing is left behind then.
    public func createNetwork(body: JSON, operation: String) throws -> String {
        let request = try NetworkRequest(body)
        if request.driver == "overlay" { return try createOverlay(request, operation: operation) }
        return try networks.changing.withLock { _ in
            let network = try network(for: request)
            do { try run(try creation(of: network), operation: operation) } catch {
                throw EngineFailure(wrapping: error, doing: "creating network \(network.name)")
            }
            events.publish("network", "create", network.id, ["name": network.name, "type": network.definition.driver])
            return network.id
        }
    }

    /// The plan of `createNetwork`, nothing performed.
    public func planNetwork(body: JSON) throws -> [StepRecord] {
        let request = try NetworkRequest(body)
        let procedure =
            try request.driver == "overlay"
            ? creation(of: overlay(for: request, in: managedSwarm().swarm))
            : creation(of: network(for: request))
        return StepRunner.plan(procedure, operation: "plan", isSimulated: kernel.profile.kind == .simulated)
    }

    /// The network that a request means, with what it left open chosen.
    private func network(for request: NetworkRequest) throws -> Network {
        try checkName(request.name)
        if request.isConfigOnly { return try Network(configuration(for: request)) }
        if !request.configFrom.isEmpty { return try dependent(on: request) }
        let used = networks.all.flatMap(\.subnets)
        for wanted in [request.addresses, request.addresses6].compactMap({ $0 }) {
            if let subnet = InterfaceAddress(wanted.subnet), used.contains(where: { $0.overlaps(subnet) }) {
                throw EngineFailure(status: 403, "Pool overlaps with other one on this address space")
            }
        }
        let addresses = try request.addresses ?? chooseAddresses(avoiding: used, isIPv6: false)
        var addresses6: NetworkDefinition.Addresses?
        if request.hasIPv6 {
            guard kernel.profile.kind == .simulated || Files.exists("/proc/net/if_inet6") else {
                throw EngineFailure.system("--ipv6 can't be had: this kernel has no IPv6, or it is switched off")
            }
            addresses6 = try request.addresses6 ?? chooseAddresses(avoiding: used, isIPv6: true)
        }
        let network = try Network(
            NetworkDefinition(
                id: Identifier.make(), name: request.name, created: Clock.realtime(), driver: request.driver,
                isInternal: request.isInternal, isAttachable: request.isAttachable, addresses: addresses,
                addresses6: addresses6, hasChosenSubnet: request.addresses != nil,
                hasChosenSubnet6: request.addresses6 != nil, addressOptions: request.addressOptions,
                options: request.options, labels: request.labels))
        try check(network)
        return network
    }

    /// What a configuration keeps: everything just as it was asked for.
    private func configuration(for request: NetworkRequest) -> NetworkDefinition {
        NetworkDefinition(
            id: Identifier.make(), name: request.name, created: Clock.realtime(), driver: request.driver,
            isInternal: false, isAttachable: false, addresses: request.addresses, addresses6: request.addresses6,
            hasChosenSubnet: request.addresses != nil, hasChosenSubnet6: request.addresses6 != nil,
            addressOptions: request.addressOptions, isConfigOnly: true, options: request.options,
            labels: request.labels)
    }

    /// A network that is made from a configuration: as if all that is said there had been asked for here.
    private func dependent(on request: NetworkRequest) throws -> Network {
        guard let source = networks.named(request.configFrom)?.definition, source.isConfigOnly == true else {
            throw EngineFailure(
                status: 403, "configuration network \"\(request.configFrom)\" does not exist")
        }
        var whole = request
        whole.configFrom = ""
        whole.addresses = source.addresses
        whole.addresses6 = source.addresses6
        whole.hasIPv6 = source.addresses6 != nil
        whole.options = source.options
        whole.labels = source.labels
        whole.addressOptions = source.addressOptions
        var definition = try network(for: whole).definition
        definition.configFrom = request.configFrom
        return try Network(definition)
    }

    /// Refuses a name that can't be had.
    func checkName(_ name: String) throws {
        if ["bridge", "host", "none", "default"].contains(name) {
            // The space at the end is Docker's.
            throw EngineFailure(status: 403, "operation is not permitted on predefined \(name) network ")
        }
        guard networks.named(name) == nil else {
            throw EngineFailure.conflict("network with name \(name) already exists")
        }
    }

    /// A subnet of the engine's own choice, that neither another network nor a route of the node or the machine has.
    private func chooseAddresses(avoiding used: [InterfaceAddress], isIPv6: Bool) throws
        -> NetworkDefinition.Addresses
    {
        let routed = try namespace.routes().compactMap(\.destination)
        let machine = try kernel.machineNetworkNamespace().routes().compactMap(\.destination)
        let taken = used + (routed + machine).filter { $0.prefixLength > 0 }
        guard let subnet = AddressPool.freeSubnet(avoiding: taken, isIPv6: isIPv6),
            let first = AddressPool.firstAddress(of: subnet)
        else {
            throw EngineFailure.system(
                "could not find an available, non-overlapping IPv\(isIPv6 ? 6 : 4) address pool among the defaults to "
                    + "assign to the network")
        }
        return .init(subnet: "\(subnet)", range: "", gateway: "\(first)", auxiliary: [:])
    }

    private func check(_ network: Network) throws {
        if let cable = try SharedCable(network.definition) { return try checkCable(cable, of: network) }
        if let other = networks.all.first(where: { $0.isBridge && $0.bridge == network.bridge }) {
            throw EngineFailure(
                status: 403,
                "cannot create network \(network.id) (\(network.bridge)): conflicts with network \(other.id) "
                    + "(\(other.bridge)): networks have same bridge name")
        }
        guard !network.definition.letsContainersTalk, kernel.profile.kind == .linux else { return }
        // Frames between two ports of a bridge meet the rules only where the kernel hands them over.
        guard (try? namespace.parameter("bridge/bridge-nf-call-iptables")) == "1" else {
            throw EngineFailure.system(
                "com.docker.network.bridge.enable_icc=false can't be had: this kernel does not show a bridge's own "
                    + "traffic to its filters (the module br_netfilter is missing)")
        }
    }

    /// The steps that make what a network is in the node's namespace.
    func presenceSteps(_ network: Network) throws -> [Step] {
        network.isBridge
            ? try bridgeSteps(network) + [rulesStep(network, withTable: false)] : try parentSteps(network)
    }

    /// The file that a network is written down in: one of its own, or that of all swarms.
    private func file(of network: Network) -> String {
        network.isOverlay ? "\(place?.lab.directory ?? "")/swarms.json" : networks.path(of: network.id)
    }

    /// Whether a network is written down, read back from the disk.
    private func isWritten(_ network: Network) throws -> Bool {
        let path = file(of: network)
        guard network.isOverlay else { return Files.exists(path) }
        return try Files.text(path).contains(network.id)
    }

    /// The procedure that makes a network.
    func creation(of network: Network) throws -> Procedure {
        let path = file(of: network)
        let write = Step(
            .networkCreate, command: "write \(path)",
            facts: [
                "name": .string(network.name), "id": .string(network.id),
                "subnet": .string(network.subnet.map { "\($0)" } ?? ""),
                "gateway": .string(network.gateway.map { "\($0)" } ?? ""), "file": .string(path),
                "driver": .string(network.definition.driver),
            ],
            undo: [.forgetNetwork(node: configuration.name, id: network.id)]
        ) { [self] in
            if network.isOverlay { try addSwarmNetwork(network) } else { try networks.add(network) }
            return StepOutcome(evidence: [
                Evidence(source: path, Finding(.bytes, count: Int64(try Files.read(path).count)))
            ])
        }
        let isReal = network.definition.isConfigOnly != true
        let steps = try [write] + (isReal ? presenceSteps(network) : [])
        return Procedure(title: "create network", object: network.name, steps: steps)
    }

    /// Refuses to remove a network of the node's own, or one in use.
    func checkRemoval(of network: Network) throws {
        // What belongs to a swarm only its managers may remove.
        if network.isOverlay { _ = try managedSwarm() }
        if network.definition.isPredefined {
            throw EngineFailure(
                status: 403, "\(network.name) is a pre-defined network and cannot be removed")
        }
        if networks.all.contains(where: { $0.definition.configFrom == network.name }) {
            throw EngineFailure(
                status: 403,
                "error while removing network: configuration network \"\(network.name)\" is in use")
        }
        if network.isInUse {
            throw EngineFailure(
                status: 403,
                "error while removing network: network \(network.name) id \(network.id) has active endpoints")
        }
    }

    /// Removes a network (API: NetworkDelete).
    public func removeNetwork(_ reference: String, operation: String) throws {
        if let network = try? networks.find(reference), network.isOverlay {
            return try removeOverlay(network, operation: operation)
        }
        try networks.changing.withLock { _ in
            if try networks.removeSetAside(reference) { return }
            let network = try networks.find(reference)
            try checkRemoval(of: network)
            try remove(network, operation: operation)
        }
    }

    /// The steps that remove a network.
    func removalSteps(of network: Network) -> [Step] {
        let namespace = namespace
        let path = file(of: network)
        let bridge = [
            Step(
                .bridgeDelete, command: "ip link delete \(network.bridge)",
                facts: ["bridge": .string(network.bridge), "network": .string(network.name)]
            ) { [self] in
                try dropRules(of: network)
                if try namespace.link(network.bridge) != nil { try namespace.deleteLink(network.bridge) }
                let isThere = try namespace.link(network.bridge) != nil
                return StepOutcome(evidence: [
                    Evidence(
                        source: "rtnetlink RTM_GETLINK \(network.bridge)",
                        Finding(isThere ? .stillThere : .noLink))
                ])
            }
        ]
        let record = [
            Step(
                .networkDelete,
                command: network.isOverlay ? "write \(path), without \(network.name)" : "rm \(path)",
                facts: [
                    "name": .string(network.name), "id": .string(network.id),
                    "subnet": .string(network.subnet.map { "\($0)" } ?? ""),
                ]
            ) { [self] in
                try removeParent(of: network)
                try networks.remove(network.id)
                try forgetSwarmNetwork(network.id)
                let gone = network.isOverlay ? Finding(.notNamed, name: network.name) : Finding(.noFile)
                return StepOutcome(evidence: [
                    Evidence(source: path, try isWritten(network) ? Finding(.stillThere) : gone)
                ])
            }
        ]
        return (network.isBridge ? bridge : []) + record
    }

    /// Removes a network that nobody uses.
    func remove(_ network: Network, operation: String) throws {
        let steps = removalSteps(of: network)
        do {
            try run(Procedure(title: "remove network", object: network.name, steps: steps), operation: operation)
        } catch { throw EngineFailure(wrapping: error, doing: "removing network \(network.name)") }
        events.publish("network", "destroy", network.id, ["name": network.name, "type": network.definition.driver])
    }

    /// The networks that a prune removes: the user's that no container is in, not even one that is stopped.
    ///
    /// - Parameter gone: Containers that are not counted.
    private func prunable(_ filters: [String: [String]], without gone: Set<String> = []) throws -> [Network] {
        for name in filters.keys.sorted() where !["label", "label!", "until"].contains(name) {
            throw EngineFailure.invalid("Invalid filter '\(name)'")
        }
        let filter = try NetworkFilter(filters)
        let others = containers.current.byID.values.filter { !gone.contains($0.id) }
        let members = Set(others.flatMap { $0.life.current.definition.endpoints.object?.names ?? [] })
        return networks.all.filter { network in
            !network.isOverlay && !network.definition.isPredefined && !network.isInUse
                && !members.contains(network.name)
                && filter.accepts(network.definition, isUnused: true)
        }
    }

    /// The plan of ``pruneNetworks(filters:operation:)``.
    ///
    /// - Parameter gone: The containers that will have gone by then.
    public func planNetworkPrune(filters: [String: [String]], gone: Set<String>) throws -> [StepRecord] {
        var left = networks.all
        return try prunable(filters, without: gone).flatMap { network -> [StepRecord] in
            if left.contains(where: { $0.definition.configFrom == network.name }) { return [] }
            left.removeAll { $0.id == network.id }
            return plan(Procedure(title: "remove network", object: network.name, steps: removalSteps(of: network)))
        }
    }

    /// Removes the user's networks that no container is in, not even one that is stopped (API: NetworkPrune).
    ///
    /// - Returns: Their names.
    public func pruneNetworks(filters: [String: [String]], operation: String) throws -> [String] {
        try networks.changing.withLock { _ in
            var removed: [String] = []
            for network in try prunable(filters) {
                // One that takes its settings from another goes before it.
                if networks.all.contains(where: { $0.definition.configFrom == network.name }) { continue }
                try remove(network, operation: operation)
                removed.append(network.name)
            }
            return removed
        }
    }
}
