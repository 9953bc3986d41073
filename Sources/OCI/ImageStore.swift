import Glibc
import OrderedJSON
import Posix
import Synchronization

/// The images of one engine: their names, documents and layers.
///
/// All state is in the content store's `index.json`: one entry a name (or one for an image without a name), written
/// anew at once with each change, so that any reader of image layouts sees the same images. It may be used from any
/// thread.
public final class ImageStore: Sendable {
    /// The documents and the layers' archives, as an OCI image layout.
    public let content: ContentStore
    /// The unpacked layers.
    public let layers: LayerStore

    struct Record {
        var id: Digest
        var manifest: BlobDescriptor
        var contents: Manifest
        var config: ImageConfig
        var parent: Digest?
        var lastTagged: ImageTime?
        // Under which name its layers are retained. Each registration has its own, so that the removal of an image and
        // its return at the same time do not take each other's layers.
        var owner: String
    }

    struct State {
        var records: [Digest: Record] = [:]
        var names: [ImageReference: Digest] = [:]
        /// Entries of the index whose images can't be used: they stay in it, until the image is whole again.
        var leftOut: [LeftOutImage] = []
        /// Blobs that may belong to an image that can't be used, and that are therefore kept.
        var spared: Set<Digest> = []
        // Blobs are collected only while nobody adds any.
        var activities = 0
        var wantsCollection = false
    }

    let state = Mutex(State())

    /// The annotations of an index entry.
    enum Annotation {
        static let name = "io.containerd.image.name"
        static let refName = "org.opencontainers.image.ref.name"
        static let parent = "org.drydock.image.parent"
        static let lastTagged = "org.drydock.image.last-tagged"
    }

    /// Images that the index names but that can't be used: what a power loss or a hand left.
    public var leftOut: [LeftOutImage] { state.withLock { $0.leftOut } }
    /// Images whose layers were damaged when the store was opened, and were unpacked again from their archives.
    public let mended: [Digest]

    /// Opens the store in a directory, made if it is missing: `content/` and `layers/`.
    ///
    /// An image whose documents or archives are not all here is ``leftOut``; what is still here of it is kept. A layer that
    /// is missing is unpacked again where its archive is here. Blobs that no image needs are removed; layers are not,
    /// because containers may still register as their owners (``LayerStore/collect()``).
    /// - Throws: ``OCIError`` if the directory can't be used.
    public init(at path: String, policy: UnpackPolicy = .current) throws(OCIError) {
        content = try ContentStore(at: "\(path)/content")
        layers = try LayerStore(at: "\(path)/layers", policy: policy)
        var initial = State()
        var mended: [Digest] = []
        for entry in try content.index().manifests + (try Self.unlisted(in: content)) {
            do throws(OCIError) {
                if let id = try Self.admitMended(entry, to: &initial, content: content, layers: layers) {
                    mended.append(id)
                }
            } catch { initial.leftOut.append(LeftOutImage(entry: entry, reason: error)) }
        }
        try layers.release(Self.mender)
        var isObscure = content.indexDamage != nil
        for image in initial.leftOut where image.contents(in: content) == nil { isObscure = true }
        if isObscure {
            initial.spared = Set(try content.digests())
        }
        self.mended = mended
        let found = initial
        state.withLock { $0 = found }
        try collectContent()
    }

    /// Admits an image; layers of it that are missing are unpacked again first.
    /// - Returns: Its ID, if that was needed.
    private static func admitMended(
        _ entry: BlobDescriptor, to state: inout State, content: ContentStore, layers: LayerStore
    ) throws(OCIError) -> Digest? {
        do throws(OCIError) { try admit(entry, to: &state, content: content, layers: layers) } catch {
            guard case .noSuchLayer = error else { throw error }
            let id = try unpackAgain(entry, content: content, layers: layers)
            try admit(entry, to: &state, content: content, layers: layers)
            return id
        }
        return nil
    }

