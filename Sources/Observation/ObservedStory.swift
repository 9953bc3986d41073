import EngineAPI
import OrderedJSON

/// Makes records of what another engine did: of its events, and of what was seen at that time.
///
/// The engine does not tell its steps. What is told here is what they left behind, so each record has the state
/// `observed`, names where it was seen, and has no duration.
struct ObservedStory {
    /// What was seen of containers, by ID: when they were created or started, and before they were ended.
    var sights: [String: ContainerSight] = [:]
    /// How many entries the writable layers of containers had right before their removal was asked for, by ID.
    var lastEntries: [String: Int] = [:]
    /// What was seen of processes that `docker exec` made, by the exec's ID.
    var executions: [String: ExecutionSight] = [:]
    /// What the engine said of networks, by ID.
    var networks: [String: JSON] = [:]
    /// What the engine said of images after they had been pulled, by name.
    var images: [String: JSON] = [:]
    /// Where archives were unpacked in containers, by the container's ID.
    var archives: [String: String] = [:]
    /// What the engine said of volumes, by name.
    var volumes: [String: JSON] = [:]

    /// A process that `docker exec` made.
    struct ExecutionSight: Sendable {
        /// What the engine says of it (`GET /exec/ID/json`).
        var inspection: JSON
        /// The process, where it could be looked at.
        var process: ProcessSight?
    }

    private struct Operation {
        var title: String
        var object: String
        var steps: [ObservedStart.Step]
    }

    /// The records of some events, in their order.
    func records(of events: [EngineEvent]) -> [StepRecord] {
        var records: [StepRecord] = []
        for (place, event) in events.enumerated() {
            guard let operation = operation(event, events[..<place], events[(place + 1)...]) else { continue }
            // A stop can be two signals: that is one operation.
            let goesOn = records.last.map { $0.title == operation.title && $0.object == operation.object } ?? false
            let name = goesOn ? records.last?.operation ?? "" : "observed-\(event.time)-\(place)"
            let before = goesOn ? records.last?.index ?? 0 : 0
            records += operation.steps.enumerated().map { index, step in
                StepRecord(
                    operation: name, title: operation.title, index: before + index + 1, kind: step.kind,
                    state: .observed, command: step.command, object: operation.object, facts: step.facts,
                    evidence: step.evidence, time: event.time)
            }
        }
        return records
    }

    private func operation(
        _ event: EngineEvent, _ earlier: ArraySlice<EngineEvent>, _ later: ArraySlice<EngineEvent>
    ) -> Operation? {
        switch event.type {
        case "container": containerOperation(event, later)
        case "image": imageOperation(event)
        case "network": networkOperation(event, earlier, later)
        case "volume": volumeOperation(event)
        default: nil
        }
    }

    // MARK: Containers

