import EngineAPI
import OCI
import OrderedJSON
import Steps

/// What `docker ps` asks for.
public struct ListRequest: Sendable {
    /// Whether those that do not run are listed, too.
    public var all = false
    /// The latest so many; 0 is no limit, and with one, all states count.
    public var limit = 0
    /// Whether sizes are summed up.
    public var size = false
    /// Docker's filters by name, each with the values any of which must fit.
    public var filters: [String: [String]] = [:]
    /// Whether names in networks are told apart, as from API 1.45 on.
    public var tellsNames = false
    /// Whether annotations are told, as from API 1.46 on.
    public var tellsAnnotations = false
    /// All that run.
    public init() {}
}

extension Node {
    private static let knownFilters: Set<String> = [
        "ancestor", "before", "exited", "expose", "health", "id", "isolation", "is-task", "label", "name", "network",
        "publish", "since", "status", "volume",
    ]

    /// Containers, newest first (API: ContainerList).
    public func listContainers(_ request: ListRequest) throws -> JSON {
        for name in request.filters.keys where !Self.knownFilters.contains(name) {
            throw EngineFailure.invalid("Invalid filter '\(name)'")
        }
        let filter = try ContainerFilter(request.filters, node: self)
        var found = containers.current.byID.values.map { ($0, $0.life.current) }.sorted {
            ($0.1.definition.created, $0.0.id) > ($1.1.definition.created, $1.0.id)
        }
        let showsAll = request.all || request.limit > 0 || filter.concernsState
        found = found.filter { container, life in
            (showsAll || life.state.isRunning) && filter.accepts(container, life)
        }
        if request.limit > 0 { found = Array(found.prefix(request.limit)) }
        // Many containers, few images: each name is looked up once.
        var imagesByName: [String: String] = [:]
        let linkNames = linkNames()
        return .array(
            try found.map { container, life in
                let reference = life.definition.imageReference
                let named = imagesByName[reference] ?? (try? images.image(named: reference)).map { "\($0.id)" } ?? ""
                imagesByName[reference] = named
                // An image whose name now belongs to another is shown by its own identity.
                let image = named == life.definition.image ? reference : life.definition.image
                return try summary(
                    container, life, image: image, names: (linkNames[container.id] ?? []).sorted(),
                    request)
            })
    }

    private func summary(
        _ container: Container, _ life: Container.Life, image: String, names: [String],
        _ request: ListRequest
    ) throws -> JSON {
        let definition = life.definition
        var object: JSONObject = [
            "Id": .string(container.id), "Names": .strings(["/" + definition.name] + names), "Image": .string(image),
            "ImageID": .string(definition.image),
            "Command": .string(([definition.path] + definition.arguments).map(ShellText.listed).joined(separator: " ")),
            "Created": .integer(definition.created / 1_000_000_000), "Ports": .array(listedPorts(life)),
        ]
        if request.size {
            let sizes = try sizes(of: container)
            if sizes.writable > 0 { object["SizeRw"] = .integer(sizes.writable) }
            object["SizeRootFs"] = .integer(sizes.root)
        }
        object["Labels"] = definition.configObject["Labels"] ?? [:]
        object["State"] = .string(life.state.status.rawValue)
        object["Status"] = .string(Self.status(life.state))
        let mode = definition.hostObject.text("NetworkMode")
        var host: JSONObject = ["NetworkMode": .string(mode)]
        if request.tellsAnnotations, let annotations = definition.hostObject["Annotations"], !annotations.isNull {
            host["Annotations"] = annotations
        }
        object["HostConfig"] = .object(host)
        object["NetworkSettings"] = [
            "Networks": .object(shownNetworks(life, of: request.tellsNames ? container.id : nil))
        ]
        object["Mounts"] = shownMounts(definition)
        return .object(object)
    }

    /// `Up 3 seconds`, `Exited (0) 2 minutes ago`, `Created`: Docker's words.
    static func status(_ state: ContainerState, now: Int64 = Clock.realtime()) -> String {
        let since = HumanDuration.text(seconds: (now - state.startedAt) / 1_000_000_000)
        let ended = HumanDuration.text(seconds: (now - state.finishedAt) / 1_000_000_000)
        switch state.status {
        case .created: return "Created"
        case .running: return "Up \(since)" + (state.health.map { " (\($0.words))" } ?? "")
        case .paused: return "Up \(since) (Paused)"
        case .restarting: return "Restarting (\(state.exitCode)) \(ended) ago"
        case .removing: return "Removal In Progress"
        case .dead: return "Dead"
        case .exited:
            return state.startedAt == 0 && state.finishedAt == 0 ? "Created" : "Exited (\(state.exitCode)) \(ended) ago"
        }
    }
}

/// Durations in words, as Docker's `go-units` has them.
enum HumanDuration {
    /// The words for a number of seconds.
    static func text(seconds: Int64) -> String {
        let minutes = seconds / 60
        let hours = (minutes + 30) / 60
        switch seconds {
        case ..<1: return "Less than a second"
        case 1: return "1 second"
        case ..<60: return "\(seconds) seconds"
        default: break
        }
        if minutes == 1 { return "About a minute" }
        if minutes < 60 { return "\(minutes) minutes" }
        if hours == 1 { return "About an hour" }
        if hours < 48 { return "\(hours) hours" }
        if hours < 24 * 7 * 2 { return "\(hours / 24) days" }
        if hours < 24 * 30 * 2 { return "\(hours / 24 / 7) weeks" }
        if hours < 24 * 365 * 2 { return "\(hours / 24 / 30) months" }
        return "\(seconds / 3600 / 24 / 365) years"
    }
}