    private static func admit(
        _ entry: BlobDescriptor, to state: inout State, content: ContentStore, layers: LayerStore
    ) throws(OCIError) {
        let contents = try Manifest(parsing: try content.read(entry.digest), what: "manifest \(entry.digest)")
        var record: Record
        if let known = state.records[contents.config.digest] {
            record = known
        } else {
            var manifest = entry
            manifest.annotations = [:]
            record = try admit(manifest, contents, content: content, layers: layers)
        }
        record.parent = record.parent ?? entry.annotations[Annotation.parent].flatMap { try? Digest($0) }
        record.lastTagged = record.lastTagged ?? entry.annotations[Annotation.lastTagged].flatMap { ImageTime($0) }
        state.records[record.id] = record
        if let name = entry.annotations[Annotation.name], let reference = try? ImageReference(name) {
            state.names[reference] = record.id
        }
    }

    /// Checks that all of an image is here, and retains its layers.
    private static func admit(
        _ manifest: BlobDescriptor, _ contents: Manifest, content: ContentStore, layers: LayerStore
    ) throws(OCIError) -> Record {
        let id = contents.config.digest
        let config = try ImageConfig(parsing: try content.read(id), what: "configuration of image \(id)")
        guard config.diffIDs.count == contents.layers.count else {
            throw .invalidDocument(
                what: "image \(id)",
                problem: "the manifest has \(contents.layers.count) layers, the configuration \(config.diffIDs.count)")
        }
        for layer in contents.layers {
            guard let size = content.size(of: layer.digest) else { throw .noSuchBlob(layer.digest) }
            guard size == layer.size else {
                throw .sizeMismatch(what: "stored blob \(layer.digest)", expected: layer.size, actual: size)
            }
        }
        let owner = "image \(id) \(UInt64.random(in: 0 ... .max))"
        try layers.retain(config.chainIDs.last, for: owner)
        var descriptor = manifest
        descriptor.platform = config.platform
        return Record(id: id, manifest: descriptor, contents: contents, config: config, owner: owner)
    }

    // MARK: Looking

    /// All images, newest first.
    public func images() -> [Image] {
        let images = state.withLock { state in state.records.values.map { image($0, in: state) } }
        return images.sorted {
            ($1.config.created ?? .zero, $0.id) < ($0.config.created ?? .zero, $1.id)
        }
    }

    /// The image with an ID; `nil` if there is none.
    public func image(_ id: Digest) -> Image? {
        state.withLock { state in state.records[id].map { image($0, in: state) } }
    }

    func image(_ record: Record, in state: borrowing State) -> Image {
        var references: [ImageReference] = []
        for (reference, id) in state.names where id == record.id { references.append(reference) }
        return Image(
            id: record.id, manifest: record.manifest, contents: record.contents, config: record.config,
            references: references.sorted(), parent: record.parent, lastTagged: record.lastTagged,
            layers: record.config.chainIDs.compactMap { layers.layer($0) })
    }

    /// The image that a user means: by name (with tag, digest or neither), by ID, or by the beginning of an ID.
    ///
    /// - Throws: ``OCIError/noSuchImage(_:)``, or ``OCIError/invalidReference(_:problem:)`` for a text that can be no name.
    public func image(named text: String) throws(OCIError) -> Image {
        let id = try state.withLock { (state) throws(OCIError) in try Self.resolve(text, in: state) }
        guard let image = image(id) else { throw .noSuchImage(text) }
        return image
    }

    /// The image that has a name.
    public func image(named reference: ImageReference) -> Image? {
        let id = state.withLock { Self.lookUp(reference, in: $0) }
        return id.flatMap { image($0) }
    }

    static func lookUp(_ reference: ImageReference, in state: borrowing State) -> Digest? {
        if let digest = reference.digest { return state.names[reference.digested(digest)] }
        return state.names[reference.taggedByDefault]
    }

    static func resolve(_ text: String, in state: borrowing State) throws(OCIError) -> Digest {
        let whole = Digest(hexadecimal: text) ?? (try? Digest(text))
        if let whole {
            guard state.records[whole] != nil else { throw .noSuchImage(whole.description) }
            return whole
        }
        let reference = try ImageReference(text)
        if let id = lookUp(reference, in: state) { return id }
        let prefix = text.hasPrefix("sha256:") ? text.dropFirst(7) : text[...]
        if !prefix.isEmpty, Digest.isHexadecimal(prefix) {
            var candidates: [Digest] = []
            for id in state.records.keys where id.hexadecimal.hasPrefix(prefix) { candidates.append(id) }
            if candidates.count == 1 { return candidates[0] }
        }
        throw .noSuchImage(reference.taggedByDefault.familiar)
    }

