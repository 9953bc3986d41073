import Glibc
import Posix

/// A cgroup of this machine's kernel: a directory in each hierarchy (`cgroups(7)`).
final class LinuxCgroup: Cgroup {
    let path: String
    /// Its directories, version 1 first.
    let places: [CgroupPlace]

    init(path: String, places: [CgroupPlace]) {
        self.path = path
        self.places = places
    }

    /// How long a group may take to stand still, in steps of a millisecond.
    private static let freezeAttempts = 2_000

    /// The unified hierarchy's directory.
    var unifiedDirectory: String? { places.first { $0.hierarchy.isUnified }?.directory }

    /// The place of a version 1 controller.
    func version1Directory(_ controller: String) -> String? {
        places.first { !$0.hierarchy.isUnified && $0.hierarchy.controllers.contains(controller) }?.directory
    }

    var version1Directories: [(name: String, directory: String)] {
        places.filter { !$0.hierarchy.isUnified }.map { place in
            (String(place.hierarchy.mountPoint.split(separator: "/").last ?? ""), place.directory)
        }
    }

    func directory(of controller: String) -> String? {
        if let directory = version1Directory(controller) { return directory }
        guard let unified = places.first(where: { $0.hierarchy.isUnified }) else { return nil }
        // What the unified hierarchy has under another name, or without a controller.
        switch controller {
        case "devices", "freezer": return unified.directory
        case "blkio": return unified.hierarchy.controllers.contains("io") ? unified.directory : nil
        case "cpuacct": return unified.hierarchy.controllers.contains("cpu") ? unified.directory : nil
        default: return unified.hierarchy.controllers.contains(controller) ? unified.directory : nil
        }
    }

    func joinDescriptors() throws(SystemError) -> [Descriptor] {
        var descriptors: [Descriptor] = []
        for place in places { descriptors.append(try Descriptor.open(place.joinFile, O_WRONLY)) }
        return descriptors
    }

    /// The directory whose `cgroup.procs` is read; `nil` when the group is gone.
    private var processesDirectory: String? {
        // One that was made in some hierarchies only, because the engine died meanwhile, is looked at where it is.
        let directories = [unifiedDirectory].compactMap { $0 } + places.map(\.directory)
        return directories.first(where: Files.exists)
    }

    var processesFile: String { (processesDirectory ?? unifiedDirectory ?? path) + "/cgroup.procs" }

    func processes() throws(SystemError) -> [Int32] {
        guard let directory = processesDirectory else { return [] }
        // 0 stands for a process of a PID namespace that can't be seen from here.
        return try Files.text(directory + "/cgroup.procs").split(separator: "\n").compactMap { Int32($0) }.filter {
            $0 != 0
        }
    }

    /// The unified one where there is one, because a frozen process can then still be killed.
    var freezer: CgroupFreezer? {
        if let unifiedDirectory, Files.exists(unifiedDirectory + "/cgroup.freeze") { return .unified(unifiedDirectory) }
        return version1Directory("freezer").map(CgroupFreezer.version1)
    }

    func freeze() throws(SystemError) {
        guard let freezer else { throw SystemError("freezing cgroup \(path)", code: ENOTSUP) }
        for attempt in 0..<Self.freezeAttempts {
            // A version 1 group may stay half frozen for good; writing again makes the kernel look at each task again.
            if attempt % 50 == 0 { try CgroupPlace.write(freezer.frozen, to: freezer.file) }
            if try isFrozen() { return }
            usleep(1_000)
        }
        try thaw()
        throw SystemError("freezing cgroup \(path)", code: ETIMEDOUT)
    }

    func thaw() throws(SystemError) {
        guard let freezer else { throw SystemError("thawing cgroup \(path)", code: ENOTSUP) }
        try CgroupPlace.write(freezer.thawed, to: freezer.file)
    }

    func isFrozen() throws(SystemError) -> Bool {
        guard let freezer else { return false }
        let text = try Files.text(freezer.state)
        return text.trimmed == freezer.frozen || CgroupFile.counters(text)["frozen"] == 1
    }

    func kill() throws(SystemError) {
        if let unifiedDirectory, Files.exists(unifiedDirectory + "/cgroup.kill") {
            try CgroupPlace.write("1", to: unifiedDirectory + "/cgroup.kill")
            if let directory = version1Directory("freezer"), Files.exists(directory + "/freezer.state") {
                // A process that the old freezer holds dies only when it thaws.
                try? CgroupPlace.write("THAWED", to: directory + "/freezer.state")
            }
            return
        }
        // Frozen first, so that no new process escapes between reading the list and signalling.
        let wasFrozen = (try? freeze()) != nil
        for process in try processes() { Glibc.kill(process, SIGKILL) }
        if wasFrozen { try thaw() }
    }

    func outOfMemoryKills() -> Int {
        let file: String
        if let directory = version1Directory("memory") {
            file = directory + "/memory.oom_control"
        } else if let unifiedDirectory {
            file = unifiedDirectory + "/memory.events"
        } else {
            return 0
        }
        return Int((try? CgroupFile.counters(Files.text(file)))?["oom_kill"] ?? 0)
    }

    func remove() throws(SystemError) {
        for place in places { try place.remove() }
    }
}

/// The forms that control files have.
enum CgroupFile {
    /// Lines of a name and a number: `nr_periods 12`.
    static func counters(_ text: String) -> [String: UInt64] {
        var counters: [String: UInt64] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let value = UInt64(words[1]) { counters[String(words[0])] = value }
        }
        return counters
    }

    /// A number, or `max`; `nil` when the file can't be read.
    static func number(_ path: String) -> UInt64? {
        guard let text = try? Files.text(path).trimmed else { return nil }
        return text == "max" ? UInt64.max : UInt64(text)
    }
}
