import CLinux
import Glibc
import HTTPMessages
public import OCI
public import Posix
import Synchronization

/// Who may push to a registry that is served.
public enum RegistryAccess: Sendable, Equatable {
    /// This machine's own user, and root; for a registry on loopback.
    case owner
    /// Nobody: for a class that reads.
    case readOnly
    /// Who proves the token as a password, `docker login` with any user name.
    case token(String)
}

/// Serves a registry's store by the OCI distribution protocol, over HTTP.
public final class RegistryServer: Sendable {
    /// How a server is set up.
    public struct Configuration: Sendable {
        /// Where it listens; port 0 takes any that is free.
        public var endpoint: TCPSocket.Endpoint
        /// Who may push.
        public var access: RegistryAccess
        /// How many clients may be connected at once; more are not answered.
        public var connectionLimit = 256
        /// Told of requests that were answered, one line each.
        public var log: @Sendable (String) -> Void = { _ in }
        /// Told of troubles, one line each.
        public var report: @Sendable (String) -> Void = { _ in }

        /// A configuration with the usual limits.
        public init(endpoint: TCPSocket.Endpoint, access: RegistryAccess) {
            self.endpoint = endpoint
            self.access = access
        }
    }

    /// Where it listens.
    public let endpoint: TCPSocket.Endpoint
    private let configuration: Configuration
    private let listener: Descriptor
    private let router: Router
    private let watch: ClientWatch
    private let state = Mutex(State())

    private struct State {
        var connections: [UInt64: BufferedConnection] = [:]
        var next: UInt64 = 0
        var isStopping = false
    }

    /// Starts to listen and to answer.
    /// - Throws: `SystemError`: `EADDRINUSE`, `EACCES`.
    public init(_ store: RegistryStore, _ configuration: Configuration) throws(SystemError) {
        self.configuration = configuration
        listener = try TCPSocket.listen(configuration.endpoint)
        endpoint = TCPSocket.local(listener.number) ?? configuration.endpoint
        watch = try ClientWatch()
        let routes = RegistryRoutes(
            store: store, guardian: PushGuard(access: configuration.access, endpoint: endpoint),
            log: configuration.log)
        router = Router(routes.table, isVersioned: false)
        try Thread.start("registry") { [self] in acceptConnections() }
    }

    /// Stops: accepts nobody any more, and ends all connections.
    public func stop() {
        let connections = state.withLock { state in
            state.isStopping = true
            return Array(state.connections.values)
        }
        shutdown(listener.number, Int32(SHUT_RDWR))
        for connection in connections { connection.shutDown() }
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func acceptConnections() {
        while !isStopping {
            do throws(SystemError) {
                let socket = Descriptor(
                    owning: try check("accepting a connection") {
                        linux_accept(listener.number, Int32(SOCK_CLOEXEC.rawValue))
                    })
                try welcome(socket)
            } catch {
                if isStopping { return }
                configuration.report("registry: \(error)")
                usleep(error.code == ECONNABORTED ? 0 : 50_000)
            }
        }
    }

    /// How long a client may say nothing, in seconds.
    private static let silenceSeconds = 120

    private func welcome(_ socket: Descriptor) throws(SystemError) {
        var limit = timeval(tv_sec: Self.silenceSeconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(socket.number, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        let connection = BufferedConnection(socket)
        let key = state.withLock { state -> UInt64? in
            guard !state.isStopping, state.connections.count < configuration.connectionLimit else { return nil }
            state.next += 1
            state.connections[state.next] = connection
            return state.next
        }
        // Who is too many finds the connection closed, and may try again.
        guard let key else { return }
        let loop = ConnectionLoop(
            connection: connection, peer: nil, router: router,
            standardHeaders: ["Docker-Distribution-Api-Version": "registry/2.0", "X-Content-Type-Options": "nosniff"],
            watch: watch, translate: RegistryAnswer.translate, report: configuration.report,
            activity: { [self] _ in !isStopping })
        do throws(SystemError) {
            try Thread.start("registry-client") { [self] in
                loop.run()
                state.withLock { _ = $0.connections.removeValue(forKey: key) }
            }
        } catch {
            state.withLock { _ = $0.connections.removeValue(forKey: key) }
            throw error
        }
    }
}
