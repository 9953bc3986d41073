import CArchive
import Glibc
public import Posix

/// Reads a tar archive entry by entry, plain or compressed with gzip or zstd, by libarchive.
public final class ArchiveReader {
    private let pointer: OpaquePointer
    private let pull: () throws -> [UInt8]
    private let bound: UnpackBound?
    private var block: UnsafeMutableRawBufferPointer?
    private var failure: (any Error)?
    private var isOpen = false

    /// libarchive turns pax names into the thread's character set and refuses or changes what does not fit; in the C
    /// locale it leaves all bytes as they are.
    private nonisolated(unsafe) static let cLocale = newlocale(1 << LC_CTYPE, "C", nil)

    /// A reader.
    ///
    /// - Parameters:
    ///   - bound: What the archive may unpack to; `nil` for an archive of one's own.
    ///   - pull: Gives the archive's next bytes, none at its end.
    public init(bound: UnpackBound? = nil, _ pull: @escaping () throws -> [UInt8]) throws {
        guard let pointer = archive_read_new() else { throw ArchiveError.damaged("no memory for a reader") }
        self.pointer = pointer
        self.pull = pull
        self.bound = bound
        archive_read_support_filter_gzip(pointer)
        archive_read_support_filter_zstd(pointer)
        archive_read_support_format_tar(pointer)
        archive_read_support_format_empty(pointer)
    }

    deinit {
        archive_read_free(pointer)
        block?.deallocate()
    }

    private func open() throws {
        isOpen = true
        let box = Unmanaged.passUnretained(self).toOpaque()
        try check(
            archive_read_open(
                pointer, box, nil,
                { _, box, bytes in
                    guard let box, let bytes else { return -1 }
                    return Unmanaged<ArchiveReader>.fromOpaque(box).takeUnretainedValue().give(bytes)
                }, nil))
    }

    private func give(_ place: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
        do {
            let bytes = try pull()
            block?.deallocate()
            let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 16)
            copy.copyBytes(from: bytes)
            block = copy
            place.pointee = UnsafeRawPointer(copy.baseAddress)
            return bytes.count
        } catch {
            failure = error
            return -1
        }
    }

    /// Throws what the source threw, or what libarchive says; its warnings are about character sets and are none here.
    private func check(_ result: Int32) throws {
        if let failure { throw failure }
        if result >= ARCHIVE_WARN { return try checkGrowth() }
        throw ArchiveError.damaged(archive_error_string(pointer).map { String(cString: $0) } ?? "unknown error")
    }

    /// Whether what was read so far has become too much.
    private func checkGrowth() throws {
        let isCompressed = archive_filter_count(pointer) > 1
        let excess = bound?.excess(
            compressed: isCompressed ? archive_filter_bytes(pointer, -1) : nil,
            unpacked: archive_filter_bytes(pointer, 0))
        if let excess { throw ArchiveError.tooLarge(excess) }
    }

    /// The next entry; `nil` at the end. What was not read of the last one's data is skipped. Sockets are left out.
    /// - Throws: ``ArchiveError``, and what the source throws.
    public func next() throws -> ArchiveEntry? {
        let locale = uselocale(Self.cLocale)
        defer { uselocale(locale) }
        if !isOpen { try open() }
        while true {
            var found: OpaquePointer?
            let result = archive_read_next_header(pointer, &found)
            if result == ARCHIVE_EOF { return nil }
            try check(result)
            guard let entry = found, let name = archive_entry_pathname(entry) else {
                throw ArchiveError.damaged("an entry without a name")
            }
            let path = ArchivePath(name)
            guard let kind = try kind(of: entry, path) else { continue }
            guard let uid = uid_t(exactly: archive_entry_uid(entry)), let gid = gid_t(exactly: archive_entry_gid(entry))
            else { throw ArchiveError.hostile(entry: path.text, problem: "its owner's number is out of range") }
            return ArchiveEntry(
                path, kind, size: kind == .file ? archive_entry_size(entry) : 0, mode: archive_entry_perm(entry),
                uid: uid, gid: gid, modified: Int64(archive_entry_mtime(entry)))
        }
    }

    private func kind(of entry: OpaquePointer, _ path: ArchivePath) throws -> ArchiveEntry.Kind? {
        if let target = archive_entry_hardlink(entry) { return .hardLink(ArchivePath(target)) }
        switch archive_entry_filetype(entry) {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        case S_IFLNK:
            guard let target = archive_entry_symlink(entry) else {
                throw ArchiveError.damaged("symbolic link \"\(path.text)\" has no target")
            }
            return .symbolicLink(Array(UnsafeRawBufferPointer(start: target, count: strlen(target))))
        case S_IFCHR: return .characterDevice(archive_entry_rdev(entry))
        case S_IFBLK: return .blockDevice(archive_entry_rdev(entry))
        case S_IFIFO: return .fifo
        case S_IFSOCK: return nil
        default: throw ArchiveError.hostile(entry: path.text, problem: "it is of an unknown type")
        }
    }

    /// Reads the data of the last entry: pieces with their offsets, without the holes of a sparse file.
    public func data(_ body: (UnsafeRawBufferPointer, Int64) throws -> Void) throws {
        var start: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        while true {
            let result = archive_read_data_block(pointer, &start, &count, &offset)
            if result == ARCHIVE_EOF { return }
            try check(result)
            if count > 0 { try body(UnsafeRawBufferPointer(start: start, count: count), offset) }
        }
    }

    /// Whether bytes begin a tar archive, plain or compressed: how `docker build -` and `ADD` tell archives from files.
    ///
    /// - Parameter bytes: The first 512 bytes, or all if there are fewer.
    public static func recognises(_ bytes: [UInt8]) -> Bool {
        let compressions: [[UInt8]] = [
            [0x1F, 0x8B, 0x08], [0x28, 0xB5, 0x2F, 0xFD], [0x42, 0x5A, 0x68], [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00],
        ]
        if compressions.contains(where: { bytes.starts(with: $0) }) { return true }
        return bytes.count >= 512 && bytes[257..<262].elementsEqual("ustar".utf8)
    }
}
