import Posix
import Testing

@testable import OCI

@Suite("The content store is an OCI image layout that holds only what it says")
struct ContentStoreTests {
    @Test("A blob with the wrong digest or size leaves nothing")
    func mismatches() throws {
        let scratch = try Scratch()
        let store = try ContentStore(at: scratch.path)
        let before = try tree(scratch.path)
        let good = Array("hello".utf8)
        #expect(throws: OCIError.self) {
            let writer = try store.writer("blob", expecting: Digest(of: [1]))
            try writer.write(good)
            try writer.commit()
        }
        #expect(throws: OCIError.sizeMismatch(what: "blob", expected: 3, actual: 5)) {
            try store.writer("blob", size: 3).write(good)
        }
        #expect(throws: OCIError.sizeMismatch(what: "blob", expected: 9, actual: 5)) {
            let writer = try store.writer("blob", size: 9)
            try writer.write(good)
            try writer.commit()
        }
        #expect(try tree(scratch.path) == before)
        let digest = try store.add(good)
        #expect(try store.read(digest) == good)
        #expect(try Files.read("\(scratch.path)/blobs/sha256/\(digest.hexadecimal)") == good)
    }

    @Test("Of a damaged index each whole entry is read, and the rest is passed over")
    func salvage() throws {
        let entries = (1...3).map { number in
            BlobDescriptor(
                mediaType: MediaType.ociManifest, digest: Digest(of: [UInt8(number)]), size: 7, platform: .current,
                annotations: ["name": "} \\\" {"])
        }
        let bytes = ImageIndex(manifests: entries).json.encoded()
        let cut = bytes.count - entries[2].json.encoded().count / 2
        #expect(ImageIndex(salvaging: Array(bytes[..<cut])).manifests == Array(entries[..<2]))
        #expect(ImageIndex(salvaging: [UInt8](repeating: 0x7B, count: 100) + bytes).manifests == entries)
        #expect(ImageIndex(salvaging: Array(bytes.dropFirst(cut / 3))).manifests.last == entries.last)
        #expect(ImageIndex(salvaging: []).manifests.isEmpty)
        let garbage = (0..<5000).map { _ in UInt8.random(in: 0...255) }
        #expect(ImageIndex(salvaging: garbage).manifests.isEmpty)
    }

    @Test("A blob that changed on the disk is noticed when it is read")
    func damage() throws {
        let scratch = try Scratch()
        let store = try ContentStore(at: scratch.path)
        let digest = try store.add([1, 2, 3])
        try Files.replace(store.path(of: digest), with: [1, 2, 4])
        #expect { try store.read(digest) } throws: { ($0 as? OCIError)?.description.contains("digest") == true }
        #expect(throws: OCIError.noSuchBlob(Digest(of: [9]))) { try store.read(Digest(of: [9])) }
    }

    @Test("What an interrupted writer left is gone after the next opening")
    func interruption() throws {
        let scratch = try Scratch()
        _ = try ContentStore(at: scratch.path)
        try Files.replace("\(scratch.path)/ingest/123.456", with: [1])
        _ = try ContentStore(at: scratch.path)
        #expect(try Files.list("\(scratch.path)/ingest").isEmpty)
    }

    @Test("Collection removes what is not kept")
    func collection() throws {
        let scratch = try Scratch()
        let store = try ContentStore(at: scratch.path)
        let (one, two) = (try store.add([1]), try store.add([2]))
        #expect(try store.collect(keeping: [one]) == [two])
        #expect(try store.digests() == [one])
    }
}
