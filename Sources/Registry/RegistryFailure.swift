/// Why something with a registry failed.
public enum RegistryFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// Nobody answers there, or the answer broke off.
    case unreachable(registry: String, reason: String)
    /// A registry outside of this machine, where only this machine may be contacted.
    case forbidden(registry: String)
    /// TLS was not agreed on, or the certificate is not trusted.
    case tls(host: String, problem: String)
    /// The registry wants a login, or another one.
    case unauthorized(registry: String, what: String, reason: String)
    /// The registry knows who asks, and refuses.
    case denied(registry: String, what: String, reason: String)
    /// There is no such manifest, blob or repository.
    case notFound(registry: String, what: String, reason: String)
    /// Another answer than the protocol has for the request.
    case refused(registry: String, what: String, status: Int, reason: String)
    /// An answer that makes no sense.
    case malformed(registry: String, what: String, problem: String)
    /// Too little room on the disk.
    case noSpace(what: String, needed: Int64, free: Int64)
    /// The caller asked to stop.
    case cancelled

    /// The sentence for a person.
    public var description: String {
        switch self {
        case .unreachable(let registry, let reason): "registry \(registry) can't be reached: \(reason)"
        case .forbidden(let registry):
            "registry \(registry) is not on this machine, and DRYDOCK_UPLINK=none says that no other is to be contacted"
        case .tls(let host, let problem):
            "registry \(host): no secure connection: \(problem). A registry that is to be used nevertheless is named in "
                + "\"insecure-registries\" of the engine's daemon.json"
        case .unauthorized(_, let what, let reason), .denied(_, let what, let reason):
            "\(what): \(reason)"
        case .notFound(_, let what, let reason): "\(what) not found: \(reason)"
        case .refused(let registry, let what, let status, let reason):
            "registry \(registry) refused \(what): status \(status)" + (reason.isEmpty ? "" : ": \(reason)")
        case .malformed(let registry, let what, let problem):
            "registry \(registry) sent no valid \(what): \(problem)"
        case .noSpace(let what, let needed, let free):
            "no room for \(what): \(needed) bytes are needed, \(free) are free"
        case .cancelled: "cancelled"
        }
    }

    /// What the registry gave as the reason; empty where none was asked.
    public var reason: String {
        switch self {
        case .unauthorized(_, _, let reason), .denied(_, _, let reason), .notFound(_, _, let reason),
            .unreachable(_, let reason), .refused(_, _, _, let reason):
            reason
        case .forbidden, .tls, .malformed, .noSpace, .cancelled: ""
        }
    }

    /// The status of HTTP that an engine answers this with.
    public var status: Int {
        switch self {
        case .unauthorized: 401
        case .denied: 403
        case .notFound: 404
        case .cancelled: 499
        case .unreachable, .forbidden, .tls, .refused, .malformed, .noSpace: 500
        }
    }
}
