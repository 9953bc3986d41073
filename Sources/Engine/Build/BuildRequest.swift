import OCI
public import OrderedJSON

/// What a build is asked for: the members of `POST /build` that this builder knows.
public struct BuildRequest: Sendable {
    /// The names that the image gets.
    public var tags: [String] = []
    /// The Dockerfile's name in the context.
    public var dockerfile = "Dockerfile"
    /// Values for `ARG`; `nil` is a name without a value.
    public var arguments: [String: String?] = [:]
    /// Labels for the image.
    public var labels: [String: String] = [:]
    /// The last stage to build; empty builds all.
    public var target = ""
    /// Whether nothing is taken from the cache.
    public var ignoresCache = false
    /// Whether intermediate containers are removed after a success, and whether also after a failure.
    public var removes = true, alwaysRemoves = false
    /// Whether only the image's identity is answered.
    public var isQuiet = false
    /// `HostConfig` of the containers in which RUN runs.
    public var hostConfig: JSONObject = [:]

    /// A build of the context's Dockerfile with nothing special.
    public init() {}
}

/// A failure of an instruction after the answer has begun, with the code that the client is to end with.
public struct BuildFailure: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    public var description: String
    /// The exit code of a command of RUN.
    public var code: Int32
}
