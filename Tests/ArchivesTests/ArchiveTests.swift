import Archives
import Glibc
import Posix
import Testing

@Suite("Archives") struct ArchiveTests {
    private let directory = "/tmp/archives-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"

    private func archive(_ fill: (ArchiveWriter) throws -> Void) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let writer = try ArchiveWriter { bytes += $0 }
        try fill(writer)
        try writer.finish()
        return bytes
    }

    private func reader(_ bytes: [UInt8]) throws -> ArchiveReader {
        var rest = bytes[...]
        return try ArchiveReader {
            defer { rest = rest.dropFirst(1000) }
            return Array(rest.prefix(1000))
        }
    }

    @Test("What is packed is unpacked again") func roundTrip() throws {
        try Files.makeDirectories("\(directory)/from/sub")
        try Files.makeDirectories("\(directory)/to")
        defer { try? Files.removeTree(directory) }
        try Files.replace("\(directory)/from/sub/f", with: Array("words".utf8), mode: 0o640)
        #expect(symlink("sub/f", "\(directory)/from/link") == 0)
        #expect(link("\(directory)/from/sub/f", "\(directory)/from/twin") == 0)
        let bytes = try archive { writer in
            var packer = TreePacker(into: writer)
            try packer.pack("\(directory)/from", as: "tree")
        }
        var unpacker = TreeUnpacker(into: try RootedTree(at: "\(directory)/to"), owner: .caller)
        try unpacker.unpack(try reader(bytes)) { path in
            ArchivePath("renamed").appending(
                ArchivePath(path.components.dropFirst().map(\.text).joined(separator: "/")))
        }
        #expect(try Files.text("\(directory)/to/renamed/sub/f") == "words")
        #expect(try Files.linkTarget("\(directory)/to/renamed/link") == "sub/f")
        var one = stat()
        var other = stat()
        #expect(stat("\(directory)/to/renamed/sub/f", &one) == 0 && stat("\(directory)/to/renamed/twin", &other) == 0)
        #expect(one.st_ino == other.st_ino && one.st_mode & 0o7777 == 0o640)
    }

    @Test("A single small file makes an archive of two kilobytes") func size() throws {
        let bytes = try archive { try $0.add(ArchiveEntry("Dockerfile", .file), Array("FROM busybox\n".utf8)) }
        #expect(bytes.count == 2048)
        #expect(ArchiveReader.recognises(Array(bytes.prefix(512))))
        #expect(!ArchiveReader.recognises(Array("FROM busybox".utf8)))
    }

    @Test("Nothing is unpacked outside", arguments: ["../out", "a/../../out"])
    func staysInside(name: String) throws {
        try Files.makeDirectories("\(directory)/to")
        defer { try? Files.removeTree(directory) }
        let bytes = try archive { try $0.add(ArchiveEntry(ArchivePath(name), .file), [1]) }
        var unpacker = TreeUnpacker(into: try RootedTree(at: "\(directory)/to"), owner: .caller)
        #expect(throws: ArchiveError.self) { try unpacker.unpack(try reader(bytes)) }
        #expect(!Files.exists("\(directory)/out"))
    }

    @Test("A link to the outside leads back inside") func linksStayInside() throws {
        try Files.makeDirectories("\(directory)/to")
        defer { try? Files.removeTree(directory) }
        let bytes = try archive { writer in
            try writer.add(ArchiveEntry("out", .symbolicLink(Array("\(directory)".utf8))))
            try writer.add(ArchiveEntry("out/file", .file), [1])
        }
        var unpacker = TreeUnpacker(into: try RootedTree(at: "\(directory)/to"), owner: .caller)
        #expect(throws: (any Error).self) { try unpacker.unpack(try reader(bytes)) }
        #expect(!Files.exists("\(directory)/file"))
    }

    @Test("A cut archive is refused") func damaged() throws {
        let bytes = try archive { try $0.add(ArchiveEntry("f", .file), [UInt8](repeating: 7, count: 4000)) }
        let cut = try reader(Array(bytes.prefix(2000)))
        #expect(try cut.next() != nil)
        #expect(throws: ArchiveError.self) { try cut.data { _, _ in } }
    }

    @Test(
        "Patterns leave out as Docker's",
        arguments: [
            (["b"], "b", true), (["b"], "b/c", true), (["b"], "a/b", false), (["**/b"], "a/b", true),
            (["**/b"], "b", true), (["sub/*", "!sub/d"], "sub/c", true), (["sub/*", "!sub/d"], "sub/d", false),
            (["sub/*"], "sub", false), (["*.md", "!README*.md", "README-secret.md"], "README-secret.md", true),
            (["*.md", "!README*.md"], "README.md", false), (["/x/"], "x/y", true), (["temp?"], "tempa", true),
            (["a/**"], "a/b/c", true), (["a/**"], "a", false), (["[a-c]"], "b", true), (["."], "x", false),
            (["*"], "x/y", true), (["*", "!x"], "x/y", false), (["a/../b"], "b", true),
        ] as [([String], String, Bool)])
    func patterns(lines: [String], path: String, isLeftOut: Bool) {
        #expect(IgnorePatterns(lines).leavesOut(ArchivePath(path)) == isLeftOut)
    }
}
