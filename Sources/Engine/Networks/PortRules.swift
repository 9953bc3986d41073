import EngineAPI
import Kernel
import Steps

/// The part of the node's filter rules that is about published ports: a packet that comes to one of the node's addresses
/// and ports gets the container's instead (destination NAT, `nft(8)`), so that the container sees who really sent it.
///
/// The relay's sockets stay for what never meets these rules, as on any Docker host: clients on the node's own loopback
/// addresses, other containers, the machine. To the container those come from the bridge.
enum PortRules {
    /// Adds to ``NetworkRules/base``: maps from address and port to the container's, and the chains that ask them.
    ///
    /// Packets from a bridge are left to the relay: the container that answers might be on the same bridge as the one
    /// that asked, and would answer it directly, from an address that it never sent anything to.
    static let base = """
        add map inet drydock published { type inet_proto . inet_service : ipv4_addr . inet_service; }
        add map inet drydock published6 { type inet_proto . inet_service : ipv6_addr . inet_service; }
        add map inet drydock published-at { \
        type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
        add map inet drydock published-at6 { \
        type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; }
        add chain inet drydock publish
        add rule inet drydock publish dnat ip to ip daddr . meta l4proto . th dport map @published-at
        add rule inet drydock publish dnat ip6 to ip6 daddr . meta l4proto . th dport map @published-at6
        add rule inet drydock publish fib daddr type local dnat ip to meta l4proto . th dport map @published
        add rule inet drydock publish fib daddr type local dnat ip6 to meta l4proto . th dport map @published6
        add chain inet drydock prerouting { type nat hook prerouting priority dstnat; policy accept; }
        add rule inet drydock prerouting iifname != @bridges jump publish
        add chain inet drydock output { type nat hook output priority -100; policy accept; }
        add rule inet drydock output ip daddr != 127.0.0.0/8 jump publish
        add rule inet drydock output ip6 daddr != ::1 jump publish
        add rule inet drydock forward iifname != @bridges oifname @bridges ct status dnat accept
        add rule inet drydock forward iifname != @bridges oifname @bridges drop

        """

    /// The elements that a published port adds to the maps, or takes out of them.
    static func elements(_ verb: String, _ binding: PortBinding, of endpoint: Endpoint) -> String {
        binding.nodeAddresses.compactMap { address in
            let target = endpoint.target(isIPv6: address.isIPv6)
            // What is for a container of the other family takes the relay. Loopback addresses are never rewritten.
            guard target.isIPv6 == address.isIPv6, !address.isLoopback else { return nil }
            let leads = verb == "delete" ? "" : " : \(target) . \(binding.port)"
            return "\(verb) element inet drydock \(map(of: address)) { \(key(of: binding, at: address))\(leads) }\n"
        }.joined()
    }

    private static func map(of address: IPAddress) -> String {
        "published\(address.isWildcard ? "" : "-at")\(address.isIPv6 ? "6" : "")"
    }

    private static func key(of binding: PortBinding, at address: IPAddress) -> String {
        let port = "\(binding.transport.rawValue) . \(binding.hostPort)"
        return address.isWildcard ? port : "\(address) . \(port)"
    }

    /// What the kernel has in the maps for a published port.
    static func evidence(of binding: PortBinding, in namespace: any NetworkNamespace) throws -> [Evidence] {
        try binding.nodeAddresses.filter { !$0.isLoopback }.prefix(1).map { address in
            let command = "get element inet drydock \(map(of: address)) { \(key(of: binding, at: address)) }"
            let listing = try namespace.applyRules(command + "\n")
            guard let line = listing.split(separator: "\n").first(where: { $0.contains("elements") }) else {
                return Evidence(source: "nft \(command)", Finding(.noElements))
            }
            return Evidence(
                source: "nft \(command)", text: line.split(whereSeparator: \.isWhitespace).joined(separator: " "))
        }
    }
}

extension Node {
    /// Closes an endpoint's published ports: the rules that lead to it, the sockets and their connections.
    func closePorts(of endpoint: String) throws {
        let rules = ports.forgetRules(of: endpoint)
        ports.release(endpoint)
        if !rules.isEmpty { _ = try namespace.applyRules(rules) }
    }
}
