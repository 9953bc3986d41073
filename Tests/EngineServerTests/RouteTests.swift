import Engine
import EngineClient
import EngineServer
import Glibc
import HTTPMessages
import Kernel
import OrderedJSON
import Posix
import Testing

/// A node on the simulated kernel behind a socket: what clients see of the whole engine, without privilege.
private final class SimulatedEngine: Sendable {
    let directory: String
    let node: Node
    let server: EngineServer
    let client: EngineClient

    init() throws {
        directory = "/tmp/drydock-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try Files.makeDirectories(directory)
        node = try Node(
            NodeConfiguration(name: "node1", directory: "\(directory)/node1", version: "0.1"),
            kernel: SimulatedKernel())
        var configuration = EngineServer.Configuration(socketPath: "\(directory)/sock", serverVersion: "0.1")
        configuration.translate = EngineRoutes.translate
        server = try EngineServer(configuration, router: EngineRoutes.router(for: node))
        client = EngineClient(socketPath: "\(directory)/sock")
    }

    func stop() {
        server.stop(grace: 0.2)
        node.shutDown()
        do { try Files.removeTree(directory) } catch { Issue.record(error) }
    }

    /// Makes an image named `box` of an archive with one file.
    func makeImage() throws {
        let archive = Tar.file("bin/echo", "not really a program\n", mode: 0o755)
        let stream = try client.stream(
            "POST", "/images/create",
            query: [("fromSrc", "-"), ("repo", "box"), ("changes", "CMD [\"echo\", \"hi\"]")],
            body: .bytes(archive, contentType: "application/x-tar"))
        let line = try #require(try stream.nextJSON())
        #expect(line["status"]?.string?.hasPrefix("sha256:") == true)
        #expect(try stream.nextJSON() == nil)
    }

    func create(_ body: JSON) throws -> String {
        try #require(try client.request("POST", "/containers/create", body: body).json()["Id"]?.string)
    }
}

/// The smallest tar archive: one regular file (POSIX ustar).
private enum Tar {
    static func file(_ name: String, _ content: String, mode: Int) -> [UInt8] {
        func octal(_ value: Int, _ width: Int) -> [UInt8] {
            let digits = String(value, radix: 8)
            return Array((String(repeating: "0", count: width - 1 - digits.count) + digits).utf8) + [0]
        }
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ bytes: [UInt8], at offset: Int) {
            header.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
        put(Array(name.utf8), at: 0)
        put(octal(mode, 8), at: 100)
        put(octal(0, 8), at: 108)
        put(octal(0, 8), at: 116)
        put(octal(content.utf8.count, 12), at: 124)
        put(octal(0, 12), at: 136)
        put([UInt8](repeating: 0x20, count: 8), at: 148)
        put([UInt8(ascii: "0")], at: 156)
        put(Array("ustar\u{0}00".utf8), at: 257)
        put(octal(header.reduce(0) { $0 + Int($1) }, 7) + [0x20], at: 148)
        let body = Array(content.utf8)
        let padding = [UInt8](repeating: 0, count: (512 - body.count % 512) % 512 + 1024)
        return header + body + padding
    }
}

@Suite("The routes of a node, on the simulated kernel")
struct RouteTests {
    @Test func pingTellsWhatClientsAskFor() throws {
        let engine = try SimulatedEngine()
        defer { engine.stop() }
        let answer = try engine.client.request("GET", "/_ping")
        #expect(answer.body == Array("OK".utf8))
        #expect(answer.headers["Api-Version"] == "1.47")
        #expect(answer.headers["Builder-Version"] == "1")
        #expect(answer.headers["Swarm"] == "inactive")
        #expect(try engine.client.request("GET", "/version").json()["ApiVersion"] == "1.47")
        #expect(try engine.client.request("GET", "/info").json()["ServerVersion"] == "0.1")
    }

