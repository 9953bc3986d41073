import CLinux
import Glibc
import Packets
import Posix

/// `drydock capture`: shows what passes an interface of a node or of the cable, header by header, one packet inside
/// another.
struct CaptureFace {
    let home: DrydockHome
    /// A node, or `cable`.
    var node: String
    var interface: String
    /// How many packets to show; `nil` shows them until it is interrupted.
    var count: Int?
    /// Which packets to show.
    var filter: Filter

    /// What is shown of what passes.
    enum Filter: String, CaseIterable {
        case all, vxlan, arp, icmp, tcp, udp

        func accepts(_ packet: Packet) -> Bool {
            let names = packet.layers.map(\.name)
            switch self {
            case .all: return true
            case .vxlan: return packet.networkIdentifier != nil
            case .arp: return names.contains("ARP")
            case .icmp: return names.contains("ICMP")
            case .tcp: return names.contains("TCP")
            case .udp: return names.last == "UDP"
            }
        }
    }

    /// Captures in this process, which is in the node's network from here on.
    func run() throws {
        try NodeFace(home: home).enter(node)
        let number = linux_capture(interface)
        guard number >= 0 else {
            if errno == ENODEV {
                throw UsageProblem(
                    "\(node) has no interface \(interface): `drydock node exec \(node) -- ip -br link` lists them")
            }
            throw SystemError.last("listening on \(interface) of \(node)")
        }
        let socket = Descriptor(owning: number)
        StandardError.write("listening on \(interface) of \(node); Ctrl-C ends it\n")
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var shown = 0
        var begin: Double?
        while count.map({ shown < $0 }) ?? true {
            let length = recv(socket.number, &buffer, buffer.count, 0)
            if length < 0 && errno == EINTR { continue }
            guard length >= 0 else {
                if errno == ENETDOWN { continue }
                throw SystemError.last("reading from \(interface) of \(node)")
            }
            let packet = Packet(frame: buffer.prefix(length))
            guard filter.accepts(packet) else { continue }
            shown += 1
            let now = Self.now
            begin = begin ?? now
            Self.write(Self.text(packet, number: shown, after: now - (begin ?? now), bytes: length))
        }
    }

    /// Seconds of the monotonic clock.
    private static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// A packet: a line for itself, and one for each header; what is inside another packet is set in.
    static func text(_ packet: Packet, number: Int, after seconds: Double, bytes: Int) -> String {
        let milliseconds = Int(seconds * 1000)
        let fraction = String(milliseconds % 1000 + 1000).dropFirst()
        var lines = ["\(number)  \(milliseconds / 1000).\(fraction) s  \(bytes) bytes  \(packet.summary)"]
        lines += packet.layers.map { layer in
            let name = layer.name + String(repeating: " ", count: max(0, 9 - layer.name.count))
            return "   " + String(repeating: "|  ", count: layer.depth) + "\(name) \(layer.text)"
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Whoever reads it sees each packet at once.
    private static func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(1, $0.baseAddress, $0.count) }
            if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { exit(0) }
        }
    }
}