    private func containerOperation(_ event: EngineEvent, _ later: ArraySlice<EngineEvent>) -> Operation? {
        let sight = sights[event.id]
        let name = event.attributes["name"] ?? sight?.name ?? String(event.id.prefix(12))
        let told = "docker events: container \(event.action)"
        func operation(_ title: String, _ steps: [ObservedStart.Step]) -> Operation? {
            steps.isEmpty ? nil : Operation(title: title, object: name, steps: steps)
        }
        switch event.action {
        case "create": return operation("create container", sight.map { ObservedStart(sight: $0).creation } ?? [])
        case "start": return operation("start container", sight.map { ObservedStart(sight: $0).start } ?? [])
        case "exec_start": return operation("exec in container", execution(event, name))
        case "kill":
            let isStop = later.contains { $0.id == event.id && $0.action == "stop" }
            guard let number = event.attributes["signal"].flatMap({ Int64($0) }) else { return nil }
            return operation(
                isStop ? "stop container" : "signal container",
                [
                    .init(
                        kind: .processSignal, command: told,
                        facts: [
                            "signal": .string(Self.signalName(number)), "number": .integer(number),
                            "pid": pid(of: sight), "waited": .null,
                        ])
                ])
        case "die": return operation("container ended", ending(event, sight, told, later))
        case "destroy": return operation("remove container", removal(event, sight, name, told))
        case "commit":
            let image = event.attributes["imageID"].map { JSON.string($0) } ?? .null
            return operation(
                "commit container",
                [
                    .init(
                        kind: .imageCommit, command: told,
                        facts: ["container": .string(name), "image": image, "upper": .null, "size": .null])
                ])
        case "extract-to-dir":
            guard let path = event.attributes["path"] ?? archives[event.id] else { return nil }
            return operation(
                "copy into container",
                [
                    .init(
                        kind: .filesPut, command: told,
                        facts: [
                            "container": .string(name), "directory": .string(path), "entries": .null, "upper": .null,
                        ])
                ])
        case "pause", "unpause":
            guard let sight, let path = sight.process?.cgroupPath else { return nil }
            let processes = sight.reading("memory", first: "cgroup.procs", second: "cgroup.procs")
            let count = processes.map { Int64($0.text.split(separator: ";").count) }
            let state = sight.reading("freezer", first: "freezer.state", second: "cgroup.freeze")
            return operation(
                "\(event.action) container",
                [
                    .init(
                        kind: event.action == "pause" ? .cgroupFreeze : .cgroupThaw, command: told,
                        facts: ["path": .string(path), "processes": count.map { .integer($0) } ?? .null],
                        evidence: state.map { [Evidence(source: $0.path, text: $0.text)] } ?? [])
                ])
        case "rename":
            guard let old = event.attributes["oldName"] else { return nil }
            return operation(
                "rename container",
                [
                    .init(
                        kind: .containerRename, command: told,
                        facts: [
                            "old": .string(old.hasPrefix("/") ? String(old.dropFirst()) : old), "name": .string(name),
                        ])
                ])
        case "update": return operation("update container", sight.map { ObservedStart(sight: $0).limitSteps } ?? [])
        default: return nil
        }
    }

    private func pid(of sight: ContainerSight?) -> JSON {
        guard let pid = sight?.inspection["State"]?["Pid"]?.integer, pid > 0 else { return .null }
        return .integer(pid)
    }

    private func ending(
        _ event: EngineEvent, _ sight: ContainerSight?, _ told: String, _ later: ArraySlice<EngineEvent>
    ) -> [ObservedStart.Step] {
        guard let code = event.attributes["exitCode"].flatMap({ Int64($0) }) else { return [] }
        let outOfMemory = later.contains { $0.id == event.id && $0.action == "oom" }
        // A code above 128 may be the program's own; Docker's is a signal's only where the kernel ended it.
        let signal = code == 137 || code == 143 ? JSON.string(Self.signalName(code - 128)) : .null
        var steps = [
            ObservedStart.Step(
                kind: .processEnd, command: told,
                facts: [
                    "pid": pid(of: sight), "exitCode": .integer(code), "signal": signal,
                    "outOfMemory": .bool(outOfMemory),
                ],
                evidence: [Evidence(source: told, text: "exitCode=\(code)")])
        ]
        for (network, endpoint) in sight?.inspection["NetworkSettings"]?["Networks"]?.object ?? JSONObject() {
            guard let address = endpoint["IPAddress"]?.string, !address.isEmpty,
                later.contains(where: { $0.action == "disconnect" && $0.attributes["container"] == event.id })
            else { continue }
            steps.append(release(network, endpoint, sight, isUnplugged: false))
        }
        return steps
    }

    private func release(
        _ network: String, _ endpoint: JSON, _ sight: ContainerSight?, isUnplugged: Bool
    ) -> ObservedStart.Step {
        let address = endpoint["IPAddress"]?.string ?? ""
        return .init(
            kind: .networkRelease, command: "docker events: network disconnect",
            facts: [
                "address": .string(address),
                "interface": sight?.process?.interface(for: address).map { .string($0) } ?? .null,
                "network": .string(network), "unplugged": .bool(isUnplugged),
                "cable": .bool(sight?.networks[network]?["Driver"]?.string == "bridge"),
            ])
    }

