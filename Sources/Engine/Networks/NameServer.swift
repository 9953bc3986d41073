import CLinux
import EngineAPI
import Glibc
import Kernel
import Posix
import Steps

/// Answers one container's questions for names: of the other containers of its networks by itself, of the rest by
/// asking the name servers outside, where there are such.
///
/// The sockets are inside the container's network namespace; they listen at ports of their own, because port 53 may be
/// wanted by the container, and the namespace redirects to them what is sent to 127.0.0.11:53.
final class NameServer: Sendable {
    /// What is known of a name; `nil` where there is none, so that others have to be asked.
    typealias Lookup = @Sendable (NameQuestion) -> [[UInt8]]?

    private let lookup: Lookup
    private let forwarder: @Sendable () -> NameForwarder?
    private let owner: String

    init(owner: String, lookup: @escaping Lookup, forwarder: @escaping @Sendable () -> NameForwarder?) {
        self.owner = owner
        self.lookup = lookup
        self.forwarder = forwarder
    }

    /// Answers a message, now or later; what is no question is not answered at all.
    func handle(
        _ message: [UInt8], by transport: PortBinding.Transport, in loop: SocketLoop,
        reply: @escaping ([UInt8]) -> Void
    ) {
        guard let question = NameQuestion(message) else { return }
        if let records = lookup(question) { return reply(question.answer(records)) }
        guard let forwarder = forwarder(), !forwarder.servers.isEmpty else { return reply(question.answer(nil)) }
        ForwardedQuestion(message, by: transport, to: forwarder, owner: owner) {
            reply($0 ?? question.failure)
        }.begin(in: loop)
    }
}

/// The questions that come as datagrams.
final class NameDatagrams: SocketHandler {
    private let socket: Descriptor
    private let server: NameServer

    init(socket: Descriptor, server: NameServer) {
        self.socket = socket
        self.server = server
    }

    func ready(_ events: UInt32, side: Int, in loop: SocketLoop) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        for _ in 0..<64 {
            guard let (count, client) = DatagramRelay.receive(socket, &buffer) else { return }
            server.handle(Array(buffer.prefix(count)), by: .udp, in: loop) { [socket] message in
                client.withUnsafeBytes { raw in
                    _ = sendto(
                        socket.number, message, message.count, Int32(MSG_NOSIGNAL),
                        raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
                }
            }
        }
    }
}

/// One client's connection: questions come in, answers go out in the order in which they are found. What does not fit
/// into a datagram is asked for again like this.
final class NameConnection: SocketHandler, @unchecked Sendable {
    // After `begin`, only the loop's thread touches it.
    private let socket: Descriptor
    private let server: NameServer
    private var token: UInt64?
    private var questions = NameStream()
    private var answers: [UInt8] = []
    private var lastUse = DatagramRelay.now
    /// How long a silent client is kept, seconds.
    private static let patience = 30

    /// Serves each client that comes to a socket.
    static func listener(_ socket: Descriptor, server: NameServer, owner: String) -> ConnectionListener {
        ConnectionListener(socket: socket) { client, loop in
            NameConnection(socket: client, server: server).begin(in: loop, owner: owner)
        }
    }

    init(socket: Descriptor, server: NameServer) {
        self.socket = socket
        self.server = server
    }

    func begin(in loop: SocketLoop, owner: String) {
        // Without a watch the client's connection ends with this object: all that there is to say.
        token = try? loop.add(socket, for: EPOLLIN.rawValue, handler: self, owner: owner)
    }

    func ready(_ events: UInt32, side: Int, in loop: SocketLoop) {
        lastUse = DatagramRelay.now
        if events & EPOLLIN.rawValue != 0 {
            var buffer = [UInt8](repeating: 0, count: 65536)
            let count = recv(socket.number, &buffer, buffer.count, 0)
            if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { return close(loop) }
            questions.append(Array(buffer.prefix(max(0, count))))
            while let message = questions.next() {
                server.handle(message, by: .tcp, in: loop) { [weak self] answer in
                    self?.answers += NameStream.framed(answer)
                    self?.write(in: loop)
                }
            }
        } else if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 {
            return close(loop)
        }
        write(in: loop)
    }

    func tick(in loop: SocketLoop) { if DatagramRelay.now - lastUse > Self.patience { close(loop) } }

