/// A command that ends with a message on the error output and an exit code.
struct CommandFailure: Error, Sendable, Equatable {
    /// The message without a newline; empty prints nothing.
    var message: String
    /// The exit code.
    var code: Int32

    init(_ message: String, code: Int32 = 1) {
        self.message = message
        self.code = code
    }
}

/// The engine did not turn a request into a stream; no prefix and no help stands around this message of Docker's client.
struct StreamRefused: Error, CustomStringConvertible {
    /// The HTTP status that came instead.
    var status: Int
    /// Docker's sentence.
    var description: String { "unable to upgrade to tcp, received \(status)" }
}
