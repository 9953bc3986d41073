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

    /// The contents of a file; `nil` when it is missing.
    func read(_ path: String) throws -> [UInt8]? {
        if let mount = overlay.descriptor {
            let number = linux_openat2(mount.number, path, UInt64(O_RDONLY | O_CLOEXEC), 0, Self.resolveInRoot)
            if number < 0 {
                if [ENOENT, ENOTDIR, ELOOP].contains(errno) { return nil }
                throw SystemError.last("opening \(path) in the container")
            }
            return try Descriptor(owning: number).readToEnd()
        }
        // The simulated kernel mounts nothing: the layers are looked through from the top.
        let directories = (overlay.layers.upper.map { [$0] } ?? []) + overlay.layers.lower
        for directory in directories {
            let root = try Descriptor.open(directory, O_RDONLY | O_DIRECTORY)
            let number = linux_openat2(root.number, path, UInt64(O_RDONLY | O_CLOEXEC), 0, Self.resolveInRoot)
            if number >= 0 { return try Descriptor(owning: number).readToEnd() }
        }
        return nil
    }
}
