import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

/// How the containers of a macvlan or ipvlan network share the cable of one of the node's interfaces.
struct SharedCable: Sendable, Equatable {
    /// How they share it.
    var kind: UpperLink.Kind
    /// The interface whose cable it is: `eth0`, or one that the network makes for itself.
    var parent: String
    /// What the parent is made of, when the network makes it: a VLAN of another interface, or a switch without a way
    /// out, when no parent was named.
    var made: Made?

    /// A parent that comes and goes with its network.
    enum Made: Sendable, Equatable {
        case vlan(UInt16, of: String)
        case switchWithoutWayOut
    }

    /// The cable that a network's options mean; `nil` for other drivers.
    /// - Throws: ``EngineFailure`` with Docker's texts for options that can't be.
    init?(_ definition: NetworkDefinition) throws {
        switch definition.driver {
        case "macvlan":
            let name = definition.option("macvlan_mode") ?? ""
            guard let mode = name.isEmpty ? .bridge : MacvlanMode.allCases.first(where: { $0.name == name }) else {
                throw EngineFailure.invalid(
                    "requested macvlan mode '\(name)' is not valid, 'bridge' mode is the macvlan driver default")
            }
            kind = .macvlan(mode)
        case "ipvlan":
            let name = definition.option("ipvlan_mode") ?? ""
            guard let mode = name.isEmpty ? .l2 : IpvlanMode.allCases.first(where: { $0.name == name }) else {
                throw EngineFailure.invalid(
                    "requested ipvlan mode '\(name)' is not valid, 'l2' mode is the ipvlan driver default")
            }
            guard mode == .l2 else { throw EngineFailure.notYet("ipvlan_mode=\(name)") }
            if definition.option("ipvlan_flag") != nil { throw EngineFailure.notYet("the option ipvlan_flag") }
            kind = .ipvlan(mode)
        default: return nil
        }
        parent = definition.option("parent") ?? ""
        if parent.isEmpty {
            parent = "dm-\(definition.id.prefix(12))"
            made = .switchWithoutWayOut
        } else if let dot = parent.lastIndex(of: ".") {
            let number = UInt16(parent[parent.index(after: dot)...]) ?? 0
            guard (1...4094).contains(number), dot > parent.startIndex else {
                throw EngineFailure.invalid(
                    "vlan id must be between 1-4094, received: \(parent[parent.index(after: dot)...])")
            }
            made = .vlan(number, of: String(parent[..<dot]))
        }
    }

    /// The mode's name.
    var mode: String {
        switch kind {
        case .macvlan(let mode): mode.name
        case .ipvlan(let mode): mode.name
        case .vlan(let number): "\(number)"
        }
    }

    /// Does what can fail as long as the kernel has not yet cleared away the links of a container that has ended: it
    /// closes namespaces in the background.
    ///
    /// - Parameter codes: The errors that mean it.
    static func patiently(_ codes: Set<Int32>, _ body: () throws(SystemError) -> Void) throws(SystemError) {
        for _ in 0..<patience {
            do throws(SystemError) { return try body() } catch { guard codes.contains(error.code) else { throw error } }
            usleep(10_000)
        }
        try body()
    }

    /// How often it is tried again, each time after a hundredth of a second.
    private static let patience = 200

    /// Whether it leaves nothing of the parent to others.
    var isExclusive: Bool { kind == .macvlan(.passthrough) }
}

extension Node {
    /// Refuses a shared cable that can't be had, with Docker's texts or with the kernel's reason.
    func checkCable(_ cable: SharedCable, of network: Network) throws {
        let driver = network.definition.driver
        if cable.parent == "lo" {
            throw EngineFailure.invalid("loopback interface is not a valid \(driver) parent link")
        }
        for other in networks.all {
            guard let present = try SharedCable(other.definition), present.parent == cable.parent else { continue }
            if cable.isExclusive {
                throw EngineFailure.system(
                    "cannot use mode passthru, macvlan network \(other.name) is already using parent interface "
                        + cable.parent)
            }
            if present.isExclusive {
                throw EngineFailure.system(
                    "macvlan network \(other.name) is already using parent interface \(cable.parent) in mode passthru")
            }
            guard other.definition.driver == driver else {
                throw EngineFailure.system(
                    "\(other.definition.driver) network \(other.name) is already using parent interface "
                        + cable.parent)
            }
        }
        guard try has(cable.kind) else {
            throw EngineFailure(
                status: 501,
                "a network with the driver \(driver) can't be had: this kernel was built without it "
                    + "(CONFIG_\(driver.uppercased()))")
        }
        switch cable.made {
        case .switchWithoutWayOut: break
        case .vlan(let number, let lower):
            guard try namespace.link(lower) != nil else {
                throw EngineFailure.system(
                    "failed to find master interface \(lower) on the Docker host: Link not found")
            }
            // One that is there already is used as it is, and stays.
            guard try namespace.link(cable.parent) == nil else { break }
            guard try has(.vlan(number)) else {
                throw EngineFailure(
                    status: 501,
                    "the parent \(cable.parent) can't be had: this kernel was built without VLANs (IEEE 802.1Q, "
                        + "CONFIG_VLAN_8021Q)")
            }
        case nil:
            guard try namespace.link(cable.parent) != nil else {
                throw EngineFailure.system(
                    "invalid subinterface vlan name \(cable.parent), example formatting is eth0.10")
            }
        }
    }

