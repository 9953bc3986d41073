import Glibc
import HTTPMessages
import Posix
import Synchronization

/// What is sent to a registry.
struct HTTPCall: Sendable {
    enum Body: Sendable {
        case none
        case bytes([UInt8], type: String)
        /// A part of a file, from an offset to its end; told of how many bytes have gone.
        case file(path: String, offset: Int64, length: Int64, sent: @Sendable (Int64) throws -> Void)
    }
    var method: String
    var url: RegistryURL
    var headers: Headers = [:]
    var body: Body = .none
    /// Whether TLS may be missing although the host is another machine.
    var mayBePlain = false
}

/// What came back; the connection is kept for the next call once the body was read.
final class HTTPAnswer {
    let head: ResponseHead
    let url: RegistryURL
    private let body: MessageBody
    private let release: () -> Void

    var status: Int { head.status }
    var headers: Headers { head.headers }

    init(_ head: ResponseHead, from url: RegistryURL, body: MessageBody, release: @escaping () -> Void) {
        self.head = head
        self.url = url
        self.body = body
        self.release = release
    }

    /// The next bytes of the body; `nil` at its end.
    func read() throws(HTTPFailure) -> [UInt8]? {
        let bytes = try body.read()
        if bytes == nil { release() }
        return bytes
    }

    /// The whole body.
    func readToEnd(limit: Int) throws(HTTPFailure) -> [UInt8] {
        let bytes = try body.readToEnd(limit: limit)
        release()
        return bytes
    }

    /// Reads what little may have come, so that the connection can be used again; a longer body ends it.
    func discard() {
        do throws(HTTPFailure) { _ = try readToEnd(limit: 64 * 1024) } catch { return }
    }
}

/// Makes calls over connections that are kept open between them.
final class HTTPExchange: Sendable {
    let settings: RegistrySettings
    private let idle = Mutex<[Place: [BufferedConnection]]>([:])

    private struct Place: Hashable {
        var scheme: RegistryURL.Scheme
        var host: String
        var port: UInt16
    }

    /// How long connecting may take, and how long a registry may say nothing, in seconds.
    private static let connectSeconds = 10
    private static let silenceSeconds = 60
    private static let keptConnections = 6

    init(_ settings: RegistrySettings) { self.settings = settings }

    /// Makes one call; redirects are the caller's matter.
    ///
    /// A connection that was kept may have been ended by the other side: then the call is made again, on a new one.
    /// - Throws: ``RegistryFailure``, or what a body's function throws.
    func call(_ call: HTTPCall) throws -> HTTPAnswer {
        let place = Place(scheme: call.url.scheme, host: call.url.host, port: call.url.port)
        if let connection = takeIdle(place) {
            do { return try perform(call, on: connection, place) } catch let failure as HTTPFailure {
                switch failure {
                case .transport, .truncated: break
                default: throw translated(failure, call.url)
                }
            }
        }
        let connection = try connect(call.url, mayBePlain: call.mayBePlain)
        do { return try perform(call, on: connection, place) } catch let failure as HTTPFailure {
            throw translated(failure, call.url)
        }
    }

    private func translated(_ failure: HTTPFailure, _ url: RegistryURL) -> RegistryFailure {
        switch failure {
        case .transport(let error):
            let isLate = error.code == EAGAIN
            return .unreachable(
                registry: url.authority,
                reason: isLate ? "it said nothing for \(Self.silenceSeconds) seconds" : error.description)
        case .truncated: return .unreachable(registry: url.authority, reason: failure.description)
        default: return .malformed(registry: url.authority, what: "answer", problem: failure.description)
        }
    }

    private func perform(_ call: HTTPCall, on connection: BufferedConnection, _ place: Place) throws -> HTTPAnswer {
        // A proxy is told the whole address; through one, TLS has a way of its own to the registry.
        let proxy = call.url.scheme == .http ? try settings.proxies.proxy(for: call.url) : nil
        var head = RequestHead(
            method: call.method, target: proxy == nil ? call.url.target : call.url.description,
            headers: ["Host": call.url.authority, "User-Agent": settings.userAgent])
        if let credentials = proxy?.credentials { head.headers.add("Proxy-Authorization", credentials.basic) }
        for field in call.headers { head.headers.add(field.name, field.value) }
        switch call.body {
        case .none:
            if call.method != "GET" && call.method != "HEAD" { head.headers.add("Content-Length", "0") }
            try connection.write(head.encoded())
        case .bytes(let bytes, let type):
            head.headers.add("Content-Type", type)
            head.headers.add("Content-Length", String(bytes.count))
            try connection.write(head.encoded() + bytes)
        case .file(let path, let offset, let length, let sent):
            head.headers.add("Content-Type", "application/octet-stream")
            head.headers.add("Content-Length", String(length))
            try connection.write(head.encoded())
            try send(path, offset: offset, length: length, on: connection, sent: sent)
        }
        while true {
            guard let bytes = try connection.readHead() else { throw HTTPFailure.truncated("an answer") }
            let answer = try ResponseHead(parsing: bytes)
            if (100..<200).contains(answer.status) { continue }
            let body = MessageBody(connection, framing: try answer.bodyFraming(answering: call.method))
            let release = { [self] in
                if answer.keepsAlive, body.isComplete { keep(connection, place) }
            }
            if body.isComplete { release() }
            return HTTPAnswer(answer, from: call.url, body: body, release: body.isComplete ? {} : release)
        }
    }

