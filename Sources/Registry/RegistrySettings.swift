import Glibc
import OCI
import OrderedJSON
public import Posix

/// How registries are reached: what a user may set, in the words of Docker's `daemon.json`.
public struct RegistrySettings: Sendable, Equatable {
    /// Registries (`host` or `host:port`) that may be spoken to without TLS, or with a certificate that nobody vouches
    /// for: `insecure-registries`.
    public var insecure: Set<String> = []
    /// Where names of Docker Hub are asked for before Docker Hub itself: `registry-mirrors`.
    public var mirrors: [RegistryURL] = []
    /// The proxies that registries on other machines are reached through.
    public var proxies = ProxySettings()
    /// How much the archives of layers may grow when they are unpacked: `max-unpack-ratio`, which Docker has not.
    public var unpackLimit = UnpackLimit.standard
    /// Directories with one directory for each registry, whose `*.crt` are trusted for it.
    public var certificateDirectories: [String] = ["/etc/docker/certs.d"]
    /// Whether nothing but this machine is ever contacted (`DRYDOCK_UPLINK=none`).
    public var isLoopbackOnly: Bool
    /// The program's name and version, for the field `User-Agent`.
    public var userAgent = "drydock"

    /// The standard settings.
    public init(isLoopbackOnly: Bool) { self.isLoopbackOnly = isLoopbackOnly }

    /// Reads `daemon.json`; a file that is missing says nothing.
    ///
    /// - Throws: `OCIError.invalidDocument` for what is no valid file, naming it and the member.
    public mutating func read(_ file: String) throws {
        guard Files.exists(file) else { return }
        func refuse(_ problem: String) -> OCIError { .invalidDocument(what: file, problem: problem) }
        let bytes = try Files.read(file)
        let document: JSON
        do throws(JSONError) { document = try JSON(parsing: bytes) } catch {
            throw refuse(error.description)
        }
        guard let members = document.object else { throw refuse("it is not a JSON object") }
        func list(_ name: String) throws(OCIError) -> [String] {
            guard let value = members[name] else { return [] }
            guard let array = value.array else { throw refuse("member \"\(name)\" is not an array") }
            var texts: [String] = []
            for element in array {
                guard let text = element.string else { throw refuse("member \"\(name)\" is not an array of strings") }
                texts.append(text)
            }
            return texts
        }
        for (name, _) in members where !["insecure-registries", "registry-mirrors", "max-unpack-ratio"].contains(name) {
            throw refuse(
                "member \"\(name)\" is not known here; insecure-registries, registry-mirrors and max-unpack-ratio are")
        }
        if let ratio = members["max-unpack-ratio"] {
            guard let number = ratio.integer, number >= 0 else {
                throw refuse("member \"max-unpack-ratio\" is not a whole number from 0 (no bound) on")
            }
            unpackLimit.ratio = number
        }
        insecure.formUnion(try list("insecure-registries"))
        for text in try list("registry-mirrors") {
            guard let url = RegistryURL(text) else {
                throw refuse("registry-mirrors: \"\(text)\" is not http://HOST[:PORT] or https://HOST[:PORT]")
            }
            mirrors.append(url)
        }
    }

    /// The files of certificates that are trusted for a registry.
    func authorities(of url: RegistryURL) -> [String] {
        certificateDirectories.flatMap { directory -> [String] in
            [url.authority, url.host].flatMap { name -> [String] in
                let place = "\(directory)/\(name)"
                guard let entries = try? Files.list(place) else { return [] }
                return entries.filter { $0.name.hasSuffix(".crt") }.map { "\(place)/\($0.name)" }
            }
        }
    }

    /// Whether the user named a registry insecure.
    func isInsecure(_ url: RegistryURL) -> Bool {
        insecure.contains(url.authority) || insecure.contains(url.host)
            || mirrors.contains { $0.scheme == .http && $0.host == url.host && $0.port == url.port }
    }
}

/// An address of HTTP: scheme, host, port, path with query.
public struct RegistryURL: Sendable, Hashable, CustomStringConvertible {
    /// With or without TLS.
    public enum Scheme: String, Sendable, Hashable { case http, https }
    /// With or without TLS.
    public var scheme: Scheme
    /// The host, without brackets.
    public var host: String
    /// The port.
    public var port: UInt16
    /// The path and the query, encoded: `/v2/`.
    public var target: String

    /// An address of its parts.
    public init(_ scheme: Scheme, host: String, port: UInt16, target: String = "/") {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.target = target
    }

    /// Reads `http://host[:port][/path][?query]`, or the same with `https`.
    public init?(_ text: String) {
        guard let separator = text.firstRange(of: "://"),
            let scheme = Scheme(rawValue: text[..<separator.lowerBound].lowercased())
        else { return nil }
        let rest = text[separator.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        self.init(scheme, authority: String(authority))
        let path = rest[authority.endIndex...]
        target = path.hasPrefix("/") ? String(path) : "/\(path)"
        guard target.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    }

    /// An address from `host[:port]`, where an IPv6 address stands in brackets.
    public init?(_ scheme: Scheme, authority: String) {
        guard !authority.contains("@") else { return nil }
        let end = authority.lastIndex(of: "]") ?? authority.startIndex
        let colon = authority[end...].lastIndex(of: ":")
        let host = authority[..<(colon ?? authority.endIndex)].filter { $0 != "[" && $0 != "]" }
        let port = colon.map { UInt16(authority[authority.index(after: $0)...]) } ?? (scheme == .http ? 80 : 443)
        guard !host.isEmpty, let port else { return nil }
        self.init(scheme, host: host, port: port)
    }

    /// Another address, as a field `Location` names it relative to this one (RFC 3986, section 5; without dots).
    public func resolved(_ location: String) -> RegistryURL? {
        if location.contains("://") { return RegistryURL(location) }
        if location.hasPrefix("//") { return RegistryURL("\(scheme.rawValue):\(location)") }
        guard location.hasPrefix("/"), location.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return at(location)
    }

    /// The same place with another path.
    public func at(_ target: String) -> RegistryURL {
        var copy = self
        copy.target = target
        return copy
    }

    /// The target with another member of the query.
    func adding(_ name: String, _ value: String) -> RegistryURL {
        at(target + (target.contains("?") ? "&" : "?") + name + "=" + value)
    }

    /// `host:port`, without the port if it is the scheme's own.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == .http ? 80 : 443) ? name : "\(name):\(port)"
    }

    /// Whether the host can only be this machine.
    public var isLoopback: Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.") && host.split(separator: ".").count == 4
    }

    /// The whole address.
    public var description: String { "\(scheme.rawValue)://\(authority)\(target)" }
}

/// What a user proves to a registry.
public struct RegistryCredentials: Sendable, Hashable {
    /// The user's name.
    public var user: String
    /// The password, or an access token in its place.
    public var password: String
    /// A token that the registry's token service gave in place of a password; empty for none.
    public var identityToken: String

    /// Names a user.
    public init(user: String, password: String, identityToken: String = "") {
        self.user = user
        self.password = password
        self.identityToken = identityToken
    }

    /// The value of `Authorization` (RFC 7617).
    var basic: String { "Basic " + Base64.encode(Array("\(user):\(password)".utf8)) }
}
