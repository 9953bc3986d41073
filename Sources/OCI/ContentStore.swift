import Glibc
import OrderedJSON
public import Posix
import Synchronization

/// Blobs by digest, in a directory that is a plain OCI image layout: `oci-layout`, `index.json`, `blobs/sha256/…`.
///
/// Any tool that reads image layouts can read it. A blob appears under its name only when all its bytes are written
/// and hash to it; until then it is in `ingest/`, which is emptied when the store opens. The index never names a document
/// that is not safely on the disk. Layers' archives are not waited for: that took up to ten times as long as all else
/// together, and one that a power loss damaged is noticed by its digest whenever it is read.
public final class ContentStore: Sendable {
    /// The layout's directory.
    public let path: String
    /// Documents that have their names, but that nobody waited for the disk for yet.
    private let unsynced = Mutex<Set<Digest>>([])
    private let damage = Mutex<IndexDamage?>(nil)

    /// Opens the store in a directory, made if it is missing; what an interrupted writer left is removed.
    /// - Throws: ``OCIError/system(_:)``; ``OCIError/unsupported(_:)`` for a layout of another version.
    public init(at path: String) throws(OCIError) {
        self.path = path
        try system { () throws(SystemError) in
            try Files.makeDirectories("\(path)/blobs/sha256")
            try Files.removeTree("\(path)/ingest")
            try Files.makeDirectories("\(path)/ingest")
        }
        makeReserve()
        let marker = "\(path)/oci-layout"
        switch Self.layoutVersion(marker) {
        case "1.0.0": break
        case .some: throw .unsupported("the image layout version of \(path)")
        // All that it ever says is the version: a damaged one is as good as none.
        case nil:
            let json: JSON = ["imageLayoutVersion": .string("1.0.0")]
            try system { () throws(SystemError) in try Files.replace(marker, with: json.encoded()) }
        }
        let index = "\(path)/index.json"
        if Files.exists(index) {
            do throws(OCIError) { _ = try self.index() } catch { try restoreIndex(index, because: error) }
        } else {
            try replaceIndex(ImageIndex())
        }
    }

    private static func layoutVersion(_ marker: String) -> String? {
        guard let bytes = try? Files.read(marker), let json = try? JSON(parsing: bytes) else { return nil }
        return json["imageLayoutVersion"]?.string
    }

    /// An index that could not be read, when the store was opened.
    public struct IndexDamage: Sendable, Equatable {
        /// What was wrong with it; it names the file.
        public var reason: String
        /// Where the damaged file is now.
        public var keptAt: String
        /// How many of its entries could still be read.
        public var entries: Int
    }

    /// What happened to the index when the store was opened; `nil` for a sound one.
    public var indexDamage: IndexDamage? { damage.withLock { $0 } }

    /// Makes a damaged index anew of what can be read of it; the old one gets another name.
    private func restoreIndex(_ file: String, because reason: OCIError) throws(OCIError) {
        let rescued = ImageIndex(salvaging: (try? Files.read(file)) ?? [])
        let kept = try system { () throws(SystemError) in try Files.setAside(file) }
        try replaceIndex(rescued)
        damage.withLock {
            $0 = IndexDamage(reason: "\(reason)", keptAt: kept, entries: rescued.manifests.count)
        }
    }

    /// Where a blob is, or would be.
    public func path(of digest: Digest) -> String { "\(path)/blobs/sha256/\(digest.hexadecimal)" }

    /// A blob's size in bytes; `nil` if it is not here.
    public func size(of digest: Digest) -> Int64? {
        var status = stat()
        return stat(path(of: digest), &status) == 0 ? Int64(status.st_size) : nil
    }

    /// Whether a blob is here.
    public func has(_ digest: Digest) -> Bool { size(of: digest) != nil }

    /// Whether a blob is here as a whole: of its size, and with the bytes that its digest says. It reads all of it.
    public func isSound(_ blob: BlobDescriptor) -> Bool {
        guard size(of: blob.digest) == blob.size, let file = try? open(blob.digest) else { return false }
        var hasher = SHA256()
        while let block = try? file.read(upTo: 1 << 20) {
            if block.isEmpty { return hasher.finish() == blob.digest }
            block.withUnsafeBytes { hasher.update($0) }
        }
        return false
    }

