import Glibc
import Posix

/// Packs files and directories of this machine into an archive.
///
/// Entries come in the order of their names' bytes; sockets are left out, as Docker does.
public struct TreePacker {
    private let writer: ArchiveWriter
    private let isWanted: (ArchivePath, _ isDirectory: Bool) -> Choice
    private var links: [FileID: ArchivePath] = [:]

    /// What becomes of a file.
    public enum Choice: Sendable {
        /// It is packed.
        case packed
        /// It is left out, but what is below it may be packed.
        case leftOut
        /// It is left out with all that is below it.
        case leftOutWhole
    }

    private struct FileID: Hashable {
        var device: dev_t
        var inode: ino_t
    }

    /// A packer.
    ///
    /// - Parameters:
    ///   - writer: Where the entries go.
    ///   - isWanted: Decides about each file by its name in the archive; everything is packed without it.
    public init(
        into writer: ArchiveWriter,
        isWanted: @escaping (ArchivePath, _ isDirectory: Bool) -> Choice = { _, _ in .packed }
    ) {
        self.writer = writer
        self.isWanted = isWanted
    }

    /// Packs a file or a directory with all it holds.
    ///
    /// - Parameters:
    ///   - path: The file; a symbolic link is packed as one.
    ///   - name: What it is called in the archive; the root packs a directory's contents without itself.
    /// - Throws: `SystemError` with the operation and the path, ``ArchiveError``, and what the writer's sink throws.
    public mutating func pack(_ path: String, as name: ArchivePath) throws {
        try pack(Array(path.utf8), as: name)
    }

    /// The same for a path whose names need not be text.
    private mutating func pack(_ bytes: [UInt8], as name: ArchivePath) throws {
        let path = bytes.map { CChar(bitPattern: $0) } + [0]
        let shown = String(decoding: bytes, as: UTF8.self)
        var status = stat()
        try check("looking at \(shown)") { lstat(path, &status) }
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        let choice = name.isRoot ? .leftOut : isWanted(name, isDirectory)
        if choice == .leftOutWhole || choice == .leftOut && !isDirectory { return }
        var entry = ArchiveEntry(
            name, .file, mode: status.st_mode & 0o7777, uid: status.st_uid, gid: status.st_gid,
            modified: Int64(status.st_mtim.tv_sec))
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            entry.kind = .directory
            if choice == .packed { try writer.begin(entry) }
            let directory = Descriptor(
                owning: try check("opening \(shown)") {
                    openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                })
            let prefix = bytes.last == UInt8(ascii: "/") ? bytes : bytes + [UInt8(ascii: "/")]
            for child in try Files.list(directory, shown: shown) {
                try pack(prefix + child.bytes, as: name.appending(ArchivePath(child.bytes)))
            }
            return
        case S_IFLNK:
            var target = [UInt8](repeating: 0, count: 4096)
            let count = try check("reading link \(shown)") { readlink(path, &target, target.count) }
            entry.kind = .symbolicLink(Array(target[..<count]))
            entry.mode = 0o777
        case S_IFREG: entry.size = Int64(status.st_size)
        case S_IFCHR: entry.kind = .characterDevice(status.st_rdev)
        case S_IFBLK: entry.kind = .blockDevice(status.st_rdev)
        case S_IFIFO: entry.kind = .fifo
        default: return
        }
        if status.st_nlink > 1, entry.kind == .file {
            let file = FileID(device: status.st_dev, inode: status.st_ino)
            if let first = links[file] {
                entry.kind = .hardLink(first)
                entry.size = 0
            } else {
                links[file] = name
            }
        }
        guard entry.kind == .file else { return try writer.begin(entry) }
        try copy(path, shown, entry)
    }

    private func copy(_ path: [CChar], _ shown: String, _ entry: ArchiveEntry) throws {
        let file = Descriptor(
            owning: try check("opening \(shown)") { openat(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC) })
        try writer.begin(entry)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 * 1024, alignment: 16)
        defer { buffer.deallocate() }
        var left = entry.size
        while left > 0 {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, Int(left))])
            let count = try file.read(into: part)
            // A file that shrank meanwhile is filled up: its size was already said.
            if count == 0 { part.initializeMemory(as: UInt8.self, repeating: 0) }
            let bytes = UnsafeRawBufferPointer(rebasing: count == 0 ? part[...] : part[..<count])
            try writer.write(bytes)
            left -= Int64(bytes.count)
        }
    }
}
