import Glibc
import Posix

/// One group in one hierarchy: a directory.
struct CgroupPlace: Sendable {
    /// The hierarchy.
    let hierarchy: CgroupHierarchy
    /// The parent group's directory.
    let parentDirectory: String
    /// The group's directory.
    let directory: String
    private let parent: String

    init(hierarchy: CgroupHierarchy, parent: String, name: String) {
        self.hierarchy = hierarchy
        self.parent = parent
        parentDirectory = hierarchy.directory(parent)
        directory = "\(parentDirectory)/\(name)"
    }

    /// How often and how long a group that its last process has just left is asked to go, in steps of 5 ms.
    private static let removalAttempts = 40

    /// Makes the engine's parent group when it is missing, and hands the controllers down on the way.
    func prepareParent() throws(SystemError) {
        // The base exists; each further element of the parent's path may be missing.
        var directories = [hierarchy.mountPoint + hierarchy.base]
        for element in parent.split(separator: "/") { directories.append("\(directories.last ?? "")/\(element)") }
        if hierarchy.isUnified {
            for (index, directory) in directories.enumerated() {
                if index > 0 { try makeIfMissing(directory) }
                handDownControllers(directory)
            }
            return
        }
        for (above, directory) in zip(directories, directories.dropFirst()) where !Files.exists(directory) {
            try makeIfMissing(directory)
            guard hierarchy.controllers.contains("cpuset") else { continue }
            try Self.copyProcessors(from: above, to: directory)
            // New groups below it then get their parent's processors from the kernel (cgroup-v1/cgroups.rst).
            try? Self.write("1", to: directory + "/cgroup.clone_children")
        }
    }

    private func makeIfMissing(_ directory: String) throws(SystemError) {
        if mkdir(directory, 0o755) != 0 && errno != EEXIST { throw .last("making cgroup \(directory)") }
    }

    /// Enables each controller on its own, so that one that can't be handed down keeps no other from it. What a group
    /// has got in the end is seen when its files are written.
    private func handDownControllers(_ directory: String) {
        let enabled = Set(CgroupHierarchy.words(directory + "/cgroup.subtree_control"))
        for controller in CgroupHierarchy.words(directory + "/cgroup.controllers") where !enabled.contains(controller) {
            try? Self.write("+" + controller, to: directory + "/cgroup.subtree_control")
        }
    }

    /// Gives a new version 1 cpuset its parent's processors and memory nodes, if the kernel has not.
    func inheritProcessors() throws(SystemError) {
        guard !hierarchy.isUnified, hierarchy.controllers.contains("cpuset") else { return }
        if CgroupHierarchy.words(directory + "/cpuset.cpus").isEmpty {
            try Self.copyProcessors(from: parentDirectory, to: directory)
        }
    }

    private static func copyProcessors(from above: String, to directory: String) throws(SystemError) {
        for file in ["cpuset.cpus", "cpuset.mems"] {
            let value = try Files.text("\(above)/\(file)").trimmed
            if !value.isEmpty { try write(value, to: "\(directory)/\(file)") }
        }
    }

    /// The file through which a process joins. A single task moves several times faster through `tasks` than through
    /// `cgroup.procs`, which waits for all processors (version 1).
    var joinFile: String { directory + (hierarchy.isUnified ? "/cgroup.procs" : "/tasks") }

    /// Removes the directory and any groups that were made below it.
    func remove() throws(SystemError) {
        var attempts = Self.removalAttempts
        while rmdir(directory) != 0 {
            let code = errno
            if code == ENOENT { return }
            attempts -= 1
            guard code == EBUSY || code == ENOTEMPTY, attempts > 0 else {
                throw SystemError("removing cgroup \(directory)", code: code)
            }
            removeGroups(below: directory)
            usleep(5_000)
        }
    }

    private func removeGroups(below directory: String) {
        for entry in (try? Files.list(directory)) ?? [] where entry.isDirectory {
            removeGroups(below: "\(directory)/\(entry.name)")
            rmdir("\(directory)/\(entry.name)")
        }
    }

    /// Writes a control file. It is never created: a missing one is ENOENT.
    static func write(_ value: String, to path: String) throws(SystemError) {
        let file = try Descriptor.open(path, O_WRONLY | O_TRUNC)
        do throws(SystemError) { try file.write(value) } catch {
            throw SystemError("writing \"\(value)\" to \(path)", code: error.code)
        }
    }
}

extension String {
    /// Without white space at both ends.
    var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
