import OrderedJSON

/// The body of the Engine API's `POST /containers/create`, made from the flags of `run` and `create`.
struct CreateRequest: Sendable {
    /// The image as the user wrote it.
    var image: String
    var config: JSONObject
    var hostConfig: JSONObject
    var endpoints: JSONObject
    /// The name of `--name`; empty lets the engine choose.
    var name: String
    var platform: String

    /// The whole body.
    var body: JSON {
        var body = config
        body["HostConfig"] = .object(hostConfig)
        body["NetworkingConfig"] = ["EndpointsConfig": .object(endpoints)]
        return .object(body)
    }

    /// Reads the flags.
    ///
    /// - Parameter terminal: The descriptor whose size a new terminal gets.
    /// - Throws: ``CommandFailure`` with the message of Docker's client and code 125.
    init(_ parsed: ParsedCommand, terminal: Int32 = 1) throws(CommandFailure) {
        image = parsed.arguments[0]
        name = parsed.string("name")
        platform = parsed.string("platform")
        let container = try ContainerSettings(parsed)
        config = container.config
        hostConfig = try HostSettings.make(parsed, container)
        if parsed.bool("tty"), let size = RawTerminal.size(of: terminal) {
            hostConfig["ConsoleSize"] = [.integer(Int64(size.rows)), .integer(Int64(size.columns))]
        }
        let networks = try NetworkSettings(parsed)
        hostConfig["NetworkMode"] = .string(networks.mode)
        endpoints = networks.endpoints
    }
}

extension JSONObject {
    /// Sets a member unless its value says nothing.
    mutating func set(_ name: String, unlessEmpty value: JSON) {
        switch value {
        case .null, .string(""), .bool(false), .integer(0), .array([]): return
        case .object(let object) where object.isEmpty: return
        default: self[name] = value
        }
    }
}

extension ParsedCommand {
    /// A flag's texts as a JSON array.
    func array(_ flag: String) -> JSON { .array(strings(flag).map { .string($0) }) }

    func integer(_ flag: String) -> JSON { .integer(int(flag) ?? 0) }

    func size(_ flag: String) -> JSON { .integer(bytes(flag) ?? 0) }
}
