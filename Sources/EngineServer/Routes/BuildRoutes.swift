import Engine
import Glibc
import HTTPMessages
import OCI
import OrderedJSON

/// Building images (API: Image, ImageBuild).
extension Routes {
    var builds: [Route] {
        let node = node
        return [
            Self.change(
                "POST", "/build",
                plan: { request in
                    let body = request.body
                    return try node.planBuild(try BuildQuery.read(request), context: { try body.read() ?? [] })
                }
            ) { request, responder, operation in
                let build = try BuildQuery.read(request)
                let output = BuildOutput(responder)
                let body = request.body
                do {
                    try node.buildImage(
                        build, context: { try body.read() ?? [] }, operation: operation,
                        isWanted: { request.isConnected }
                    ) { try output.send($0) }
                } catch {
                    // Before the first line an error is an ordinary one.
                    guard output.hasBegun else { throw error }
                    var detail: JSONObject = [:]
                    if let failure = error as? BuildFailure { detail["code"] = .integer(Int64(failure.code)) }
                    let message = (error as? BuildFailure)?.description ?? EngineRoutes.translate(error).message
                    detail["message"] = .string(message)
                    try output.send(["errorDetail": .object(detail), "error": .string(message)])
                }
            }
        ]
    }
}

/// The lines of a build; the answer begins with the first one.
private final class BuildOutput {
    private let responder: Responder
    private var stream: ResponseStream?

    init(_ responder: Responder) { self.responder = responder }

    var hasBegun: Bool { stream != nil }

    func send(_ line: JSON) throws {
        let stream = try self.stream ?? responder.stream(contentType: "application/json")
        self.stream = stream
        try stream.write(line.encoded() + [0x0D, 0x0A])
    }
}

/// The query of `POST /build`, as Docker's clients send it.
private enum BuildQuery {
    static func read(_ request: Request) throws -> BuildRequest {
        let query = request.query
        if query["version"] == "2" {
            throw APIError.notImplemented(
                "BuildKit is not done in Drydock's engine: build with the classic builder, DOCKER_BUILDKIT=0 docker build"
            )
        }
        if let remote = query["remote"], !remote.isEmpty, remote != "client-session" {
            throw APIError.notImplemented("building from a URL is not done yet in Drydock's engine")
        }
        var build = BuildRequest()
        build.squashes = query.flag("squash")
        build.pulls = query.flag("pull")
        build.cacheSources = try json(query["cachefrom"], "cachefrom")?.array?.compactMap(\.string) ?? []
        if let platform = query["platform"], !platform.isEmpty { build.platform = try Platform(platform) }
        build.logins = try RegistryAuthorization.readAll(request.headers["X-Registry-Config"])
        build.tags = query.all("t")
        build.dockerfile = query["dockerfile"] ?? ""
        build.target = query["target"] ?? ""
        build.ignoresCache = query.flag("nocache")
        build.isQuiet = query.flag("q")
        build.removes = query.flag("rm", default: true)
        build.alwaysRemoves = query.flag("forcerm")
        for (name, value) in try object(query["buildargs"], "buildargs") { build.arguments[name] = .some(value.string) }
        for (name, value) in try object(query["labels"], "labels") { build.labels[name] = value.string ?? "" }
        build.hostConfig = try hostConfig(query)
        return build
    }

    private static func json(_ text: String?, _ name: String) throws -> JSON? {
        guard let text, !text.isEmpty else { return nil }
        do throws(JSONError) { return try JSON(parsing: text) } catch {
            throw APIError.badRequest("\(name): invalid JSON: \(error.description)")
        }
    }

    private static func object(_ text: String?, _ name: String) throws -> JSONObject {
        try json(text, name)?.object ?? [:]
    }

    /// What the containers of RUN may use.
    private static func hostConfig(_ query: Query) throws -> JSONObject {
        var host: JSONObject = [:]
        let numbers = [
            ("memory", "Memory"), ("memswap", "MemorySwap"), ("cpushares", "CpuShares"), ("cpuperiod", "CpuPeriod"),
            ("cpuquota", "CpuQuota"), ("shmsize", "ShmSize"),
        ]
        for (member, name) in numbers {
            guard let text = query[member], !text.isEmpty else { continue }
            guard let number = Int64(text) else { throw APIError.badRequest("\(member): invalid number \"\(text)\"") }
            if number != 0 { host[name] = .integer(number) }
        }
        let texts = [
            ("cpusetcpus", "CpusetCpus"), ("cpusetmems", "CpusetMems"), ("cgroupparent", "CgroupParent"),
            ("networkmode", "NetworkMode"), ("isolation", "Isolation"),
        ]
        for (member, name) in texts {
            if let text = query[member], !text.isEmpty { host[name] = .string(text) }
        }
        let hosts = query.all("extrahosts").filter { !$0.isEmpty }
        if !hosts.isEmpty { host["ExtraHosts"] = .array(hosts.map { .string($0) }) }
        let options = query.all("securityopt").filter { !$0.isEmpty }
        if !options.isEmpty { host["SecurityOpt"] = .array(options.map { .string($0) }) }
        if let limits = try json(query["ulimits"], "ulimits"), !limits.isNull { host["Ulimits"] = limits }
        return host
    }
}
