import EngineClient
import Testing

@testable import Lessons

@Suite("Checks")
struct CheckTests {
    /// A world without an engine: the machine's shell answers.
    private static var world: World {
        World(
            engine: { EngineClient(socketPath: "/nowhere") }, directory: "/", program: "/bin/false", environment: [:])
    }

    private func missing(_ check: String) throws -> (String?, [String]) {
        var problems: [String] = []
        let lines = check.split(separator: "\n").map(String.init)
        let result = CheckParser.read(lines, line: 0, messages: []) { problems.append("\($0): \($1)") }
        #expect(problems == [])
        let found = try CheckRunner(world: Self.world, since: 0).missing(in: result.conditions)
        return (found.map { $0.message.map { result.messages[$0] } ?? "?" }, problems)
    }

    @Test(
        "An expectation tells what is so from what is not",
        arguments: [
            ("= a b", "!echo a b", true), ("= a", "!echo b", false), ("!= a", "!echo b", true),
            ("has b", "!echo abc", true),
            ("lacks b", "!echo abc", false), ("~ ^a.c$", "!echo abc", true), ("!~ b+", "!echo abc", false),
            ("number 60..70", "!echo 64.5MiB", true), ("number >70", "!echo 64.5MiB", false),
            ("lines 2", "!printf 'a\\n\\nb\\n'", true), ("lines 0", "!true", true), ("lines 0", "!echo x", false),
            ("json [0].A.b = x", "!echo '[{\"A\":{\"b\":\"x\"}}]'", true),
            ("json [0].A[\"b.c\"] number 3", "!echo '[{\"A\":{\"b.c\":3}}]'", true),
            ("json .nothing = null", "!echo '{}'", true), ("exit 3", "!exit 3", true), ("exit 1..2", "!exit 3", false),
            ("= ", "!exit 3", false), ("error has wrong", "!echo wrong >&2; exit 1", true),
            ("error ~ ^right", "!echo wrong >&2; exit 1", false),
        ] as [(String, String, Bool)])
    func expectations(expectation: String, question: String, holds: Bool) throws {
        #expect(try missing("\(question)\n\(expectation)\nelse no").0 == (holds ? nil : "no"))
    }

    @Test("The first thing that is missing is told, with the message of its group where it has none")
    func groups() throws {
        #expect(try missing("!true\nelse a\n!false\nelse b\n!false\nelse c").0 == "b")
        #expect(try missing("any\n!false\n!true\nend\nelse a").0 == nil)
        #expect(try missing("any\n!false\n!false\nend\nelse a").0 == "a")
        #expect(try missing("not\n!true\nend\nelse a").0 == "a")
        #expect(try missing("not\n!true\n!false\nend\nelse a").0 == nil)
        #expect(try missing("all\n!true\nelse a\n!false\nelse b\nend").0 == "b")
    }

    @Test("A time limit is waited for")
    func polling() throws {
        let file = "/tmp/drydock-check-\(Clock.nanoseconds())"
        let question = "!if [ -e \(file) ]; then rm \(file); else touch \(file); false; fi"
        #expect(try missing("\(question)\nwithin 20s\nelse no").0 == nil)
    }

    @Test(
        "An answer is taken as people write it",
        arguments: [
            ("= !echo 42", "42", true), ("= !echo 42", " 42. ", true), ("= !echo 42", "42.0", true),
            ("= !echo 42", "43", false), ("= !echo 42", "", false), ("= \"Copy On Write\"", "copy on  write", true),
            ("= \"mnt\" | \"mount\"", "`mount`", true), ("in !echo a b c", "b", true), ("in !echo a b c", "b c", false),
            ("has !echo sha256:abcdef", "abc", true), ("has !echo sha256:abcdef", "ab", false),
            ("near 10% !echo 100MiB", "95", true), ("near 10% !echo 100MiB", "89", false), ("= !false", "", false),
        ] as [(String, String, Bool)])
    func answers(rule: String, answer: String, isRight: Bool) throws {
        var problems: [String] = []
        let result = CheckParser.read(["answer x \(rule)", "else no"], line: 0, messages: []) { problems.append($1) }
        #expect(problems == [])
        let judgement = try CheckRunner(world: Self.world, since: 0).judge(answer, by: result.answers)
        #expect(judgement == (isRight ? .right : .wrong(message: 0)))
    }

    @Test("A program at a terminal is typed into, keys included")
    func terminal() throws {
        let outcome = try TerminalSession.run(
            ["/bin/sh", "-c", "tty >/dev/null && read line && echo \"got $line\" && cat"], typed: ["hello", "^D"],
            directory: "/", environment: ["PATH": "/usr/bin:/bin"], seconds: 60
        ) { _ in }
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("got hello"))
    }
}
