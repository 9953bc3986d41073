import OrderedJSON
import Posix

/// A container's `/etc/resolv.conf` (`resolv.conf(5)`): the machine's, without name servers that only the machine
/// itself can reach, and with what `--dns` and its relatives say instead.
struct ResolverFile {
    let text: String

    /// Where systemd-resolved writes the servers that it asks itself (`systemd-resolved.service(8)`).
    static let behindStub = "/run/systemd/resolve/resolv.conf"

    /// - Parameters:
    ///   - path: The machine's file.
    ///   - behindStub: The file that counts instead when that one names systemd-resolved alone, as on Docker: its
    ///     address, 127.0.0.53, is the machine's own.
    ///   - host: The container's `HostConfig`.
    ///   - isEmbedded: Whether the engine's own name server answers, at 127.0.0.11.
    init(machine path: String, behindStub: String = Self.behindStub, host: JSONObject, isEmbedded: Bool) throws {
        var machine = try Settings(reading: path)
        if machine.servers == ["127.0.0.53"], Files.exists(behindStub) { machine = try Settings(reading: behindStub) }
        var servers = machine.servers.filter { !$0.hasPrefix("127.") && $0 != "::1" }
        var search = machine.search
        var options = machine.options
        let given = (host.strings("Dns"), host.strings("DnsSearch"), host.strings("DnsOptions"))
        if !given.0.isEmpty { servers = given.0 }
        if !given.1.isEmpty { search = given.1 == ["."] ? [] : given.1 }
        if !given.2.isEmpty { options = given.2 }
        if isEmbedded {
            servers = ["127.0.0.11"]
            if !options.contains(where: { $0.hasPrefix("ndots:") }) { options.append("ndots:0") }
        }
        var lines: [String] = []
        if !search.isEmpty { lines.append("search " + search.joined(separator: " ")) }
        lines += servers.map { "nameserver \($0)" }
        if !options.isEmpty { lines.append("options " + options.joined(separator: " ")) }
        text = lines.map { $0 + "\n" }.joined()
    }

    /// What such a file says.
    struct Settings {
        /// Addresses, in order.
        private(set) var servers: [String] = []
        private(set) var search: [String] = []
        private(set) var options: [String] = []

        /// Reads a file; one that is not there says nothing.
        init(reading path: String) throws {
            guard Files.exists(path) else { return }
            for line in try Files.text(path).split(separator: "\n") {
                let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
                switch words.first {
                case "nameserver": servers += words.dropFirst().prefix(1)
                case "search", "domain": search = Array(words.dropFirst())
                case "options": options += words.dropFirst()
                default: continue
                }
            }
        }
    }
}
