public import HTTPMessages

/// What `GET /images/json` is asked.
public struct ImageListQuery: Sendable, Equatable {
    /// Whether intermediate images are shown too.
    public var all: Bool
    /// Whether shared sizes are counted.
    public var sharedSize: Bool
    /// The filters.
    public var filters: Filters

    /// Reads the query; clients before API 1.41 may name one repository by `filter`.
    public init(_ query: Query, version: APIVersion) throws(APIError) {
        var filters = try Filters(query)
        if version < "1.41", let pattern = query.text("filter") { filters.add("reference", pattern) }
        self.filters = filters
        all = query.flag("all")
        sharedSize = version >= "1.42" && query.flag("shared-size")
    }
}

/// What `POST /images/create` is asked: to pull from a registry, or to import an archive.
public enum ImageCreateQuery: Sendable, Equatable {
    /// Pull an image.
    case pull(image: String, tag: String?, platform: String?)
    /// Make an image of an archive: its source, the name it gets, a comment, and changes as of a Dockerfile.
    case `import`(
        source: String, repository: String?, tag: String?, comment: String?, changes: [String], platform: String?)

    /// Reads the query.
    /// - Throws: ``APIError`` if it names neither an image nor a source: to Docker's daemon that is an address
    ///   without a host.
    public init(_ query: Query, version: APIVersion) throws(APIError) {
        let platform = version >= "1.32" ? query.text("platform") : nil
        if let image = query.text("fromImage") {
            self = .pull(image: image, tag: query.text("tag"), platform: platform)
        } else {
            let source = query["fromSrc"] ?? ""
            guard !source.isEmpty else { throw .failure(#"Get "http:": http: no Host in request URL"#) }
            self = .import(
                source: source, repository: query.text("repo"), tag: query.text("tag"), comment: query.text("message"),
                changes: query.all("changes"), platform: platform)
        }
    }
}

/// What `DELETE /images/{name}` is asked.
public struct RemoveImageQuery: Sendable, Equatable {
    /// Whether tags and stopped containers are no hindrance.
    public var force: Bool
    /// Whether untagged parents stay.
    public var keepsParents: Bool

    /// Reads the query.
    public init(_ query: Query) {
        force = query.flag("force")
        keepsParents = query.flag("noprune")
    }
}

/// What `POST /commit` is asked.
public struct CommitQuery: Sendable, Equatable {
    /// The container.
    public var container: String
    /// The name that the image gets.
    public var repository: String?, tag: String?
    /// What its history says.
    public var author: String, comment: String
    /// Changes as of a Dockerfile.
    public var changes: [String]
    /// Whether the container is paused meanwhile.
    public var pauses: Bool

    /// Reads the query.
    public init(_ query: Query) {
        container = query["container"] ?? ""
        repository = query.text("repo")
        tag = query.text("tag")
        author = query["author"] ?? ""
        comment = query["comment"] ?? ""
        changes = query.all("changes")
        pauses = query.flag("pause", default: true)
    }
}
