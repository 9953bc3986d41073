import Glibc
import Posix

/// Unpacks archives below a directory; nothing an archive says reaches outside.
public struct TreeUnpacker {
    /// Whose the unpacked files are.
    public enum Owner: Sendable, Equatable {
        /// Whoever unpacks them.
        case caller
        /// The archive's.
        case archive
        /// These numbers.
        case fixed(uid: uid_t, gid: gid_t)

        /// The archive's, where there are several users for root to give files to; whoever unpacks them elsewhere.
        public static var archiveIfAllowed: Owner { geteuid() == 0 && UserMap.users.count > 1 ? .archive : .caller }
    }

    private let tree: RootedTree
    private let owner: Owner
    // Modes and times of directories are set last: filling a directory changes its time and may need its write bit.
    private var directories: [ArchivePath: ArchiveEntry] = [:]

    /// An unpacker into a tree.
    public init(into tree: RootedTree, owner: Owner) {
        self.tree = tree
        self.owner = owner
    }

    /// Unpacks all of an archive.
    ///
    /// - Parameters:
    ///   - reader: The archive.
    ///   - rename: Gives each entry the name that it gets here; `nil` leaves it out.
    /// - Throws: ``ArchiveError``, `SystemError` naming the entry, and what the reader's source throws.
    public mutating func unpack(_ reader: ArchiveReader, rename: (ArchivePath) throws -> ArchivePath? = { $0 }) throws {
        while var entry = try reader.next() {
            if entry.path.leadsOut {
                throw ArchiveError.hostile(entry: entry.path.text, problem: "it leads out of its directory with \"..\"")
            }
            guard let path = try rename(entry.path) else { continue }
            entry.path = path
            if case .hardLink(let target) = entry.kind {
                if target.leadsOut {
                    throw ArchiveError.hostile(entry: path.text, problem: "its target leads out with \"..\"")
                }
                entry.kind = .hardLink(try rename(target) ?? target)
            }
            try place(entry) { try reader.data($0) }
        }
        try finish()
    }

    /// Makes one entry.
    /// - Parameter data: Gives the bytes of a file, in pieces with their offsets.
    public mutating func place(
        _ entry: ArchiveEntry, data: ((UnsafeRawBufferPointer, Int64) throws -> Void) throws -> Void
    ) throws {
        if entry.path.isRoot {
            directories[entry.path] = entry
            return
        }
        let parent = try tree.directory(entry.path.parent, owner: parentOwner)
        let name = entry.path.last
        var status = stat()
        let exists = name.withCString { fstatat(parent.number, $0, &status, AT_SYMLINK_NOFOLLOW) } == 0
        let isDirectory = exists && status.st_mode & S_IFMT == S_IFDIR
        if entry.kind == .directory {
            // A link to a directory stands for it, as when a tree is laid over one that links /bin to /usr/bin.
            if exists, !isDirectory, try tree.status(entry.path, follows: true)?.isDirectory == true { return }
            if exists, !isDirectory {
                throw SystemError("cannot overwrite non-directory \"\(entry.path.text)\" with directory", code: EEXIST)
            }
            if !exists {
                try check("making directory \(entry.path.text)") {
                    name.withCString { mkdirat(parent.number, $0, 0o700) }
                }
            }
            directories[entry.path] = entry
            return
        }
        if isDirectory {
            throw SystemError("cannot overwrite directory \"\(entry.path.text)\" with non-directory", code: EISDIR)
        }
        if exists { try check("replacing \(entry.path.text)") { name.withCString { unlinkat(parent.number, $0, 0) } } }
        try make(entry, name, in: parent, data: data)
    }

    private var parentOwner: (uid: uid_t, gid: gid_t)? {
        if case .fixed(let uid, let gid) = owner { (uid, gid) } else { nil }
    }

    private func make(
        _ entry: ArchiveEntry, _ name: ArchivePath, in parent: Descriptor,
        data: ((UnsafeRawBufferPointer, Int64) throws -> Void) throws -> Void
    ) throws {
        let what = "making \(entry.path.text)"
        switch entry.kind {
        case .file:
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
            let file = Descriptor(
                owning: try check(what) { name.withCString { openat(parent.number, $0, flags, 0o600) } })
            try data { bytes, offset in
                try check("writing \(entry.path.text)") { Int32(clamping: lseek(file.number, Int(offset), SEEK_SET)) }
                do throws(SystemError) { try file.write(bytes) } catch {
                    throw SystemError("writing \(entry.path.text)", code: error.code)
                }
            }
            try check(what) { ftruncate(file.number, Int(entry.size)) }
        case .hardLink(let target):
            guard let source = try tree.open(target.parent, O_RDONLY | O_DIRECTORY) else {
                throw SystemError("linking \(entry.path.text)", code: ENOENT)
            }
            try check("linking \(entry.path.text)") {
                target.last.withCString { old in
                    name.withCString { linkat(source.number, old, parent.number, $0, 0) }
                }
            }
            return
        case .symbolicLink(let target):
            let text = target.map { CChar(bitPattern: $0) } + [0]
            try check(what) { name.withCString { symlinkat(text, parent.number, $0) } }
        case .fifo: try check(what) { name.withCString { mknodat(parent.number, $0, S_IFIFO | 0o600, 0) } }
        case .characterDevice(let number):
            try check(what) { name.withCString { mknodat(parent.number, $0, S_IFCHR | 0o600, number) } }
        case .blockDevice(let number):
            try check(what) { name.withCString { mknodat(parent.number, $0, S_IFBLK | 0o600, number) } }
        case .directory: return
        }
        try describe(entry, name, in: parent)
    }

    /// Sets owner, mode and time.
    private func describe(_ entry: ArchiveEntry, _ name: ArchivePath, in parent: Descriptor) throws {
        let what = "describing \(entry.path.text)"
        let owner: (uid: uid_t, gid: gid_t)? =
            switch self.owner {
            case .caller: nil
            case .archive: (entry.uid, entry.gid)
            case .fixed(let uid, let gid): (uid, gid)
            }
        if let owner {
            try check(what) {
                name.withCString { fchownat(parent.number, $0, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) }
            }
        }
        if case .symbolicLink = entry.kind {
        } else {
            // Set-user-ID bits are for the owner that the archive names, not for whoever happens to unpack it.
            let mode = self.owner == .caller ? entry.mode & 0o1777 : entry.mode
            // Whoever lives in the tree may put a link in the place of what was just made.
            try check(what) { name.withCString { fchmodat(parent.number, $0, mode, AT_SYMLINK_NOFOLLOW) } }
        }
        let time = timespec(tv_sec: Int(entry.modified), tv_nsec: 0)
        try check(what) { name.withCString { utimensat(parent.number, $0, [time, time], AT_SYMLINK_NOFOLLOW) } }
    }

    /// Gives the directories their owners, modes and times; call it once after the last entry.
    public mutating func finish() throws {
        for (path, entry) in directories.sorted(by: { $1.key < $0.key }) {
            guard !path.isRoot, let parent = try tree.open(path.parent, O_RDONLY | O_DIRECTORY) else { continue }
            try describe(entry, path.last, in: parent)
        }
        directories = [:]
    }
}

extension stat {
    /// Whether it is a directory.
    public var isDirectory: Bool { st_mode & S_IFMT == S_IFDIR }
}
