import Glibc
import Posix

/// What a mount namespace of the model has mounted, and the root of the processes in it.
struct SimulatedMounts: Sendable {
    /// In the order in which they were mounted.
    private(set) var entries: [Entry] = []
    /// The layers of the container's root, once it was attached.
    private(set) var layers: OverlayLayers?
    /// The directory of the machine at which the root is attached; empty once it was entered.
    private(set) var rootDirectory = ""
    /// Directories, devices and links that the program made in the root: their type as `ls -l` shows it.
    private(set) var made: [String: Character] = [:]
    private var lastIdentifier = 400
    private var lastDevice = 90

    /// A line of `/proc/PID/mountinfo`.
    struct Entry: Sendable, Equatable {
        var identifier: Int
        var device: String
        /// What of the file system is mounted.
        var root: String
        var target: String
        var options: [String]
        /// `shared:1`, `master:1`
        var propagation: String
        var type: String
        var source: String
        var superOptions: String
    }

    /// Types of file systems that a container's program may mount (`/proc/filesystems`).
    private static let types: Set<String> = ["proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2"]

    /// Files and directories that `/proc` and `/sys` have, of those that containers hide or protect.
    private static let kernelPaths: [String: Character] = [
        "/proc/acpi": "d", "/proc/scsi": "d", "/proc/bus": "d", "/proc/fs": "d", "/proc/irq": "d", "/proc/sys": "d",
        "/sys/firmware": "d", "/sys/devices/virtual/powercap": "d", "/proc/kcore": "-", "/proc/keys": "-",
        "/proc/timer_list": "-", "/proc/interrupts": "-", "/proc/latency_stats": "-", "/proc/sysrq-trigger": "-",
    ]

    /// The machine's own mounts.
    static var machine: SimulatedMounts {
        var mounts = SimulatedMounts()
        mounts.append(type: "ext4", source: "/dev/vda1", target: "/", options: ["rw", "relatime"])
        mounts.append(
            type: "proc", source: "proc", target: "/proc", options: ["rw", "nosuid", "nodev", "noexec", "relatime"])
        mounts.append(
            type: "sysfs", source: "sysfs", target: "/sys", options: ["rw", "nosuid", "nodev", "noexec", "relatime"])
        mounts.append(type: "devtmpfs", source: "udev", target: "/dev", options: ["rw", "nosuid", "relatime"])
        mounts.append(type: "cgroup2", source: "cgroup2", target: "/sys/fs/cgroup", options: ["rw", "relatime"])
        for index in mounts.entries.indices { mounts.entries[index].propagation = "shared:\(index + 1)" }
        return mounts
    }

    /// The text of `/proc/PID/mountinfo` (`proc_pid_mountinfo(5)`).
    var text: String {
        entries.map { entry in
            let parent = parent(of: entry)
            let propagation = entry.propagation.isEmpty ? "" : " \(entry.propagation)"
            return "\(entry.identifier) \(parent) \(entry.device) \(entry.root) \(entry.target) "
                + "\(entry.options.joined(separator: ","))\(propagation) - \(entry.type) \(entry.source) "
                + "\(entry.superOptions)\n"
        }.joined()
    }

    private func parent(of entry: Entry) -> Int {
        let above = entries.filter {
            $0.identifier < entry.identifier && ($0.target == "/" || (entry.target + "/").hasPrefix($0.target + "/"))
        }
        return above.max { $0.target.utf8.count < $1.target.utf8.count }?.identifier ?? 1
    }

    private mutating func append(
        type: String, source: String, target: String, options: [String], root: String = "/", superOptions: String = ""
    ) {
        lastIdentifier += 1
        lastDevice += 1
        let isReadOnly = options.first == "ro"
        let extra = superOptions.isEmpty ? "" : ",\(superOptions)"
        entries.append(
            Entry(
                identifier: lastIdentifier, device: type == "ext4" ? "254:1" : "0:\(lastDevice)", root: root,
                target: target, options: options, propagation: "", type: type, source: source,
                superOptions: (isReadOnly ? "ro" : "rw") + extra))
    }

    private static func options(_ flags: MountFlags) -> [String] {
        var options = [flags.contains(.readOnly) ? "ro" : "rw"]
        if flags.contains(.noSetuid) { options.append("nosuid") }
        if flags.contains(.noDevices) { options.append("nodev") }
        if flags.contains(.noExecution) { options.append("noexec") }
        if flags.contains(.noAccessTimes) {
            options.append("noatime")
        } else if !flags.contains(.strictAccessTimes) {
            options.append("relatime")
        }
        return options
    }

    /// Makes all mounts slaves.
    mutating func isolate() {
        for index in entries.indices {
            entries[index].propagation = entries[index].propagation.replacing("shared:", with: "master:")
        }
    }

