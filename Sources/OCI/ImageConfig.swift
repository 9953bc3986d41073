public import OrderedJSON

/// An image's configuration: what it is for, what a container of it does by default, and which layers it is made of
/// (OCI image specification, "Image Configuration", with all members that Docker adds).
///
/// The digest of the stored bytes is the image's ID, so bytes that came from elsewhere are stored as they are and never
/// written again from this value. Members that are not understood are kept in ``other`` for configurations derived from
/// this one.
public struct ImageConfig: Sendable, Hashable {
    /// When the image was made.
    public var created: ImageTime?
    /// Who made it.
    public var author: String
    /// The processor it is for, in Go's words.
    public var architecture: String
    /// The processor's variant; empty for none.
    public var variant: String
    /// The operating system it is for.
    public var os: String
    /// The operating system's version; empty for none.
    public var osVersion: String
    /// What a container of it does by default.
    public var config: ContainerSettings
    /// The container it was committed from; empty for none.
    public var container: String
    /// The settings of the container it was committed from.
    public var containerConfig: ContainerSettings?
    /// The version of the engine that made it; empty if not said.
    public var dockerVersion: String
    /// What was noted at its commit; empty for nothing.
    public var comment: String
    /// The layers' diff IDs (digests of the uncompressed archives), lowest first.
    public var diffIDs: [Digest]
    /// How it came to be, oldest first.
    public var history: [History]
    /// Members that are not understood here, kept.
    public var other: JSONObject

    /// One line of an image's history.
    public struct History: Sendable, Hashable {
        /// When it was done.
        public var created: ImageTime?
        /// The command, in the builder's words.
        public var createdBy: String
        /// Who did it.
        public var author: String
        /// What was noted.
        public var comment: String
        /// Whether it made no layer.
        public var emptyLayer: Bool

        /// Records a line.
        public init(
            created: ImageTime? = nil, createdBy: String = "", author: String = "", comment: String = "",
            emptyLayer: Bool = false
        ) {
            self.created = created
            self.createdBy = createdBy
            self.author = author
            self.comment = comment
            self.emptyLayer = emptyLayer
        }
    }

    /// A configuration without layers.
    public init(platform: Platform = .current, config: ContainerSettings = ContainerSettings()) {
        created = nil
        author = ""
        architecture = platform.architecture
        variant = platform.variant
        os = platform.os
        osVersion = platform.osVersion
        self.config = config
        container = ""
        containerConfig = nil
        dockerVersion = ""
        comment = ""
        diffIDs = []
        history = []
        other = JSONObject()
    }

    /// The platform it is for.
    public var platform: Platform {
        Platform(os: os, architecture: architecture, variant: variant, osVersion: osVersion)
    }

    /// The layers' chain IDs, lowest first: the name of a layer together with all below it (OCI image specification,
    /// "Layer ChainID").
    public var chainIDs: [Digest] { Digest.chain(diffIDs) }

    private static let known: Set<String> = [
        "created", "author", "architecture", "variant", "os", "os.version", "config", "container", "container_config",
        "docker_version", "comment", "rootfs", "history",
    ]

    /// Reads a configuration.
    /// - Throws: ``OCIError/invalidDocument(what:problem:)``.
    public init(parsing bytes: [UInt8], what: String = "image configuration") throws(OCIError) {
        let members = try Members(try JSON(document: bytes, what: what), what: what)
        created = try Self.time("created", in: members)
        author = try members.string("author") ?? ""
        architecture = try members.string("architecture") ?? ""
        variant = try members.string("variant") ?? ""
        os = try members.string("os") ?? ""
        osVersion = try members.string("os.version") ?? ""
        config =
            try members.members("config").map { (settings) throws(OCIError) in try ContainerSettings(settings) }
            ?? ContainerSettings()
        container = try members.string("container") ?? ""
        containerConfig = try members.members("container_config").map { (settings) throws(OCIError) in
            try ContainerSettings(settings)
        }
        dockerVersion = try members.string("docker_version") ?? ""
        comment = try members.string("comment") ?? ""
        guard let rootfs = try members.members("rootfs") else {
            throw .invalidDocument(what: what, problem: "member \"rootfs\" is missing")
        }
        diffIDs = []
        for text in try rootfs.strings("diff_ids") ?? [] {
            do throws(OCIError) { diffIDs.append(try Digest(text)) } catch {
                throw .invalidDocument(what: what, problem: "diff ID \"\(text)\": \(error.description)")
            }
        }
        history = []
        for value in try members.array("history") ?? [] {
            let line = try Members(value, what: "\(what), history")
            history.append(
                History(
                    created: try Self.time("created", in: line), createdBy: try line.string("created_by") ?? "",
                    author: try line.string("author") ?? "", comment: try line.string("comment") ?? "",
                    emptyLayer: try line.flag("empty_layer") ?? false))
        }
        other = members.others(than: Self.known)
    }

    private static func time(_ name: String, in members: Members) throws(OCIError) -> ImageTime? {
        guard let text = try members.string(name), !text.isEmpty else { return nil }
        guard let time = ImageTime(text) else {
            throw .invalidDocument(what: members.what, problem: "member \"\(name)\" is no RFC 3339 time: \(text)")
        }
        return time
    }

    /// The configuration's bytes as Docker writes them: members sorted by name, without those that say nothing.
    public var bytes: [UInt8] {
        var object: [String: JSON] = [:]
        for (name, value) in other { object[name] = value }
        func set(_ name: String, _ text: String) { if !text.isEmpty { object[name] = .string(text) } }
        object["architecture"] = .string(architecture)
        object["os"] = .string(os)
        set("author", author)
        set("variant", variant)
        set("os.version", osVersion)
        set("container", container)
        set("docker_version", dockerVersion)
        set("comment", comment)
        if let created { object["created"] = .string(created.description) }
        object["config"] = config.json
        if let containerConfig { object["container_config"] = containerConfig.json }
        object["rootfs"] = ["type": "layers", "diff_ids": .array(diffIDs.map { .string($0.description) })]
        object["history"] = .array(history.map(\.json))
        return JSON.object(JSONObject(object.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })).encoded(.go)
    }
}

extension ImageConfig.History {
    var json: JSON {
        var object = JSONObject()
        if let created { object["created"] = .string(created.description) }
        if !author.isEmpty { object["author"] = .string(author) }
        if !createdBy.isEmpty { object["created_by"] = .string(createdBy) }
        if !comment.isEmpty { object["comment"] = .string(comment) }
        if emptyLayer { object["empty_layer"] = true }
        return .object(object)
    }
}

extension Digest {
    /// The chain IDs of layers given by their diff IDs, lowest first.
    public static func chain(_ diffIDs: [Digest]) -> [Digest] {
        var chain: [Digest] = []
        for diffID in diffIDs { chain.append(diffID.chained(onto: chain.last)) }
        return chain
    }

    /// The chain ID of a layer with this diff ID on top of another: the lowest layer's is its diff ID itself.
    public func chained(onto parent: Digest?) -> Digest {
        guard let parent else { return self }
        return Digest(of: Array("\(parent) \(self)".utf8))
    }
}
