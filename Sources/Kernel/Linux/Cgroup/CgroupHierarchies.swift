import Glibc
import Posix

/// Where this machine has its cgroups mounted, and the engine's parent group in each place (`cgroups(7)`).
public struct CgroupHierarchies: Sendable {
    /// Version 1, version 2, or both.
    public let layout: KernelProfile.CgroupLayout
    /// The controllers that can be used, by their names in `/proc/cgroups`. On version 2 `io` is called `blkio`,
    /// `cpuacct` is part of `cpu`, and `devices` and `freezer`, which the unified hierarchy has without a controller,
    /// are counted too.
    public let controllers: Set<String>
    /// Whether swap can be limited.
    public let limitsSwap: Bool
    /// The mounted hierarchies, version 1 first.
    let hierarchies: [CgroupHierarchy]
    /// The path of the engine's parent group below each hierarchy's base.
    let parent: String

    /// Reads `/proc/self/mountinfo` and `/proc/self/cgroup`.
    ///
    /// The engine's groups are made below the root of each mount; where that may not be written to, below the highest
    /// group of the engine's own path that may (a group delegated by systemd). A hierarchy without such a place is left
    /// out, and so are its controllers.
    ///
    /// - Parameter parent: The engine's parent group, such as `drydock`.
    /// - Throws: ``SystemError``
    public static func detect(parent: String) throws(SystemError) -> CgroupHierarchies {
        CgroupHierarchies(
            parent: parent, mountInfo: try Files.text("/proc/self/mountinfo"),
            ownGroups: try Files.text("/proc/self/cgroup"))
    }

    /// Interprets the two files' text.
    init(parent: String, mountInfo: String, ownGroups: String) {
        self.parent = parent
        hierarchies = CgroupHierarchy.mounted(mountInfo: mountInfo, ownGroups: ownGroups)
        let unified = hierarchies.first { $0.isUnified }
        layout = CgroupHierarchy.layout(mountInfo: mountInfo, ownGroups: ownGroups)
        var controllers = Set(hierarchies.filter { !$0.isUnified }.flatMap(\.controllers))
        if let unified {
            let available = unified.usableControllers
            controllers.formUnion(available.map { $0 == "io" ? "blkio" : $0 })
            if available.contains("cpu") { controllers.insert("cpuacct") }
            if layout == .v2 { controllers.insert("devices") }
            if unified.hasFreezer { controllers.insert("freezer") }
        }
        self.controllers = controllers
        if let memory = hierarchies.first(where: { !$0.isUnified && $0.controllers.contains("memory") }) {
            limitsSwap = Files.exists(memory.mountPoint + memory.base + "/memory.memsw.limit_in_bytes")
        } else {
            limitsSwap = unified?.hasFileBelow("memory.swap.max") ?? false
        }
    }

    /// Makes a group of that name below the engine's parent group in every hierarchy.
    ///
    /// In a version 1 `cpuset` hierarchy it gets its parent's processors and memory nodes, without which no process
    /// could join; in the unified hierarchy the controllers are handed down to it. When one directory can't be made the
    /// others are removed again.
    ///
    /// - Parameter name: One path element, or several: a group in another (`--cgroup-parent`), which is made if it is
    ///   missing.
    /// - Throws: ``SystemError``: EEXIST when it exists, EINVAL for what is no path below the parent group.
    public func make(_ name: String) throws(SystemError) -> any Cgroup {
        let group = try group(name)
        var made: [String] = []
        do throws(SystemError) {
            for place in group.places {
                try place.prepareParent()
                if mkdir(place.directory, 0o755) != 0 { throw .last("making cgroup \(place.directory)") }
                made.append(place.directory)
                try place.inheritProcessors()
            }
        } catch {
            for directory in made { rmdir(directory) }
            throw error
        }
        return group
    }

    /// The group of that name if it exists in any hierarchy.
    public func existing(_ name: String) -> (any Cgroup)? {
        guard let group = try? group(name) else { return nil }
        return group.places.contains { Files.exists($0.directory) } ? group : nil
    }

    /// The names of all groups below the engine's parent group: those inside of others first, otherwise sorted.
    public func names() throws(SystemError) -> [String] {
        var names: Set<String> = []
        for hierarchy in hierarchies where Files.exists(hierarchy.directory(parent)) {
            try Self.collect(below: hierarchy.directory(parent), as: "", into: &names)
        }
        func depth(_ name: String) -> Int { name.utf8.count { $0 == UInt8(ascii: "/") } }
        return names.sorted { (-depth($0), $0) < (-depth($1), $1) }
    }

