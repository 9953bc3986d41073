import HTTPMessages
import OCI
import OrderedJSON
import Posix
import Synchronization

/// One registry, as one user sees it: the OCI distribution protocol with Docker's ways of proving who asks.
///
/// It may be used from several threads at once; each call takes a connection of its own.
public final class RegistryClient: Sendable {
    /// The registry's name as in an image's name: `docker.io`, `localhost:5000`.
    public let name: String
    let candidates: [RegistryURL]
    let credentials: RegistryCredentials?
    let exchange: HTTPExchange
    private let state = Mutex(State())

    private struct State {
        var base: RegistryURL?
        /// The value of `Authorization` by scope.
        var authorizations: [String: String] = [:]
    }

    /// More bytes than any manifest has (the size that the specification asks registries to accept).
    static let documentLimit = 4 << 20
    private static let redirectLimit = 5

    init(name: String, candidates: [RegistryURL], credentials: RegistryCredentials?, exchange: HTTPExchange) {
        self.name = name
        self.candidates = candidates
        self.credentials = credentials
        self.exchange = exchange
    }

    /// Finds the registry and how it wants to be spoken to.
    /// - Returns: Its address.
    /// - Throws: ``RegistryFailure``.
    @discardableResult
    public func connect() throws -> RegistryURL {
        if let base = state.withLock({ $0.base }) { return base }
        var first: RegistryFailure?
        for candidate in candidates {
            do {
                let answer = try exchange.call(HTTPCall(method: "GET", url: candidate.at("/v2/")))
                answer.discard()
                // Whoever wants a login says so here; anything else is no registry, or one that speaks TLS.
                guard answer.status == 200 || answer.status == 401 else {
                    throw RegistryFailure.refused(
                        registry: name, what: "GET /v2/", status: answer.status, reason: "it is no image registry")
                }
                state.withLock { $0.base = candidate }
                return candidate
            } catch let failure as RegistryFailure {
                // A server that answers HTTP with "bad request" expects TLS: what that says is what matters.
                if case .refused(_, _, 400, _)? = first { first = failure }
                first = first ?? failure
            }
        }
        throw first ?? .unreachable(registry: name, reason: "it has no address")
    }

    /// Checks a login: asks for something that only who is known may have.
    /// - Throws: ``RegistryFailure/unauthorized(registry:what:reason:)``.
    public func logIn() throws {
        let base = try connect()
        let answer = try authorized("the login", scopes: []) { authorization in
            var call = HTTPCall(method: "GET", url: base.at("/v2/"))
            if let authorization { call.headers["Authorization"] = authorization }
            return call
        }
        answer.discard()
        guard answer.status == 200 else { throw refusal(answer.status, [], "the login") }
    }

    // MARK: Calls

    /// Makes a call on a repository, proves who asks if the registry wants to know, and follows redirects.
    ///
    /// - Parameters:
    ///   - what: What it is about, for errors: `manifest for busybox:latest`.
    ///   - actions: What is to be allowed: `pull` or `pull,push`.
    ///   - others: Further repositories that are read, for a mount.
    func call(
        _ method: String, _ path: String, repository: String, actions: String, others: [String] = [], what: String,
        headers: Headers = [:], body: HTTPCall.Body = .none
    ) throws -> HTTPAnswer {
        let base = try connect()
        let url = path.contains("://") ? RegistryURL(path) : base.at(path)
        guard let url else { throw RegistryFailure.malformed(registry: name, what: "address", problem: path) }
        let scopes = ["repository:\(repository):\(actions)"] + others.map { "repository:\($0):pull" }
        return try authorized(what, scopes: scopes) { authorization in
            var call = HTTPCall(method: method, url: url, headers: headers, body: body)
            // What is proved to one registry is no other host's business.
            if let authorization, url.host == base.host, url.port == base.port {
                call.headers["Authorization"] = authorization
            }
            return call
        }
    }

    private func authorized(
        _ what: String, scopes: [String], _ make: (String?) -> HTTPCall
    ) throws -> HTTPAnswer {
        let key = scopes.joined(separator: " ")
        let known = state.withLock { $0.authorizations[key] }
        let answer = try follow(make(known))
        guard answer.status == 401 else { return answer }
        answer.discard()
        let challenges = answer.headers.all("WWW-Authenticate").flatMap(AuthenticationChallenge.parse)
        guard let authorization = try prove(challenges, scopes: scopes, what: what) else {
            throw RegistryFailure.unauthorized(registry: name, what: what, reason: "no basic auth credentials")
        }
        state.withLock { $0.authorizations[key] = authorization }
        let second = try follow(make(authorization))
        guard second.status == 401 else { return second }
        throw refusal(401, try second.readToEnd(limit: Self.documentLimit), what)
    }

    /// Follows redirects, as registries keep their blobs elsewhere; who asks is told to the first host only.
    private func follow(_ call: HTTPCall) throws -> HTTPAnswer {
        var call = call
        for _ in 0...Self.redirectLimit {
            let answer = try exchange.call(call)
            guard [301, 302, 303, 307, 308].contains(answer.status), let location = answer.headers["Location"] else {
                return answer
            }
            answer.discard()
            guard let url = call.url.resolved(location) else {
                throw RegistryFailure.malformed(registry: name, what: "redirect", problem: location)
            }
            if url.host != call.url.host || url.port != call.url.port || url.scheme != call.url.scheme {
                call.headers["Authorization"] = nil
            }
            call.url = url
        }
        throw RegistryFailure.malformed(registry: name, what: "redirect", problem: "it leads on and on")
    }

