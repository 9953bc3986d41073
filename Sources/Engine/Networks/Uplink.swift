import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

/// How a node's containers reach what is beyond the machine.
public enum UplinkMode: String, Sendable {
    /// Not at all.
    case none
    /// Over a virtual cable to the machine, under the machine's own address (network address translation).
    case nat
}

/// The cable between a node and the machine: two interfaces, four addresses, one table of rules on the machine.
struct Uplink: Sendable, Codable, Equatable {
    /// The machine's end of the cable, and the name of the table there.
    var link: String
    /// The machine's address and the node's, with the prefix of the network between them.
    var machine: String, node: String
    /// The machine's interfaces that were told to forward packets, and are told to stop when the uplink goes.
    var opened: [String]

    /// The node's end of the cable.
    static let interface = "uplink"

    /// A name for the machine's end that no other engine on the machine uses: from the node's directory.
    static func linkName(for directory: String) -> String {
        // FNV-1a; an interface's name has 15 bytes at most (IFNAMSIZ).
        let hash = directory.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        let digits = String(hash & 0xFFFFFF, radix: 16)
        return "drydock-" + String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// The first network of four addresses that nobody routes: out of 10.254.0.0/16, or 198.18.0.0/16, which is kept for
    /// laboratories (RFC 2544).
    static func freeNetwork(avoiding routed: [InterfaceAddress]) -> InterfaceAddress? {
        let candidates = ["10.254", "198.18"].flatMap { start in
            (0...255).compactMap { InterfaceAddress("\(start).\($0).0/30") }
        }
        return candidates.first { candidate in !routed.contains { $0.overlaps(candidate) } }
    }

    /// The rules on the machine. The table belongs to the engine's process (`flags owner`, `nft(8)`): the kernel removes
    /// it with the process, however that ends.
    ///
    /// Nobody else may use the way: what comes to the node from elsewhere is dropped unless it is an answer.
    var rules: String {
        """
        add table ip \(link) { flags owner; }
        add chain ip \(link) postrouting { type nat hook postrouting priority srcnat; policy accept; }
        add rule ip \(link) postrouting iifname "\(link)" masquerade
        add chain ip \(link) forward { type filter hook forward priority filter; policy accept; }
        add rule ip \(link) forward iifname "\(link)" accept
        add rule ip \(link) forward oifname "\(link)" ct state established,related accept
        add rule ip \(link) forward oifname "\(link)" drop

        """
    }
}

extension Node {
    /// Where it is kept which of the machine's interfaces were changed for the uplink.
    private var uplinkFile: String { Self.uplinkFile(in: configuration.directory) }
    private static func uplinkFile(in directory: String) -> String { "\(directory)/uplink.json" }

    /// The uplink that the node has; `nil` where it has none.
    /// - Throws: ``EngineFailure`` for a file that is damaged, or the kernel's error.
    func uplink() throws -> Uplink? {
        guard configuration.uplink == .nat, Files.exists(uplinkFile) else { return nil }
        return try RecordFile.read(uplinkFile, as: Uplink.self)
    }

    /// The steps that connect the node with the machine; none without an uplink.
    func uplinkSteps(of other: NodeConfiguration? = nil) throws -> [Step] {
        let configuration = other ?? configuration
        guard configuration.uplink == .nat, kernel.profile.kind == .linux else { return [] }
        let machine = try kernel.machineNetworkNamespace()
        let routes = try machine.routes()
        let routed = (routes + (try namespace.routes())).compactMap(\.destination).filter { $0.prefixLength > 0 }
        guard let network = Uplink.freeNetwork(avoiding: routed), let first = network.address.advanced(by: 1),
            let second = network.address.advanced(by: 2),
            let near = InterfaceAddress(first, prefixLength: network.prefixLength),
            let far = InterfaceAddress(second, prefixLength: network.prefixLength)
        else { throw EngineFailure.system("no network is free for the uplink: the machine routes all of them") }
        var uplink = Uplink(
            link: Uplink.linkName(for: configuration.directory), machine: "\(near)", node: "\(far)", opened: [])
        // Answers come in where the machine's own routes lead out: those interfaces must forward, too.
        for name in Set(routes.filter { $0.gateway?.isIPv6 != true }.map(\.link)).sorted()
        where try machine.parameter("ipv4/conf/\(name)/forwarding") == "0" { uplink.opened.append(name) }
        return [cableStep(uplink, near, far, machine), translationStep(uplink, near, machine)]
    }

