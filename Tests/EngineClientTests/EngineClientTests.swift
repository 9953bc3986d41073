import EngineClient
import Glibc
import HTTPMessages
import OrderedJSON
import Posix
import Testing

@Suite("The engine's client")
struct EngineClientTests {
    @Test func aRequestSaysWhatItWants() throws {
        let engine = try ScriptedEngine { turn in
            answer(201, #"{"body":"\#(turn.body.count)"}"#, ["Drydock-Operation": "op1"])
        }
        defer { engine.stop() }
        let client = EngineClient(socketPath: engine.path)
        let response = try client.request(
            "POST", "/images/a b/tag", query: [("repo", "x/y"), ("f", #"{"a":["b c"]}"#)], body: ["A": 1],
            headers: [("Drydock-Explain", "1")])
        #expect(response.status == 201)
        #expect(response.operation == "op1")
        #expect(try response.json()["body"]?.string == "7")
        let head = try #require(engine.heads.first)
        #expect(head.target == "/v1.47/images/a%20b/tag?repo=x%2Fy&f=%7B%22a%22%3A%5B%22b+c%22%5D%7D")
        #expect(head.headers["Content-Type"] == "application/json")
        #expect(head.headers["Content-Length"] == "7")
        #expect(head.headers["Drydock-Explain"] == "1")
    }

    @Test func connectionsAreUsedAgain() throws {
        let engine = try ScriptedEngine { turn in answer(200, "[\(turn.connection),\(turn.request)]") }
        defer { engine.stop() }
        let client = EngineClient(socketPath: engine.path)
        let answers = try (0..<3).map { _ in try client.request("GET", "/x").json() }
        #expect(answers == [[0, 0], [0, 1], [0, 2]])
    }

    @Test func aStaleConnectionIsReplaced() throws {
        // The engine hangs up after each answer, without saying so.
        let engine = try ScriptedEngine { turn in turn.request == 0 ? answer(200, "\(turn.connection)") : nil }
        defer { engine.stop() }
        let client = EngineClient(socketPath: engine.path)
        for expected in 0..<3 {
            let response = try client.request("GET", "/x")
            #expect(try response.json() == .integer(Int64(expected)))
        }
    }

    @Test func whatMustNotHappenTwiceIsNotRepeated() throws {
        let engine = try ScriptedEngine { turn in turn.request == 0 ? answer(200, "{}") : nil }
        defer { engine.stop() }
        let client = EngineClient(socketPath: engine.path)
        _ = try client.request("GET", "/x")
        #expect(throws: ConnectionError.self) { try client.request("POST", "/x") }
        #expect(engine.heads.count == 2)
    }

    @Test func aRefusalIsAnErrorWithTheEnginesSentence() throws {
        let engine = try ScriptedEngine { turn in
            turn.head.path.hasSuffix("json")
                ? answer(404, "{\"message\":\"No such container: x\"}\n") : answer(500, "plain trouble\n")
        }
        defer { engine.stop() }
        let client = EngineClient(socketPath: engine.path)
        #expect(throws: EngineError(status: 404, message: "No such container: x")) {
            try client.request("GET", "/containers/x/json")
        }
        #expect(throws: EngineError(status: 500, message: "plain trouble")) { try client.stream("GET", "/other") }
        #expect(throws: EngineError(status: 404, message: "No such container: x")) { try client.hijack("/x/json") }
    }

    @Test func theVersionIsLoweredToTheEngines() throws {
        let engine = try ScriptedEngine { turn in
            turn.head.target.hasPrefix("/v1.41/")
                ? answer(200, "\"\(turn.head.method) \(turn.body.count)\"")
                : answer(
                    400, #"{"message":"client version 1.47 is too new. Maximum supported API version is 1.41"}"#,
                    ["Api-Version": "1.41"])
        }
        defer { engine.stop() }
        let client = EngineClient(socketPath: engine.path)
        #expect(client.apiVersion == "1.47")
        #expect(try client.request("POST", "/x", body: [:]).json() == "POST 2")
        #expect(client.apiVersion == "1.41")

        let (reading, writing) = try UnixSocket.pair()
        try writing.write("tar")
        BufferedConnection(writing).closeWrite()
        let other = EngineClient(socketPath: engine.path)
        let body = RequestBody.descriptor(reading.number, contentType: "application/x-tar")
        #expect(try other.stream("POST", "/load", body: body).nextJSON() == "POST 3")
        withExtendedLifetime(reading) {}

        let fixed = EngineClient(socketPath: engine.path, apiVersion: "1.45")
        #expect(throws: EngineError.self) { try fixed.request("GET", "/x") }
    }

    @Test func valuesOfAStreamComeOneByOne() throws {
        let values = #"{"a":"}{"} [1,[2]]"x\"y"  12 true{"b":null}3"#
        let engine = try ScriptedEngine { _ in
            var text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            for character in values.utf8 { text += "1\r\n\(Character(Unicode.Scalar(character)))\r\n" }
            return text + "0\r\n\r\n"
        }
        defer { engine.stop() }
        let client = EngineClient(socketPath: engine.path)
        let stream = try client.stream("GET", "/events")
        var found: [JSON] = []
        while let value = try stream.nextJSON() { found.append(value) }
        #expect(found == [["a": "}{"], [1, [2]], "x\"y", 12, true, ["b": nil], 3])
        // The stream was read to its end, so its connection serves the next request.
        _ = try client.stream("GET", "/events").nextJSON()
        #expect(engine.heads.count == 2)
    }

    @Test func aStreamEndsWhenAnotherThreadClosesIt() throws {
        let engine = try ScriptedEngine { _ in "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n" }
        defer { engine.stop() }
        let stream = try EngineClient(socketPath: engine.path).stream("GET", "/events")
        #expect(try stream.read() == Array("hi".utf8))
        try Thread.start("closer") {
            usleep(20_000)
            stream.close()
        }
        #expect(try stream.read() == nil)
    }

    @Test func aStreamThatBreaksOffIsAnError() throws {
        let engine = try ScriptedEngine { _ in
            "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nhalf"
        }
        defer { engine.stop() }
        let stream = try EngineClient(socketPath: engine.path).stream("GET", "/x")
        #expect(try stream.read() == Array("half".utf8))
        #expect(throws: ConnectionError.self) { try stream.read() }
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\n", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
    ])
    func nonsenseIsAConnectionError(_ text: String) throws {
        let path = "/tmp/drydock-test-\(getpid())-\(UInt32.random(in: 0 ... .max)).sock"
        let listener = try UnixSocket.listen(path)
        defer { unlink(path) }
        try Thread.start("nonsense") {
            do {
                let connection = BufferedConnection(try UnixSocket.accept(listener))
                _ = try connection.readHead()
                try connection.write(Array(text.utf8))
                connection.shutDown()
            } catch { Issue.record(error) }
        }
        let error = #expect(throws: ConnectionError.self) {
            try EngineClient(socketPath: path).request("GET", "/x")
        }
        #expect(error?.description.hasPrefix("error during connect: ") == true)
    }

    @Test func nobodyThereIsSaidInDockersWords() throws {
        let error = #expect(throws: ConnectionError.self) {
            try EngineClient(socketPath: "/nonexistent/docker.sock").request("GET", "/x")
        }
        #expect(
            error?.description
                == "Cannot connect to the Docker daemon at unix:///nonexistent/docker.sock. Is the docker daemon running?"
        )
    }

    @Test(arguments: ["docker.sock", "ssh://host", "tcp://", "unix://", "tcp://host:port", "tcp://h:99999"])
    func addressesThatCannotBeUsedAreRefused(_ host: String) {
        #expect(throws: ConnectionError.self) { try EngineClient(host: host) }
    }

    @Test func aTCPAddressIsReached() throws {
        #expect(try EngineClient(host: "tcp://[::1]").host == "tcp://[::1]:2375")
        #expect(try EngineClient(host: "tcp://127.0.0.1:1").host == "tcp://127.0.0.1:1")
        #expect(throws: ConnectionError(.notRunning, host: "tcp://127.0.0.1:1")) {
            try EngineClient(host: "tcp://127.0.0.1:1").request("GET", "/_ping")
        }
    }
}