    private static func collect(
        below directory: String, as prefix: String, into names: inout Set<String>
    ) throws(SystemError) {
        for entry in try Files.list(directory) where entry.isDirectory {
            names.insert(prefix + entry.name)
            do throws(SystemError) {
                try collect(below: "\(directory)/\(entry.name)", as: "\(prefix)\(entry.name)/", into: &names)
            } catch {
                // One that has just gone has nothing below it.
                if error.code != ENOENT { throw error }
            }
        }
    }

    /// Removes the engine's parent group, with the empty groups in it, from every hierarchy.
    ///
    /// - Throws: ``SystemError``: EBUSY while a process in it or in a group below it is left.
    public func removeParent() throws(SystemError) {
        // Groups that held containers (`--cgroup-parent`) stay for the next ones. A group with processes is EBUSY, and
        // so is the parent then.
        for name in try names() { for place in try group(name).places { rmdir(place.directory) } }
        for hierarchy in hierarchies {
            let directory = hierarchy.directory(parent)
            if rmdir(directory) != 0 && errno != ENOENT { throw .last("removing cgroup \(directory)") }
        }
    }

    func group(_ name: String) throws(SystemError) -> LinuxCgroup {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let last = parts.last, !parts.contains(where: { ["", ".", ".."].contains($0) }) else {
            throw SystemError("making cgroup \"\(name)\"", code: EINVAL)
        }
        let above = ([parent] + parts.dropLast()).joined(separator: "/")
        return LinuxCgroup(
            path: "\(parent)/\(name)",
            places: hierarchies.map { CgroupPlace(hierarchy: $0, parent: above, name: last) })
    }
}

/// One mounted hierarchy.
struct CgroupHierarchy: Sendable, Equatable {
    /// Where it is mounted.
    var mountPoint: String
    /// The group below the mount point that the engine's groups are made in: empty, or `/user.slice/…`.
    var base: String
    /// Its controllers; none for a named hierarchy. On version 2 those of the base's `cgroup.controllers`.
    var controllers: [String]
    /// Whether it is the unified hierarchy.
    var isUnified: Bool

    /// A group's directory.
    func directory(_ path: String) -> String { "\(mountPoint)\(base)/\(path)" }

    private var baseDirectory: String { mountPoint + base }

    /// The controllers that a group below the base can get: those handed down already, and all when the base is the
    /// real root or has no processes of its own (cgroups(7), "no internal processes").
    var usableControllers: Set<String> {
        let handedDown = Self.words(baseDirectory + "/cgroup.subtree_control")
        let isRoot = !Files.exists(baseDirectory + "/cgroup.type")
        let isEmpty = (try? Files.read(baseDirectory + "/cgroup.procs"))?.isEmpty ?? false
        return Set(isRoot || isEmpty ? handedDown + controllers : handedDown)
    }

    /// Whether groups here can be frozen: the root itself has no such file, the engine's own group or another has.
    var hasFreezer: Bool { hasFileBelow("cgroup.freeze") || hasFileBelow("cgroup.events") }

    /// Whether a group has a file of that name: the base, or any right below it.
    func hasFileBelow(_ name: String) -> Bool {
        if Files.exists("\(baseDirectory)/\(name)") { return true }
        let children = (try? Files.list(baseDirectory)) ?? []
        return children.contains { $0.isDirectory && Files.exists("\(baseDirectory)/\($0.name)/\(name)") }
    }

