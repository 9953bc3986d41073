import Glibc
import Posix
import Synchronization

/// Blobs that clients are sending to a registry, piece by piece.
public final class BlobUploads: Sendable {
    private let content: ContentStore
    private let state = Mutex<[String: Upload]>([:])

    /// One upload; whoever works on it has its lock.
    private final class Upload: Sendable {
        private struct Writer: @unchecked Sendable {
            // Only touched under the lock.
            var writer: BlobWriter?
        }
        private let writer: Mutex<Writer>
        let lastUse: Mutex<Int>

        init(_ writer: BlobWriter) {
            self.writer = Mutex(Writer(writer: writer))
            lastUse = Mutex(BlobUploads.now())
        }

        func use<Result>(_ body: (BlobWriter) throws(OCIError) -> Result) throws(OCIError) -> Result {
            lastUse.withLock { $0 = BlobUploads.now() }
            let outcome = writer.withLock { held -> Swift.Result<Result, OCIError> in
                guard let writer = held.writer else {
                    return .failure(.invalidParameter("the upload has ended already"))
                }
                do throws(OCIError) { return .success(try body(writer)) } catch { return .failure(error) }
            }
            return try outcome.get()
        }

        func end() { writer.withLock { $0.writer = nil } }
    }

    /// How many may be under way, and after how many seconds one that nobody goes on with is forgotten.
    private static let limit = 64
    private static let idleSeconds = 3600
    /// After how many bytes the room on the disk is looked at again.
    private static let spaceInterval: Int64 = 16 << 20

    init(into content: ContentStore) { self.content = content }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec
    }

    /// Begins one.
    /// - Returns: Its identity.
    /// - Throws: ``OCIError/conflict(_:)`` when too many are under way.
    public func begin() throws(OCIError) -> String {
        let id = (0..<2).map { _ in
            let text = String(UInt64.random(in: 0 ... .max), radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        let upload = Upload(try content.writer("upload \(id.prefix(12))"))
        let isAllowed = state.withLock { uploads in
            let now = Self.now()
            for (id, upload) in uploads where now - upload.lastUse.withLock({ $0 }) > Self.idleSeconds {
                uploads[id] = nil
            }
            guard uploads.count < Self.limit else { return false }
            uploads[id] = upload
            return true
        }
        guard isAllowed else { throw .conflict("\(Self.limit) uploads are under way; more are not taken") }
        return id
    }

    /// How many bytes have come; `nil` if there is no such upload.
    public func count(_ id: String) -> Int64? {
        guard let upload = state.withLock({ $0[id] }) else { return nil }
        return try? upload.use { (writer) in writer.count }
    }

    /// Adds the next bytes.
    ///
    /// - Parameters:
    ///   - offset: Where the client thinks they begin; `nil` if it does not say.
    ///   - next: Gives the bytes, piece by piece; `nil` at the end.
    /// - Returns: How many have come in all.
    /// - Throws: ``OCIError/conflict(_:)`` for another offset; ``OCIError/invalidParameter(_:)`` for no such upload;
    ///   ``OCIError/system(_:)`` with `ENOSPC` before the disk is full.
    public func append(
        _ id: String, at offset: Int64?, _ next: () throws(OCIError) -> [UInt8]?
    ) throws(OCIError) -> Int64 {
        try upload(id).use { (writer) throws(OCIError) in
            if let offset, offset != writer.count {
                throw .conflict("the upload has \(writer.count) bytes, the next piece begins at \(offset)")
            }
            var checked: Int64 = -Self.spaceInterval
            while let bytes = try next() {
                if writer.count - checked >= Self.spaceInterval {
                    checked = writer.count
                    guard DiskSpace.free(at: content.path) > Self.spaceInterval else {
                        throw .system(SystemError("taking an upload", code: ENOSPC))
                    }
                }
                try writer.write(bytes)
            }
            return writer.count
        }
    }

    /// Ends an upload: its bytes must have the digest.
    public func finish(_ id: String, as digest: Digest) throws(OCIError) {
        let upload = try upload(id)
        defer { cancel(id) }
        try upload.use { (writer) throws(OCIError) in
            let actual = writer.digest
            guard actual == digest else {
                throw .digestMismatch(what: "uploaded blob", expected: digest, actual: actual)
            }
            try writer.commit()
        }
    }

    /// Forgets an upload with all that came.
    public func cancel(_ id: String) { state.withLock { $0.removeValue(forKey: id) }?.end() }

    private func upload(_ id: String) throws(OCIError) -> Upload {
        guard let upload = state.withLock({ $0[id] }) else { throw .invalidParameter("there is no upload \(id)") }
        return upload
    }
}
