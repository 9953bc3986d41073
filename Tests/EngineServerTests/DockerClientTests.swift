import Glibc
import Posix
import Testing

@Suite("The real docker client")
struct DockerClientTests {
    private static let docker: String? = ["/usr/local/bin/docker", "/usr/bin/docker"].first {
        access("\($0)", X_OK) == 0
    }

    /// Runs a command line with the shell and reads what it prints.
    private func run(_ command: String) throws -> String {
        guard let stream = popen(command + " 2>&1", "r") else { throw SystemError.last("running \(command)") }
        let output = try Descriptor(owning: dup(fileno(stream))).readToEnd()
        pclose(stream)
        return String(decoding: output, as: UTF8.self)
    }

    @Test func itUnderstandsOurAnswers() throws {
        guard let docker = Self.docker else { return print("skipped: no docker client is installed") }
        let engine = try FakeEngine()
        defer { engine.server.stop() }
        let command = "\(docker) --host unix://\(engine.path)"
        let version = try run("\(command) version --format '{{.Server.Version}} {{.Server.APIVersion}}'")
        #expect(version == "0.1 1.47\n")
        #expect(try run("\(command) version").contains("Fake Engine"))
        #expect(try run("\(command) ps") == "Error response from daemon: page not found\n")
    }
}
