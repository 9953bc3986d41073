import Posix

/// A network namespace (`network_namespaces(7)`): the links, addresses, routes and filters that processes in it see.
///
/// It is kept alive by this object. Nothing of the engine stays inside longer than a call takes, because one open
/// socket inside pins the namespace.
public protocol NetworkNamespace: AnyObject, Sendable {
    /// The inode number that `/proc/PID/ns/net` shows: `net:[4026532281]`.
    var inode: UInt64 { get }
    /// A descriptor of the namespace for `setns(2)`; `nil` in the simulated kernel.
    var descriptor: Descriptor? { get }

    /// Makes a bridge (a switch made of software) and brings it up.
    /// - Parameter mac: Its own address; `nil` lets the kernel choose, and change it with the first port.
    func makeBridge(_ name: String, mac: MACAddress?, mtu: UInt32?) throws(SystemError)

    /// Makes a pair of virtual cables' ends (`veth(4)`): `name` here, up and attached to `bridge`; `peer` in another
    /// namespace, **down**, to be brought up there once this end has been read back (then no first packet is lost).
    func makeVeth(_ name: String, bridge: String?, peer: VethPeer) throws(SystemError)

    /// Makes a tunnel that is up and a port of a bridge. It sends frames only where forwarding entries say, and answers
    /// questions for addresses from its neighbour entries.
    func makeTunnel(_ tunnel: Tunnel, bridge: String) throws(SystemError)

    /// Makes a link on top of one of this namespace (macvlan, ipvlan, VLAN), down, in `target` or, without one, here.
    /// - Throws: EOPNOTSUPP where the kernel lacks the kind.
    func makeUpperLink(_ upper: UpperLink, in target: (any NetworkNamespace)?) throws(SystemError)

    /// Puts a permanent neighbour, or a tunnel's forwarding entry, on a link, in the place of one for the same address.
    func setNeighbour(_ neighbour: Neighbour, on link: String, isForwardingEntry: Bool) throws(SystemError)

    /// Removes a neighbour or a forwarding entry; one that is not there is no error.
    func removeNeighbour(_ neighbour: Neighbour, on link: String, isForwardingEntry: Bool) throws(SystemError)

    /// Gives a link a queue of its own (`tc(8)`); `nil` gives it the usual one back.
    /// - Throws: ENOENT where the kernel lacks the kind of queue.
    func setQueue(_ queue: LinkQueue?, on link: String) throws(SystemError)

    /// The queue that a link was given; `nil` when it has the usual one.
    func queue(of link: String) throws(SystemError) -> LinkQueue?

    /// Removes a link; its peer goes with it. Blocks for tens of milliseconds: teardown lets namespaces die instead.
    func deleteLink(_ name: String) throws(SystemError)

    /// Brings a link up or down.
    func setLink(_ name: String, up: Bool) throws(SystemError)

    /// Gives a link an address.
    func addAddress(_ address: InterfaceAddress, to link: String) throws(SystemError)

    /// Adds a route.
    func addRoute(_ route: Route) throws(SystemError)

    /// All links, as the kernel has them now (RTM_GETLINK, `rtnetlink(7)`).
    func links() throws(SystemError) -> [Link]

    /// One link as the kernel has it now; `nil` when there is none of that name.
    func link(_ name: String) throws(SystemError) -> Link?

    /// All addresses now (RTM_GETADDR).
    func addresses() throws(SystemError) -> [AssignedAddress]

    /// All routes of the main table now (RTM_GETROUTE).
    func routes() throws(SystemError) -> [Route]

    /// Neighbour and forwarding entries now (RTM_GETNEIGH).
    func neighbours() throws(SystemError) -> [Neighbour]

    /// Writes a file below `/proc/sys/net` as seen in this namespace: `ipv4/ip_forward`.
    func setParameter(_ name: String, _ value: String) throws(SystemError)

    /// Reads a file below `/proc/sys/net` as seen in this namespace.
    func parameter(_ name: String) throws(SystemError) -> String

    /// Runs nftables commands in this namespace (`libnftables(3)`), all or nothing.
    /// - Returns: What the commands print (for `list`).
    func applyRules(_ commands: String) throws(SystemError) -> String

    /// Runs a body on a thread that is inside this namespace, to open sockets there.
    func inside<Result: Sendable>(_ body: @Sendable () throws -> Result) throws -> Result
}

