import EngineAPI
import Glibc
import Kernel
import Posix
import Steps

/// The filter rules of a node (`nft(8)`): one table of its own, in the node's namespace, whose chains never change.
/// Networks come and go as elements of its sets, so a rule never has to be found again to be removed.
enum NetworkRules {
    /// The table: within a network everything passes, between two nothing does, and an internal one has no way out.
    ///
    /// Answers pass first: what was allowed one way must get its reply. What leaves the node for elsewhere gets the
    /// node's own address, because nobody outside knows the way to a container's.
    static let base = """
        add table inet drydock
        add set inet drydock bridges { type ifname; }
        add set inet drydock internal { type ifname; }
        add set inet drydock within { type ifname . ifname; }
        add set inet drydock masqueraded { type ipv4_addr; flags interval; }
        add set inet drydock masqueraded6 { type ipv6_addr; flags interval; }
        add chain inet drydock forward { type filter hook forward priority filter; policy accept; }
        add rule inet drydock forward ct state established,related accept
        add rule inet drydock forward iifname . oifname @within accept
        add rule inet drydock forward iifname @internal drop
        add rule inet drydock forward oifname @internal drop
        add rule inet drydock forward iifname @bridges oifname @bridges drop
        add chain inet drydock postrouting { type nat hook postrouting priority srcnat; policy accept; }
        add rule inet drydock postrouting ip saddr @masqueraded oifname != @bridges masquerade
        add rule inet drydock postrouting ip6 saddr @masqueraded6 oifname != @bridges masquerade

        """

    /// The elements that a network adds to the table's sets, or takes out of them.
    static func elements(_ verb: String, of network: Network) -> String {
        let bridge = network.bridge
        let definition = network.definition
        var lines = ["\(verb) element inet drydock bridges { \"\(bridge)\" }"]
        if definition.letsContainersTalk {
            lines.append("\(verb) element inet drydock within { \"\(bridge)\" . \"\(bridge)\" }")
        }
        if definition.isInternal { lines.append("\(verb) element inet drydock internal { \"\(bridge)\" }") }
        if definition.masquerades, !definition.isInternal, let subnet = network.subnet {
            lines.append("\(verb) element inet drydock masqueraded { \(subnet) }")
            if let subnet = network.subnet6 {
                lines.append("\(verb) element inet drydock masqueraded6 { \(subnet) }")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What the kernel has in the sets that concern a network.
    static func evidence(of network: Network, in namespace: any NetworkNamespace) throws -> [Evidence] {
        var sets = ["bridges", "within"]
        if network.definition.isInternal { sets.append("internal") }
        return try sets.map { set in
            let text = try namespace.applyRules("list set inet drydock \(set)\n")
            let source = "nft list set inet drydock \(set)"
            return elementsLine(of: text).map { Evidence(source: source, text: $0) }
                ?? Evidence(source: source, Finding(.noElements))
        }
    }

    /// The elements in nftables' listing of a set: they may stand in several lines.
    private static func elementsLine(of listing: String) -> String? {
        guard let start = listing.firstRange(of: "elements = {")?.lowerBound,
            let end = listing[start...].firstIndex(of: "}")
        else { return nil }
        return listing[start...end].split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}

extension Node {
    /// The step that puts a network under the node's rules.
    func rulesStep(_ network: Network, withTable: Bool) -> Step {
        let namespace = namespace
        let definition = network.definition
        let commands = (withTable ? NetworkRules.base + PortRules.base : "") + NetworkRules.elements("add", of: network)
        return Step(
            .rulesApply, command: "nft add element inet drydock bridges { \"\(network.bridge)\" }",
            facts: [
                "network": .string(network.name), "bridge": .string(network.bridge),
                "subnet": .string(network.subnet.map { "\($0)" } ?? ""), "internal": .bool(definition.isInternal),
                "talks": .bool(definition.letsContainersTalk),
            ],
            undo: [.dropNetworkRules(node: configuration.name, network: network.id)]
        ) {
            _ = try namespace.applyRules(commands)
            return StepOutcome(evidence: try NetworkRules.evidence(of: network, in: namespace))
        }
    }

    /// Takes a network's elements out of the rules; that they are not there is no error.
    func dropRules(of network: Network) throws {
        do { _ = try namespace.applyRules(NetworkRules.elements("delete", of: network)) } catch {
            guard error.code == ENOENT else { throw error }
        }
    }
}
