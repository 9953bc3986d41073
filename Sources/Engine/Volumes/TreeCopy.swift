import CLinux
import Glibc
import Posix

/// Copies a directory's contents as they are: owners, modes, times, links, devices, extended attributes.
///
/// It never follows a symbolic link, so nothing outside of the two directories is read or written.
struct TreeCopy {
    /// How many entries were copied.
    private(set) var entries = 0
    private let target: Descriptor
    private var links: [FileID: [CChar]] = [:]

    private struct FileID: Hashable {
        var device: dev_t
        var inode: ino_t
    }

    /// Copies what is in `source` into the empty directory `target`, which gets the source's owner and mode.
    /// - Returns: How many entries were copied.
    static func contents(of source: Descriptor, to target: Descriptor) throws(SystemError) -> Int {
        var copy = TreeCopy(target: target)
        try copy.directory(source, to: target, path: [])
        try copy.describe(source, target)
        return copy.entries
    }

    private init(target: Descriptor) { self.target = target }

    private mutating func directory(_ source: Descriptor, to copy: Descriptor, path: [CChar]) throws(SystemError) {
        for entry in try Files.list(source, shown: "a directory") {
            entries += 1
            let (name, shown) = (entry.terminated, entry.name)
            var status = stat()
            try check("looking at \(shown)") { fstatat(source.number, name, &status, AT_SYMLINK_NOFOLLOW) }
            let place = (path.isEmpty ? [] : path + [CChar(bitPattern: UInt8(ascii: "/"))]) + name.dropLast()
            let file = FileID(device: status.st_dev, inode: status.st_ino)
            let kind = status.st_mode & S_IFMT
            if kind != S_IFDIR, status.st_nlink > 1 {
                if let first = links[file] {
                    try check("linking \(shown)") { linkat(target.number, first + [0], copy.number, name, 0) }
                    continue
                }
                links[file] = place
            }
            switch kind {
            case S_IFDIR:
                let from = try Self.open(source, name, O_RDONLY | O_DIRECTORY, shown)
                try check("making \(shown)") { mkdirat(copy.number, name, 0o700) }
                let to = try Self.open(copy, name, O_RDONLY | O_DIRECTORY, shown)
                try directory(from, to: to, path: place)
                try describe(from, to)
            case S_IFREG:
                let from = try Self.open(source, name, ContainerFiles.pathOnly, shown).reopenedAsFile(shown)
                let to = Descriptor(
                    owning: try check("making \(shown)") {
                        openat(copy.number, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
                    })
                while true {
                    let piece = try from.read(upTo: 256 * 1024)
                    if piece.isEmpty { break }
                    do throws(SystemError) { try to.write(piece) } catch {
                        throw SystemError("writing \(shown)", code: error.code)
                    }
                }
                try describe(from, to)
            case S_IFLNK:
                var link = [CChar](repeating: 0, count: 4097)
                try check("reading link \(shown)") { readlinkat(source.number, name, &link, 4096) }
                try check("linking \(shown)") { symlinkat(link, copy.number, name) }
                try describe(name, status, in: copy, shown)
            case S_IFSOCK: continue
            default:
                try check("making \(shown)") { mknodat(copy.number, name, status.st_mode, status.st_rdev) }
                try describe(name, status, in: copy, shown)
                try check("setting the mode of \(shown)") {
                    fchmodat(copy.number, name, status.st_mode & 0o7777, AT_SYMLINK_NOFOLLOW)
                }
            }
        }
    }

    private static func open(_ parent: Descriptor, _ name: [CChar], _ flags: Int32, _ shown: String)
        throws(SystemError) -> Descriptor
    {
        Descriptor(
            owning: try check("opening \(shown)") { openat(parent.number, name, flags | O_NOFOLLOW | O_CLOEXEC) })
    }

    /// Owner before mode: a change of owner clears setuid.
    private func describe(_ source: Descriptor, _ copy: Descriptor) throws(SystemError) {
        var status = stat()
        try check("looking at a file") { fstat(source.number, &status) }
        if geteuid() == 0 {
            try check("changing an owner") { fchown(copy.number, status.st_uid, status.st_gid) }
        }
        try check("setting a mode") { fchmod(copy.number, status.st_mode & 0o7777) }
        try copyAttributes(source, copy)
        let times = [status.st_atim, status.st_mtim]
        try check("setting times") { futimens(copy.number, times) }
    }

    private func describe(_ name: [CChar], _ status: stat, in copy: Descriptor, _ shown: String) throws(SystemError) {
        if geteuid() == 0 {
            try check("changing the owner of \(shown)") {
                fchownat(copy.number, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW)
            }
        }
        let times = [status.st_atim, status.st_mtim]
        try check("setting the times of \(shown)") { utimensat(copy.number, name, times, AT_SYMLINK_NOFOLLOW) }
    }

    private func copyAttributes(_ source: Descriptor, _ copy: Descriptor) throws(SystemError) {
        var list = [CChar](repeating: 0, count: 65536)
        let count = flistxattr(source.number, &list, list.count)
        // A file system without attributes has none to copy.
        guard count > 0 else { return }
        for name in list[..<count].split(separator: 0).map({ Array($0) + [0] }) {
            let text = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // What overlayfs notes for itself means nothing in a volume.
            if text.contains(".overlay.") { continue }
            var value = [UInt8](repeating: 0, count: 65536)
            let size = fgetxattr(source.number, name, &value, value.count)
            guard size >= 0 else { continue }
            if fsetxattr(copy.number, name, value, size, 0) != 0, ![ENOTSUP, EPERM].contains(errno) {
                throw .last("setting attribute \(text)")
            }
        }
    }
}
