import Glibc
import OrderedJSON
import Posix

/// The files of an image archive, read once from front to back into temporary files, each hashed on the way.
///
/// The documents that say what the files are may come last in such an archive, so nothing can be decided before its end.
final class ArchiveSpool {
    private enum Item {
        case file(BlobWriter)
        case link(String)
    }
    private var items: [String: Item] = [:]
    private let what = "image archive"

    /// More entries than any image has, and few enough to hold in memory.
    private static let maximumEntries = 100_000

    /// - Parameter limit: How much the archive may grow if it is compressed.
    init(_ source: any ByteSource, into content: ContentStore, limit: UnpackLimit) throws(OCIError) {
        let bound = UnpackBound(limit, at: content.path)
        let blocks = try source.decompressed(what: what, bound: bound)
        let reader = try TarReader(blocks, what: what)
        while let entry = try reader.next() {
            guard items.count < Self.maximumEntries else {
                throw .corruptArchive(what: what, problem: "it has more than \(Self.maximumEntries) entries")
            }
            let name = try Self.normal(entry.name.text, entry: entry.name)
            switch entry.kind {
            case .regular:
                if let excess = bound.excess(compressed: nil, unpacked: entry.size) {
                    throw .tooLarge(what: what, excess)
                }
                let writer = try content.writer("\"\(entry.name.text)\" of the \(what)", size: entry.size)
                try reader.readData { (piece, offset) throws(OCIError) in
                    guard offset == writer.count else {
                        throw .hostileEntry(name: entry.name.text, problem: "a file with holes in an image archive")
                    }
                    try writer.write(piece)
                }
                writer.seal()
                items[name] = .file(writer)
            case .symbolicLink(let target):
                let directory = name.split(separator: "/").dropLast().joined(separator: "/")
                items[name] = .link(try Self.normal("\(directory)/\(target.text)", entry: entry.name))
            case .hardLink(let target): items[name] = .link(try Self.normal(target.text, entry: entry.name))
            case .directory: break
            default: throw .hostileEntry(name: entry.name.text, problem: "an image archive holds only files")
            }
        }
        try blocks.drain()
    }

