import Glibc
import HTTPMessages
import OCI
import OrderedJSON
import Posix

/// An answer of a registry that is no success (distribution specification, "Error Codes").
struct RegistryAnswer: Error {
    var status: Int
    var code: String
    var message: String
    var headers: Headers

    init(_ status: Int, _ code: String, _ message: String, headers: Headers = [:]) {
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
    }

    var json: JSON {
        ["errors": [["code": .string(code), "message": .string(message), "detail": .null]]]
    }

    /// What an error of the store means to a client.
    init(_ error: OCIError) {
        switch error {
        case .noSuchBlob: self.init(404, "MANIFEST_BLOB_UNKNOWN", "\(error)")
        case .digestMismatch, .sizeMismatch, .invalidDigest: self.init(400, "DIGEST_INVALID", "\(error)")
        case .invalidDocument, .unsupported: self.init(400, "MANIFEST_INVALID", "\(error)")
        case .invalidReference: self.init(400, "NAME_INVALID", "\(error)")
        case .conflict: self.init(416, "RANGE_INVALID", "\(error)")
        case .invalidParameter: self.init(404, "BLOB_UPLOAD_UNKNOWN", "\(error)")
        case .system(let cause) where cause.code == ENOSPC:
            self.init(507, "DENIED", "the registry's disk is full")
        default: self.init(500, "UNKNOWN", "\(error)")
        }
    }

    /// For what no route answered itself.
    @Sendable static func translate(_ error: any Error) -> APIError {
        switch error {
        case let error as RegistryAnswer: APIError(error.status, error.message)
        default: .failure("\(error)")
        }
    }
}

/// The OCI distribution protocol, as a routing table (distribution specification 1.1, "Endpoints").
struct RegistryRoutes: Sendable {
    let store: RegistryStore
    let guardian: PushGuard
    let log: @Sendable (String) -> Void

    var table: [Route] {
        [
            route("GET", "/v2") { request, responder in
                guard !guardian.givesTokens || guardian.isKnown(request) else {
                    throw RegistryAnswer(
                        401, "UNAUTHORIZED", "authentication required",
                        headers: ["WWW-Authenticate": guardian.challenge(request, scope: nil)])
                }
                try responder.send(json: [:])
            },
            route("GET", "/token") { request, responder in
                guard guardian.givesTokens else { throw RegistryAnswer(404, "UNSUPPORTED", "no tokens are given here") }
                guard let given = guardian.token(for: request) else {
                    throw RegistryAnswer(401, "UNAUTHORIZED", "incorrect username or password")
                }
                try responder.send(json: [
                    "token": .string(given.token), "access_token": .string(given.token),
                    "expires_in": .integer(Int64(given.seconds)),
                ])
            },
            route("GET", "/v2/_catalog") { request, responder in
                let page = try Page(store.repositories(), request)
                try responder.send(
                    json: ["repositories": .array(page.items.map { .string($0) })], headers: page.link("/v2/_catalog"))
            },
            route("GET", "/v2/{name...}/tags/list") { request, responder in
                guard let tags = store.tags(request["name"]) else { throw unknownName(request["name"]) }
                let page = try Page(tags, request)
                try responder.send(
                    json: ["name": .string(request["name"]), "tags": .array(page.items.map { .string($0) })],
                    headers: page.link("/v2/\(request["name"])/tags/list"))
            },
        ] + reading("GET") + reading("HEAD") + writing
    }

    /// A route whose errors are answered as the protocol wants them.
    private func route(
        _ method: String, _ pattern: String, _ body: @escaping @Sendable (Request, Responder) throws -> Void
    ) -> Route {
        Route(method, pattern) { request, responder in
            func answer(_ error: RegistryAnswer) throws {
                guard responder.phase == .waiting else { throw error }
                log("\(request.head.method) \(request.head.path) \(error.status)")
                try responder.send(error.status, json: error.json, headers: error.headers)
            }
            do {
                try body(request, responder)
                log("\(request.head.method) \(request.head.path)")
            } catch let error as RegistryAnswer { try answer(error) } catch let error as OCIError {
                try answer(RegistryAnswer(error))
            }
        }
    }

    private func unknownName(_ name: String) -> RegistryAnswer {
        RegistryAnswer(404, "NAME_UNKNOWN", "repository name not known to registry")
    }

    // MARK: Pulling

    private func reading(_ method: String) -> [Route] {
        [
            route(method, "/v2/{name...}/manifests/{reference}") { request, responder in
                guard let (descriptor, bytes) = try store.manifest(request["name"], request["reference"]) else {
                    throw RegistryAnswer(404, "MANIFEST_UNKNOWN", "manifest unknown")
                }
                try responder.send(
                    bytes: bytes, contentType: descriptor.mediaType,
                    headers: [
                        "Docker-Content-Digest": "\(descriptor.digest)", "Etag": "\"\(descriptor.digest)\"",
                    ])
            },
            route(method, "/v2/{name...}/blobs/{digest}") { request, responder in
                let digest = try Digest(request["digest"])
                guard let size = store.content.size(of: digest) else {
                    throw RegistryAnswer(404, "BLOB_UNKNOWN", "blob unknown to registry")
                }
                let headers: Headers = [
                    "Docker-Content-Digest": "\(digest)", "Etag": "\"\(digest)\"", "Accept-Ranges": "bytes",
                ]
                try responder.send(
                    file: try store.content.open(digest), size: size, range: request.headers["Range"],
                    contentType: "application/octet-stream", headers: headers)
            },
        ]
    }

