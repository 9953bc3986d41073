import CArchive
import Glibc

/// Writes a tar archive entry by entry, by libarchive: ustar, with pax headers only where ustar can't say it.
///
/// The same entries give the same bytes, everywhere and always.
final class TarWriter {
    private let pointer: OpaquePointer
    private let sink: ByteSink
    private let entry: OpaquePointer
    private var failure: OCIError?
    private var isClosed = false

    init(to sink: @escaping ByteSink) throws(OCIError) {
        guard let pointer = archive_write_new(), let entry = archive_entry_new() else {
            throw .system(.last("making an archive writer"))
        }
        self.pointer = pointer
        self.entry = entry
        self.sink = sink
        archive_write_set_format_pax_restricted(pointer)
        archive_write_set_bytes_per_block(pointer, Int32(pieceSize))
        archive_write_set_bytes_in_last_block(pointer, 1)
        try check(archive_write_set_options(pointer, "xattrheader=SCHILY"))
        let box = Unmanaged.passUnretained(self).toOpaque()
        try check(
            archive_write_open(
                pointer, box, nil,
                { _, box, bytes, count in
                    guard let box else { return -1 }
                    return Unmanaged<TarWriter>.fromOpaque(box).takeUnretainedValue().take(bytes, count)
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
        do throws(OCIError) {
            try sink(UnsafeRawBufferPointer(start: bytes, count: count))
            return count
        } catch {
            failure = error
            return -1
        }
    }

    private func check(_ result: Int32) throws(OCIError) {
        if let failure { throw failure }
        if result >= ARCHIVE_WARN { return }
        let text = archive_error_string(pointer).map { String(cString: $0) } ?? "unknown error"
        throw .corruptArchive(what: "the archive that is being written", problem: text)
    }

    /// A character set in which libarchive takes UTF-8 for UTF-8; what is none it marks as binary and leaves as it is.
    private nonisolated(unsafe) static let utf8Locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil)

    /// Begins an entry. A regular file's ``TarEntry/size`` bytes follow by ``write(_:)``.
    func begin(_ facts: TarEntry) throws(OCIError) {
        let locale = uselocale(Self.utf8Locale)
        defer { uselocale(locale) }
        archive_entry_clear(entry)
        facts.name.withCString { archive_entry_copy_pathname(entry, $0) }
        archive_entry_set_perm(entry, facts.mode)
        archive_entry_set_uid(entry, Int64(facts.uid))
        archive_entry_set_gid(entry, Int64(facts.gid))
        archive_entry_set_mtime(entry, facts.modified.tv_sec, 0)
        archive_entry_set_size(entry, 0)
        switch facts.kind {
        case .regular:
            archive_entry_set_filetype(entry, S_IFREG)
            archive_entry_set_size(entry, facts.size)
        case .hardLink(let target):
            archive_entry_set_filetype(entry, S_IFREG)
            target.withCString { archive_entry_copy_hardlink(entry, $0) }
        case .symbolicLink(let target):
            archive_entry_set_filetype(entry, S_IFLNK)
            target.withCString { archive_entry_copy_symlink(entry, $0) }
        case .directory: archive_entry_set_filetype(entry, S_IFDIR)
        case .fifo: archive_entry_set_filetype(entry, S_IFIFO)
        case .socket: archive_entry_set_filetype(entry, S_IFSOCK)
        case .characterDevice(let major, let minor): setDevice(S_IFCHR, major, minor)
        case .blockDevice(let major, let minor): setDevice(S_IFBLK, major, minor)
        }
        for attribute in facts.attributes {
            attribute.value.withUnsafeBytes {
                archive_entry_xattr_add_entry(entry, attribute.name, $0.baseAddress, $0.count)
            }
        }
        try check(archive_write_header(pointer, entry))
    }

    private func setDevice(_ type: mode_t, _ major: UInt32, _ minor: UInt32) {
        archive_entry_set_filetype(entry, type)
        archive_entry_set_rdevmajor(entry, dev_t(major))
        archive_entry_set_rdevminor(entry, dev_t(minor))
    }

    /// Adds bytes to the regular file that was begun last.
    func write(_ bytes: UnsafeRawBufferPointer) throws(OCIError) {
        let result = archive_write_data(pointer, bytes.baseAddress, bytes.count)
        try check(result < 0 ? Int32(result) : ARCHIVE_OK)
    }

    /// Adds a whole file.
    func add(_ facts: TarEntry, _ bytes: [UInt8] = []) throws(OCIError) {
        var facts = facts
        facts.size = Int64(bytes.count)
        try begin(facts)
        if !bytes.isEmpty {
            try bytes.withUnsafeBufferPointer { (buffer) throws(OCIError) in try write(UnsafeRawBufferPointer(buffer)) }
        }
    }

    /// Ends the archive.
    func finish() throws(OCIError) {
        isClosed = true
        try check(archive_write_close(pointer))
    }
}
