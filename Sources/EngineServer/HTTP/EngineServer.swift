import CLinux
import Glibc
import Posix
import HTTPMessages
public import Posix
import Synchronization

/// Serves the Docker Engine API on a unix socket, with a thread per connection.
public final class EngineServer: Sendable {
    /// How a server is set up.
    public struct Configuration: Sendable {
        /// The socket's path.
        public var socketPath: String
        /// A group whose members may connect too; without one only the server's own user may, and root.
        public var group: UInt32?
        /// The program's version, for the header `Server`.
        public var serverVersion: String
        /// How many clients may be connected at once; more are told so with 503.
        public var connectionLimit = 512
        /// Turns what a route throws into an answer; `APIError` needs none.
        public var translate: @Sendable (any Error) -> APIError = { .failure("\($0)") }
        /// Told of troubles, one line each: errors of the engine itself, failing system calls.
        public var report: @Sendable (String) -> Void = { _ in }

        /// A configuration with the usual limits.
        public init(socketPath: String, group: UInt32? = nil, serverVersion: String) {
            self.socketPath = socketPath
            self.group = group
            self.serverVersion = serverVersion
        }
    }

    /// What goes on in a server.
    public struct Activity: Sendable, Equatable {
        /// How many clients are connected, hijacked connections included.
        public var connections: Int
        /// How many requests are being answered.
        public var requests: Int
        /// When the last request began or ended: nanoseconds of `CLOCK_MONOTONIC`.
        public var lastChange: UInt64
    }

    private let configuration: Configuration
    private let router: Router
    private let listener: Descriptor
    private let standardHeaders: Headers
    private let watch: ClientWatch
    /// The socket file's device and inode, so that a successor's file is not removed.
    private let file: (device: UInt64, inode: UInt64)
    private let state: Mutex<State>

    private struct State {
        var connections: [UInt64: Connection] = [:]
        var nextConnection: UInt64 = 0
        var requests = 0
        var lastChange = monotonicNanoseconds()
        var isStopping = false
        var isAccepting = true
    }

    private struct Connection {
        var connection: BufferedConnection
        var isAnswering = false
    }

    /// Starts to listen and to answer.
    ///
    /// - Parameters:
    ///   - configuration: Where and how.
    ///   - router: The routing table.
    /// - Throws: `SystemError`: `EADDRINUSE` if somebody answers on that socket already.
    public init(_ configuration: Configuration, router: Router) throws(SystemError) {
        self.configuration = configuration
        self.router = router
        standardHeaders = [
            "Api-Version": router.maximumVersion.description, "Docker-Experimental": "false", "Ostype": "linux",
            "Server": "Drydock/\(configuration.serverVersion) (linux)",
        ]
        watch = try ClientWatch()
        listener = try UnixSocket.listen(configuration.socketPath, group: configuration.group)
        var status = stat()
        try check("looking at \(configuration.socketPath)") { stat(configuration.socketPath, &status) }
        file = (UInt64(status.st_dev), UInt64(status.st_ino))
        state = Mutex(State())
        try Thread.start("accept") { [self] in acceptConnections() }
    }

    /// What goes on now; an engine that nobody uses may end itself.
    public var activity: Activity {
        state.withLock {
            Activity(connections: $0.connections.count, requests: $0.requests, lastChange: $0.lastChange)
        }
    }

    /// Stops: accepts nobody any more, lets running requests end, then ends what is left.
    ///
    /// - Parameter grace: How long running requests and hijacked connections may take, in seconds.
    public func stop(grace: Double = 5) {
        let idle = state.withLock { state in
            state.isStopping = true
            return state.connections.values.filter { !$0.isAnswering }.map(\.connection)
        }
        removeSocket()
        shutdown(listener.number, Int32(SHUT_RDWR))
        for connection in idle { connection.shutDown() }
        let deadline = monotonicNanoseconds() + UInt64(max(0, grace) * 1e9)
        while monotonicNanoseconds() < deadline, !isDone { usleep(2000) }
        for connection in state.withLock({ $0.connections.values.map(\.connection) }) { connection.shutDown() }
        // Threads that were woken this way end at once; they are not waited for longer than a moment.
        let last = monotonicNanoseconds() + 500_000_000
        while monotonicNanoseconds() < last, !isDone { usleep(2000) }
    }

