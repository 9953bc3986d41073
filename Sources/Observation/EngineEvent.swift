import OrderedJSON

/// One line of an engine's event stream (`GET /events`).
public struct EngineEvent: Sendable, Hashable {
    /// `container`, `image`, `network` or `volume`.
    public var type: String
    /// What happened, without what stands behind a colon: `exec_start` for `exec_start: ls -l`.
    public var action: String
    /// The identity of what it happened to: an ID, or a volume's name.
    public var id: String
    /// What else the engine says of it.
    public var attributes: [String: String]
    /// When: nanoseconds since 1970, by the engine's clock.
    public var time: Int64

    /// An event with all values given.
    public init(type: String, action: String, id: String, attributes: [String: String], time: Int64) {
        self.type = type
        self.action = action
        self.id = id
        self.attributes = attributes
        self.time = time
    }

    /// An event as the engine writes it; `nil` for a line that is none.
    public init?(_ json: JSON) {
        guard let type = json["Type"]?.string, let action = json["Action"]?.string, let actor = json["Actor"] else {
            return nil
        }
        self.type = type
        self.action = action.split(separator: ":").first.map(String.init) ?? action
        id = actor["ID"]?.string ?? ""
        attributes = [:]
        for (name, value) in actor["Attributes"]?.object ?? JSONObject() { attributes[name] = value.string }
        time = json["timeNano"]?.integer ?? 0
    }
}
