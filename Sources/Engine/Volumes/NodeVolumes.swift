import EngineAPI
import OrderedJSON
import Posix
import Steps

extension Node {
    /// The volume that a request means.
    private func wanted(_ body: JSON) throws -> Volume {
        let shape = Shape(
            "CreateOptions", in: "volume",
            [
                ("Name", .string, ""), ("Driver", .string, ""), ("DriverOpts", .stringMap, nil),
                ("Labels", .stringMap, nil), ("ClusterVolumeSpec", .object, nil),
            ])
        let object = try shape.fit(body)
        let given = object.text("Name")
        let name = given.isEmpty ? Identifier.make() : given
        let driver = object.text("Driver")
        guard ["", "local"].contains(driver) else {
            throw EngineFailure.notFound(
                "create \(name): error looking up volume plugin \(driver): plugin \"\(driver)\" not found")
        }
        if object["ClusterVolumeSpec"]?.object != nil {
            throw EngineFailure(
                status: 503,
                "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this "
                    + "node to swarm and try again.")
        }
        try VolumeStore.checkName(name)
        try ZeroBytes.refuse(in: .object(object))
        let options = Dictionary(object.map("DriverOpts").map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        try Self.checkOptions(options, of: name)
        let labels = Dictionary(object.map("Labels").map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        return Volume(
            name: name, labels: labels, options: options.isEmpty ? nil : options, created: Clock.realtime(),
            isAnonymous: given.isEmpty)
    }

    /// The plan of `createVolume`: nothing for a volume that exists.
    public func planVolume(_ body: JSON) throws -> [StepRecord] {
        let wanted = try wanted(body)
        guard volumes.volume(wanted.name) == nil else { return [] }
        return plan(Procedure(title: "create volume", object: wanted.name, steps: [volumeStep(wanted)]))
    }

    /// Makes a volume (API: VolumeCreate); one that exists is answered as it is.
    public func createVolume(_ body: JSON, operation: String) throws -> JSON {
        let wanted = try self.wanted(body)
        let name = wanted.name
        if let old = volumes.volume(name) {
            guard wanted.options == nil || wanted.options == (old.options ?? [:]) else {
                throw EngineFailure.conflict(
                    "create \(name): conflict: volume \"\(name)\" already exists with other options")
            }
            events.publish("volume", "create", name, ["driver": "local"])
            return json(of: old)
        }
        let step = volumeStep(wanted, adopts: true)
        do { try run(Procedure(title: "create volume", object: name, steps: [step]), operation: operation) } catch {
            throw EngineFailure(wrapping: error, doing: "create \(name)")
        }
        guard let made = volumes.volume(name) else {
            throw EngineFailure.system("volume \(name) was removed while it was made")
        }
        return json(of: made)
    }

    /// What the local driver takes by `-o`: the members of a mount.
    static func checkOptions(_ options: [String: String], of name: String) throws {
        if options.isEmpty { return }
        for option in options.keys.sorted() where !["type", "device", "o", "size"].contains(option) {
            throw EngineFailure.invalid("create \(name): invalid option: \"\(option)\"")
        }
        for (option, needed) in [("type", "device"), ("o", "device"), ("device", "type")]
        where options[option] != nil && options[needed] == nil {
            throw EngineFailure.invalid("create \(name): missing required option: \"\(needed)\"")
        }
        if options["size"] != nil {
            throw EngineFailure.invalid("create \(name): quota size requested but no quota support")
        }
    }

    /// The step that makes a volume.
    ///
    /// - Parameter adopts: Whether the data of a volume that was set aside becomes its data.
    func volumeStep(_ volume: Volume, adopts: Bool = false) -> Step {
        let place = volumes.path(of: volume.name)
        return Step(
            .volumeCreate, command: "mkdir \(place)",
            facts: [
                "volume": .string(volume.name), "path": .string(place), "anonymous": .bool(volume.isAnonymous),
            ],
            // One that was there before is not removed again by a failure that comes later.
            undo: volumes.volume(volume.name) == nil && volumes.setAside(volume.name) == nil
                ? [.removeVolume(name: volume.name)] : []
        ) { [volumes, events] in
            if try volumes.make(volume, adopts: adopts) {
                events.publish("volume", "create", volume.name, ["driver": "local"])
            }
            return StepOutcome(evidence: [
                Evidence(source: place, .entries(try Files.list(place).count))
            ])
        }
    }

    /// The step that removes a volume.
    ///
    /// - Parameter check: Throws when it must stay.
    func volumeRemoval(_ name: String, check: @escaping @Sendable () throws -> Void = {}) -> Step {
        let place = volumes.path(of: name)
        return Step(
            .volumeDelete, command: "rm -r \(Files.parent(of: place))",
            facts: ["volume": .string(name), "path": .string(place)]
        ) { [volumes, events] in
            try volumes.remove(name, check: check)
            events.publish("volume", "destroy", name, ["driver": "local"])
            return StepOutcome(evidence: [
                Evidence(source: place, Finding(Files.exists(place) ? .stillThere : .noDirectory))
            ])
        }
    }

    /// The containers, running or not, that use a volume.
    func users(ofVolume name: String) -> [Container] {
        containers.current.byID.values.filter { container in
            container.life.current.definition.mountPoints.contains { $0.kind == .volume && $0.volume == name }
        }.sorted { $0.id < $1.id }
    }

    /// Everything about a volume (API: VolumeInspect).
    public func inspectVolume(_ name: String) throws -> JSON {
        guard let volume = volumes.volume(name) else { throw missing(name) }
        return json(of: volume)
    }

    private func missing(_ name: String) -> EngineFailure {
        volumes.setAside(name)?.refusal ?? .notFound("get \(name): no such volume")
    }

    func json(of volume: Volume) -> JSON {
        func object(_ members: [String: String]?) -> JSON {
            members.map { members in
                .object(JSONObject(members.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
            } ?? .null
        }
        return [
            "CreatedAt": .string(Timestamp.text(volume.created / 1_000_000_000 * 1_000_000_000)), "Driver": "local",
            "Labels": object(volume.labels), "Mountpoint": .string(volumes.path(of: volume.name)),
            "Name": .string(volume.name), "Options": object(volume.options), "Scope": "local",
        ]
    }

    /// All volumes (API: VolumeList).
    public func listVolumes(filters: [String: [String]]) throws -> JSON {
        for name in filters.keys.sorted() where !["dangling", "name", "driver", "label"].contains(name) {
            throw EngineFailure.invalid("Invalid filter '\(name)'")
        }
        var dangling: Bool?
        if let given = filters["dangling"] {
            guard given.count == 1, let value = ["true": true, "1": true, "false": false, "0": false][given[0]] else {
                throw EngineFailure.invalid("Invalid filter 'dangling=[\(given.joined(separator: " "))]'")
            }
            dangling = value
        }
        let shown = volumes.all.filter { volume in
            if let names = filters["name"], !names.contains(where: { volume.name.contains($0) }) { return false }
            if let drivers = filters["driver"], !drivers.contains("local") { return false }
            if !LabelFilter.accepts(volume.labels ?? [:], filters["label"] ?? []) { return false }
            return dangling.map { $0 == users(ofVolume: volume.name).isEmpty } ?? true
        }
        return ["Volumes": .array(shown.map(json(of:))), "Warnings": .null]
    }

    private func checkUnused(_ name: String) throws {
        let users = users(ofVolume: name)
        guard users.isEmpty else {
            throw EngineFailure.conflict(
                "remove \(name): volume is in use - [\(users.map(\.id).joined(separator: ", "))]")
        }
    }

    /// The plan of `removeVolume`.
    public func planVolumeRemoval(_ name: String, force: Bool) throws -> [StepRecord] {
        guard volumes.volume(name) != nil || volumes.setAside(name) != nil else {
            if force { return [] }
            throw EngineFailure.notFound("get \(name): no such volume")
        }
        try checkUnused(name)
        return plan(Procedure(title: "remove volume", object: name, steps: [volumeRemoval(name)]))
    }

    /// Removes a volume that no container uses (API: VolumeDelete).
    ///
    /// - Parameter force: Whether a missing one is fine.
    public func removeVolume(_ name: String, force: Bool, operation: String) throws {
        guard volumes.volume(name) != nil || volumes.setAside(name) != nil else {
            if force { return }
            throw EngineFailure.notFound("get \(name): no such volume")
        }
        let step = volumeRemoval(name) { [self] in try checkUnused(name) }
        do { try run(Procedure(title: "remove volume", object: name, steps: [step]), operation: operation) } catch {
            throw EngineFailure(wrapping: error, doing: "remove \(name)")
        }
    }

    /// The volumes that a prune removes.
    ///
    /// - Parameters:
    ///   - all: Whether named ones go, too.
    ///   - gone: Containers that are not counted as users.
    private func prunable(
        _ filters: [String: [String]], all: Bool, without gone: Set<String> = []
    ) throws -> [Volume] {
        for name in filters.keys.sorted() where !["all", "label", "label!"].contains(name) {
            throw EngineFailure.invalid("Invalid filter '\(name)'")
        }
        // In the order they were made, as one would remove them by hand.
        return volumes.all.sorted { $0.created < $1.created }.filter { volume in
            let labels = volume.labels ?? [:]
            return (all || volume.isAnonymous) && LabelFilter.accepts(labels, filters["label"] ?? [])
                && !LabelFilter.matchesAny(labels, filters["label!"] ?? [])
                && users(ofVolume: volume.name).allSatisfy { gone.contains($0.id) }
        }
    }

    /// The plan of ``pruneVolumes(filters:all:operation:)``.
    ///
    /// - Parameter gone: The containers that will have gone by then.
    public func planVolumePrune(
        filters: [String: [String]], all: Bool, gone: Set<String>
    ) throws -> [StepRecord] {
        try prunable(filters, all: all, without: gone).flatMap { volume in
            plan(Procedure(title: "remove volume", object: volume.name, steps: [volumeRemoval(volume.name)]))
        }
    }

    /// Removes the volumes that no container uses (API: VolumePrune).
    ///
    /// - Parameter all: Whether named ones go, too.
    public func pruneVolumes(filters: [String: [String]], all: Bool, operation: String) throws -> JSON {
        var removed: [JSON] = []
        var freed: Int64 = 0
        for volume in try prunable(filters, all: all) {
            let size = (try? DirectoryTree.size(of: volumes.path(of: volume.name))) ?? 0
            do { try removeVolume(volume.name, force: true, operation: operation) } catch let failure as EngineFailure {
                // A container has begun to use it meanwhile: then it is not unused.
                if failure.status == 409 { continue }
                throw failure
            }
            freed += size
            removed.append(.string(volume.name))
        }
        events.publish("volume", "prune", "", ["reclaimed": String(freed)])
        return ["VolumesDeleted": removed.isEmpty ? .null : .array(removed), "SpaceReclaimed": .integer(freed)]
    }
}

/// Docker's filter `label`: `NAME`, or `NAME=value`; all given must fit.
enum LabelFilter {
    /// Whether an object's labels have all of them.
    static func accepts(_ labels: [String: String], _ wanted: [String]) -> Bool {
        wanted.allSatisfy { matches(labels, $0) }
    }

    /// Whether an object's labels have any of them: what `label!=` leaves alone.
    static func matchesAny(_ labels: [String: String], _ wanted: [String]) -> Bool {
        wanted.contains { matches(labels, $0) }
    }

    private static func matches(_ labels: [String: String], _ text: String) -> Bool {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return parts.count == 2 ? labels[parts[0]] == parts[1] : labels[parts[0]] != nil
    }
}
