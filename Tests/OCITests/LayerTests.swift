import CLinux
import Glibc
import Posix
import Synchronization
import Testing

@testable import OCI

@Suite("Layers are unpacked as the archive says and nowhere else")
struct LayerTests {
    let scratch: Scratch
    let store: LayerStore

    init() throws {
        scratch = try Scratch()
        store = try LayerStore(at: "\(scratch.path)/layers")
    }

    @Test("Files, links, modes, owners, times to the nanosecond and long names arrive")
    func plainEntries() throws {
        var tar = RawTar()
        tar.directory("./", mode: 0o751)
        tar.directory("./d/", mode: 0o1777)
        tar.add(
            .init(name: "d/set", mode: 0o4755, uid: 12, gid: 34, pax: [("mtime", Array("1600000000.123456789".utf8))]),
            [1, 2, 3])
        tar.link("d/hard", to: "d/set")
        tar.symbolicLink("d/soft", to: "/nowhere/at/all")
        let long = (0..<30).map { "directory-number-\($0)" }.joined(separator: "/")
        tar.add(.init(name: "x", pax: [("path", Array(long.utf8))]), [7])
        tar.add(.init(name: "fifo", type: "6", mode: 0o600))
        tar.add(.init(name: "한글", pax: [("path", Array("\u{1112}\u{1161}\u{11AB}".utf8))]), [8])
        let layer = try store.unpack(tar.finished)
        #expect(layer.size == 5 + "/nowhere/at/all".utf8.count)
        #expect(layer.entries == 8)
        #expect(try mode(layer.path) & 0o7777 == 0o751)
        let set = try status("\(layer.path)/d/set")
        #expect(set.st_mode & 0o7777 == 0o4755)
        if isRoot { #expect((set.st_uid, set.st_gid) == (12, 34)) } else { print("owners not checked: not root") }
        #expect((set.st_mtim.tv_sec, set.st_mtim.tv_nsec) == (1_600_000_000, 123_456_789))
        #expect(try status("\(layer.path)/d/hard").st_ino == set.st_ino)
        #expect(try Files.linkTarget("\(layer.path)/d/soft") == "/nowhere/at/all")
        #expect(try mode("\(layer.path)/d") & 0o7777 == 0o1777)
        #expect(try status("\(layer.path)/d").st_mtim.tv_sec == 1_700_000_000)
        #expect(try Files.read("\(layer.path)/\(long)") == [7])
        #expect(try mode("\(layer.path)/fifo") & S_IFMT == S_IFIFO)
        // The name keeps its bytes: decomposed Hangul is not composed on the way.
        #expect(try Files.list(layer.path).contains { Array($0.name.utf8) == Array("\u{1112}\u{1161}\u{11AB}".utf8) })
    }

    @Test("Extended attributes arrive, file capabilities too", .enabled(if: isRoot, "needs root"))
    func attributes() throws {
        let capability: [UInt8] = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        var tar = RawTar()
        tar.add(.init(name: "ping", mode: 0o755, pax: [("SCHILY.xattr.security.capability", capability)]), [1])
        let layer = try store.unpack(tar.finished)
        var value = [UInt8](repeating: 0, count: 64)
        let count = lgetxattr("\(layer.path)/ping", "security.capability", &value, value.count)
        #expect(Array(value.prefix(max(0, count))) == capability)
    }

    @Test("Device nodes are made by root", .enabled(if: isRoot, "needs root"))
    func devices() throws {
        var tar = RawTar()
        tar.add(.init(name: "null", type: "3", mode: 0o666, device: (1, 3)))
        tar.add(.init(name: "disk", type: "4", mode: 0o660, device: (8, 1)))
        let layer = try store.unpack(tar.finished)
        let null = try status("\(layer.path)/null")
        #expect(null.st_mode == S_IFCHR | 0o666)
        #expect((linux_major(UInt64(null.st_rdev)), linux_minor(UInt64(null.st_rdev))) == (1, 3))
        #expect(try mode("\(layer.path)/disk") & S_IFMT == S_IFBLK)
    }

    @Test(
        "Without the right to make devices they are refused, and nothing is left",
        arguments: [("3", 1, 3), ("4", 8, 1)] as [(Character, Int, Int)])
    func refusedDevices(type: Character, major: Int, minor: Int) throws {
        let path = "\(scratch.path)/rootless"
        let store = try LayerStore(at: path, policy: .userNamespace)
        var tar = RawTar()
        tar.add(.init(name: "before"), [1])
        tar.add(.init(name: "node", type: type, mode: 0o666, device: (major, minor)))
        let error = #expect(throws: OCIError.self) { try store.unpack(tar.finished) }
        #expect(error?.description.contains("device node") == true)
        #expect(error?.category == .invalidParameter)
        #expect(try Files.list(path).map(\.name) == ["ingest"])
        #expect(try Files.list("\(path)/ingest").isEmpty)
    }

    @Test("Without the right to set owners they are noted, and the archive writer knows them again")
    func unprivileged() throws {
        let store = try LayerStore(at: "\(scratch.path)/rootless", policy: .unprivileged)
        var tar = RawTar()
        tar.directory("d/", mode: 0o555)
        tar.add(.init(name: "d/file", mode: 0o4711, uid: 5, gid: 6), [1])
        tar.add(.init(name: ".wh.gone"))
        tar.add(.init(name: "d/.wh..wh..opq"))
        let layer = try store.unpack(tar.finished)
        var written: [UInt8] = []
        try LayerArchive.write(layer.path, form: .layer) { written += $0 }
        let reader = try TarReader(PlainBlocks(MemorySource(written)), what: "test")
        var found: [String: TarEntry] = [:]
        while let entry = try reader.next() { found[entry.name.text] = entry }
        #expect(found["d/file"].map { ($0.uid, $0.gid, $0.mode) } ?? (0, 0, 0) == (5, 6, 0o4711))
        #expect(found[".wh.gone"] != nil)
        #expect(found["d/.wh..wh..opq"] != nil)
    }

    @Test("Holes of a sparse file stay holes, in the GNU and the pax form", arguments: [0, 1])
    func sparse(form: Int) throws {
        let size = 64 << 20
        var tar = RawTar()
        let data = [UInt8](repeating: 7, count: 512)
        tar.add(
            .init(
                name: "sparse",
                pax: form == 0
                    ? [
                        ("GNU.sparse.size", Array("\(size)".utf8)), ("GNU.sparse.numblocks", Array("1".utf8)),
                        ("GNU.sparse.map", Array("\(size - 4096),512".utf8)),
                    ]
                    : [
                        ("GNU.sparse.major", Array("1".utf8)), ("GNU.sparse.minor", Array("0".utf8)),
                        ("GNU.sparse.name", Array("sparse".utf8)), ("GNU.sparse.realsize", Array("\(size)".utf8)),
                    ]),
            form == 0 ? data : Array("1\n\(size - 4096)\n512\n".utf8) + [UInt8](repeating: 0, count: 512 - 15) + data)
        let layer = try store.unpack(tar.finished)
        let file = try status("\(layer.path)/sparse")
        #expect(file.st_size == size)
        #expect(file.st_blocks < 1000)
        let bytes = try Files.read("\(layer.path)/sparse")
        #expect(bytes[size - 4096] == 7 && bytes[size - 4097] == 0 && bytes[size - 1] == 0)
    }

    // MARK: Whiteouts

    @Test(
        "Whiteouts and opaque directories hide what is below, seen through a real overlay mount",
        .enabled(if: isRoot, "needs root"))
    func whiteouts() throws {
        var below = RawTar()
        below.add("gone", "x")
        below.add("dir/old", "x")
        below.add("replaced/old", "x")
        below.add("kept", "x")
        var above = RawTar()
        above.add(".wh.gone", "")
        above.directory("dir/")
        above.add("dir/.wh..wh..opq", "")
        above.add("dir/new", "y")
        above.add(".wh.replaced", "")
        above.directory("replaced/")
        above.add("replaced/new", "y")
        above.add(".wh..wh.plnk", "")
        let lower = try store.unpack(below.finished)
        let upper = try store.unpack(above.finished, onto: lower.chainID)
        #expect(try mode("\(upper.path)/gone") & S_IFMT == S_IFCHR)
        let directories = try store.lowerDirectories(upTo: upper.chainID)
        #expect(directories == [upper.path, lower.path])
        let target = "\(scratch.path)/merged"
        try Files.makeDirectories(target)
        try check("mounting an overlay") {
            mount("overlay", target, "overlay", UInt(MS_RDONLY), "lowerdir=" + directories.joined(separator: ":"))
        }
        defer { umount(target) }
        #expect(try tree(target) == ["dir", "dir/new", "kept", "replaced", "replaced/new"])
    }

    @Test("A whiteout does not hide what its own layer has, before or after it")
    func whiteoutInSameLayer() throws {
        var tar = RawTar()
        tar.add("early", "x")
        tar.add(".wh.early", "")
        tar.add(".wh.late", "")
        tar.add("late", "y")
        let layer = try store.unpack(tar.finished)
        #expect(try Files.text("\(layer.path)/early") == "x")
        #expect(try Files.text("\(layer.path)/late") == "y")
    }

    // MARK: Hostile archives

    struct Hostile: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var name: String
        var build: @Sendable (inout RawTar) -> Void
    }

