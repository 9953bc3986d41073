public import EngineAPI
import Kernel
import OrderedJSON
import Posix
import Steps

extension Lab {
    /// Adds a node: a further Docker host, with a network, images and containers of its own, on the cable.
    ///
    /// - Parameters:
    ///   - name: What it is called; also the name of its port on the cable, so at most 15 bytes.
    ///   - teller: The node that was asked: its step log tells of what was done, too.
    /// - Throws: ``EngineFailure``; nothing is left behind then.
    public func addNode(_ name: String, operation: String, teller: Node) throws -> Node {
        try Self.checkName(name)
        return try changing.withLock { _ in
            try checkFree(name)
            let configuration = configuration(of: name)
            // What a node that was never finished has left: the list does not name it.
            try Files.removeTree(configuration.directory)
            do {
                let place = NodePlace(lab: self, number: try freeNumber())
                let node = try Node(
                    configuration, kernel: kernel, place: place, operation: operation, teller: teller.steps)
                try node.installEmbeddedImages()
                try add(node, number: place.number)
                return node
            } catch {
                try? cable.unplug(name)
                try? Files.removeTree(configuration.directory)
                throw EngineFailure(wrapping: error, doing: "adding node \(name)")
            }
        }
    }

    private func checkFree(_ name: String) throws {
        guard !nodes.contains(where: { $0.configuration.name == name }) else {
            throw EngineFailure.conflict("node \(name) exists already")
        }
    }

    /// The plan of ``addNode(_:operation:teller:)``: a new node has the same bridge and rules as every other.
    public func planNode(_ name: String, asked: Node) throws -> [StepRecord] {
        try Self.checkName(name)
        try checkFree(name)
        let address = cable.address(of: try freeNumber())
        let configuration = configuration(of: name)
        let steps = try asked.nodeSteps(named: name, at: address, uplinkOf: configuration)
        return asked.plan(Procedure(title: "add node", object: name, steps: steps))
    }

    private static func checkName(_ name: String) throws {
        let isPlain = name.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
        }
        guard isPlain, (1...15).contains(name.utf8.count), name.first?.isLetter == true else {
            throw EngineFailure.invalid(
                "\"\(name)\" can't be a node's name: it begins with a letter and has at most 15 of a-z, 0-9 and -")
        }
        guard !["cable", Cable.bridge, "lo", "engine", "learner"].contains(name) else {
            throw EngineFailure.invalid("\"\(name)\" can't be a node's name: it means something else already")
        }
    }

    /// Whether a node can be removed; to be asked before its socket is closed.
    public func checkRemoval(of name: String, force: Bool, asked: Node) throws -> Node {
        let node = try node(name)
        guard name != Self.firstNode else {
            throw EngineFailure.conflict("\(name) is always there: `drydock engine reset` empties the whole lab")
        }
        guard node !== asked else {
            throw EngineFailure.conflict("\(name) can't remove itself: ask \(Self.firstNode)")
        }
        let running = node.containers.current.byID.values.filter { $0.life.current.state.isRunning }
        guard force || running.isEmpty else {
            throw EngineFailure.conflict(
                "\(name) has running containers (\(running.map(\.name).sorted().joined(separator: ", "))): stop them, "
                    + "or use -f")
        }
        return node
    }

    /// The plan of ``removeNode(_:operation:teller:)``.
    public func planRemoval(of name: String, force: Bool, asked: Node) throws -> [StepRecord] {
        let node = try checkRemoval(of: name, force: force, asked: asked)
        return asked.plan(Procedure(title: "remove node", object: name, steps: [removalStep(node)]))
    }

    private func removalStep(_ node: Node) -> Step {
        let name = node.configuration.name
        let directory = node.configuration.directory
        let count = node.containers.current.byID.count
        return Step(
            .nodeDelete, command: "ip link delete \(name); rm -r \(directory)",
            facts: ["node": .string(name), "directory": .string(directory), "containers": .integer(Int64(count))]
        ) { [self] in
            node.shutDown()
            try node.forgetMembership()
            try cable.unplug(name)
            try forget(node)
            try Files.removeTree(directory)
            let port = try cable.namespace.link(name)
            return StepOutcome(evidence: [
                Evidence(Finding(.linkOnCable, name: name), Finding(port == nil ? .noLink : .stillThere)),
                Evidence(source: directory, Finding(Files.exists(directory) ? .stillThere : .noDirectory)),
            ])
        }
    }

    /// Removes a node with all its containers, images, volumes and networks.
    public func removeNode(_ node: Node, operation: String, teller: Node) throws {
        let name = node.configuration.name
        try changing.withLock { _ in
            do {
                try teller.run(
                    Procedure(title: "remove node", object: name, steps: [removalStep(node)]), operation: operation)
            } catch { throw EngineFailure(wrapping: error, doing: "removing node \(name)") }
        }
    }

    /// The nodes, as `drydock node ls` shows them.
    public func listNodes() throws -> JSON {
        .array(
            try nodes.map { node in
                let containers = node.containers.current.byID.values
                return [
                    "Name": .string(node.configuration.name),
                    "Address": .string(node.cableAddress.map { "\($0.address)" } ?? ""),
                    "Containers": .integer(Int64(containers.count)),
                    "ContainersRunning": .integer(Int64(containers.filter { $0.life.current.state.isRunning }.count)),
                    "Link": try linkState(of: node),
                ]
            })
    }
}

extension Node {
    /// The node's address on the cable; `nil` for one that is in no lab.
    var cableAddress: InterfaceAddress? { place?.address }

    /// The steps that put the node on the lab's cable.
    func plugSteps() throws -> [Step] {
        guard let place else { return [] }
        return [try plugStep(configuration.name, place.address, in: place.lab)]
    }

    /// The step that puts a node on the cable.
    func plugStep(_ name: String, _ address: InterfaceAddress?, in lab: Lab) throws -> Step {
        guard let address else { throw EngineFailure.system("the cable has no more addresses") }
        let cable = lab.cable
        let inside = namespace
        return Step(
            .cablePlug,
            command: "ip link add \(name) master \(Cable.bridge) type veth peer name \(Cable.interface)",
            facts: [
                "node": .string(name), "interface": .string(Cable.interface), "port": .string(name),
                "address": .string("\(address)"),
            ],
            undo: [.unplugNode(name)]
        ) {
            try cable.plug(name, address, into: inside)
            let evidence = try LinkEvidence.addresses(of: Cable.interface, in: inside)
            return StepOutcome(evidence: evidence + (try LinkEvidence.link(name, in: cable.namespace)))
        }
    }
}