    // MARK: Proving who asks

    private func prove(
        _ challenges: [AuthenticationChallenge], scopes: [String], what: String
    ) throws -> String? {
        if let bearer = challenges.first(where: { $0.scheme == "bearer" }), let realm = bearer.parameters["realm"] {
            return "Bearer " + (try token(realm, bearer.parameters["service"], scopes: scopes, what: what))
        }
        guard challenges.contains(where: { $0.scheme == "basic" }), let credentials, !credentials.user.isEmpty else {
            return nil
        }
        return credentials.basic
    }

    /// Gets a token for some repositories from the registry's token service (distribution specification of Docker,
    /// "Token Authentication").
    private func token(_ realm: String, _ service: String?, scopes: [String], what: String) throws -> String {
        guard var url = RegistryURL(realm) else {
            throw RegistryFailure.malformed(registry: name, what: "token service", problem: "\"\(realm)\"")
        }
        var members: [(String, String)] = []
        if let service { members.append(("service", service)) }
        var call: HTTPCall
        if let credentials, !credentials.identityToken.isEmpty {
            members += [("grant_type", "refresh_token"), ("refresh_token", credentials.identityToken)]
            members += [("client_id", "drydock"), ("scope", scopes.joined(separator: " "))]
            call = HTTPCall(method: "POST", url: url)
            call.body = .bytes(Array(Query(members).encoded.utf8), type: "application/x-www-form-urlencoded")
        } else {
            members += scopes.map { ("scope", $0) }
            if let credentials, !credentials.user.isEmpty { members.append(("account", credentials.user)) }
            url.target += (url.target.contains("?") ? "&" : "?") + Query(members).encoded
            call = HTTPCall(method: "GET", url: url)
            if let credentials, !credentials.user.isEmpty { call.headers["Authorization"] = credentials.basic }
        }
        let answer = try follow(call)
        let bytes = try answer.readToEnd(limit: Self.documentLimit)
        guard answer.status == 200 else { throw refusal(answer.status, bytes, what) }
        let document = try JSON(parsing: bytes)
        guard let token = document["token"]?.string ?? document["access_token"]?.string, !token.isEmpty,
            token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw RegistryFailure.malformed(registry: name, what: "answer of the token service", problem: "no token")
        }
        return token
    }

    // MARK: Refusals

    /// What an answer that is no success means.
    func refusal(_ status: Int, _ body: [UInt8], _ what: String) -> RegistryFailure {
        let errors = (try? JSON(parsing: body))?["errors"]?.array ?? []
        let texts = errors.compactMap { error -> String? in
            let message = error["message"]?.string ?? ""
            return message.isEmpty ? error["code"]?.string?.lowercased() : message
        }
        let reason = texts.isEmpty ? ResponseHead.standardReason(status).lowercased() : texts.joined(separator: "; ")
        switch status {
        case 401:
            return .unauthorized(
                registry: name, what: what,
                reason: credentials == nil ? reason : "incorrect username or password (\(reason))")
        case 403: return .denied(registry: name, what: what, reason: reason)
        case 404: return .notFound(registry: name, what: what, reason: reason)
        default: return .refused(registry: name, what: what, status: status, reason: reason)
        }
    }

    /// Throws unless an answer has the status that the protocol wants.
    func expect(_ statuses: Set<Int>, _ answer: HTTPAnswer, _ what: String) throws {
        if statuses.contains(answer.status) { return }
        throw refusal(answer.status, try answer.readToEnd(limit: Self.documentLimit), what)
    }
}

/// One challenge of a field `WWW-Authenticate` (RFC 9110, section 11.6.1).
struct AuthenticationChallenge: Equatable {
    /// The scheme in lower case.
    var scheme: String
    /// The parameters, their names in lower case.
    var parameters: [String: String] = [:]

    /// The challenges in a field's value.
    static func parse(_ value: String) -> [AuthenticationChallenge] {
        var found: [AuthenticationChallenge] = []
        var rest = Array(value)[...]
        func skip(_ characters: Set<Character>) {
            while let next = rest.first, characters.contains(next) { rest.removeFirst() }
        }
        func word() -> String {
            let word = rest.prefix { $0 != "=" && $0 != "," && $0 != " " && $0 != "\t" }
            rest = rest.dropFirst(word.count)
            return String(word)
        }
        while true {
            skip([" ", "\t", ","])
            let name = word()
            if name.isEmpty { return found }
            guard rest.first == "=" else {
                found.append(AuthenticationChallenge(scheme: name.lowercased()))
                continue
            }
            rest.removeFirst()
            var text = ""
            if rest.first == "\"" {
                rest.removeFirst()
                while let next = rest.popFirst(), next != "\"" {
                    text.append(next == "\\" ? rest.popFirst() ?? "\\" : next)
                }
            } else {
                text = word()
            }
            if !found.isEmpty { found[found.count - 1].parameters[name.lowercased()] = text }
        }
    }
}
