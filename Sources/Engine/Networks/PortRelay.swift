import CLinux
import Glibc
import Kernel
import Posix

/// A connection through a published port: two sockets, and what was read from one and not yet written to the other.
///
/// A direction reads again only when all was written, so a slow reader slows the writer down; an end of input is handed
/// on by itself (half-close), and the other direction goes on.
final class PortConnection: SocketHandler, @unchecked Sendable {
    // After `begin`, only the loop's thread touches it.
    private let sockets: [Descriptor]
    private var tokens: [UInt64] = []
    private var waiting: [ArraySlice<UInt8>] = [[], []]
    private var hasEnded = [false, false]
    private var isShut = [false, false]
    private var isConnected = false
    private static let pieceSize = 65536

    /// Opens a connection to a container for each that comes to a published port.
    static func listener(
        _ socket: Descriptor, target: (address: IPAddress, port: UInt16), owner: String
    ) -> ConnectionListener {
        ConnectionListener(socket: socket) { client, loop in
            // A container that can't be reached is a connection that ends at once: all that TCP can say.
            guard let server = try? InternetSocket.connecting(.tcp, to: target.address, port: target.port) else {
                return
            }
            PortConnection(client: client, server: server).begin(in: loop, owner: owner)
        }
    }

    init(client: Descriptor, server: Descriptor) {
        sockets = [client, server]
        for socket in sockets {
            var on: Int32 = 1
            setsockopt(socket.number, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    func begin(in loop: SocketLoop, owner: String) {
        // Nothing is watched for at the client until the container has answered. Nothing else is known of it yet, so
        // that the loop can call only after both are there.
        guard let client = try? loop.add(sockets[0], for: 0, handler: self, side: 0, owner: owner) else { return }
        guard
            let server = try? loop.add(
                sockets[1], for: EPOLLOUT.rawValue, handler: self, side: 1, owner: owner)
        else { return loop.forget(client) }
        tokens = [client, server]
    }

    func ready(_ events: UInt32, side: Int, in loop: SocketLoop) {
        guard tokens.count == 2 else { return }
        if !isConnected {
            if side == 0 {
                if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { close(loop) }
                return
            }
            guard errorCode(of: 1) == 0 else { return close(loop) }
            isConnected = true
        }
        guard move(from: 0, to: 1), move(from: 1, to: 0) else { return close(loop) }
        let isGone = events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0
        if isShut == [true, true] || (isGone && hasEnded[side] && waiting[side].isEmpty) { return close(loop) }
        for side in 0...1 {
            var wanted: UInt32 = 0
            if waiting[side].isEmpty, !hasEnded[side] { wanted |= EPOLLIN.rawValue }
            if !waiting[1 - side].isEmpty { wanted |= EPOLLOUT.rawValue }
            loop.watch(tokens[side], for: wanted, on: sockets[side])
        }
    }

    /// Carries what there is in one direction, at most a megabyte at a time.
    /// - Returns: Whether the connection is still good.
    private func move(from source: Int, to target: Int) -> Bool {
        for _ in 0..<16 {
            if waiting[source].isEmpty, !hasEnded[source] {
                var count = 0
                let bytes = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, used in
                    count = recv(sockets[source].number, buffer.baseAddress, buffer.count, 0)
                    used = max(0, count)
                }
                if count < 0 { return errno == EAGAIN || errno == EINTR }
                if count == 0 { hasEnded[source] = true } else { waiting[source] = bytes[...] }
            }
            if !waiting[source].isEmpty {
                let count = waiting[source].withUnsafeBytes {
                    send(sockets[target].number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count < 0 { return errno == EAGAIN || errno == EINTR }
                waiting[source] = waiting[source].dropFirst(count)
                if !waiting[source].isEmpty { return true }
            }
            if hasEnded[source] {
                if !isShut[source] { shutdown(sockets[target].number, Int32(SHUT_WR)) }
                isShut[source] = true
                return true
            }
        }
        return true
    }

    private func errorCode(of side: Int) -> Int32 {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(sockets[side].number, SOL_SOCKET, SO_ERROR, &code, &size)
        return code
    }

    private func close(_ loop: SocketLoop) {
        for token in tokens { loop.forget(token) }
    }
}

/// Takes datagrams to a published port. Each client gets a socket of its own towards the container, so that answers find
/// their way back.
final class DatagramRelay: SocketHandler, @unchecked Sendable {
    // Only the loop's thread touches it.
    private let socket: Descriptor
    private let target: (address: IPAddress, port: UInt16)
    private let owner: String
    private var flows: [[UInt8]: DatagramFlow] = [:]
    /// How many clients are kept at most; the one that was silent longest goes first.
    private static let limit = 1024

    init(socket: Descriptor, target: (address: IPAddress, port: UInt16), owner: String) {
        self.socket = socket
        self.target = target
        self.owner = owner
    }

    func ready(_ events: UInt32, side: Int, in loop: SocketLoop) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        for _ in 0..<64 {
            guard let (count, client) = Self.receive(socket, &buffer) else { return }
            guard let flow = flows[client] ?? open(for: client, in: loop) else { continue }
            flow.lastUse = Self.now
            // What does not fit the way is lost, as datagrams may be.
            send(flow.socket.number, buffer, count, Int32(MSG_NOSIGNAL))
        }
    }

    private func open(for client: [UInt8], in loop: SocketLoop) -> DatagramFlow? {
        let old = flows.filter { Self.now - $0.value.lastUse > 90 }.map(\.key)
        let oldest = flows.count < Self.limit ? nil : flows.min { $0.value.lastUse < $1.value.lastUse }?.key
        for key in old + (oldest.map { [$0] } ?? []) { flows.removeValue(forKey: key)?.close(loop) }
        guard let server = try? InternetSocket.connecting(.udp, to: target.address, port: target.port) else {
            return nil
        }
        let flow = DatagramFlow(socket: server, client: client, listener: socket)
        guard flow.begin(in: loop, owner: owner) else { return nil }
        flows[client] = flow
        return flow
    }

    /// Seconds of a clock that is never set back.
    static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec
    }

    /// One datagram and the address it came from, as the kernel writes it.
    static func receive(_ socket: Descriptor, _ buffer: inout [UInt8]) -> (count: Int, from: [UInt8])? {
        var address = [UInt8](repeating: 0, count: MemoryLayout<sockaddr_storage>.size)
        var length = socklen_t(address.count)
        let count = address.withUnsafeMutableBytes { raw in
            recvfrom(
                socket.number, &buffer, buffer.count, 0, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                &length)
        }
        return count < 0 ? nil : (count, Array(address.prefix(Int(length))))
    }
}

/// One client of a datagram relay.
final class DatagramFlow: SocketHandler, @unchecked Sendable {
    // Only the loop's thread touches it.
    let socket: Descriptor
    var lastUse = DatagramRelay.now
    private let client: [UInt8]
    private let listener: Descriptor
    private var token: UInt64?

    init(socket: Descriptor, client: [UInt8], listener: Descriptor) {
        self.socket = socket
        self.client = client
        self.listener = listener
    }

    func begin(in loop: SocketLoop, owner: String) -> Bool {
        token = try? loop.add(socket, for: EPOLLIN.rawValue, handler: self, owner: owner)
        return token != nil
    }

    func close(_ loop: SocketLoop) { if let token { loop.forget(token) } }

    func ready(_ events: UInt32, side: Int, in loop: SocketLoop) {
        var buffer = [UInt8](repeating: 0, count: 65536)
        for _ in 0..<64 {
            let count = recv(socket.number, &buffer, buffer.count, 0)
            // A refusal (nobody listens in the container) is read and forgotten: the client hears nothing.
            guard count >= 0 else { return }
            lastUse = DatagramRelay.now
            client.withUnsafeBytes { raw in
                _ = sendto(
                    listener.number, buffer, count, Int32(MSG_NOSIGNAL),
                    raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
            }
        }
    }
}
