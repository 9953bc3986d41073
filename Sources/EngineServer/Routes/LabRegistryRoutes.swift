import Engine
import EngineAPI
import Glibc
import HTTPMessages
import OCI
import OrderedJSON
import Posix
import Registry

/// What is asked of registries, and the lab's own one.
extension Routes {
    var labRegistryRoutes: [Route] {
        let node = node
        return [
            Route("GET", "/images/search") { request, responder in
                let term = request.query["term"] ?? ""
                guard !term.isEmpty else { throw APIError.badRequest("the term to search for is missing") }
                let limit = request.query.text("limit").map { Int($0) ?? 0 } ?? 25
                try responder.send(
                    json: try node.searchImages(
                        term, limit: limit, filters: try Filters(request.query).values))
            },
            Self.withoutSteps("POST", "/auth") { request, responder in
                let body = try request.json() ?? .null
                guard let credentials = RegistryAuthorization.credentials(body) else {
                    throw APIError.badRequest("username and password are missing")
                }
                try node.checkLogin(credentials, server: body["serveraddress"]?.string ?? "")
                try responder.send(json: ["IdentityToken": "", "Status": "Login Succeeded"])
            },
            Route("GET", "/distribution/{name...}/json") { request, responder in
                try responder.send(
                    json: try node.inspectDistribution(
                        try ImageReference(request["name"]),
                        credentials: try RegistryAuthorization.read(request.headers["X-Registry-Auth"])))
            },
            Route("GET", "/drydock/manifests/{name...}") { request, responder in
                try responder.send(
                    json: try node.inspectManifests(
                        try ImageReference(request["name"]),
                        credentials: try RegistryAuthorization.read(request.headers["X-Registry-Auth"])))
            },
            Route("GET", DrydockAPI.registryPath) { _, responder in
                try responder.send(json: [
                    "Address": node.registryAddress.map { .string($0) } ?? .null, "Images": try node.labEntries(),
                ])
            },
            Self.withoutSteps("DELETE", DrydockAPI.registryPath) { request, responder in
                try node.removeFromRegistry(request.query["tag"] ?? "", repository: request.query["repository"] ?? "")
                try responder.send(204)
            },
            Self.withoutSteps("POST", DrydockAPI.registryAddPath) { request, responder in
                let names = try node.addToRegistry(BodySource.make(request.body))
                try responder.send(json: ["Added": .array(names.map { .string($0) })])
            },
            Self.withoutSteps("POST", DrydockAPI.registryServePath) { request, responder in
                try serve(request, responder)
            },
        ]
    }

    /// Serves the lab's registry at another address, as long as the client is connected; its answer tells of requests.
    private func serve(_ request: Request, _ responder: Responder) throws {
        guard let store = node.configuration.labRegistry else { throw APIError.notFound("this engine has no registry") }
        guard let endpoint = ListenAddress.parse(request.query["listen"] ?? "") else {
            throw APIError.badRequest("\"\(request.query["listen"] ?? "")\" is not ADDRESS:PORT")
        }
        let token = request.query.text("token")
        var configuration = RegistryServer.Configuration(
            endpoint: endpoint, access: token.map { .token($0) } ?? .readOnly)
        let lines = Monitor<[String]>([])
        configuration.log = { line in lines.withLock { if $0.count < 10_000 { $0.append(line) } } }
        let server: RegistryServer
        do throws(SystemError) { server = try RegistryServer(store, configuration) } catch {
            throw APIError(error.code == EADDRINUSE ? 409 : 500, "serving the lab's registry: \(error)")
        }
        defer { server.stop() }
        let isGone = Monitor(false)
        let watching = try request.whenClientGoes {
            isGone.withLock { $0 = true }
            lines.withLock { _ in }
        }
        defer { watching.cancel() }
        let stream = try responder.stream(contentType: "application/json")
        try stream.write(json: ["Address": .string("\(server.endpoint)")])
        while !isGone.current {
            let next = lines.wait { lines -> [String]? in
                if lines.isEmpty, !isGone.current { return nil }
                defer { lines = [] }
                return lines
            }
            for line in next ?? [] { try stream.write(json: ["Request": .string(line)]) }
        }
    }
}

/// An address to listen at, as a user writes it.
public enum ListenAddress {
    /// Reads `ADDRESS:PORT` or `[ADDRESS]:PORT`; only numbers, so that no name server is asked.
    public static func parse(_ text: String) -> TCPSocket.Endpoint? {
        let end = text.lastIndex(of: "]") ?? text.startIndex
        guard let colon = text[end...].lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon].filter { $0 != "[" && $0 != "]" }
        let name = host.isEmpty ? "0.0.0.0" : host == "localhost" ? "127.0.0.1" : host
        return (try? TCPSocket.resolve(name, port: port, isNumeric: true))?.first
    }
}
