import OrderedJSON

/// What `/proc` and the control groups of this machine show of a container's process.
struct ProcessSight: Sendable {
    /// Its number on this machine.
    var pid: Int64
    /// The lines of `/proc/PID/status` by their names.
    var status: [String: String]
    /// What `/proc/PID/ns/KIND` links to, for each kind.
    var namespaces: [String: String]
    /// The kinds whose namespace is not the one that this program is in.
    var ownKinds: [String]
    /// The path in each control group hierarchy, by its controller; that of version 2 has the name "".
    var cgroups: [String: String]
    /// The lines of `/proc/PID/mountinfo`.
    var mounts: [Substring]
    /// The program's file.
    var program: String?
    /// What descriptor 0 is.
    var input: String?
    /// The lines of the routing table (`/proc/PID/net/route`), without the heading.
    var routes: [[Substring]]
    /// Where the hierarchies of control groups are mounted, by controller.
    var hierarchies: [String: String]

    static let kinds = ["mnt", "uts", "ipc", "pid", "net", "user", "cgroup", "time"]

    /// Looks at a process that an engine names.
    ///
    /// An engine on another machine names a process of that machine. So a process is only taken for the container's if
    /// its control group or its root carries the container's mark.
    ///
    /// - Parameters:
    ///   - pid: The number that the engine gives.
    ///   - marks: The container's ID, and the path of its writable layer.
    init?(_ pid: Int64, marks: [String], files: any MachineFiles) {
        guard pid > 0, let status = files.text("/proc/\(pid)/status"),
            let cgroup = files.text("/proc/\(pid)/cgroup"), let mounts = files.text("/proc/\(pid)/mountinfo"),
            marks.contains(where: { !$0.isEmpty && (cgroup.contains($0) || mounts.contains($0)) })
        else { return nil }
        self.pid = pid
        self.status = Self.fields(status)
        namespaces = [:]
        ownKinds = []
        for kind in Self.kinds {
            guard let link = files.link("/proc/\(pid)/ns/\(kind)") else { continue }
            namespaces[kind] = link
            if let here = files.link("/proc/self/ns/\(kind)"), here != link { ownKinds.append(kind) }
        }
        cgroups = [:]
        for line in cgroup.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            for controller in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                cgroups[String(controller)] = String(parts[2])
            }
        }
        self.mounts = mounts.split(separator: "\n")
        program = files.link("/proc/\(pid)/exe")
        input = files.link("/proc/\(pid)/fd/0")
        routes = (files.text("/proc/\(pid)/net/route") ?? "").split(separator: "\n").dropFirst().map { line in
            line.split(whereSeparator: \.isWhitespace)
        }
        hierarchies = Self.hierarchies(files.text("/proc/self/mountinfo") ?? "")
    }

    private static func fields(_ text: String) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[String(line[..<colon])] = line[line.index(after: colon)...].split(whereSeparator: \.isWhitespace)
                .joined(separator: " ")
        }
        return fields
    }

    /// Where hierarchies are mounted (`proc_pid_mountinfo(5)`).
    private static func hierarchies(_ mountinfo: String) -> [String: String] {
        var places: [String: String] = [:]
        for line in mountinfo.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), words.count > dash + 3, words.count > 4 else { continue }
            switch words[dash + 1] {
            case "cgroup2": places[""] = places[""] ?? String(words[4])
            case "cgroup":
                for option in words[dash + 3].split(separator: ",") {
                    places[String(option)] = places[String(option)] ?? String(words[4])
                }
            default: continue
            }
        }
        return places
    }

    /// A file of the container's control group, where there is one.
    ///
    /// - Parameters:
    ///   - controller: `memory`, `pids`, `cpu` or `cpuset`.
    ///   - first: Its name in version 1.
    ///   - second: Its name in version 2.
    func limitFile(_ controller: String, first: String, second: String) -> String? {
        if let path = cgroups[controller], let place = hierarchies[controller] { return "\(place)\(path)/\(first)" }
        if let path = cgroups[""], let place = hierarchies[""] { return "\(place)\(path)/\(second)" }
        return nil
    }

    /// Its number in its own PID namespace.
    var innerPid: Int64? { status["NSpid"]?.split(separator: " ").last.flatMap { Int64($0) } }

    /// The directories of its control group: one for each resource in version 1, one in version 2.
    var cgroupDirectories: [String] {
        let first = cgroups.compactMap { controller, path in
            controller.isEmpty || path == "/" ? nil : hierarchies[controller].map { $0 + path }
        }
        let second = cgroups[""].flatMap { path in path == "/" ? nil : hierarchies[""].map { $0 + path } }
        return Array(Set(first.isEmpty ? [second].compactMap { $0 } : first)).sorted()
    }

    /// The path of its control group, the same in all hierarchies that count.
    var cgroupPath: String? { cgroups["memory"] ?? cgroups["pids"] ?? cgroups[""] }

    /// The mount at a place of its tree.
    func mount(at target: String) -> String? {
        mounts.last { line in
            let words = line.split(separator: " ")
            return words.count > 4 && words[4] == target
        }.map { line in
            // From the file system's type on, and where it is: the numbers before it say nothing to a person.
            let words = line.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), words.count > dash + 2 else { return String(line) }
            return "\(words[dash + 1]) on \(target) (\(words[5]))"
        }
    }

    /// How many bits of a set of capabilities are on.
    func capabilities(_ name: String) -> [Int]? {
        guard let set = status[name].flatMap({ UInt64($0, radix: 16) }) else { return nil }
        return (0..<64).filter { set & (1 << UInt64($0)) != 0 }
    }

    /// The interface of the default route.
    var defaultInterface: String? { routes.first { $0.count > 1 && $0[1] == "00000000" }.map { String($0[0]) } }

    /// The interface that leads to a network.
    /// - Parameter address: An address in it, `172.17.0.2`.
    func interface(for address: String) -> String? {
        guard let number = Self.number(address) else { return nil }
        return routes.first { words in
            guard words.count > 7, let network = UInt32(words[1], radix: 16)?.byteSwapped,
                let mask = UInt32(words[7], radix: 16)?.byteSwapped, mask != 0
            else { return false }
            return number & mask == network
        }.map { String($0[0]) }
    }

    private static func number(_ address: String) -> UInt32? {
        let parts = address.split(separator: ".").compactMap { UInt32($0) }
        guard parts.count == 4, parts.allSatisfy({ $0 < 256 }) else { return nil }
        return parts.reduce(0) { $0 << 8 | $1 }
    }
}
