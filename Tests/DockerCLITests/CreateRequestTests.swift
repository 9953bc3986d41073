import OrderedJSON
import Testing

@testable import DockerCLI

@Suite struct CreateRequestTests {
    private static func body(_ words: [String]) throws -> JSON {
        let found = try CommandLookup.find(["run"] + words)
        return try CreateRequest(Parser.parse(found.rest, for: found.command, path: found.path)).body
    }

    @Test func runWithATerminalAttachesAllStreams() throws {
        let body = try Self.body(["-it", "busybox", "sh"])
        for member in ["AttachStdin", "AttachStdout", "AttachStderr", "Tty", "OpenStdin", "StdinOnce"] {
            #expect(body[member] == true, "\(member)")
        }
        #expect(body["Cmd"] == ["sh"])
        #expect(body["Entrypoint"] == .null)
        #expect(body["HostConfig"]?["NetworkMode"] == "default")
    }

    @Test func limitsBecomeNumbers() throws {
        let host = try Self.body([
            "-m", "64m", "--memory-swap=-1", "--cpus", "1.5", "--pids-limit", "20", "-c", "512", "b",
        ])[
            "HostConfig"]
        #expect(host?["Memory"] == 67_108_864)
        #expect(host?["MemorySwap"] == -1)
        #expect(host?["NanoCpus"] == 1_500_000_000)
        #expect(host?["PidsLimit"] == 20)
        #expect(host?["CpuShares"] == 512)
    }

    @Test func volumesPortsAndEnvironmentHaveTheirPlaces() throws {
        let body = try Self.body([
            "-v", "vol:/data", "-v", "/anonymous", "-p", "8080:80", "--expose", "99", "-e", "A=1", "-l", "k=v",
            "--tmpfs",
            "/t:size=1m", "--entrypoint", "", "b",
        ])
        #expect(body["Volumes"] == ["/anonymous": [:]])
        #expect(body["ExposedPorts"] == ["80/tcp": [:], "99/tcp": [:]])
        #expect(body["Env"] == ["A=1"])
        #expect(body["Labels"] == ["k": "v"])
        #expect(body["Entrypoint"] == [""])
        #expect(body["HostConfig"]?["Binds"] == ["vol:/data"])
        #expect(body["HostConfig"]?["PortBindings"] == ["80/tcp": [["HostIp": "", "HostPort": "8080"]]])
        #expect(body["HostConfig"]?["Tmpfs"] == ["/t": "size=1m"])
    }

    @Test func networksGetTheirEndpoints() throws {
        let body = try Self.body(["--network", "lab", "--network-alias", "web", "--ip", "10.0.0.5", "b"])
        #expect(body["HostConfig"]?["NetworkMode"] == "lab")
        #expect(
            body["NetworkingConfig"]?["EndpointsConfig"]
                == ["lab": ["IPAMConfig": ["IPv4Address": "10.0.0.5"], "Aliases": ["web"]]])
    }

    @Test(
        arguments: [
            (["--rm", "--restart", "always", "b"], "conflicting options: cannot specify both --restart and --rm"),
            (["--pid", "foo", "b"], "--pid: invalid PID mode"),
            (["--security-opt", "foo", "b"], #"Invalid --security-opt: "foo""#),
            (["--no-healthcheck", "--health-cmd", "x", "b"], "--no-healthcheck conflicts with --health-* options"),
            (
                ["--network", "bridge", "--network", "b2", "b"],
                "conflicting options: cannot attach both user-defined and non-user-defined network-modes"
            ),
            (["--mac-address", "x", "b"], "x is not a valid mac address"),
            (["--memory-swappiness", "200", "b"], "invalid value: 200. Valid memory swappiness range is 0-100"),
            (["--env-file", "/nosuch", "b"], "open /nosuch: no such file or directory"),
            (
                ["--restart", "on-failure:x", "b"],
                "invalid restart policy format: maximum retry count must be an integer"
            ),
        ] as [([String], String)])
    func conflictsAreRefusedInDockersWords(words: [String], message: String) {
        #expect(throws: CommandFailure(message, code: 125)) { try Self.body(words) }
    }
}
