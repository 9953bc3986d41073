public import HTTPMessages

/// What `GET /events` is asked.
public struct EventsQuery: Sendable, Equatable {
    /// From when on: nanoseconds since 1970; `nil` is now.
    public var since: Int64?
    /// Until when; `nil` is as long as the client listens.
    public var until: Int64?
    /// The filters.
    public var filters: Filters

    /// Reads the query.
    /// - Throws: ``APIError`` 400 for times that are none, or that are in the wrong order.
    public init(_ query: Query) throws(APIError) {
        since = try query.moment("since")
        until = try query.moment("until")
        if let since, let until, until < since {
            throw .badRequest(
                "`since` time (\(query["since"] ?? "")) cannot be after `until` time (\(query["until"] ?? ""))")
        }
        filters = try Filters(query)
    }
}

/// What `GET /system/df` is asked: which kinds of objects.
public struct DiskUsageQuery: Sendable, Equatable {
    /// The kinds.
    public var containers = true, images = true, volumes = true, buildCache = true

    /// Reads the query; clients before API 1.42 get everything.
    /// - Throws: ``APIError`` 400 for a kind that does not exist.
    public init(_ query: Query, version: APIVersion) throws(APIError) {
        let types = query.all("type")
        if version < "1.42" || types.isEmpty { return }
        for type in types where !["container", "image", "volume", "build-cache"].contains(type) {
            throw .badRequest("unknown object type: \(type)")
        }
        containers = types.contains("container")
        images = types.contains("image")
        volumes = types.contains("volume")
        buildCache = types.contains("build-cache")
    }
}