    private func removal(
        _ event: EngineEvent, _ sight: ContainerSight?, _ name: String, _ told: String
    ) -> [ObservedStart.Step] {
        var steps: [ObservedStart.Step] = []
        if let entries = lastEntries[event.id],
            let upper = sight?.inspection["GraphDriver"]?["Data"]?["UpperDir"]?.string
        {
            steps.append(
                .init(
                    kind: .layerDelete, command: told,
                    facts: ["upper": .string(upper), "entries": .integer(Int64(entries))]))
        }
        return steps + [
            .init(
                kind: .containerDelete, command: told, facts: ["name": .string(name), "id": .string(event.id)])
        ]
    }

    private func execution(_ event: EngineEvent, _ name: String) -> [ObservedStart.Step] {
        guard let sight = event.attributes["execID"].flatMap({ executions[$0] }) else { return [] }
        let settings = sight.inspection["ProcessConfig"]
        let target = sights[event.id]?.inspection["State"]?["Pid"] ?? .null
        var steps: [ObservedStart.Step] = []
        if let process = sight.process {
            let container = sights[event.id]?.process
            let joined = ProcessSight.kinds.filter { kind in
                process.ownKinds.contains(kind) && process.namespaces[kind] == container?.namespaces[kind]
            }
            let place = "/proc/\(process.pid)/ns"
            steps.append(
                .init(
                    kind: .namespaceEnter, command: place,
                    facts: [
                        "container": .string(name), "pid": .integer(process.pid), "target": target,
                        "namespaces": .array(joined.map { .string($0) }), "count": .integer(Int64(joined.count)),
                    ],
                    evidence: process.namespaces["pid"].map { [Evidence(source: "\(place)/pid", text: $0)] } ?? []))
        }
        let isAttached = sight.inspection["OpenStdout"]?.bool ?? false
        steps.append(
            .init(
                kind: .processExecute, command: "docker events: container exec_start",
                facts: [
                    "path": settings?["entrypoint"] ?? .null, "arguments": settings?["arguments"] ?? .array([]),
                    "user": settings?["user"] ?? .null, "directory": "/", "detached": .bool(!isAttached),
                    "terminal": settings?["tty"] ?? false, "second": true,
                ]))
        return steps
    }

    // MARK: Images, networks, volumes

    private func imageOperation(_ event: EngineEvent) -> Operation? {
        let told = "docker events: image \(event.action)"
        let name = event.attributes["name"] ?? event.id
        func operation(_ title: String, _ kind: StepKind, _ facts: Facts) -> Operation {
            Operation(title: title, object: name, steps: [.init(kind: kind, command: told, facts: facts)])
        }
        let image: Facts = ["reference": .string(name), "image": .string(event.id)]
        switch event.action {
        case "tag": return operation("tag image", .imageTag, image)
        case "untag": return operation("remove image", .imageUntag, image)
        case "delete":
            return operation("remove image", .imageDelete, ["image": .string(event.id), "layers": .null])
        case "pull":
            guard let found = images[event.id], let id = found["Id"]?.string else { return nil }
            return Operation(
                title: "pull image", object: event.id,
                steps: [
                    .init(
                        kind: .imageResolve, command: told,
                        facts: [
                            "reference": .string(event.id), "image": .string(id),
                            "layers": .integer(Int64(found["RootFS"]?["Layers"]?.array?.count ?? 0)),
                            "size": found["Size"] ?? .null,
                        ],
                        evidence: [Evidence(source: "docker image inspect \(event.id)", text: "Id: \(id)")])
                ])
        case "load":
            return operation("load images", .imageLoad, ["source": "archive", "images": .array([.string(name)])])
        default: return nil
        }
    }

