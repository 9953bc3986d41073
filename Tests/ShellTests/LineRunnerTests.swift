import DockerCLI
import Glibc
import Posix
import Testing

@testable import Shell

@Suite("Running lines", .serialized)
struct LineRunnerTests {
    /// Commands that are easy to see: `say` prints its words, `copy` its input, `fail` ends with a code.
    final class Commands: LineRunner.Commands {
        func command(_ words: [String], isAlone: Bool) -> LineRunner.Command {
            switch words[0] {
            case "say":
                .own {
                    LineRunner.write(words.dropFirst().joined(separator: " ") + "\n", to: $0.output); return 0
                }
            case "complain":
                .own {
                    LineRunner.write("complaint\n", to: $0.errorOutput); return 0
                }
            case "copy":
                .own { io in
                    var byte: UInt8 = 0
                    while Glibc.read(io.input, &byte, 1) == 1 { Glibc.write(io.output, &byte, 1) }
                    return 0
                }
            case "fail": .own { _ in Int32(words.count > 1 ? words[1] : "1") ?? 1 }
            default: .program
            }
        }

        func run(on node: String, _ command: String, io: CommandIO) -> Int32 {
            LineRunner.write("\(node): \(command)\n", to: io.output)
            return 0
        }
    }

    /// Runs a line and answers what it printed and its exit code.
    private func run(_ line: String) throws -> (output: String, code: Int32) {
        // As the shell has it: a handler, not SIG_IGN, which the programs that are started would inherit.
        signal(SIGPIPE) { _ in }
        let commands = Commands()
        let runner = LineRunner(commands, environment: { ["PATH": "/usr/bin:/bin"] })
        let pipe = try Descriptor.pipe()
        let code = runner.run(
            try CommandLineParser.parse(line),
            io: CommandIO(input: 0, output: pipe.write.number, errorOutput: pipe.write.number))
        return (try read(pipe.read, closing: pipe.write), code)
    }

    private func read(_ pipe: Descriptor, closing end: Descriptor) throws -> String {
        // All that was written is in the pipe now; it is read without waiting for more.
        try check("setting a pipe's flags") { fcntl(pipe.number, F_SETFL, O_NONBLOCK) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = Glibc.read(pipe.number, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        withExtendedLifetime(end) {}
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(
        "Pipelines, conditions, substitutions and redirections",
        arguments: [
            ("say a b", "a b\n", 0), ("say a; say b", "a\nb\n", 0), ("fail && say a", "", 1),
            ("fail || say a", "a\n", 0), ("say a && fail 3", "a\n", 3), ("fail 3; say $?", "3\n", 0),
            ("say a b | wc -w", "2\n", 0), ("say a | copy", "a\n", 0), ("say a | copy | copy | tr a b", "b\n", 0),
            ("echo x | copy", "x\n", 0), ("fail 3 | cat", "", 0), ("echo a | fail 3", "", 3),
            ("say $(say a b) c", "a b c\n", 0), ("say \"$(say a; say b)\"", "a\nb\n", 0),
            ("complain 2>&1 | tr a-z A-Z", "COMPLAINT\n", 0), ("complain 2>/dev/null", "", 0),
            ("say a > /dev/null", "", 0), ("copy < /dev/null", "", 0), ("!exit 5", "", 5),
            ("!echo a; echo b", "a\nb\n", 0),
            ("@node1 ip addr", "node1: ip addr\n", 0), ("cat nothing-here | cat || say no", "", 0),
        ] as [(String, String, Int32)])
    func runs(line: String, output: String, code: Int32) throws {
        let result = try run(line)
        if line.contains("nothing-here") {
            #expect(result.output.contains("No such file"))
        } else {
            #expect(result.output == output)
        }
        #expect(result.code == code)
    }

    @Test("More than a pipe holds goes through a substitution and a pipeline")
    func largeOutput() throws {
        #expect(try run("seq 1 100000 | copy | tail -n 1").output == "100000\n")
        #expect(try run("say $(seq 1 50000) | wc -w").output == "50000\n")
    }

    @Test("A program that is not there: the shell's codes")
    func missingProgram() throws {
        let result = try run("say a | no-such-program-here")
        #expect(result.code == 127)
        #expect(result.output.contains("no-such-program-here"))
    }

    @Test("A file is written and added to")
    func files() throws {
        let path = "/tmp/drydock-test-\(getpid())"
        defer { unlink(path) }
        _ = try run("say a > \(path); say b >> \(path)")
        #expect(try Files.text(path) == "a\nb\n")
        #expect(try run("copy < \(path) | wc -l").output == "2\n")
        #expect(try run("say x > /no/such/directory/x").code != 0)
    }
}
