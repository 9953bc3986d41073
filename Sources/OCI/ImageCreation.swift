/// A layer to be put on top of an image: its archive in the content store, and its unpacked form.
public struct NewLayer: Sendable, Equatable {
    /// The archive's blob.
    public var blob: BlobDescriptor
    /// The unpacked layer.
    public var layer: Layer
}

extension ImageStore {
    /// Stores and unpacks a layer that comes as an archive, for an image that is being made.
    ///
    /// - Parameters:
    ///   - archive: The layer's archive, compressed or not; it is stored as it comes.
    ///   - parent: The chain ID of the layer below.
    ///   - owner: Who retains the layer until the image is made; release it then with ``LayerStore/release(_:)``.
    public func addLayer(_ archive: any ByteSource, onto parent: Digest?, owner: String) throws(OCIError) -> NewLayer {
        throw .unsupported("addLayer")
    }

    /// Makes an image of a configuration and layers: the end of a build, a commit or an import.
    ///
    /// - Parameters:
    ///   - config: The configuration; its diff IDs are set from the layers.
    ///   - base: The image whose layers come first.
    ///   - layers: The new layers on top, lowest first.
    ///   - references: Names to give it.
    ///   - parent: The image to record as its parent.
    /// - Returns: The image's ID.
    public func create(
        _ config: ImageConfig, base: Image? = nil, layers: [NewLayer], as references: [ImageReference] = [],
        parent: Digest? = nil
    ) throws(OCIError) -> Digest {
        throw .unsupported("create")
    }

    /// Makes an image of one layer from the archive of a root file system: `docker import`.
    ///
    /// - Parameters:
    ///   - source: The archive, plain or compressed with gzip or zstd.
    ///   - reference: A name to give it.
    ///   - message: What the history says; Docker's default is `Imported from -`.
    ///   - config: The container's settings, with the changes applied.
    ///   - platform: The platform to note.
    /// - Returns: The image's ID.
    public func importImage(
        _ source: any ByteSource, as reference: ImageReference? = nil, message: String = "Imported from -",
        config: ContainerSettings = ContainerSettings(), platform: Platform = .current
    ) throws(OCIError) -> Digest {
        throw .unsupported("import")
    }
}
