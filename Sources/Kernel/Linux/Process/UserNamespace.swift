import CLinux
import Glibc
import Posix

/// How a user without the machine's root becomes root over containers: in a user namespace (`user_namespaces(7)`), all
/// capabilities are held over what was made in it, and none over the machine.
public enum UserNamespace {
    /// Why this user can't have one in which containers can be made; `nil` where it can be done. A child process tries
    /// it, so the answer is this machine's and not a guess from its settings.
    public static let unavailableBecause: String? = {
        let code = linux_try_user_namespace(geteuid(), getegid())
        if code != 0 {
            return "this is not root, and no user namespace can be had here: \(SystemError("making one", code: code))"
        }
        var names = utsname()
        guard uname(&names) == 0 else { return nil }
        let release = withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = release.split(separator: ".").prefix(2).compactMap { Int($0.prefix(while: \.isNumber)) }
        // An overlay can be mounted in a user namespace since Linux 5.11 (`mount(8)`, overlay).
        guard numbers.count == 2, numbers.lexicographicallyPrecedes([5, 11]) else { return nil }
        return "this is not root, and Linux \(release) has no overlay in a user namespace: that takes 5.11"
    }()

    /// Makes the whole program root of a new user namespace, and of a mount namespace in it.
    ///
    /// Must be called before the program has a second thread. The user becomes root inside. Where `/etc/subuid` and
    /// `/etc/subgid` grant the user further numbers and `newuidmap(1)` is installed, they become the users and groups
    /// from 1 on; otherwise root is the only user there is.
    ///
    /// - Throws: ``SystemError``; EPERM, ENOSPC or EINVAL where it can't be had.
    public static func enter() throws(SystemError) {
        let (user, group) = (geteuid(), getegid())
        let helpers = try [
            MapHelper("newuidmap", own: user, granted: SubordinateRange.granted(to: user, in: "/etc/subuid")),
            MapHelper("newgidmap", own: group, granted: SubordinateRange.granted(to: user, in: "/etc/subgid")),
        ]
        // The mappings of many users are written by another process, which has to be there before this one leaves.
        let areGranted = helpers.allSatisfy { $0.isReady }
        try check("making a user namespace") { linux_unshare(userNamespaceFlag) }
        var areMapped = areGranted
        for helper in helpers { areMapped = helper.finish(if: areMapped) && areMapped }
        if !areMapped {
            try write("deny", to: "/proc/self/setgroups")
            if try Files.text("/proc/self/gid_map").isEmpty { try write("0 \(group) 1\n", to: "/proc/self/gid_map") }
            if try Files.text("/proc/self/uid_map").isEmpty { try write("0 \(user) 1\n", to: "/proc/self/uid_map") }
        }
        try check("making a mount namespace") { linux_unshare(NamespaceKind.mount.cloneFlag) }
    }

    /// CLONE_NEWUSER (`linux/sched.h`)
    private static let userNamespaceFlag: Int32 = 0x1000_0000

    private static func write(_ text: String, to path: String) throws(SystemError) {
        let file = try Descriptor.open(path, O_WRONLY)
        do throws(SystemError) { try file.write(text) } catch {
            throw SystemError("writing \"\(text.trimmed)\" to \(path)", code: error.code)
        }
    }

    /// The users and groups that the program's own user namespace has.
    static var identities: MappedIdentities {
        let users = UserMap.users
        return MappedIdentities(
            rootOutside: users.rootOutside, users: users.count, groups: UserMap.groups.count,
            canChangeGroups: (try? Files.text("/proc/self/setgroups"))?.trimmed != "deny")
    }
}

/// `newuidmap(1)` or `newgidmap(1)`, waiting in the machine's user namespace for its turn.
private struct MapHelper {
    private let child: pid_t
    private let turn: Descriptor?

    /// Starts it, if there is a range to be mapped and the program is installed.
    init(_ program: String, own: UInt32, granted: SubordinateRange?) throws(SystemError) {
        let places: [String] = ["/usr/bin", "/bin", "/usr/local/bin"].map { "\($0)/\(program)" }
        let path = places.first { (place: String) in access(place, X_OK) == 0 }
        guard let granted, let path else {
            (child, turn) = (-1, nil)
            return
        }
        let (theirs, ours) = try Descriptor.pipe()
        let words = [program, "\(getpid())", "0", "\(own)", "1", "1", "\(granted.first)", "\(granted.count)"]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { arguments.forEach { free($0) } }
        let started = withExtendedLifetime(theirs) { linux_spawn_waiting(path, arguments, theirs.number, ours.number) }
        child = try check("starting \(program)") { started }
        turn = ours
    }

    /// Whether it was started.
    var isReady: Bool { turn != nil }

    /// Lets it do its work, or go without; waits for its end.
    /// - Returns: Whether it has written its map.
    func finish(if wanted: Bool) -> Bool {
        guard let turn else { return false }
        _ = write(turn.number, wanted ? "1" : "0", 1)
        return linux_wait_status(child) == 0 && wanted
    }
}

/// A line of `/etc/subuid` or `/etc/subgid` (`subuid(5)`): numbers that a user may map into user namespaces.
struct SubordinateRange: Equatable {
    /// The first number, and how many there are.
    var first: UInt32, count: UInt32

    /// The largest range that is granted to a user, by number or by name; `nil` without one.
    static func granted(to user: uid_t, in path: String) -> SubordinateRange? {
        let name = getpwuid(user).map { String(cString: $0.pointee.pw_name) }
        return largest(in: (try? Files.text(path)) ?? "", of: [name, "\(user)"].compactMap { $0 })
    }

    /// The largest range in a file's text that is granted to one of some names.
    static func largest(in text: String, of names: [String]) -> SubordinateRange? {
        var largest: SubordinateRange?
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 3, names.contains(String(fields[0])), let first = UInt32(fields[1]),
                let count = UInt32(fields[2]), count > largest?.count ?? 0
            else { continue }
            largest = SubordinateRange(first: first, count: count)
        }
        return largest
    }
}