    /// A path without `.`, `..` and doubled slashes.
    private static func normal(_ path: String, entry: ArchiveName) throws(OCIError) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part != ".." {
                parts.append(part)
            } else if parts.popLast() == nil {
                throw .hostileEntry(name: entry.text, problem: "it leads out of the archive")
            }
        }
        return parts.joined(separator: "/")
    }

    /// The file of a name, through links; `nil` if the archive has none.
    func file(_ path: String) throws(OCIError) -> BlobWriter? {
        var name = try Self.normal(path, entry: ArchiveName(path))
        for _ in 0..<32 {
            switch items[name] {
            case .file(let writer): return writer
            case .link(let target): name = target
            case nil: return nil
            }
        }
        throw .corruptArchive(what: what, problem: "\"\(path)\" is a link that leads nowhere")
    }

    /// The file of a name that the archive's documents speak of.
    func required(_ path: String) throws(OCIError) -> BlobWriter {
        guard let file = try file(path) else {
            throw .corruptArchive(what: what, problem: "\"\(path)\" is missing")
        }
        return file
    }

    /// A document's bytes, of at most 8 MiB.
    func document(_ path: String) throws(OCIError) -> [UInt8] {
        let file = try required(path)
        guard file.count <= 8 << 20 else {
            throw .invalidDocument(what: "\"\(path)\" of the \(what)", problem: "it has \(file.count) bytes")
        }
        let reader = try file.reader()
        return try system { () throws(SystemError) in try reader.readToEnd() }
    }

    // MARK: What the documents say

    /// The images of the archive: by Docker's `manifest.json`, else by the image layout's `index.json`.
    func images(for platform: Platform) throws(OCIError) -> [ArchivedImage] {
        if try file("manifest.json") != nil { return try dockerImages() }
        if try file("index.json") != nil { return try layoutImages(for: platform) }
        throw .corruptArchive(what: what, problem: "it has neither a manifest.json nor an index.json")
    }

    private func dockerImages() throws(OCIError) -> [ArchivedImage] {
        let document = "manifest.json of the \(what)"
        guard let list = try JSON(document: try self.document("manifest.json"), what: document).array else {
            throw .invalidDocument(what: document, problem: "it is not an array")
        }
        let manifests = try layoutManifests()
        var images: [ArchivedImage] = []
        for item in list {
            let members = try Members(item, what: document)
            guard let path = try members.string("Config") else {
                throw .invalidDocument(what: document, problem: "member \"Config\" is missing")
            }
            var image = ArchivedImage(config: try self.document(path))
            for tag in try members.strings("RepoTags") ?? [] {
                let reference = try ImageReference(tag)
                guard reference.digest == nil else {
                    throw .invalidDocument(what: document, problem: "\"\(tag)\" is no tag")
                }
                image.references.append(reference.taggedByDefault)
            }
            for layer in try members.strings("Layers") ?? [] { image.layers.append(try required(layer)) }
            image.parent = try members.string("Parent").flatMap { try? Digest($0) }
            // An archive that is an image layout too has a manifest for the image, whose digest is worth keeping.
            if let manifest = manifests[Digest(of: image.config)],
                manifest.contents.layers.map(\.digest) == image.layers.map(\.digest)
            {
                image.manifest = manifest.bytes
            }
            images.append(image)
        }
        return images
    }

    /// The manifests that the layout's index lists directly, by their configuration.
    private func layoutManifests() throws(OCIError) -> [Digest: (bytes: [UInt8], contents: Manifest)] {
        guard try file("index.json") != nil else { return [:] }
        var found: [Digest: (bytes: [UInt8], contents: Manifest)] = [:]
        for entry in try ImageIndex(parsing: try document("index.json"), what: "index.json of the \(what)").manifests {
            guard MediaType.isManifest(entry.mediaType), try file(Self.path(entry.digest)) != nil else { continue }
            let bytes = try blob(entry)
            let contents = try Manifest(parsing: bytes)
            found[contents.config.digest] = (bytes, contents)
        }
        return found
    }

    private func layoutImages(for platform: Platform) throws(OCIError) -> [ArchivedImage] {
        let index = try ImageIndex(parsing: try document("index.json"), what: "index.json of the \(what)")
        var images: [ArchivedImage] = []
        var places: [Digest: Int] = [:]
        for entry in index.manifests {
            guard let bytes = try manifest(entry, for: platform, depth: 0) else { continue }
            let digest = Digest(of: bytes)
            if places[digest] == nil {
                let contents = try Manifest(parsing: bytes)
                var image = ArchivedImage(config: try blob(contents.config))
                image.manifest = bytes
                for layer in contents.layers {
                    let file = try required(Self.path(layer.digest))
                    try Self.check(file, layer)
                    image.layers.append(file)
                }
                places[digest] = images.count
                images.append(image)
            }
            if let place = places[digest], let name = Self.name(of: entry), !images[place].references.contains(name) {
                images[place].references.append(name)
            }
        }
        guard !images.isEmpty else {
            throw .invalidDocument(what: "index.json of the \(what)", problem: "it lists no image for \(platform)")
        }
        return images
    }

    /// The manifest that an index entry means, through nested indexes; `nil` if it is none of an image for the platform.
    private func manifest(
        _ entry: BlobDescriptor, for platform: Platform, depth: Int
    ) throws(OCIError) -> [UInt8]? {
        if MediaType.isIndex(entry.mediaType) {
            guard depth < 4 else {
                throw .invalidDocument(what: "index \(entry.digest)", problem: "indexes are nested too deeply")
            }
            let index = try ImageIndex(parsing: try blob(entry), what: "index \(entry.digest)")
            guard let chosen = index.manifest(for: platform) else { return nil }
            return try manifest(chosen, for: platform, depth: depth + 1)
        }
        return MediaType.isManifest(entry.mediaType) ? try blob(entry) : nil
    }

    private static func path(_ digest: Digest) -> String { "blobs/sha256/\(digest.hexadecimal)" }

    private func blob(_ descriptor: BlobDescriptor) throws(OCIError) -> [UInt8] {
        let path = Self.path(descriptor.digest)
        try Self.check(try required(path), descriptor)
        return try document(path)
    }

    private static func check(_ file: BlobWriter, _ descriptor: BlobDescriptor) throws(OCIError) {
        let what = "blob \(descriptor.digest) of the image archive"
        guard file.digest == descriptor.digest else {
            throw .digestMismatch(what: what, expected: descriptor.digest, actual: file.digest)
        }
        guard file.count == descriptor.size else {
            throw .sizeMismatch(what: what, expected: descriptor.size, actual: file.count)
        }
    }

    /// The name in an index entry's annotations: containerd's full one, or the layout's own if it is more than a tag.
    private static func name(of entry: BlobDescriptor) -> ImageReference? {
        if let name = entry.annotations["io.containerd.image.name"] {
            return (try? ImageReference(name)).flatMap { $0.digest == nil ? $0.taggedByDefault : nil }
        }
        guard let name = entry.annotations["org.opencontainers.image.ref.name"],
            name.contains(where: { $0 == ":" || $0 == "/" })
        else { return nil }
        return (try? ImageReference(name)).flatMap { $0.digest == nil ? $0.taggedByDefault : nil }
    }
}

/// An image as its archive says it is.
struct ArchivedImage {
    /// The configuration's exact bytes.
    var config: [UInt8]
    /// The manifest's exact bytes, if the archive has one.
    var manifest: [UInt8]?
    /// The layers' files, lowest first.
    var layers: [BlobWriter] = []
    /// The names it shall get.
    var references: [ImageReference] = []
    /// The image it was built from, if it is or comes here.
    var parent: Digest?

    init(config: [UInt8]) { self.config = config }
}