    /// Whether the kernel has a kind of link: tried out in a namespace that nobody else sees.
    private func has(_ kind: UpperLink.Kind) throws -> Bool {
        let place = try kernel.makeNetworkNamespace()
        try place.makeBridge("lower", mac: nil, mtu: nil)
        let probe = UpperLink(name: "probe", kind: kind, lower: "lower", mac: nil, mtu: nil)
        do { try place.makeUpperLink(probe, in: nil) } catch {
            guard error.code == EOPNOTSUPP else { throw error }
            return false
        }
        return true
    }

    /// The step that makes the parent of a network which brings its own; none for one that is there.
    func parentSteps(_ network: Network) throws -> [Step] {
        guard let cable = try SharedCable(network.definition), let made = cable.made,
            try namespace.link(cable.parent) == nil
        else { return [] }
        let namespace = namespace
        let parent = cable.parent
        let (command, lower, number): (String, String?, UInt16?) =
            switch made {
            case .vlan(let number, let lower):
                ("ip link add link \(lower) name \(parent) type vlan id \(number)", lower, number)
            case .switchWithoutWayOut: ("ip link add \(parent) type bridge", nil, nil)
            }
        return [
            Step(
                .parentCreate, command: command,
                facts: [
                    "parent": .string(parent), "lower": lower.map { .string($0) } ?? .null,
                    "vlan": number.map { .integer(Int64($0)) } ?? .null, "network": .string(network.name),
                ],
                undo: [.deleteLink(node: configuration.name, name: parent)]
            ) {
                switch made {
                case .vlan(let number, let lower):
                    let link = UpperLink(name: parent, kind: .vlan(number), lower: lower, mac: nil, mtu: nil)
                    try namespace.makeUpperLink(link, in: nil)
                    try namespace.setLink(parent, up: true)
                case .switchWithoutWayOut: try namespace.makeBridge(parent, mac: nil, mtu: nil)
                }
                return StepOutcome(evidence: try LinkEvidence.link(parent, in: namespace))
            }
        ]
    }

    /// Removes the parent that a network brought along; one that is not there is no error.
    func removeParent(of network: Network) throws {
        guard let cable = try SharedCable(network.definition), cable.made != nil,
            try namespace.link(cable.parent) != nil
        else { return }
        // A sub-interface may serve several networks.
        let isShared = try networks.all.contains { other in
            try other.id != network.id && SharedCable(other.definition)?.parent == cable.parent
        }
        if !isShared { try namespace.deleteLink(cable.parent) }
    }

    /// The step that gives a container an interface on a shared cable.
    func shareStep(_ endpoint: Endpoint, _ cable: SharedCable, process: Late<any SandboxProcess>) -> Step {
        let namespace = namespace
        let command =
            "ip link add link \(cable.parent) name \(endpoint.interface) type \(cable.kind.name) mode \(cable.mode)"
        // Links of ipvlan have their parent's hardware address.
        let hasOwnAddress = cable.kind.name == "macvlan" && !cable.isExclusive
        return Step(
            .linkShare, command: command,
            facts: [
                "parent": .string(cable.parent), "interface": .string(endpoint.interface),
                "kind": .string(cable.kind.name), "mode": .string(cable.mode),
                "mac": hasOwnAddress ? .string("\(endpoint.mac)") : .null,
            ]
        ) { [self] in
            let process = try process.value()
            let inside = try process.networkNamespace()
            let link = UpperLink(
                name: endpoint.interface, kind: cable.kind, lower: cable.parent,
                mac: hasOwnAddress ? endpoint.mac : nil, mtu: endpoint.mtu)
            let others = networks[endpoint.networkID].map { endpoints(in: $0) } ?? []
            if cable.isExclusive, let other = others.first {
                throw EngineFailure.system(
                    "\(cable.parent) is taken by \(other.container.name): in mode passthru a single container has the whole "
                        + "cable")
            }
            // Without another container, what is in the way is a link that is about to go.
            try SharedCable.patiently(cable.isExclusive ? [EBUSY, EINVAL] : [EBUSY]) { () throws(SystemError) in
                try namespace.makeUpperLink(link, in: inside)
            }
            let found = try inside.link(endpoint.interface)
            return StepOutcome(
                evidence: [
                    Evidence.link(
                        endpoint.interface,
                        found.map { found in
                            let parts = ["\(found.index): \(found.name)", found.mac.map { "\($0)" }, found.detail]
                            return parts.compactMap { $0 }.joined(separator: " ")
                        })
                ], command: command + " netns \(process.pid)")
        }
    }
}
