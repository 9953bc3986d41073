import Glibc
import Posix

/// A layer that lies on every image: the mount points that the engine needs, so that a container's own layer stays
/// empty until the container itself writes (Docker keeps one such layer for each container, named `…-init`).
enum InitLayer {
    private static let directories = ["dev", "dev/pts", "dev/shm", "proc", "sys", "etc"]
    private static let files = [".dockerenv", "etc/hosts", "etc/hostname", "etc/resolv.conf"]

    /// Makes what is missing of it.
    static func prepare(at path: String) throws(SystemError) {
        try Files.makeDirectories(path)
        try check("setting the mode of \(path)") { chmod(path, 0o755) }
        for directory in directories { try Files.makeDirectories("\(path)/\(directory)") }
        for file in files where !Files.exists("\(path)/\(file)") {
            try Files.replace("\(path)/\(file)", with: [], mode: 0o755)
        }
        if !Files.exists("\(path)/dev/console") {
            try Files.replace("\(path)/dev/console", with: [], mode: 0o755)
        }
        if !Files.exists("\(path)/etc/mtab") {
            try check("linking \(path)/etc/mtab") { symlink("/proc/mounts", "\(path)/etc/mtab") }
        }
    }
}