    /// Sends a part of a file. A server that has answered already, because it does not want the rest, is not written to.
    private func send(
        _ path: String, offset: Int64, length: Int64, on connection: BufferedConnection,
        sent: (Int64) throws -> Void
    ) throws {
        let file = try Descriptor.open(path, O_RDONLY)
        try check("seeking in \(path)") { lseek(file.number, Int(offset), SEEK_SET) }
        var left = length
        while left > 0 {
            let bytes = try file.read(upTo: Int(min(left, 256 * 1024)))
            guard !bytes.isEmpty else { throw SystemError("reading \(path)", code: EIO) }
            do throws(HTTPFailure) { try connection.write(bytes) } catch {
                if case .transport(let cause) = error, cause.code == EPIPE || cause.code == ECONNRESET { return }
                throw error
            }
            left -= Int64(bytes.count)
            try sent(length - left)
        }
    }

    // MARK: Connections

    private func takeIdle(_ place: Place) -> BufferedConnection? {
        idle.withLock { idle in
            while let connection = idle[place]?.popLast() { if !connection.hasInput { return connection } }
            return nil
        }
    }

    private func keep(_ connection: BufferedConnection, _ place: Place) {
        idle.withLock { idle in
            if (idle[place]?.count ?? 0) < Self.keptConnections { idle[place, default: []].append(connection) }
        }
    }

    private func connect(_ url: RegistryURL, mayBePlain: Bool) throws(RegistryFailure) -> BufferedConnection {
        let isOpen = mayBePlain || url.scheme == .https || url.isLoopback || settings.isInsecure(url)
        guard isOpen else {
            throw .tls(host: url.authority, problem: "without TLS only registries on this machine are spoken to")
        }
        let proxy = try settings.proxies.proxy(for: url)
        if settings.isLoopbackOnly, !url.isLoopback { throw .forbidden(registry: url.authority) }
        let socket = try connectSocket(proxy?.url ?? url, for: url)
        guard url.scheme == .https else { return BufferedConnection(socket) }
        if let proxy { try openTunnel(through: socket, to: url, proxy) }
        let tls = try TLSConnection(
            socket, host: url.host, authorities: settings.authorities(of: url), verifies: !settings.isInsecure(url))
        return BufferedConnection(socket, through: tls)
    }

    /// Asks a proxy for a way to a registry (RFC 9110, section 9.3.6): from then on, what is sent goes there.
    private func openTunnel(
        through socket: Descriptor, to url: RegistryURL, _ proxy: ProxySettings.Proxy
    ) throws(RegistryFailure) {
        let place = url.host.contains(":") ? "[\(url.host)]:\(url.port)" : "\(url.host):\(url.port)"
        var head = RequestHead(
            method: "CONNECT", target: place, headers: ["Host": place, "User-Agent": settings.userAgent])
        if let credentials = proxy.credentials { head.headers.add("Proxy-Authorization", credentials.basic) }
        let connection = BufferedConnection(socket)
        let answer: ResponseHead
        do throws(HTTPFailure) {
            try connection.write(head.encoded())
            guard let bytes = try connection.readHead() else { throw .truncated("the proxy's answer") }
            answer = try ResponseHead(parsing: bytes)
        } catch {
            throw .unreachable(registry: url.authority, reason: "the proxy \(proxy.url.authority): \(error)")
        }
        guard (200..<300).contains(answer.status) else {
            throw .unreachable(
                registry: url.authority,
                reason: "the proxy \(proxy.url.authority) answers \(answer.status) \(answer.reason)")
        }
    }

    /// Connects to a place: a registry's, or that of the proxy on the way to it.
    private func connectSocket(_ url: RegistryURL, for registry: RegistryURL) throws(RegistryFailure) -> Descriptor {
        var failure = SystemError("connecting to \(url.authority)", code: EHOSTUNREACH)
        do throws(SystemError) {
            for endpoint in try TCPSocket.resolve(url.host, port: url.port) {
                // What is called localhost must be this machine, whatever the machine's files say.
                if url.isLoopback, !endpoint.isLoopback { continue }
                do throws(SystemError) {
                    return try TCPSocket.connect(
                        endpoint, seconds: Self.connectSeconds, silence: Self.silenceSeconds)
                } catch { failure = error }
            }
        } catch { failure = error }
        let isProxy = url != registry
        throw .unreachable(
            registry: registry.authority,
            reason: (isProxy ? "the proxy \(url.authority): " : "") + failure.description)
    }
}
