import EngineAPI
public import Kernel
import OrderedJSON
import Posix
import Steps
import Synchronization

/// The lab: the nodes, and the cable between them.
///
/// `node1` is always there. Which others there are is kept in `lab.json`; each has a directory, named after it, with
/// all that a Docker host keeps.
public final class Lab: Sendable {
    /// The kernel that carries everything out.
    public let kernel: any Kernel
    /// What every node is made of; its directory is that of the whole lab.
    private let template: NodeConfiguration
    let cable: Cable
    /// The swarms that nodes have formed.
    let swarms: SwarmStore
    private let table = Mutex<[LabNode]>([])
    /// Held while a node is added or removed.
    let changing = Monitor(())

    /// A node and its number: that of its address on the cable.
    struct LabNode: Sendable {
        var number: Int
        var node: Node
    }

    /// The node that is always there.
    public static let firstNode = "node1"

    /// Starts the lab: takes back what an engine that died left, makes the cable, and starts the nodes.
    ///
    /// - Parameter template: What every node is made of; its directory is that of the whole lab, in which each node has
    ///   one of its own.
    /// - Throws: ``EngineFailure`` or the kernel's error.
    public init(_ template: NodeConfiguration, kernel: any Kernel) throws {
        self.kernel = kernel
        self.template = template
        let directory = template.directory
        try Files.makeDirectories(directory, mode: 0o700)
        try Node.clearCgroups(kernel)
        cable = try Cable(kernel)
        swarms = try SwarmStore(path: "\(directory)/swarms.json")
        for (name, number) in try Self.numbers(in: directory) {
            let node = try Node(configuration(of: name), kernel: kernel, place: NodePlace(lab: self, number: number))
            table.withLock { $0.append(LabNode(number: number, node: node)) }
        }
    }

    /// The nodes with their numbers as they were written down.
    private static func numbers(in directory: String) throws -> [(name: String, number: Int)] {
        let path = "\(directory)/lab.json"
        guard Files.exists(path) else { return [(firstNode, 1)] }
        let nodes = (try? RecordFile.read(path))?["Nodes"]?.object ?? [:]
        let found = nodes.compactMap { name, number in number.integer.map { (name: name, number: Int($0)) } }
        let numbers = Set(found.map(\.number))
        guard found.contains(where: { $0 == (firstNode, 1) }), found.count == nodes.count,
            numbers.count == found.count, numbers.isSubset(of: 1...limit)
        else {
            _ = try Files.setAside(path)
            let guessed = try self.guessed(in: directory)
            try save(guessed, in: directory)
            return guessed
        }
        return found.sorted { $0.number < $1.number }
    }

    /// The nodes that have directories, for a list that is damaged: each has the number in its name if that is free.
    private static func guessed(in directory: String) throws -> [(name: String, number: Int)] {
        var numbers = [1: firstNode]
        let others = try Files.list(directory).filter { entry in
            entry.isDirectory && entry.name != firstNode && Files.exists("\(directory)/\(entry.name)/containers")
        }.map(\.name)
        func wish(_ name: String) -> Int? {
            name.hasPrefix("node") ? Int(name.dropFirst(4)).flatMap { (2...limit).contains($0) ? $0 : nil } : nil
        }
        let wishes = others.filter { wish($0) != nil } + others.filter { wish($0) == nil }
        for name in wishes {
            let wanted = wish(name).flatMap { numbers[$0] == nil ? $0 : nil }
            guard let number = wanted ?? (1...limit).first(where: { numbers[$0] == nil }) else { break }
            numbers[number] = name
        }
        return numbers.map { (name: $0.value, number: $0.key) }.sorted { $0.number < $1.number }
    }

    /// Writes down which nodes there are.
    private func save() throws {
        try Self.save(
            table.withLock { $0.map { (name: $0.node.configuration.name, number: $0.number) } }, in: directory)
    }

    private static func save(_ nodes: [(name: String, number: Int)], in directory: String) throws {
        let json: JSON = ["Nodes": .object(JSONObject(nodes.map { ($0.name, JSON.integer(Int64($0.number))) }))]
        try Files.replace("\(directory)/lab.json", with: json.encoded(.indented), mode: 0o600)
    }

    /// The directory with the nodes' directories.
    var directory: String { template.directory }

    /// What a node is made of.
    func configuration(of name: String) -> NodeConfiguration {
        var configuration = template
        configuration.name = name
        configuration.directory = "\(template.directory)/\(name)"
        return configuration
    }

    /// The nodes, by number.
    public var nodes: [Node] { table.withLock { $0.map(\.node) } }

    /// A node by its name.
    public func node(_ name: String) throws -> Node {
        guard let node = nodes.first(where: { $0.configuration.name == name }) else {
            throw EngineFailure.notFound("no such node: \(name)")
        }
        return node
    }

    /// The lowest number that no node has.
    func freeNumber() throws -> Int {
        let taken = Set(table.withLock { $0.map(\.number) })
        guard let number = (1...Self.limit).first(where: { !taken.contains($0) }) else {
            throw EngineFailure.conflict("a lab has at most \(Self.limit) nodes")
        }
        return number
    }

    /// How many nodes there can be: each has a network namespace and a thread for its ports.
    private static let limit = 16

    /// Knows a node from now on.
    func add(_ node: Node, number: Int) throws {
        table.withLock { nodes in
            nodes.append(LabNode(number: number, node: node))
            nodes.sort { $0.number < $1.number }
        }
        try save()
    }

    /// Forgets a node.
    func forget(_ node: Node) throws {
        table.withLock { nodes in nodes.removeAll { $0.node === node } }
        try save()
    }

    /// Whether a container runs on any node.
    public var hasRunningContainers: Bool { nodes.contains(where: \.hasRunningContainers) }

    /// Where the machine's root finds the cable's namespace, for `setns(2)`; `nil` on the simulated kernel.
    public var cableNamespacePath: String? { Node.path(of: cable.namespace, kernel) }

    /// Ends the lab: stops all containers and lets go of everything in the kernel.
    public func shutDown() { for node in nodes { node.shutDown() } }
}

/// A node's place in the lab.
struct NodePlace: Sendable {
    let lab: Lab
    /// The number of its address on the cable.
    let number: Int

    /// The node's address on the cable.
    var address: InterfaceAddress? { lab.cable.address(of: number) }
}
