import Glibc
import Kernel
import OrderedJSON
import Posix

/// As whom, where and with which variables a process runs.
struct ProcessIdentity: Sendable {
    var uid: UInt32
    var gid: UInt32
    var groups: [UInt32]
    /// The user as asked for, or `root`.
    var name: String
    /// The working directory.
    var directory: String
    /// `NAME=value`, `HOME` of the user included.
    var environment: [String]
    /// The capabilities it may ever have.
    var bounding: CapabilitySet

    /// The path variable of a container whose image sets none (Docker's).
    static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// The programs that a command may mean: itself when it has a slash, else one in each directory of `PATH`.
    func candidates(for command: String) -> [String] {
        if command.contains("/") { return [command] }
        let path = environment.last { $0.hasPrefix("PATH=") }?.dropFirst(5) ?? Self.defaultPath[...]
        return path.split(separator: ":").map { "\($0)/\(command)" }
    }

    /// Looks a user up in the container's own `/etc/passwd` and `/etc/group`.
    ///
    /// - Parameters:
    ///   - user: `name`, `uid`, `name:group`, …; empty is root.
    ///   - additional: `--group-add`.
    ///   - existing: The users and groups that the engine's user namespace has.
    /// - Throws: ``EngineFailure`` with Docker's text for a name that is not there, and for a user that does not exist
    ///   for an engine without the machine's root.
    init(
        user: String, additional: [String], directory: String, environment: [String], bounding: CapabilitySet,
        files: RootFiles, existing: MappedIdentities
    ) throws {
        let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let passwd = try files.lines("/etc/passwd").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
        let group = try files.lines("/etc/group").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
        let wanted = parts.first ?? ""
        let entry = passwd.first { entry in
            entry.count >= 7 && (entry[0] == wanted || (wanted.isEmpty ? entry[2] == "0" : entry[2] == wanted))
        }
        if let entry, let uid = UInt32(entry[2]), let gid = UInt32(entry[3]) {
            self.uid = uid
            self.gid = gid
        } else if let number = UInt32(wanted), number <= UInt32(Int32.max) {
            uid = number
            gid = 0
        } else if wanted.isEmpty {
            uid = 0
            gid = 0
        } else {
            throw EngineFailure.invalid("unable to find user \(wanted): no matching entries in passwd file")
        }
        func groupNumber(_ name: String) throws -> UInt32 {
            if let entry = group.first(where: { $0.count >= 3 && $0[0] == name }), let gid = UInt32(entry[2]) {
                return gid
            }
            if let number = UInt32(name) { return number }
            throw EngineFailure.invalid("unable to find group \(name): no matching entries in group file")
        }
        var memberships: [UInt32] = []
        if parts.count > 1, !parts[1].isEmpty {
            gid = try groupNumber(parts[1])
        } else if let entry {
            memberships = group.filter { line in
                line.count >= 4 && line[3].split(separator: ",").contains(entry[0])
            }.compactMap { UInt32($0[2]) }
        }
        for name in additional {
            do { memberships.append(try groupNumber(name)) } catch {
                throw EngineFailure.invalid("Unable to find group \(name): no matching entries in group file")
            }
        }
        guard UInt64(uid) < existing.users, UInt64(gid) < existing.groups else {
            throw EngineFailure.invalid(
                "user \(user.isEmpty ? "root" : user) (\(uid):\(gid)) does not exist here: this engine is rootless, and "
                    + "its user namespace has \(existing.users) user(s) and \(existing.groups) group(s); more take an entry "
                    + "in /etc/subuid and /etc/subgid, and newuidmap(1)")
        }
        let primary = gid
        groups = [primary] + memberships.filter { $0 != primary }
        name = user.isEmpty ? "root" : user
        self.directory = directory.isEmpty ? "/" : directory
        self.environment = environment
        if !environment.contains(where: { $0.hasPrefix("HOME=") }) {
            self.environment.append("HOME=" + (entry.map { String($0[5]) } ?? "/"))
        }
        self.bounding = bounding
    }

    /// The variables that every process of a container has, in Docker's order, with the container's own over them.
    static func environment(config: JSONObject, links: [String] = [], extra: [String] = []) -> [String] {
        var variables = ["PATH=\(defaultPath)", "HOSTNAME=\(config.text("Hostname"))"]
        if config.flag("Tty") { variables.append("TERM=xterm") }
        variables += links
        for variable in config.strings("Env") + extra {
            let name = variable.prefix { $0 != "=" }
            let old = variables.firstIndex { $0.prefix { $0 != "=" } == name }
            // A name without "=" takes the variable away.
            if !variable.contains("=") {
                if let old { variables.remove(at: old) }
            } else if let old {
                variables[old] = variable
            } else {
                variables.append(variable)
            }
        }
        return variables
    }

    /// The capabilities that `--cap-add`, `--cap-drop` and `--privileged` leave, of those that the engine holds.
    static func capabilities(host: JSONObject, held: CapabilitySet) -> CapabilitySet {
        if host.flag("Privileged") { return held }
        let added = host.strings("CapAdd")
        let dropped = host.strings("CapDrop")
        func set(_ names: [String]) -> CapabilitySet {
            names.reduce(into: []) { set, name in
                if name.uppercased() == "ALL" { set.formUnion(.all) }
                if let one = CapabilitySet(name: name) { set.formUnion(one) }
            }
        }
        var result: CapabilitySet = dropped.contains { $0.uppercased() == "ALL" } ? [] : .containerDefault
        result.formUnion(set(added))
        result.subtract(set(dropped.filter { $0.uppercased() != "ALL" }))
        return result.intersection(held)
    }
}
