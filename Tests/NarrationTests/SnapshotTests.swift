import Glibc
import Posix
import Testing

@testable import Narration

/// The narration of sample operations in both languages, at all levels, as it was approved by eye.
///
/// `DRYDOCK_SNAPSHOTS=write` writes them anew; the change is then seen in the diff.
@Suite("Approved narrations")
struct SnapshotTests {
    static let directory: String = Files.parent(of: #filePath) + "/Snapshots"

    @Test("There are at least 30 operations of different kinds")
    func areMany() {
        #expect(SampleOperations.all.count >= 30)
        #expect(Set(SampleOperations.all.map(\.name)).count == SampleOperations.all.count)
    }

    @Test("The narration is as it was approved", arguments: SampleOperations.all.map(\.name), Language.allCases)
    func isApproved(name: String, language: Language) throws {
        let operation = try #require(SampleOperations.all.first { $0.name == name })
        var text = "$ docker \(operation.command.joined(separator: " "))\n"
        for level in NarrationLevel.allCases where level != .off {
            let narrator = Narrator(
                language: language, level: level, columns: 80, colours: false, concepts: MetConcepts(directory: nil))
            text += "\n[\(level.rawValue)]\n" + narrator.narrate(operation.records, command: operation.command)
        }
        let path = "\(Self.directory)/\(name).\(language.rawValue).txt"
        if getenv("DRYDOCK_SNAPSHOTS").map({ String(cString: $0) }) == "write" {
            try Files.makeDirectories(Self.directory)
            try Files.replace(path, with: Array(text.utf8))
        } else {
            #expect(try Files.text(path) == text)
        }
    }
}
