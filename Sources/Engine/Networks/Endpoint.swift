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
    /// How it shares the cable of one of the node's interfaces, instead of having one of its own into a bridge.
    var shared: SharedCable?
    /// The address with its network's prefix.
    var address: InterfaceAddress
    /// The IPv6 address with its network's prefix, in networks that have such.
    var address6: InterfaceAddress?
    /// Further addresses that only the link itself knows (`--link-local-ip`).
    var linkLocal: [InterfaceAddress] = []
    /// The next hop of the default route.
    var gateway: IPAddress
    /// The next hop of the default route of IPv6.
    var gateway6: IPAddress?
    /// The interface's hardware address.
    var mac: MACAddress
    /// The largest packet; `nil` is the kernel's 1500.
    var mtu: UInt32?
    /// The cable's end on the node, and in the container.
    var hostLink: String, interface: String
    /// Whether the container's default route leads through it.
    var hasDefaultRoute: Bool
    /// Whether its default route of IPv6 does.
    var hasDefaultRoute6: Bool
    /// The names, beside the container's own, under which it is known in the network.
    var aliases: [String]
    /// What the container itself, and nobody else, calls others in the network: their names by alias, in small letters.
    var links: [String: String]
    /// What is published of the container through this network.
    var ports: [PortBinding] = []

    /// The interface of the node through which it is reached.
    var nodeLink: String { shared?.parent ?? hostLink }

    /// Where a published port leads: to the address of the client's family, or to the only one there is.
    func target(isIPv6: Bool) -> IPAddress { isIPv6 ? address6?.address ?? address.address : address.address }

    /// Whether an address is its own.
    func has(_ other: IPAddress) -> Bool { address.address == other || address6?.address == other }
}

/// What a user asked of a container's place in a network (API: EndpointSettings): addresses and names.
struct EndpointRequest: Sendable {
    /// Every member, as `inspect` shows it.
    let settings: JSONObject

    init(_ settings: JSON?) throws {
        var fitted = try Shape.endpointSettings.fit(settings)
        // Newer than the shape: shown only where it was asked for.
        if let priority = settings?["GwPriority"]?.integer, priority != 0 { fitted["GwPriority"] = .integer(priority) }
        self.settings = fitted
    }

    /// `--link-local-ip`
    var linkLocalAddresses: [String] { (settings["IPAMConfig"]?["LinkLocalIPs"]?.array ?? []).compactMap(\.string) }
    /// `gw-priority`: the network with the highest leads the way out.
    var priority: Int64 { settings["GwPriority"]?.integer ?? 0 }

    /// `--ip`
    var address: String { settings["IPAMConfig"]?["IPv4Address"]?.string ?? "" }
    /// `--ip6`
    var address6: String { settings["IPAMConfig"]?["IPv6Address"]?.string ?? "" }
    /// `--network-alias`
    var aliases: [String] { settings.strings("Aliases") }
    /// `--link`: names by alias.
    var links: [String: String] {
        get throws {
            let pairs = try settings.strings("Links").map { try ContainerLink.parse($0) }
            return Dictionary(pairs.map { ($0.alias.lowercased(), $0.name.lowercased()) }, uniquingKeysWith: { $1 })
        }
    }
    /// `--mac-address`
    var mac: String { settings.text("MacAddress") }

    /// Refuses what can't be had in a network, with Docker's texts, and what is not done yet by name.
    ///
    /// - Parameter isConnecting: Whether it is for a container that is there: Docker looks at the network first then.
    func check(in network: NetworkDefinition, isConnecting: Bool = false) throws {
        for text in linkLocalAddresses where IPAddress(text) == nil {
            throw EngineFailure.invalid("invalid link-local IP address: \(text)")
        }
        if !settings.strings("Links").isEmpty, !network.isUserDefined {
            throw EngineFailure.invalid("links are only supported for user-defined networks")
        }
        _ = try links
        // Options of others mean nothing to the bridge driver, and are kept as Docker keeps them.
        for (option, _) in settings.map("DriverOpts") where option.hasPrefix("com.docker.network.") {
            throw EngineFailure.notYet("the option \(option) of an endpoint")
        }
        if network.isConfigOnly == true {
            throw EngineFailure(status: 403, "cannot create endpoint on configuration-only network")
        }
        try check(address, isIPv6: false, isChosen: network.hasChosenSubnet, in: network, isConnecting)
        try check(address6, isIPv6: true, isChosen: network.hasChosenSubnet6 == true, in: network, isConnecting)
        if !aliases.isEmpty, !network.isUserDefined {
            throw EngineFailure.invalid(
                "network-scoped alias is supported only for containers in user defined networks")
        }
        if !mac.isEmpty, MACAddress(mac) == nil { throw EngineFailure.invalid("invalid MAC address: \(mac)") }
    }

    /// Refuses an address that was asked for and can't be had.
    private func check(
        _ text: String, isIPv6: Bool, isChosen: Bool, in network: NetworkDefinition, _ isConnecting: Bool
    )
        throws
    {
        if text.isEmpty { return }
        let isAddress = IPAddress(text)?.isIPv6 == isIPv6
        let noAddress = EngineFailure.invalid("invalid IPv\(isIPv6 ? 6 : 4) address: \(text)")
        if !isAddress, !isConnecting { throw noAddress }
        guard network.isUserDefined else {
            throw EngineFailure.invalid("user specified IP address is supported on user defined networks only")
        }
        guard isChosen else {
            throw EngineFailure.invalid(
                "user specified IP address is supported only when connecting to networks with user configured subnets")
        }
        if !isAddress { throw noAddress }
    }
}
