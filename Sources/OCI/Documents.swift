public import OrderedJSON

/// The media types of the OCI image specification and of Docker's registry, as far as they are understood here.
public enum MediaType {
    /// OCI: a list of manifests, one a platform.
    public static let ociIndex = "application/vnd.oci.image.index.v1+json"
    /// OCI: one image for one platform.
    public static let ociManifest = "application/vnd.oci.image.manifest.v1+json"
    /// OCI: an image's configuration.
    public static let ociConfig = "application/vnd.oci.image.config.v1+json"
    /// OCI: a layer, uncompressed.
    public static let ociLayer = "application/vnd.oci.image.layer.v1.tar"
    /// OCI: a layer, gzip.
    public static let ociLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip"
    /// OCI: a layer, zstd.
    public static let ociLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd"
    /// Docker: a list of manifests, one a platform.
    public static let dockerManifestList = "application/vnd.docker.distribution.manifest.list.v2+json"
    /// Docker: one image for one platform.
    public static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
    /// Docker: an image's configuration.
    public static let dockerConfig = "application/vnd.docker.container.image.v1+json"
    /// Docker: a layer, uncompressed.
    public static let dockerLayer = "application/vnd.docker.image.rootfs.diff.tar"
    /// Docker: a layer, gzip.
    public static let dockerLayerGzip = "application/vnd.docker.image.rootfs.diff.tar.gzip"

    /// Whether it names a list of manifests.
    public static func isIndex(_ type: String) -> Bool { type == ociIndex || type == dockerManifestList }
    /// Whether it names the manifest of one image.
    public static func isManifest(_ type: String) -> Bool { type == ociManifest || type == dockerManifest }
}

/// What a blob is: type, digest, size (OCI image specification, "Content Descriptors"). Named so that it is not taken
/// for a file descriptor.
public struct BlobDescriptor: Sendable, Hashable {
    /// The media type; empty where a document leaves it out.
    public var mediaType: String
    /// The digest of the bytes.
    public var digest: Digest
    /// The size in bytes.
    public var size: Int64
    /// The platform, in a list of manifests.
    public var platform: Platform?
    /// Free notes by name.
    public var annotations: [String: String]
    /// Members that are not understood here, kept.
    public var other: JSONObject

    /// Describes a blob.
    public init(
        mediaType: String, digest: Digest, size: Int64, platform: Platform? = nil, annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.annotations = annotations
        other = JSONObject()
    }

    /// Reads a descriptor.
    /// - Throws: ``OCIError/invalidDocument(what:problem:)``.
    public init(_ json: JSON, what: String = "descriptor") throws(OCIError) {
        let members = try Members(json, what: what)
        mediaType = try members.string("mediaType") ?? ""
        digest = try members.digest("digest")
        guard let size = try members.integer("size"), size >= 0 else {
            throw .invalidDocument(what: what, problem: "member \"size\" is missing or negative")
        }
        self.size = size
        platform = try members.members("platform").map { (platform) throws(OCIError) in try Platform(platform) }
        annotations = try members.dictionary("annotations") ?? [:]
        other = members.others(than: ["mediaType", "digest", "size", "platform", "annotations"])
    }

    /// The descriptor as JSON.
    public var json: JSON {
        var object: JSONObject = [
            "mediaType": .string(mediaType), "digest": .string(digest.description), "size": .integer(size),
        ]
        if !annotations.isEmpty { object["annotations"] = .dictionary(annotations) }
        if let platform { object["platform"] = platform.json }
        for (name, value) in other { object[name] = value }
        return .object(object)
    }
}

/// A kind of machine that a program runs on, in Go's words.
public struct Platform: Sendable, Hashable, CustomStringConvertible {
    /// The operating system: `linux`.
    public var os: String
    /// The processor: `amd64`, `arm64`.
    public var architecture: String
    /// The processor's variant, such as `v7`; empty for none.
    public var variant: String
    /// The operating system's version; empty for none.
    public var osVersion: String

    /// Names a platform.
    public init(os: String, architecture: String, variant: String = "", osVersion: String = "") {
        self.os = os
        self.architecture = architecture
        self.variant = variant
        self.osVersion = osVersion
    }

