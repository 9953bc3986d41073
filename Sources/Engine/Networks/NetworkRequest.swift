import Kernel
import EngineAPI
import OrderedJSON

/// What a user asks for with `docker network create` (API: NetworkCreateRequest), checked as Docker checks it.
struct NetworkRequest: Sendable {
    var name: String
    var driver: String
    var isInternal: Bool
    var isAttachable: Bool
    var addresses: NetworkDefinition.Addresses?
    /// Whether its endpoints get IPv6 addresses, and from where; `nil` leaves the choice to the engine.
    var hasIPv6: Bool
    var addresses6: NetworkDefinition.Addresses?
    var addressOptions: JSON
    /// Whether it is to be only a configuration for others, and the configuration that it is to be made from.
    var isConfigOnly: Bool
    var configFrom: String
    var options: JSON
    var labels: JSON

    private static let knownOptions: Set<String> = [
        "com.docker.network.bridge.name", "com.docker.network.bridge.enable_icc",
        "com.docker.network.bridge.enable_ip_masquerade", "com.docker.network.driver.mtu",
        "com.docker.network.bridge.default_bridge", "com.docker.network.bridge.host_binding_ipv4",
        "com.docker.network.bridge.inhibit_ipv4", "com.docker.network.container_iface_prefix",
        "com.docker.network.enable_ipv6",
    ]

    /// - Throws: ``EngineFailure`` with Docker's status and text, or 501 for what is not done yet.
    init(_ body: JSON) throws {
        if body.isNull { throw EngineFailure.invalid("invalid JSON: got EOF while reading request body") }
        let body = try Self.checked(body)
        name = body.text("Name")
        driver = body.text("Driver").isEmpty ? "bridge" : body.text("Driver")
        isInternal = body.flag("Internal")
        isAttachable = body.flag("Attachable")
        options = .object(JSONObject(body.map("Options").map { ($0.name, .string($0.value)) }))
        labels = .object(JSONObject(body.map("Labels").map { ($0.name, .string($0.value)) }))
        let management = body["IPAM"]?.object ?? [:]
        addressOptions = .object(JSONObject(management.map("Options").map { ($0.name, .string($0.value)) }))
        guard name.contains(where: { !$0.isWhitespace }) else {
            throw EngineFailure.invalid("invalid name: name is empty")
        }
        isConfigOnly = body.flag("ConfigOnly")
        configFrom = body["ConfigFrom"]?["Network"]?.string ?? ""
        try Self.checkScope(body)
        // Whatever driver is named for a configuration: it is never asked.
        if isConfigOnly { driver = "null" } else { try Self.checkKind(driver) }
        if !["", "default"].contains(management.text("Driver")) {
            throw EngineFailure.notFound("plugin \"\(management.text("Driver"))\" not found")
        }
        if body["EnableIPv4"]?.bool == false { throw EngineFailure.notYet("a network without IPv4") }
        let asked = options["com.docker.network.enable_ipv6"]?.string.flatMap(NetworkDefinition.truth)
        hasIPv6 = asked ?? body.flag("EnableIPv6")
        for pool in management["Config"]?.array ?? [] {
            guard let found = try Self.addresses(pool.object ?? [:]) else { continue }
            let isIPv6 = found.subnet.contains(":")
            guard (isIPv6 ? addresses6 : addresses) == nil else {
                throw EngineFailure(status: 403, "\(driver) driver doesn't support multiple subnets")
            }
            if isIPv6 { addresses6 = found } else { addresses = found }
        }
        if let subnet = addresses6?.subnet, !hasIPv6 {
            throw EngineFailure.invalid("the subnet \(subnet) is of no use without --ipv6")
        }
        if isConfigOnly { try checkConfiguration(body) }
        if !configFrom.isEmpty { try checkDependence(management, body) }
        try checkOptions()
    }

    /// The request with the kinds of its members checked.
    private static func checked(_ body: JSON) throws -> JSONObject {
        let shape = Shape(
            "CreateRequest", in: "network",
            [
                ("Name", .string, ""), ("Driver", .string, ""), ("Internal", .bool, false),
                ("Attachable", .bool, false),
                ("Options", .stringMap, nil), ("Labels", .stringMap, nil), ("IPAM", .object, nil),
                ("EnableIPv4", .bool, nil), ("EnableIPv6", .bool, nil), ("Ingress", .bool, false),
                ("ConfigOnly", .bool, false), ("ConfigFrom", .object, nil), ("Scope", .string, ""),
                ("CheckDuplicate", .bool, nil),
            ])
        return try shape.fit(body)
    }

    /// What is only a configuration says nothing of how it is run.
    private func checkConfiguration(_ body: JSONObject) throws {
        if !configFrom.isEmpty {
            throw EngineFailure(status: 403, "a configuration network cannot depend on another configuration network")
        }
        guard !isInternal, !isAttachable, !body.flag("Ingress") else {
            throw EngineFailure(
                status: 403,
                "configuration network can only contain network specific fields. Network operator fields like "
                    + "[ ingress | internal | attachable | scope ] are not supported.")
        }
    }

    /// What is made from a configuration has everything from there.
    private func checkDependence(_ management: JSONObject, _ body: JSONObject) throws {
        guard options.object?.isEmpty != false else {
            throw EngineFailure(
                status: 403,
                "network driver options are not supported if the network depends on a configuration network")
        }
        let hasOwn =
            management["Config"]?.array?.isEmpty == false || addressOptions.object?.isEmpty == false
            || labels.object?.isEmpty == false || body.flag("EnableIPv6")
        guard !hasOwn else {
            throw EngineFailure(
                status: 403,
                "user specified configurations are not supported if the network depends on a configuration network")
        }
    }

