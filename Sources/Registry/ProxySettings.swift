import Glibc
import HTTPMessages
import Posix

/// The proxies that registries are reached through: what `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say, read as Docker's
/// daemon reads them (Go's `golang.org/x/net/http/httpproxy`).
public struct ProxySettings: Sendable, Equatable {
    /// The proxy of addresses without TLS, as it was given; empty for none.
    public var http = ""
    /// The proxy of addresses with TLS.
    public var https = ""
    /// Hosts that are reached without a proxy, parted by commas.
    public var exceptions = ""

    /// No proxies.
    public init() {}

    /// What variables say, in capitals or else in small letters.
    public init(environment: [String: String]) {
        func value(_ name: String) -> String {
            let given = environment[name] ?? ""
            return given.isEmpty ? environment[name.lowercased()] ?? "" : given
        }
        (http, https, exceptions) = (value("HTTP_PROXY"), value("HTTPS_PROXY"), value("NO_PROXY"))
    }

    /// A proxy's address with its user's name and password taken out, as `docker info` shows it.
    public static func masked(_ proxy: String) -> String {
        guard let separator = proxy.firstRange(of: "://"), let at = proxy.lastIndex(of: "@"),
            at >= separator.upperBound
        else { return proxy }
        return proxy[..<separator.upperBound] + "xxxxx:xxxxx" + proxy[at...]
    }

    /// One proxy.
    struct Proxy: Sendable, Equatable {
        /// Where it listens.
        var url: RegistryURL
        /// What it is told of who asks; `nil` for nothing.
        var credentials: RegistryCredentials?
    }

    /// The proxy for an address; `nil` where it is reached directly.
    ///
    /// - Throws: ``RegistryFailure/unreachable(registry:reason:)`` for a proxy that can't be spoken to.
    func proxy(for url: RegistryURL) throws(RegistryFailure) -> Proxy? {
        let text = url.scheme == .https ? https : http
        // This machine is never asked for elsewhere.
        if text.isEmpty || url.isLoopback || isException(url) { return nil }
        func refuse(_ problem: String) -> RegistryFailure {
            .unreachable(registry: url.authority, reason: "the proxy \(Self.masked(text)) \(problem)")
        }
        let scheme = text.firstRange(of: "://").map { String(text[..<$0.lowerBound]) } ?? "http"
        guard scheme == "http" else { throw refuse("can't be used: only proxies with http:// are spoken to") }
        var rest = text.firstRange(of: "://").map { text[$0.upperBound...] } ?? text[...]
        rest = rest.prefix { $0 != "/" }
        var credentials: RegistryCredentials?
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            func plain(_ part: Substring?) -> String { part.flatMap { PercentEncoding.decode($0) } ?? "" }
            credentials = RegistryCredentials(
                user: plain(parts.first), password: plain(parts.count > 1 ? parts[1] : nil))
            rest = rest[rest.index(after: at)...]
        }
        guard let place = RegistryURL(.http, authority: String(rest)) else { throw refuse("is no address") }
        return Proxy(url: place, credentials: credentials)
    }

    private func isException(_ url: RegistryURL) -> Bool {
        exceptions.split(separator: ",").contains { Self.fits(url, String($0.filter { $0 != " " }).lowercased()) }
    }

    /// Whether one word of `NO_PROXY` means a host: `*`, an address, a block of addresses, a name with all below it, or
    /// with a dot before it only what is below it; each with a port or without.
    private static func fits(_ url: RegistryURL, _ word: String) -> Bool {
        if word == "*" { return true }
        let host = url.host.lowercased()
        if word.contains("/") { return AddressBlock(word)?.contains(host) == true }
        var name = word
        if let colon = word.lastIndex(of: ":"), word.filter({ $0 == ":" }).count == 1 || word.hasPrefix("[") {
            if let port = UInt16(word[word.index(after: colon)...]) {
                if port != url.port { return false }
                name = String(word[..<colon])
            }
        }
        name = name.filter { $0 != "[" && $0 != "]" }
        if name.hasPrefix("*.") { name.removeFirst() }
        guard !name.isEmpty else { return false }
        if name.hasPrefix(".") { return host.hasSuffix(name) }
        return host == name || host.hasSuffix("." + name)
    }
}

/// A block of addresses as in `10.0.0.0/8`.
private struct AddressBlock {
    private let bytes: [UInt8]
    private let length: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let bytes = Self.bytes(parts[0]), let length = Int(parts[1]),
            (0...bytes.count * 8).contains(length)
        else { return nil }
        (self.bytes, self.length) = (bytes, length)
    }

    /// The bytes of an address (`inet_pton(3)`); `nil` for a name.
    private static func bytes(_ text: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, text, &bytes) == 1 { return bytes }
        }
        return nil
    }

    func contains(_ host: String) -> Bool {
        guard let other = Self.bytes(host), other.count == bytes.count else { return false }
        return (0..<length).allSatisfy { bit in
            let mask = UInt8(0x80) >> UInt8(bit % 8)
            return bytes[bit / 8] & mask == other[bit / 8] & mask
        }
    }
}
