import CLinux
import Glibc
import Posix

/// Takes the connections that come to a listening socket, and hands each on.
final class ConnectionListener: SocketHandler {
    private let socket: Descriptor
    private let serve: @Sendable (_ client: Descriptor, SocketLoop) -> Void
    /// How many are taken before other sockets have their turn.
    private static let turn = 16

    /// - Parameter serve: Called on the loop's thread with each connection, which ends when nobody keeps it.
    init(socket: Descriptor, serve: @escaping @Sendable (_ client: Descriptor, SocketLoop) -> Void) {
        self.socket = socket
        self.serve = serve
    }

    func ready(_ events: UInt32, side: Int, in loop: SocketLoop) {
        let flags = Int32(SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        for _ in 0..<Self.turn {
            let number = linux_accept(socket.number, flags)
            guard number >= 0 else { return }
            serve(Descriptor(owning: number), loop)
        }
    }
}
