import EngineClient
import Glibc
import Posix
import Synchronization
import Testing

@testable import DockerCLI

@Suite struct CommandTests {
    /// What a command printed.
    private struct Outcome {
        var code: Int32
        var output: String
        var errors: String
    }

    private final class Recorder: CommandObserver {
        let calls = Mutex<[[String]]>([])
        func operationsFinished(_ operations: [String], command: [String], on engine: EngineClient) {
            calls.withLock { $0.append(operations) }
        }
    }

    private static func run(_ words: [String], _ stub: EngineStub, hints: Bool = false, observer: Recorder? = nil)
        throws
        -> Outcome
    {
        let output = try Descriptor.pipe()
        let errors = try Descriptor.pipe()
        let null = try Descriptor.open("/dev/null", O_RDONLY)
        let code = DockerCommandLine(
            client: EngineClient(socketPath: stub.path),
            io: CommandIO(input: null.number, output: output.write.number, errorOutput: errors.write.number),
            observer: observer, hints: hints, columns: { 80 }
        ).run(words)
        // A mark ends each text, because the pipes' writing ends stay open.
        try output.write.write("\0")
        try errors.write.write("\0")
        func text(_ end: Descriptor) throws -> String {
            var bytes: [UInt8] = []
            while bytes.last != 0 { bytes += try end.read(upTo: 4096) }
            return String(decoding: bytes.dropLast(), as: UTF8.self)
        }
        return Outcome(code: code, output: try text(output.read), errors: try text(errors.read))
    }

    private static func frame(_ stream: UInt8, _ text: String) -> String {
        String(decoding: [stream, 0, 0, 0, 0, 0, 0, UInt8(text.utf8.count)], as: UTF8.self) + text
    }