    @Test(
        "An entry that leads out is refused by its name, and nothing is left",
        arguments: [
            Hostile(testDescription: "..", name: "../evil") { $0.add("../evil", "x") },
            Hostile(testDescription: ".. inside", name: "a/../../evil") { $0.add("a/../../evil", "x") },
            Hostile(testDescription: "absolute", name: "/tmp/evil") { $0.add("/tmp/evil", "x") },
            Hostile(testDescription: "hard link out", name: "link") { $0.link("link", to: "../../../../etc/passwd") },
            Hostile(testDescription: "absolute hard link", name: "link") { $0.link("link", to: "/etc/passwd") },
            Hostile(testDescription: "hard link to nothing", name: "link") { $0.link("link", to: "etc/passwd") },
            Hostile(testDescription: "through an absolute symbolic link", name: "out/evil") {
                $0.symbolicLink("out", to: "/tmp")
                $0.add("out/evil", "x")
            },
            Hostile(testDescription: "through .. links", name: "out/evil") {
                $0.symbolicLink("out", to: "../../../../../../tmp")
                $0.add("out/evil", "x")
            },
            Hostile(testDescription: "hard link through a symbolic link", name: "passwd") {
                $0.symbolicLink("out", to: "/etc")
                $0.link("passwd", to: "out/passwd")
            },
            Hostile(testDescription: "whiteout of ..", name: "a/.wh...") { $0.add("a/.wh...", "") },
            Hostile(testDescription: "whiteout of nothing", name: "a/.wh.") { $0.add("a/.wh.", "") },
            Hostile(testDescription: "root as file", name: ".") { $0.add(".", "x") },
        ])
    func hostile(_ archive: Hostile) throws {
        var tar = RawTar()
        tar.add("before", "x")
        archive.build(&tar)
        let before = try tree(scratch.path)
        #expect { try store.unpack(tar.finished) } throws: { error in
            guard case OCIError.hostileEntry(let name, _)? = error as? OCIError else { return false }
            return name == archive.name
        }
        #expect(try tree(scratch.path) == before)
        #expect(!Files.exists("/tmp/evil"))
    }

    @Test("A link to a directory of the same layer is followed inside it, as Docker does")
    func insideLink() throws {
        var tar = RawTar()
        tar.directory("usr/lib/")
        tar.symbolicLink("lib", to: "/usr/lib")
        tar.add("lib/file", "x")
        tar.symbolicLink("file", to: "/etc/passwd")
        tar.add("file", "mine")
        let layer = try store.unpack(tar.finished)
        #expect(try Files.text("\(layer.path)/usr/lib/file") == "x")
        #expect(try Files.text("\(layer.path)/file") == "mine")
    }

    @Test("A wrong diff ID, a bomb, a cut and a non-archive are refused and leave nothing")
    func damaged() throws {
        var tar = RawTar()
        tar.add(.init(name: "big"), [UInt8](repeating: 1, count: 300_000))
        let good = tar.finished
        func attempt(_ bytes: [UInt8], diffID: Digest, in store: LayerStore? = nil) throws {
            _ = try (store ?? self.store).unpack(MemorySource(bytes), diffID: diffID, parent: nil, owner: "t")
        }
        var policy = UnpackPolicy.current
        // Its gzip is stored, not compressed: a limit below its own size.
        policy.limit = UnpackLimit(ratio: 1, allowance: -100_000)
        let strict = try LayerStore(at: "\(scratch.path)/strict", policy: policy)
        let before = try tree(scratch.path)
        let wrong = Digest(of: [1])
        #expect(
            throws: OCIError.digestMismatch(what: "layer (uncompressed)", expected: wrong, actual: Digest(of: good))
        ) { try attempt(good, diffID: wrong) }
        #expect { try attempt(gzip(good), diffID: Digest(of: good), in: strict) } throws: {
            if case OCIError.tooLarge? = $0 as? OCIError { true } else { false }
        }
        for bytes in [
            Array(gzip(good).prefix(200_000)), Array(good.prefix(200_000)), Array("no archive at all, is it?".utf8),
        ] {
            #expect { try attempt(bytes, diffID: Digest(of: good)) } throws: {
                if case OCIError.corruptArchive? = $0 as? OCIError { true } else { false }
            }
        }
        #expect { try attempt([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], diffID: wrong) } throws: { "\($0)".contains("xz") }
        #expect(try tree(scratch.path) == before)
        try attempt(gzip(good), diffID: Digest(of: good))
        #expect(store.layer(Digest(of: good))?.size == 300_000)
    }

    @Test("An archive is bounded by its size and by the room on the disk, and the user may lift the first bound")
    func bounds() {
        let bound = UnpackBound(UnpackLimit(ratio: 100, allowance: 1000), room: 5000)
        #expect(bound.excess(compressed: 10, unpacked: 2000) == nil)
        #expect(bound.excess(compressed: 10, unpacked: 2001) == .ratio(100, bytes: 2000))
        #expect(bound.excess(compressed: nil, unpacked: 5000) == nil)
        #expect(bound.excess(compressed: nil, unpacked: 5001) == .room(5000))
        #expect(bound.excess(compressed: .max, unpacked: 5001) == .room(5000))
        let free = UnpackBound(UnpackLimit(ratio: 0), room: 5000)
        #expect(free.excess(compressed: 1, unpacked: 5000) == nil)
        #expect(free.excess(compressed: 1, unpacked: 5001) == .room(5000))
    }

    // MARK: The store

    @Test("Two threads that ask for the same layer unpack it once")
    func concurrency() throws {
        var tar = RawTar()
        tar.add(.init(name: "big"), [UInt8](repeating: 1, count: 5_000_000))
        let bytes = tar.finished
        let results = Mutex<[Bool]>([])
        let store = store
        let body: @Sendable () -> Void = {
            let result = try? store.unpack(MemorySource(bytes), diffID: Digest(of: bytes), parent: nil, owner: "t")
            results.withLock { $0.append(result?.isNew ?? false) }
        }
        var threads: [pthread_t] = []
        for _ in 0..<4 {
            var thread = pthread_t()
            let box = Unmanaged.passRetained(ThreadBody(body))
            pthread_create(
                &thread, nil,
                { argument in
                    if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run() }
                    return nil
                }, box.toOpaque())
            threads.append(thread)
        }
        for thread in threads { pthread_join(thread, nil) }
        #expect(results.withLock { $0.filter { $0 }.count } == 1)
        #expect(results.withLock { $0.count } == 4)
    }

    @Test("A layer with names that are no UTF-8 is unpacked and removed")
    func anyBytes() throws {
        let bad: [UInt8] = [0x64, 0xFF, 0x2F, 0xFE]
        var tar = RawTar()
        tar.add(.init(name: "x", pax: [("path", bad)]), [1])
        tar.add(.init(name: "x", pax: [("path", bad)]), [2])
        let layer = try store.unpack(tar.finished, owner: "bytes")
        #expect(try store.release("bytes") == [layer.chainID])
        #expect(try tree(store.path) == ["ingest"])
    }

    @Test("A layer is sound as long as all of it is there, whatever its archive replaced on the way")
    func soundness() throws {
        var tar = RawTar()
        tar.directory("d/")
        tar.add("d/lost", "a directory that gives way to a file takes this with it")
        tar.add("d", "a file")
        tar.add("f", "old")
        tar.add("f", "new one")
        tar.link("g", to: "f")
        tar.symbolicLink("l", to: "f")
        let layer = try store.unpack(tar.finished)
        #expect(layer.size == Int64("a file".utf8.count + "new one".utf8.count + 1))
        #expect(store.isSound(layer))
        #expect(try store.unpack(tar.finished) == layer)
        for damage in [
            { try Files.replace("\(layer.path)/f", with: [1]) }, { try Files.removeTree("\(layer.path)/l") },
            { try Files.replace("\(layer.path)/../layer.json", with: [0]) },
            { try Files.removeTree("\(layer.path)/..") },
        ] {
            try damage()
            #expect(!store.isSound(layer))
            let again = try store.unpack(MemorySource(tar.finished), diffID: layer.diffID, parent: nil, owner: "again")
            #expect(again.isNew)
            #expect(store.isSound(layer))
        }
    }

    @Test("A layer stays as long as an owner of it or of a layer above it is left, and opening again finds it")
    func owners() throws {
        var tar = RawTar()
        tar.add("a", "x")
        let lower = try store.unpack(tar.finished, owner: "one")
        tar.add("b", "y")
        let upper = try store.unpack(tar.finished, onto: lower.chainID, owner: "two")
        #expect(try store.release("one").isEmpty)
        #expect(try store.release("two") == [upper.chainID, lower.chainID])
        #expect(!Files.exists(lower.path))
        let again = try store.unpack(tar.finished, owner: "three")
        let reopened = try LayerStore(at: store.path)
        #expect(reopened.layer(again.chainID) == again)
        #expect(try reopened.collect() == [again.chainID])
    }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
