import Posix
import Testing

@testable import OCI

/// A store with a few small images.
struct Lab {
    let scratch: Scratch
    let store: ImageStore

    init() throws {
        scratch = try Scratch()
        store = try ImageStore(at: scratch.path)
    }

    /// Makes an image of layers with one file each, named by its content.
    @discardableResult
    func image(_ files: [String], as names: [String] = [], base: Digest? = nil, note: String = "") throws -> Digest {
        let base = base.flatMap { store.image($0) }
        return try store.makingImage { (owner) throws(OCIError) in
            var layers: [NewLayer] = []
            for file in files {
                var tar = RawTar()
                tar.add(file, file)
                let top = layers.last?.layer.chainID ?? base?.topLayer
                layers.append(try store.addLayer(MemorySource(tar.finished), onto: top, owner: owner))
            }
            var config = base?.config ?? ImageConfig()
            config.comment = note
            config.created = ImageTime(seconds: Int64(config.history.count))
            config.history += files.map { ImageConfig.History(createdBy: "COPY \($0)") }
            var references: [ImageReference] = []
            for name in names { references.append(try ImageReference(name)) }
            return try store.create(config, base: base, layers: layers, as: references, parent: base?.id).id
        }
    }

    func save(_ names: [String]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try store.save(names) { bytes += $0 }
        return bytes
    }
}

@Suite("Images are named, found and removed as Docker does")
struct ImageStoreTests {
    @Test("An image is found by name, digest, ID and the beginning of an ID, also after opening again")
    func lookingUp() throws {
        let lab = try Lab()
        let id = try lab.image(["a"], as: ["x", "lab/y:1"])
        let manifest = try #require(lab.store.image(id)).manifest.digest
        try lab.store.tag(id, as: try ImageReference("x@\(manifest)"))
        for store in [lab.store, try ImageStore(at: lab.scratch.path)] {
            for text in [
                "x", "x:latest", "docker.io/library/x", "lab/y:1", id.description, id.hexadecimal, id.short,
                "sha256:\(id.short)", "x@\(manifest)", "x:other@\(manifest)",
            ] { #expect(try store.image(named: text).id == id, "\(text)") }
            #expect(store.image(id)?.repoTags == ["lab/y:1", "x:latest"])
            #expect(store.image(id)?.repoDigests == ["x@\(manifest)"])
        }
    }

    @Test("What is not there is told in Docker's words")
    func missing() throws {
        let lab = try Lab()
        let digest = Digest(of: [1])
        for (text, shown) in [
            ("nope", "nope:latest"), ("lab/nope:2", "lab/nope:2"), (digest.description, digest.description),
            (digest.hexadecimal, digest.description), ("abc@\(digest)", "abc@\(digest)"),
        ] {
            #expect { try lab.store.image(named: text) } throws: {
                ($0 as? OCIError)?.description == "No such image: \(shown)"
            }
        }
        #expect { try lab.store.image(named: "Nope") } throws: { ($0 as? OCIError)?.category == .invalidParameter }
    }

    @Test("A tag that moves leaves the old image without it")
    func moving() throws {
        let lab = try Lab()
        let (one, two) = (try lab.image(["a"], as: ["x"]), try lab.image(["b"]))
        try lab.store.tag(two.short, as: "x:latest")
        #expect(try lab.store.image(named: "x").id == two)
        #expect(lab.store.image(one)?.isUntagged == true)
        #expect { try lab.store.tag("x", as: "y@\(one)") } throws: { ($0 as? OCIError)?.category == .invalidParameter }
    }

    @Test("History has a line for each instruction, newest first, with sizes and the parents built here")
    func history() throws {
        let lab = try Lab()
        let base = try lab.image(["abc"], as: ["base"])
        let child = try lab.image(["defgh"], as: ["child"], base: base)
        let lines = lab.store.history(of: try lab.store.image(named: "child"))
        #expect(lines.map(\.createdBy) == ["COPY defgh", "COPY abc"])
        #expect(lines.map(\.size) == [5, 3])
        #expect(lines.map(\.id) == [child, base])
        #expect(try lab.store.image(named: "child").size == 8)
        #expect(lab.store.children(of: base) == [child])
    }

    // MARK: Removal

