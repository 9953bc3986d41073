import CLinux
import Glibc
import Kernel
import Posix

/// Reads files of a container's root without entering it: symbolic links of the image lead nowhere else.
struct RootFiles {
    let overlay: DetachedMount

    /// RESOLVE_IN_ROOT of `openat2(2)`.
    static let resolveInRoot: UInt64 = 0x10

    /// A directory, opened; `nil` when there is none.
    func directory(_ path: String) throws -> Descriptor? {
        guard let mount = overlay.descriptor else {
            let directories = (overlay.layers.upper.map { [$0] } ?? []) + overlay.layers.lower
            for directory in directories {
                let root = try Descriptor.open(directory, O_RDONLY | O_DIRECTORY)
                let number = linux_openat2(
                    root.number, path, UInt64(O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, Self.resolveInRoot)
                if number >= 0 { return Descriptor(owning: number) }
            }
            return nil
        }
        let number = linux_openat2(
            mount.number, path, UInt64(O_RDONLY | O_DIRECTORY | O_CLOEXEC), 0, Self.resolveInRoot)
        if number >= 0 { return Descriptor(owning: number) }
        if [ENOENT, ENOTDIR, ELOOP].contains(errno) { return nil }
        throw SystemError.last("opening \(path) in the container")
    }

    /// The lines of a text file; none when the file is missing.
    func lines(_ path: String) throws -> [Substring] {
        guard let bytes = try read(path) else { return [] }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    /// How long a file may be: a container can make its own as long as it likes.
    private static let limit = 16 << 20
    /// O_PATH, which Swift's Glibc leaves out.
    private static let pathOnly: UInt64 = 0o10000000

    /// The contents of a file; `nil` when it is missing.
    /// - Throws: `SystemError`, also for what is no regular file, and for one of more than 16 MiB.
    func read(_ path: String) throws -> [UInt8]? {
        func contents(below root: Descriptor) throws -> [UInt8]? {
            let number = linux_openat2(root.number, path, Self.pathOnly | UInt64(O_CLOEXEC), 0, Self.resolveInRoot)
            if number < 0 {
                if [ENOENT, ENOTDIR, ELOOP].contains(errno) { return nil }
                throw SystemError.last("opening \(path) in the container")
            }
            let file = try Descriptor(owning: number).reopenedAsFile("\(path) in the container")
            do throws(SystemError) { return try file.readToEnd(limit: Self.limit) } catch {
                throw SystemError("reading \(path) in the container", code: error.code)
            }
        }
        if let mount = overlay.descriptor { return try contents(below: mount) }
        // The simulated kernel mounts nothing: the layers are looked through from the top.
        for directory in (overlay.layers.upper.map { [$0] } ?? []) + overlay.layers.lower {
            if let found = try contents(below: try Descriptor.open(directory, O_RDONLY | O_DIRECTORY)) { return found }
        }
        return nil
    }
}
