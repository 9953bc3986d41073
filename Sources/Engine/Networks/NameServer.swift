import EngineAPI
import Glibc
import Kernel
import Posix
import Steps

/// Answers one container's questions for names: the other containers of its networks, and nothing else.
///
/// The socket is inside the container's network namespace; it listens at a port of its own, because port 53 may be
/// wanted by the container, and the namespace redirects to it what is sent to 127.0.0.11:53.
final class NameServer: SocketHandler {
    private let socket: Descriptor
    private let answer: @Sendable (NameQuestion) -> [[UInt8]]?

    init(socket: Descriptor, answer: @escaping @Sendable (NameQuestion) -> [[UInt8]]?) {
        self.socket = socket
        self.answer = answer
    }

    func ready(_ events: UInt32, side: Int, in loop: SocketLoop) {
        var buffer = [UInt8](repeating: 0, count: 1500)
        for _ in 0..<64 {
            guard let (count, client) = DatagramRelay.receive(socket, &buffer) else { return }
            guard let question = NameQuestion(Array(buffer.prefix(count))) else { continue }
            let message = question.answer(answer(question))
            client.withUnsafeBytes { raw in
                _ = sendto(
                    socket.number, message, message.count, Int32(MSG_NOSIGNAL),
                    raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
            }
        }
    }
}

extension Node {
    /// The networks of a container in which names resolve.
    private func namedNetworks(of container: Container) -> [Network] {
        (container.life.current.running?.endpoints ?? []).compactMap { networks[$0.networkID] }.filter {
            $0.definition.isUserDefined
        }
    }

    /// What a container is told about a name: addresses, or the name of an address. `nil` where there is none.
    func records(for question: NameQuestion, of container: Container) -> [[UInt8]]? {
        for network in namedNetworks(of: container) {
            let members = endpoints(in: network)
            if let address = question.reversedAddress {
                guard let found = members.first(where: { $0.endpoint.has(address) }) else { continue }
                return [NameQuestion.encode("\(found.container.name).\(network.name)")]
            }
            let found = members.filter { container, endpoint in
                let names = ([container.name] + endpoint.aliases).map { $0.lowercased() }
                return names.contains(question.name)
                    || names.contains { "\($0).\(network.name.lowercased())" == question.name }
            }
            guard !found.isEmpty else { continue }
            switch question.kind {
            case .address: return found.map(\.endpoint.address.address.bytes)
            case .address6: return found.compactMap(\.endpoint.address6?.address.bytes)
            default: return []
            }
        }
        return nil
    }

    /// The step that gives a container its name server.
    func namesStep(for container: Container, process: Late<any SandboxProcess>, networks names: [String]) -> Step {
        Step(
            .namesServe, command: "bind(127.0.0.11:…); nft add rule … dnat to 127.0.0.11:…",
            facts: ["address": "127.0.0.11", "networks": .strings(names)],
            undo: [.closePorts(node: configuration.name, endpoint: container.id)]
        ) { [self] in
            if kernel.profile.kind == .simulated {
                return StepOutcome(evidence: [Evidence(source: "simulated", text: "no socket was opened")])
            }
            guard let address = IPAddress("127.0.0.11") else { throw EngineFailure.system("127.0.0.11 is no address") }
            let inside = try process.value().networkNamespace()
            // The loopback addresses can be bound only once the interface is up.
            try inside.setLink("lo", up: true)
            let socket = try inside.inside { try InternetSocket.receiving(.udp, at: address, port: 0) }
            guard let name = try InternetSocket.name(of: socket) else {
                throw EngineFailure.system("the name server's socket has no address")
            }
            let server = NameServer(socket: socket) { [weak self] question in
                self?.records(for: question, of: container)
            }
            _ = try ports.running(in: namespace).add(
                socket, for: SocketLoop.reading, handler: server, owner: container.id)
            let rules = """
                add table ip drydock_names
                add chain ip drydock_names output { type nat hook output priority -100; policy accept; }
                add rule ip drydock_names output ip daddr 127.0.0.11 udp dport 53 dnat to 127.0.0.11:\(name.port)

                """
            _ = try inside.applyRules(rules)
            let listing = try inside.applyRules("list chain ip drydock_names output\n")
            let rule = listing.split(separator: "\n").first { $0.contains("dnat") } ?? ""
            return StepOutcome(
                evidence: [
                    Evidence(
                        source: "getsockname in the container", text: InternetSocket.text(name.address, name.port)),
                    Evidence(
                        source: "nft list chain ip drydock_names output",
                        text: rule.split(whereSeparator: \.isWhitespace).joined(separator: " ")),
                ], command: "bind(127.0.0.11:\(name.port)); nft add rule … dnat to 127.0.0.11:\(name.port)")
        }
    }
}
