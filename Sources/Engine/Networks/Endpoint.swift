import EngineAPI
import Kernel
import OrderedJSON

/// A container's place in a network: its cable, its address.
struct Endpoint: Sendable {
    /// 64 hexadecimal digits.
    var id: String
    /// The network's name and identity.
    var network: String, networkID: String
    /// The bridge that the cable is plugged into.
    var bridge: String
    /// The address with its network's prefix.
    var address: InterfaceAddress
    /// The next hop of the default route.
    var gateway: IPAddress
    /// The interface's hardware address.
    var mac: MACAddress
    /// The largest packet; `nil` is the kernel's 1500.
    var mtu: UInt32?
    /// The cable's end on the node, and in the container.
    var hostLink: String, interface: String
    /// Whether the container's default route leads through it.
    var hasDefaultRoute: Bool
    /// The names, beside the container's own, under which it is known in the network.
    var aliases: [String]
    /// What is published of the container through this network.
    var ports: [PortBinding] = []
}

/// What a user asked of a container's place in a network (API: EndpointSettings): addresses and names.
struct EndpointRequest: Sendable {
    /// Every member, as `inspect` shows it.
    let settings: JSONObject

    init(_ settings: JSON?) throws {
        self.settings = try Shape.endpointSettings.fit(settings)
    }

    /// `--ip`
    var address: String { settings["IPAMConfig"]?["IPv4Address"]?.string ?? "" }
    /// `--network-alias`
    var aliases: [String] { settings.strings("Aliases") }
    /// `--mac-address`
    var mac: String { settings.text("MacAddress") }

    /// Refuses what can't be had in a network, with Docker's texts, and what is not done yet by name.
    func check(in network: NetworkDefinition) throws {
        if settings["IPAMConfig"]?["IPv6Address"]?.string?.isEmpty == false { throw EngineFailure.notYet("--ip6") }
        if settings["IPAMConfig"]?["LinkLocalIPs"]?.array?.isEmpty == false {
            throw EngineFailure.notYet("--link-local-ip")
        }
        if settings["Links"]?.array?.isEmpty == false { throw EngineFailure.notYet("--link") }
        if settings["DriverOpts"]?.object?.isEmpty == false { throw EngineFailure.notYet("--driver-opt") }
        if !address.isEmpty {
            guard network.isUserDefined else {
                throw EngineFailure.invalid("user specified IP address is supported on user defined networks only")
            }
            guard network.hasChosenSubnet else {
                throw EngineFailure.invalid(
                    "user specified IP address is supported only when connecting to networks with user configured subnets"
                )
            }
            guard IPAddress(address) != nil else { throw EngineFailure.invalid("invalid IPv4 address: \(address)") }
        }
        if !aliases.isEmpty, !network.isUserDefined {
            throw EngineFailure.invalid(
                "network-scoped alias is supported only for containers in user defined networks")
        }
        if !mac.isEmpty, MACAddress(mac) == nil { throw EngineFailure.invalid("invalid MAC address: \(mac)") }
    }
}
