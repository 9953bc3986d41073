import Engine
import EngineAPI
import HTTPMessages
import OCI
import OrderedJSON
import Posix
import Registry

/// Images that come from registries and go there (API: Image, Distribution, System auth).
extension Routes {
    var registryRoutes: [Route] {
        let node = node
        return [
            Self.change(
                "POST", "/images/{name...}/push",
                plan: { request in
                    try PushQuery.checkPlatform(request)
                    return try node.planPush(
                        try PushQuery.reference(request),
                        credentials: try RegistryAuthorization.read(request.headers["X-Registry-Auth"]))
                },
                perform: { request, responder, operation in
                    let reference = try PushQuery.reference(request)
                    let credentials = try RegistryAuthorization.read(request.headers["X-Registry-Auth"])
                    try PushQuery.checkPlatform(request)
                    let progress = ProgressStream(responder)
                    try progress.reportingLateErrors {
                        try node.pushImage(
                            reference, credentials: credentials, operation: operation,
                            isWanted: { request.isConnected }, send: progress.send)
                    }
                })
        ]
    }

    /// Pulls one tag, or all of a repository.
    func pull(
        _ image: String, tag: String?, platform: String?, _ request: Request, _ responder: Responder, operation: String
    ) throws {
        let pulls = try wantedPulls(image, tag: tag, platform: platform, request)
        let progress = ProgressStream(responder)
        try progress.reportingLateErrors {
            for pull in pulls {
                try node.pullImage(
                    pull, operation: operation, isWanted: { request.isConnected }, send: progress.send)
            }
        }
    }

    /// What a request to pull means: one image, or with no tag all that the repository has.
    func wantedPulls(
        _ image: String, tag: String?, platform: String?, _ request: Request
    ) throws -> [PullRequest] {
        let reference = try PullQuery.reference(image, tag: tag)
        let chosen = try platform.flatMap { text throws(OCIError) in try text.isEmpty ? nil : Platform(text) }
        let credentials = try RegistryAuthorization.read(request.headers["X-Registry-Auth"])
        let names =
            reference.tag == nil && reference.digest == nil
            ? try node.remoteTags(reference, credentials: credentials).map { tag throws(OCIError) in
                try reference.tagged(tag)
            } : [reference]
        return names.map { PullRequest($0, platform: chosen, credentials: credentials) }
    }
}

/// The name that `POST /images/create` asks for.
enum PullQuery {
    static func reference(_ image: String, tag: String?) throws(OCIError) -> ImageReference {
        guard let tag, !tag.isEmpty else { return try ImageReference(image) }
        let plain = try ImageReference(image)
        if tag.contains(":") { return plain.digested(try Digest(tag)) }
        return try plain.tagged(tag)
    }
}

/// The name that `POST /images/{name}/push` means.
enum PushQuery {
    static func reference(_ request: Request) throws(OCIError) -> ImageReference {
        let reference = try ImageReference(request["name"])
        guard let tag = request.query["tag"], !tag.isEmpty else { return reference }
        return try reference.tagged(tag)
    }

    /// Images here are of one platform each; another can't be pushed.
    static func checkPlatform(_ request: Request) throws {
        guard let text = request.query["platform"], !text.isEmpty else { return }
        let json = try JSON(parsing: Array(text.utf8))
        let wanted = try Platform(
            [json["os"]?.string, json["architecture"]?.string, json["variant"]?.string].compactMap { $0 }
                .filter { !$0.isEmpty }.joined(separator: "/"))
        guard wanted.accepts(.current) else {
            throw APIError.notFound(
                "image with reference \(request["name"]) was found but does not provide the specified platform (\(wanted))"
            )
        }
    }
}

/// What a client proves to a registry, in the header `X-Registry-Auth`: JSON in Base64 for URLs.
enum RegistryAuthorization {
    /// The credentials; `nil` for nobody.
    /// - Throws: ``APIError`` 400 for a header that is none.
    static func read(_ header: String?) throws(APIError) -> RegistryCredentials? {
        guard let header, !header.isEmpty else { return nil }
        guard let bytes = Base64.decode(header) else {
            throw .badRequest("invalid X-Registry-Auth header: it is not Base64")
        }
        let json: JSON
        do throws(JSONError) { json = try JSON(parsing: bytes) } catch {
            throw .badRequest("invalid X-Registry-Auth header: \(error)")
        }
        return credentials(json)
    }

    /// The logins of a build, by the names of their registries (the header `X-Registry-Config`).
    static func readAll(_ header: String?) throws(APIError) -> [String: RegistryCredentials] {
        guard let header, !header.isEmpty else { return [:] }
        guard let bytes = Base64.decode(header), let object = (try? JSON(parsing: bytes))?.object else {
            throw .badRequest("invalid X-Registry-Config header: it is not JSON in Base64")
        }
        var logins: [String: RegistryCredentials] = [:]
        for (name, value) in object {
            let isHub = name == "https://index.docker.io/v1/"
            logins[isHub ? ImageReference.defaultDomain : name] = credentials(value)
        }
        return logins
    }

    /// The credentials that a document has, as the API and Docker's files write it.
    static func credentials(_ json: JSON) -> RegistryCredentials? {
        var user = json["username"]?.string ?? ""
        var password = json["password"]?.string ?? ""
        if user.isEmpty, let text = json["auth"]?.string, let bytes = Base64.decode(text) {
            let parts = String(decoding: bytes, as: UTF8.self).split(
                separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { (user, password) = (String(parts[0]), String(parts[1])) }
        }
        let token = json["identitytoken"]?.string ?? ""
        if user.isEmpty, token.isEmpty { return nil }
        return RegistryCredentials(user: user, password: password, identityToken: token)
    }
}
