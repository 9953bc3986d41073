public import EngineAPI
public import EngineClient
import Glibc
import OrderedJSON
import Synchronization

/// Watches what another engine than Drydock's does for a command, from outside.
///
/// It is told of each request before it is made and when it is answered. Around a request it looks at what the request is
/// about: with `docker inspect`'s questions, and, where the engine runs on this machine, in `/proc` and the control
/// groups. The engine's events then say what happened; only those about what the command named are told, so that another
/// client's doings are not taken for the learner's.
public final class EngineWatch: Sendable {
    private struct State {
        /// Whether engines, by their addresses, are to be watched.
        var isForeign: [String: Bool] = [:]
        var engine: EngineClient?
        var begin: Int64 = 0
        var story = ObservedStory()
        var names: Set<String> = []
        var told: Set<EngineEvent> = []
        /// Events that must come, by what was asked for: names or IDs, and actions.
        var awaited: [(name: String, action: String)] = []
    }

    private let files: any MachineFiles
    private let observesAll: Bool
    private let state = Mutex(State())

    /// A watch.
    ///
    /// - Parameters:
    ///   - files: What of the machine can be read.
    ///   - observesAll: Whether Drydock's own engine is watched as if it were a stranger's.
    public init(files: any MachineFiles = LocalFiles(), observesAll: Bool = false) {
        self.files = files
        self.observesAll = observesAll
    }

    /// Whether an engine tells its steps itself is asked once: another one than Drydock's does not.
    public func isForeign(_ engine: EngineClient) -> Bool {
        if let known = state.withLock({ $0.isForeign[engine.host] }) { return known }
        guard let version = engine.answer("/version") else { return false }
        let isOwn = version["Platform"]?["Name"]?.string?.hasPrefix("Drydock") ?? false
        let isForeign = observesAll || !isOwn
        state.withLock { $0.isForeign[engine.host] = isForeign }
        return isForeign
    }

    /// A command begins: what is told from now on belongs to it.
    public func begin() {
        state.withLock { state in
            state.engine = nil
            state.story = ObservedStory()
            state.names = []
            state.awaited = []
        }
    }

    /// A request that may change something is about to be made.
    public func begins(_ request: EngineRequest) {
        guard request.method != "GET", isForeign(request.engine) else { return }
        state.withLock { state in
            if state.engine == nil { state.begin = Self.now() }
            state.engine = request.engine
        }
        let parts = request.path.split(separator: "/").map(String.init)
        guard parts.count > 1, !["create", "prune", "load"].contains(parts[1]) else { return }
        let isRemoval = request.method == "DELETE"
        switch parts[0] {
        case "containers":
            let sight = look(at: parts[1], request.engine)
            // A running container may still write until it has ended.
            if isRemoval, let sight, sight.process == nil, let entries = sight.upperEntries {
                state.withLock { $0.story.lastEntries[sight.id] = entries }
            }
        case "networks" where isRemoval || parts.count > 2:
            keepNetwork(parts[1], request.engine)
        case "volumes" where isRemoval: keepVolume(parts[1], request.engine)
        default: break
        }
    }

