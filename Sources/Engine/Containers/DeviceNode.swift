import CLinux
import Glibc
import Posix

/// A device node of the machine.
struct DeviceNode: Sendable, Equatable {
    /// Its path below `/dev`.
    var name: String
    /// `c` or `b`
    var type: Character
    var major: UInt32
    var minor: UInt32
    var mode: UInt32
    var uid: UInt32
    var gid: UInt32

    /// All device nodes below a directory, without those of terminals and shared memory, which are mounts of their own.
    static func all(below directory: String, prefix: String = "") -> [DeviceNode] {
        guard let entries = try? Files.list(directory) else { return [] }
        return entries.flatMap { entry -> [DeviceNode] in
            let path = "\(directory)/\(entry.name)"
            if entry.isDirectory {
                guard prefix.isEmpty, !["pts", "shm", "fd", "mqueue"].contains(entry.name) else { return [] }
                return all(below: path, prefix: entry.name + "/")
            }
            var status = stat()
            guard entry.name != "console", lstat(path, &status) == 0 else { return [] }
            let kind = status.st_mode & S_IFMT
            guard kind == S_IFCHR || kind == S_IFBLK else { return [] }
            return [
                DeviceNode(
                    name: prefix + entry.name, type: kind == S_IFCHR ? "c" : "b",
                    major: linux_major(UInt64(status.st_rdev)), minor: linux_minor(UInt64(status.st_rdev)),
                    mode: status.st_mode & 0o777, uid: status.st_uid, gid: status.st_gid)
            ]
        }
    }
}
