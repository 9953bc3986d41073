import OrderedJSON
import Posix

extension ImageStore {
    /// Writes images as an archive that Docker and OCI readers load: `docker save`.
    ///
    /// It is an OCI image layout with Docker's `manifest.json` beside it: what Docker writes since version 25, and reads
    /// since 1.10. Layers are written as they are stored, compressed or not.
    ///
    /// - Parameters:
    ///   - names: Names or IDs. A repository without tag and digest means all its tags; an ID, the image without names.
    ///   - sink: Where the archive goes.
    /// - Throws: ``OCIError/noSuchImage(_:)`` before anything is written; what the sink throws.
    public func save(_ names: [String], to sink: @escaping ByteSink) throws(OCIError) {
        try keepingContent { () throws(OCIError) in
            let images = try imagesToSave(names)
            let tar = try TarWriter(to: sink)
            func add(_ name: String, _ json: JSON) throws(OCIError) {
                try tar.add(TarEntry(name: ArchiveName(name), kind: .regular), json.encoded())
            }
            try add("oci-layout", ["imageLayoutVersion": "1.0.0"])
            try add("index.json", Self.index(of: images).json)
            try add("manifest.json", .array(images.map(Self.dockerManifest)))
            for directory in ["blobs/", "blobs/sha256/"] {
                try tar.begin(TarEntry(name: ArchiveName(directory), kind: .directory, mode: 0o755))
            }
            var written: Set<Digest> = []
            for (image, _) in images {
                let blobs = [image.manifest.digest, image.id] + image.contents.layers.map(\.digest)
                for digest in blobs where written.insert(digest).inserted { try write(digest, to: tar) }
            }
            try tar.finish()
        }
    }

    private typealias SavedImage = (image: Image, references: [ImageReference])

    private func imagesToSave(_ names: [String]) throws(OCIError) -> [SavedImage] {
        var saved: [SavedImage] = []
        func add(_ image: Image, _ references: [ImageReference]) {
            let place = saved.firstIndex { $0.image.id == image.id } ?? saved.count
            if place == saved.count { saved.append((image, [])) }
            for reference in references where !saved[place].references.contains(reference) {
                saved[place].references.append(reference)
            }
        }
        for name in names {
            if Digest(hexadecimal: name) == nil, (try? Digest(name)) == nil {
                let reference = try ImageReference(name)
                if reference.tag == nil, reference.digest == nil {
                    let tagged = images().reversed().filter { image in
                        image.references.contains { $0.name == reference.name && $0.digest == nil }
                    }
                    for image in tagged {
                        add(image, image.references.filter { $0.name == reference.name && $0.digest == nil })
                    }
                    if !tagged.isEmpty { continue }
                }
            }
            // Named as it was asked for, since a name without a tag means all of them.
            guard let image = try? image(named: name) else { throw .noSuchImage(name) }
            let given = (try? ImageReference(name)).map(\.taggedByDefault)
            add(image, image.references.filter { $0 == given && $0.digest == nil })
        }
        return saved
    }

    private static func index(of images: [SavedImage]) -> ImageIndex {
        var entries: [BlobDescriptor] = []
        for (image, references) in images {
            if references.isEmpty { entries.append(image.manifest) }
            for reference in references {
                var entry = image.manifest
                entry.annotations["io.containerd.image.name"] = reference.description
                entry.annotations["org.opencontainers.image.ref.name"] = reference.tag
                entries.append(entry)
            }
        }
        return ImageIndex(manifests: entries)
    }

    private static func dockerManifest(_ saved: SavedImage) -> JSON {
        func path(_ digest: Digest) -> JSON { .string("blobs/sha256/\(digest.hexadecimal)") }
        return [
            "Config": path(saved.image.id),
            "RepoTags": saved.references.isEmpty ? .null : .array(saved.references.map { .string($0.familiar) }),
            "Layers": .array(saved.image.contents.layers.map { path($0.digest) }),
        ]
    }

    /// Copies a blob, and checks once more that it is what its name says.
    private func write(_ digest: Digest, to tar: TarWriter) throws(OCIError) {
        guard let size = content.size(of: digest) else { throw .noSuchBlob(digest) }
        var entry = TarEntry(name: ArchiveName("blobs/sha256/\(digest.hexadecimal)"), kind: .regular)
        entry.size = size
        try tar.begin(entry)
        var hasher = SHA256()
        try DescriptorSource(try content.open(digest)).forEachPiece { (piece) throws(OCIError) in
            hasher.update(piece)
            try tar.write(piece)
        }
        let actual = hasher.finish()
        guard actual == digest else { throw .digestMismatch(what: "stored blob", expected: digest, actual: actual) }
    }
}