    private func write(in loop: SocketLoop) {
        guard let token else { return }
        let count = answers.withUnsafeBytes { send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count > 0 { answers.removeFirst(count) }
        if count < 0 && errno != EAGAIN && errno != EINTR { return close(loop) }
        loop.watch(token, for: EPOLLIN.rawValue | (answers.isEmpty ? 0 : EPOLLOUT.rawValue), on: socket)
    }

    private func close(_ loop: SocketLoop) {
        if let token { loop.forget(token) }
        token = nil
    }
}

extension Node {
    /// The networks of a container in which names resolve.
    ///
    /// A program may ask before its start has been noted: then those count that it was started for.
    private func namedNetworks(of container: Container) -> [Network] {
        let life = container.life.current
        let found =
            life.running.map { $0.endpoints.compactMap { networks[$0.networkID] } }
            ?? (life.definition.endpoints.object?.names ?? []).compactMap { networks.named($0) }
        return found.filter(\.definition.isUserDefined)
    }

    /// What a container is told about a name: addresses, or the name of an address. `nil` where there is none.
    func records(for question: NameQuestion, of container: Container) -> [[UInt8]]? {
        let own = container.life.current.running?.endpoints ?? []
        for network in namedNetworks(of: container) {
            var asked = question.name
            // What `--link` calls another container, only this one knows.
            if let linked = own.first(where: { $0.networkID == network.id })?.links[asked] { asked = linked }
            let members = reachableEndpoints(in: network)
            if let address = question.reversedAddress {
                guard let found = members.first(where: { $0.endpoint.has(address) }) else { continue }
                return [NameQuestion.encode("\(found.container.name).\(network.name)")]
            }
            let found = members.filter { container, endpoint in
                let names = ([container.name] + endpoint.aliases).map { $0.lowercased() }
                return names.contains(asked)
                    || names.contains { "\($0).\(network.name.lowercased())" == asked }
            }
            guard !found.isEmpty else { continue }
            switch question.kind {
            // Several have the name: each client is to begin with another one.
            case .address: return found.map(\.endpoint.address.address.bytes).shuffled()
            case .address6: return found.compactMap(\.endpoint.address6?.address.bytes).shuffled()
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
                return StepOutcome(evidence: [Evidence(Finding(.simulated), Finding(.noSocket))])
            }
            guard let address = IPAddress("127.0.0.11") else { throw EngineFailure.system("127.0.0.11 is no address") }
            let inside = try process.value().networkNamespace()
            // The loopback addresses can be bound only once the interface is up.
            try inside.setLink("lo", up: true)
            let datagrams = try inside.inside { try InternetSocket.receiving(.udp, at: address, port: 0) }
            let listener = try inside.inside { try InternetSocket.receiving(.tcp, at: address, port: 0) }
            guard let name = try InternetSocket.name(of: datagrams),
                let streams = try InternetSocket.name(of: listener)
            else { throw EngineFailure.system("the name server's sockets have no addresses") }
            let server = NameServer(owner: container.id) { [weak self] question in
                self?.records(for: question, of: container)
            } forwarder: { [weak self] in
                self?.forwarder(for: container, inside: inside)
            }
            let loop = try ports.running(in: namespace)
            _ = try loop.add(
                datagrams, for: SocketLoop.reading, handler: NameDatagrams(socket: datagrams, server: server),
                owner: container.id)
            _ = try loop.add(
                listener, for: SocketLoop.reading,
                handler: NameConnection.listener(listener, server: server, owner: container.id), owner: container.id)
            let rules = """
                add table ip drydock_names
                add chain ip drydock_names output { type nat hook output priority -100; policy accept; }
                add rule ip drydock_names output ip daddr 127.0.0.11 udp dport 53 dnat to 127.0.0.11:\(name.port)
                add rule ip drydock_names output ip daddr 127.0.0.11 tcp dport 53 dnat to 127.0.0.11:\(streams.port)

                """
            _ = try inside.applyRules(rules)
            let listing = try inside.applyRules("list chain ip drydock_names output\n")
            let rule = listing.split(separator: "\n").first { $0.contains("dnat") } ?? ""
            return StepOutcome(
                evidence: [
                    Evidence(
                        Finding(.socketInContainer), text: InternetSocket.text(name.address, name.port)),
                    Evidence(
                        source: "nft list chain ip drydock_names output",
                        text: rule.split(whereSeparator: \.isWhitespace).joined(separator: " ")),
                ], command: "bind(127.0.0.11:\(name.port)); nft add rule … dnat to 127.0.0.11:\(name.port)")
        }
    }
}
