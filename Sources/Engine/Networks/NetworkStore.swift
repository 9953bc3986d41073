import Kernel
import OrderedJSON
import Posix
import Steps
import Synchronization

/// The networks of a node: in memory, and each as a readable file `networks/<id>.json`.
final class NetworkStore: Sendable {
    private let directory: String
    private let setAside: SetAsideList
    private let table: Mutex<[String: Network]>
    /// The network that containers are in when nothing else is said.
    let defaultBridge: Network
    /// The networks of the swarm that the node is in, and which of them it lists.
    private let shared = Mutex<(@Sendable () -> [(network: Network, isListed: Bool)])?>(nil)
    /// Held while a network is made or removed, so that two can't get the same name or subnet.
    let changing = Monitor(())

    /// Reads the networks back from disk, and makes the three that every Docker host has where they are missing.
    /// Their identities are kept, as Docker's are.
    /// A file that is damaged is set aside.
    init(directory: String, setAside: SetAsideList) throws {
        self.directory = directory
        self.setAside = setAside
        try Files.makeDirectories(directory, mode: 0o700)
        var networks: [String: Network] = [:]
        for entry in try Files.list(directory) where entry.name.hasSuffix(".json") {
            let path = "\(directory)/\(entry.name)"
            let id = String(entry.name.dropLast(".json".utf8.count))
            do {
                let network = try Network(try RecordFile.read(path, as: NetworkDefinition.self))
                guard network.id == id else {
                    throw EngineFailure.system("\(path) is damaged: it is the record of network \(network.id)")
                }
                networks[network.id] = network
            } catch let failure as EngineFailure {
                let name = (try? RecordFile.read(path))?["name"]?.string
                setAside.add(SetAside(kind: .network, id: id, name: name, path: path, reason: failure.message))
            }
        }
        var bridge = networks.values.first { $0.name == "bridge" }
        for name in ["bridge", "host", "none"] where !networks.values.contains(where: { $0.name == name }) {
            let made = try Network(.predefined(name, id: Identifier.make(), created: Clock.realtime()))
            networks[made.id] = made
            try Self.save(made, in: directory)
            if name == "bridge" { bridge = made }
        }
        guard let bridge else { throw EngineFailure.system("there is no default network") }
        defaultBridge = bridge
        table = Mutex(networks)
    }

    /// Asks for the swarm's networks, too, from now on.
    func share(_ networks: @escaping @Sendable () -> [(network: Network, isListed: Bool)]) {
        shared.withLock { $0 = networks }
    }

    private var sharedNetworks: [(network: Network, isListed: Bool)] { shared.withLock { $0 }?() ?? [] }

    /// The networks, sorted by name.
    var all: [Network] {
        let own = table.withLock { Array($0.values) } + sharedNetworks.filter(\.isListed).map(\.network)
        return own.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }

    /// A network by its full identity.
    subscript(id: String) -> Network? {
        table.withLock { $0[id] } ?? sharedNetworks.first { $0.network.id == id }?.network
    }

    /// A network by its exact name.
    func named(_ name: String) -> Network? {
        table.withLock { $0.values.first { $0.name == name } }
            ?? sharedNetworks.first { $0.network.name == name }?.network
    }

    /// The network that a text means: its identity, its name, or the beginning of its identity.
    /// - Throws: ``EngineFailure`` 404, or 400 when several identities begin like this.
    func find(_ reference: String) throws -> Network {
        if let exact = self[reference] ?? named(reference) { return exact }
        let found = reference.isEmpty ? [] : all.filter { $0.id.hasPrefix(reference) }
        if found.count > 1 {
            throw EngineFailure.invalid(
                "network \(reference) is ambiguous (\(found.count) matches found based on ID prefix)")
        }
        guard let network = found.first else {
            if let item = setAside.find(.network, reference) { throw item.refusal }
            throw EngineFailure.notFound("network \(reference) not found")
        }
        return network
    }

    /// The file of a network.
    func path(of id: String) -> String { "\(directory)/\(id).json" }

    /// Writes a network down and knows it from then on.
    func add(_ network: Network) throws {
        try Self.save(network, in: directory)
        table.withLock { $0[network.id] = network }
    }

    /// Removes a network that was set aside.
    /// - Returns: Whether there is one that the text means.
    func removeSetAside(_ reference: String) throws -> Bool {
        guard named(reference) == nil, self[reference] == nil, let item = setAside.find(.network, reference) else {
            return false
        }
        try setAside.remove(item)
        return true
    }

    /// Forgets a network; one that is not known is no error.
    func remove(_ id: String) throws {
        table.withLock { $0[id] = nil }
        if Files.exists(path(of: id)) { try Files.removeTree(path(of: id)) }
    }

    private static func save(_ network: Network, in directory: String) throws {
        let json = try JSON(encoding: network.definition, keys: .asDeclared)
        try Files.replace("\(directory)/\(network.id).json", with: json.encoded(.indented), mode: 0o600)
    }
}
