/// A tunnel that carries Ethernet frames in UDP packets from one host to another (VXLAN, RFC 7348).
public struct Tunnel: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// The network's number (VNI), 24 bits: hosts tell the frames of one network from those of another by it.
    public var identifier: UInt32
    /// The host's own address, from which the packets are sent.
    public var local: IPAddress
    /// The UDP port on every host; the standard one is 4789.
    public var port: UInt16
    /// The largest packet in bytes; `nil` leaves the kernel's choice.
    public var mtu: UInt32?
    /// A tunnel.
    public init(name: String, identifier: UInt32, local: IPAddress, port: UInt16 = 4789, mtu: UInt32?) {
        self.name = name
        self.identifier = identifier
        self.local = local
        self.port = port
        self.mtu = mtu
    }
}

/// A link that shares another link's cable.
public struct UpperLink: Sendable, Equatable {
    /// How it shares it.
    public enum Kind: Sendable, Equatable {
        /// With a hardware address of its own (`macvlan`, `ip-link(8)`).
        case macvlan(MacvlanMode)
        /// With the lower link's hardware address and an address of its own (`ipvlan`, kernel `ipvlan.rst`).
        case ipvlan(IpvlanMode)
        /// As the frames of one VLAN (IEEE 802.1Q), numbered 1 to 4094.
        case vlan(UInt16)

        /// The name by which the kernel knows the kind.
        public var name: String {
            switch self {
            case .macvlan: "macvlan"
            case .ipvlan: "ipvlan"
            case .vlan: "vlan"
            }
        }
    }

    /// Its name.
    public var name: String
    /// How it shares the cable.
    public var kind: Kind
    /// The link below.
    public var lower: String
    /// Its hardware address; `nil` lets the kernel choose.
    public var mac: MACAddress?
    /// Its largest packet in bytes; `nil` is the lower link's.
    public var mtu: UInt32?
    /// A link on top of another.
    public init(name: String, kind: Kind, lower: String, mac: MACAddress?, mtu: UInt32?) {
        self.name = name
        self.kind = kind
        self.lower = lower
        self.mac = mac
        self.mtu = mtu
    }
}

/// Who may talk to whom among the macvlan links of one lower link (`enum macvlan_mode`, `linux/if_link.h`).
public enum MacvlanMode: UInt32, Sendable, CaseIterable {
    /// Nobody to anybody.
    case `private` = 1
    /// To each other over a switch outside that sends frames back.
    case vepa = 2
    /// To each other, as on a switch.
    case bridge = 4
    /// A single one, which takes the lower link over.
    case passthrough = 8

    /// As `ip link` and Docker name it.
    public var name: String {
        switch self {
        case .private: "private"
        case .vepa: "vepa"
        case .bridge: "bridge"
        case .passthrough: "passthru"
        }
    }
}

/// How ipvlan links forward (`enum ipvlan_mode`, `linux/if_link.h`).
public enum IpvlanMode: UInt16, Sendable, CaseIterable {
    /// As a switch.
    case l2 = 0
    /// As a router.
    case l3 = 1
    /// As a router, with the host's filters.
    case l3s = 2

    /// As `ip link` and Docker name it.
    public var name: String { "\(self)" }
}

/// What is done to the packets that leave a link (`tc(8)`).
public struct LinkQueue: Sendable, Equatable {
    /// How many bytes leave a second at most; `nil` for as many as come.
    public var rate: UInt64?
    /// How long each packet is held back, nanoseconds; 0 for not at all.
    public var delay: UInt64
    /// A queue.
    public init(rate: UInt64?, delay: UInt64 = 0) {
        self.rate = rate
        self.delay = delay
    }
}
