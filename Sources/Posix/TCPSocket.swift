import CLinux
import Glibc

/// Stream sockets of the Internet protocols (`tcp(7)`, `ip(7)`, `ipv6(7)`).
public enum TCPSocket {
    /// An address and a port that can be connected to or listened at.
    public struct Endpoint: Sendable, Equatable, CustomStringConvertible {
        /// The address's text, without brackets: `127.0.0.1`, `::1`.
        public var host: String
        /// The port.
        public var port: UInt16
        /// The kernel's form (`sockaddr_in`, `sockaddr_in6`).
        let bytes: [UInt8]
        let family: Int32

        /// Whether only this machine can be meant: 127.0.0.0/8, `::1`, or the former written as IPv6.
        public var isLoopback: Bool {
            host.hasPrefix("127.") || host == "::1" || host.hasPrefix("::ffff:127.")
        }
        /// `127.0.0.1:5000`, `[::1]:5000`
        public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

        init?(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
            var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            var service = [CChar](repeating: 0, count: Int(NI_MAXSERV))
            guard
                getnameinfo(
                    address, length, &name, socklen_t(name.count), &service, socklen_t(service.count),
                    Int32(NI_NUMERICHOST | NI_NUMERICSERV)) == 0,
                let port = UInt16(Self.text(service))
            else { return nil }
            host = Self.text(name)
            self.port = port
            bytes = Array(UnsafeRawBufferPointer(start: address, count: Int(length)))
            family = Int32(address.pointee.sa_family)
        }

        private static func text(_ characters: [CChar]) -> String {
            String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        fileprivate func call(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
            bytes.withUnsafeBytes { raw in
                guard let base = raw.bindMemory(to: sockaddr.self).baseAddress else { return -1 }
                return body(base, socklen_t(bytes.count))
            }
        }
    }

    /// The addresses of a host (`getaddrinfo(3)`).
    ///
    /// - Parameters:
    ///   - host: A name or an address, without brackets.
    ///   - isNumeric: Whether only an address is taken, so that no name server is asked.
    /// - Throws: ``SystemError`` with `EHOSTUNREACH` for a name that is not known.
    public static func resolve(_ host: String, port: UInt16, isNumeric: Bool = false) throws(SystemError) -> [Endpoint]
    {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = Int32(isNumeric ? AI_NUMERICHOST | AI_NUMERICSERV : AI_NUMERICSERV)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &found)
        guard code == 0 else {
            let reason = String(cString: gai_strerror(code))
            throw SystemError("looking up \(host) (\(reason))", code: EHOSTUNREACH)
        }
        defer { freeaddrinfo(found) }
        var endpoints: [Endpoint] = []
        var next = found
        while let candidate = next?.pointee {
            next = candidate.ai_next
            guard let address = candidate.ai_addr,
                let endpoint = Endpoint(address, length: candidate.ai_addrlen), !endpoints.contains(endpoint)
            else { continue }
            endpoints.append(endpoint)
        }
        return endpoints
    }

    /// Connects, and gives up after a time.
    ///
    /// - Parameters:
    ///   - seconds: How long connecting may take, and later each single read and write.
    /// - Throws: ``SystemError``: `ETIMEDOUT`, `ECONNREFUSED`.
    public static func connect(_ endpoint: Endpoint, seconds: Int, silence: Int) throws(SystemError) -> Descriptor {
        let operation = "connecting to \(endpoint)"
        let socket = try make(endpoint.family, nonblocking: true)
        if endpoint.call({ Glibc.connect(socket.number, $0, $1) }) != 0 {
            guard errno == EINPROGRESS else { throw .last(operation) }
            var waiting = pollfd(fd: socket.number, events: Int16(POLLOUT), revents: 0)
            let count = try check(operation) { poll(&waiting, 1, Int32(seconds * 1000)) }
            guard count > 0 else { throw SystemError(operation, code: ETIMEDOUT) }
            var code: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            try check(operation) { getsockopt(socket.number, SOL_SOCKET, SO_ERROR, &code, &size) }
            if code != 0 { throw SystemError(operation, code: code) }
        }
        try check(operation) { fcntl(socket.number, F_SETFL, 0) }
        var one: Int32 = 1
        setsockopt(socket.number, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var limit = timeval(tv_sec: silence, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            try check(operation) {
                setsockopt(socket.number, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
            }
        }
        return socket
    }

    /// Listens at an address.
    /// - Throws: ``SystemError``: `EADDRINUSE`, `EACCES` for a port that only root may have.
    public static func listen(_ endpoint: Endpoint, backlog: Int32 = 128) throws(SystemError) -> Descriptor {
        let operation = "listening at \(endpoint)"
        let socket = try make(endpoint.family, nonblocking: false)
        var one: Int32 = 1
        setsockopt(socket.number, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        try check(operation) { endpoint.call { bind(socket.number, $0, $1) } }
        try check(operation) { Glibc.listen(socket.number, backlog) }
        return socket
    }

    /// Which address and port a socket has itself (`getsockname(2)`).
    public static func local(_ socket: Int32) -> Endpoint? { name(socket, getsockname) }

    /// Who is at the other end (`getpeername(2)`).
    public static func peer(_ socket: Int32) -> Endpoint? { name(socket, getpeername) }

    private static func name(
        _ socket: Int32, _ call: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> Endpoint? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                call(socket, address, &length) == 0 ? Endpoint(address, length: length) : nil
            }
        }
    }

    private static func make(_ family: Int32, nonblocking: Bool) throws(SystemError) -> Descriptor {
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | (nonblocking ? SOCK_NONBLOCK.rawValue : 0)
        return Descriptor(owning: try check("making a socket") { socket(family, Int32(type), 0) })
    }
}
