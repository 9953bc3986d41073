/// An image as the store knows it: its documents, its names, its layers.
public struct Image: Sendable, Hashable {
    /// Its ID: the digest of its configuration's exact bytes.
    public var id: Digest
    /// Its manifest in the content store.
    public var manifest: BlobDescriptor
    /// What the manifest says.
    public var contents: Manifest
    /// Its configuration.
    public var config: ImageConfig
    /// All names it has, with a tag or with a digest, sorted.
    public var references: [ImageReference]
    /// The image it was built from on this machine; `nil` if it came from elsewhere.
    public var parent: Digest?
    /// When it last got a tag; `nil` if it never did.
    public var lastTagged: ImageTime?
    /// Its layers on this machine, lowest first.
    public var layers: [Layer]

    /// The sum of its layers' sizes in bytes, as `docker images` shows it (`Size` and `VirtualSize`).
    public var size: Int64 { layers.reduce(0) { $0 + $1.size } }
    /// The chain ID of its uppermost layer; `nil` for an image without layers.
    public var topLayer: Digest? { layers.last?.chainID }
    /// Its tags as Docker shows them: `busybox:latest`.
    public var repoTags: [String] { references.filter { $0.digest == nil }.map(\.familiar) }
    /// Its digests as Docker shows them: `busybox@sha256:…`.
    public var repoDigests: [String] { references.filter { $0.digest != nil }.map(\.familiar) }
    /// Whether it has no tag. (`docker images --filter dangling=true` also wants that it has no children.)
    public var isUntagged: Bool { !references.contains { $0.digest == nil } }

    /// One line of `docker history`.
    public struct HistoryLine: Sendable, Hashable {
        /// The image of this line; `nil` shows as `<missing>`.
        public var id: Digest?
        /// When it was done.
        public var created: ImageTime?
        /// The command.
        public var createdBy: String
        /// The tags of the image of this line.
        public var tags: [String]
        /// The layer's size in bytes; 0 for a line without layer.
        public var size: Int64
        /// What was noted.
        public var comment: String
    }
}

/// A container that uses an image, as the engine tells the store before it removes one.
public struct ImageUser: Sendable, Hashable {
    /// The container's ID.
    public var container: String
    /// The image it was made from.
    public var image: Digest
    /// Whether it runs now.
    public var isRunning: Bool

    /// Names a user of an image.
    public init(container: String, image: Digest, isRunning: Bool) {
        self.container = container
        self.image = image
        self.isRunning = isRunning
    }
}

/// One thing that a removal did, in the order done: a line of `docker rmi`.
public enum RemovalRecord: Sendable, Hashable, CustomStringConvertible {
    /// A name was taken away from an image.
    case untagged(String, image: Digest)
    /// An image was removed.
    case deleted(image: Digest)
    /// A layer was removed, by chain ID.
    case deletedLayer(Digest)

    /// The line as Docker prints it.
    public var description: String {
        switch self {
        case .untagged(let name, _): "Untagged: \(name)"
        case .deleted(let digest), .deletedLayer(let digest): "Deleted: \(digest)"
        }
    }
}

/// An image that a load brought.
public struct LoadedImage: Sendable, Equatable {
    /// Its ID.
    public var id: Digest
    /// The names it got.
    public var references: [ImageReference]
    /// Names that another image had until now, and that image.
    public var renamed: [Renaming]
    /// What was done for its layers, lowest first.
    public var layers: [UnpackResult]

    /// A name that moved from one image to another.
    public struct Renaming: Sendable, Equatable {
        /// The name.
        public var reference: ImageReference
        /// The image that had it.
        public var previous: Digest
    }

    /// The lines of `docker load` for it.
    public var lines: [String] {
        let old = renamed.map {
            "The image \($0.reference.familiar) already exists, renaming the old one with ID \($0.previous) to empty string"
        }
        let new = references.map { "Loaded image: \($0.familiar)" }
        return old + (new.isEmpty ? ["Loaded image ID: \(id)"] : new)
    }
}

/// How far a layer of an image that is being loaded is.
public struct LayerProgress: Sendable, Equatable {
    /// The layer's diff ID.
    public var diffID: Digest
    /// Bytes of the layer's archive that were read so far, as they are in the archive; equal to ``total`` at the end.
    public var current: Int64
    /// The size of the layer's archive in bytes.
    public var total: Int64
}
