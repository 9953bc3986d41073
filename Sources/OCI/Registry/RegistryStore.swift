import Glibc
import OrderedJSON
public import Posix
import Synchronization

/// What a registry keeps: manifests by repository and tag, and blobs, in a directory that is a plain OCI image layout.
///
/// Each tag is an entry of the layout's index, named `REPOSITORY:TAG`; a manifest that came without a tag is an entry
/// that names its repository. A manifest is taken only when everything it names is here. It may be used from any thread.
public final class RegistryStore: Sendable {
    /// The documents and blobs.
    public let content: ContentStore
    /// Uploads that have begun.
    public let uploads: BlobUploads
    private let limit: UnpackLimit

    private struct State {
        /// By `REPOSITORY:TAG` and `REPOSITORY@DIGEST`.
        var manifests: [String: BlobDescriptor] = [:]
    }
    private let state = Mutex(State())

    private enum Annotation {
        static let refName = "org.opencontainers.image.ref.name"
        static let repository = "org.drydock.registry.repository"
    }

    /// The media types of an index are those of documents, too; more bytes than this are no document.
    public static let documentLimit = 4 << 20

    /// Tags and digests that were left out when the store was opened, because something of them is missing or damaged.
    public let leftOut: [(name: String, reason: OCIError)]

    /// Opens the store in a directory, made if it is missing. Blobs that no manifest names are removed, and so is what
    /// was damaged: a registry keeps copies.
    ///
    /// - Parameter limit: How much an archive that is added may grow if it is compressed.
    public init(at path: String, limit: UnpackLimit = .standard) throws(OCIError) {
        content = try ContentStore(at: path)
        self.limit = limit
        uploads = BlobUploads(into: content)
        var manifests: [String: BlobDescriptor] = [:]
        var leftOut: [(name: String, reason: OCIError)] = []
        for var entry in try content.index().manifests {
            do throws(OCIError) { try Self.check(entry.digest, in: content) } catch {
                leftOut.append((entry.annotations[Annotation.refName] ?? "\(entry.digest)", error))
                continue
            }
            let name = entry.annotations[Annotation.refName]
            let repository = entry.annotations[Annotation.repository]
            entry.annotations = [:]
            if let name { manifests[name] = entry }
            if let repository = repository ?? name.map(Self.repository) {
                manifests["\(repository)@\(entry.digest)"] = entry
            }
        }
        self.leftOut = leftOut
        let found = manifests
        state.withLock { $0.manifests = found }
        var kept: Set<Digest> = []
        for entry in Set(manifests.values.map(\.digest)) { try add(entry, to: &kept) }
        try content.collect(keeping: kept)
    }

    private static func repository(_ name: String) -> String {
        String(name[..<(name.lastIndex(of: ":") ?? name.endIndex)])
    }

    /// Checks that a manifest is here, and all that it names. The bytes of blobs are not read: who fetches them does.
    private static func check(_ digest: Digest, in content: ContentStore) throws(OCIError) {
        for part in try parts(try content.read(digest, limit: documentLimit), what: "manifest \(digest)") {
            // Of a list, what this registry was given: some platforms may not be here.
            if part.isManifest {
                if content.has(part.digest) { try check(part.digest, in: content) }
            } else if !content.has(part.digest) {
                throw .noSuchBlob(part.digest)
            }
        }
    }

    private func add(_ digest: Digest, to kept: inout Set<Digest>) throws(OCIError) {
        guard kept.insert(digest).inserted, content.has(digest) else { return }
        for part in try Self.parts(try content.read(digest, limit: Self.documentLimit), what: "manifest \(digest)") {
            if part.isManifest { try add(part.digest, to: &kept) } else { kept.insert(part.digest) }
        }
    }

    /// What a manifest or an index names.
    private static func parts(_ bytes: [UInt8], what: String) throws(OCIError) -> [(digest: Digest, isManifest: Bool)] {
        let members = try Members(try JSON(document: bytes, what: what), what: what)
        if members.object["manifests"] != nil {
            return try ImageIndex(parsing: bytes, what: what).manifests.map { ($0.digest, true) }
        }
        let manifest = try Manifest(parsing: bytes, what: what)
        return ([manifest.config] + manifest.layers).map { ($0.digest, false) }
    }

    // MARK: Looking

    /// The manifest that a tag or a digest means in a repository.
    public func manifest(_ repository: String, _ name: String) throws(OCIError) -> (BlobDescriptor, [UInt8])? {
        let key = name.contains(":") ? "\(repository)@\(name)" : "\(repository):\(name)"
        guard let entry = state.withLock({ $0.manifests[key] }) else { return nil }
        return (entry, try content.read(entry.digest, limit: Self.documentLimit))
    }

