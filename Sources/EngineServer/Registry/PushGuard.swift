import Glibc
import HTTPMessages
import Posix
import Synchronization

/// Decides who may change what a registry has.
final class PushGuard: Sendable {
    private let access: RegistryAccess
    private let endpoint: TCPSocket.Endpoint
    /// Tokens that were given out: whether each may push, and until when.
    private let tokens = Mutex<[String: (mayPush: Bool, end: Int)]>([:])

    /// How long a token is good, in seconds: longer than any push.
    private static let tokenSeconds = 3600
    private static let tokenLimit = 4096

    init(access: RegistryAccess, endpoint: TCPSocket.Endpoint) {
        self.access = access
        self.endpoint = endpoint
    }

    /// Whether clients have to ask for tokens.
    var givesTokens: Bool { if case .token = access { true } else { false } }

    /// The challenge to a client that showed no token, or one that is not good enough.
    func challenge(_ request: Request, scope: String?) -> String {
        let host = request.headers["Host"] ?? endpoint.description
        let place = "Bearer realm=\"http://\(host)/token\",service=\"drydock\""
        return scope.map { "\(place),scope=\"\($0)\"" } ?? place
    }

    /// Whether a request shows any valid token.
    func isKnown(_ request: Request) -> Bool { grant(request) != nil }

    private func grant(_ request: Request) -> Bool? {
        guard let value = request.headers["Authorization"], value.lowercased().hasPrefix("bearer ") else { return nil }
        let token = String(value.dropFirst("bearer ".count))
        return tokens.withLock { tokens in
            guard let found = tokens[token], found.end > Self.now() else { return nil }
            return found.mayPush
        }
    }

    /// Gives a token, to everybody for pulling, and for pushing to who has the password.
    /// - Returns: The token and how long it is good; `nil` for a wrong password.
    func token(for request: Request) -> (token: String, seconds: Int)? {
        guard case .token(let secret) = access else { return nil }
        var mayPush = false
        if let value = request.headers["Authorization"], value.lowercased().hasPrefix("basic ") {
            guard let bytes = Base64.decode(value.dropFirst("basic ".count)),
                let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
                Self.isSame(Array(bytes[(colon + 1)...]), Array(secret.utf8))
            else { return nil }
            mayPush = true
        }
        let token = (0..<4).map { _ in String(UInt64.random(in: 0 ... .max), radix: 36) }.joined()
        tokens.withLock { tokens in
            let now = Self.now()
            if tokens.count >= Self.tokenLimit { tokens = tokens.filter { $0.value.end > now } }
            if tokens.count >= Self.tokenLimit { tokens = tokens.filter { $0.value.mayPush } }
            tokens[token] = (mayPush, now + Self.tokenSeconds)
        }
        return (token, Self.tokenSeconds)
    }

    /// Compares without telling by its duration how much was right.
    private static func isSame(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        var difference = UInt8(one.count == other.count ? 0 : 1)
        for index in other.indices { difference |= other[index] ^ (index < one.count ? one[index] : 0) }
        return difference == 0
    }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec
    }

    /// Throws unless a request may change something.
    ///
    /// A page in a browser may send requests to this machine too, so what comes from one is refused whoever may push.
    func checkPush(_ request: Request, repository: String) throws(RegistryAnswer) {
        let site = request.headers["Sec-Fetch-Site"]
        guard request.headers["Origin"] == nil, site == nil || site == "none" else {
            throw RegistryAnswer(403, "DENIED", "this registry takes nothing from web pages")
        }
        switch access {
        case .readOnly: throw RegistryAnswer(403, "DENIED", "this registry is read-only")
        case .token:
            switch grant(request) {
            case true?: return
            case false?: throw RegistryAnswer(403, "DENIED", "pushing to this registry needs its token: docker login")
            case nil:
                throw RegistryAnswer(
                    401, "UNAUTHORIZED", "authentication required",
                    headers: ["WWW-Authenticate": challenge(request, scope: "repository:\(repository):pull,push")])
            }
        case .owner:
            guard let peer = TCPSocket.peer(request.descriptor), let user = TCPOwners.user(of: peer, to: endpoint),
                user == geteuid() || user == 0
            else { throw RegistryAnswer(403, "DENIED", "only the user whose lab this is may push to its registry") }
        }
    }
}

/// Whose the other end of a connection within this machine is.
enum TCPOwners {
    /// The user of the socket with an address that is connected to another (`/proc/net/tcp`, proc(5)).
    ///
    /// - Parameters:
    ///   - local: The address of the socket whose user is looked for.
    ///   - remote: What it is connected to.
    /// - Returns: `nil` if there is no such socket on this machine.
    static func user(of local: TCPSocket.Endpoint, to remote: TCPSocket.Endpoint) -> UInt32? {
        for file in ["/proc/net/tcp", "/proc/net/tcp6"] {
            guard let table = try? Files.text(file) else { continue }
            for line in table.split(separator: "\n").dropFirst() {
                let fields = line.split(separator: " ")
                guard fields.count > 7, port(fields[1]) == local.port, port(fields[2]) == remote.port else { continue }
                // An established connection: state 01. Both ports together are unique on loopback.
                if fields[3] == "01", local.isLoopback { return UInt32(fields[7]) }
            }
        }
        return nil
    }

    private static func port(_ address: Substring) -> UInt16? {
        address.split(separator: ":").last.flatMap { UInt16($0, radix: 16) }
    }
}
