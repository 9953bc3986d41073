public import EngineAPI
import OCI
import OrderedJSON
import Posix
import Steps

extension Node {
    /// The containers that a prune removes: those that do not run, as far as the filters let them go.
    private func prunable(_ filters: [String: [String]]) throws -> [Container] {
        let filter = try PruneFilter(filters, known: ["until", "label", "label!"])
        return containers.current.byID.values.sorted { $0.id < $1.id }.filter { container in
            let definition = container.life.current.definition
            let labels = Dictionary(
                definition.configObject.map("Labels").map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
            return !container.life.current.state.isRunning
                && filter.accepts(labels: labels, created: definition.created)
        }
    }

    /// The plan of ``pruneContainers(filters:operation:)``.
    public func planContainerPrune(filters: [String: [String]]) throws -> [StepRecord] {
        try prunable(filters).flatMap { container in
            plan(
                Procedure(
                    title: "remove container", object: container.name,
                    steps: removalSteps(of: container, removeVolumes: false)))
        }
    }

    /// Removes the containers that do not run (API: ContainerPrune).
    public func pruneContainers(filters: [String: [String]], operation: String) throws -> JSON {
        var removed: [JSON] = []
        var freed: Int64 = 0
        for container in try prunable(filters) {
            let size = try DirectoryTree.size(of: container.upper)
            do {
                try removeContainer(container.id, force: false, removeVolumes: false, operation: operation)
            } catch let failure as EngineFailure {
                // Started or removed by somebody else meanwhile: then it is none of those to prune.
                if [404, 409].contains(failure.status) { continue }
                throw failure
            }
            freed += size
            removed.append(.string(container.id))
        }
        events.publish("container", "prune", "", ["reclaimed": String(freed)])
        return ["ContainersDeleted": removed.isEmpty ? .null : .array(removed), "SpaceReclaimed": .integer(freed)]
    }

    /// What an image prune goes by.
    private struct ImagePrune {
        var filter: PruneFilter
        var onlyDangling = true

        init(_ filters: [String: [String]]) throws {
            filter = try PruneFilter(filters, known: ["dangling", "until", "label", "label!"])
            guard let given = filters["dangling"] else { return }
            guard given.count == 1, let value = ["true": true, "1": true, "false": false, "0": false][given[0]] else {
                throw EngineFailure.invalid("Invalid filter 'dangling=[\(given.joined(separator: " "))]'")
            }
            onlyDangling = value
        }

        /// The names under which an image is removed; none for one that stays.
        func names(of image: Image, hasChildren: Bool) -> [String] {
            let isDangling = image.isUntagged && !hasChildren
            guard isDangling || !onlyDangling else { return [] }
            let created =
                image.config.created.map {
                    Timestamp.nanoseconds(seconds: $0.seconds, Int64($0.nanoseconds))
                } ?? 0
            guard filter.accepts(labels: image.config.config.labels ?? [:], created: created) else { return [] }
            return image.references.isEmpty ? ["\(image.id)"] : image.references.map(\.familiar)
        }
    }

    /// The plan of ``pruneImages(filters:operation:)``.
    ///
    /// - Parameter gone: The containers that will have gone by then.
    public func planImagePrune(filters: [String: [String]], gone: Set<String>) throws -> [StepRecord] {
        let prune = try ImagePrune(filters)
        let users = imageUsers.filter { !gone.contains($0.container) }
        var planned = images.plannedRemovals(users: users)
        var records: [StepRecord] = []
        for image in images.images() where !users.contains(where: { $0.image == image.id }) {
            guard planned.has(image.id) else { continue }
            for name in prune.names(of: image, hasChildren: planned.hasChildren(image.id)) {
                do throws(OCIError) {
                    let done = try planned.remove(name, force: false, prunesParents: true)
                    records += planImageRemoval(name, image.id, done, leaving: planned.images, without: gone)
                } catch {
                    switch error {
                    case .conflict, .noSuchImage: continue
                    default: throw EngineFailure(wrapping: error, doing: "removing image")
                    }
                }
            }
        }
        return records
    }

    /// Removes the images that no container uses (API: ImagePrune).
    ///
    /// - Parameter filters: With `dangling=false` those that have a name, too.
    public func pruneImages(filters: [String: [String]], operation: String) throws -> JSON {
        let prune = try ImagePrune(filters)
        let before = layersSize
        var deleted: [JSON] = []
        for image in images.images() {
            let users = containers.current.byID.values.contains { $0.life.current.definition.image == "\(image.id)" }
            guard !users, images.image(image.id) != nil else { continue }
            for name in prune.names(of: image, hasChildren: !images.children(of: image.id).isEmpty) {
                do {
                    deleted += try removeImage(name, force: false, prune: true, operation: operation).array ?? []
                } catch let failure as EngineFailure {
                    // In use by now, or gone with its last name.
                    if [404, 409].contains(failure.status) { continue }
                    throw failure
                }
            }
        }
        let freed = max(0, before - layersSize)
        events.publish("image", "prune", "", ["reclaimed": String(freed)])
        return ["ImagesDeleted": deleted.isEmpty ? .null : .array(deleted), "SpaceReclaimed": .integer(freed)]
    }
}

/// Docker's filters of what is pruned.
struct PruneFilter {
    private let filters: [String: [String]]
    private let until: Int64?

    /// - Throws: ``EngineFailure`` 400 for filters that are not known, and for a time that is none.
    init(_ filters: [String: [String]], known: Set<String>) throws {
        for name in filters.keys.sorted() where !known.contains(name) {
            throw EngineFailure.invalid("Invalid filter '\(name)'")
        }
        self.filters = filters
        until = try Self.moment(filters["until"] ?? [])
    }

    /// The moment that `until` means: a duration before now, or a time; `nil` where it was not given.
    /// - Throws: ``EngineFailure`` 400 for more than one, and for what is neither.
    static func moment(_ times: [String]) throws -> Int64? {
        guard times.count < 2 else { throw EngineFailure.invalid("more than one until filter specified") }
        return try times.first.map { text in
            if let duration = Self.duration(text) { return Clock.realtime() - duration }
            guard let moment = Timestamp.parse(text) ?? Timestamp.parse(text + "T00:00:00Z") else {
                throw EngineFailure.invalid("failed to parse value as time or duration: \"\(text)\"")
            }
            return moment
        }
    }

    func accepts(labels: [String: String], created: Int64) -> Bool {
        if let until, created > until { return false }
        return LabelFilter.accepts(labels, filters["label"] ?? [])
            && !LabelFilter.matchesAny(labels, filters["label!"] ?? [])
    }

    /// A duration as Go writes it, `1h30m`, in nanoseconds.
    static func duration(_ text: String) -> Int64? {
        let units: [(String, Double)] = [
            ("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
        ]
        var total = 0.0
        var rest = Substring(text)
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            guard let number = Double(digits), let unit = units.first(where: { rest.hasPrefix($0.0) }) else {
                return nil
            }
            rest = rest.dropFirst(unit.0.count)
            total += number * unit.1
        }
        return total < 9e18 ? Int64(total) : nil
    }
}
