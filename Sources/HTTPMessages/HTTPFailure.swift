public import Posix

/// Why an HTTP message could not be read or written.
public enum HTTPFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The peer's bytes are not HTTP/1.1 as RFC 9112 has it.
    case malformed(String)
    /// A head with more bytes or fields than ``HeadLimits`` allows.
    case headTooLarge(String)
    /// A body with more bytes than the reader was ready to take.
    case bodyTooLarge(limit: Int)
    /// A transfer coding other than `chunked` (RFC 9112, section 7).
    case unsupportedTransferCoding(String)
    /// An HTTP version other than 1.0 and 1.1.
    case unsupportedVersion(String)
    /// The connection ended in the middle of a message.
    case truncated(String)
    /// A system call on the connection failed.
    case transport(SystemError)

    /// The status that a server answers this with (RFC 9110, section 15; RFC 6585 for 431).
    public var status: Int {
        switch self {
        case .malformed, .truncated, .transport: 400
        case .headTooLarge: 431
        case .bodyTooLarge: 413
        case .unsupportedTransferCoding: 501
        case .unsupportedVersion: 505
        }
    }

    /// The sentence for a person.
    public var description: String {
        switch self {
        case .malformed(let problem): "malformed HTTP message: \(problem)"
        case .headTooLarge(let problem): "HTTP message head too large: \(problem)"
        case .bodyTooLarge(let limit): "HTTP message body too large: more than \(limit) bytes"
        case .unsupportedTransferCoding(let coding): "unsupported transfer encoding: \"\(coding)\""
        case .unsupportedVersion(let version): "unsupported protocol version: \"\(version)\""
        case .truncated(let part): "the connection ended in the middle of \(part)"
        case .transport(let error): error.description
        }
    }
}
