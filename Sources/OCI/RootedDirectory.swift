import CLinux
import Glibc
import Posix

/// A directory below which names are resolved as if it were the root: no name and no symbolic link in it leads out
/// (`openat2(2)`, `RESOLVE_IN_ROOT`).
final class RootedDirectory {
    let descriptor: Descriptor
    private var lastPath: ArchiveName?
    private var lastDirectory: Descriptor?

    init(_ path: String) throws(OCIError) {
        descriptor = try system { () throws(SystemError) in try Descriptor.open(path, O_RDONLY | O_DIRECTORY) }
    }

    /// Splits an archive's name into directory and last component, both without `.` and doubled slashes.
    ///
    /// - Returns: Both empty for the root itself.
    /// - Throws: ``OCIError/hostileEntry(name:problem:)`` for an absolute name and for one with `..`.
    static func split(_ name: ArchiveName, entry: ArchiveName) throws(OCIError) -> (
        directory: ArchiveName, last: ArchiveName
    ) {
        let slash = UInt8(ascii: "/")
        if name.bytes.first == slash {
            throw .hostileEntry(name: entry.text, problem: "\"\(name.text)\" is an absolute path")
        }
        let parts = name.bytes.split(separator: slash).filter { !$0.elementsEqual(".".utf8) }
        if parts.contains(where: { $0.elementsEqual("..".utf8) }) {
            throw .hostileEntry(name: entry.text, problem: "\"\(name.text)\" leads out of its directory with \"..\"")
        }
        guard let last = parts.last else { return (ArchiveName(""), ArchiveName("")) }
        return (ArchiveName(parts.dropLast().joined(separator: [slash])), ArchiveName(last))
    }

    private func resolve(_ path: ArchiveName, _ flags: Int32) -> Int32 {
        let shown = path.bytes.isEmpty ? ArchiveName(".") : path
        return shown.withCString { text in
            var number: Int32
            repeat {
                number = linux_openat2(
                    descriptor.number, text, UInt64(flags | O_CLOEXEC), 0,
                    Self.resolveInRoot | Self.resolveNoMagicLinks)
            } while number < 0 && (errno == EINTR || errno == EAGAIN)
            return number
        }
    }

    private static let resolveNoMagicLinks: UInt64 = 0x02
    private static let resolveInRoot: UInt64 = 0x10
    private static let pathOnly: Int32 = 0o10000000

    /// The directory of an entry, opened for use with the `…at` calls; missing ones are made with mode 0755.
    func directory(_ path: ArchiveName, entry: ArchiveName) throws(OCIError) -> Descriptor {
        if path == lastPath, let lastDirectory { return lastDirectory }
        var number = resolve(path, Self.pathOnly | O_DIRECTORY)
        if number < 0, errno == ENOENT {
            try make(path, entry: entry)
            number = resolve(path, Self.pathOnly | O_DIRECTORY)
        }
        guard number >= 0 else {
            if errno == ENOENT {
                throw .hostileEntry(
                    name: entry.text, problem: "its directory is a symbolic link to something that the archive has not")
            }
            throw .entry(name: entry.text, .last("opening its directory"))
        }
        let directory = Descriptor(owning: number)
        (lastPath, lastDirectory) = (path, directory)
        return directory
    }

    private func make(_ path: ArchiveName, entry: ArchiveName) throws(OCIError) {
        var parent = ArchiveName("")
        for part in path.bytes.split(separator: UInt8(ascii: "/")) {
            let number = resolve(parent, Self.pathOnly | O_DIRECTORY)
            guard number >= 0 else { return }
            let directory = Descriptor(owning: number)
            let failed = ArchiveName(part).withCString { mkdirat(directory.number, $0, 0o755) != 0 }
            if failed, errno != EEXIST { throw .entry(name: entry.text, .last("making its directory")) }
            if !failed {
                ArchiveName(part).withCString { _ = fchmodat(directory.number, $0, 0o755, AT_SYMLINK_NOFOLLOW) }
            }
            parent = ArchiveName(parent.bytes.isEmpty ? Array(part) : Array(parent.bytes) + [UInt8(ascii: "/")] + part)
        }
    }

    /// Opens a directory itself, for its attributes; `nil` if it is no directory (any more).
    func openDirectory(_ path: ArchiveName) -> Descriptor? {
        let number = resolve(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        return number < 0 ? nil : Descriptor(owning: number)
    }

    /// Forgets the directory that was looked up last: something that may be it was removed.
    func forget() { (lastPath, lastDirectory) = (nil, nil) }
}