    private static func checkScope(_ body: JSONObject) throws {
        let scope = body.text("Scope")
        if body.flag("Ingress") {
            throw EngineFailure(status: 403, "Ingress network can only be global scope network")
        }
        if scope == "swarm", body.text("Driver") == "overlay" { return }
        if scope == "swarm" {
            throw EngineFailure(status: 403, "cannot create a swarm scoped network when swarm is not active")
        }
        guard ["", "local"].contains(scope) else { throw notInSwarm }
    }

    private static var notInSwarm: EngineFailure {
        EngineFailure(
            status: 503,
            "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this "
                + "node to swarm and try again.")
    }

    private static func checkKind(_ driver: String) throws {
        switch driver {
        case "bridge", "macvlan", "ipvlan", "overlay": break
        case "host", "null":
            throw EngineFailure(status: 403, "only one instance of \"\(driver)\" network is allowed")
        default: throw EngineFailure.notFound("plugin \"\(driver)\" not found")
        }
    }

    private static func addresses(_ pool: JSONObject) throws -> NetworkDefinition.Addresses? {
        let subnet = pool.text("Subnet")
        let range = pool.text("IPRange")
        let gateway = pool.text("Gateway")
        let auxiliary = pool.map("AuxiliaryAddresses") + pool.map("AuxAddress")
        if subnet.isEmpty {
            if range.isEmpty, gateway.isEmpty, auxiliary.isEmpty { return nil }
            throw EngineFailure.invalid("a gateway, a range or an auxiliary address needs a subnet")
        }
        guard let network = InterfaceAddress(subnet) else {
            throw EngineFailure.invalid("Invalid subnet \(subnet) : invalid CIDR address: \(subnet)")
        }
        guard network.network == network else {
            throw EngineFailure.invalid("Invalid subnet \(subnet) : it should be \(network.network)")
        }
        guard network.prefixLength <= network.address.bytes.count * 8 - 2 else {
            throw EngineFailure(
                status: 403, "failed to allocate gateway (\(gateway)): No available addresses on this pool")
        }
        var given: InterfaceAddress?
        if !range.isEmpty {
            guard let part = InterfaceAddress(range) else {
                throw EngineFailure.invalid("invalid CIDR address: \(range)")
            }
            guard network.contains(part.address), part.prefixLength >= network.prefixLength else {
                throw EngineFailure.invalid("Invalid address range \(range) : it is not in the subnet \(subnet)")
            }
            given = part
        }
        for address in (gateway.isEmpty ? [] : [gateway]) + auxiliary.map(\.value) {
            guard let parsed = IPAddress(address) else {
                throw EngineFailure.invalid("invalid IP address: \(address)")
            }
            guard network.contains(parsed) else {
                throw EngineFailure.invalid(
                    "Invalid address \(address): It does not belong to any of this network's subnets")
            }
        }
        // The gateway is the first to take an address: what it has, nothing else can be given.
        let first = gateway.isEmpty ? AddressPool.firstAddress(of: network, range: given) : IPAddress(gateway)
        if let (name, address) = auxiliary.first(where: { IPAddress($0.value) == first }) {
            throw EngineFailure(
                status: 403, "failed to allocate secondary ip address (\(name):\(address)): Address already in use")
        }
        return NetworkDefinition.Addresses(
            subnet: subnet, range: range, gateway: gateway,
            auxiliary: .object(JSONObject(auxiliary.map { ($0.name, .string($0.value)) })))
    }

    private func checkOptions() throws {
        for (option, value) in options.object ?? [:] {
            guard Self.knownOptions.contains(option) else {
                // Options of others mean nothing to the bridge driver, and are kept as Docker keeps them.
                if !option.hasPrefix("com.docker.network.") { continue }
                throw EngineFailure.notYet("the option \(option)")
            }
            let text = value.string ?? ""
            switch option {
            case "com.docker.network.bridge.name":
                guard (1...15).contains(text.utf8.count), !text.contains("/"), !text.contains(where: \.isWhitespace)
                else { throw EngineFailure.invalid("invalid bridge name: \(text)") }
            case "com.docker.network.driver.mtu":
                guard let size = Int(text) else {
                    throw EngineFailure.invalid(
                        "failed to parse \(option) value: \(text) (strconv.Atoi: parsing \"\(text)\": invalid syntax)")
                }
                // The kernel takes 68 to 65535; 0 leaves it its own.
                guard size == 0 || (68...65535).contains(size) else {
                    throw EngineFailure.invalid("invalid MTU number: \(size)")
                }
            case "com.docker.network.bridge.default_bridge":
                if NetworkDefinition.truth(text) != false {
                    throw EngineFailure(status: 403, "bridge network is already the default bridge")
                }
            case "com.docker.network.bridge.host_binding_ipv4":
                guard let address = IPAddress(text), !address.isIPv6 else {
                    throw EngineFailure.invalid("failed to parse \(option) value: \(text) is no IPv4 address")
                }
            case "com.docker.network.container_iface_prefix":
                // The kernel takes 15 bytes (IFNAMSIZ); three are left for the number.
                guard (1...12).contains(text.utf8.count), !text.contains("/"), !text.contains(where: \.isWhitespace),
                    !text.contains("."), text != "lo"
                else { throw EngineFailure.invalid("invalid interface prefix: \(text)") }
            default:
                guard NetworkDefinition.truth(text) != nil else {
                    throw EngineFailure.invalid(
                        "failed to parse \(option) value: \(text) (strconv.ParseBool: parsing \"\(text)\": invalid syntax)"
                    )
                }
            }
        }
    }
}
