import Kernel
import OrderedJSON

/// What a network is: what was asked for, and what was chosen where nothing was said. Kept as `networks/<id>.json`.
struct NetworkDefinition: Sendable, Codable, Equatable {
    /// The part of a network's settings that is about addresses (`IPAM.Config`).
    struct Addresses: Sendable, Codable, Equatable {
        /// The subnet, `172.18.0.0/16`.
        var subnet: String
        /// The part of it that is given out; empty for all.
        var range: String
        /// The bridge's own address; empty when the first of the subnet was taken because none was asked for.
        var gateway: String
        /// Addresses that others in the subnet have, by name.
        var auxiliary: JSON
    }

    /// 64 hexadecimal digits.
    var id: String
    var name: String
    /// Nanoseconds since 1970.
    var created: Int64
    /// `bridge`, `host`, `null`
    var driver: String
    /// Whether nothing outside is reached from it, nor reaches it.
    var isInternal: Bool
    /// What Docker shows of swarm's attachable networks: kept, and without meaning for a bridge.
    var isAttachable: Bool
    /// Where its addresses come from; `nil` for `host` and `none`.
    var addresses: Addresses?
    /// Its IPv6 addresses; `nil` without `--ipv6`.
    var addresses6: Addresses? = nil
    /// Whether the user named the subnet: only then may an endpoint ask for a certain address.
    var hasChosenSubnet: Bool
    /// The same of IPv6.
    var hasChosenSubnet6: Bool? = nil
    /// `IPAM.Options`: null for the networks that are always there.
    var addressOptions: JSON
    /// Whether it is no network, only a configuration that others are made from (`--config-only`).
    var isConfigOnly: Bool? = nil
    /// The name of the configuration that it was made from (`--config-from`).
    var configFrom: String? = nil
    /// The driver's options and the labels.
    var options: JSON
    var labels: JSON
    /// An overlay network's number (VXLAN network identifier), the same on all nodes.
    var vni: UInt32? = nil

    /// Whether it is one of the three that are always there.
    var isPredefined: Bool { ["bridge", "host", "none"].contains(name) }
    /// Whether it was made by the user and has bridges: aliases and names work there.
    var isUserDefined: Bool { !isPredefined }

    /// A driver's option.
    func option(_ name: String) -> String? { options[name]?.string }

    /// The bridge's name in the node's namespace.
    var bridge: String { option("com.docker.network.bridge.name") ?? "br-\(id.prefix(12))" }
    /// Whether its endpoints get IPv6 addresses.
    var hasIPv6: Bool { addresses6 != nil }
    /// The beginning of the interfaces' names in containers.
    var interfacePrefix: String { option("com.docker.network.container_iface_prefix") ?? "eth" }
    /// Whether the bridge gets no IPv4 address (`inhibit_ipv4`).
    var hasBareBridge: Bool { option("com.docker.network.bridge.inhibit_ipv4").flatMap(Self.truth) ?? false }
    /// Where `-p` without an address publishes; `nil` for all addresses.
    var publishingAddress: String? {
        option("com.docker.network.bridge.host_binding_ipv4").flatMap { $0 == "0.0.0.0" ? nil : $0 }
    }
    /// The largest packet; `nil` leaves the kernel's 1500. In an overlay network 50 bytes go to the outer packet.
    var mtu: UInt32? {
        let asked = option("com.docker.network.driver.mtu").flatMap { UInt32($0) } ?? 0
        return asked == 0 ? (driver == "overlay" ? 1450 : nil) : asked
    }
    /// Where it is known: on one node, or in the whole swarm.
    var scope: String { driver == "overlay" ? "swarm" : "local" }
    /// Whether containers of the network may talk to each other (`enable_icc`).
    var letsContainersTalk: Bool {
        option("com.docker.network.bridge.enable_icc").map { Self.truth($0) ?? true } ?? true
    }
    /// Whether what leaves the node gets the node's address (`enable_ip_masquerade`).
    var masquerades: Bool {
        option("com.docker.network.bridge.enable_ip_masquerade").map { Self.truth($0) ?? true } ?? true
    }

    /// A boolean as Go's `strconv.ParseBool` reads it.
    static func truth(_ text: String) -> Bool? {
        if ["1", "t", "T", "true", "TRUE", "True"].contains(text) { return true }
        return ["0", "f", "F", "false", "FALSE", "False"].contains(text) ? false : nil
    }

    /// The network as the API shows it (API: Network), without its containers.
    var json: JSONObject {
        let pools = [addresses, addresses6].compactMap { $0 }.map { addresses -> JSON in
            var pool: JSONObject = ["Subnet": .string(addresses.subnet)]
            if !addresses.range.isEmpty { pool["IPRange"] = .string(addresses.range) }
            if !addresses.gateway.isEmpty { pool["Gateway"] = .string(addresses.gateway) }
            if addresses.auxiliary.object?.isEmpty == false { pool["AuxiliaryAddresses"] = addresses.auxiliary }
            return .object(pool)
        }
        return [
            "Name": .string(name), "Id": .string(id), "Created": .string(Timestamp.text(created)),
            "Scope": .string(scope),
            "Driver": .string(driver), "EnableIPv6": .bool(hasIPv6),
            "IPAM": ["Driver": "default", "Options": addressOptions, "Config": .array(pools)],
            "Internal": .bool(isInternal), "Attachable": .bool(isAttachable), "Ingress": false,
            "ConfigFrom": ["Network": .string(configFrom ?? "")], "ConfigOnly": .bool(isConfigOnly == true),
            "Containers": [:], "Options": options,
            "Labels": labels,
        ]
    }

    /// The three networks that every Docker host has, with the identities that were kept.
    static func predefined(_ name: String, id: String, created: Int64) -> NetworkDefinition {
        let isBridge = name == "bridge"
        return NetworkDefinition(
            id: id, name: name, created: created, driver: name == "none" ? "null" : name, isInternal: false,
            isAttachable: false,
            addresses: isBridge
                ? Addresses(subnet: "172.17.0.0/16", range: "", gateway: "", auxiliary: [:]) : nil,
            hasChosenSubnet: false, addressOptions: .null,
            options: isBridge
                ? [
                    "com.docker.network.bridge.default_bridge": "true",
                    "com.docker.network.bridge.enable_icc": "true",
                    "com.docker.network.bridge.enable_ip_masquerade": "true",
                    "com.docker.network.bridge.host_binding_ipv4": "0.0.0.0",
                    "com.docker.network.bridge.name": "docker0", "com.docker.network.driver.mtu": "1500",
                ] : [:], labels: [:])
    }
}