    /// The images that were built from an image on this machine.
    public func children(of id: Digest) -> [Digest] {
        state.withLock { state in state.records.values.filter { $0.parent == id }.map(\.id).sorted() }
    }

    /// An image's history as `docker history` shows it, newest first, with sizes.
    public func history(of image: Image) -> [Image.HistoryLine] {
        var lines: [Image.HistoryLine] = []
        var remaining = image.layers[...]
        for entry in image.config.history {
            let layer = entry.emptyLayer ? nil : remaining.popFirst()
            lines.append(
                Image.HistoryLine(
                    id: nil, created: entry.created, createdBy: entry.createdBy, tags: [], size: layer?.size ?? 0,
                    comment: entry.comment))
        }
        lines.reverse()
        // The images of the lower lines are known only where they were built here.
        var next: Image? = image
        for index in lines.indices {
            guard let image = next else { break }
            lines[index].id = image.id
            lines[index].tags = image.repoTags
            next = image.parent.flatMap { self.image($0) }
        }
        return lines
    }

    // MARK: Naming

    /// Gives an image a name, taking it from the image that has it.
    /// - Returns: The image that had the name, if it is another.
    /// - Throws: ``OCIError/noSuchImage(_:)``.
    @discardableResult
    public func tag(_ id: Digest, as reference: ImageReference) throws(OCIError) -> Digest? {
        try change { (state) throws(OCIError) in
            guard state.records[id] != nil else { throw .noSuchImage(id.description) }
            let name = reference.taggedByDefault
            let previous = state.names.updateValue(id, forKey: name)
            if name.digest == nil { state.records[id]?.lastTagged = .now }
            return previous == id ? nil : previous
        }
    }

    /// Gives the image that a user means a name that a user typed, as `docker tag`.
    public func tag(_ source: String, as target: String) throws(OCIError) {
        let reference = try ImageReference(target)
        guard reference.digest == nil else {
            throw .invalidParameter("refusing to create a tag with a digest reference")
        }
        try tag(try image(named: source).id, as: reference)
    }

    /// Registers an image whose manifest, configuration and layers are in the stores.
    ///
    /// - Parameters:
    ///   - manifest: The manifest's descriptor.
    ///   - references: Names to give it.
    ///   - parent: The image it was built from here.
    /// - Returns: The image's ID, and which names other images had.
    /// - Throws: ``OCIError/noSuchBlob(_:)``, ``OCIError/noSuchLayer(_:)``, ``OCIError/invalidDocument(what:problem:)``.
    @discardableResult
    public func register(
        _ manifest: BlobDescriptor, as references: [ImageReference] = [], parent: Digest? = nil
    ) throws(OCIError) -> (id: Digest, renamed: [LoadedImage.Renaming]) {
        let registration = try prepare(manifest, as: references, parent: parent)
        let renamed = try commit([registration])
        return (registration.record.id, renamed[0])
    }

    /// An image whose documents and layers are all here, ready to be put into the index.
    struct Registration {
        var record: Record
        var references: [ImageReference]
    }

    func prepare(
        _ manifest: BlobDescriptor, as references: [ImageReference], parent: Digest?
    ) throws(OCIError) -> Registration {
        let contents = try Manifest(parsing: try content.read(manifest.digest), what: "manifest \(manifest.digest)")
        let descriptor = BlobDescriptor(mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.size)
        var record = try Self.admit(descriptor, contents, content: content, layers: layers)
        record.parent = parent
        return Registration(record: record, references: references.map(\.taggedByDefault))
    }

    /// Puts images into the index, all at once.
    /// - Returns: For each, the names that another image had.
    func commit(_ registrations: [Registration]) throws(OCIError) -> [[LoadedImage.Renaming]] {
        var superfluous = registrations.map(\.record.owner)
        let outcome: Result<[[LoadedImage.Renaming]], OCIError>
        do throws(OCIError) {
            outcome = .success(
                try change { (state) throws(OCIError) in
                    let renamed = registrations.map { Self.put($0, into: &state) }
                    superfluous.removeAll { owner in state.records.values.contains { $0.owner == owner } }
                    return renamed
                })
        } catch { outcome = .failure(error) }
        for owner in superfluous { try layers.release(owner) }
        return try outcome.get()
    }

