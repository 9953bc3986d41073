import Kernel
import OrderedJSON

/// A container's `/etc/hosts` (`hosts(5)`): the loopback names, what `--add-host` says, and its own name at each of its
/// addresses.
struct HostsFile {
    let text: String

    /// - Parameters:
    ///   - gateway: What `host-gateway` stands for: the default bridge's own address.
    ///   - links: Lines for linked containers.
    init(definition: Container.Definition, endpoints: [Endpoint], gateway: IPAddress?, links: [String]) {
        let hostname = definition.configObject.text("Hostname")
        let domain = definition.configObject.text("Domainname")
        var hosts = """
            127.0.0.1\tlocalhost
            ::1\tlocalhost ip6-localhost ip6-loopback
            fe00::0\tip6-localnet
            ff00::0\tip6-mcastprefix
            ff02::1\tip6-allnodes
            ff02::2\tip6-allrouters

            """
        for extra in definition.hostObject.strings("ExtraHosts") {
            guard let colon = extra.firstIndex(of: ":") else { continue }
            let target = String(extra[extra.index(after: colon)...])
            let address = target == "host-gateway" ? gateway.map { "\($0)" } ?? target : target
            hosts += "\(address)\t\(extra[..<colon])\n"
        }
        hosts += links.map { $0 + "\n" }.joined()
        for endpoint in endpoints {
            let full = domain.isEmpty ? hostname : "\(hostname).\(domain)"
            let short = full.prefix { $0 != "." }
            let names = full == short ? full : "\(full) \(short)"
            hosts += "\(endpoint.address.address)\t\(names)\n"
            if let address = endpoint.address6 { hosts += "\(address.address)\t\(names)\n" }
        }
        text = hosts
    }
}
