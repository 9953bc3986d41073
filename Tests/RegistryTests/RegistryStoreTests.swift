import Glibc
import OCI
import Posix
import Testing

@Suite("What a registry keeps")
struct RegistryStoreTests {
    private final class Place {
        let path = "/tmp/drydock-registry-tests-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        deinit { try? Files.removeTree(path) }
    }
    private let place = Place()

    private func manifest(_ store: RegistryStore) throws -> [UInt8] {
        let config = Array(#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#.utf8)
        let digest = try store.content.add(config)
        return Manifest(
            config: BlobDescriptor(mediaType: MediaType.ociConfig, digest: digest, size: Int64(config.count)),
            layers: []
        ).bytes
    }

    @Test("A manifest is found by its tag and by its digest, also after the store was opened again")
    func remembered() throws {
        let store = try RegistryStore(at: place.path)
        let bytes = try manifest(store)
        let digest = try store.put(bytes, mediaType: MediaType.ociManifest, as: "1", in: "team/app")
        let alone = try store.put(bytes, mediaType: MediaType.ociManifest, as: "\(digest)", in: "other")
        #expect(alone == digest)
        for store in [store, try RegistryStore(at: place.path)] {
            #expect(try store.manifest("team/app", "1")?.1 == bytes)
            #expect(try store.manifest("team/app", "\(digest)")?.0.digest == digest)
            #expect(try store.manifest("other", "\(digest)") != nil)
            #expect(try store.manifest("other", "1") == nil)
            #expect(store.tags("team/app") == ["1"] && store.tags("other") == [] && store.tags("none") == nil)
            #expect(store.repositories() == ["team/app"])
        }
    }

    @Test("A manifest of parts that are not here is refused, and one under a wrong name")
    func refused() throws {
        let store = try RegistryStore(at: place.path)
        let missing = Manifest(
            config: BlobDescriptor(mediaType: MediaType.ociConfig, digest: Digest(of: [1]), size: 1), layers: [])
        #expect(throws: OCIError.noSuchBlob(Digest(of: [1]))) {
            try store.put(missing.bytes, mediaType: MediaType.ociManifest, as: "1", in: "a")
        }
        let bytes = try manifest(store)
        for (tag, repository) in [("..", "a"), ("1", "A"), ("1", "a/../b"), ("1", ""), ("\(Digest(of: [2]))", "a")] {
            #expect(throws: OCIError.self, "\(repository):\(tag)") {
                try store.put(bytes, mediaType: MediaType.ociManifest, as: tag, in: repository)
            }
        }
        #expect(throws: OCIError.self) { try store.put(bytes, mediaType: "text/plain", as: "1", in: "a") }
        #expect(store.repositories().isEmpty)
    }

    @Test("An upload counts, refuses a gap and a wrong digest, and leaves nothing when it is given up")
    func uploads() throws {
        let store = try RegistryStore(at: place.path)
        func pieces(_ all: [[UInt8]]) -> () throws(OCIError) -> [UInt8]? {
            var rest = all[...]
            return { () throws(OCIError) in rest.popFirst() }
        }
        let id = try store.uploads.begin()
        #expect(try store.uploads.append(id, at: 0, pieces([[1, 2], [3]])) == 3)
        #expect(throws: OCIError.self) { try store.uploads.append(id, at: 7, pieces([[4]])) }
        #expect(store.uploads.count(id) == 3)
        try store.uploads.finish(id, as: Digest(of: [1, 2, 3]))
        #expect(store.content.size(of: Digest(of: [1, 2, 3])) == 3)
        #expect(store.uploads.count(id) == nil)
        let wrong = try store.uploads.begin()
        _ = try store.uploads.append(wrong, at: nil, pieces([[9]]))
        #expect(throws: OCIError.self) { try store.uploads.finish(wrong, as: Digest(of: [8])) }
        #expect(throws: OCIError.self) { try store.uploads.append(wrong, at: nil, pieces([[9]])) }
        let left = try store.uploads.begin()
        store.uploads.cancel(left)
        #expect(try Files.list("\(place.path)/ingest").isEmpty)
    }

    @Test("Blobs that no manifest names go when the store is opened")
    func collected() throws {
        let store = try RegistryStore(at: place.path)
        try store.put(try manifest(store), mediaType: MediaType.ociManifest, as: "1", in: "a")
        let stray = try store.content.add([7, 7, 7])
        let again = try RegistryStore(at: place.path)
        #expect(!again.content.has(stray))
        #expect(try again.content.digests().count == 2)
    }
}
