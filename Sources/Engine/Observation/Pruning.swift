import OCI
import OrderedJSON
import Posix
import Steps

extension Node {
    /// Removes the containers that do not run (API: ContainerPrune).
    public func pruneContainers(filters: [String: [String]], operation: String) throws -> JSON {
        let filter = try PruneFilter(filters, known: ["until", "label", "label!"])
        var removed: [JSON] = []
        var freed: Int64 = 0
        let stopped = containers.current.byID.values.sorted { $0.id < $1.id }.filter {
            !$0.life.current.state.isRunning
        }
        for container in stopped {
            let definition = container.life.current.definition
            let labels = Dictionary(
                definition.configObject.map("Labels").map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
            guard filter.accepts(labels: labels, created: definition.created) else { continue }
            let size = try DirectorySize.sum(of: container.upper)
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

    /// Removes the images that no container uses (API: ImagePrune).
    ///
    /// - Parameter filters: With `dangling=false` those that have a name, too.
    public func pruneImages(filters: [String: [String]], operation: String) throws -> JSON {
        let filter = try PruneFilter(filters, known: ["dangling", "until", "label", "label!"])
        var onlyDangling = true
        if let given = filters["dangling"] {
            guard given.count == 1, let value = ["true": true, "1": true, "false": false, "0": false][given[0]] else {
                throw EngineFailure.invalid("Invalid filter 'dangling=[\(given.joined(separator: " "))]'")
            }
            onlyDangling = value
        }
        let before = layersSize
        var deleted: [JSON] = []
        for image in images.images() {
            let users = containers.current.byID.values.contains { $0.life.current.definition.image == "\(image.id)" }
            let isDangling = image.isUntagged && images.children(of: image.id).isEmpty
            guard !users, isDangling || !onlyDangling, images.image(image.id) != nil else { continue }
            let created =
                image.config.created.map {
                    Timestamp.nanoseconds(seconds: $0.seconds, Int64($0.nanoseconds))
                } ?? 0
            guard filter.accepts(labels: image.config.config.labels ?? [:], created: created) else { continue }
            let names = image.references.isEmpty ? ["\(image.id)"] : image.references.map(\.familiar)
            for name in names {
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