    /// A request was answered.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - answer: What was answered, where that was JSON and is known already.
    public func answered(_ request: EngineRequest, _ answer: JSON?) {
        guard request.method != "GET", isForeign(request.engine) else { return }
        let parts = request.path.split(separator: "/").map(String.init)
        let (kind, name) = (parts.first ?? "", parts.dropFirst().first ?? "")
        let verb = parts.dropFirst(2).first ?? ""
        switch (kind, name, verb) {
        case ("containers", "create", _):
            guard let id = answer?["Id"]?.string else { return }
            look(at: id, request.engine)
            expect(id, "create")
        case ("containers", _, "start"), ("containers", _, "restart"), ("containers", _, "update"),
            ("containers", _, "pause"), ("containers", _, "unpause"):
            look(at: name, request.engine)
            expect(name, verb)
        case ("containers", _, "stop"), ("containers", _, "rename"), ("containers", _, "kill"): expect(name, verb)
        case ("containers", _, "wait"): expect(name, request.query.contains { $0.1 == "removed" } ? "destroy" : "die")
        case ("containers", _, "exec"):
            guard let id = answer?["Id"]?.string else { return }
            state.withLock { _ = $0.names.insert(id) }
        case ("containers", _, "") where request.method == "DELETE": expect(name, "destroy")
        case ("exec", _, "start"): lookAtExecution(name, request.engine)
        case ("networks", "create", _):
            if let id = answer?["Id"]?.string { keepNetwork(id, request.engine) }
        case ("networks", _, "connect"), ("networks", _, "disconnect"): lookAtContainers(of: name, request.engine)
        case ("volumes", "create", _):
            if let volume = answer?["Name"]?.string { keepVolume(volume, request.engine) }
        case ("images", _, "tag"):
            let repository = request.query.first { $0.0 == "repo" }?.1 ?? ""
            let tag = request.query.first { $0.0 == "tag" }?.1 ?? ""
            state.withLock { _ = $0.names.insert(tag.isEmpty ? repository : "\(repository):\(tag)") }
        case ("commit", _, _):
            guard let name = request.query.first(where: { $0.0 == "container" })?.1,
                let sight = look(at: name, request.engine)
            else { return }
            expect(sight.id, "commit")
        case ("containers", _, "archive") where request.method == "PUT":
            guard let sight = look(at: name, request.engine) else { return }
            let path = request.query.first { $0.0 == "path" }?.1
            state.withLock { $0.story.archives[sight.id] = path }
            expect(sight.id, "extract-to-dir")
        case ("images", "create", _):
            guard let image = request.query.first(where: { $0.0 == "fromImage" })?.1 else { return }
            let tag = request.query.first { $0.0 == "tag" }?.1 ?? ""
            expect(tag.isEmpty ? image : image + (tag.contains(":") ? "@" : ":") + tag, "pull")
        case ("images", "load", _): state.withLock { _ = $0.names.insert("image load") }
        case ("images", _, "") where request.method == "DELETE": keepRemoved(answer)
        default: break
        }
    }

    // MARK: Looking

    @discardableResult
    private func look(at name: String, _ engine: EngineClient) -> ContainerSight? {
        guard let sight = ContainerSight(of: name, asking: engine, files: files) else { return nil }
        state.withLock { state in
            state.names.formUnion([name, sight.id, sight.name])
            state.names.formUnion(sight.volumes)
            // What was seen of a process stays known when the container has ended meanwhile.
            if sight.process != nil || state.story.sights[sight.id]?.process == nil {
                state.story.sights[sight.id] = sight
            }
        }
        for volume in sight.volumes where state.withLock({ $0.story.volumes[volume] }) == nil {
            keepVolume(volume, engine)
        }
        return sight
    }

    private func lookAtExecution(_ id: String, _ engine: EngineClient) {
        // The answer may come before the process is there.
        for _ in 0..<100 {
            guard let inspection = engine.answer("/exec/\(id)/json") else { return }
            guard let pid = inspection["Pid"]?.integer, pid > 0 else {
                if inspection["ExitCode"]?.integer != nil { return }
                usleep(2000)
                continue
            }
            let container = inspection["ContainerID"]?.string ?? ""
            look(at: container, engine)
            let upper = state.withLock { $0.story.sights[container] }?.inspection["GraphDriver"]?["Data"]?["UpperDir"]
            let process = ProcessSight(pid, marks: [container, upper?.string ?? ""], files: files)
            state.withLock { state in
                state.story.executions[id] = .init(inspection: inspection, process: process)
                state.names.insert(id)
                state.awaited.append((container, "exec_start"))
            }
            return
        }
    }