/// The far end of a veth pair.
public struct VethPeer: Sendable {
    /// Its name in its namespace, such as `eth0`.
    public var name: String
    /// The namespace it is made in.
    public var namespace: any NetworkNamespace
    /// Its hardware address; `nil` lets the kernel choose.
    public var mac: MACAddress?
    /// Its largest packet in bytes; `nil` is the kernel's 1500.
    public var mtu: UInt32?
    /// The far end.
    public init(name: String, namespace: any NetworkNamespace, mac: MACAddress?, mtu: UInt32?) {
        self.name = name
        self.namespace = namespace
        self.mac = mac
        self.mtu = mtu
    }
}

/// A link as the kernel describes it.
public struct Link: Sendable, Equatable {
    /// Its number in its namespace.
    public var index: Int32
    /// Its name, such as `eth0`.
    public var name: String
    /// The kind of virtual link: `bridge`, `veth`, `vxlan`; `nil` for hardware and loopback.
    public var kind: String?
    /// Its hardware address.
    public var mac: MACAddress?
    /// Its largest packet in bytes.
    public var mtu: UInt32
    /// Whether it was brought up (IFF_UP).
    public var isUp: Bool
    /// `up`, `down`, `lowerlayerdown`, `unknown` (RFC 2863)
    public var operationalState: String
    /// The index of the bridge it is a port of.
    public var master: Int32?
    /// The index of its peer, in the peer's namespace.
    public var peerIndex: Int32?
    /// What its kind has to say of it, as `ip -details link` does: `vxlan id 4097 local 203.0.113.1 dstport 4789`.
    public var detail: String?
    /// Counters so far: bytes and packets received and sent, errors and drops.
    public var counters: LinkCounters

    /// A link.
    public init(
        index: Int32, name: String, kind: String?, mac: MACAddress?, mtu: UInt32, isUp: Bool, operationalState: String,
        master: Int32?, peerIndex: Int32?, detail: String? = nil, counters: LinkCounters = LinkCounters()
    ) {
        self.index = index
        self.name = name
        self.kind = kind
        self.mac = mac
        self.mtu = mtu
        self.isUp = isUp
        self.operationalState = operationalState
        self.master = master
        self.peerIndex = peerIndex
        self.detail = detail
        self.counters = counters
    }
}

/// What a link has carried (IFLA_STATS64).
public struct LinkCounters: Sendable, Equatable {
    /// Bytes, packets, errors and drops, received and sent.
    public var receivedBytes: UInt64 = 0, receivedPackets: UInt64 = 0, receiveErrors: UInt64 = 0
    /// Drops on the way in, then what was sent.
    public var receiveDrops: UInt64 = 0, sentBytes: UInt64 = 0, sentPackets: UInt64 = 0
    /// Failures on the way out.
    public var sendErrors: UInt64 = 0, sendDrops: UInt64 = 0
    /// Nothing carried.
    public init() {}
}

/// An address that a link has.
public struct AssignedAddress: Sendable, Equatable {
    /// The link's index.
    public var linkIndex: Int32
    /// The address with the length of its network's prefix.
    public var address: InterfaceAddress
    /// An assigned address.
    public init(linkIndex: Int32, address: InterfaceAddress) {
        self.linkIndex = linkIndex
        self.address = address
    }
}

/// A route of the main table.
public struct Route: Sendable, Equatable {
    /// Where it leads; `nil` is the default route of its family.
    public var destination: InterfaceAddress?
    /// The next hop; `nil` when the destination is on the link.
    public var gateway: IPAddress?
    /// The link's name.
    public var link: String
    /// A route.
    public init(destination: InterfaceAddress?, gateway: IPAddress?, link: String) {
        self.destination = destination
        self.gateway = gateway
        self.link = link
    }
}

/// An entry that maps an address to a hardware address (or, on a bridge or VXLAN, a hardware address to a port).
public struct Neighbour: Sendable, Equatable {
    /// The link's index.
    public var linkIndex: Int32
    /// The address; `nil` for a forwarding entry without one.
    public var address: IPAddress?
    /// The hardware address.
    public var mac: MACAddress?
    /// Whether it was put there and does not age.
    public var isPermanent: Bool
    /// An entry.
    public init(linkIndex: Int32, address: IPAddress?, mac: MACAddress?, isPermanent: Bool) {
        self.linkIndex = linkIndex
        self.address = address
        self.mac = mac
        self.isPermanent = isPermanent
    }
}
