public import Engine
public import HTTPMessages

/// What `GET /containers/json` is asked.
public struct ContainerListQuery: Sendable, Equatable {
    /// Whether containers that don't run are shown too.
    public var all: Bool
    /// Whether sizes on disk are counted.
    public var size: Bool
    /// Only the so many created last, running or not; `nil` is all.
    public var limit: Int?
    /// The filters.
    public var filters: Filters

    /// Reads the query.
    public init(_ query: Query) throws(APIError) {
        filters = try Filters(query)
        limit = try query.integer("limit").flatMap { $0 > 0 ? $0 : nil }
        all = query.flag("all")
        size = query.flag("size")
    }
}

extension LogsRequest {
    /// Reads the query of `GET /containers/{name}/logs`.
    /// - Throws: ``APIError`` 400 when neither output is asked for, or a time is none.
    public init(_ query: Query) throws(APIError) {
        self.init()
        standardOutput = query.flag("stdout")
        standardError = query.flag("stderr")
        guard standardOutput || standardError else {
            throw .badRequest("Bad parameters: you must choose at least one stream")
        }
        since = try query.moment("since").flatMap { $0 == 0 ? nil : $0 }
        until = try query.moment("until").flatMap { $0 == 0 ? nil : $0 }
        follows = query.flag("follow")
        timestamps = query.flag("timestamps")
        details = query.flag("details")
        // All lines, for `all` and for whatever else is no number.
        tail = query.text("tail").flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }
}

/// What `POST /containers/{name}/stop` and `restart` are asked.
public struct StopQuery: Sendable, Equatable {
    /// The signal to begin with; `nil` is the container's own. Clients before API 1.42 have no such wish.
    public var signal: String?
    /// Seconds until the kill; `nil` is the container's own, negative is never.
    public var timeout: Int?

    /// Reads the query.
    public init(_ query: Query, version: APIVersion) throws(APIError) {
        signal = version >= "1.42" ? query.text("signal") : nil
        timeout = try query.integer("t")
    }
}

extension Node.WaitCondition {
    /// Reads the query of `POST /containers/{name}/wait`; clients before API 1.30 have no choice.
    /// - Throws: ``APIError`` 400 for a condition that does not exist.
    public init(_ query: Query, version: APIVersion) throws(APIError) {
        guard version >= "1.30", let text = query.text("condition") else {
            self = .notRunning
            return
        }
        guard let condition = Node.WaitCondition(rawValue: text) else {
            throw .badRequest("invalid condition: \"\(text)\"")
        }
        self = condition
    }
}

/// What `POST /containers/{name}/attach` is asked.
public struct AttachQuery: Sendable, Equatable {
    /// Which streams.
    public var standardInput: Bool, standardOutput: Bool, standardError: Bool
    /// Whether what was printed before comes first.
    public var logs: Bool
    /// Whether what happens from now on is shown.
    public var stream: Bool
    /// The keys that end the connection and leave the process; `nil` are the usual ones.
    public var detachKeys: [UInt8]?

    /// Reads the query.
    /// - Throws: ``APIError`` 400 for keys that have no name.
    public init(_ query: Query) throws(APIError) {
        standardInput = query.flag("stdin")
        standardOutput = query.flag("stdout")
        standardError = query.flag("stderr")
        logs = query.flag("logs")
        stream = query.flag("stream")
        detachKeys = nil
        if let text = query.text("detachKeys") {
            guard let keys = Self.keys(text) else { throw .badRequest("Invalid detach keys (\(text)) provided") }
            detachKeys = keys
        }
    }

    /// The bytes of keys such as `ctrl-p,ctrl-q` or `a,ctrl-\`: letters with Ctrl are 1 to 26, the rest as on a
    /// terminal.
    private static func keys(_ text: String) -> [UInt8]? {
        var keys: [UInt8] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            if part.utf8.count == 1 {
                keys += part.utf8
                continue
            }
            let name = part.lowercased()
            guard name.hasPrefix("ctrl-"), name.utf8.count == 6, let key = name.utf8.last else { return nil }
            switch key {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): keys.append(key - UInt8(ascii: "a") + 1)
            case UInt8(ascii: "@"), UInt8(ascii: "[")...UInt8(ascii: "_"): keys.append(key - UInt8(ascii: "@"))
            default: return nil
            }
        }
        return keys
    }
}

/// What `DELETE /containers/{name}` is asked.
public struct RemoveContainerQuery: Sendable, Equatable {
    /// Whether a running container is killed.
    public var force: Bool
    /// Whether its anonymous volumes go too.
    public var volumes: Bool
    /// Whether only a link is removed.
    public var link: Bool

    /// Reads the query.
    public init(_ query: Query) {
        force = query.flag("force")
        volumes = query.flag("v")
        link = query.flag("link")
    }
}

/// The size of a terminal, in characters.
public struct TerminalSize: Sendable, Equatable {
    /// Rows and columns.
    public var height: UInt16, width: UInt16

    /// Reads the query of `resize`.
    public init(_ query: Query) throws(APIError) {
        height = try query.size("h")
        width = try query.size("w")
    }
}

/// What the `archive` endpoints are asked.
public struct ArchiveQuery: Sendable, Equatable {
    /// The path in the container.
    public var path: String
    /// Whether a file may not replace a directory, nor the other way round.
    public var noOverwriteDirNonDir: Bool
    /// Whether owners are kept.
    public var copyUIDGID: Bool

    /// Reads the query.
    /// - Throws: ``APIError`` 400 without a path.
    public init(_ query: Query) throws(APIError) {
        guard let path = query.text("path") else { throw .badRequest("bad parameter: pathcannot be empty") }
        self.path = path
        noOverwriteDirNonDir = query.flag("noOverwriteDirNonDir")
        copyUIDGID = query.flag("copyUIDGID")
    }
}

/// What `GET /containers/{name}/stats` is asked.
public struct StatsQuery: Sendable, Equatable {
    /// Whether values go on coming.
    public var stream: Bool
    /// Whether one sample is enough, without a second to compare with.
    public var oneShot: Bool

    /// Reads the query.
    public init(_ query: Query, version: APIVersion) {
        stream = query.flag("stream", default: true)
        oneShot = version >= "1.41" && query.flag("one-shot")
    }
}