    init(_ members: Members) throws(OCIError) {
        os = try members.string("os") ?? ""
        architecture = try members.string("architecture") ?? ""
        variant = try members.string("variant") ?? ""
        osVersion = try members.string("os.version") ?? ""
    }

    /// Reads `OS[/ARCHITECTURE[/VARIANT]]`, or an architecture alone, as `--platform` takes it.
    /// - Throws: ``OCIError/invalidParameter(_:)``.
    public init(_ text: String) throws(OCIError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { $0.lowercased() }
        let isSound =
            (1...3).contains(parts.count)
            && parts.allSatisfy { part in
                !part.isEmpty
                    && part.utf8.allSatisfy { byte in
                        byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
                            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    }
            }
        guard isSound else {
            throw .invalidParameter(
                "\"\(text)\" is an invalid component of a platform: expected os/architecture[/variant]")
        }
        self.init(os: Platform.current.os, architecture: Platform.current.architecture)
        if parts.count == 1, Self.systems.contains(parts[0]) {
            os = parts[0]
        } else if parts.count == 1 {
            (architecture, variant) = Self.normalised(parts[0], "")
        } else {
            os = parts[0]
            (architecture, variant) = Self.normalised(parts[1], parts.count == 3 ? parts[2] : "")
        }
    }

    private static let systems: Set<String> = ["linux", "windows", "darwin", "freebsd"]

    private static func normalised(_ architecture: String, _ variant: String) -> (String, String) {
        switch architecture {
        case "x86_64", "x86-64", "amd64": ("amd64", variant == "v1" ? "" : variant)
        case "i386", "i486", "i586", "i686": ("386", "")
        case "aarch64", "arm64": ("arm64", variant == "v8" || variant == "8" ? "" : variant)
        case "armhf": ("arm", "v7")
        case "armel": ("arm", "v6")
        case "arm": ("arm", variant.isEmpty ? "v7" : variant)
        default: (architecture, variant)
        }
    }

    /// The platform of this machine.
    public static let current: Platform = {
        #if arch(x86_64)
            Platform(os: "linux", architecture: "amd64")
        #elseif arch(arm64)
            Platform(os: "linux", architecture: "arm64")
        #else
            Platform(os: "linux", architecture: "unknown")
        #endif
    }()

    /// Whether an image for `other` is what somebody who asks for this platform wants.
    public func accepts(_ other: Platform) -> Bool {
        let wanted = Self.normalised(architecture, variant)
        let offered = Self.normalised(other.architecture, other.variant)
        return os == other.os && wanted.0 == offered.0 && (wanted.1.isEmpty || wanted.1 == offered.1)
    }

    /// `linux/amd64`, with the variant if there is one.
    public var description: String { "\(os)/\(architecture)" + (variant.isEmpty ? "" : "/\(variant)") }

    /// The platform as JSON.
    public var json: JSON {
        var object: JSONObject = ["architecture": .string(architecture), "os": .string(os)]
        if !osVersion.isEmpty { object["os.version"] = .string(osVersion) }
        if !variant.isEmpty { object["variant"] = .string(variant) }
        return .object(object)
    }
}

/// The manifest of one image: its configuration and its layers, lowest first (OCI image specification, "Image
/// Manifest"; Docker's "Image Manifest Version 2, Schema 2").
public struct Manifest: Sendable, Hashable {
    /// The manifest's own media type; empty where an OCI manifest leaves it out.
    public var mediaType: String
    /// The configuration's blob; its digest is the image's ID.
    public var config: BlobDescriptor
    /// The layers' blobs, lowest first.
    public var layers: [BlobDescriptor]
    /// Free notes by name.
    public var annotations: [String: String]

    /// Describes an image.
    public init(
        mediaType: String = MediaType.ociManifest, config: BlobDescriptor, layers: [BlobDescriptor],
        annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.config = config
        self.layers = layers
        self.annotations = annotations
    }

