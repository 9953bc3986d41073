import Glibc
import Posix
import Testing

@testable import Shell

@Suite("History")
struct InputHistoryTests {
    private func path(_ name: String) -> String { "/tmp/drydock-history-\(getpid())-\(name)/learner/history" }

    private func remove(_ path: String) throws { try Files.removeTree(Files.parent(of: Files.parent(of: path))) }

    @Test("Entries come back in the next session, those of several lines and with backslashes, too")
    func survives() throws {
        let path = path("survives")
        let first = InputHistory(path: path)
        let entries = ["docker ps", "docker run \\\n  busybox", "echo 'a\\nb'", "한글"]
        for entry in entries { #expect(try first.add(entry)) }
        #expect(InputHistory(path: path).entries == entries)
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        try remove(path)
    }

    @Test("What repeats the last entry, begins with a blank or is empty is not kept")
    func leavesOut() throws {
        let history = InputHistory(path: nil)
        for entry in ["a", "a", " secret", "", "b"] { try history.add(entry) }
        #expect(history.entries == ["a", "b"])
    }

    @Test("Two shells lose nothing to each other")
    func isShared() throws {
        let path = path("shared")
        let (one, other) = (InputHistory(path: path), InputHistory(path: path))
        try one.add("from one")
        try other.add("from the other")
        #expect(InputHistory(path: path).entries == ["from one", "from the other"])
        try remove(path)
    }
}
