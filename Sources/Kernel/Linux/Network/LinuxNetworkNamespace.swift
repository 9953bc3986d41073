import CLinux
import Glibc
import Posix

/// A network namespace of this machine's kernel (`network_namespaces(7)`).
///
/// It is kept alive by a descriptor. Each call visits it on a short-lived thread and leaves no socket behind.
public final class LinuxNetworkNamespace: NetworkNamespace {
    /// The descriptor that keeps it alive.
    let file: Descriptor
    /// The inode number that `/proc/PID/ns/net` shows.
    public let inode: UInt64
    /// Where nftables commands are run.
    private let rules: FilterRules

    /// The same descriptor, for `setns(2)`.
    public var descriptor: Descriptor? { file }

    /// The namespace that a descriptor of `/proc/PID/ns/net` stands for.
    ///
    /// - Parameters:
    ///   - descriptor: An open `/proc/PID/ns/net`.
    ///   - ownsRules: Whether tables with `flags owner` are to live as long as this object. That takes a socket that
    ///     stays inside, so it suits the machine's namespace, which outlives the engine anyway, and no other.
    /// - Throws: ``SystemError``
    public init(descriptor: Descriptor, ownsRules: Bool = false) throws(SystemError) {
        var status = stat()
        try check("looking at a network namespace") { fstat(descriptor.number, &status) }
        file = descriptor
        inode = UInt64(status.st_ino)
        rules = FilterRules(namespace: descriptor, staysOpen: ownsRules)
    }

    /// Makes a new, empty network namespace with its loopback interface up (`unshare(2)`, CLONE_NEWNET).
    ///
    /// - Throws: ``SystemError``; EPERM without CAP_SYS_ADMIN.
    public static func make() throws(SystemError) -> LinuxNetworkNamespace {
        let descriptor = try NamespaceVisit.onThread { () throws(SystemError) in
            try check("making a network namespace") { linux_unshare(NamespaceVisit.newNetwork) }
            let descriptor = try Descriptor.open("/proc/thread-self/ns/net", O_RDONLY)
            try NetlinkSocket().setLink("lo", up: true)
            return descriptor
        }
        return try LinuxNetworkNamespace(descriptor: descriptor)
    }

    /// A socket inside, to be let go of before the call returns.
    func open() throws(SystemError) -> NetlinkSocket { try NetlinkSocket.inside(file) }

    /// Makes a bridge and brings it up.
    public func makeBridge(_ name: String, mac: MACAddress?, mtu: UInt32?) throws(SystemError) {
        try makeLink(NewLink(name: name, kind: .bridge(), mac: mac, mtu: mtu, isUp: true))
    }

    /// Makes a link of any kind, as one request.
    func makeLink(_ link: NewLink) throws(SystemError) {
        try open().change("making \(link.kind?.name ?? "link") \(link.name)", link.message)
    }

    /// Makes a pair of virtual cables' ends, as one request: this end up and attached, the other down and in place.
    public func makeVeth(_ name: String, bridge: String?, peer: VethPeer) throws(SystemError) {
        let operation = "making veth \(name) with peer \(peer.name)"
        guard let target = peer.namespace.descriptor else { throw SystemError(operation, code: EBADF) }
        let socket = try open()
        var end = NewLink(name: name, isUp: true)
        if let bridge { end.master = try socket.index(of: bridge, for: operation) }
        end.kind = .veth(peer: NewLink(name: peer.name, mac: peer.mac, mtu: peer.mtu, namespace: target.number))
        end.mtu = peer.mtu
        try withExtendedLifetime(target) { () throws(SystemError) in try socket.change(operation, end.message) }
    }

    /// Removes a link; its peer goes with it.
    public func deleteLink(_ name: String) throws(SystemError) {
        try open().change(
            "deleting link \(name)",
            NetlinkMessage(
                RouteMessage.deleteLink, header: LinkHeader(),
                attributes: [NetlinkAttribute(LinkAttribute.name, .string(name))]))
    }

    /// Brings a link up or down.
    public func setLink(_ name: String, up: Bool) throws(SystemError) { try open().setLink(name, up: up) }