    private func networkOperation(
        _ event: EngineEvent, _ earlier: ArraySlice<EngineEvent>, _ later: ArraySlice<EngineEvent>
    ) -> Operation? {
        let name = event.attributes["name"] ?? String(event.id.prefix(12))
        let definition = networks[event.id]
        let range = definition?["IPAM"]?["Config"]?[0]
        switch event.action {
        case "create":
            guard let definition else { return nil }
            let gateway = range?["Gateway"] ?? .null
            var steps = [
                ObservedStart.Step(
                    kind: .networkCreate, command: "docker events: network create",
                    facts: [
                        "name": .string(name), "id": .string(event.id), "subnet": range?["Subnet"] ?? .null,
                        "gateway": gateway, "file": .null, "driver": definition["Driver"] ?? .null,
                    ],
                    evidence: [
                        Evidence(
                            source: "docker network inspect \(name)", text: "Subnet: \(range?["Subnet"]?.string ?? "")")
                    ])
            ]
            if definition["Driver"]?.string == "bridge", let bridge = ObservedStart.bridge(of: definition) {
                steps.append(
                    .init(
                        kind: .bridgeCreate, command: "docker network inspect \(name)",
                        facts: ["bridge": .string(bridge), "address": gateway, "network": .string(name)]))
            }
            return Operation(title: "create network", object: name, steps: steps)
        case "destroy":
            return Operation(
                title: "remove network", object: name,
                steps: [
                    .init(
                        kind: .networkDelete, command: "docker events: network destroy",
                        facts: [
                            "name": .string(name), "id": .string(event.id), "subnet": range?["Subnet"] ?? .null,
                        ])
                ])
        case "connect", "disconnect":
            // A container that starts is connected, and one that ends is disconnected: that is told there.
            guard let id = event.attributes["container"], let sight = sights[id],
                let endpoint = sight.inspection["NetworkSettings"]?["Networks"]?[name],
                !earlier.contains(where: { $0.id == id && ["die", "create"].contains($0.action) }),
                !later.contains(where: { $0.id == id && $0.action == "start" })
            else { return nil }
            let isUnplugged = event.action == "disconnect"
            let steps =
                isUnplugged
                ? [release(name, endpoint, sight, isUnplugged: true)]
                : ObservedStart(sight: sight).connection(name, endpoint)
            return steps.isEmpty
                ? nil : Operation(title: "\(event.action) network", object: sight.name, steps: steps)
        default: return nil
        }
    }

    private func volumeOperation(_ event: EngineEvent) -> Operation? {
        let path = volumes[event.id]?["Mountpoint"] ?? .null
        let facts: Facts = ["volume": .string(event.id), "path": path]
        switch event.action {
        case "create":
            let isAnonymous = event.id.count == 64 && event.id.allSatisfy(\.isHexDigit)
            return Operation(
                title: "create volume", object: event.id,
                steps: [
                    .init(
                        kind: .volumeCreate, command: "docker events: volume create",
                        facts: facts.merging(["anonymous": .bool(isAnonymous)]) { $1 },
                        evidence: path.string.map {
                            [Evidence(source: "docker volume inspect \(event.id)", text: "Mountpoint: \($0)")]
                        } ?? [])
                ])
        case "destroy":
            return Operation(
                title: "remove volume", object: event.id,
                steps: [.init(kind: .volumeDelete, command: "docker events: volume destroy", facts: facts)])
        default: return nil
        }
    }

    private static func signalName(_ number: Int64) -> String {
        let names: [Int64: String] = [
            1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 9: "SIGKILL", 10: "SIGUSR1", 12: "SIGUSR2", 15: "SIGTERM",
            18: "SIGCONT", 19: "SIGSTOP", 20: "SIGTSTP", 28: "SIGWINCH",
        ]
        return names[number] ?? String(number)
    }
}
