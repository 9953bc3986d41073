import CArchive
import Glibc

/// Writes a tar archive entry by entry, by libarchive: ustar, with pax headers only where ustar can't say it.
public final class ArchiveWriter {
    private let pointer: OpaquePointer
    private let entry: OpaquePointer
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private var failure: (any Error)?
    private var isClosed = false

    /// A character set in which libarchive takes UTF-8 for UTF-8; what is none it marks as binary and leaves as it is.
    private nonisolated(unsafe) static let utf8Locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil)

    /// A writer.
    ///
    /// - Parameters:
    ///   - compresses: Whether the archive is compressed with gzip.
    ///   - sink: Takes the archive's bytes, which are valid only during the call.
    public init(compresses: Bool = false, to sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let pointer = archive_write_new(), let entry = archive_entry_new() else {
            throw ArchiveError.damaged("no memory for a writer")
        }
        self.pointer = pointer
        self.entry = entry
        self.sink = sink
        archive_write_set_format_pax_restricted(pointer)
        if compresses { try check(archive_write_add_filter_gzip(pointer)) }
        archive_write_set_bytes_per_block(pointer, 256 * 1024)
        archive_write_set_bytes_in_last_block(pointer, 1)
        let box = Unmanaged.passUnretained(self).toOpaque()
        try check(
            archive_write_open(
                pointer, box, nil,
                { _, box, bytes, count in
                    guard let box else { return -1 }
                    return Unmanaged<ArchiveWriter>.fromOpaque(box).takeUnretainedValue().take(bytes, count)
                }, nil))
    }

    deinit {
        // An archive that was not finished must not write its end when it is freed.
        if !isClosed { archive_write_fail(pointer) }
        archive_write_free(pointer)
        archive_entry_free(entry)
    }

    private func take(_ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
        if failure != nil { return -1 }
        do {
            try sink(UnsafeRawBufferPointer(start: bytes, count: count))
            return count
        } catch {
            failure = error
            return -1
        }
    }

    private func check(_ result: Int32) throws {
        if let failure { throw failure }
        if result >= ARCHIVE_WARN { return }
        throw ArchiveError.damaged(archive_error_string(pointer).map { String(cString: $0) } ?? "unknown error")
    }

    /// Begins an entry. A file's ``ArchiveEntry/size`` bytes follow by ``write(_:)``.
    public func begin(_ facts: ArchiveEntry) throws {
        let locale = uselocale(Self.utf8Locale)
        defer { uselocale(locale) }
        archive_entry_clear(entry)
        facts.path.withCString { archive_entry_copy_pathname(entry, $0) }
        archive_entry_set_perm(entry, facts.mode)
        archive_entry_set_uid(entry, Int64(facts.uid))
        archive_entry_set_gid(entry, Int64(facts.gid))
        archive_entry_set_mtime(entry, Int(facts.modified), 0)
        archive_entry_set_size(entry, 0)
        switch facts.kind {
        case .file:
            archive_entry_set_filetype(entry, S_IFREG)
            archive_entry_set_size(entry, facts.size)
        case .hardLink(let target):
            archive_entry_set_filetype(entry, S_IFREG)
            target.withCString { archive_entry_copy_hardlink(entry, $0) }
        case .symbolicLink(let target):
            archive_entry_set_filetype(entry, S_IFLNK)
            let text = target.map { CChar(bitPattern: $0) } + [0]
            archive_entry_copy_symlink(entry, text)
        case .directory: archive_entry_set_filetype(entry, S_IFDIR)
        case .fifo: archive_entry_set_filetype(entry, S_IFIFO)
        case .characterDevice(let number):
            archive_entry_set_filetype(entry, S_IFCHR)
            archive_entry_set_rdev(entry, number)
        case .blockDevice(let number):
            archive_entry_set_filetype(entry, S_IFBLK)
            archive_entry_set_rdev(entry, number)
        }
        try check(archive_write_header(pointer, entry))
    }

    /// Adds bytes to the file that was begun last.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        if bytes.isEmpty { return }
        let result = archive_write_data(pointer, bytes.baseAddress, bytes.count)
        try check(result < 0 ? Int32(result) : ARCHIVE_OK)
    }

    /// Adds a whole file.
    public func add(_ facts: ArchiveEntry, _ bytes: [UInt8] = []) throws {
        var facts = facts
        facts.size = Int64(bytes.count)
        try begin(facts)
        try bytes.withUnsafeBytes { try write($0) }
    }

    /// Ends the archive.
    public func finish() throws {
        isClosed = true
        try check(archive_write_close(pointer))
    }
}
