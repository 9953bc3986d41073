import EngineClient
import Glibc
import OrderedJSON
import Posix

/// `docker login`
enum LoginCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        let server = context.arguments.first ?? ""
        var file = try CredentialFile()
        if parsed.isSet("password"), parsed.bool("password-stdin") {
            throw CommandFailure("--password and --password-stdin are mutually exclusive")
        }
        if parsed.isSet("password") {
            context.io.complain("WARNING! Using --password via the CLI is insecure. Use --password-stdin.")
        }
        var user = parsed.string("username")
        var password = parsed.string("password")
        if parsed.bool("password-stdin") {
            guard !user.isEmpty else { throw CommandFailure("Must provide --username with --password-stdin") }
            password = readAll(context.io.input)
        }
        let known = try file.login(server)
        let wasAsked = user.isEmpty && password.isEmpty
        if wasAsked, let known, !known.user.isEmpty {
            context.io.complain("Authenticating with existing credentials... [Username: \(known.user)]")
            do {
                context.io.printLine(try check(context, known, server))
                return 0
            } catch let error as EngineError { context.io.complain(error.message) }
        }
        if user.isEmpty || password.isEmpty {
            guard context.io.readsFromTerminal else {
                throw CommandFailure("Error: Cannot perform an interactive login from a non TTY device")
            }
            if user.isEmpty {
                context.io.print(known.map { "Username (\($0.user)): " } ?? "Username: ")
                user = context.io.readAnswer()
                if user.isEmpty { user = known?.user ?? "" }
                guard !user.isEmpty else { throw CommandFailure("Error: Non-null Username Required") }
            }
            if password.isEmpty {
                context.io.print("Password: ")
                password = HiddenInput.line(context.io)
                context.io.print("\n")
                guard !password.isEmpty else { throw CommandFailure("Error: Password Required") }
            }
        }
        let login = CredentialFile.Login(user: user, password: password)
        let status = try check(context, login, server)
        try file.store(login, for: server)
        if file.helper(for: server) == nil { warn(context, file.path) }
        context.io.printLine(status)
        return 0
    }

    private static func warn(_ context: CommandContext, _ path: String) {
        context.io.complain(
            """

            WARNING! Your credentials are stored unencrypted in '\(path)'.
            Configure a credential helper to remove this warning. See
            https://docs.docker.com/go/credential-store/

            """)
    }

    private static func check(_ context: CommandContext, _ login: CredentialFile.Login, _ server: String) throws
        -> String
    {
        let answer = try context.json("POST", "/auth", body: login.json(server: CredentialFile.key(server)))
        return answer["Status"]?.string ?? "Login Succeeded"
    }

    private static func readAll(_ input: Int32) -> String {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while read(input, &byte, 1) == 1 { bytes.append(byte) }
        while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A line from a terminal that does not show it (`termios(3)`).
enum HiddenInput {
    static func line(_ io: CommandIO) -> String {
        var settings = termios()
        guard tcgetattr(io.input, &settings) == 0 else { return io.readAnswer() }
        var hidden = settings
        hidden.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(io.input, TCSADRAIN, &hidden)
        defer { tcsetattr(io.input, TCSADRAIN, &settings) }
        return io.readAnswer()
    }
}

/// `docker logout`
enum LogoutCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let server = context.arguments.first ?? ""
        let key = CredentialFile.key(server)
        var file = try CredentialFile()
        if try file.remove(server) {
            context.io.printLine("Removing login credentials for \(key)")
        } else {
            context.io.printLine("Not logged in to \(key)")
        }
        return 0
    }
}

/// `docker manifest inspect`
enum InspectManifestCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let text = context.arguments.last ?? ""
        guard context.arguments.count == 1 else {
            throw CommandFailure(
                "\"docker manifest inspect LIST MANIFEST\" looks into a local list, and those are not done yet; give one name"
            )
        }
        var reference = try ImageReference.parse(text).get(code: 1)
        if reference.tag == nil && reference.digest == nil { reference.tag = "latest" }
        var query: [(String, String)] = []
        if context.parsed.bool("insecure") { query.append(("insecure", "1")) }
        let response = try context.request(
            "GET", "/drydock/manifests/\(reference.full)", query: query,
            headers: [try CredentialFile.header(for: reference.registry)])
        let answer = try response.json()
        let layout = JSONLayout(indent: context.parsed.bool("verbose") ? "\t" : "   ")
        guard context.parsed.bool("verbose") else {
            context.io.printLine((answer["Manifest"] ?? .null).text(layout))
            return 0
        }
        let described = (answer["Images"]?.array ?? []).map { image -> JSON in
            let manifest = image["Manifest"] ?? .null
            let isOCI = manifest["mediaType"]?.string?.contains("vnd.oci") ?? true
            return [
                "Ref": image["Reference"] ?? .null, "Descriptor": image["Descriptor"] ?? .null,
                "Raw": image["Raw"] ?? .null, isOCI ? "OCIManifest" : "SchemaV2Manifest": manifest,
            ]
        }
        context.io.printLine((described.count == 1 ? described[0] : .array(described)).text(layout))
        return 0
    }
}