    @Test("Removing the last name removes the image, its layers and its blobs")
    func lastName() throws {
        let lab = try Lab()
        let id = try lab.image(["a", "b"], as: ["x:1"])
        let chain = try #require(lab.store.image(id)).config.chainIDs
        try lab.store.tag(id, as: try ImageReference("x@\(id)"))
        let records = try lab.store.remove("x:1")
        #expect(
            records.map(\.description) == [
                "Untagged: x:1", "Untagged: x@\(id)", "Deleted: \(id)", "Deleted: \(chain[1])", "Deleted: \(chain[0])",
            ])
        #expect(try lab.store.content.digests().isEmpty)
        #expect(try Files.list("\(lab.scratch.path)/layers").map(\.name) == ["ingest"])
        #expect(try ImageStore(at: lab.scratch.path).images().isEmpty)
    }

    @Test("Removing one of several names only untags; by ID it needs force")
    func severalNames() throws {
        let lab = try Lab()
        let id = try lab.image(["a"], as: ["x:1", "y:1"])
        let sentence =
            "conflict: unable to delete \(id.short) (must be forced) - image is referenced in multiple repositories"
        #expect(throws: OCIError.conflict(sentence)) { try lab.store.remove(id.short) }
        #expect(try lab.store.remove("y:1").map(\.description) == ["Untagged: y:1"])
        #expect(try lab.store.remove(id.short).count == 3)
        let again = try lab.image(["a"], as: ["x:1", "y:1"])
        #expect(
            try lab.store.remove(again.short, force: true).prefix(3).map(\.description)
                == ["Untagged: x:1", "Untagged: y:1", "Deleted: \(again)"])
    }

    @Test("An image that containers use is kept, and the sentence names one of them")
    func users() throws {
        let lab = try Lab()
        let id = try lab.image(["a"], as: ["x"])
        let container = String(repeating: "c", count: 64)
        let stopped = ImageUser(container: container, image: id, isRunning: false)
        let running = ImageUser(container: container, image: id, isRunning: true)
        let unable = "conflict: unable to delete \(id.short)"
        func refuses(_ name: String, _ user: ImageUser, force: Bool, _ sentence: String) {
            #expect(throws: OCIError.conflict(sentence)) { try lab.store.remove(name, force: force, users: [user]) }
        }
        refuses(
            "x", stopped, force: false,
            "conflict: unable to remove repository reference \"x\" (must force) - container cccccccccccc is using its "
                + "referenced image \(id.short)")
        refuses(
            id.short, stopped, force: false,
            "\(unable) (must be forced) - image is being used by stopped container cccccccccccc")
        refuses(
            id.short, running, force: true,
            "\(unable) (cannot be forced) - image is being used by running container cccccccccccc")
        #expect(try lab.store.remove("x", force: true, users: [running]).map(\.description) == ["Untagged: x:latest"])
        try lab.store.tag(id, as: try ImageReference("x"))
        // A stopped container's layers stay, because the engine retains them.
        try lab.store.layers.retain(try #require(lab.store.image(id)).topLayer, for: "container \(container)")
        let records = try lab.store.remove("x", force: true, users: [stopped])
        #expect(records.map(\.description) == ["Untagged: x:latest", "Deleted: \(id)"])
        #expect(try lab.store.layers.release("container \(container)").count == 1)
    }

    @Test("An image with children is kept; a child takes its untagged parents along")
    func family() throws {
        let lab = try Lab()
        let parent = try lab.image(["a"], as: ["parent"])
        let child = try lab.image(["b"], as: ["child"], base: parent)
        let sentence =
            "conflict: unable to delete \(parent.short) (cannot be forced) - image has dependent child images"
        #expect(throws: OCIError.conflict(sentence)) { try lab.store.remove(parent.short, force: true) }
        #expect(try lab.store.remove("parent").map(\.description) == ["Untagged: parent:latest"])
        let records = try lab.store.remove("child")
        #expect(records.contains(.deleted(image: child)) && records.contains(.deleted(image: parent)))
        #expect(lab.store.images().isEmpty)
    }

    @Test("A pinned image's layers outlive its removal until the pin goes")
    func pins() throws {
        let lab = try Lab()
        let id = try lab.image(["a"], as: ["x"])
        let image = try #require(lab.store.image(id))
        var pin: ImagePin? = try lab.store.pin(image)
        #expect(try lab.store.remove("x").map(\.description) == ["Untagged: x:latest", "Deleted: \(id)"])
        #expect(Files.exists(image.layers[0].path))
        #expect(pin != nil)
        pin = nil
        #expect(!Files.exists(image.layers[0].path))
    }

    @Test("An image that fails to be made leaves nothing")
    func failure() throws {
        let lab = try Lab()
        #expect(throws: OCIError.self) { try lab.store.importImage(MemorySource(Array("not a tar archive".utf8))) }
        #expect(try lab.store.content.digests().isEmpty)
        #expect(try tree("\(lab.scratch.path)/layers") == ["ingest"])
    }

    @Test("An import is one layer, with message, settings and platform")
    func importing() throws {
        let lab = try Lab()
        var tar = RawTar()
        tar.add("hello", "world")
        var settings = ContainerSettings()
        settings.cmd = ["/hello"]
        let id = try lab.store.importImage(
            MemorySource(gzip(tar.finished)), as: try ImageReference("mine:1"), message: "by hand", config: settings,
            platform: try Platform("linux/arm64"))
        let image = try lab.store.image(named: "mine:1")
        #expect(image.id == id)
        #expect(image.config.diffIDs == [Digest(of: tar.finished)])
        #expect((image.config.architecture, image.config.comment) == ("arm64", "by hand"))
        #expect(image.config.history.map(\.comment) == ["by hand"])
        #expect(image.size == 5)
    }
}
