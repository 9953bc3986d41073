public import Engine
import Posix
import Synchronization

/// Serves all nodes of a lab, each on a socket of its own; nodes come and go.
public final class LabServer: Sendable {
    /// The lab.
    public let lab: Lab
    /// Where a node's socket is.
    let socketPath: @Sendable (String) -> String
    private let version: String
    private let report: @Sendable (String) -> Void
    private let servers = Mutex<[String: EngineServer]>([:])

    /// Starts to serve the nodes that there are.
    ///
    /// - Parameters:
    ///   - lab: The lab.
    ///   - version: The program's version.
    ///   - socketPath: Where a node's socket is, by its name.
    ///   - report: Told of troubles, one line each.
    /// - Throws: `SystemError`, with nothing listening.
    public init(
        _ lab: Lab, version: String, socketPath: @escaping @Sendable (String) -> String,
        report: @escaping @Sendable (String) -> Void
    ) throws {
        self.lab = lab
        self.version = version
        self.socketPath = socketPath
        self.report = report
        do {
            // The first node's socket is what clients wait for: it comes last.
            for node in lab.nodes.reversed() { try serve(node) }
        } catch {
            stop(grace: 0)
            throw error
        }
    }

    private func serve(_ node: Node) throws {
        let name = node.configuration.name
        var configuration = EngineServer.Configuration(socketPath: socketPath(name), serverVersion: version)
        configuration.translate = EngineRoutes.translate
        configuration.report = report
        let server = try EngineServer(configuration, router: EngineRoutes.router(for: node, lab: self))
        servers.withLock { $0[name] = server }
    }

    /// Adds a node and serves it.
    func addNode(_ name: String, operation: String, teller: Node) throws {
        let node = try lab.addNode(name, operation: operation, teller: teller)
        do { try serve(node) } catch {
            try lab.removeNode(node, operation: operation, teller: teller)
            throw error
        }
    }

    /// Serves a node no longer, and removes it.
    func removeNode(_ name: String, force: Bool, operation: String, asked: Node) throws {
        let node = try lab.checkRemoval(of: name, force: force, asked: asked)
        servers.withLock { $0.removeValue(forKey: name) }?.stop(grace: 0.2)
        try lab.removeNode(node, operation: operation, teller: asked)
    }

    /// How many clients are connected, to all nodes.
    public var connections: Int {
        servers.withLock { Array($0.values) }.reduce(0) { $0 + $1.activity.connections }
    }

    /// Stops serving: see ``EngineServer/stop(grace:)``.
    public func stop(grace: Double) {
        let all = servers.withLock { servers in
            defer { servers = [:] }
            return Array(servers.values)
        }
        for server in all { server.stop(grace: grace) }
    }
}