    @Test func aContainerRunsAndIsWatched() throws {
        let engine = try SimulatedEngine()
        defer { engine.stop() }
        let client = engine.client
        try engine.makeImage()
        let id = try engine.create(["Image": "box", "AttachStdout": true, "AttachStderr": true])
        let attached = try client.hijack("/containers/\(id)/attach", query: [("stdout", "1"), ("stream", "1")])
        #expect(attached.contentType == "application/vnd.docker.multiplexed-stream")
        let waiting = try client.stream("POST", "/containers/\(id)/wait", query: [("condition", "next-exit")])
        let started = try client.request("POST", "/containers/\(id)/start")
        #expect(started.status == 204)

        let output = try attachedBytes(attached)
        #expect(output == [1, 0, 0, 0, 0, 0, 0, 3] + Array("hi\n".utf8))
        #expect(try waiting.nextJSON()?["StatusCode"] == 0)
        let logs = try client.request("GET", "/containers/\(id)/logs", query: [("stdout", "1")])
        #expect(logs.body == output)
        #expect(try client.request("GET", "/containers/\(id)/json").json()["State"]?["Status"] == "exited")
        #expect(try client.request("GET", "/containers/json").json() == [])
        let list = try client.request("GET", "/containers/json", query: [("all", "1"), ("limit", "5")]).json()
        #expect(list[0]?["Id"] == .string(id))

        let operation = try #require(started.operation)
        let steps = try client.stream("GET", "/drydock/steps", query: [("operation", operation)])
        let first = try #require(try steps.nextJSON())
        #expect(first["operation"] == .string(operation))
        #expect(first["isSimulated"] == true)

        #expect(try client.request("DELETE", "/containers/\(id)").status == 204)
        #expect(throws: EngineError(status: 404, message: "No such container: \(id)")) {
            try client.request("GET", "/containers/\(id)/json")
        }
    }

    private func attachedBytes(_ attached: HijackedConnection) throws -> [UInt8] {
        let connection = BufferedConnection(Descriptor(owning: dup(attached.descriptor)), buffered: attached.buffered)
        var output: [UInt8] = []
        while true {
            let bytes = try connection.read(upTo: 4096)
            if bytes.isEmpty { return output }
            output += bytes
        }
    }

    @Test func aPlanIsAnsweredAndNothingIsDone() throws {
        let engine = try SimulatedEngine()
        defer { engine.stop() }
        try engine.makeImage()
        let explain = [("Drydock-Explain", "1")]
        let plan = try engine.client.request(
            "POST", "/containers/create", query: [("name", "web")], body: ["Image": "box"], headers: explain
        ).json()
        #expect(plan[0]?["state"] == "planned")
        #expect(try engine.client.request("GET", "/containers/json", query: [("all", "1")]).json() == [])
        let id = try engine.create(["Image": "box"])
        let start = try engine.client.request("POST", "/containers/\(id)/start", headers: explain)
        #expect(start.operation == nil)
        #expect(try start.json()[0]?["state"] == "planned")
        #expect(throws: EngineError.self) {
            try engine.client.request("POST", "/containers/\(id)/pause", headers: explain)
        }
        #expect(try engine.client.request("GET", "/containers/\(id)/json").json()["State"]?["Status"] == "created")
    }

    @Test func theStepStreamGoesOn() throws {
        let engine = try SimulatedEngine()
        defer { engine.stop() }
        let steps = try engine.client.stream("GET", "/drydock/steps", query: [("follow", "1")])
        try engine.makeImage()
        var seen = Set<JSON>()
        while let record = try steps.nextJSON() {
            #expect(seen.insert(record).inserted, "no record comes twice")
            if record["kind"] == "image.import" { break }
        }
        steps.close()
        #expect(try steps.nextJSON() == nil)
    }

    @Test func whatIsMissingIsSaid() throws {
        let engine = try SimulatedEngine()
        defer { engine.stop() }
        let refusals: [(String, String, Int, String)] = [
            ("GET", "/images/nothing/json", 404, "no such image: nothing: No such image: nothing:latest"),
            ("POST", "/containers/nothing/start", 404, "No such container: nothing"),
            ("GET", "/exec/nothing/json", 404, "No such exec instance: nothing"),
            ("POST", "/containers/nothing/wait?condition=x", 400, "invalid condition: \"x\""),
            ("GET", "/containers/nothing/logs", 400, "Bad parameters: you must choose at least one stream"),
            ("POST", "/build", 500, "Cannot locate specified Dockerfile: Dockerfile"),
            ("POST", "/plugins/pull", 501, "installing plugins is not done yet in Drydock's engine"),
        ]
        for (method, target, status, message) in refusals {
            let parts = target.split(separator: "?").map(String.init)
            let query = parts.count > 1 ? [("condition", "x")] : []
            #expect(throws: EngineError(status: status, message: message)) {
                do { _ = try engine.client.request(method, parts[0], query: query) } catch let error as EngineError {
                    // A refusal may name its operation; here only the sentence counts.
                    throw EngineError(status: error.status, message: error.message)
                }
            }
        }
    }

    @Test func imagesAreSavedAndLoaded() throws {
        let engine = try SimulatedEngine()
        defer { engine.stop() }
        try engine.makeImage()
        let archive = try engine.client.request("GET", "/images/get", query: [("names", "box")])
        #expect(archive.headers["Content-Type"] == "application/x-tar")
        let removed = try engine.client.request("DELETE", "/images/box").json()
        #expect(removed[0]?["Untagged"] == "box:latest")
        let load = try engine.client.stream(
            "POST", "/images/load", query: [("quiet", "1")],
            body: .bytes(archive.body, contentType: "application/x-tar"))
        #expect(try load.nextJSON()?["stream"] == "Loaded image: box:latest\n")
        #expect(try engine.client.request("GET", "/images/json").json()[0]?["RepoTags"] == ["box:latest"])
        let broken = try engine.client.stream(
            "POST", "/images/load", body: .bytes(Array(archive.body.prefix(700)), contentType: "application/x-tar"))
        #expect(try broken.nextJSON()?["errorDetail"]?["message"]?.string?.isEmpty == false)
    }
}
