import EngineClient
import Glibc
import OrderedJSON

/// `docker network create`
enum CreateNetworkCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        var body: JSONObject = [
            "Name": .string(context.arguments[0]), "Driver": .string(parsed.string("driver")),
            "Scope": .string(parsed.string("scope")),
        ]
        if parsed.isSet("ipv4") { body["EnableIPv4"] = .bool(parsed.bool("ipv4")) }
        if parsed.isSet("ipv6") { body["EnableIPv6"] = .bool(parsed.bool("ipv6")) }
        body["IPAM"] = [
            "Driver": .string(parsed.string("ipam-driver")), "Options": KeyValue.object(parsed.strings("ipam-opt")),
            "Config": .array(try pools(parsed)),
        ]
        body["Internal"] = .bool(parsed.bool("internal"))
        body["Attachable"] = .bool(parsed.bool("attachable"))
        body["Ingress"] = .bool(parsed.bool("ingress"))
        body["ConfigOnly"] = .bool(parsed.bool("config-only"))
        let from = parsed.string("config-from")
        body["ConfigFrom"] = from.isEmpty ? .null : ["Network": .string(from)]
        body["Options"] = KeyValue.object(parsed.strings("opt"))
        body["Labels"] = KeyValue.object(parsed.strings("label"))
        let answer = try context.json("POST", "/networks/create", body: .object(body))
        if let warning = answer["Warning"]?.string, !warning.isEmpty { context.io.complain("WARNING: \(warning)") }
        context.io.printLine(answer["Id"]?.string ?? "")
        return 0
    }

    /// The address pools: each gateway, range and reserved address goes to the subnet that holds it.
    private static func pools(_ parsed: ParsedCommand) throws(CommandFailure) -> [JSON] {
        let subnets = parsed.strings("subnet")
        let gateways = parsed.strings("gateway")
        let ranges = parsed.strings("ip-range")
        let reserved = parsed.strings("aux-address")
        if subnets.count < ranges.count || subnets.count < gateways.count {
            throw CommandFailure("every ip-range or gateway must have a corresponding subnet")
        }
        // What is no subnet is the engine's to refuse.
        var pools: [(network: Subnet?, config: JSONObject)] = []
        for text in subnets {
            let network = Subnet(text)
            if let network, pools.contains(where: { $0.network?.overlaps(network) ?? false }) {
                throw CommandFailure("multiple overlapping subnet configuration is not supported")
            }
            pools.append((network, ["Subnet": .string(text)]))
        }
        func place(_ member: String, _ text: String, _ what: String) throws(CommandFailure) {
            guard let address = Subnet(text.contains("/") ? text : text + (text.contains(":") ? "/128" : "/32")) else {
                throw CommandFailure(
                    what == "range" ? "invalid CIDR address: \(text)" : "no matching subnet for \(what) \(text)")
            }
            guard let index = pools.firstIndex(where: { $0.network?.overlaps(address) ?? false }) else {
                throw CommandFailure("no matching subnet for \(what) \(text)")
            }
            if pools[index].config[member] != nil {
                throw CommandFailure(
                    "cannot configure multiple \(what)s (\(text), \(pools[index].config[member]?.string ?? "")) \(what == "range" ? "on" : "for") the same subnet (\(pools[index].config["Subnet"]?.string ?? ""))"
                )
            }
            pools[index].config[member] = .string(text)
        }
        for text in ranges { try place("IPRange", text, "range") }
        for text in gateways { try place("Gateway", text, "gateway") }
        for text in reserved {
            let pair = KeyValue.split(text)
            let value = pair.value ?? ""
            guard let address = Subnet(value + (value.contains(":") ? "/128" : "/32")),
                let index = pools.firstIndex(where: { $0.network?.overlaps(address) ?? false })
            else { throw CommandFailure("no matching subnet for aux-address \(value)") }
            var members = pools[index].config["AuxiliaryAddresses"]?.object ?? JSONObject()
            members[pair.key] = .string(value)
            pools[index].config["AuxiliaryAddresses"] = .object(members)
        }
        return pools.map { .object($0.config) }
    }
}

