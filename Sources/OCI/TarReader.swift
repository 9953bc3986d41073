import CArchive
import CLinux
import Glibc

/// A name in an archive: any bytes but NUL. File names are bytes on Linux, so they are never turned into text on the way
/// from an archive to the disk.
struct ArchiveName: Hashable, Comparable {
    /// The bytes with the NUL that C wants behind them.
    private let terminated: [UInt8]

    init(_ bytes: some Sequence<UInt8>) { terminated = Array(bytes) + [0] }
    init(_ text: String) { self.init(text.utf8) }
    init(_ pointer: UnsafePointer<CChar>) {
        terminated = Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer) + 1))
    }

    var bytes: ArraySlice<UInt8> { terminated.dropLast() }
    /// For people: bytes that are no UTF-8 are replaced.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    func withCString<Result, Failure: Error>(
        _ body: (UnsafePointer<CChar>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try terminated.withUnsafeBufferPointer { (buffer) throws(Failure) in
            try UnsafeRawBufferPointer(buffer).withMemoryRebound(to: CChar.self) { (characters) throws(Failure) in
                // The array is never empty: it ends with NUL.
                try body(characters.baseAddress.unsafelyUnwrapped)
            }
        }
    }

    static func < (one: ArchiveName, other: ArchiveName) -> Bool {
        one.terminated.lexicographicallyPrecedes(other.terminated)
    }
}

/// One entry of a tar archive.
struct TarEntry {
    enum Kind: Equatable {
        case regular
        case hardLink(ArchiveName)
        case symbolicLink(ArchiveName)
        case directory
        case characterDevice(major: UInt32, minor: UInt32)
        case blockDevice(major: UInt32, minor: UInt32)
        case fifo
        case socket
    }

    var name: ArchiveName
    var kind: Kind
    /// Bytes of a regular file, holes included.
    var size: Int64 = 0
    /// Whether it is a sparse file, whose data is less than its size.
    var hasHoles = false
    /// Permission bits with setuid, setgid and sticky.
    var mode: mode_t = 0o644
    var uid: uid_t = 0
    var gid: gid_t = 0
    var modified = timespec(tv_sec: 0, tv_nsec: 0)
    /// `nil` where the archive does not say.
    var accessed: timespec?
    var attributes: [(name: String, value: [UInt8])] = []
}

/// Reads a tar archive entry by entry: ustar, pax and GNU, with sparse files, by libarchive.
final class TarReader {
    private let archive: LibArchive
    private let what: String

    /// libarchive turns pax names into the thread's character set and refuses or changes what does not fit; in the C
    /// locale it leaves all bytes as they are.
    private nonisolated(unsafe) static let cLocale = newlocale(1 << LC_CTYPE, "C", nil)

    init(_ blocks: any BlockSource, what: String) throws(OCIError) {
        self.what = what
        archive = try LibArchive(reading: blocks, what: what)
        archive_read_support_format_tar(archive.pointer)
        archive_read_support_format_empty(archive.pointer)
        try archive.open()
    }

    /// The next entry; `nil` at the end of the archive. What was not read of the last one's data is skipped.
    func next() throws(OCIError) -> TarEntry? {
        let locale = uselocale(Self.cLocale)
        defer { uselocale(locale) }
        var found: OpaquePointer?
        let result = archive_read_next_header(archive.pointer, &found)
        if result == ARCHIVE_EOF { return nil }
        try archive.check(result)
        guard let entry = found, let path = archive_entry_pathname(entry) else {
            throw .corruptArchive(what: what, problem: "an entry without a name")
        }
        let name = ArchiveName(path)
        var read = TarEntry(name: name, kind: try kind(of: entry, name: name))
        if read.kind == .regular { read.size = archive_entry_size(entry) }
        read.hasHoles = archive_entry_sparse_count(entry) > 0
        read.mode = archive_entry_perm(entry)
        guard let uid = uid_t(exactly: archive_entry_uid(entry)), let gid = gid_t(exactly: archive_entry_gid(entry))
        else { throw .hostileEntry(name: name.text, problem: "its owner's number is out of range") }
        (read.uid, read.gid) = (uid, gid)
        read.modified = timespec(tv_sec: archive_entry_mtime(entry), tv_nsec: archive_entry_mtime_nsec(entry))
        if archive_entry_atime_is_set(entry) != 0 {
            read.accessed = timespec(tv_sec: archive_entry_atime(entry), tv_nsec: archive_entry_atime_nsec(entry))
        }
        if archive_entry_xattr_reset(entry) > 0 { read.attributes = Self.attributes(of: entry) }
        return read
    }

    private func kind(of entry: OpaquePointer, name: ArchiveName) throws(OCIError) -> TarEntry.Kind {
        if let target = archive_entry_hardlink(entry) { return .hardLink(ArchiveName(target)) }
        switch archive_entry_filetype(entry) {
        case S_IFREG: return .regular
        case S_IFDIR: return .directory
        case S_IFLNK:
            guard let target = archive_entry_symlink(entry) else {
                throw .corruptArchive(what: what, problem: "symbolic link \"\(name.text)\" has no target")
            }
            return .symbolicLink(ArchiveName(target))
        case S_IFCHR:
            return .characterDevice(
                major: UInt32(truncatingIfNeeded: archive_entry_rdevmajor(entry)),
                minor: UInt32(truncatingIfNeeded: archive_entry_rdevminor(entry)))
        case S_IFBLK:
            return .blockDevice(
                major: UInt32(truncatingIfNeeded: archive_entry_rdevmajor(entry)),
                minor: UInt32(truncatingIfNeeded: archive_entry_rdevminor(entry)))
        case S_IFIFO: return .fifo
        case S_IFSOCK: return .socket
        default: throw .hostileEntry(name: name.text, problem: "it is of an unknown type")
        }
    }

    private static func attributes(of entry: OpaquePointer) -> [(name: String, value: [UInt8])] {
        var found: [(name: String, value: [UInt8])] = []
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK {
            guard let name else { continue }
            found.append((String(cString: name), Array(UnsafeRawBufferPointer(start: value, count: size))))
        }
        return found.sorted { $0.name < $1.name }
    }

    /// Reads the data of the last entry: pieces with their offsets, without the holes of a sparse file.
    func readData(_ body: (UnsafeRawBufferPointer, Int64) throws(OCIError) -> Void) throws(OCIError) {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        while true {
            let result = archive_read_data_block(archive.pointer, &start, &count, &offset)
            if result == ARCHIVE_EOF { return }
            try archive.check(result)
            if count > 0 { try body(UnsafeRawBufferPointer(start: start, count: count), offset) }
        }
    }

    /// Reads the data of the last entry into memory.
    /// - Throws: ``OCIError/corruptArchive(what:problem:)`` for more than `limit` bytes.
    func data(limit: Int, of entry: TarEntry) throws(OCIError) -> [UInt8] {
        guard entry.size <= limit else {
            throw .corruptArchive(what: what, problem: "\"\(entry.name.text)\" has more than \(limit) bytes")
        }
        var bytes = [UInt8](repeating: 0, count: Int(entry.size))
        try readData { (piece, offset) throws(OCIError) in
            let start = Int(offset)
            if start + piece.count <= bytes.count { bytes.replaceSubrange(start..<start + piece.count, with: piece) }
        }
        return bytes
    }
}
