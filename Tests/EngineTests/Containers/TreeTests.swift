import Glibc
import Posix
import Testing

@testable import Engine

/// A directory that is removed with its owner.
private final class TemporaryDirectory {
    let path: String

    init() throws {
        path = "/tmp/engine-tests-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try Files.makeDirectories(path)
    }

    deinit {
        // What can't be removed is left to the machine's own tidying of /tmp.
        try? Files.removeTree(path)
    }

    func file(_ name: String, _ text: String) throws {
        let place = "\(path)/\(name)"
        try Files.makeDirectories(Files.parent(of: place))
        try Files.replace(place, with: Array(text.utf8), durable: false)
    }
}

@Suite("Trees of containers")
struct TreeTests {
    @Test("Changes are what the upper directory holds, with the directories that hold them")
    func changes() throws {
        let root = try TemporaryDirectory()
        try root.file("lower/etc/passwd", "old")
        try root.file("lower/kept/f", "same")
        try root.file("upper/etc/passwd", "new")
        try root.file("upper/new/deep/f", "x")
        let changes = try UpperChanges(upper: "\(root.path)/upper", layers: ["\(root.path)/lower"]).all()
        let shown = changes.map { "\($0.kind.rawValue) \($0.path)" }
        #expect(shown.contains("0 /etc/passwd") && !shown.contains { $0.hasSuffix("/kept") })
        #expect(shown.contains("1 /new") && shown.contains("1 /new/deep") && shown.contains("1 /new/deep/f"))
        #expect(shown == shown.sorted { $0.dropFirst(2) < $1.dropFirst(2) })
    }

    @Test("A whiteout is a deletion, and changes its directory")
    func deletions() throws {
        guard geteuid() == 0 else {
            print("skipped: making a whiteout needs root")
            return
        }
        let root = try TemporaryDirectory()
        try root.file("lower/dir/gone", "x")
        try Files.makeDirectories("\(root.path)/upper/dir")
        try check("making a whiteout") { mknod("\(root.path)/upper/dir/gone", S_IFCHR, 0) }
        let changes = try UpperChanges(upper: "\(root.path)/upper", layers: ["\(root.path)/lower"]).all()
        #expect(changes.contains(.init(path: "/dir/gone", kind: .deleted)))
        #expect(changes.filter { $0.path == "/dir" } == [.init(path: "/dir", kind: .modified)])
    }

    @Test("A copy keeps modes, times and links, and leads nowhere else")
    func copies() throws {
        let root = try TemporaryDirectory()
        try root.file("from/dir/file", "words")
        try root.file("outside", "secret")
        try check("setting a mode") { chmod("\(root.path)/from/dir/file", 0o640) }
        try check("linking") { symlink("../outside", "\(root.path)/from/link") }
        try check("linking") { link("\(root.path)/from/dir/file", "\(root.path)/from/second") }
        try Files.makeDirectories("\(root.path)/to")
        let entries = try TreeCopy.contents(
            of: .open("\(root.path)/from", O_RDONLY | O_DIRECTORY),
            to: .open("\(root.path)/to", O_RDONLY | O_DIRECTORY))
        #expect(entries == 4)
        #expect(try Files.text("\(root.path)/to/dir/file") == "words")
        #expect(try Files.linkTarget("\(root.path)/to/link") == "../outside")
        var file = stat(), second = stat()
        try check("looking at the copy") { lstat("\(root.path)/to/dir/file", &file) }
        try check("looking at the copy") { lstat("\(root.path)/to/second", &second) }
        #expect(file.st_mode & 0o7777 == 0o640 && file.st_ino == second.st_ino)
    }
}