    /// All repositories, sorted.
    public func repositories() -> [String] {
        Set(state.withLock { $0.manifests.keys.compactMap { $0.contains("@") ? nil : Self.repository($0) } }).sorted()
    }

    /// The tags of a repository, sorted; `nil` if there is no such repository.
    public func tags(_ repository: String) -> [String]? {
        let keys = state.withLock { Array($0.manifests.keys) }
        let tags = keys.filter { !$0.contains("@") && Self.repository($0) == repository }
            .map { String($0.dropFirst(repository.count + 1)) }
        if tags.isEmpty, !keys.contains(where: { $0.hasPrefix("\(repository)@") }) { return nil }
        return tags.sorted()
    }

    /// One tag, for a list.
    public struct Entry: Sendable, Equatable {
        /// The repository: `library/busybox`.
        public var repository: String
        /// The tag.
        public var tag: String
        /// The manifest's digest.
        public var digest: Digest
        /// The bytes of all that the manifest names; of an index, of what it lists.
        public var size: Int64
        /// What the image says it is (`org.opencontainers.image.description`); empty for nothing.
        public var summary: String
    }

    /// All tags, sorted.
    public func entries() throws(OCIError) -> [Entry] {
        var entries: [Entry] = []
        for (key, descriptor) in state.withLock({ $0.manifests }).sorted(by: { $0.key < $1.key })
        where !key.contains("@") {
            let repository = Self.repository(key)
            var kept: Set<Digest> = []
            try add(descriptor.digest, to: &kept)
            entries.append(
                Entry(
                    repository: repository, tag: String(key.dropFirst(repository.count + 1)), digest: descriptor.digest,
                    size: kept.reduce(0) { $0 + (content.size(of: $1) ?? 0) },
                    summary: try summary(of: descriptor.digest)))
        }
        return entries
    }

    private func summary(of digest: Digest) throws(OCIError) -> String {
        let bytes = try content.read(digest, limit: Self.documentLimit)
        let name = "org.opencontainers.image.description"
        guard let manifest = try? Manifest(parsing: bytes) else {
            return (try? ImageIndex(parsing: bytes))?.annotations[name] ?? ""
        }
        if let text = manifest.annotations[name] { return text }
        guard content.has(manifest.config.digest) else { return "" }
        let config = try ImageConfig(parsing: try content.read(manifest.config.digest), what: "configuration")
        return config.config.labels?[name] ?? ""
    }

    // MARK: Taking in

    /// Takes a manifest or an index.
    ///
    /// - Parameters:
    ///   - name: The tag it gets, or its digest.
    /// - Returns: Its digest.
    /// - Throws: ``OCIError/noSuchBlob(_:)`` if something it names is not here;
    ///   ``OCIError/digestMismatch(what:expected:actual:)``, ``OCIError/invalidDocument(what:problem:)``.
    @discardableResult
    public func put(
        _ bytes: [UInt8], mediaType: String, as name: String, in repository: String
    ) throws(OCIError) -> Digest {
        let what = "manifest \(repository):\(name)"
        guard bytes.count <= Self.documentLimit else {
            throw .invalidDocument(what: what, problem: "\(bytes.count) bytes are more than a manifest has")
        }
        let digest = Digest(of: bytes)
        if name.contains(":") {
            let expected = try Digest(name)
            guard expected == digest else { throw .digestMismatch(what: what, expected: expected, actual: digest) }
        } else {
            guard ReferenceGrammar.isTag(name) else { throw .invalidReference(name, problem: "invalid tag format") }
        }
        guard ReferenceGrammar.isPath(repository), repository.utf8.count <= 255 else {
            throw .invalidReference(repository, problem: "invalid repository name")
        }
        guard MediaType.isManifest(mediaType) || MediaType.isIndex(mediaType) else {
            throw .unsupported("the media type \"\(mediaType)\" of \(what)")
        }
        for part in try Self.parts(bytes, what: what) where !content.has(part.digest) { throw .noSuchBlob(part.digest) }
        try content.add(bytes)
        let descriptor = BlobDescriptor(mediaType: mediaType, digest: digest, size: Int64(bytes.count))
        try change { manifests in
            manifests["\(repository)@\(digest)"] = descriptor
            if !name.contains(":") { manifests["\(repository):\(name)"] = descriptor }
        }
        return digest
    }

    /// Takes a tag away, and what it meant, unless another tag of the repository means it, too. Blobs stay until the store
    /// is opened the next time: a push that goes on may count on them.
    /// - Returns: Whether there was such a tag.
    public func remove(_ tag: String, from repository: String) throws(OCIError) -> Bool {
        guard let gone = state.withLock({ $0.manifests["\(repository):\(tag)"] }) else { return false }
        try change { manifests in
            manifests["\(repository):\(tag)"] = nil
            let isNamed = manifests.contains { key, descriptor in
                !key.contains("@") && Self.repository(key) == repository && descriptor.digest == gone.digest
            }
            if !isNamed { manifests["\(repository)@\(gone.digest)"] = nil }
        }
        return true
    }