    private func cableStep(
        _ uplink: Uplink, _ near: InterfaceAddress, _ far: InterfaceAddress, _ machine: any NetworkNamespace
    ) -> Step {
        let namespace = namespace
        let file = uplinkFile
        return Step(
            .uplinkCreate, command: "ip link add \(uplink.link) type veth peer name \(Uplink.interface)",
            facts: [
                "machineInterface": .string(uplink.link), "machineAddress": .string(uplink.machine),
                "nodeInterface": .string(Uplink.interface), "nodeAddress": .string(uplink.node),
            ],
            undo: [.dropUplink(node: configuration.name)]
        ) {
            // Written down first, so that whoever comes next finds what has to be taken back.
            try Files.replace(
                file, with: JSON(encoding: uplink, keys: .asDeclared).encoded(.indented), mode: 0o600)
            let peer = VethPeer(name: Uplink.interface, namespace: namespace, mac: nil, mtu: nil)
            try machine.makeVeth(uplink.link, bridge: nil, peer: peer)
            try machine.addAddress(near, to: uplink.link)
            try namespace.addAddress(far, to: Uplink.interface)
            let evidence = try LinkEvidence.link(uplink.link, in: machine)
            try namespace.setLink(Uplink.interface, up: true)
            try namespace.addRoute(Route(destination: nil, gateway: near.address, link: Uplink.interface))
            return StepOutcome(
                evidence: evidence + (try LinkEvidence.addresses(of: Uplink.interface, in: namespace))
                    + (try LinkEvidence.defaultRoute(in: namespace, isIPv6: false)))
        }
    }

    private func translationStep(_ uplink: Uplink, _ near: InterfaceAddress, _ machine: any NetworkNamespace) -> Step {
        Step(
            .uplinkTranslate, command: "nft add rule ip \(uplink.link) postrouting iifname \(uplink.link) masquerade",
            facts: [
                "table": .string(uplink.link), "subnet": .string("\(near.network)"),
                "forwarding": .strings(uplink.opened + [uplink.link]),
            ]
        ) {
            _ = try machine.applyRules(uplink.rules)
            for name in uplink.opened + [uplink.link] {
                try machine.setParameter("ipv4/conf/\(name)/forwarding", "1")
            }
            let listing = try machine.applyRules("list chain ip \(uplink.link) postrouting\n")
            let source = "nft list chain ip \(uplink.link) postrouting"
            let rule = listing.split(separator: "\n").first { $0.contains("masquerade") }.map {
                Evidence(source: source, text: $0.split(whereSeparator: \.isWhitespace).joined(separator: " "))
            }
            return StepOutcome(evidence: [
                rule ?? Evidence(source: source, Finding(.noRule)),
                Evidence(
                    source: "/proc/sys/net/ipv4/conf/\(uplink.link)/forwarding",
                    text: try machine.parameter("ipv4/conf/\(uplink.link)/forwarding")),
            ])
        }
    }

    /// Takes the uplink away from the machine, also one that an engine left which died: the cable, the rules, and the
    /// machine's interfaces as they were.
    func dropUplink() throws { try Self.dropUplink(in: configuration.directory, kernel: kernel) }

    /// Deletes the table, which an engine that was killed may own for some moments more: as long as the kernel is closing
    /// its sockets (EPERM).
    private static func deleteTable(_ name: String, in machine: any NetworkNamespace) throws {
        var attempts = 0
        while try !isDeleted(name, in: machine, isLast: attempts == 200) {
            attempts += 1
            usleep(10_000)
        }
    }

    private static func isDeleted(
        _ name: String, in machine: any NetworkNamespace, isLast: Bool
    ) throws(SystemError) -> Bool {
        do throws(SystemError) { _ = try machine.applyRules("delete table ip \(name)\n") } catch {
            if error.code == EPERM, !isLast { return false }
            guard error.code == ENOENT else { throw error }
        }
        return true
    }

    /// Takes the uplink of a node that is not started away from the machine; that there is none is no error.
    ///
    /// - Parameters:
    ///   - directory: The node's.
    ///   - kernel: The machine's.
    /// - Throws: ``EngineFailure``, or the kernel's error.
    public static func dropUplink(in directory: String, kernel: any Kernel) throws {
        let file = uplinkFile(in: directory)
        guard kernel.profile.kind == .linux, Files.exists(file) else { return }
        let uplink: Uplink
        do { uplink = try RecordFile.read(file, as: Uplink.self) } catch is EngineFailure {
            // The cable and the rules have a name that is known without it; which interfaces forward is lost.
            uplink = Uplink(link: Uplink.linkName(for: directory), machine: "", node: "", opened: [])
            _ = try Files.setAside(file)
        }
        let machine = try kernel.machineNetworkNamespace()
        for name in uplink.opened where try machine.link(name) != nil {
            try machine.setParameter("ipv4/conf/\(name)/forwarding", "0")
        }
        try deleteTable(uplink.link, in: machine)
        // The other end may be going away with the node's namespace, and this one with it.
        do throws(SystemError) {
            if try machine.link(uplink.link) != nil { try machine.deleteLink(uplink.link) }
        } catch {
            guard error.code == ENODEV else { throw error }
        }
        try Files.removeTree(file)
    }
}
