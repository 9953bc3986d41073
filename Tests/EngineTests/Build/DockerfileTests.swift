import Testing

@testable import Engine

@Suite("Dockerfiles") struct DockerfileTests {
    @Test("Lines are continued; comments and empty lines within are left out")
    func continuation() throws {
        let parser = try DockerfileParser("# note\nFROM busybox\nRUN echo a \\\n  # inside\n  b \\\n\n  c\nenv A=1\n")
        #expect(parser.lines.map(\.text) == ["FROM busybox", "RUN echo a   b   c", "env A=1"])
        #expect(parser.lines.map(\.name) == ["FROM", "RUN", "ENV"])
        #expect(parser.lines.map(\.number) == [2, 3, 8])
    }

    @Test("A directive changes what continues lines")
    func escapeDirective() throws {
        let parser = try DockerfileParser("# escape=`\nFROM busybox\nRUN dir c:\\\nRUN a `\nb\n")
        #expect(parser.escape == "`")
        #expect(parser.lines.map(\.text) == ["FROM busybox", "RUN dir c:\\", "RUN a b"])
        #expect(try DockerfileParser("FROM x\n# escape=`\n").escape == "\\")
    }

    @Test("Here-documents belong to their instruction")
    func hereDocuments() throws {
        let parser = try DockerfileParser("FROM x\nRUN <<EOF\necho $A\nEOF\nCOPY <<-'B' /b\n\ttext\n\tB\nCMD c\n")
        #expect(parser.lines.map(\.name) == ["FROM", "RUN", "COPY", "CMD"])
        #expect(
            parser.lines[1].documents == [DockerfileLine.HereDocument(name: "EOF", content: "echo $A\n", expands: true)]
        )
        #expect(
            parser.lines[2].documents == [DockerfileLine.HereDocument(name: "B", content: "text\n", expands: false)])
        #expect(throws: EngineFailure.self) { try DockerfileParser("FROM x\nRUN <<EOF\necho\n") }
    }

    @Test("Flags stand between the name and the arguments")
    func flags() throws {
        let line = try DockerfileParser.line("COPY --chown=1:2 --from=a  x  y", number: 1)
        #expect(line.flags.map(\.name) == ["chown", "from"] && line.flags.map(\.value) == ["1:2", "a"])
        #expect(line.rest == "x  y" && line.words == ["x", "y"])
    }

    @Test(
        "Mistakes are refused with Docker's texts",
        arguments: [
            ("NOSUCH x", "dockerfile parse error line 1: unknown instruction: NOSUCH"),
            ("FROM", "dockerfile parse error line 1: FROM requires either one or three arguments"),
            ("ENV A", "failed to parse Dockerfile: ENV must have two arguments"),
            ("WORKDIR", "dockerfile parse error line 1: WORKDIR requires exactly one argument"),
            ("SHELL sh", "dockerfile parse error line 1: SHELL requires the arguments to be in JSON form"),
            ("COPY --nosuch=1 a b", "dockerfile parse error line 1: Unknown flag: nosuch"),
            (
                "ONBUILD ONBUILD RUN x",
                "dockerfile parse error line 1: Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
            ),
            ("ONBUILD FROM x", "dockerfile parse error line 1: FROM isn't allowed as an ONBUILD trigger"),
            ("HEALTHCHECK NONE x", "dockerfile parse error line 1: HEALTHCHECK NONE takes no arguments"),
            ("HEALTHCHECK --retries=0 CMD x", "dockerfile parse error line 1: --retries must be at least 1 (not 0)"),
        ])
    func mistakes(text: String, message: String) throws {
        let line = try DockerfileParser.line(text, number: 1)
        #expect(throws: EngineFailure.invalid(message)) { try InstructionCheck(escape: "\\").check(line) }
    }

    @Test("A file without instructions is refused")
    func empty() {
        #expect(throws: EngineFailure.invalid("failed to parse Dockerfile: file with no instructions")) {
            try DockerfileParser("# nothing\n")
        }
    }

    @Test(
        "Variables are put in, quotes and escapes taken away",
        arguments: [
            ("$A", "one"), ("${A}x", "onex"), ("$Ax", ""), ("${N:-none}", "none"), ("${E:-none}", "none"),
            ("${E-none}", ""), ("${A:+set}", "set"), ("${N:+set}", ""), ("${N:-$A}", "one"), ("'$A'", "$A"),
            ("\"$A b\"", "one b"), ("\\$A", "$A"), ("a\\ b", "a b"), ("\"\\\"\"", "\""), ("$", "$"), ("a$", "a$"),
            ("${A}/${A}", "one/one"), ("'a'\"b\"c", "abc"),
        ])
    func variables(text: String, result: String) throws {
        #expect(try WordExpansion(escape: "\\", variables: ["A": "one", "E": ""]).word(text) == result)
    }

    @Test("What can't be expanded is refused", arguments: ["${A", "\"a", "${}", "${A!x}", "${N:?no}"])
    func badWords(text: String) {
        #expect(throws: EngineFailure.self) { try WordExpansion(escape: "\\", variables: ["A": "1"]).word(text) }
    }

    @Test("A health check is read, and told as Docker's history tells it")
    func healthcheck() throws {
        let line = try DockerfileParser.line(
            "HEALTHCHECK --interval=5s --timeout=1m30s --retries=2 CMD true", number: 1)
        let check = try HealthcheckText.parse(line)
        #expect(check.test == ["CMD-SHELL", "true"] && check.interval == 5_000_000_000)
        #expect(check.timeout == 90_000_000_000 && check.retries == 2)
        #expect(HealthcheckText.history(check) == #"&{["CMD-SHELL" "true"] "5s" "1m30s" "0s" '\x02'}"#)
    }

    @Test("Arguments hold for their stage; a value given wins; undeclared ones are told")
    func arguments() {
        var arguments = BuildArguments(["A": "given", "B": nil, "X": "1", "http_proxy": "p"])
        arguments.declareGlobally("G", "g")
        arguments.declare("A", "default")
        arguments.declare("G", nil)
        arguments.declare("C", "c")
        #expect(arguments.values(besides: ["C=env"]) == ["A": "given", "G": "g", "http_proxy": "p"])
        #expect(!arguments.countsForCache("http_proxy") && arguments.countsForCache("A"))
        #expect(arguments.unused == ["B", "X"])
        arguments.beginStage()
        #expect(arguments.values(besides: []) == ["http_proxy": "p"])
    }
}
