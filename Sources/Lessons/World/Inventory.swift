import EngineAPI
public import EngineClient
import Narration
import OrderedJSON

/// What the engine has at a moment, by identity: what a lesson has made is what is there and was not before.
public struct Inventory: Sendable, Equatable, Codable {
    /// Containers: whether each runs.
    public var containers: [String: Bool] = [:]
    /// Networks by their ids.
    public var networks: Set<String> = []
    /// Volumes by their names.
    public var volumes: Set<String> = []
    /// Images by their ids, and references to them.
    public var images: Set<String> = []
    /// Tags of the lab's registry: `REPOSITORY:TAG`.
    public var pushed: Set<String> = []
    /// Nodes of the lab beside the one that was asked, by their names: with one goes all that it has.
    public var nodes: Set<String> = []

    /// Nothing.
    public init() {}

    /// Reads what was kept with a learner's progress: what was added to it later is empty in an older file.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        containers = try values.decode([String: Bool].self, forKey: .containers)
        networks = try values.decode(Set<String>.self, forKey: .networks)
        volumes = try values.decode(Set<String>.self, forKey: .volumes)
        images = try values.decode(Set<String>.self, forKey: .images)
        nodes = try values.decodeIfPresent(Set<String>.self, forKey: .nodes) ?? []
        pushed = try values.decodeIfPresent(Set<String>.self, forKey: .pushed) ?? []
    }

    /// Whether there is nothing.
    public var isEmpty: Bool {
        containers.isEmpty && networks.isEmpty && volumes.isEmpty && images.isEmpty && nodes.isEmpty && pushed.isEmpty
    }

    private static let ownNetworks: Set<String> = ["bridge", "host", "none", "ingress", "docker_gwbridge"]

    /// What the engine has now. Asking leaves no trace.
    /// - Throws: what kept the engine from answering.
    public init(of engine: EngineClient) throws {
        for container in try engine.request("GET", "/containers/json", query: [("all", "1")]).json().array ?? [] {
            guard let id = container["Id"]?.string else { continue }
            containers[id] = ["running", "paused"].contains(container["State"]?.string)
        }
        for network in try engine.request("GET", "/networks").json().array ?? [] {
            // Those that each engine has by itself are nobody's.
            guard !Self.ownNetworks.contains(network["Name"]?.string ?? ""), let id = network["Id"]?.string else {
                continue
            }
            networks.insert(id)
        }
        volumes = Set(
            try engine.request("GET", "/volumes").json()["Volumes"]?.array?.compactMap { $0["Name"]?.string } ?? [])
        for image in try engine.request("GET", "/images/json").json().array ?? [] {
            if let id = image["Id"]?.string { images.insert(id) }
            for reference in image["RepoTags"]?.array ?? [] {
                if let reference = reference.string, reference != "<none>:<none>" { images.insert(reference) }
            }
        }
        nodes = Set(try Self.list(DrydockAPI.nodesPath, of: engine).compactMap { $0["Name"]?.string })
            .subtracting(["node1"])
        pushed = Set(
            try Self.list(DrydockAPI.registryPath, "Images", of: engine).compactMap { image in
                guard let repository = image["Repository"]?.string, let tag = image["Tag"]?.string else { return nil }
                return "\(repository):\(tag)"
            })
    }

    /// A list that only Drydock's engine has; empty for another one.
    private static func list(_ path: String, _ key: String? = nil, of engine: EngineClient) throws -> [JSON] {
        do {
            let answer = try engine.request("GET", path).json()
            return (key.map { answer[$0] } ?? answer)?.array ?? []
        } catch let error as EngineError where error.status == 404 {
            return []
        }
    }

    /// What is in this one and not in another.
    public func without(_ other: Inventory) -> Inventory {
        var rest = Inventory()
        rest.containers = containers.filter { other.containers[$0.key] == nil }
        rest.networks = networks.subtracting(other.networks)
        rest.volumes = volumes.subtracting(other.volumes)
        rest.images = images.subtracting(other.images)
        rest.nodes = nodes.subtracting(other.nodes)
        rest.pushed = pushed.subtracting(other.pushed)
        return rest
    }

    /// Adds what is in another one.
    public mutating func formUnion(_ other: Inventory) {
        containers.merge(other.containers) { $1 }
        networks.formUnion(other.networks)
        volumes.formUnion(other.volumes)
        images.formUnion(other.images)
        nodes.formUnion(other.nodes)
        pushed.formUnion(other.pushed)
    }

    /// Leaves what another one has, too, with what it says of it now.
    public mutating func formIntersection(_ other: Inventory) {
        containers = containers.filter { other.containers[$0.key] != nil }
        for id in containers.keys { containers[id] = other.containers[id] }
        networks.formIntersection(other.networks)
        volumes.formIntersection(other.volumes)
        images.formIntersection(other.images)
        nodes.formIntersection(other.nodes)
        pushed.formIntersection(other.pushed)
    }

    /// What there is, for a person: `2 containers, 1 network`.
    func summary(in language: Language) -> String {
        // An image that was made is counted once, however many names it has; a name alone counts where no image was made.
        let made = images.count { $0.hasPrefix("sha256:") }
        let counts: [(Int, one: String, many: String, korean: String)] = [
            (containers.count, "container", "containers", "컨테이너"), (networks.count, "network", "networks", "네트워크"),
            (volumes.count, "volume", "volumes", "볼륨"), (made, "image", "images", "이미지"),
            (made == 0 ? images.count : 0, "name of an image", "names of images", "이미지 이름"),
            (nodes.count, "node", "nodes", "노드"),
            (pushed.count, "tag in the registry", "tags in the registry", "저장소(Registry)의 태그"),
        ]
        return counts.filter { $0.0 > 0 }.map { (count, one, many, korean) in
            language == .en ? "\(count) \(count == 1 ? one : many)" : "\(korean) \(count)개"
        }.joined(separator: ", ")
    }

    /// Removes all that is in it from the engine; what has gone already is fine.
    /// - Throws: ``EngineError`` for what can't be removed, ``ConnectionError`` if the engine does not answer.
    public func remove(from engine: EngineClient) throws {
        for name in nodes.sorted() { try delete("\(DrydockAPI.nodesPath)/\(name)", [("force", "1")], engine) }
        for id in containers.keys.sorted() {
            try delete("/containers/\(id)", [("force", "1"), ("v", "1")], engine)
        }
        for id in networks.sorted() { try delete("/networks/\(id)", [], engine) }
        for name in volumes.sorted() { try delete("/volumes/\(name)", [("force", "1")], engine) }
        // References first: an image without a name goes with its last one.
        let isID: (String) -> Bool = { $0.hasPrefix("sha256:") }
        for reference in images.filter({ !isID($0) }).sorted() + images.filter(isID).sorted() {
            try delete("/images/\(reference)", [("force", "1")], engine)
        }
        for name in pushed.sorted() {
            let tag = name.split(separator: ":").last ?? ""
            try delete(
                DrydockAPI.registryPath, [("repository", String(name.dropLast(tag.count + 1))), ("tag", String(tag))],
                engine)
        }
    }

    private func delete(_ path: String, _ query: [(String, String)], _ engine: EngineClient) throws {
        do { _ = try engine.request("DELETE", path, query: query) } catch let error as EngineError {
            // 409 of a container: its removal is in progress already.
            if error.status != 404, !(error.status == 409 && path.hasPrefix("/containers/")) { throw error }
        }
    }
}
