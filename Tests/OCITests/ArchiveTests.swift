import Glibc
import OrderedJSON
import Posix
import Testing

@testable import OCI

@Suite("Images are saved and loaded without a change")
struct ArchiveTests {
    @Test(
        "What is saved loads elsewhere with the same IDs, names, manifest and files, plain and gzip",
        arguments: [false, true])
    func roundTrip(isCompressed: Bool) throws {
        let (here, there) = (try Lab(), try Lab())
        let one = try here.image(["a", "b"], as: ["x:1", "x:2"])
        let two = try here.image(["c"], as: ["lab/y"], base: one)
        let bytes = try here.save(["x", "lab/y"])
        let loaded = try there.store.load(MemorySource(isCompressed ? gzip(bytes) : bytes))
        #expect(Set(loaded.map(\.id)) == [one, two])
        #expect(
            loaded.flatMap(\.lines).sorted() == [
                "Loaded image: lab/y:latest", "Loaded image: x:1", "Loaded image: x:2",
            ])
        for id in [one, two] {
            let (old, new) = (try #require(here.store.image(id)), try #require(there.store.image(id)))
            #expect(old.manifest == new.manifest)
            #expect(old.references == new.references)
            #expect(old.layers.map(\.size) == new.layers.map(\.size))
        }
        #expect(try tree("\(there.scratch.path)/layers").sorted() == tree("\(here.scratch.path)/layers").sorted())
        #expect(try here.save(["x", "lab/y"]) == bytes)
    }

