import Kernel
import OrderedJSON
import Posix
import Synchronization

/// A container's place in a network: its cable, its address.
struct Endpoint: Sendable {
    /// 64 hexadecimal digits.
    var id: String
    /// The network's name and identity.
    var network: String, networkID: String
    /// The address with its network's prefix.
    var address: InterfaceAddress
    /// The next hop of the default route.
    var gateway: IPAddress
    /// The interface's hardware address.
    var mac: MACAddress
    /// The cable's end on the node, and in the container.
    var hostLink: String, interface: String
}

/// A network of the `bridge` driver: a bridge in the node's namespace, and the addresses of its subnet.
final class BridgeNetwork: Sendable {
    let name: String
    let id: String
    /// The bridge's name in the node's namespace.
    let bridge: String
    /// The subnet, and the bridge's own address in it.
    let subnet: InterfaceAddress
    let gateway: IPAddress
    private let leases = Mutex<[IPAddress: String]>([:])

    init(name: String, id: String, bridge: String, subnet: InterfaceAddress, gateway: IPAddress) {
        self.name = name
        self.id = id
        self.bridge = bridge
        self.subnet = subnet
        self.gateway = gateway
    }

    /// The bridge's own address with the prefix.
    var gatewayAddress: InterfaceAddress { InterfaceAddress(gateway, prefixLength: subnet.prefixLength) ?? subnet }

    /// Takes the lowest free address for an endpoint, as Docker does.
    func lease(for endpoint: String) throws -> InterfaceAddress {
        try leases.withLock { leases in
            let hostBits = UInt64(subnet.address.bytes.count * 8 - subnet.prefixLength)
            let last = hostBits >= 32 ? UInt64(UInt32.max) : (1 << hostBits) - 2
            for number in 1...max(1, last) {
                guard let address = subnet.network.address.advanced(by: number), subnet.contains(address) else { break }
                if address == gateway || leases[address] != nil { continue }
                leases[address] = endpoint
                guard let leased = InterfaceAddress(address, prefixLength: subnet.prefixLength) else { break }
                return leased
            }
            throw EngineFailure(
                status: 500, "no available IPv4 addresses on this network's address pools: \(name) (\(id))")
        }
    }

    /// Gives an endpoint's address back.
    func release(_ endpoint: String) {
        leases.withLock { leases in leases = leases.filter { $0.value != endpoint } }
    }

    /// The addresses in use, by endpoint.
    var endpoints: [String: IPAddress] {
        leases.withLock { leases in
            Dictionary(leases.map { ($0.value, $0.key) }, uniquingKeysWith: { first, _ in first })
        }
    }
}
