extension ImageStore {
    /// Removes a name, and with the last name the image, and with the image what only it needed: `docker rmi`.
    ///
    /// The rules are Docker's (`image_delete.go`): a name given is removed, and the image with it if it was the last;
    /// an ID given removes all names if they are of one repository; an image that a running container uses, or that
    /// other images were built from, is never removed.
    ///
    /// - Parameters:
    ///   - text: A name, an ID or the beginning of an ID.
    ///   - force: Whether names in several repositories and stopped containers are no obstacle.
    ///   - prunesParents: Whether untagged images that it was built from go too.
    ///   - users: All containers.
    /// - Returns: What was done, in order.
    /// - Throws: ``OCIError/noSuchImage(_:)``, ``OCIError/conflict(_:)`` with Docker's sentence, and others.
    public func remove(
        _ text: String, force: Bool = false, prunesParents: Bool = true, users: [ImageUser] = []
    ) throws(OCIError) -> [RemovalRecord] {
        var removal = ImageRemoval(force: force, prunesParents: prunesParents, users: users)
        try change(makesRoom: true) { (state) throws(OCIError) in try removal.run(text, in: &state) }
        var records: [RemovalRecord] = []
        for record in removal.records {
            records.append(record)
            guard case .deleted(let id) = record, let owner = removal.owners[id] else { continue }
            records += try layers.release(owner).map(RemovalRecord.deletedLayer)
        }
        if !removal.records.isEmpty { try collectContent() }
        return records
    }
}

extension ImageStore {
    /// Removals that are thought through, one after another, and not done.
    public func plannedRemovals(users: [ImageUser]) -> PlannedRemovals {
        PlannedRemovals(state: state.withLock { $0 }, users: users)
    }
}

/// What ``ImageStore/remove(_:force:prunesParents:users:)`` would do, several times: names and images, not the layers.
public struct PlannedRemovals {
    private var state: ImageStore.State
    private let users: [ImageUser]

    fileprivate init(state: ImageStore.State, users: [ImageUser]) {
        self.state = state
        self.users = users
    }

    /// Thinks one removal through, after those before it. Parameters and errors are those of the removal itself.
    public mutating func remove(
        _ text: String, force: Bool, prunesParents: Bool
    ) throws(OCIError) -> [RemovalRecord] {
        var removal = ImageRemoval(force: force, prunesParents: prunesParents, users: users)
        var next = state
        try removal.run(text, in: &next)
        state = next
        return removal.records
    }

    /// The image that a user means, as far as it would still be there.
    public func resolve(_ text: String) throws(OCIError) -> Digest { try ImageStore.resolve(text, in: state) }

    /// Whether an image would still be there.
    public func has(_ id: Digest) -> Bool { state.records[id] != nil }

    /// Whether images that were built from it would still be there.
    public func hasChildren(_ id: Digest) -> Bool { state.records.values.contains { $0.parent == id } }

    /// The images that would still be there.
    public var images: Set<Digest> { Set(state.records.keys) }
}

/// The decisions of one removal, made on the state before anything on the disk is touched.
private struct ImageRemoval {
    let force: Bool
    let prunesParents: Bool
    let users: [ImageUser]
    var records: [RemovalRecord] = []
    /// Under which names the layers of the images removed are retained.
    var owners: [Digest: String] = [:]

    init(force: Bool, prunesParents: Bool, users: [ImageUser]) {
        self.force = force
        self.prunesParents = prunesParents
        self.users = users
    }

    private struct Obstacle {
        var sentence: String
        var isUse = false
    }