    // MARK: Pushing

    private var writing: [Route] {
        [
            push("POST", "/v2/{name...}/blobs/uploads") { request, responder in
                let name = request["name"]
                if let text = request.query["mount"], let digest = try? Digest(text), store.content.has(digest) {
                    return try created(digest, name, responder)
                }
                let id = try store.uploads.begin()
                if let text = request.query["digest"] {
                    _ = try append(request, id, offset: nil)
                    return try finish(id, text, name, responder)
                }
                try accepted(id, count: 0, name, responder)
            },
            push("PATCH", "/v2/{name...}/blobs/uploads/{id}") { request, responder in
                let range = request.headers["Content-Range"]?.split(separator: "-").first.flatMap { Int64($0) }
                let count = try append(request, request["id"], offset: range)
                try accepted(request["id"], count: count, request["name"], responder)
            },
            push("PUT", "/v2/{name...}/blobs/uploads/{id}") { request, responder in
                guard let text = request.query["digest"] else {
                    throw RegistryAnswer(400, "DIGEST_INVALID", "the digest is missing")
                }
                _ = try append(request, request["id"], offset: nil)
                try finish(request["id"], text, request["name"], responder)
            },
            push("GET", "/v2/{name...}/blobs/uploads/{id}") { request, responder in
                guard let count = store.uploads.count(request["id"]) else {
                    throw RegistryAnswer(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
                }
                try responder.send(204, headers: progress(request["id"], count, request["name"]))
            },
            push("DELETE", "/v2/{name...}/blobs/uploads/{id}") { request, responder in
                store.uploads.cancel(request["id"])
                try responder.send(204)
            },
            push("PUT", "/v2/{name...}/manifests/{reference}") { request, responder in
                let bytes = try request.body.readToEnd(limit: RegistryStore.documentLimit)
                let type = (request.headers["Content-Type"] ?? "").prefix { $0 != ";" }
                let digest = try store.put(
                    bytes, mediaType: String(type), as: request["reference"], in: request["name"])
                try responder.send(
                    201,
                    headers: [
                        "Location": "/v2/\(request["name"])/manifests/\(digest)", "Docker-Content-Digest": "\(digest)",
                    ])
            },
            push("DELETE", "/v2/{name...}/manifests/{reference}") { _, _ in
                throw RegistryAnswer(405, "UNSUPPORTED", "the lab's registry deletes nothing")
            },
        ]
    }

    private func push(
        _ method: String, _ pattern: String, _ body: @escaping @Sendable (Request, Responder) throws -> Void
    ) -> Route {
        route(method, pattern) { request, responder in
            try guardian.checkPush(request, repository: request["name"])
            try body(request, responder)
        }
    }

    private func append(_ request: Request, _ id: String, offset: Int64?) throws(OCIError) -> Int64 {
        try store.uploads.append(id, at: offset) { () throws(OCIError) in
            do throws(HTTPFailure) { return try request.body.read() } catch {
                if case .transport(let cause) = error { throw .system(cause) }
                throw .corruptArchive(what: "upload", problem: error.description)
            }
        }
    }

    private func finish(_ id: String, _ text: String, _ name: String, _ responder: Responder) throws {
        let digest = try Digest(text)
        try store.uploads.finish(id, as: digest)
        try created(digest, name, responder)
    }

    private func created(_ digest: Digest, _ name: String, _ responder: Responder) throws {
        try responder.send(
            201, headers: ["Location": "/v2/\(name)/blobs/\(digest)", "Docker-Content-Digest": "\(digest)"])
    }

    private func accepted(_ id: String, count: Int64, _ name: String, _ responder: Responder) throws {
        try responder.send(202, headers: progress(id, count, name))
    }

    private func progress(_ id: String, _ count: Int64, _ name: String) -> Headers {
        [
            "Location": "/v2/\(name)/blobs/uploads/\(id)", "Docker-Upload-UUID": id,
            "Range": "0-\(max(0, count - 1))",
        ]
    }
}

/// A part of a list that a client asked for by `n` and `last` (distribution specification, "Listing Tags").
private struct Page {
    var items: [String]
    private var rest: (last: String, count: Int)?

    init(_ all: [String], _ request: Request) throws(RegistryAnswer) {
        let last = request.query["last"] ?? ""
        let following = all.filter { last.isEmpty || $0 > last }
        guard let text = request.query["n"] else {
            items = following
            return
        }
        guard let count = Int(text), count >= 0 else {
            throw RegistryAnswer(400, "PAGINATION_NUMBER_INVALID", "invalid number of results requested")
        }
        items = Array(following.prefix(count))
        if let end = items.last, items.count < following.count { rest = (end, count) }
    }

    func link(_ path: String) -> Headers {
        guard let rest else { return [:] }
        return ["Link": "<\(path)?\(Query([("n", "\(rest.count)"), ("last", rest.last)]).encoded)>; rel=\"next\""]
    }
}
