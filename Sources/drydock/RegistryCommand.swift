import ArgumentParser
import DockerCLI
import EngineAPI
import EngineClient
import Glibc
import OrderedJSON
import Posix

/// `drydock registry …`: the lab's own image registry, from the instructor's side.
struct RegistryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "registry", abstract: "The lab's own image registry.",
        discussion: """
            It is a part of the engine, listens on this machine (127.0.0.1:5000, or DRYDOCK_REGISTRY), and is asked first
            for names of Docker Hub: what it has needs no internet.
            """,
        subcommands: [List.self, Add.self, Remove.self, Serve.self])

    private static func client() throws -> EngineClient {
        try EngineControl(home: DrydockHome(environment: processEnvironment())).connect()
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List what it has, and where it listens.")

        func run() throws {
            let answer = try RegistryCommand.client().request("GET", DrydockAPI.registryPath).json()
            let rows = (answer["Images"]?.array ?? []).map { image in
                [
                    "\(image["Name"]?.string ?? ""):\(image["Tag"]?.string ?? "")",
                    String((image["Digest"]?.string ?? "").prefix(19)),
                    ByteText.text(image["Size"]?.integer ?? 0),
                ]
            }
            let table = [["IMAGE", "DIGEST", "SIZE"]] + rows
            let widths = (0..<2).map { column in (table.map { $0[column].count }.max() ?? 0) + 3 }
            for row in table {
                let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
                print(cells.joined() + row[2])
            }
            print("\nlistens at \(answer["Address"]?.string ?? "no address")")
        }
    }

    struct Remove: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Take images out of it.")

        @Argument(help: "Images as `registry ls` lists them; without a tag it is latest.") var image: [String]

        func run() throws {
            let client = try RegistryCommand.client()
            let entries = try client.request("GET", DrydockAPI.registryPath).json()["Images"]?.array ?? []
            for name in image {
                let full = name.split(separator: "/").last?.contains(":") == true ? name : name + ":latest"
                let found = entries.filter { entry in
                    ["Name", "Repository"].contains {
                        "\(entry[$0]?.string ?? ""):\(entry["Tag"]?.string ?? "")" == full
                    }
                }
                // `app` may be both `app` and Docker Hub's `library/app`.
                guard let entry = found.first, found.count == 1, let repository = entry["Repository"]?.string else {
                    let paths = found.compactMap { $0["Repository"]?.string }.joined(separator: ", ")
                    throw UsageProblem(
                        found.isEmpty ? "the lab's registry has no \(full)" : "\(full) may be one of \(paths)")
                }
                _ = try client.request(
                    "DELETE", DrydockAPI.registryPath,
                    query: [("repository", repository), ("tag", entry["Tag"]?.string ?? "")])
                print("Removed: \(full)")
            }
        }
    }

    struct Add: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add the images of archives: what \"docker save\" writes, or an OCI image layout as tar.")

        @Argument(help: "Archives, plain or compressed; - is the standard input.")
        var file: [String]

        func run() throws {
            let client = try RegistryCommand.client()
            for path in file {
                let source = path == "-" ? nil : try Descriptor.open(path, O_RDONLY)
                var status = stat()
                if let source, fstat(source.number, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
                    throw UsageProblem(
                        "\(path) is a directory; give it as an archive: tar -C \(path) -c . | drydock registry add -")
                }
                let stream = try client.stream(
                    "POST", DrydockAPI.registryAddPath,
                    body: .descriptor(source?.number ?? 0, contentType: "application/x-tar"))
                defer { stream.close() }
                while let answer = try stream.nextJSON() {
                    for name in answer["Added"]?.array ?? [] { print("Added: \(name.string ?? "")") }
                }
            }
        }
    }

    struct Serve: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let others on the network read it, until this command ends.",
            discussion: """
                The others name it in their engine's daemon.json, in DRYDOCK_HOME:
                  {"registry-mirrors": ["http://ADDRESS:PORT"]}
                Nobody can push, unless --push-token is given: then whoever logs in with the token that is printed.
                """)

        @Option(help: "Where to listen: ADDRESS:PORT.")
        var listen: String

        /// Prints a line at once, also into a pipe.
        private static func say(_ line: String) {
            let text = line + "\n"
            _ = text.withCString { write(1, $0, strlen($0)) }
        }

        @Flag(help: "Print a token; who logs in with it as the password may push.")
        var pushToken = false

        func run() throws {
            var query = [("listen", listen)]
            let token = pushToken ? RegistryCommand.newToken() : nil
            if let token { query.append(("token", token)) }
            let stream = try RegistryCommand.client().stream("POST", DrydockAPI.registryServePath, query: query)
            defer { stream.close() }
            while let line = try stream.nextJSON() {
                if let address = line["Address"]?.string {
                    Self.say(
                        "serving the lab's registry at http://\(address), \(token == nil ? "read-only" : "to push with a token")"
                    )
                    if let token {
                        Self.say("push token: \(token)  (docker login \(address), any user name, this as the password)")
                    }
                    Self.say("Ctrl-C ends it.")
                }
                if let request = line["Request"]?.string { Self.say(request) }
            }
        }
    }

    /// A token that nobody guesses, easy to type from a projector: no letters that look alike.
    private static func newToken() -> String {
        let letters = Array("abcdefghjkmnpqrstuvwxyz23456789")
        var generator = SystemRandomNumberGenerator()
        let groups = (0..<4).map { _ in
            String((0..<5).map { _ in letters[Int.random(in: 0..<letters.count, using: &generator)] })
        }
        return groups.joined(separator: "-")
    }
}

/// Sizes as Docker shows them.
enum ByteText {
    static func text(_ bytes: Int64) -> String {
        var value = Double(bytes)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1000 || unit == "GB" {
                let tenths = Int((value * 10).rounded())
                return value < 10 && unit != "B"
                    ? "\(tenths / 10).\(tenths % 10)\(unit)" : "\(Int(value.rounded()))\(unit)"
            }
            value /= 1000
        }
        return "\(bytes)B"
    }
}
