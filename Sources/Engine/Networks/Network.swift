import Kernel
import OrderedJSON
import Posix
import Synchronization

/// A network of the node, and the addresses that its endpoints have.
final class Network: Sendable {
    let definition: NetworkDefinition
    private let pool: Mutex<AddressPool?>
    private let pool6: Mutex<AddressPool?>

    /// A network from what it was asked to be.
    /// - Throws: ``EngineFailure`` for addresses that are none: a file that was changed by hand.
    init(_ definition: NetworkDefinition) throws {
        self.definition = definition
        // What only others are made from has no addresses of its own.
        let isReal = definition.isConfigOnly != true
        pool = Mutex(try (isReal ? definition.addresses : nil).map { try Self.pool($0, of: definition.name) })
        pool6 = Mutex(try (isReal ? definition.addresses6 : nil).map { try Self.pool($0, of: definition.name) })
    }

    private static func pool(_ addresses: NetworkDefinition.Addresses, of name: String) throws -> AddressPool {
        let range = addresses.range.isEmpty ? nil : InterfaceAddress(addresses.range)
        guard let subnet = InterfaceAddress(addresses.subnet),
            let gateway = addresses.gateway.isEmpty
                ? AddressPool.firstAddress(of: subnet, range: range) : IPAddress(addresses.gateway)
        else { throw EngineFailure.system("network \(name): \(addresses.subnet) is no subnet") }
        let reserved = (addresses.auxiliary.object ?? [:]).compactMap { $0.value.string.flatMap { IPAddress($0) } }
        return AddressPool(subnet: subnet, range: range, gateway: gateway, reserved: reserved)
    }

    var id: String { definition.id }
    var name: String { definition.name }
    var bridge: String { definition.bridge }
    /// Whether it is a bridge of the node, with filter rules and published ports.
    var isBridge: Bool { definition.driver == "bridge" }
    /// Whether it is shared by the nodes of a swarm.
    var isOverlay: Bool { definition.driver == "overlay" }
    /// Whether containers get interfaces and addresses in it.
    var hasEndpoints: Bool { !["host", "null"].contains(definition.driver) }
    /// Whether ports of its containers can be published: on a bridge with a way out.
    var publishes: Bool { isBridge && !definition.isInternal }
    var subnet: InterfaceAddress? { pool.withLock { $0?.subnet } }
    var gateway: IPAddress? { pool.withLock { $0?.gateway } }
    var subnet6: InterfaceAddress? { pool6.withLock { $0?.subnet } }
    var gateway6: IPAddress? { pool6.withLock { $0?.gateway } }
    /// Its subnets of both families.
    var subnets: [InterfaceAddress] { [subnet, subnet6].compactMap { $0 } }
    /// The bridge's own addresses with their prefixes.
    var gatewayAddresses: [InterfaceAddress] {
        [definition.hasBareBridge ? nil : Self.gateway(of: pool), Self.gateway(of: pool6)].compactMap { $0 }
    }

    private static func gateway(of pool: borrowing Mutex<AddressPool?>) -> InterfaceAddress? {
        pool.withLock { $0.flatMap { InterfaceAddress($0.gateway, prefixLength: $0.subnet.prefixLength) } }
    }

    /// Takes an IPv4 address for an endpoint, the one asked for or the next free one.
    /// - Throws: ``EngineFailure`` with Docker's texts.
    func lease(_ wanted: IPAddress?, for endpoint: String) throws -> InterfaceAddress {
        try lease(wanted, for: endpoint, from: pool, family: "IPv4")
    }

    /// Takes an IPv6 address for an endpoint; `nil` where the network has none.
    /// - Throws: ``EngineFailure`` with Docker's texts.
    func lease6(_ wanted: IPAddress?, for endpoint: String) throws -> InterfaceAddress? {
        guard definition.hasIPv6 else { return nil }
        return try lease(wanted, for: endpoint, from: pool6, family: "IPv6")
    }

    private func lease(
        _ wanted: IPAddress?, for endpoint: String, from pool: borrowing Mutex<AddressPool?>, family: String
    ) throws -> InterfaceAddress {
        do {
            return try pool.withLock { pool throws(AddressPool.Refusal) in
                guard pool != nil, let address = try pool?.lease(wanted, for: endpoint) else { throw .exhausted }
                return address
            }
        } catch AddressPool.Refusal.taken {
            throw EngineFailure(status: 403, "Address already in use")
        } catch AddressPool.Refusal.outside {
            throw EngineFailure(
                status: 400,
                "Invalid address \(wanted.map { "\($0)" } ?? ""): It does not belong to any of this network's subnets")
        } catch {
            throw EngineFailure(
                status: 500, "no available \(family) addresses on this network's address pools: \(name) (\(id))")
        }
    }

    /// Gives an endpoint's addresses back.
    func release(_ endpoint: String) {
        pool.withLock { $0?.release(endpoint) }
        pool6.withLock { $0?.release(endpoint) }
    }

    /// Whether any endpoint has an address in it.
    var isInUse: Bool { pool.withLock { $0?.isInUse ?? false } }

    /// Whether an endpoint still has an address.
    func hasLease(_ endpoint: String) -> Bool { pool.withLock { $0?.leases.values.contains(endpoint) ?? false } }
}
