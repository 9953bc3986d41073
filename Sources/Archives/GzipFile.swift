import CArchive
import Glibc
public import Posix

/// Files compressed with gzip, by libarchive's `raw` format.
public enum GzipFile {
    private static let pieceSize = 64 * 1024

    /// Compresses a file to another.
    ///
    /// - Throws: `SystemError` from the files, ``ArchiveError`` from libarchive.
    public static func compress(_ source: Descriptor, to target: Descriptor) throws {
        guard let archive = archive_write_new(), let entry = archive_entry_new() else {
            throw ArchiveError.damaged("no memory for a writer")
        }
        defer {
            archive_entry_free(entry)
            archive_write_free(archive)
        }
        func check(_ result: Int32) throws {
            guard result < ARCHIVE_WARN else { return }
            let problem = archive_error_string(archive).map { String(cString: $0) } ?? "unknown error"
            throw SystemError("compressing a file: \(problem)", code: archive_errno(archive))
        }
        try check(archive_write_set_format_raw(archive))
        try check(archive_write_add_filter_gzip(archive))
        try check(archive_write_open_fd(archive, target.number))
        // The raw format takes one entry, a regular file without facts.
        archive_entry_set_filetype(entry, mode_t(Glibc.S_IFREG))
        try check(archive_write_header(archive, entry))
        while true {
            let piece = try source.read(upTo: pieceSize)
            if piece.isEmpty { break }
            let written = piece.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
            if written < 0 { try check(ARCHIVE_FATAL) }
        }
        try check(archive_write_close(archive))
    }
}

/// Reads what ``GzipFile`` or `gzip(1)` has compressed.
public final class GzipReader {
    private let archive: OpaquePointer
    // libarchive reads from it for as long as there is a reader.
    private let source: Descriptor
    private var isAtEnd = false

    /// A reader of a file.
    /// - Throws: ``ArchiveError`` for a file that is not compressed with gzip.
    public init(_ source: Descriptor) throws {
        guard let archive = archive_read_new() else { throw ArchiveError.damaged("no memory for a reader") }
        self.archive = archive
        self.source = source
        archive_read_support_filter_gzip(archive)
        archive_read_support_format_raw(archive)
        archive_read_support_format_empty(archive)
        try check(archive_read_open_fd(archive, source.number, 64 * 1024))
        var entry: OpaquePointer?
        let result = archive_read_next_header(archive, &entry)
        if result == ARCHIVE_EOF { isAtEnd = true } else { try check(result) }
    }

    deinit { archive_read_free(archive) }

    private func check(_ result: Int32) throws {
        if result >= ARCHIVE_WARN { return }
        throw ArchiveError.damaged(archive_error_string(archive).map { String(cString: $0) } ?? "unknown error")
    }

    /// The next bytes, at most so many; none at the end.
    public func read(upTo count: Int) throws -> [UInt8] {
        if isAtEnd { return [] }
        var failure: Int32 = ARCHIVE_OK
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let read = archive_read_data(archive, buffer.baseAddress, buffer.count)
            filled = max(0, read)
            if read < 0 { failure = Int32(clamping: read) }
        }
        try check(failure)
        if bytes.isEmpty { isAtEnd = true }
        return bytes
    }
}
