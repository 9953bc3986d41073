import Glibc
import HTTPMessages
import Posix

/// Where an engine listens.
enum EngineAddress: Sendable, Equatable {
    /// A unix socket's path.
    case unix(String)
    /// A TCP port; for engines that were told to listen on one.
    case tcp(host: String, port: String)

    /// Parses a `DOCKER_HOST`: `unix:///path` or `tcp://host:port` (port 2375 if left out).
    init(parsing host: String) throws(ConnectionError) {
        guard let separator = host.firstRange(of: "://") else {
            throw ConnectionError(.badAddress("unable to parse docker host `\(host)`"), host: host)
        }
        let rest = String(host[separator.upperBound...])
        switch host[..<separator.lowerBound] {
        case "unix" where !rest.isEmpty: self = .unix(rest)
        case "tcp" where !rest.isEmpty:
            let authority = rest.prefix { $0 != "/" }
            let afterBracket = authority.lastIndex(of: "]") ?? authority.startIndex
            let colon = authority[afterBracket...].lastIndex(of: ":")
            let name = authority[..<(colon ?? authority.endIndex)].filter { $0 != "[" && $0 != "]" }
            let port = colon.map { String(authority[authority.index(after: $0)...]) } ?? "2375"
            guard !name.isEmpty, UInt16(port) != nil else {
                throw ConnectionError(.badAddress("invalid host address \"\(host)\""), host: host)
            }
            self = .tcp(host: name, port: port)
        case "ssh", "npipe", "fd":
            let problem = "unsupported address \"\(host)\": use unix:// or tcp://"
            throw ConnectionError(.badAddress(problem), host: host)
        default:
            let problem =
                "Failed to initialize: unable to resolve docker endpoint: invalid bind address format: \(host)"
            throw ConnectionError(.badAddress(problem), host: host)
        }
    }

    /// The address as `DOCKER_HOST` has it.
    var text: String {
        switch self {
        case .unix(let path): "unix://\(path)"
        case .tcp(let host, let port): host.contains(":") ? "tcp://[\(host)]:\(port)" : "tcp://\(host):\(port)"
        }
    }

    /// What the `Host` header says; a unix socket has no name, Docker's client sends this one.
    var hostHeader: String {
        switch self {
        case .unix: "api.moby.localhost"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }

    /// Connects a new socket.
    func connect() throws(ConnectionError) -> BufferedConnection {
        do throws(SystemError) {
            switch self {
            case .unix(let path): return BufferedConnection(try UnixSocket.connect(path))
            case .tcp(let host, let port): return BufferedConnection(try Self.connectTCP(host, port))
            }
        } catch {
            switch error.code {
            case EACCES, EPERM: throw ConnectionError(.permissionDenied, host: text)
            default: throw ConnectionError(.notRunning, host: text)
            }
        }
    }

    private static func connectTCP(_ host: String, _ port: String) throws(SystemError) -> Descriptor {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, port, &hints, &found) == 0 else {
            throw SystemError("looking up \(host)", code: EHOSTUNREACH)
        }
        defer { freeaddrinfo(found) }
        var failure = SystemError("connecting to \(host)", code: EHOSTUNREACH)
        var next = found
        while let candidate = next?.pointee {
            next = candidate.ai_next
            do throws(SystemError) {
                let socket = Descriptor(
                    owning: try check("making a socket") {
                        Glibc.socket(candidate.ai_family, candidate.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), 0)
                    })
                try check("connecting to \(host)") {
                    Glibc.connect(socket.number, candidate.ai_addr, candidate.ai_addrlen)
                }
                var one: Int32 = 1
                setsockopt(socket.number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
                return socket
            } catch { failure = error }
        }
        throw failure
    }
}
