import OrderedJSON

/// Which networks a container joins.
struct NetworkSettings {
    /// The first network, or `default`.
    var mode = "default"
    var endpoints = JSONObject()

    init(_ parsed: ParsedCommand) throws(CommandFailure) {
        var networks: [NetworkText] = []
        for text in parsed.strings("network") { networks.append(try NetworkText.parse(text).get()) }
        if networks.contains(where: { $0.name.isEmpty }) { throw CommandFailure("no name set for network", code: 125) }
        let userDefined = networks.filter { Self.isUserDefined($0.name) }
        if networks.count > 1 && userDefined.count != networks.count {
            throw CommandFailure(
                "conflicting options: cannot attach both user-defined and non-user-defined network-modes", code: 125)
        }
        for network in networks where networks.count(where: { $0.name == network.name }) > 1 {
            throw CommandFailure("network \(GoFormat.quote(network.name)) is specified multiple times", code: 125)
        }
        let aliases = parsed.strings("network-alias")
        let hasAliases = !aliases.isEmpty || networks.contains { !$0.aliases.isEmpty }
        if hasAliases && userDefined.isEmpty {
            throw CommandFailure(
                "network-scoped aliases are only supported for user-defined networks", code: 125)
        }
        if let address = parsed.stringIfSet("mac-address"), !Self.isMAC(address) {
            throw CommandFailure("\(address) is not a valid mac address", code: 125)
        }
        if networks.isEmpty { networks = [NetworkText(name: "default")] }
        mode = networks[0].name
        networks[0].aliases += aliases
        networks[0].address = networks[0].address ?? parsed.stringIfSet("ip")
        networks[0].address6 = networks[0].address6 ?? parsed.stringIfSet("ip6")
        networks[0].macAddress = networks[0].macAddress ?? parsed.stringIfSet("mac-address")
        networks[0].linkLocalAddresses += parsed.strings("link-local-ip")
        for (index, network) in networks.enumerated() {
            let settings = Self.endpoint(network, links: index == 0 ? parsed.strings("link") : [])
            if Self.isUserDefined(network.name) || !settings.isEmpty { endpoints[network.name] = .object(settings) }
        }
    }

    private static func isUserDefined(_ name: String) -> Bool {
        !["default", "bridge", "host", "none"].contains(name) && !name.hasPrefix("container:")
    }

    private static func isMAC(_ text: String) -> Bool {
        let separator: Character = text.contains("-") ? "-" : ":"
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        return parts.count == 6 && parts.allSatisfy { $0.count == 2 && UInt8($0, radix: 16) != nil }
    }

    private static func endpoint(_ network: NetworkText, links: [String]) -> JSONObject {
        var settings = JSONObject()
        var addresses = JSONObject()
        if let address = network.address { addresses["IPv4Address"] = .string(address) }
        if let address = network.address6 { addresses["IPv6Address"] = .string(address) }
        if !network.linkLocalAddresses.isEmpty {
            addresses["LinkLocalIPs"] = .array(network.linkLocalAddresses.map { .string($0) })
        }
        if !addresses.isEmpty { settings["IPAMConfig"] = .object(addresses) }
        if !links.isEmpty && isUserDefined(network.name) { settings["Links"] = .array(links.map { .string($0) }) }
        if !network.aliases.isEmpty { settings["Aliases"] = .array(network.aliases.map { .string($0) }) }
        if let address = network.macAddress { settings["MacAddress"] = .string(address) }
        if !network.driverOptions.isEmpty { settings["DriverOpts"] = KeyValue.object(network.driverOptions) }
        if let priority = network.gatewayPriority { settings["GwPriority"] = .integer(priority) }
        return settings
    }
}