    private static func put(_ registration: Registration, into state: inout State) -> [LoadedImage.Renaming] {
        let id = registration.record.id
        var record = state.records[id] ?? registration.record
        record.parent = record.parent ?? registration.record.parent
        if registration.references.contains(where: { $0.digest == nil }) { record.lastTagged = .now }
        state.records[id] = record
        var renamed: [LoadedImage.Renaming] = []
        for reference in registration.references {
            let previous = state.names.updateValue(id, forKey: reference)
            if let previous, previous != id {
                renamed.append(LoadedImage.Renaming(reference: reference, previous: previous))
            }
        }
        return renamed
    }

    // MARK: Keeping

    /// Changes the state and writes it down; if that fails, nothing has changed.
    ///
    /// - Parameter makesRoom: Whether it removes something.
    func change<Result>(
        makesRoom: Bool = false, _ body: (inout State) throws(OCIError) -> Result
    ) throws(OCIError) -> Result {
        var result: Result?
        var failure: OCIError?
        state.withLock { state in
            let before = state
            do throws(OCIError) {
                result = try body(&state)
                Self.settle(&state)
                try content.replaceIndex(Self.index(of: state), makesRoom: makesRoom)
            } catch {
                state = before
                failure = error
            }
        }
        if let failure { throw failure }
        guard let result else { throw .cancelled }
        return result
    }

    private static func index(of state: State) -> ImageIndex {
        var entries: [BlobDescriptor] = []
        let names = Dictionary(grouping: state.names.keys.sorted()) { state.names[$0] }
        for record in state.records.values.sorted(by: { $0.id < $1.id }) {
            var entry = record.manifest
            if let parent = record.parent { entry.annotations[Annotation.parent] = parent.description }
            if let time = record.lastTagged { entry.annotations[Annotation.lastTagged] = time.description }
            let own = names[record.id] ?? []
            if own.isEmpty { entries.append(entry) }
            for name in own {
                var named = entry
                named.annotations[Annotation.name] = name.description
                if name.digest == nil { named.annotations[Annotation.refName] = name.familiar }
                entries.append(named)
            }
        }
        entries += state.leftOut.map(\.entry)
        return ImageIndex(manifests: entries)
    }

    /// Runs something that adds blobs or reads them; none is collected meanwhile.
    public func keepingContent<Result>(_ body: () throws(OCIError) -> Result) throws(OCIError) -> Result {
        state.withLock { $0.activities += 1 }
        let outcome: Swift.Result<Result, OCIError>
        do throws(OCIError) { outcome = .success(try body()) } catch { outcome = .failure(error) }
        let mustCollect = state.withLock { state in
            state.activities -= 1
            return state.activities == 0 && state.wantsCollection
        }
        if mustCollect { try collectContent() }
        return try outcome.get()
    }

    /// Removes all blobs that no image needs, now or when the last activity ends.
    public func collectContent() throws(OCIError) {
        var failure: OCIError?
        state.withLock { state in
            state.wantsCollection = state.activities > 0
            if state.wantsCollection { return }
            var kept = state.spared
            for image in state.leftOut {
                kept.insert(image.entry.digest)
                guard let contents = image.contents(in: content) else { continue }
                kept.formUnion(([contents.config] + contents.layers).map(\.digest))
            }
            for record in state.records.values {
                kept.insert(record.manifest.digest)
                kept.insert(record.id)
                kept.formUnion(record.contents.layers.map(\.digest))
            }
            do throws(OCIError) { try content.collect(keeping: kept) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Keeps an image's layers from being removed as long as the pin lives, whatever happens to the image.
    public func pin(_ image: Image) throws(OCIError) -> ImagePin {
        try ImagePin(layers: layers, chainID: image.topLayer)
    }
}

/// Keeps layers from being removed as long as it lives.
public final class ImagePin: Sendable {
    private let layers: LayerStore
    private let owner: String

    init(layers: LayerStore, chainID: Digest?) throws(OCIError) {
        self.layers = layers
        owner = "pin \(UInt64.random(in: 0 ... .max))"
        try layers.retain(chainID, for: owner)
    }

    deinit {
        // Nobody is left to be told; what can't be removed now is removed by the next collection.
        _ = try? layers.release(owner)
    }
}
