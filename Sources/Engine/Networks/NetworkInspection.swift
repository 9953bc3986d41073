import EngineAPI
import Kernel
import OrderedJSON
import Posix
import Steps

extension Node {
    /// The endpoints of running containers in a network.
    func endpoints(in network: Network) -> [(container: Container, endpoint: Endpoint)] {
        containers.current.byID.values.sorted { $0.id < $1.id }.flatMap { container in
            (container.life.current.running?.endpoints ?? []).filter { $0.networkID == network.id }.map {
                (container, $0)
            }
        }
    }

    /// Everything about a network, as `docker network inspect` shows it (API: NetworkInspect).
    public func inspectNetwork(_ reference: String, scope: String) throws -> JSON {
        let network = try networks.find(reference)
        guard ["", network.definition.scope].contains(scope) else {
            throw EngineFailure.notFound("network \(reference) not found")
        }
        var object = network.definition.json
        var members = JSONObject()
        for (container, endpoint) in endpoints(in: network) {
            members[container.id] = [
                "Name": .string(container.name), "EndpointID": .string(endpoint.id),
                "MacAddress": .string("\(endpoint.mac)"), "IPv4Address": .string("\(endpoint.address)"),
                "IPv6Address": .string(endpoint.address6.map { "\($0)" } ?? ""),
            ]
        }
        for (container, endpointID) in containers(of: network) where members[container.id] == nil {
            members[container.id] = [
                "Name": .string(container.name), "EndpointID": .string(endpointID), "MacAddress": "",
                "IPv4Address": "", "IPv6Address": "",
            ]
        }
        object["Containers"] = .object(members)
        if let overlay = overlay(network.id) { object["Peers"] = peers(in: overlay) }
        return .object(object)
    }

    /// The running containers of `host` or `none`, which have no endpoint of their own.
    private func containers(of network: Network) -> [(Container, String)] {
        guard !network.hasEndpoints else { return [] }
        return containers.current.byID.values.sorted { $0.id < $1.id }.filter { container in
            let life = container.life.current
            return life.running != nil && life.definition.hostObject.text("NetworkMode") == network.name
        }.map { ($0, String($0.id.reversed())) }
    }

    /// The networks that filters let through (API: NetworkList).
    public func listNetworks(filters: [String: [String]]) throws -> JSON {
        let known: Set = ["dangling", "driver", "id", "label", "name", "scope", "type"]
        for name in filters.keys.sorted() where !known.contains(name) {
            throw EngineFailure.invalid("Invalid filter '\(name)'")
        }
        let filter = try NetworkFilter(filters)
        let found = networks.all.filter { network in
            filter.accepts(network.definition, isUnused: endpoints(in: network).isEmpty)
        }
        return .array(found.map { .object($0.definition.json) })
    }
}

/// Docker's filters of networks.
struct NetworkFilter {
    private let filters: [String: [String]]
    private let dangling: Bool?
    private let until: Int64?

    init(_ filters: [String: [String]]) throws {
        self.filters = filters
        dangling = try filters["dangling"].map { values in
            let isTrue = values.contains { ["true", "1"].contains($0) }
            let isFalse = values.contains { ["false", "0"].contains($0) }
            guard isTrue != isFalse else {
                throw EngineFailure.invalid(
                    "invalid value for filter 'dangling', must be \"true\" (or \"1\"), or \"false\" (or \"0\")")
            }
            return isTrue
        }
        for type in filters["type"] ?? [] where !["builtin", "custom"].contains(type) {
            throw EngineFailure.invalid("invalid filter: 'type'='\(type)'")
        }
        until = try PruneFilter.moment(filters["until"] ?? [])
    }

    private func any(_ name: String, _ fits: (String) -> Bool) -> Bool {
        filters[name].map { $0.contains(where: fits) } ?? true
    }

    func accepts(_ network: NetworkDefinition, isUnused: Bool) -> Bool {
        if let dangling, dangling != (isUnused && network.isUserDefined) { return false }
        if let until, network.created >= until { return false }
        return any("driver") { $0 == network.driver } && any("id") { network.id.hasPrefix($0) }
            && any("name") { name in
                network.name.contains(name) || (try? Regex(name).firstMatch(in: network.name)) != nil
            }
            && any("scope") { $0 == network.scope } && any("type") { ($0 == "builtin") == network.isPredefined }
            && (filters["label"] ?? []).allSatisfy { Self.has($0, network) }
            && !(filters["label!"] ?? []).contains { Self.has($0, network) }
    }

    private static func has(_ label: String, _ network: NetworkDefinition) -> Bool {
        let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let value = network.labels[parts[0]]?.string else { return false }
        return parts.count < 2 || value == parts[1]
    }
}
