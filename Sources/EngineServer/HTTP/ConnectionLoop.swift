import Glibc
import HTTPMessages
import Posix

/// Serves one connection: request after request, until either side ends it.
struct ConnectionLoop: Sendable {
    let connection: BufferedConnection
    let peer: Peer?
    let router: Router
    let standardHeaders: Headers
    let watch: ClientWatch
    /// Turns what a route throws into an answer.
    let translate: @Sendable (any Error) -> APIError
    let report: @Sendable (String) -> Void
    /// Told when a request begins and when it ends; answers whether the connection may go on afterwards.
    let activity: @Sendable (Activity) -> Bool

    enum Activity: Sendable { case begins, ends }

    /// What is left of a body that nobody read is read and dropped up to this many bytes, else the connection ends.
    private static let drainLimit = 256 * 1024
    /// How long a client may take to send what is dropped, in seconds.
    private static let drainSeconds = 2

    /// Runs until the connection ends.
    func run() {
        do throws(HTTPFailure) {
            while let bytes = try connection.readHead() {
                let mayKeepAlive = activity(.begins)
                defer { _ = activity(.ends) }
                let head = try RequestHead(parsing: bytes)
                guard try serve(head, mayKeepAlive: mayKeepAlive) else { return }
            }
        } catch { refuse(error) }
    }

    /// Answers one request.
    ///
    /// - Returns: Whether the connection can carry another.
    /// - Throws: ``HTTPFailure`` before anything was answered; later troubles just end the connection.
    private func serve(_ head: RequestHead, mayKeepAlive: Bool) throws(HTTPFailure) -> Bool {
        var announce: (@Sendable () throws(HTTPFailure) -> Void)?
        if head.expectsContinue {
            announce = { [connection] () throws(HTTPFailure) in
                try connection.write(ResponseHead(status: 100).encoded())
            }
        }
        let body = MessageBody(connection, framing: try head.bodyFraming(), beforeFirstRead: announce)
        let query = try Query(parsing: head.query ?? "")
        let match: Result<Router.Match, APIError>
        do throws(APIError) { match = .success(try router.match(head)) } catch { match = .failure(error) }
        let responder = Responder(
            connection, request: head, body: body, version: (try? match.get())?.version ?? router.maximumVersion,
            headers: standardHeaders, keepsAlive: head.keepsAlive && mayKeepAlive)
        do throws(any Error) {
            let match = try match.get()
            let request = Request(
                head: head, match: match, query: query, body: body, peer: peer, connection: connection, watch: watch)
            try match.route.handler(request, responder)
            // A route that says nothing says 200, as a handler of Go's server does.
            if responder.phase == .waiting { try responder.send(200) }
            try responder.finishStream()
        } catch {
            guard answer(error, responder, head) else { return false }
        }
        guard responder.phase != .hijacked, responder.keepsAlive else { return false }
        return drain(body, isAwaited: head.expectsContinue)
    }

    /// Answers with an error, if it is not too late for that.
    /// - Returns: Whether the connection is still in order.
    private func answer(_ error: any Error, _ responder: Responder, _ head: RequestHead) -> Bool {
        let isGone: Bool
        if case .transport? = error as? HTTPFailure { isGone = true } else { isGone = false }
        guard responder.phase == .waiting, !isGone else {
            // A client that goes away in the middle is no trouble of ours.
            if !isGone { report("\(head.method) \(head.path): \(error)") }
            if responder.phase != .hijacked { connection.shutDown() }
            return false
        }
        let answer: APIError
        switch error {
        case let error as APIError: answer = error
        case let error as HTTPFailure: answer = APIError(error.status, error.description)
        default: answer = translate(error)
        }
        if answer.status >= 500 { report("\(head.method) \(head.path): \(error)") }
        do {
            try responder.send(answer)
            return !(error is HTTPFailure)
        } catch { return false }
    }

    /// Reads what the route has left of the body, so that the next request starts where it should.
    private func drain(_ body: MessageBody, isAwaited: Bool) -> Bool {
        if body.isComplete { return true }
        // The client may never send what it was not told to send.
        if isAwaited && !body.wasRead { return false }
        var limit = timeval(tv_sec: Self.drainSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(connection.descriptor.number, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        defer {
            limit.tv_sec = 0
            setsockopt(connection.descriptor.number, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        }
        return (try? body.readToEnd(limit: Self.drainLimit)) != nil
    }

    /// Answers what is no request, and ends.
    private func refuse(_ error: HTTPFailure) {
        if case .transport = error { return }
        if case .truncated = error { return }
        let body = #"{"message":""# + error.description.filter { $0 != "\"" && $0 != "\\" } + "\"}\n"
        var head = ResponseHead(status: error.status, headers: standardHeaders)
        head.headers["Content-Type"] = "application/json"
        head.headers["Content-Length"] = String(body.utf8.count)
        head.headers["Connection"] = "close"
        do throws(HTTPFailure) { try connection.write(head.encoded() + body.utf8) } catch {
            report("refusing a malformed request: \(error)")
        }
    }
}
