/// The engine refused a request: its status and its sentence.
///
/// Docker's clients print it as `Error response from daemon: MESSAGE`; that prefix is theirs to add.
public struct EngineError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The HTTP status, 400 or above.
    public var status: Int
    /// The engine's sentence, from the `message` member of its answer.
    public var message: String
    /// The operation whose steps this request caused before it failed: what was taken back can be told, too.
    public var operation: String?

    /// Makes an error.
    public init(status: Int, message: String, operation: String? = nil) {
        self.status = status
        self.message = message
        self.operation = operation
    }

    /// The engine's sentence.
    public var description: String { message }
}

/// The engine could not be reached, or the conversation with it broke off. Its text is what Docker's client says.
public struct ConnectionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Why there is no conversation.
    public enum Reason: Sendable, Equatable {
        /// Nobody listens there.
        case notRunning
        /// The socket's mode does not let this user connect.
        case permissionDenied
        /// The address can't be used: what is wrong with it.
        case badAddress(String)
        /// The connection broke, or what came is no HTTP: what happened.
        case broken(String)
    }

    /// Why.
    public var reason: Reason
    /// The engine's address: `unix:///run/drydock/node1.sock`.
    public var host: String

    /// Makes an error.
    public init(_ reason: Reason, host: String) {
        self.reason = reason
        self.host = host
    }

    /// The sentence for a person.
    public var description: String {
        switch reason {
        case .notRunning: "Cannot connect to the Docker daemon at \(host). Is the docker daemon running?"
        case .permissionDenied: "permission denied while trying to connect to the Docker daemon socket at \(host)"
        case .badAddress(let problem): problem
        case .broken(let problem): "error during connect: \(problem)"
        }
    }
}
