import DockerCLI
import Glibc
import Posix
import Testing

@Suite struct CompatibilityTests {
    /// The checkout's file; `DRYDOCK_COMPATIBILITY=write` makes its tables anew.
    private static let path =
        #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/COMPATIBILITY.md"
    private static let mark = "\n# Commands and flags\n"

    @Test func theTableInTheFileIsTheGrammars() throws {
        let text = try Files.text(Self.path)
        let notes = text.firstRange(of: Self.mark).map { String(text[..<$0.lowerBound]) } ?? text
        let expected = CompatibilityTable.markdown(notes: notes)
        if getenv("DRYDOCK_COMPATIBILITY").map({ String(cString: $0) }) == "write" {
            try Files.replace(Self.path, with: Array(expected.utf8))
        }
        #expect(try Files.text(Self.path) == expected, "run with DRYDOCK_COMPATIBILITY=write to make the table anew")
    }
}