    /// The words of a file; none when it can't be read.
    static func words(_ path: String) -> [String] {
        ((try? Files.text(path)) ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
    }

    /// Which versions are mounted, whether or not groups may be made there.
    static func layout(mountInfo: String, ownGroups: String) -> KernelProfile.CgroupLayout {
        let mounts = mountInfo.split(separator: "\n").compactMap { Mount($0) }
        let known = OwnGroups(ownGroups).byController.keys.filter { !$0.hasPrefix("name=") }
        let hasVersion1 = mounts.contains { mount in
            mount.type == "cgroup" && mount.superOptions.contains { known.contains($0) }
        }
        return !mounts.contains { $0.type == "cgroup2" } ? .v1 : hasVersion1 ? .hybrid : .v2
    }

    /// The usable hierarchies: `proc_pid_mountinfo(5)` and `/proc/PID/cgroup` (`cgroups(7)`).
    static func mounted(mountInfo: String, ownGroups: String) -> [CgroupHierarchy] {
        let own = OwnGroups(ownGroups)
        var found: [CgroupHierarchy] = []
        for line in mountInfo.split(separator: "\n") {
            guard let mount = Mount(line) else { continue }
            let controllers: [String]
            let ownPath: String
            if mount.type == "cgroup2" {
                controllers = []
                ownPath = own.unified
            } else {
                controllers = mount.superOptions.filter { own.byController[$0] != nil && !$0.hasPrefix("name=") }
                let name = mount.superOptions.first { $0.hasPrefix("name=") }
                guard let key = controllers.first ?? name else { continue }
                ownPath = own.byController[key] ?? "/"
            }
            guard let base = base(of: mount, ownPath: ownPath) else { continue }
            var hierarchy = CgroupHierarchy(
                mountPoint: mount.point, base: base, controllers: controllers, isUnified: mount.type == "cgroup2")
            if hierarchy.isUnified { hierarchy.controllers = words(mount.point + base + "/cgroup.controllers") }
            // A hierarchy that is mounted twice is still one.
            let isKnown = found.contains {
                $0.mountPoint == mount.point || $0.isUnified && hierarchy.isUnified
                    || !controllers.isEmpty && $0.controllers == controllers
            }
            if !isKnown { found.append(hierarchy) }
        }
        return found.filter { !$0.isUnified } + found.filter(\.isUnified)
    }

    /// The highest group on the way from the mount's root to the engine's own group in which groups may be made and
    /// processes moved; `nil` when there is none.
    private static func base(of mount: Mount, ownPath: String) -> String? {
        if !mount.isWritable { return nil }
        // In a container without a cgroup namespace the mount's root is a group, and the own path starts with it.
        let root = mount.root == "/" ? "" : mount.root
        let below = ownPath == root || ownPath.hasPrefix(root + "/") ? String(ownPath.dropFirst(root.count)) : ""
        var candidate = ""
        for element in [""] + below.split(separator: "/").map(String.init) where element != ".." {
            if !element.isEmpty { candidate += "/" + element }
            let directory = mount.point + candidate
            if access(directory, W_OK | X_OK) == 0 && access(directory + "/cgroup.procs", W_OK) == 0 {
                return candidate
            }
        }
        return nil
    }

    /// `/proc/self/cgroup`: the engine's own group by controller, or by `name=…`.
    private struct OwnGroups {
        var byController: [String: String] = [:]
        var unified = "/"

        init(_ text: String) {
            for line in text.split(separator: "\n") {
                let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
                guard fields.count == 3 else { continue }
                let path = String(fields[2])
                if fields[1].isEmpty { unified = path }
                for controller in fields[1].split(separator: ",") { byController[String(controller)] = path }
            }
        }
    }

    /// A line of mountinfo about a cgroup file system.
    private struct Mount {
        var root: String, point: String, type: String
        var isWritable: Bool
        var superOptions: [String]

        init?(_ line: Substring) {
            let halves = line.split(separator: " ", omittingEmptySubsequences: false)
            guard let dash = halves.firstIndex(of: "-"), dash >= 6, halves.count >= dash + 4 else { return nil }
            type = String(halves[dash + 1])
            guard type == "cgroup" || type == "cgroup2" else { return nil }
            root = Self.unescaped(halves[3])
            point = Self.unescaped(halves[4])
            superOptions = halves[dash + 3].split(separator: ",").map(String.init)
            isWritable =
                halves[5].split(separator: ",").contains("rw") && halves[dash + 3].split(separator: ",").contains("rw")
        }

        /// Blanks and backslashes are written in octal: `\040`.
        private static func unescaped(_ field: Substring) -> String {
            var bytes: [UInt8] = []
            var rest = field.utf8[...]
            while let byte = rest.popFirst() {
                let digits = rest.prefix(3)
                if byte == UInt8(ascii: "\\"), digits.count == 3,
                    let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
                {
                    bytes.append(value)
                    rest = rest.dropFirst(3)
                } else {
                    bytes.append(byte)
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
