/// A layer to be put on top of an image: its archive in the content store, and its unpacked form.
public struct NewLayer: Sendable, Equatable {
    /// The archive's blob.
    public var blob: BlobDescriptor
    /// The unpacked layer.
    public var layer: Layer

    /// A layer of its parts.
    public init(blob: BlobDescriptor, layer: Layer) {
        self.blob = blob
        self.layer = layer
    }
}

extension ImageStore {
    /// Stores and unpacks a layer that comes as an archive, for an image that is being made.
    ///
    /// Call it, and ``create(_:base:layers:as:parent:)`` after it, within ``keepingContent(_:)``: until the image is made
    /// nothing else protects the blob.
    ///
    /// - Parameters:
    ///   - archive: The layer's archive, compressed or not; it is stored uncompressed.
    ///   - parent: The chain ID of the layer below.
    ///   - owner: Who retains the layer until the image is made; release it then with ``LayerStore/release(_:)``.
    ///   - what: What it is, for errors.
    public func addLayer(
        _ archive: any ByteSource, onto parent: Digest?, owner: String, what: String = "layer"
    ) throws(OCIError) -> NewLayer {
        let writer = try content.writer(what)
        let blocks = try archive.decompressed(what: what, bound: layers.bound)
        while true {
            let block = try blocks.next()
            if block.isEmpty { break }
            try writer.write(block)
        }
        return try finish(writer, onto: parent, owner: owner, what: what)
    }

    /// Unpacks an uncompressed archive that was written, and gives its blob its name.
    private func finish(
        _ writer: BlobWriter, onto parent: Digest?, owner: String, what: String
    ) throws(OCIError) -> NewLayer {
        let diffID = writer.digest
        let stored = DescriptorSource(try writer.reader())
        // The blob's digest is the diff ID: it was hashed while it was written and need not be hashed again.
        let result = try layers.unpack(diffID: diffID, parent: parent, owner: owner) { (unpacker) throws(OCIError) in
            try unpacker.unpack(stored, expecting: nil, what: what, bound: layers.bound)
        }
        let size = writer.count
        try writer.commit()
        return NewLayer(
            blob: BlobDescriptor(mediaType: MediaType.ociLayer, digest: diffID, size: size), layer: result.layer)
    }

    /// The same for a layer that is written entry by entry.
    func addLayer(
        onto parent: Digest?, owner: String, what: String = "layer", _ write: (TarWriter) throws(OCIError) -> Void
    ) throws(OCIError) -> NewLayer {
        let writer = try content.writer(what)
        let tar = try TarWriter(to: { (bytes) throws(OCIError) in try writer.write(bytes) })
        try write(tar)
        try tar.finish()
        return try finish(writer, onto: parent, owner: owner, what: what)
    }

    /// Makes a layer of a directory tree, such as a container's changes: the layer of a commit.
    ///
    /// - Parameters:
    ///   - path: The directory, whose contents become the layer's.
    ///   - form: ``LayerArchive/Form/layer`` for an overlay's upper directory.
    ///   - parent: The chain ID of the layer below.
    ///   - owner: Who retains the layer until the image is made.
    public func addLayer(
        directory path: String, form: LayerArchive.Form, onto parent: Digest?, owner: String
    ) throws(OCIError) -> NewLayer {
        let writer = try content.writer("layer")
        try LayerArchive.write(path, form: form, to: { (bytes) throws(OCIError) in try writer.write(bytes) })
        return try finish(writer, onto: parent, owner: owner, what: "layer")
    }

    /// Makes an image of a configuration and layers: the end of a build, a commit or an import.
    ///
    /// - Parameters:
    ///   - config: The configuration; its diff IDs are set from the layers.
    ///   - base: The image whose layers come first.
    ///   - layers: The new layers on top, lowest first.
    ///   - references: Names to give it.
    ///   - parent: The image to record as its parent.
    /// - Returns: The image's ID, and which names other images had.
    @discardableResult
    public func create(
        _ config: ImageConfig, base: Image? = nil, layers: [NewLayer], as references: [ImageReference] = [],
        parent: Digest? = nil
    ) throws(OCIError) -> (id: Digest, renamed: [LoadedImage.Renaming]) {
        let registration = try prepare(config, base: base, layers: layers, as: references, parent: parent)
        let renamed = try commit([registration])
        return (registration.record.id, renamed[0])
    }

    /// The same, without putting it into the index yet.
    func prepare(
        _ config: ImageConfig, base: Image?, layers: [NewLayer], as references: [ImageReference], parent: Digest?
    ) throws(OCIError) -> Registration {
        var config = config
        config.diffIDs = (base?.config.diffIDs ?? []) + layers.map(\.layer.diffID)
        return try prepare(
            config.bytes, layers: (base?.contents.layers ?? []) + layers.map(\.blob), as: references, parent: parent)
    }

    /// Stores a configuration's exact bytes and a manifest for it.
    func prepare(
        _ config: [UInt8], layers: [BlobDescriptor], as references: [ImageReference], parent: Digest?
    ) throws(OCIError) -> Registration {
        let id = try content.add(config)
        let manifest = Manifest(
            config: BlobDescriptor(mediaType: MediaType.ociConfig, digest: id, size: Int64(config.count)),
            layers: layers)
        let bytes = manifest.bytes
        let digest = try content.add(bytes)
        return try prepare(
            BlobDescriptor(mediaType: manifest.mediaType, digest: digest, size: Int64(bytes.count)), as: references,
            parent: parent)
    }

    /// Runs something that unpacks layers for an image: they are retained meanwhile, and those that no image needs in the
    /// end are removed again, also after a failure.
    public func makingImage<Result>(
        _ body: (_ owner: String) throws(OCIError) -> Result
    ) throws(OCIError) -> Result {
        try keepingContent { () throws(OCIError) in
            let owner = "making \(UInt64.random(in: 0 ... .max))"
            let outcome: Swift.Result<Result, OCIError>
            do throws(OCIError) { outcome = .success(try body(owner)) } catch {
                outcome = .failure(error)
                // Blobs that were stored for the image that did not come about; they go when the last activity ends.
                try collectContent()
            }
            try layers.release(owner)
            return try outcome.get()
        }
    }

    /// Makes an image of one layer from the archive of a root file system: `docker import`.
    ///
    /// - Parameters:
    ///   - source: The archive, plain or compressed with gzip or zstd.
    ///   - reference: A name to give it.
    ///   - message: What the history says; Docker's default is `Imported from -`.
    ///   - config: The container's settings, with the changes applied.
    ///   - platform: The platform to note.
    ///   - created: The time to note.
    /// - Returns: The image's ID.
    public func importImage(
        _ source: any ByteSource, as reference: ImageReference? = nil, message: String = "Imported from -",
        config: ContainerSettings = ContainerSettings(), platform: Platform = .current, created: ImageTime = .now
    ) throws(OCIError) -> Digest {
        try makingImage { (owner) throws(OCIError) in
            let layer = try addLayer(source, onto: nil, owner: owner, what: "root file system")
            var image = ImageConfig(platform: platform, config: config)
            image.created = created
            image.comment = message
            image.history = [ImageConfig.History(created: created, comment: message)]
            return try create(image, layers: [layer], as: reference.map { [$0] } ?? []).id
        }
    }
}
