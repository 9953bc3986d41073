import Testing

@testable import Shell

@Suite("Lines of the shell")
struct CommandLineParserTests {
    /// A line's words as they come out, stage by stage; `|` between stages.
    private func words(_ line: String, environment: [String: String] = [:], status: Int32 = 0) throws -> [String] {
        let syntax = try CommandLineParser.parse(line)
        let expansion = WordExpansion(environment: environment, status: status) { inner in
            // A substitution gives back its own words, so that their way through is seen.
            let nested = WordExpansion(environment: environment, status: status) { _ in "" }
            guard case .pipeline(let stages) = inner.entries.first?.work else { return "" }
            return nested.words(stages[0].words).joined(separator: " ") + "\n\n"
        }
        var words: [String] = []
        for entry in syntax.entries {
            switch entry.work {
            case .pipeline(let stages):
                for (place, stage) in stages.enumerated() {
                    if place > 0 { words.append("|") }
                    words += expansion.words(stage.words)
                }
            case .machine(let command): words.append("!" + command)
            case .node(let node, let command): words += ["@" + node, command]
            }
        }
        return words
    }

    @Test(
        "Words are taken apart as a POSIX shell does",
        arguments: [
            ("docker ps", ["docker", "ps"]), ("  docker\tps  ", ["docker", "ps"]),
            ("docker run -e 'A=b c' x", ["docker", "run", "-e", "A=b c", "x"]),
            ("a \"b 'c' d\"", ["a", "b 'c' d"]), ("a 'b\"c'", ["a", "b\"c"]), ("a \"b\\\"c\"", ["a", "b\"c"]),
            ("a \"\\n\"", ["a", "\\n"]), ("a\\ b", ["a b"]), ("a '' b", ["a", "", "b"]), ("a\"b\"'c'd", ["abcd"]),
            ("a # b", ["a"]), ("a#b", ["a#b"]), ("# only a comment", []), ("", []), ("a \\\nb", ["a", "b"]),
            ("a\\\nb", ["ab"]), ("a | b | c", ["a", "|", "b", "|", "c"]), ("a|b", ["a", "|", "b"]),
            ("!ls -l | wc; ps", ["!ls -l | wc; ps"]), ("@node1 ip addr", ["@node1", "ip addr"]),
            ("a; !b c", ["a", "!b c"]),
            (
                "docker inspect -f '{{.State.Pid}}' web",
                ["docker", "inspect", "-f", "{{.State.Pid}}", "web"]
            ),
            ("a *.txt", ["a", "*.txt"]), ("echo 한글 'ㄱ ㄴ'", ["echo", "한글", "ㄱ ㄴ"]),
        ])
    func words(line: String, expected: [String]) throws { #expect(try words(line) == expected) }

    @Test(
        "Variables and substitutions are filled in, and split at blanks where they are not quoted",
        arguments: [
            ("a $X", ["a", "one", "two"]), ("a \"$X\"", ["a", "one two"]), ("a '$X'", ["a", "$X"]),
            ("a ${X}b", ["a", "one", "twob"]), ("a $none b", ["a", "b"]), ("a \"$none\" b", ["a", "", "b"]),
            ("a $?", ["a", "7"]), ("a $", ["a", "$"]), ("a $(b c)", ["a", "b", "c"]), ("a \"$(b c)\"", ["a", "b c"]),
            ("a x$(b c)y", ["a", "xb", "cy"]), ("a $(b $(c))", ["a", "b"]), ("a $(b ')')", ["a", "b", ")"]),
            ("~/x", ["/home/kim/x"]), ("a=~", ["a=~"]), ("'~'", ["~"]), ("a \\$X", ["a", "$X"]),
        ])
    func expansion(line: String, expected: [String]) throws {
        #expect(try words(line, environment: ["X": "one two", "HOME": "/home/kim"], status: 7) == expected)
    }

    @Test(
        "A line that goes on asks for more",
        arguments: ["a 'b", "a \"b", "a \\", "a |", "a &&", "a ||", "a $(b", "a \"$(b", "a ${b", "a >", "a 'b\nc"])
    func incomplete(line: String) {
        #expect(throws: SyntaxError.incomplete) { try CommandLineParser.parse(line) }
    }

    @Test(
        "What stands where it can't is named",
        arguments: [
            ("| a", "|"), ("; a", ";"), ("a | | b", "|"), ("a & b", "&"), ("a ( b", "("), ("a )", ")"),
            ("a << b", "<<"),
            ("a > | b", "|"), ("a ${b-c}", "${b-c}"), ("!", "!"), ("a >&9", "&"), ("&& a", "&"), ("a ;; b", ";"),
        ])
    func unexpected(line: String, what: String) {
        #expect(throws: SyntaxError.unexpected(what)) { try CommandLineParser.parse(line) }
    }

    @Test("A node without a command is named")
    func nothingToRun() {
        #expect(throws: SyntaxError.nothingToRun("@node2")) { try CommandLineParser.parse("@node2") }
        #expect(throws: SyntaxError.nothingToRun("@node1")) { try CommandLineParser.parse("a; @ ") }
    }

    @Test("Connectors say when an entry runs")
    func conditions() throws {
        let line = try CommandLineParser.parse("a; b && c || d")
        #expect(line.entries.map(\.condition) == [.always, .always, .afterSuccess, .afterFailure])
    }

    @Test(
        "Redirections",
        arguments: [
            ("a > f", 1, CommandLineSyntax.Redirection.Target.write(.init(parts: [.text("f")]))),
            ("a >> f", 1, .append(.init(parts: [.text("f")]))), ("a 2>f", 2, .write(.init(parts: [.text("f")]))),
            ("a < f", 0, .read(.init(parts: [.text("f")]))), ("a 2>&1", 2, .duplicate(1)), ("a >&2", 1, .duplicate(2)),
        ] as [(String, Int32, CommandLineSyntax.Redirection.Target)])
    func redirections(line: String, descriptor: Int32, target: CommandLineSyntax.Redirection.Target) throws {
        guard case .pipeline(let stages) = try CommandLineParser.parse(line).entries.first?.work else {
            Issue.record("no pipeline")
            return
        }
        #expect(stages[0].redirections == [.init(descriptor: descriptor, target: target)])
    }

    @Test("A digit that is a word of its own is no descriptor")
    func digitsAreWords() throws { #expect(try words("a 2 > f") == ["a", "2"]) }
}
