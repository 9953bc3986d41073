public import OCI
public import OrderedJSON
public import Registry

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
    /// Whether images that the build begins from are pulled even where they are here.
    public var pulls = false
    /// The platform of the images that the build begins from; `nil` for the machine's own.
    public var platform: Platform?
    /// Whether all that the build adds becomes one layer.
    public var squashes = false
    /// Images whose layers may be used again although they were built elsewhere.
    public var cacheSources: [String] = []
    /// What the user proves to registries, by their names.
    public var logins: [String: RegistryCredentials] = [:]
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
