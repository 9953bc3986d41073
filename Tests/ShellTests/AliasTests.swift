import Glibc
import Posix
import Testing

@testable import Shell

@Suite("Aliases")
struct AliasTests {
    private let directory = "/tmp/drydock-aliases-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    private var path: String { directory + "/aliases" }

    @Test("A word stands for a command, with what follows it, and is kept")
    func standsFor() throws {
        defer { try? Files.removeTree(directory) }
        try Aliases(path: path).set("dps", to: "docker ps -a --format '{{.Names}} x'")
        #expect(
            Aliases(path: path).expanded(["dps", "-q"]) == ["docker", "ps", "-a", "--format", "{{.Names}} x", "-q"])
        #expect(Aliases(path: path).expanded(["dp"]) == ["dp"])
    }

    @Test("A word in its own meaning is itself, and so is one in a circle")
    func circles() throws {
        defer { try? Files.removeTree(directory) }
        let aliases = Aliases(path: path)
        try aliases.set("docker", to: "docker -D")
        try aliases.set("a", to: "b x")
        try aliases.set("b", to: "a y")
        #expect(aliases.expanded(["docker", "ps"]) == ["docker", "-D", "ps"])
        #expect(aliases.expanded(["a"]) == ["a", "y", "x"])
    }

    @Test("What is more than one command, or no word, is refused")
    func refusals() throws {
        defer { try? Files.removeTree(directory) }
        let aliases = Aliases(path: path)
        for meaning in ["docker ps | wc -l", "a; b", "docker rm $(docker ps -q)", "echo $HOME", "a > b", "'"] {
            #expect(throws: Aliases.Refusal.meaning(meaning)) { try aliases.set("x", to: meaning) }
        }
        #expect(throws: Aliases.Refusal.name("a b")) { try aliases.set("a b", to: "docker ps") }
        #expect(try aliases.remove("x") == false)
    }
}