    mutating func run(_ text: String, in state: inout ImageStore.State) throws(OCIError) {
        let id = try ImageStore.resolve(text, in: state)
        let names = Self.names(of: id, in: state)
        var isQuiet = false
        if Self.isPrefix(text, of: id) {
            if Self.areSingle(names) {
                if let obstacle = obstacle(id, in: state, soft: !force, names: false) {
                    throw .conflict(obstacle.sentence)
                }
                for name in names { untag(name, from: id, in: &state) }
            }
        } else {
            if !force, Self.areSingle(names), let user = users.first(where: { $0.image == id }) {
                throw .conflict(
                    "conflict: unable to remove repository reference \"\(text)\" (must force) - container "
                        + "\(user.container.prefix(12)) is using its referenced image \(id.short)")
            }
            let given = try ImageReference(text)
            let name = given.digest.map { given.digested($0) } ?? given.taggedByDefault
            untag(name, from: id, in: &state)
            if name.digest == nil {
                let left = Self.names(of: id, in: state).filter { $0.name == name.name }
                if left.allSatisfy({ $0.digest != nil }) {
                    for digest in left { untag(digest, from: id, in: &state) }
                }
            }
            if !Self.names(of: id, in: state).isEmpty { return }
            isQuiet = true
        }
        try delete(id, in: &state, force: force, isQuiet: isQuiet)
    }

    private mutating func delete(
        _ id: Digest, in state: inout ImageStore.State, force: Bool, isQuiet: Bool
    ) throws(OCIError) {
        if let obstacle = obstacle(id, in: state, soft: !force, names: !force) {
            let isDangling = Self.names(of: id, in: state).isEmpty && !Self.hasChildren(id, in: state)
            if isQuiet && (!isDangling || obstacle.isUse) { return }
            throw .conflict(obstacle.sentence)
        }
        let parent = state.records[id]?.parent
        owners[id] = state.records[id]?.owner
        for name in Self.names(of: id, in: state) { untag(name, from: id, in: &state) }
        state.records[id] = nil
        records.append(.deleted(image: id))
        if prunesParents, let parent, state.records[parent] != nil {
            try delete(parent, in: &state, force: false, isQuiet: true)
        }
    }

    private mutating func untag(_ name: ImageReference, from id: Digest, in state: inout ImageStore.State) {
        state.names[name] = nil
        records.append(.untagged(name.familiar, image: id))
    }

    private func obstacle(_ id: Digest, in state: borrowing ImageStore.State, soft: Bool, names: Bool) -> Obstacle? {
        func sentence(_ force: String, _ reason: String) -> String {
            "conflict: unable to delete \(id.short) (\(force)) - \(reason)"
        }
        if Self.hasChildren(id, in: state) {
            return Obstacle(sentence: sentence("cannot be forced", "image has dependent child images"))
        }
        if let user = users.first(where: { $0.image == id && $0.isRunning }) {
            let reason = "image is being used by running container \(user.container.prefix(12))"
            return Obstacle(sentence: sentence("cannot be forced", reason), isUse: true)
        }
        if names, !Self.names(of: id, in: state).isEmpty {
            return Obstacle(sentence: sentence("must be forced", "image is referenced in multiple repositories"))
        }
        if soft, let user = users.first(where: { $0.image == id && !$0.isRunning }) {
            let reason = "image is being used by stopped container \(user.container.prefix(12))"
            return Obstacle(sentence: sentence("must be forced", reason), isUse: true)
        }
        return nil
    }

    private static func hasChildren(_ id: Digest, in state: borrowing ImageStore.State) -> Bool {
        state.records.values.contains { $0.parent == id }
    }

    private static func names(of id: Digest, in state: borrowing ImageStore.State) -> [ImageReference] {
        state.names.filter { $0.value == id }.keys.sorted()
    }

    private static func isPrefix(_ text: String, of id: Digest) -> Bool {
        id.description.hasPrefix(text) || id.hexadecimal.hasPrefix(text)
    }

    /// Whether all names are one tag and digests of the same repository, or digests of one repository.
    private static func areSingle(_ names: [ImageReference]) -> Bool {
        if names.count <= 1 { return true }
        let tags = names.filter { $0.digest == nil }
        let digested = Set(names.filter { $0.digest != nil }.map(\.name))
        guard tags.count <= 1, let first = tags.first ?? names.first else { return false }
        return digested == [first.name]
    }
}