    @Test func runShowsBothStreamsAndGivesTheContainersExitCode() throws {
        let stub = try EngineStub([
            "POST /containers/create": [.init(status: 201, body: #"{"Id":"abc","Warnings":["w"]}"#, operation: "op1")],
            "POST /containers/abc/attach": [
                .init(body: Self.frame(1, "out\n") + Self.frame(2, "err\n"), isStream: true)
            ],
            "POST /containers/abc/wait": [.init(body: #"{"StatusCode":4}"#)],
            "POST /containers/abc/start": [.init(status: 204, body: "", operation: "op2")],
        ])
        let recorder = Recorder()
        let outcome = try Self.run(["run", "--rm", "busybox", "x"], stub, observer: recorder)
        #expect(outcome.code == 4)
        #expect(outcome.output == "out\n")
        #expect(outcome.errors == "WARNING: w\nerr\n")
        #expect(recorder.calls.withLock { $0 } == [["op1", "op2"]])
        #expect(stub.requests.contains("POST /containers/abc/wait?condition=removed"))
        let order = stub.requests.map { $0.prefix { $0 != "?" } }
        #expect(
            order == [
                "POST /containers/create", "POST /containers/abc/attach", "POST /containers/abc/wait",
                "POST /containers/abc/start",
            ])
    }

    @Test(arguments: ["service create --name x busybox", "stack deploy -c file x", "node update --role worker n"])
    func whatIsLeftOutIsRefusedWithTheReasonWhateverFlagsItIsGiven(line: String) throws {
        let words = line.split(separator: " ").map(String.init)
        let outcome = try Self.run(words, try EngineStub([:]))
        #expect(outcome.code == 1)
        #expect(outcome.errors.hasPrefix("\"docker \(words[0])\" is left out here: it belongs to Swarm"))
        #expect(DockerCommandLine.examine(words).complaint == outcome.errors.dropLast().description)
        #expect(try Self.run([words[0], words[1], "--help"], try EngineStub([:])).code == 0)
    }

    @Test func runPullsAMissingImageAndTellsWhyThatFails() throws {
        let stub = try EngineStub([
            "POST /containers/create": [.init(status: 404, body: #"{"message":"No such image: nosuch:5"}"#)],
            "POST /images/create": [.init(status: 500, body: #"{"message":"no network"}"#)],
        ])
        let outcome = try Self.run(["run", "nosuch:5"], stub)
        #expect(outcome.code == 125)
        #expect(
            outcome.errors == """
                Unable to find image 'nosuch:5' locally
                docker: Error response from daemon: no network

                Run 'docker run --help' for more information

                """)
        #expect(stub.requests.last == "POST /images/create?fromImage=nosuch&tag=5")
    }

    @Test(
        arguments: [
            (#"exec: \"nosuch\": executable file not found in $PATH"#, 127), ("exec: /etc: permission denied", 126),
            ("something else", 125),
        ] as [(String, Int32)])
    func aContainerThatCannotStartHasDockersExitCodes(message: String, code: Int32) throws {
        let stub = try EngineStub([
            "POST /containers/create": [.init(status: 201, body: #"{"Id":"abc"}"#)],
            "POST /containers/abc/start": [.init(status: 500, body: #"{"message":"\#(message)"}"#)],
        ])
        let outcome = try Self.run(["run", "-d", "busybox", "x"], stub)
        #expect(outcome.code == code)
        #expect(outcome.errors.hasPrefix("docker: Error response from daemon: "))
        #expect(outcome.errors.hasSuffix("\n\nRun 'docker run --help' for more information\n"))
    }

    @Test func detachedRunPrintsTheID() throws {
        let stub = try EngineStub([
            "POST /containers/create": [.init(status: 201, body: #"{"Id":"abc"}"#)],
            "POST /containers/abc/start": [.init(status: 204, body: "")],
        ])
        #expect(try Self.run(["run", "-d", "busybox"], stub).output == "abc\n")
    }

    @Test func severalNamesAreDoneTogetherAndFailuresToldLast() throws {
        let stub = try EngineStub([
            "POST /containers/a/stop": [.init(status: 404, body: #"{"message":"No such container: a"}"#)],
            "POST /containers/b/stop": [.init(status: 204, body: "")],
        ])
        let outcome = try Self.run(["stop", "a", "b"], stub)
        #expect(outcome.code == 1)
        #expect(outcome.output == "b\n")
        #expect(outcome.errors == "Error response from daemon: No such container: a\n")
    }

    @Test func removingWhatIsNotThereByForceIsNoFailure() throws {
        let stub = try EngineStub([
            "DELETE /containers/a": [.init(status: 404, body: #"{"message":"No such container: a"}"#)]
        ])
        #expect(try Self.run(["rm", "-f", "a"], stub).code == 0)
        #expect(try Self.run(["rm", "a"], stub).code == 1)
    }

    @Test func mistakesArePrintedAsDockersClientPrintsThem() throws {
        let stub = try EngineStub([:])
        #expect(
            try Self.run(["rm"], stub).errors == """
                docker: 'docker rm' requires at least 1 argument

                Usage:  docker rm [OPTIONS] CONTAINER [CONTAINER...]

                See 'docker rm --help' for more information

                """)
        let flag = try Self.run(["ps", "--foo"], stub)
        #expect(flag.code == 125)
        #expect(
            flag.errors == """
                unknown flag: --foo

                Usage:  docker ps [OPTIONS]

                Run 'docker ps --help' for more information

                """)
        #expect(
            try Self.run(["container", "foo"], stub).errors == """
                docker: unknown command: docker container foo

                Usage:  docker container

                Run 'docker container --help' for more information

                """)
    }

    @Test func aHelpfulLineFollowsOnlyWhereHintsAreWanted() throws {
        let stub = try EngineStub([:])
        let plain = "docker: unknown command: docker rum\n\nRun 'docker --help' for more information\n"
        #expect(try Self.run(["rum"], stub).errors == plain)
        #expect(try Self.run(["rum"], stub, hints: true).errors == plain + "\nDid you mean: docker run?\n")
    }

    @Test(arguments: [
        (["container", "exec", "-i", "-t", "--name", "my box", "/bin/bash"], "exec", "-i -t 'my box' /bin/bash"),
        (["exec", "--name=box", "-it", "sh", "-c", "echo it's"], "exec", #"box -it sh -c 'echo it'\''s'"#),
        (["container", "start", "--name", "box"], "start", "box"),
    ])
    func aNameForAContainerThatIsThereIsToldToStandByItself(words: [String], command: String, meant: String) throws {
        let stub = try EngineStub([:])
        let shown = try Self.run(words, stub, hints: true).errors
        let path = words.prefix { $0 != command }.joined(separator: " ")
        #expect(shown.contains("\n`\(command)` has no --name: "))
        #expect(
            shown.hasSuffix("\nDid you mean: docker \(path.isEmpty ? "" : path + " ")\(command) \(meant)\n"), "\(shown)"
        )
        #expect(try !Self.run(words, stub).errors.contains("Did you mean"))
        // An image is not a container: there the flag is only unknown.
        #expect(try !Self.run(["image", "rm", "--name", "x"], stub, hints: true).errors.contains("has no --name"))
    }

    @Test func whatIsLeftOutSaysSoInOneSentence() throws {
        let stub = try EngineStub([:])
        let refused = try Self.run(["swarm", "ca"], stub)
        #expect(refused.code == 1)
        #expect(refused.errors.split(separator: "\n").count == 1)
        #expect(stub.requests.isEmpty)
    }

    @Test func flagsForOtherEnginesAreRefusedInDockersWords() throws {
        let stub = try EngineStub(["GET /_ping": [.init(body: "OK"), .init(body: "OK")]])
        let refused = try Self.run(["run", "--cpu-count", "1", "--io-maxiops", "5", "x"], stub)
        #expect(refused.code == 1)
        let lines = refused.errors.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(
            lines.first?.hasPrefix("\"--cpu-count\" is only supported on a Docker daemon running on windows, but")
                == true)
        #expect(lines.last?.hasPrefix("\"--io-maxiops\" is only supported on a Docker daemon") == true)
        #expect(
            try Self.run(["start", "--checkpoint", "c", "x"], stub).errors.hasSuffix("experimental features enabled\n"))
        // Nothing was asked of the engine but what it is.
        #expect(Set(stub.requests) == ["GET /_ping"])
    }

    @Test func anEngineThatDoesNotAnswerIsNamed() throws {
        let stub = try EngineStub([:])
        unlink(stub.path)
        let outcome = try Self.run(["ps"], stub)
        #expect(outcome.code == 1)
        #expect(
            outcome.errors
                == "Cannot connect to the Docker daemon at unix://\(stub.path). Is the docker daemon running?\n")
    }

    @Test func aTableIsPrintedFromTheEnginesAnswer() throws {
        let stub = try EngineStub([
            "GET /volumes": [
                .init(body: #"{"Volumes":[{"Name":"v10","Driver":"local"},{"Name":"v9","Driver":"local"}]}"#)
            ]
        ])
        #expect(try Self.run(["volume", "ls"], stub).output == "DRIVER    VOLUME NAME\nlocal     v9\nlocal     v10\n")
        #expect(try Self.run(["volume", "ls", "-q", "-f", "dangling=true"], stub).output == "v9\nv10\n")
        #expect(stub.requests.last == #"GET /volumes?filters=%7B%22dangling%22%3A%7B%22true%22%3Atrue%7D%7D"#)
    }

    @Test func inspectPrintsWhatIsFoundAndTellsWhatIsNot() throws {
        let stub = try EngineStub(["GET /containers/web/json": [.init(body: #"{"Id":"abc","Name":"/web"}"#)]])
        let outcome = try Self.run(["inspect", "nosuch", "web"], stub)
        #expect(outcome.code == 1)
        #expect(outcome.output == "[\n    {\n        \"Id\": \"abc\",\n        \"Name\": \"/web\"\n    }\n]\n")
        #expect(outcome.errors == "Error: No such object: nosuch\n")
    }
}