/// `docker network connect`
enum ConnectNetworkCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        var addresses = JSONObject()
        if let text = parsed.stringIfSet("ip") { addresses["IPv4Address"] = .string(text) }
        if let text = parsed.stringIfSet("ip6") { addresses["IPv6Address"] = .string(text) }
        if parsed.isSet("link-local-ip") { addresses["LinkLocalIPs"] = parsed.array("link-local-ip") }
        var settings = JSONObject()
        if !addresses.isEmpty { settings["IPAMConfig"] = .object(addresses) }
        if parsed.isSet("link") { settings["Links"] = parsed.array("link") }
        if parsed.isSet("alias") { settings["Aliases"] = parsed.array("alias") }
        if parsed.isSet("driver-opt") { settings["DriverOpts"] = KeyValue.object(parsed.strings("driver-opt")) }
        if let priority = parsed.int("gw-priority") { settings["GwPriority"] = .integer(priority) }
        try context.request(
            "POST", "/networks/\(context.arguments[0])/connect",
            body: ["Container": .string(context.arguments[1]), "EndpointConfig": .object(settings)])
        return 0
    }
}

/// `docker network disconnect`
enum DisconnectNetworkCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        try context.request(
            "POST", "/networks/\(context.arguments[0])/disconnect",
            body: ["Container": .string(context.arguments[1]), "Force": .bool(context.parsed.bool("force"))])
        return 0
    }
}

/// `docker network rm`
enum RemoveNetworkCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        var hasFailed = false
        for name in context.arguments {
            do {
                try context.request("DELETE", "/networks/\(name)")
                context.io.printLine(name)
            } catch let error as EngineError {
                if context.parsed.bool("force") && error.status == 404 { continue }
                context.io.complain(CommandContext.text(of: error))
                hasFailed = true
            }
        }
        // Docker's client ends with this line of its own.
        if hasFailed { throw CommandFailure("exit status 1") }
        return 0
    }
}

/// `docker network ls`
enum ListNetworksCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let networks = try context.json("GET", "/networks", query: context.filters()).array ?? []
        let truncates = !context.parsed.bool("no-trunc")
        let sorted = networks.sorted { NaturalOrder.isLess($0["Name"]?.string ?? "", $1["Name"]?.string ?? "") }
        let rows = sorted.map { network in
            let id = network["Id"]?.string ?? ""
            let labels = network["Labels"]?.object ?? JSONObject()
            func flag(_ name: String) -> TemplateValue { .string(network[name]?.bool ?? false ? "true" : "false") }
            var created = network["Created"]?.string ?? ""
            if let moment = Timestamps.parse(created) {
                created = Timestamps.goText(
                    moment.seconds, nanoseconds: moment.nanoseconds, isUTC: created.hasSuffix("Z"))
            }
            var row = TemplateRow(
                "*network.networkContext",
                [
                    ("ID", .string(truncates ? Truncation.id(id) : id)),
                    ("Name", .string(network["Name"]?.string ?? "")),
                    ("Driver", .string(network["Driver"]?.string ?? "")),
                    ("Scope", .string(network["Scope"]?.string ?? "")),
                    ("IPv4", flag("EnableIPv4")), ("IPv6", flag("EnableIPv6")), ("Internal", flag("Internal")),
                    ("Labels", .string(RowText.labels(labels))),
                    ("CreatedAt", .string(created)),
                ])
            row.lookups["Label"] = { .string(labels[$0]?.string ?? "") }
            return row
        }
        let format = TableFormat(
            headings: [
                "ID": "NETWORK ID", "Name": "NAME", "Driver": "DRIVER", "Scope": "SCOPE", "IPv4": "IPV4",
                "IPv6": "IPV6",
                "Internal": "INTERNAL", "Labels": "LABELS", "CreatedAt": "CREATED AT",
            ], table: #"{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}"#)
        context.io.print(
            try ListOutput.text(
                context, format: context.parsed.string("format"), format,
                raw: "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n", quiet: "{{.ID}}",
                rawQuiet: "network_id: {{.ID}}", rows: rows))
        return 0
    }
}

/// A range of addresses as `10.0.0.0/8` writes it.
struct Subnet: Equatable {
    private let bytes: [UInt8]
    private let length: Int

    /// Reads an address with the length of its prefix; `nil` if it is none.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let length = Int(parts[1]), let bytes = Self.address(parts[0]),
            (0...bytes.count * 8).contains(length)
        else { return nil }
        self.bytes = bytes
        self.length = length
    }

    /// Whether two ranges share an address.
    func overlaps(_ other: Subnet) -> Bool {
        guard bytes.count == other.bytes.count else { return false }
        let common = min(length, other.length)
        for bit in 0..<common where (bytes[bit / 8] ^ other.bytes[bit / 8]) >> UInt8(7 - bit % 8) & 1 == 1 {
            return false
        }
        return true
    }
}

extension Subnet {
    /// The bytes of an address (`inet_pton(3)`).
    fileprivate static func address(_ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
        return inet_pton(AF_INET6, text, &bytes) == 1 ? bytes : nil
    }
}
