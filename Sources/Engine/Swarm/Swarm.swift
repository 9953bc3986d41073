import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps
import Synchronization

/// A swarm: nodes of the lab that know of each other and share overlay networks.
///
/// A real swarm keeps what its nodes have in common in a store that its managers agree on (Raft) and spreads who has
/// which address by gossip. The nodes of a lab are served by one process, so here that store is one object; what goes
/// over the cable, the frames of the containers, is as real as elsewhere.
final class Swarm: Sendable {
    /// What a swarm is, as it is written down.
    struct Record: Sendable, Codable {
        /// 25 letters and digits, as all of a swarm's identities.
        var id: String
        /// Nanoseconds since 1970.
        var created: Int64
        /// What a node has to show that wants to join.
        var workerToken: String, managerToken: String
        var members: [Member]
        var networks: [NetworkDefinition]
    }

    /// A node of the swarm.
    struct Member: Sendable, Codable, Equatable {
        var id: String
        /// The node's name in the lab.
        var node: String
        var isManager: Bool
        /// The address at which the others reach it.
        var address: String
        /// Nanoseconds since 1970.
        var joined: Int64
        /// A node that has left is listed as down until it is removed.
        var hasLeft = false
    }

    private struct State {
        var record: Record
        var overlays: [String: Overlay] = [:]
    }

    private let state: Mutex<State>
    let id: String
    /// Held while a network of the swarm is made or removed.
    let changing = Monitor(())

    init(_ record: Record) throws {
        var overlays: [String: Overlay] = [:]
        for definition in record.networks { overlays[definition.id] = Overlay(try Network(definition)) }
        id = record.id
        state = Mutex(State(record: record, overlays: overlays))
    }

    /// A new swarm without members.
    static func make() throws -> Swarm {
        let secret = identifier(50)
        return try Swarm(
            Record(
                id: identifier(), created: Clock.realtime(), workerToken: "SWMTKN-1-\(secret)-\(identifier())",
                managerToken: "SWMTKN-1-\(secret)-\(identifier())", members: [], networks: []))
    }

    /// A new identity: small letters and digits.
    static func identifier(_ length: Int = 25) -> String {
        String((0..<length).map { _ in "0123456789abcdefghijklmnopqrstuvwxyz".randomElement() ?? "0" })
    }

    /// The swarm as it is now.
    var record: Record { state.withLock { $0.record } }
    /// Its members, those that have left included.
    var members: [Member] { record.members }
    /// Its networks, by name.
    var overlays: [Overlay] {
        state.withLock { $0.overlays.values.sorted { $0.network.name < $1.network.name } }
    }

    /// The membership of a node of the lab.
    func member(node: String) -> Member? { members.first { $0.node == node && !$0.hasLeft } }

    /// Changes the members.
    func change(_ body: (inout [Member]) -> Void) { state.withLock { body(&$0.record.members) } }

    /// Knows a network from now on.
    func add(_ overlay: Overlay) {
        state.withLock { state in
            state.overlays[overlay.network.id] = overlay
            state.record.networks.append(overlay.network.definition)
        }
    }

    /// Forgets a network; one that is not known is no error.
    func remove(_ id: String) {
        state.withLock { state in
            state.overlays[id] = nil
            state.record.networks.removeAll { $0.id == id }
        }
    }

    /// The lowest network identifier (VNI) that no network has; Docker's first for users' networks is 4097.
    func freeIdentifier() -> UInt32 {
        let taken = Set(overlays.compactMap(\.network.definition.vni))
        return (4097...0xFF_FFFF).first { !taken.contains($0) } ?? 4097
    }
}

/// The swarms of a lab: usually none or one. Kept as `swarms.json`.
final class SwarmStore: Sendable {
    private let path: String
    private let swarms: Mutex<[Swarm]>

    /// Reads the swarms back. A file that is damaged gets another name: no node is in a swarm then.
    init(path: String) throws {
        self.path = path
        var swarms: [Swarm] = []
        if Files.exists(path) {
            do {
                swarms = try RecordFile.read(path, as: [Swarm.Record].self).map { try Swarm($0) }
            } catch is EngineFailure {
                _ = try Files.setAside(path)
            }
        }
        self.swarms = Mutex(swarms)
    }

    /// The swarms.
    var all: [Swarm] { swarms.withLock { $0 } }

    /// The swarm that a node is in, and as what.
    func membership(of node: String) -> (swarm: Swarm, member: Swarm.Member)? {
        for swarm in all { if let member = swarm.member(node: node) { return (swarm, member) } }
        return nil
    }

    /// Knows a swarm from now on.
    func add(_ swarm: Swarm) throws {
        swarms.withLock { $0.append(swarm) }
        try save()
    }

    /// Forgets the swarms that have no members any more, and writes down the others.
    func save() throws {
        let records = swarms.withLock { swarms in
            swarms.removeAll { swarm in !swarm.members.contains { !$0.hasLeft } }
            return swarms.map(\.record)
        }
        let json = try JSON(encoding: records, keys: .asDeclared)
        try Files.replace(path, with: json.encoded(.indented), mode: 0o600)
    }
}