    private func change(_ body: (inout [String: BlobDescriptor]) -> Void) throws(OCIError) {
        var failure: OCIError?
        state.withLock { state in
            let before = state.manifests
            body(&state.manifests)
            do throws(OCIError) { try content.replaceIndex(Self.index(state.manifests)) } catch {
                state.manifests = before
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private static func index(_ manifests: [String: BlobDescriptor]) -> ImageIndex {
        let tagged = Set(
            manifests.filter { !$0.key.contains("@") }.map { "\(repository($0.key))@\($0.value.digest)" })
        var entries: [BlobDescriptor] = []
        for (key, descriptor) in manifests.sorted(by: { $0.key < $1.key }) where !tagged.contains(key) {
            var entry = descriptor
            if let at = key.firstIndex(of: "@") {
                entry.annotations[Annotation.repository] = String(key[..<at])
            } else {
                entry.annotations[Annotation.refName] = key
            }
            entries.append(entry)
        }
        return ImageIndex(manifests: entries)
    }

    /// Takes an image from an engine's store, blob by blob.
    public func add(_ image: Image, from store: ImageStore, as names: [ImageReference]) throws(OCIError) {
        try store.keepingContent { () throws(OCIError) in
            for blob in [image.contents.config] + image.contents.layers where !content.has(blob.digest) {
                let writer = try content.writer(
                    "blob \(blob.digest.short) of \(image.id.short)", expecting: blob.digest, size: blob.size)
                try DescriptorSource(try store.content.open(blob.digest)).forEachPiece { (piece) throws(OCIError) in
                    try writer.write(piece)
                }
                try writer.commit()
            }
            let bytes = try store.content.read(image.manifest.digest)
            let type = image.contents.mediaType.isEmpty ? image.manifest.mediaType : image.contents.mediaType
            for name in names {
                try put(bytes, mediaType: type, as: name.tag ?? ImageReference.defaultTag, in: name.path)
            }
        }
    }

    /// Takes the images of an archive: what `docker save` writes, or an OCI image layout as tar.
    ///
    /// - Returns: The names they got, without their registry.
    /// - Throws: ``OCIError``; an image without a name is refused, because nobody could ask for it.
    public func add(_ source: any ByteSource) throws(OCIError) -> [String] {
        let spool = try ArchiveSpool(source, into: content, limit: limit)
        let images = try spool.images(for: .current)
        guard images.allSatisfy({ !$0.references.isEmpty }) else {
            throw .invalidParameter("the archive has an image without a name; save it by its name, not by its ID")
        }
        var names: [String] = []
        for image in images {
            let config = try content.add(image.config)
            var layers: [BlobDescriptor] = []
            var types: [String]?
            if let bytes = image.manifest { types = try Manifest(parsing: bytes).layers.map(\.mediaType) }
            for (number, file) in image.layers.enumerated() {
                let start = try file.reader()
                let first = try system { () throws(SystemError) in try start.read(upTo: 6) }
                let found = try Compression(firstBytes: first).layerType(of: "layer \(number + 1)")
                let type = types?[number] ?? found
                let digest = file.digest
                let blob = BlobDescriptor(mediaType: type, digest: digest, size: file.count)
                layers.append(blob)
                if !content.isSound(blob) { try file.commit() }
            }
            let bytes =
                image.manifest
                ?? Manifest(
                    config: BlobDescriptor(
                        mediaType: MediaType.ociConfig, digest: config, size: Int64(image.config.count)),
                    layers: layers
                ).bytes
            let type = try Manifest(parsing: bytes).mediaType
            for name in image.references {
                try put(
                    bytes, mediaType: type.isEmpty ? MediaType.ociManifest : type,
                    as: name.tag ?? ImageReference.defaultTag, in: name.path)
                names.append("\(name.path):\(name.tag ?? ImageReference.defaultTag)")
            }
        }
        return names
    }
}

extension Compression {
    /// OCI's media type of a layer that is compressed this way.
    /// - Throws: ``OCIError/unsupported(_:)`` for a compression that manifests have no name for.
    func layerType(of what: String) throws(OCIError) -> String {
        switch self {
        case .none: MediaType.ociLayer
        case .gzip: MediaType.ociLayerGzip
        case .zstd: MediaType.ociLayerZstd
        case .xz, .bzip2: throw .unsupported("the \(self) compression of \(what)")
        }
    }
}
