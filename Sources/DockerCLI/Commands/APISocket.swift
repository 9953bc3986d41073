import Archives
import EngineClient
import OrderedJSON
import Posix

/// What `--use-api-socket` gives a container: the engine's socket, and the user's logins, so that a client inside can do what
/// the user can.
struct APISocket {
    private let path: String
    /// The logins that are put into the container; none where it has a configuration of its own.
    private let logins: [(String, CredentialFile.Login)]

    private static let directory = "/run/secrets/docker"

    /// Reads the logins before anything is made.
    ///
    /// - Throws: ``CommandFailure`` for an engine that is reached over a network.
    init(_ context: CommandContext, _ request: CreateRequest) throws {
        guard let path = context.client.socketPath else {
            throw CommandFailure(
                "flag --use-api-socket can only be used with unix sockets: docker endpoint \(context.client.host) incompatible"
            )
        }
        self.path = path
        let hasOwn = request.config.strings("Env").contains { $0.hasPrefix("DOCKER_CONFIG=") }
        logins = hasOwn ? [] : try CredentialFile().all()
    }

    /// The request with the socket, and where the logins are.
    func added(to request: CreateRequest) -> CreateRequest {
        var request = request
        let mount: JSON = [
            "Type": "bind", "Source": .string(path), "Target": "/var/run/docker.sock", "BindOptions": [:],
        ]
        request.hostConfig["Mounts"] = .array((request.hostConfig["Mounts"]?.array ?? []) + [mount])
        if !logins.isEmpty {
            let variables = request.config["Env"]?.array ?? []
            request.config["Env"] = .array(variables + [.string("DOCKER_CONFIG=\(Self.directory)")])
        }
        return request
    }

    /// Copies the logins into a container that was made, for its root alone.
    func putLogins(into container: String, _ context: CommandContext) throws {
        if logins.isEmpty { return }
        let bytes = CredentialFile.document(logins)
        var archive: [UInt8] = []
        let writer = try ArchiveWriter { archive += $0 }
        var parent = ArchivePath("")
        for name in Self.directory.split(separator: "/") {
            parent = parent.appending(ArchivePath(String(name)))
            try writer.add(ArchiveEntry(parent, .directory, mode: 0o755))
        }
        try writer.add(
            ArchiveEntry(parent.appending("config.json"), .file, size: Int64(bytes.count), mode: 0o600), bytes)
        try writer.finish()
        let answer = try context.stream(
            "PUT", "/containers/\(container)/archive", query: [("path", "/")],
            body: .bytes(archive, contentType: "application/x-tar"))
        while try answer.read() != nil {}
    }
}
