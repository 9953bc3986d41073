import Kernel
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
        guard let body = body.object else {
            throw EngineFailure.invalid("invalid JSON: got EOF while reading request body")
        }
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
        try Self.checkKind(driver, body)
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
                throw EngineFailure(status: 403, "bridge driver doesn't support multiple subnets")
            }
            if isIPv6 { addresses6 = found } else { addresses = found }
        }
        if let subnet = addresses6?.subnet, !hasIPv6 {
            throw EngineFailure.invalid("the subnet \(subnet) is of no use without --ipv6")
        }
        try checkOptions()
    }

    private static func checkKind(_ driver: String, _ body: JSONObject) throws {
        switch driver {
        case "bridge": break
        case "host", "null":
            throw EngineFailure(status: 403, "only one instance of \"\(driver)\" network is allowed")
        case "overlay":
            throw EngineFailure(
                status: 503,
                "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this "
                    + "node to swarm and try again.")
        case "macvlan", "ipvlan": throw EngineFailure.notYet("a network with the driver \(driver)")
        default: throw EngineFailure.notFound("plugin \"\(driver)\" not found")
        }
        if body.flag("Ingress") { throw EngineFailure.notYet("an ingress network") }
        if body.flag("ConfigOnly") || body["ConfigFrom"]?["Network"]?.string?.isEmpty == false {
            throw EngineFailure.notYet("a network from another one's configuration")
        }
        if ["swarm", "global"].contains(body.text("Scope")) {
            throw EngineFailure.notYet("a network of scope \(body.text("Scope"))")
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
            throw EngineFailure.invalid("Invalid subnet \(subnet) : it has no room for a gateway and a container")
        }
        if !range.isEmpty {
            guard let part = InterfaceAddress(range) else {
                throw EngineFailure.invalid("invalid CIDR address: \(range)")
            }
            guard network.contains(part.address), part.prefixLength >= network.prefixLength else {
                throw EngineFailure.invalid("Invalid address range \(range) : it is not in the subnet \(subnet)")
            }
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
        // The gateway is the first to take an address: what is reserved for others it can't have.
        if auxiliary.contains(where: { IPAddress($0.value) == IPAddress(gateway) }) {
            throw EngineFailure(status: 403, "failed to allocate gateway (\(gateway)): Address already in use")
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
                guard let size = UInt32(text), (68...65535).contains(size) else {
                    throw EngineFailure.invalid("invalid syntax for a MTU: \(text)")
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
                    throw EngineFailure.invalid("failed to parse \(option) value: \(text) is no boolean")
                }
            }
        }
    }
}