    @Test("An ID saves the image without names; a name that moves is told")
    func withoutNames() throws {
        let (here, there) = (try Lab(), try Lab())
        let id = try here.image(["a"], as: ["x"])
        #expect(
            try there.store.load(MemorySource(try here.save([id.short]))).flatMap(\.lines) == ["Loaded image ID: \(id)"]
        )
        let other = try there.image(["b"], as: ["x"])
        let loaded = try there.store.load(MemorySource(try here.save(["x"])))
        #expect(
            loaded.flatMap(\.lines) == [
                "The image x:latest already exists, renaming the old one with ID \(other) to empty string",
                "Loaded image: x:latest",
            ])
        #expect(throws: OCIError.noSuchImage("nope")) { try here.save(["nope"]) }
    }

    @Test("An archive cut anywhere is refused whole and leaves nothing", arguments: [0.02, 0.3, 0.6, 0.9])
    func cut(part: Double) throws {
        let (here, there) = (try Lab(), try Lab())
        try here.image([String(repeating: "long-name-", count: 9), "b"], as: ["x"])
        let bytes = try here.save(["x"])
        let before = try tree(there.scratch.path)
        for archive in [bytes, gzip(bytes)] {
            let piece = Array(archive.prefix(Int(Double(archive.count) * part)))
            #expect { try there.store.load(MemorySource(piece)) } throws: {
                ($0 as? OCIError)?.category == .invalidParameter
            }
            #expect(try tree(there.scratch.path) == before)
        }
    }

    /// The form that Docker wrote before version 25, with a shared layer as a symbolic link.
    private func oldArchive(config: [UInt8], layers: [[UInt8]], tags: String = #"["old:1"]"#) -> [UInt8] {
        var tar = RawTar()
        tar.add(.init(name: "\(Digest(of: config).hexadecimal).json"), config)
        var paths: [String] = []
        for (index, layer) in layers.enumerated() {
            tar.directory("l\(index)/")
            tar.add("l\(index)/VERSION", "1.0")
            tar.add("l\(index)/json", "{}")
            if let first = layers.firstIndex(of: layer), first < index {
                tar.symbolicLink("l\(index)/layer.tar", to: "../l\(first)/layer.tar")
            } else {
                tar.add(.init(name: "l\(index)/layer.tar"), layer)
            }
            paths.append("\"l\(index)/layer.tar\"")
        }
        tar.add(
            "manifest.json",
            #"[{"Config":"\#(Digest(of: config).hexadecimal).json","RepoTags":\#(tags),"Layers":[\#(paths.joined(separator: ","))]}]"#
        )
        return tar.finished
    }

    private func layer(_ name: String) -> [UInt8] {
        var tar = RawTar()
        tar.add(name, name)
        return tar.finished
    }

    private func config(_ diffIDs: [Digest]) -> [UInt8] {
        var config = ImageConfig()
        config.diffIDs = diffIDs
        return config.bytes
    }

    @Test("The old form loads, with shared layers as links and compressed layers")
    func oldForm() throws {
        let lab = try Lab()
        let (one, two) = (layer("a"), layer("b"))
        let bytes = oldArchive(config: config([one, two, one].map { Digest(of: $0) }), layers: [one, gzip(two), one])
        #expect(try lab.store.load(MemorySource(bytes)).flatMap(\.lines) == ["Loaded image: old:1"])
        let image = try lab.store.image(named: "old:1")
        #expect(image.layers.count == 3)
        #expect(image.contents.layers[1].mediaType == MediaType.ociLayerGzip)
        // A second load finds everything there, and changes nothing.
        let again = try lab.store.load(MemorySource(bytes))
        #expect(again[0].layers.allSatisfy { !$0.isNew })
    }

    @Test("Whatever is wrong inside is named, and nothing is left")
    func wrongInside() throws {
        let lab = try Lab()
        let (good, other) = (layer("a"), layer("b"))
        let id = Digest(of: good)
        var hostile = RawTar()
        hostile.add("../../evil", "x")
        var noManifest = RawTar()
        noManifest.add("readme", "hello")
        let cases: [([UInt8], String)] = [
            (oldArchive(config: config([Digest(of: other)]), layers: [good]), "digest"),
            (oldArchive(config: config([Digest(of: other)]), layers: [gzip(good)]), "digest"),
            (oldArchive(config: config([id, id]), layers: [good]), "layers"),
            (oldArchive(config: Array("{".utf8), layers: [good]), "JSON"),
            (oldArchive(config: config([id]), layers: [good], tags: #"["Bad Name"]"#), "invalid reference format"),
            (oldArchive(config: config([Digest(of: hostile.finished)]), layers: [hostile.finished]), "../../evil"),
            (noManifest.finished, "manifest.json"),
            (hostile.finished, "leads out"),
            (Array("#!/bin/sh\necho hello\n".utf8), "image archive"),
            ([], "manifest.json"),
        ]
        let before = try tree(lab.scratch.path)
        for (bytes, word) in cases {
            #expect { try lab.store.load(MemorySource(bytes)) } throws: { "\($0)".contains(word) }
            #expect(try tree(lab.scratch.path) == before)
        }
    }

    @Test("An image of 130 layers loads, and is one again after saving")
    func manyLayers() throws {
        let (here, there) = (try Lab(), try Lab())
        let layers = (0..<130).map { layer("file\($0)") }
        let bytes = oldArchive(config: config(layers.map { Digest(of: $0) }), layers: layers)
        let loaded = try here.store.load(MemorySource(bytes))
        #expect(loaded[0].layers.count == 130)
        #expect(try here.store.layers.lowerDirectories(upTo: here.store.image(named: "old:1").topLayer).count == 130)
        #expect(try there.store.load(MemorySource(try here.save(["old:1"])))[0].id == loaded[0].id)
    }

    @Test("An image layout with an index of platforms loads this machine's")
    func layoutOfPlatforms() throws {
        let lab = try Lab()
        let one = layer("a")
        var tar = RawTar()
        func blob(_ bytes: [UInt8], _ type: String) -> BlobDescriptor {
            tar.add(.init(name: "blobs/sha256/\(Digest(of: bytes).hexadecimal)"), bytes)
            return BlobDescriptor(mediaType: type, digest: Digest(of: bytes), size: Int64(bytes.count))
        }
        let layerBlob = blob(gzip(one), MediaType.ociLayerGzip)
        var mine = blob(
            Manifest(config: blob(config([Digest(of: one)]), MediaType.ociConfig), layers: [layerBlob]).bytes,
            MediaType.ociManifest)
        mine.platform = .current
        // The other platform's content is not in the archive, as with a partial copy.
        let other = BlobDescriptor(
            mediaType: MediaType.ociManifest, digest: Digest(of: [9]), size: 1,
            platform: Platform(os: "linux", architecture: "s390x"))
        var index = blob(ImageIndex(manifests: [other, mine]).json.encoded(), MediaType.ociIndex)
        index.annotations["org.opencontainers.image.ref.name"] = "lab/multi:1"
        tar.add("oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
        tar.add(.init(name: "index.json"), ImageIndex(manifests: [index]).json.encoded())
        #expect(try lab.store.load(MemorySource(tar.finished)).flatMap(\.lines) == ["Loaded image: lab/multi:1"])
        #expect(try lab.store.image(named: "lab/multi:1").manifest.digest == mine.digest)
    }

    @Test("Names of any bytes are written and read unchanged, and only what is no UTF-8 needs a mark")
    func names() throws {
        let names: [[UInt8]] = [
            Array("plain".utf8), Array("\u{1112}\u{1161}\u{11AB}".utf8), Array("한글".utf8), [0x62, 0xFF],
            [UInt8](repeating: 0x61, count: 250),
        ]
        for name in names {
            var bytes: [UInt8] = []
            let writer = try TarWriter(to: { bytes += $0 })
            try writer.add(TarEntry(name: ArchiveName(name), kind: .regular), [1])
            try writer.finish()
            let reader = try TarReader(PlainBlocks(MemorySource(bytes)), what: "test")
            #expect(try reader.next().map { Array($0.name.bytes) } == name)
            let isText = String(validating: name, as: UTF8.self) != nil
            #expect(bytes.contains(Array("hdrcharset".utf8)) == !isText)
        }
    }

    @Test("A tree is written as a layer and unpacks to the same tree", .enabled(if: isRoot, "needs root"))
    func layerArchive() throws {
        let scratch = try Scratch()
        let store = try LayerStore(at: "\(scratch.path)/layers")
        var tar = RawTar()
        tar.directory("d/", mode: 0o1777)
        tar.add(
            .init(name: "d/f", mode: 0o4755, uid: 3, gid: 4, pax: [("SCHILY.xattr.user.note", [1, 2])]), [1, 2, 3])
        tar.link("d/g", to: "d/f")
        tar.symbolicLink("s", to: "d/f")
        tar.add(.init(name: "null", type: "3", device: (1, 3)))
        tar.add(.init(name: ".wh.gone"))
        tar.directory("opaque/")
        tar.add(.init(name: "opaque/.wh..wh..opq"))
        let first = try store.unpack(tar.finished)
        func written(_ path: String, _ form: LayerArchive.Form) throws -> [UInt8] {
            var bytes: [UInt8] = []
            try LayerArchive.write(path, form: form) { bytes += $0 }
            return bytes
        }
        let bytes = try written(first.path, .layer)
        let second = try store.unpack(bytes)
        #expect(try tree(second.path) == tree(first.path))
        #expect(try written(second.path, .layer) == bytes)
        #expect(try status("\(second.path)/d/f").st_ino == status("\(second.path)/d/g").st_ino)
        #expect(try status("\(second.path)/d/f").st_mode == S_IFREG | 0o4755)
        let reader = try TarReader(PlainBlocks(MemorySource(try written(first.path, .tree))), what: "test")
        var names: [String] = []
        while let entry = try reader.next() { names.append(entry.name.text) }
        #expect(names == ["d/", "d/f", "d/g", "null", "opaque/", "s"])
    }
}

/// A real Docker Engine to compare with: its address in `DRYDOCK_TEST_DOCKER_HOST`, as the docker client takes it.
private let dockerHost = getenv("DRYDOCK_TEST_DOCKER_HOST").map { String(cString: $0) }

@Suite("A real Docker Engine and this store read each other's archives")
struct DockerArchiveTests {
    private func docker(_ arguments: [String]) throws -> String {
        var docker = try StaticProgram("busybox", package: "busybox-static")
        docker.path = "/bin/sh"
        let command = (["docker", "-H", dockerHost ?? ""] + arguments).joined(separator: " ")
        return try docker.output(of: ["-c", command])
    }

    @Test(
        "An image goes there and comes back with the same ID",
        .enabled(if: dockerHost != nil, "DRYDOCK_TEST_DOCKER_HOST names no engine"))
    func exchange() throws {
        let (here, back) = (try Lab(), try Lab())
        try EmbeddedImages.install(into: here.store, only: ["lab/web:2"])
        let image = try here.store.image(named: "lab/web:2")
        let file = "\(here.scratch.path)/image.tar"
        try Files.replace(file, with: try here.save(["lab/web:2"]))
        let output = try docker(["load", "-q", "-i", file])
        #expect(output == "Loaded image: lab/web:2\n")
        defer { _ = try? docker(["rmi", "lab/web:2"]) }
        let format = "'{{.Id}} {{.Size}} {{len .RootFS.Layers}}'"
        let facts = try docker(["image", "inspect", "-f", format, "lab/web:2"])
        #expect(facts == "\(image.id) \(image.size) \(image.layers.count)\n")
        _ = try docker(["save", "-o", file, "lab/web:2"])
        let loaded = try back.store.load(DescriptorSource(try Descriptor.open(file, O_RDONLY)))
        #expect(loaded.flatMap(\.lines) == ["Loaded image: lab/web:2"])
        #expect(loaded[0].id == image.id)
    }
}
