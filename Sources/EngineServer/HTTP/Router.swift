import HTTPMessages

/// One line of the routing table.
public struct Route: Sendable {
    /// Answers a request. It runs on the connection's own thread and may block; what it throws becomes the answer.
    public typealias Handler = @Sendable (Request, Responder) throws -> Void

    /// The method.
    public let method: String
    /// The path after the version: `/containers/{name}/json`. `{name...}` stands for one or more segments, because
    /// the names of images and networks hold slashes.
    public let pattern: String
    /// The API version that brought the endpoint.
    public let minimumVersion: APIVersion?
    let handler: Handler
    private let segments: [Segment]
    private let hasRest: Bool

    private enum Segment: Sendable {
        case literal(Substring)
        case parameter(String)
        case rest(String)
    }

    /// A route.
    ///
    /// - Parameters:
    ///   - method: `GET`, `POST`, …
    ///   - pattern: The path's pattern.
    ///   - minimumVersion: The version that brought the endpoint; older clients get a 400.
    ///   - handler: What answers.
    public init(
        _ method: String, _ pattern: String, since minimumVersion: APIVersion? = nil, _ handler: @escaping Handler
    ) {
        self.method = method
        self.pattern = pattern
        self.minimumVersion = minimumVersion
        self.handler = handler
        segments = pattern.split(separator: "/").map { segment in
            guard segment.hasPrefix("{"), segment.hasSuffix("}") else { return .literal(segment) }
            let name = segment.dropFirst().dropLast()
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .parameter(String(name))
        }
        hasRest = pattern.contains("...}")
    }

    /// The values of the pattern's parameters, if the path fits.
    fileprivate func match(_ path: [Substring]) -> [String: String]? {
        guard let rest = lengthOfRest(in: path) else { return nil }
        var parameters: [String: String] = [:]
        var index = 0
        for segment in segments {
            switch segment {
            case .literal: index += 1
            case .parameter(let name):
                parameters[name] = String(path[index])
                index += 1
            case .rest(let name):
                parameters[name] = path[index..<index + rest].joined(separator: "/")
                index += rest
            }
        }
        return parameters
    }

    /// How many segments `{name...}` stands for (0 in a pattern without); `nil` if the path does not fit.
    private func lengthOfRest(in path: [Substring]) -> Int? {
        let surplus = path.count - segments.count
        guard hasRest ? surplus >= 0 : surplus == 0 else { return nil }
        var index = 0
        var rest = 0
        for segment in segments {
            switch segment {
            case .literal(let text):
                guard path[index] == text else { return nil }
                index += 1
            case .parameter:
                guard !path[index].isEmpty else { return nil }
                index += 1
            case .rest:
                rest = surplus + 1
                index += rest
            }
        }
        return rest
    }
}

/// Finds the handler of a request: the first route of the table that fits.
public struct Router: Sendable {
    /// The oldest API version that is understood.
    public let minimumVersion: APIVersion
    /// The newest, which requests without a version get.
    public let maximumVersion: APIVersion
    /// Whether paths may begin with a version of the API.
    let isVersioned: Bool
    /// By method, then by the first segment of the path, which is never a parameter.
    private let routes: [String: [Substring: [Route]]]

    /// What a request's path says.
    struct Match: Sendable {
        var route: Route
        var version: APIVersion
        var parameters: [String: String]
    }

    /// A router of the given table.
    public init(
        _ routes: [Route], minimumVersion: APIVersion = "1.24", maximumVersion: APIVersion = "1.47",
        isVersioned: Bool = true
    ) {
        self.isVersioned = isVersioned
        self.minimumVersion = minimumVersion
        self.maximumVersion = maximumVersion
        self.routes = Dictionary(grouping: routes) { $0.method }.mapValues { routes in
            Dictionary(grouping: routes) { $0.pattern.split(separator: "/").first ?? "" }
        }
    }

    /// Finds the route of a request.
    /// - Throws: ``APIError`` with Docker's texts: 404 `page not found` where none fits, 400 for a version that is
    ///   too old or too new.
    func match(_ head: RequestHead) throws(APIError) -> Match {
        guard let path = PercentEncoding.decode(head.path) else { throw .badRequest("invalid URL escape in the path") }
        // A doubled slash counts once, as with Docker: names are shown as "/web" and pasted as such.
        var segments = path.split(separator: "/")
        if path.hasSuffix("/"), isVersioned { segments.append("") }
        var asked: Substring?
        if isVersioned, let first = segments.first, first.count > 1, first.hasPrefix("v"),
            first.dropFirst().allSatisfy({ $0 == "." || $0.isASCII && $0.isNumber })
        {
            asked = first.dropFirst()
            segments.removeFirst()
        }
        for route in routes[head.method]?[segments.first ?? ""] ?? [] {
            guard let parameters = route.match(segments) else { continue }
            let version = asked.map { APIVersion($0) } ?? maximumVersion
            if version < minimumVersion {
                throw .badRequest(
                    "client version \(asked ?? "") is too old. Minimum supported API version is \(minimumVersion), "
                        + "please upgrade your client to a newer version")
            }
            if version > maximumVersion {
                throw .badRequest(
                    "client version \(asked ?? "") is too new. Maximum supported API version is \(maximumVersion)")
            }
            if let minimum = route.minimumVersion, version < minimum {
                throw .badRequest("\(route.method) \(route.pattern) requires minimum API version \(minimum)")
            }
            return Match(route: route, version: version, parameters: parameters)
        }
        throw .notFound("page not found")
    }
}