    /// Attaches the container's root.
    mutating func attach(_ root: OverlayLayers, at directory: String) throws(SystemError) {
        guard Files.exists(directory) else { throw SystemError("attaching root at \(directory)", code: ENOENT) }
        layers = root
        rootDirectory = directory
        var options = ["lowerdir=" + root.lower.joined(separator: ":")]
        if let upper = root.upper { options.append("upperdir=\(upper)") }
        if let work = root.work { options.append("workdir=\(work)") }
        if root.isVolatile { options.append("volatile") }
        append(
            type: "overlay", source: "overlay", target: directory,
            options: [root.upper == nil ? "ro" : "rw", "relatime"],
            superOptions: options.joined(separator: ","))
    }

    /// Mounts a file system in the root.
    mutating func mount(type: String, source: String, target: String, flags: MountFlags, data: String)
        throws(SystemError)
    {
        guard Self.types.contains(type) else { throw SystemError("mounting \(type) on \(target)", code: ENODEV) }
        append(
            type: type, source: source, target: rootDirectory + target, options: Self.options(flags), superOptions: data
        )
        makeDirectory(target)
    }

    /// Bind-mounts a path of the machine.
    ///
    /// - Parameter isSimulated: Whether the source is a path that only the model has, such as a cgroup's directory.
    mutating func bind(_ source: String, to target: String, flags: MountFlags, isSimulated: Bool) throws(SystemError) {
        guard isSimulated || Files.exists(source) else {
            throw SystemError("mounting \(source) on \(target)", code: ENOENT)
        }
        append(
            type: isSimulated ? "cgroup2" : "ext4", source: isSimulated ? "cgroup2" : "/dev/vda1",
            target: rootDirectory + target, options: Self.options(flags), root: source)
    }

    /// Bind-mounts a path of the root over another.
    mutating func bindWithin(_ source: String, to target: String) throws(SystemError) {
        guard let below = mount(holding: source) else {
            throw SystemError("mounting \(source) on \(target)", code: ENOENT)
        }
        let within = String(source.dropFirst(below.target.utf8.count - rootDirectory.utf8.count))
        append(
            type: below.type, source: below.source, target: rootDirectory + target, options: below.options,
            root: within.isEmpty ? "/" : within)
    }

    /// Hides a path; one that is missing is fine.
    mutating func mask(_ path: String, isInRoot: (String) -> Character?) {
        switch Self.kernelPaths[path] ?? isInRoot(path) {
        case "d":
            append(type: "tmpfs", source: "tmpfs", target: rootDirectory + path, options: ["ro", "relatime"])
        case nil: break
        default:
            append(
                type: "tmpfs", source: "tmpfs", target: rootDirectory + path, options: ["rw", "nosuid"], root: "/null",
                superOptions: "size=65536k,mode=755")
        }
    }

    /// Makes a path read-only; one that is missing is fine.
    mutating func makeReadOnly(_ path: String, isInRoot: (String) -> Character?) {
        guard Self.kernelPaths[path] ?? isInRoot(path) != nil, let below = mount(holding: path) else { return }
        let within = String(path.dropFirst(below.target.utf8.count - rootDirectory.utf8.count))
        append(
            type: below.type, source: below.source, target: rootDirectory + path,
            options: ["ro"] + below.options.dropFirst(), root: within.isEmpty ? "/" : within)
    }

    /// The mount that a path of the root lies in.
    private func mount(holding path: String) -> Entry? {
        let path = rootDirectory + path
        return entries.filter { path == $0.target || path.hasPrefix($0.target == "/" ? "/" : $0.target + "/") }
            .max { $0.target.utf8.count < $1.target.utf8.count }
    }

    /// Enters the root: only what is mounted in it stays.
    mutating func enterRoot() throws(SystemError) {
        guard layers != nil, !rootDirectory.isEmpty else { throw SystemError("entering the root", code: EINVAL) }
        entries.removeAll { $0.target != rootDirectory && !$0.target.hasPrefix(rootDirectory + "/") }
        for index in entries.indices {
            let target = String(entries[index].target.dropFirst(rootDirectory.count))
            entries[index].target = target.isEmpty ? "/" : target
            entries[index].propagation = ""
        }
        rootDirectory = ""
    }

    /// Makes `/` read-only.
    mutating func makeRootReadOnly() {
        guard let index = entries.firstIndex(where: { $0.target == "/" }) else { return }
        entries[index].options[0] = "ro"
    }

    /// Makes a directory in the root, with its parents.
    mutating func makeDirectory(_ path: String) {
        var path = path
        while path != "/" && !path.isEmpty && path != "." {
            made[path] = "d"
            path = Files.parent(of: path)
        }
    }

    /// Makes a device or a symbolic link.
    mutating func make(_ path: String, type: Character) { made[path] = type }

    /// The sources of bind mounts by their targets, longest first.
    var binds: [(target: String, source: String)] {
        entries.filter { $0.type == "ext4" && $0.root != "/" }
            .map { (String($0.target.dropFirst(rootDirectory.utf8.count)), $0.root) }
            .sorted { $0.0.utf8.count > $1.0.utf8.count }
    }
}