    private func keepNetwork(_ name: String, _ engine: EngineClient) {
        guard let network = engine.answer("/networks/\(name)"), let id = network["Id"]?.string else { return }
        state.withLock { state in
            state.story.networks[id] = network
            state.names.formUnion([name, id])
        }
    }

    private func lookAtContainers(of network: String, _ engine: EngineClient) {
        keepNetwork(network, engine)
        let containers = engine.answer("/networks/\(network)")?["Containers"]?.object ?? JSONObject()
        for (id, _) in containers { look(at: id, engine) }
    }

    private func keepVolume(_ name: String, _ engine: EngineClient) {
        let volume = engine.answer("/volumes/\(name)")
        state.withLock { state in
            state.story.volumes[name] = volume
            state.names.insert(name)
        }
    }

    /// What the engine says that it has removed of an image.
    private func keepRemoved(_ answer: JSON?) {
        let ids = (answer?.array ?? []).compactMap { $0["Deleted"]?.string }
        let names = (answer?.array ?? []).compactMap { $0["Untagged"]?.string }
        state.withLock { state in
            state.names.formUnion(ids)
            state.names.formUnion(names)
        }
    }

    private func expect(_ name: String, _ action: String) {
        state.withLock { state in
            state.names.insert(name)
            state.awaited.append((name, action))
        }
    }

    // MARK: Telling

    /// How long an event may come after the answer to its request.
    private static let patience = 100

    /// The records of what has happened since the last call.
    ///
    /// - Parameter isOver: Whether the command is over: then what it waited for is waited for here, too.
    public func takeRecords(isOver: Bool) -> [StepRecord] {
        guard let engine = state.withLock({ $0.engine }) else { return [] }
        var events: [EngineEvent] = []
        for _ in 0..<Self.patience {
            events = fetch(engine)
            let isComplete = state.withLock { state in
                state.awaited.allSatisfy { name, action in
                    !isOver && ["die", "destroy"].contains(action)
                        || events.contains { $0.action == action && Self.isAbout($0, [name]) }
                }
            }
            if isComplete { break }
            usleep(5000)
        }
        return state.withLock { state in
            let new = events.filter { event in
                let isLoad = event.action == "load" && state.names.contains("image load")
                return (isLoad || Self.isAbout(event, state.names)) && !state.told.contains(event)
            }
            state.told.formUnion(new)
            for event in new where event.type == "image" && event.action == "pull" {
                state.story.images[event.id] = engine.answer("/images/\(event.id)/json")
            }
            state.awaited = isOver ? [] : state.awaited.filter { ["die", "destroy"].contains($0.action) }
            return state.story.records(of: new)
        }
    }

    private static func isAbout(_ event: EngineEvent, _ names: Set<String>) -> Bool {
        if names.contains(event.id) { return true }
        if let name = event.attributes["name"], names.contains(name) { return true }
        if let container = event.attributes["container"], names.contains(container) { return true }
        // An ID may be given by its first digits.
        return event.type == "container" && names.contains { $0.count >= 12 && event.id.hasPrefix($0) }
    }

    /// The events since the command began.
    private func fetch(_ engine: EngineClient) -> [EngineEvent] {
        let begin = state.withLock { $0.begin }
        let query = [("since", Self.seconds(begin)), ("until", Self.seconds(Self.now()))]
        guard let stream = try? engine.stream("GET", "/events", query: query) else { return [] }
        defer { stream.close() }
        var events: [EngineEvent] = []
        while let line = try? stream.nextJSON() {
            if let event = EngineEvent(line), event.time >= begin { events.append(event) }
        }
        return events
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// As the API's `since` and `until` take it: seconds with nine decimals.
    private static func seconds(_ nanoseconds: Int64) -> String {
        let fraction = String(nanoseconds % 1_000_000_000)
        return "\(nanoseconds / 1_000_000_000)." + String(repeating: "0", count: 9 - fraction.count) + fraction
    }
}
