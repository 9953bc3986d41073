import Posix

extension ImageStore {
    /// Loads the images of an archive: `docker load`.
    ///
    /// The archive may be what `docker save` writes, in its old form or its new one (an OCI image layout), or any OCI
    /// image layout, as tar, plain or compressed with gzip or zstd. It is read once, in bounded memory. A damaged archive
    /// is refused whole and leaves nothing.
    ///
    /// - Parameters:
    ///   - source: The archive.
    ///   - platform: The platform to choose where an index offers several.
    ///   - progress: Called while layers are unpacked.
    /// - Returns: What was loaded, in the archive's order.
    /// - Throws: ``OCIError/corruptArchive(what:problem:)``, ``OCIError/invalidDocument(what:problem:)``,
    ///   ``OCIError/digestMismatch(what:expected:actual:)``, ``OCIError/hostileEntry(name:problem:)`` and others.
    public func load(
        _ source: any ByteSource, platform: Platform = .current,
        progress: ((LayerProgress) throws(OCIError) -> Void)? = nil
    ) throws(OCIError) -> [LoadedImage] {
        try makingImage { (owner) throws(OCIError) in
            let spool = try ArchiveSpool(source, into: content, limit: layers.policy.limit)
            let archived = try spool.images(for: platform)
            var unpacked: [[LoadedLayer]] = []
            for image in archived { unpacked.append(try unpack(image, owner: owner, progress: progress)) }
            // Everything was read, checked and unpacked; only now does anything get its name.
            var registrations: [Registration] = []
            var stored: Set<Digest> = []
            for (image, layers) in zip(archived, unpacked) {
                // Also where a blob of that name is here: it may be damaged, and these bytes were checked.
                for layer in layers where stored.insert(layer.blob.digest).inserted { try layer.file.commit() }
                registrations.append(try prepare(image, layers: layers))
            }
            let renamed = try commit(registrations)
            return registrations.indices.map { index in
                LoadedImage(
                    id: registrations[index].record.id, references: registrations[index].references,
                    renamed: renamed[index], layers: unpacked[index].map(\.result))
            }
        }
    }

    /// What ``load(_:platform:progress:)`` would bring: the archive is read and looked at, nothing of it stays.
    public func plannedLoad(
        _ source: any ByteSource, platform: Platform = .current
    ) throws(OCIError) -> [PlannedLoad] {
        let spool = try ArchiveSpool(source, into: content, limit: layers.policy.limit)
        var known: Set<Digest> = []
        var planned: [PlannedLoad] = []
        for image in try spool.images(for: platform) {
            let id = Digest(of: image.config)
            let config = try ImageConfig(parsing: image.config, what: "configuration of image \(id.short)")
            let new = zip(config.diffIDs, config.chainIDs).filter { _, chainID in
                layers.layer(chainID) == nil && known.insert(chainID).inserted
            }
            planned.append(PlannedLoad(id: id, references: image.references, newLayers: new.map { ($0, $1) }))
        }
        return planned
    }

    private struct LoadedLayer {
        var file: BlobWriter
        var blob: BlobDescriptor
        var result: UnpackResult
    }

    private func unpack(
        _ image: ArchivedImage, owner: String, progress: ((LayerProgress) throws(OCIError) -> Void)?
    ) throws(OCIError) -> [LoadedLayer] {
        let id = Digest(of: image.config)
        let config = try ImageConfig(parsing: image.config, what: "configuration of image \(id.short)")
        guard config.diffIDs.count == image.layers.count else {
            throw .invalidDocument(
                what: "image \(id.short)",
                problem: "the archive has \(image.layers.count) layers, the configuration \(config.diffIDs.count)")
        }
        guard config.os.isEmpty || config.os == Platform.current.os else {
            throw .invalidParameter("cannot load \(config.os) image on \(Platform.current.os)")
        }
        var layers: [LoadedLayer] = []
        var parent: Digest?
        for (file, diffID) in zip(image.layers, config.diffIDs) {
            let layer = try unpack(
                file, diffID: diffID, parent: parent, what: "layer \(layers.count + 1) of image \(id.short)",
                owner: owner, progress: progress)
            layers.append(layer)
            parent = layer.result.layer.chainID
        }
        return layers
    }

    private func unpack(
        _ file: BlobWriter, diffID: Digest, parent: Digest?, what: String, owner: String,
        progress: ((LayerProgress) throws(OCIError) -> Void)?
    ) throws(OCIError) -> LoadedLayer {
        let start = try file.reader()
        let first = try system { () throws(SystemError) in try start.read(upTo: 6) }
        let compression = Compression(firstBytes: first)
        let digest = file.digest
        // An image's manifest has no name for them.
        if compression.program != nil { throw .unsupported("the \(compression) compression of \(what)") }
        // An uncompressed layer's digest is its diff ID, and was computed while it was spooled.
        if compression == .none, digest != diffID {
            throw .digestMismatch(what: what, expected: diffID, actual: digest)
        }
        let total = file.count
        let result = try layers.unpack(diffID: diffID, parent: parent, owner: owner) { (unpacker) throws(OCIError) in
            try unpacker.unpack(
                DescriptorSource(try file.reader()), expecting: compression == .none ? nil : diffID, what: what,
                bound: layers.bound, compressed: compression == .none ? nil : file.count,
                progress: { (count) throws(OCIError) in
                    if let progress { try progress(LayerProgress(diffID: diffID, current: count, total: total)) }
                })
        }
        if !result.isNew, compression != .none {
            // The layer is here, but these bytes will be kept as its archive: they must be the same layer.
            let bound = UnpackBound(layers.policy.limit, room: .max)
            let blocks = try DescriptorSource(try file.reader()).decompressed(
                what: what, bound: bound, size: file.count, hashes: true)
            try blocks.drain()
            if let actual = blocks.digest, actual != diffID {
                throw .digestMismatch(what: "\(what) (uncompressed)", expected: diffID, actual: actual)
            }
        }
        let type =
            switch compression {
            case .none, .xz, .bzip2: MediaType.ociLayer
            case .gzip: MediaType.ociLayerGzip
            case .zstd: MediaType.ociLayerZstd
            }
        return LoadedLayer(
            file: file, blob: BlobDescriptor(mediaType: type, digest: digest, size: file.count), result: result)
    }

    private func prepare(_ image: ArchivedImage, layers: [LoadedLayer]) throws(OCIError) -> Registration {
        let parent = image.parent.flatMap { self.image($0)?.id }
        guard let bytes = image.manifest else {
            return try prepare(image.config, layers: layers.map(\.blob), as: image.references, parent: parent)
        }
        let config = try content.add(image.config)
        let contents = try Manifest(parsing: bytes)
        guard contents.config.digest == config else {
            throw .digestMismatch(what: "image configuration", expected: contents.config.digest, actual: config)
        }
        let digest = try content.add(bytes)
        let type = contents.mediaType.isEmpty ? MediaType.ociManifest : contents.mediaType
        return try prepare(
            BlobDescriptor(mediaType: type, digest: digest, size: Int64(bytes.count)), as: image.references,
            parent: parent)
    }
}

/// An image that an archive would bring.
public struct PlannedLoad: Sendable {
    /// Its identity.
    public var id: Digest
    /// The names it would get.
    public var references: [ImageReference]
    /// Its layers that are not here, lowest first.
    public var newLayers: [(diffID: Digest, chainID: Digest)]
}