    /// Gives a link an address. An IPv6 address is usable at once: no other host is asked whether it has it.
    public func addAddress(_ address: InterfaceAddress, to link: String) throws(SystemError) {
        let operation = "adding address \(address) to \(link)"
        let socket = try open()
        let index = try socket.index(of: link, for: operation)
        try socket.change(operation, AssignedAddress(linkIndex: index, address: address).message)
    }

    /// Adds a route.
    public func addRoute(_ route: Route) throws(SystemError) {
        let operation = "adding route \(route)"
        let socket = try open()
        try socket.change(operation, route.message(linkIndex: try socket.index(of: route.link, for: operation)))
    }

    /// All links, in the order of their indices.
    public func links() throws(SystemError) -> [Link] {
        try open().list(
            "listing links", NetlinkMessage(RouteMessage.getLink, header: LinkHeader()), as: LinkHeader.self
        ).map(Link.init)
    }

    /// One link; `nil` when there is none of that name.
    public func link(_ name: String) throws(SystemError) -> Link? { try open().link(name) }

    /// All addresses.
    public func addresses() throws(SystemError) -> [AssignedAddress] {
        try open().list(
            "listing addresses", NetlinkMessage(RouteMessage.getAddress, header: AddressHeader(family: 0)),
            as: AddressHeader.self
        ).compactMap(AssignedAddress.init)
    }

    /// All unicast routes of the main table.
    public func routes() throws(SystemError) -> [Route] {
        let socket = try open()
        let names = try socket.linkNames()
        return try socket.list(
            "listing routes", NetlinkMessage(RouteMessage.getRoute, header: RouteHeader(family: 0)),
            as: RouteHeader.self
        ).flatMap { Route.routes(header: $0.header, attributes: $0.attributes, linkNames: names) }
    }

    /// Resolved or permanent neighbours, and the forwarding entries of bridges and tunnels.
    public func neighbours() throws(SystemError) -> [Neighbour] {
        let socket = try open()
        var found: [Neighbour] = []
        for family in [UInt8(AF_UNSPEC), UInt8(AF_BRIDGE)] {
            // The size of a dump request for forwarding entries is checked: it carries no further attributes.
            found += try socket.list(
                "listing neighbours",
                NetlinkMessage(RouteMessage.getNeighbour, header: NeighbourHeader(family: family)),
                as: NeighbourHeader.self
            ).compactMap(Neighbour.init)
        }
        return found
    }

    /// Adds a permanent neighbour, or a permanent forwarding entry of a tunnel (`bridge fdb append`).
    func addNeighbour(_ neighbour: Neighbour, isForwardingEntry: Bool) throws(SystemError) {
        try open().change(
            "adding neighbour \(neighbour.mac?.description ?? "") at \(neighbour.address?.description ?? "")",
            neighbour.message(isForwardingEntry: isForwardingEntry))
    }

    /// Writes a file below `/proc/sys/net`: the kernel shows each thread its own namespace's.
    public func setParameter(_ name: String, _ value: String) throws(SystemError) {
        let path = try Self.parameterPath(name)
        try NamespaceVisit.run(in: file) { () throws(SystemError) in
            let file = try Descriptor.open(path, O_WRONLY)
            do throws(SystemError) { try file.write(value) } catch {
                throw SystemError("writing \"\(value)\" to \(path)", code: error.code)
            }
        }
    }

    /// Reads a file below `/proc/sys/net`, without the final newline.
    public func parameter(_ name: String) throws(SystemError) -> String {
        let path = try Self.parameterPath(name)
        var text = try NamespaceVisit.run(in: file) { () throws(SystemError) in try Files.text(path) }
        if text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    private static func parameterPath(_ name: String) throws(SystemError) -> String {
        let path = "/proc/sys/net/" + name
        guard !name.split(separator: "/").contains("..") else { throw SystemError("opening \(path)", code: EINVAL) }
        return path
    }

    /// Runs nftables commands, all or nothing. Errors carry nftables' own words.
    public func applyRules(_ commands: String) throws(SystemError) -> String { try rules.run(commands) }

    /// Runs a body on a thread of its own that is inside the namespace.
    public func inside<Result: Sendable>(_ body: @Sendable () throws -> Result) throws -> Result {
        try NamespaceVisit.run(in: file) { () throws(SystemError) in Swift.Result { try body() } }.get()
    }
}
