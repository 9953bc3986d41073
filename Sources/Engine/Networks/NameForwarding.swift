import CLinux
import Glibc
import Kernel
import Posix

/// The name servers that know the names outside the lab, and how they are reached.
struct NameForwarder: Sendable {
    /// A name server.
    struct Server: Sendable, Equatable {
        var address: IPAddress
        /// Whether only the machine itself can reach it: it listens on the machine's loopback interface.
        var isMachines: Bool
    }

    /// In the order in which they are asked.
    let servers: [Server]
    /// Opens a socket that is connected, or connecting, to a server.
    let connect: @Sendable (PortBinding.Transport, Server) throws -> Descriptor
}

/// One question on its way to the name servers outside: they are asked one after the other, until one answers.
final class ForwardedQuestion: SocketHandler, @unchecked Sendable {
    // Only the loop's thread touches it.
    private let message: [UInt8]
    private let transport: PortBinding.Transport
    private let forwarder: NameForwarder
    private let owner: String
    private let reply: ([UInt8]?) -> Void
    private var next = 0
    private var socket: Descriptor?
    private var token: UInt64?
    private var stream = NameStream()
    private var unsent: ArraySlice<UInt8> = []
    private var deadline = 0
    private var isDone = false
    /// How long each server has, seconds.
    private static let patience = 3

    /// - Parameter reply: Gets the answer, or `nil` when no server gave any.
    init(
        _ message: [UInt8], by transport: PortBinding.Transport, to forwarder: NameForwarder, owner: String,
        reply: @escaping ([UInt8]?) -> Void
    ) {
        self.message = message
        self.transport = transport
        self.forwarder = forwarder
        self.owner = owner
        self.reply = reply
    }

    /// Asks the first server, or the next.
    func begin(in loop: SocketLoop) {
        leave(loop)
        while next < forwarder.servers.count {
            let server = forwarder.servers[next]
            next += 1
            // A server that can't be reached is no failure as long as there is another.
            guard let made = try? forwarder.connect(transport, server) else { continue }
            stream = NameStream()
            unsent = transport == .tcp ? NameStream.framed(message)[...] : message[...]
            deadline = DatagramRelay.now + Self.patience
            let events = EPOLLIN.rawValue | (transport == .tcp ? EPOLLOUT.rawValue : 0)
            guard let watched = try? loop.add(made, for: events, handler: self, owner: owner) else { continue }
            (socket, token) = (made, watched)
            if transport == .tcp || sendRest() { return }
            leave(loop)
        }
        finish(nil, loop)
    }

    func ready(_ events: UInt32, side: Int, in loop: SocketLoop) {
        guard !isDone, let socket, let token else { return }
        if !unsent.isEmpty {
            guard sendRest() else { return begin(in: loop) }
            if unsent.isEmpty { loop.watch(token, for: EPOLLIN.rawValue, on: socket) }
        }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(socket.number, &buffer, buffer.count, 0)
        if count < 0 {
            if errno != EAGAIN && errno != EINTR { begin(in: loop) }
            return
        }
        let received = Array(buffer.prefix(count))
        let answer: [UInt8]?
        if transport == .tcp {
            if count == 0 { return begin(in: loop) }
            stream.append(received)
            answer = stream.next()
        } else {
            answer = received
        }
        // What answers no question of ours (another identity, no response) is not for us.
        guard let answer, answer.count >= 12, answer.prefix(2) == message.prefix(2), answer[2] & 0x80 != 0 else {
            return
        }
        // A server that failed or refuses (2, 5) leaves the question to the next one, as Docker does.
        if [2, 5].contains(answer[3] & 0x0F), next < forwarder.servers.count { return begin(in: loop) }
        finish(answer, loop)
    }

    func tick(in loop: SocketLoop) { if !isDone, DatagramRelay.now > deadline { begin(in: loop) } }

    private func sendRest() -> Bool {
        guard let socket else { return false }
        let count = unsent.withUnsafeBytes { send(socket.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        unsent = unsent.dropFirst(count)
        return true
    }

    private func leave(_ loop: SocketLoop) {
        if let token { loop.forget(token) }
        (socket, token) = (nil, nil)
    }

    private func finish(_ answer: [UInt8]?, _ loop: SocketLoop) {
        leave(loop)
        isDone = true
        reply(answer)
    }
}

/// Messages in a stream of bytes, each with two bytes of length before it (RFC 1035, section 4.2.2).
struct NameStream {
    private var bytes: [UInt8] = []

    mutating func append(_ more: [UInt8]) { bytes += more }

    /// The next message, if it is there as a whole.
    mutating func next() -> [UInt8]? {
        guard bytes.count >= 2 else { return nil }
        let length = Int(bytes[0]) << 8 | Int(bytes[1])
        guard bytes.count >= 2 + length else { return nil }
        let message = Array(bytes[2..<2 + length])
        bytes.removeFirst(2 + length)
        return message
    }

    /// A message with its length before it; one that is longer than two bytes can say is cut.
    static func framed(_ message: [UInt8]) -> [UInt8] {
        let message = message.prefix(65535)
        return [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
    }
}
