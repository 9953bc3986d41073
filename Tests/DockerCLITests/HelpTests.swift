import Glibc
import Posix
import Testing

@testable import DockerCLI

/// The real client, if this machine has one. Its texts are the facts that the grammar repeats.
private let realClient = "/usr/local/bin/docker"

@Suite struct HelpTests {
    private static func commands(_ command: CommandSpec, _ path: [String] = []) -> [(
        path: String, command: CommandSpec
    )] {
        [(path.joined(separator: " "), command)]
            + command.subcommands.flatMap { commands($0, path + [$0.name]) }
    }

    private static func realHelp(_ path: String) -> String? {
        // An address where nobody listens keeps the client from hiding what an old engine lacks.
        guard
            let pipe = popen("DOCKER_HOST=unix:///nonexistent \(realClient) \(path) --help 2>/dev/null </dev/null", "r")
        else {
            return nil
        }
        defer { pclose(pipe) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = fread(&buffer, 1, buffer.count, pipe)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    @Test func helpOfEveryCommandIsTheRealClients() {
        guard Files.exists(realClient) else {
            print("skipped: there is no \(realClient) to compare the help with")
            return
        }
        if let version = Self.realVersion(), !version.contains(Grammar.clientVersion) {
            print("skipped: \(realClient) is \(version), the grammar is of \(Grammar.clientVersion)")
            return
        }
        for (path, command) in Self.commands(Grammar.root) {
            if case .refused = command.status, command.subcommands.isEmpty { continue }
            #expect(
                HelpText(columns: 80).text(for: command, path: path) == Self.realHelp(path), "docker \(path) --help")
        }
    }

    private static func realVersion() -> String? {
        guard let pipe = popen("\(realClient) --version 2>/dev/null", "r") else { return nil }
        defer { pclose(pipe) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = fread(&buffer, 1, buffer.count, pipe)
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    @Test func longHelpTextIsWrappedWithoutAShortLastLine() {
        let help = HelpText(columns: 80).text(for: .containerCommit, path: "container commit")
        #expect(
            help == """
                Usage:  docker container commit [OPTIONS] CONTAINER [REPOSITORY[:TAG]]

                Create a new image from a container's changes

                Aliases:
                  docker container commit, docker commit

                Options:
                  -a, --author string    Author (e.g., "John Hannibal Smith
                                         <hannibal@a-team.com>")
                  -c, --change list      Apply Dockerfile instruction to the created image
                  -m, --message string   Commit message
                  -p, --pause            Pause container during commit (default true)

                """)
    }

    @Test func everyCommandHasASummaryAndEveryFlagAHelp() {
        for (path, command) in Self.commands(Grammar.root) {
            #expect(!command.summary.isEmpty, "docker \(path)")
            for flag in command.flags where !flag.isHidden {
                #expect(!flag.help.isEmpty, "docker \(path) --\(flag.name)")
            }
        }
    }

    @Test func everyCommandIDIsInTheGrammar() {
        let found = Set(Self.commands(Grammar.root).compactMap(\.command.id))
        #expect(found == Set(CommandID.allCases))
    }

    @Test func completionKnowsCommandsAndFlags() {
        let completion = DockerCommandLine(
            client: .init(socketPath: "/nonexistent"), io: CommandIO(), observer: nil, hints: false, columns: { 80 })
        #expect(completion.completions(["re"]) == ["rename", "restart"])
        #expect(completion.completions(["container", "re"]) == ["rename", "restart"])
        #expect(completion.completions(["run", "--net"]) == ["--network", "--network-alias"])
        #expect(completion.completions(["run", "--pull", "m"]) == ["missing"])
        #expect(completion.completions(["run", "busybox", "--net"]) == [])
    }
}
