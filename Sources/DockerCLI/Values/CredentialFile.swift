import EngineClient
import Glibc
import OrderedJSON
import Posix

/// Docker's file of logins: `config.json` in `DOCKER_CONFIG`, or in `~/.docker`. All else that it holds is kept.
struct CredentialFile {
    /// The file's path.
    let path: String
    private var members: JSONObject

    /// The key of Docker Hub in the file.
    static let hub = "https://index.docker.io/v1/"

    /// Reads the file; one that is missing has no logins.
    init() throws {
        let directory: String
        if let given = getenv("DOCKER_CONFIG").map({ String(cString: $0) }), !given.isEmpty {
            directory = given
        } else if let home = getenv("HOME").map({ String(cString: $0) }), !home.isEmpty {
            directory = "\(home)/.docker"
        } else {
            throw CommandFailure("neither DOCKER_CONFIG nor HOME is set, so there is no place for logins")
        }
        path = "\(directory)/config.json"
        guard Files.exists(path) else {
            members = JSONObject()
            return
        }
        let bytes = try Files.read(path)
        do throws(JSONError) { members = try JSON(parsing: bytes).object ?? JSONObject() } catch {
            throw CommandFailure("parsing the logins in \(path): \(error)")
        }
    }

    /// A login: what a registry is told.
    struct Login: Equatable {
        var user: String
        var password: String
        var identityToken = ""

        /// The login as the Engine API takes it.
        func json(server: String) -> JSON {
            var object: JSONObject = ["serveraddress": .string(server)]
            if !user.isEmpty { object["username"] = .string(user) }
            if !password.isEmpty { object["password"] = .string(password) }
            if !identityToken.isEmpty { object["identitytoken"] = .string(identityToken) }
            return .object(object)
        }
    }

    /// The key of a registry's name: itself, but for Docker Hub.
    static func key(_ registry: String) -> String {
        let host =
            registry.hasPrefix("https://") || registry.hasPrefix("http://")
            ? String(registry[(registry.firstRange(of: "://")?.upperBound ?? registry.startIndex)...]) : registry
        let name = String(host.prefix { $0 != "/" })
        return ["", "docker.io", "index.docker.io", "registry-1.docker.io"].contains(name) ? hub : name
    }

    /// The program that keeps the login for a registry: that of the registry, or the one for all; `nil` where the file
    /// itself keeps it.
    func helper(for registry: String) -> CredentialHelper? {
        let wanted = Self.key(registry)
        for (name, helper) in members["credHelpers"]?.object ?? [:] where Self.key(name) == wanted {
            if let helper = helper.string, !helper.isEmpty { return CredentialHelper(name: helper) }
        }
        return helper
    }

    /// The login for a registry; `nil` for none.
    func login(_ registry: String) throws -> Login? {
        if let helper = helper(for: registry) { return try helper.login(Self.key(registry)) }
        let wanted = Self.key(registry)
        guard let logins = members["auths"]?.object else { return nil }
        for (name, entry) in logins where Self.key(name) == wanted {
            let token = entry["identitytoken"]?.string ?? ""
            if let text = entry["auth"]?.string, let bytes = Base64.decode(text), !bytes.isEmpty {
                let parts = String(decoding: bytes, as: UTF8.self).split(
                    separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                if parts.count == 2 {
                    let user = String(parts[0])
                    return Login(user: token.isEmpty ? user : "", password: String(parts[1]), identityToken: token)
                }
            }
            if !token.isEmpty { return Login(user: "", password: "", identityToken: token) }
        }
        return nil
    }

    /// All logins, by their keys, as `X-Registry-Config` has them.
    func all() throws -> [(String, Login)] {
        var names = (members["auths"]?.object ?? JSONObject()).names
        for name in (members["credHelpers"]?.object ?? JSONObject()).names + (try helper?.servers() ?? [])
        where !names.contains(name) { names.append(name) }
        return try names.compactMap { name in try login(name).map { (name, $0) } }
    }

    /// The program that keeps the logins of all registries that have none of their own.
    private var helper: CredentialHelper? {
        members["credsStore"]?.string.flatMap { $0.isEmpty ? nil : CredentialHelper(name: $0) }
    }

    /// Keeps a login.
    mutating func store(_ login: Login, for registry: String) throws {
        if let helper = helper(for: registry) {
            try helper.store(login, for: Self.key(registry))
            // The file lists whose logins there are, and says nothing of them.
            var logins = members["auths"]?.object ?? JSONObject()
            logins[Self.key(registry)] = [:]
            members["auths"] = .object(logins)
            return try write()
        }
        var logins = members["auths"]?.object ?? JSONObject()
        var entry: JSONObject = [
            "auth": .string(Base64.encode(Array("\(login.user):\(login.password)".utf8)))
        ]
        if !login.identityToken.isEmpty { entry["identitytoken"] = .string(login.identityToken) }
        logins[Self.key(registry)] = .object(entry)
        members["auths"] = .object(logins)
        try write()
    }

    /// Forgets a login.
    /// - Returns: Whether there was one.
    mutating func remove(_ registry: String) throws -> Bool {
        let wanted = Self.key(registry)
        if let helper = helper(for: registry) { try helper.erase(wanted) }
        let logins = members["auths"]?.object ?? JSONObject()
        let kept = logins.filter { Self.key($0.name) != wanted }
        guard kept.count < logins.count else { return false }
        members["auths"] = .object(JSONObject(kept.map { ($0.name, $0.value) }))
        try write()
        return true
    }

    private func write() throws {
        try Files.makeDirectories(Files.parent(of: path), mode: 0o700)
        let bytes = JSON.object(members).encoded(JSONLayout(indent: "\t"))
        try Files.replace(path, with: bytes, mode: 0o600)
    }

    /// The header with the login for a registry, as the engine wants it for a pull or a push.
    static func header(for registry: String) throws -> (String, String) {
        let login = try CredentialFile().login(registry)
        guard let login else { return ("X-Registry-Auth", "e30=") }
        return ("X-Registry-Auth", urlSafe(login.json(server: key(registry)).encoded()))
    }

    /// The header with all logins, for a build.
    static func buildHeader() throws -> (String, String) {
        let logins = try CredentialFile().all()
        let object = JSONObject(logins.map { ($0.0, $0.1.json(server: $0.0)) })
        return ("X-Registry-Config", urlSafe(JSON.object(object).encoded()))
    }

    /// A file with these logins and nothing else, as another client reads it.
    static func document(_ logins: [(String, Login)]) -> [UInt8] {
        let entries = logins.map { name, login -> (String, JSON) in
            var entry: JSONObject = [
                "auth": .string(Base64.encode(Array("\(login.user):\(login.password)".utf8)))
            ]
            if !login.identityToken.isEmpty { entry["identitytoken"] = .string(login.identityToken) }
            return (name, .object(entry))
        }
        return (["auths": .object(JSONObject(entries))] as JSON).encoded(JSONLayout(indent: "\t"))
    }

    private static func urlSafe(_ bytes: [UInt8]) -> String {
        String(Base64.encode(bytes).map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 })
    }
}
