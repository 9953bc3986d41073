import Kernel
import OrderedJSON

/// A port of a container that is published: what its clients connect to, on the node and on the machine.
struct PortBinding: Sendable, Equatable {
    enum Transport: String, Sendable { case tcp, udp }

    /// The container's port.
    var port: UInt16
    var transport: Transport
    /// The addresses of the node that it is published at. Empty when the address is one of the machine's only.
    var nodeAddresses: [IPAddress]
    /// The addresses of the machine: for the first node 127.0.0.1 and ::1, for the second 127.0.0.2 and so on, unless the
    /// user named another; none for one that the node has.
    var machineAddresses: [IPAddress]
    /// The published port, the same everywhere.
    var hostPort: UInt16

    /// `80/tcp`
    var name: String { "\(port)/\(transport.rawValue)" }
    /// The addresses that Docker's commands show.
    var shownAddresses: [IPAddress] { nodeAddresses.isEmpty ? machineAddresses : nodeAddresses }
}

/// What a user asks for with `-p` (API: PortBinding), before a port is chosen.
struct PortRequest: Sendable, Equatable {
    var port: UInt16
    var transport: PortBinding.Transport
    /// As given; empty for all addresses.
    var address: String
    /// The ports that will do; `nil` leaves the choice to the engine.
    var hostPorts: ClosedRange<UInt16>?

    /// All that a container wants published.
    /// - Throws: ``EngineFailure`` 400 for what is no port or address, 501 for SCTP.
    static func all(config: JSONObject, host: JSONObject) throws -> [PortRequest] {
        var requests: [PortRequest] = []
        for (name, bindings) in host["PortBindings"]?.object ?? [:] {
            let (port, transport) = try parse(name)
            let given = bindings.array ?? []
            for binding in given.isEmpty ? [[:]] : given {
                let address = binding["HostIp"]?.string ?? ""
                guard address.isEmpty || IPAddress(address) != nil else {
                    throw EngineFailure.invalid("invalid IP address: \(address)")
                }
                requests.append(
                    PortRequest(
                        port: port, transport: transport, address: address,
                        hostPorts: try range(binding["HostPort"]?.string ?? "")))
            }
        }
        if host.flag("PublishAllPorts") {
            for name in config["ExposedPorts"]?.object?.names ?? [] {
                let (port, transport) = try parse(name)
                if requests.contains(where: { $0.port == port && $0.transport == transport }) { continue }
                requests.append(PortRequest(port: port, transport: transport, address: "", hostPorts: nil))
            }
        }
        return requests.sorted { ($0.port, $0.transport.rawValue) < ($1.port, $1.transport.rawValue) }
    }

    private static func parse(_ name: String) throws -> (UInt16, PortBinding.Transport) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let port = UInt16(parts[0]), port > 0 else {
            throw EngineFailure.invalid("invalid port specification: \"\(name)\"")
        }
        let transport = parts.count > 1 ? parts[1].lowercased() : "tcp"
        if transport == "sctp" { throw EngineFailure.notYet("publishing a port of SCTP") }
        guard let known = PortBinding.Transport(rawValue: transport) else {
            throw EngineFailure.invalid("invalid port specification: \"\(name)\"")
        }
        return (port, known)
    }

    private static func range(_ text: String) throws -> ClosedRange<UInt16>? {
        if text.isEmpty || text == "0" { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard let first = parts[0], let last = parts.count > 1 ? parts[1] : first, parts.count <= 2, first <= last,
            first > 0
        else { throw EngineFailure.invalid("invalid port specification: \"\(text)\"") }
        return first...last
    }
}

/// The published ports of a node, so that none is given twice.
struct PortTable: Sendable {
    private var taken: [(owner: String, binding: PortBinding)] = []
    /// Where the next search for a free port begins.
    private var next = PortTable.chosen.lowerBound

    /// The ports that the engine chooses from: the kernel's own range for outgoing connections
    /// (`ip_local_port_range`, `ip(7)`).
    static let chosen: ClosedRange<UInt16> = 32768...60999

    /// Takes a port for each request.
    ///
    /// - Parameters:
    ///   - owner: The endpoint.
    ///   - place: The addresses of the node and of the machine that an address in a request means.
    /// - Throws: ``EngineFailure`` with Docker's text for a port that is taken; nothing is kept then.
    mutating func take(
        _ requests: [PortRequest], for owner: String,
        place: (PortRequest) throws -> (node: [IPAddress], machine: [IPAddress])
    ) throws -> [PortBinding] {
        var bindings: [PortBinding] = []
        do {
            for request in requests {
                let (node, machine) = try place(request)
                var binding = PortBinding(
                    port: request.port, transport: request.transport, nodeAddresses: node, machineAddresses: machine,
                    hostPort: 0)
                binding.hostPort = try choose(request, for: binding)
                taken.append((owner, binding))
                bindings.append(binding)
            }
        } catch {
            release(owner)
            throw error
        }
        return bindings
    }

    private mutating func choose(_ request: PortRequest, for binding: PortBinding) throws -> UInt16 {
        if let wanted = request.hostPorts {
            if let free = wanted.first(where: { isFree($0, for: binding) }) { return free }
            let shown = binding.shownAddresses.first.map { "\($0)" } ?? "0.0.0.0"
            throw EngineFailure.system("Bind for \(shown):\(wanted.lowerBound) failed: port is already allocated")
        }
        for _ in Self.chosen {
            let candidate = next
            next = next == Self.chosen.upperBound ? Self.chosen.lowerBound : next + 1
            if isFree(candidate, for: binding) { return candidate }
        }
        throw EngineFailure.system("all ports are allocated")
    }

    private func isFree(_ port: UInt16, for wanted: PortBinding) -> Bool {
        !taken.contains { _, other in
            other.hostPort == port && other.transport == wanted.transport
                && (Self.collide(other.nodeAddresses, wanted.nodeAddresses)
                    || Self.collide(other.machineAddresses, wanted.machineAddresses))
        }
    }

    private static func collide(_ left: [IPAddress], _ right: [IPAddress]) -> Bool {
        left.contains { one in
            right.contains { other in
                one.isIPv6 == other.isIPv6 && (one == other || one.isWildcard || other.isWildcard)
            }
        }
    }

    /// Makes another the owner of all ports of an endpoint.
    mutating func transfer(from owner: String, to heir: String) {
        taken = taken.map { ($0.owner == owner ? heir : $0.owner, $0.binding) }
    }

    /// Gives all ports of an endpoint back.
    mutating func release(_ owner: String) { taken.removeAll { $0.owner == owner } }
}

extension IPAddress {
    /// Whether it means all addresses of its family: `0.0.0.0`, `::`.
    var isWildcard: Bool { bytes.allSatisfy { $0 == 0 } }
    /// Whether only the host itself has it: 127.0.0.0/8, `::1`.
    var isLoopback: Bool { isIPv6 ? bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1 : bytes[0] == 127 }
}
