/// An image that the index names but that can't be used: what a power loss or a hand left.
public struct LeftOutImage: Sendable, Equatable {
    /// Its entry of the index.
    public var entry: BlobDescriptor
    /// Why it can't be used.
    public var reason: OCIError

    /// Its name; `nil` for one without.
    public var reference: ImageReference? {
        entry.annotations[ImageStore.Annotation.name].flatMap { try? ImageReference($0) }
    }
    /// The name as Docker shows it, or the manifest's digest.
    public var shownName: String { reference?.familiar ?? entry.digest.short }

    /// What it consists of; `nil` if that can't be read.
    func contents(in content: ContentStore) -> Manifest? {
        (try? content.read(entry.digest)).flatMap { try? Manifest(parsing: $0) }
    }
}

extension ImageStore {
    /// Images that are whole again, or whose name another image has now, are no longer left out.
    static func settle(_ state: inout State) {
        guard !state.leftOut.isEmpty else { return }
        let whole = Set(state.records.values.map(\.manifest.digest))
        let names = state.names
        state.leftOut.removeAll { image in
            image.reference.map { names[$0] != nil } ?? whole.contains(image.entry.digest)
        }
        if state.leftOut.isEmpty { state.spared = [] }
    }

    /// Gives up images that can't be used, and what is still here of them.
    ///
    /// - Parameter text: A name, a manifest's digest or the beginning of one.
    /// - Returns: Those that were given up; none if nothing that is left out is called so.
    public func forgetLeftOut(_ text: String) throws(OCIError) -> [LeftOutImage] {
        let name = (try? ImageReference(text))?.taggedByDefault
        let isMeant = { (image: LeftOutImage) in
            image.reference.map { $0 == name } ?? false || image.entry.digest.description == text
                || (text.utf8.count >= 6 && image.entry.digest.hexadecimal.hasPrefix(text))
        }
        let found = leftOut.filter(isMeant)
        if found.isEmpty { return [] }
        try change(makesRoom: true) { (state) throws(OCIError) in
            state.leftOut.removeAll { found.contains($0) }
            if state.leftOut.isEmpty { state.spared = [] }
        }
        try collectContent()
        return found
    }

    /// Who retains layers while a damaged image is mended.
    static let mender = "mending"

    /// Unpacks the layers of an image that are missing, from their archives.
    /// - Returns: The image's ID.
    static func unpackAgain(
        _ entry: BlobDescriptor, content: ContentStore, layers: LayerStore
    ) throws(OCIError) -> Digest {
        let contents = try Manifest(parsing: try content.read(entry.digest), what: "manifest \(entry.digest)")
        let id = contents.config.digest
        let config = try ImageConfig(parsing: try content.read(id), what: "configuration of image \(id)")
        for (index, layer) in contents.layers.enumerated() {
            _ = try layers.unpack(
                DescriptorSource(try content.open(layer.digest)), diffID: config.diffIDs[index],
                parent: index == 0 ? nil : config.chainIDs[index - 1], owner: mender,
                compressed: layer.size)
        }
        return id
    }

    /// After the index was damaged: images that are here and that what could be read of it does not name. Their names are
    /// lost, they are not.
    static func unlisted(in content: ContentStore) throws(OCIError) -> [BlobDescriptor] {
        guard content.indexDamage != nil else { return [] }
        let listed = Set(try content.index().manifests.map(\.digest))
        var found: [BlobDescriptor] = []
        for digest in try content.digests() where !listed.contains(digest) {
            guard let size = content.size(of: digest), size <= 1 << 20, let bytes = try? content.read(digest),
                let manifest = try? Manifest(parsing: bytes), content.has(manifest.config.digest),
                manifest.layers.allSatisfy({ content.has($0.digest) })
            else { continue }
            let type = manifest.mediaType.isEmpty ? MediaType.ociManifest : manifest.mediaType
            found.append(BlobDescriptor(mediaType: type, digest: digest, size: size))
        }
        return found
    }
}
