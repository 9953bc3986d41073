public import EngineClient
public import OrderedJSON

/// What was seen of a container at a moment: what the engine says of it, and, where it runs on this machine, what
/// `/proc` shows.
struct ContainerSight: Sendable {
    /// What `docker inspect` says.
    var inspection: JSON
    /// What `docker image inspect` says of its image.
    var image: JSON?
    /// What `docker network inspect` says of its networks, by name.
    var networks: [String: JSON] = [:]
    /// Its first process.
    var process: ProcessSight?
    /// What is in its writable layer at the top; `nil` where that can't be read here.
    var upperEntries: Int?
    /// What the files of its control group contain, by path.
    var readings: [String: String] = [:]

    /// Looks at a container.
    /// - Returns: `nil` where the engine knows none of that name (any more).
    init?(of name: String, asking engine: some EngineQuestions, files: any MachineFiles) {
        guard let inspection = engine.answer("/containers/\(name)/json") else { return nil }
        self.inspection = inspection
        if let id = inspection["Image"]?.string { image = engine.answer("/images/\(id)/json") }
        for (name, _) in inspection["NetworkSettings"]?["Networks"]?.object ?? JSONObject() {
            networks[name] = engine.answer("/networks/\(name)")
        }
        let upper = inspection["GraphDriver"]?["Data"]?["UpperDir"]?.string
        upperEntries = upper.flatMap { files.entryCount($0) }
        let pid = inspection["State"]?["Pid"]?.integer ?? 0
        process = ProcessSight(pid, marks: [id, upper ?? ""], files: files)
        guard let process else { return }
        for (controller, first, second) in Self.limitFiles {
            guard let path = process.limitFile(controller, first: first, second: second) else { continue }
            readings[path] = files.text(path)?.split(separator: "\n").joined(separator: "; ")
        }
    }

    /// The files that tell of limits: the controller, the name in version 1 and in version 2 (`cgroups(7)`).
    private static let limitFiles = [
        ("memory", "memory.limit_in_bytes", "memory.max"), ("pids", "pids.max", "pids.max"),
        ("cpu", "cpu.cfs_quota_us", "cpu.max"), ("cpu", "cpu.shares", "cpu.weight"),
        ("cpuset", "cpuset.cpus", "cpuset.cpus"), ("freezer", "freezer.state", "cgroup.freeze"),
        ("memory", "cgroup.procs", "cgroup.procs"),
    ]

    /// Its ID.
    var id: String { inspection["Id"]?.string ?? "" }
    /// Its name without the slash.
    var name: String {
        let name = inspection["Name"]?.string ?? id
        return name.hasPrefix("/") ? String(name.dropFirst()) : name
    }
    /// Its settings for the host.
    var host: JSON { inspection["HostConfig"] ?? .null }
    /// Its settings that do not depend on the host.
    var config: JSON { inspection["Config"] ?? .null }
    /// The volumes that it has mounted.
    var volumes: [String] {
        (inspection["Mounts"]?.array ?? []).filter { $0["Type"]?.string == "volume" }.compactMap { $0["Name"]?.string }
    }
    /// A reading of its control group.
    func reading(_ controller: String, first: String, second: String) -> (path: String, text: String)? {
        guard let path = process?.limitFile(controller, first: first, second: second), let text = readings[path] else {
            return nil
        }
        return (path, text)
    }
}

/// Answers questions that only read.
public protocol EngineQuestions: Sendable {
    /// What the engine answers to `GET PATH`; `nil` where it has no answer.
    func answer(_ path: String) -> JSON?
}

extension EngineClient: EngineQuestions {
    /// What the engine answers; `nil` for an error, and where no answer comes.
    public func answer(_ path: String) -> JSON? {
        // Why there is no answer does not matter: what can't be seen isn't told of.
        try? request("GET", path).json()
    }
}