    private var isDone: Bool { state.withLock { $0.connections.isEmpty && !$0.isAccepting } }

    private func removeSocket() {
        var status = stat()
        guard lstat(configuration.socketPath, &status) == 0, UInt64(status.st_dev) == file.device,
            UInt64(status.st_ino) == file.inode
        else { return }
        unlink(configuration.socketPath)
    }

    // MARK: Connections

    private func acceptConnections() {
        defer { state.withLock { $0.isAccepting = false } }
        while !state.withLock({ $0.isStopping }) {
            do throws(SystemError) {
                welcome(try UnixSocket.accept(listener))
            } catch {
                if state.withLock({ $0.isStopping }) { return }
                // Out of descriptors or memory: others will give some back.
                configuration.report(error.description)
                usleep(error.code == ECONNABORTED ? 0 : 50_000)
            }
        }
    }

    private func welcome(_ socket: Descriptor) {
        let connection = BufferedConnection(socket)
        var peer = Peer(process: 0, user: .max, group: .max)
        guard linux_peer_credentials(socket.number, &peer.process, &peer.user, &peer.group) == 0,
            mayConnect(peer)
        else { return turnAway(connection, 403, "user \(peer.user) may not use this engine") }
        let key = state.withLock { state -> UInt64? in
            guard state.connections.count < configuration.connectionLimit, !state.isStopping else { return nil }
            state.nextConnection += 1
            state.connections[state.nextConnection] = Connection(connection: connection)
            return state.nextConnection
        }
        guard let key else { return turnAway(connection, 503, "too many connections") }
        let loop = ConnectionLoop(
            connection: connection, peer: peer, router: router, standardHeaders: standardHeaders, watch: watch,
            translate: configuration.translate, report: configuration.report,
            activity: { [self] in note($0, key) })
        do throws(SystemError) {
            try Thread.start("connection") { [self] in
                loop.run()
                state.withLock { _ = $0.connections.removeValue(forKey: key) }
            }
        } catch {
            state.withLock { _ = $0.connections.removeValue(forKey: key) }
            turnAway(connection, 503, error.description)
        }
    }

    /// With a group the socket file's mode has decided already; without one, only the owner and root get in.
    private func mayConnect(_ peer: Peer) -> Bool {
        configuration.group != nil || peer.user == 0 || peer.user == geteuid() || peer.user == Self.rootOutside
    }

    /// What the machine's root looks like to an engine that is root of a user namespace only: like every user who does
    /// not exist there (`user_namespaces(7)`, `/proc/sys/kernel/overflowuid`). Of those, only root can have opened the
    /// socket file, whose mode lets its owner alone. `nil` where root is root.
    private static let rootOutside: uid_t? = {
        guard geteuid() == 0, !UserMap.users.isMachines, let text = try? Files.text("/proc/sys/kernel/overflowuid")
        else {
            return nil
        }
        return uid_t(text.filter(\.isNumber))
    }()

    private func turnAway(_ connection: BufferedConnection, _ status: Int, _ message: String) {
        let head = RequestHead(method: "GET", target: "/")
        let responder = Responder(
            connection, request: head, body: nil, version: router.maximumVersion, headers: standardHeaders,
            keepsAlive: false)
        do { try responder.send(APIError(status, message)) } catch {
            configuration.report("turning a client away: \(error)")
        }
    }

    /// Keeps the books of one connection.
    /// - Returns: Whether it may be kept for another request.
    private func note(_ change: ConnectionLoop.Activity, _ key: UInt64) -> Bool {
        state.withLock { state in
            state.requests += change == .begins ? 1 : -1
            state.connections[key]?.isAnswering = change == .begins
            state.lastChange = monotonicNanoseconds()
            return !state.isStopping
        }
    }
}

func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