extension ShellText {
    /// A word as `docker ps` shows it in a command: quoted only where it holds a space.
    static func listed(_ word: String) -> String { word.contains(" ") ? "'\(word)'" : word }
}

/// Docker's filters of containers.
private struct ContainerFilter {
    private let filters: [String: [String]]
    private let before: Int64?
    private let since: Int64?
    private let exitCodes: Set<Int32>?
    private let node: Node

    init(_ filters: [String: [String]], node: Node) throws {
        self.filters = filters
        self.node = node
        before = try filters["before"]?.first.map { try Self.created($0, node) }
        since = try filters["since"]?.first.map { try Self.created($0, node) }
        exitCodes = try filters["exited"].map { codes in
            Set(
                try codes.map { code in
                    guard let number = Int32(code) else {
                        throw EngineFailure.invalid("strconv.Atoi: parsing \"\(code)\": invalid syntax")
                    }
                    return number
                })
        }
        for name in ["publish", "expose"] {
            for port in filters[name] ?? [] { try PortFilter.check(port, what: name) }
        }
        for status in filters["status"] ?? [] where ContainerState.Status(rawValue: status) == nil {
            throw EngineFailure.invalid("Invalid filter 'status=\(status)'")
        }
        for value in filters["is-task"] ?? [] where !["true", "false", "1", "0"].contains(value) {
            throw EngineFailure.invalid("Invalid filter 'is-task=[\(value)]'")
        }
        for health in filters["health"] ?? [] where !["none", "starting", "healthy", "unhealthy"].contains(health) {
            throw EngineFailure.invalid("Unrecognised filter value for health: \(health)")
        }
    }

    private static func created(_ reference: String, _ node: Node) throws -> Int64 {
        do { return try node.container(reference).life.current.definition.created } catch let failure as EngineFailure {
            throw EngineFailure(status: failure.status, "no such container \(reference)")
        }
    }

    /// Filters that ask for containers that do not run show those without `-a`.
    var concernsState: Bool { ["status", "exited", "before", "since"].contains { filters[$0] != nil } }

    private func any(_ name: String, _ fits: (String) -> Bool) -> Bool {
        filters[name].map { $0.contains(where: fits) } ?? true
    }

    func accepts(_ container: Container, _ life: Container.Life) -> Bool {
        let definition = life.definition
        if let before, definition.created >= before { return false }
        if let since, definition.created <= since { return false }
        if let exitCodes, life.state.isRunning || !exitCodes.contains(life.state.exitCode) { return false }
        if let exitCodes, !exitCodes.isEmpty, life.state.startedAt == 0 { return false }
        let labels = Dictionary(
            definition.configObject.map("Labels").map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        let labelsFit = (filters["label"] ?? []).allSatisfy { label in
            let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return parts.count == 2 ? labels[parts[0]] == parts[1] : labels[parts[0]] != nil
        }
        let networks = definition.endpoints.object?.names ?? []
        return labelsFit && any("id") { container.id.hasPrefix($0) }
            && any("name") { name in
                ("/" + definition.name).contains(name)
                    || (try? Regex(name).firstMatch(in: "/" + definition.name)) != nil
                    || (try? Regex(name).firstMatch(in: definition.name)) != nil
            }
            && any("status") { $0 == life.state.status.rawValue }
            && any("network") { wanted in
                networks.contains { $0 == wanted || node.networks.named($0)?.id.hasPrefix(wanted) == true }
            }
            && any("ancestor") { accepts(ancestor: $0, definition) }
            && any("health") { $0 == life.state.health?.status.rawValue ?? "none" } && any("is-task") { $0 == "false" }
            && any("volume") { volume in
                definition.mountPoints.contains {
                    ($0.kind == .volume && $0.volume == volume) || $0.source == volume || $0.target == volume
                }
            }
            && any("expose") { exposes($0, definition) } && any("publish") { publishes($0, life) }
    }

    private func publishes(_ port: String, _ life: Container.Life) -> Bool {
        (life.running?.endpoints.flatMap(\.ports) ?? []).contains {
            PortFilter.fits(port, $0.hostPort, $0.transport.rawValue)
        }
    }

    private func exposes(_ port: String, _ definition: Container.Definition) -> Bool {
        (definition.configObject["ExposedPorts"]?.object?.names ?? []).contains { name in
            let parts = name.split(separator: "/").map(String.init)
            return PortFilter.fits(port, UInt16(parts[0]) ?? 0, parts.count > 1 ? parts[1] : "tcp")
        }
    }

    private func accepts(ancestor: String, _ definition: Container.Definition) -> Bool {
        guard let wanted = try? node.images.image(named: ancestor) else { return false }
        if "\(wanted.id)" == definition.image { return true }
        // A container of an image that has all the layers of another descends from that one.
        guard let own = try? node.images.image(named: definition.image) else { return false }
        return !wanted.layers.isEmpty && own.layers.starts(with: wanted.layers)
    }
}