    /// Opens a blob for reading.
    /// - Throws: ``OCIError/noSuchBlob(_:)``, ``OCIError/system(_:)``.
    public func open(_ digest: Digest) throws(OCIError) -> Descriptor {
        do throws(SystemError) { return try Descriptor.open(path(of: digest), O_RDONLY) } catch {
            if error.code == ENOENT { throw .noSuchBlob(digest) }
            throw .system(error)
        }
    }

    /// Reads a document (manifest, configuration) and checks that it still is what its digest says.
    /// - Parameter limit: The size in bytes above which it is refused.
    /// - Throws: ``OCIError/noSuchBlob(_:)``, ``OCIError/digestMismatch(what:expected:actual:)``, and others.
    public func read(_ digest: Digest, limit: Int = 8 << 20) throws(OCIError) -> [UInt8] {
        guard let size = size(of: digest) else { throw .noSuchBlob(digest) }
        guard size <= limit else {
            throw .invalidDocument(what: "blob \(digest)", problem: "\(size) bytes are more than the \(limit) allowed")
        }
        let file = try open(digest)
        let bytes = try system { () throws(SystemError) in try file.readToEnd() }
        let actual = Digest(of: bytes)
        guard actual == digest else { throw .digestMismatch(what: "stored blob", expected: digest, actual: actual) }
        return bytes
    }

    /// Stores bytes that are all in memory; nothing happens if they are stored already. What is stored but damaged is
    /// replaced.
    @discardableResult
    public func add(_ bytes: [UInt8]) throws(OCIError) -> Digest {
        let digest = Digest(of: bytes)
        if size(of: digest) == Int64(bytes.count), (try? Files.read(path(of: digest))) == bytes { return digest }
        let writer = try BlobWriter(in: self, what: "blob", expecting: digest, size: Int64(bytes.count))
        try writer.write(bytes)
        return try writer.commit()
    }

    /// Begins to store a blob piece by piece.
    /// - Parameters:
    ///   - what: What it is, for errors: `layer 3 of busybox`.
    ///   - expected: The digest it must have; `nil` accepts any.
    ///   - size: The size in bytes it must have; `nil` accepts any. More is refused as soon as it comes.
    public func writer(_ what: String, expecting expected: Digest? = nil, size: Int64? = nil) throws(OCIError)
        -> BlobWriter
    {
        try BlobWriter(in: self, what: what, expecting: expected, size: size)
    }

    /// The layout's index: what the images are.
    public func index() throws(OCIError) -> ImageIndex {
        let file = "\(path)/index.json"
        return try ImageIndex(parsing: try system { () throws(SystemError) in try Files.read(file) }, what: file)
    }

    /// Replaces the layout's index at once. All documents that were stored before are on the disk before it is.
    ///
    /// - Parameter makesRoom: Whether it is about to make room on the disk: then it may use what is kept for that.
    public func replaceIndex(_ index: ImageIndex, makesRoom: Bool = false) throws(OCIError) {
        try sync()
        let bytes = index.json.encoded(JSONLayout(indent: "  ")) + [0x0A]
        let file = "\(path)/index.json"
        do throws(SystemError) { try Files.replace(file, with: bytes) } catch {
            guard error.code == ENOSPC, makesRoom, unlink(reserve) == 0 else { throw .system(error) }
            try system { () throws(SystemError) in try Files.replace(file, with: bytes) }
        }
    }

    /// Room that is kept for the index, so that images can be removed from a disk that is full: more than one of hundreds
    /// of images takes.
    private var reserve: String { "\(path)/reserve" }
    private static let reserveSize = 256 << 10

    /// Takes the room; a disk that is full already has none.
    private func makeReserve() {
        guard let file = try? Descriptor.open(reserve, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600) else { return }
        if posix_fallocate(file.number, 0, Self.reserveSize) != 0 { unlink(reserve) }
    }

    /// Waits until all documents are on the disk. Many waits together cost little more than one.
    private func sync() throws(OCIError) {
        let waiting = unsynced.withLock { $0 }
        for digest in waiting {
            do throws(OCIError) {
                let file = try open(digest)
                _ = try system { () throws(SystemError) in
                    try check("syncing \(path(of: digest))") { fdatasync(file.number) }
                }
            } catch .noSuchBlob {}
            unsynced.withLock { _ = $0.remove(digest) }
        }
    }