    /// Reads a manifest.
    /// - Throws: ``OCIError/invalidDocument(what:problem:)``.
    public init(parsing bytes: [UInt8], what: String = "image manifest") throws(OCIError) {
        let members = try Members(try JSON(document: bytes, what: what), what: what)
        guard try members.integer("schemaVersion") == 2 else {
            throw .invalidDocument(what: what, problem: "member \"schemaVersion\" is not 2")
        }
        mediaType = try members.string("mediaType") ?? ""
        guard let config = members.object["config"] else {
            throw .invalidDocument(what: what, problem: "member \"config\" is missing")
        }
        self.config = try BlobDescriptor(config, what: "\(what), configuration")
        layers = []
        for layer in try members.array("layers") ?? [] {
            layers.append(try BlobDescriptor(layer, what: "\(what), layer \(layers.count + 1)"))
        }
        annotations = try members.dictionary("annotations") ?? [:]
    }

    /// The manifest's bytes, as they are stored and hashed.
    public var bytes: [UInt8] {
        var object: JSONObject = [
            "schemaVersion": 2, "mediaType": .string(mediaType), "config": config.json,
            "layers": .array(layers.map(\.json)),
        ]
        if !annotations.isEmpty { object["annotations"] = .dictionary(annotations) }
        return JSON.object(object).encoded()
    }
}

/// A list of manifests: one image for several platforms, or the contents of an image layout (OCI image specification,
/// "Image Index"; Docker's manifest list).
public struct ImageIndex: Sendable, Hashable {
    /// The index's own media type.
    public var mediaType: String
    /// The manifests.
    public var manifests: [BlobDescriptor]
    /// Free notes by name.
    public var annotations: [String: String]

    /// Lists manifests.
    public init(
        mediaType: String = MediaType.ociIndex, manifests: [BlobDescriptor] = [], annotations: [String: String] = [:]
    ) {
        self.mediaType = mediaType
        self.manifests = manifests
        self.annotations = annotations
    }

    /// Reads an index.
    /// - Throws: ``OCIError/invalidDocument(what:problem:)``.
    public init(parsing bytes: [UInt8], what: String = "image index") throws(OCIError) {
        let members = try Members(try JSON(document: bytes, what: what), what: what)
        guard try members.integer("schemaVersion") == 2 else {
            throw .invalidDocument(what: what, problem: "member \"schemaVersion\" is not 2")
        }
        mediaType = try members.string("mediaType") ?? ""
        manifests = []
        for manifest in try members.array("manifests") ?? [] {
            manifests.append(try BlobDescriptor(manifest, what: "\(what), manifest \(manifests.count + 1)"))
        }
        annotations = try members.dictionary("annotations") ?? [:]
    }

    /// What can be read of a damaged index: each entry in it that is whole.
    init(salvaging bytes: [UInt8]) {
        self.init()
        var start = 0
        while start < min(bytes.count, Self.salvageLimit) {
            guard bytes[start] == UInt8(ascii: "{"), let end = Self.objectEnd(bytes, from: start),
                let json = try? JSON(parsing: Array(bytes[start..<end])), let entry = try? BlobDescriptor(json)
            else {
                start += 1
                continue
            }
            manifests.append(entry)
            start = end
        }
    }

    /// How many bytes of a damaged index are looked at; a lab's has a few thousand.
    private static let salvageLimit = 4 << 20
    /// How long an entry may be, bytes.
    private static let entryLimit = 16 << 10

    /// Where the object that begins somewhere ends: behind the brace that closes it.
    private static func objectEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        var depth = 0
        var isText = false
        var index = start
        while index < min(bytes.count, start + entryLimit) {
            switch bytes[index] {
            case UInt8(ascii: "\\") where isText: index += 1
            case UInt8(ascii: "\""): isText.toggle()
            case UInt8(ascii: "{") where !isText: depth += 1
            case UInt8(ascii: "}") where !isText:
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
            index += 1
        }
        return nil
    }

    /// The index as JSON.
    public var json: JSON {
        var object: JSONObject = [
            "schemaVersion": 2, "mediaType": .string(mediaType), "manifests": .array(manifests.map(\.json)),
        ]
        if !annotations.isEmpty { object["annotations"] = .dictionary(annotations) }
        return .object(object)
    }

    /// The first manifest for a platform. One that names no platform suits any.
    public func manifest(for platform: Platform) -> BlobDescriptor? {
        manifests.first { $0.platform.map(platform.accepts) ?? false } ?? manifests.first { $0.platform == nil }
    }
}