    /// The size in bytes up to which a blob is taken for a document.
    private static let documentSize: Int64 = 1 << 20

    fileprivate func place(_ temporary: String, as digest: Digest, size: Int64) throws(OCIError) {
        if size <= Self.documentSize { unsynced.withLock { _ = $0.insert(digest) } }
        _ = try system { () throws(SystemError) in
            try check("renaming \(temporary)") { rename(temporary, path(of: digest)) }
        }
    }

    /// All blobs that are here, sorted.
    public func digests() throws(OCIError) -> [Digest] {
        try system { () throws(SystemError) in try Files.list("\(path)/blobs/sha256") }
            .compactMap { Digest(hexadecimal: $0.name) }
    }

    /// Removes all blobs but those given.
    /// - Returns: What was removed.
    @discardableResult
    public func collect(keeping kept: Set<Digest>) throws(OCIError) -> [Digest] {
        let unused = try digests().filter { !kept.contains($0) }
        for digest in unused {
            _ = try system { () throws(SystemError) in
                try check("removing \(path(of: digest))") {
                    unlink(path(of: digest)) == 0 || errno == ENOENT ? Int32(0) : -1
                }
            }
        }
        if !unused.isEmpty, !Files.exists(reserve) { makeReserve() }
        return unused
    }
}

/// A blob that is being stored: write, then commit. Let go of without commit, it leaves nothing.
public final class BlobWriter {
    private let store: ContentStore
    private let what: String
    private let expected: Digest?
    private let declaredSize: Int64?
    private var file: Descriptor?
    private let temporary: String
    private var hasher = SHA256()
    private var isCommitted = false
    /// How many bytes were written.
    public private(set) var count: Int64 = 0

    init(in store: ContentStore, what: String, expecting expected: Digest?, size: Int64?) throws(OCIError) {
        self.store = store
        self.what = what
        self.expected = expected
        declaredSize = size
        let temporary = "\(store.path)/ingest/\(getpid()).\(UInt64.random(in: 0 ... .max))"
        self.temporary = temporary
        file = try system { () throws(SystemError) in
            try Descriptor.open(temporary, O_RDWR | O_CREAT | O_EXCL, mode: 0o644)
        }
    }

    deinit { if !isCommitted { unlink(temporary) } }

    /// Adds the next bytes.
    /// - Throws: ``OCIError/sizeMismatch(what:expected:actual:)`` as soon as there are more than declared.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(OCIError) {
        if let declaredSize, count + Int64(bytes.count) > declaredSize {
            throw .sizeMismatch(what: what, expected: declaredSize, actual: count + Int64(bytes.count))
        }
        guard let file else { throw .invalidParameter("\(what) was written to after its end") }
        hasher.update(bytes)
        do throws(SystemError) { try file.write(bytes) } catch {
            throw .system(SystemError("writing \(what) to \(store.path)", code: error.code))
        }
        count += Int64(bytes.count)
    }

    /// Adds the next bytes.
    public func write(_ bytes: [UInt8]) throws(OCIError) {
        try bytes.withUnsafeBufferPointer { (buffer) throws(OCIError) in try write(UnsafeRawBufferPointer(buffer)) }
    }

    /// The digest of what was written so far.
    public var digest: Digest { hasher.finish() }

    /// A second descriptor for reading what was written, at its beginning; it stays readable if the blob is dropped.
    public func reader() throws(OCIError) -> Descriptor {
        try system { () throws(SystemError) in try Descriptor.open(temporary, O_RDONLY) }
    }

    /// Ends the writing and closes the file, so that many blobs can wait for their commit.
    func seal() { file = nil }

    /// Checks size and digest, and gives the blob its name. For a document the disk is waited for when the index is written.
    /// - Throws: ``OCIError/sizeMismatch(what:expected:actual:)``,
    ///   ``OCIError/digestMismatch(what:expected:actual:)``, ``OCIError/system(_:)``.
    @discardableResult
    public func commit() throws(OCIError) -> Digest {
        if let declaredSize, count != declaredSize {
            throw .sizeMismatch(what: what, expected: declaredSize, actual: count)
        }
        let digest = hasher.finish()
        if let expected, digest != expected {
            throw .digestMismatch(what: what, expected: expected, actual: digest)
        }
        try store.place(temporary, as: digest, size: count)
        isCommitted = true
        return digest
    }
}
