import EngineAPI
import OCI
import OrderedJSON

/// The body of a create request, fitted to Docker's shapes.
struct CreateRequest: Sendable {
    /// The reference of the image.
    let image: String
    /// `Config` and `HostConfig` with every member.
    let config: JSONObject
    let host: JSONObject
    /// `NetworkingConfig.EndpointsConfig`
    let endpoints: JSON
    /// What the image must be made for; `nil` takes it as it is.
    let platform: Platform?

    /// - Parameters:
    ///   - body: The request's body.
    ///   - platform: Such as `linux/arm64`; empty for any.
    init(_ body: JSON, platform: String? = nil) throws {
        if body.isNull {
            throw EngineFailure.invalid("config cannot be empty in order to create a container")
        }
        config = try Self.fit(body, Shape.containerConfig, Shape.optionalContainerConfig)
        host = try Self.fit(body["HostConfig"], Shape.hostConfig, Shape.optionalHostConfig)
        endpoints = body["NetworkingConfig"]?["EndpointsConfig"] ?? [:]
        image = config.text("Image")
        do { self.platform = try platform.flatMap { $0.isEmpty ? nil : try Platform($0) } } catch let error as OCIError
        {
            throw EngineFailure.invalid(error.description)
        }
    }

    /// Refuses an image that was made for another platform: as with Docker, "not found", so that a client pulls.
    func check(_ image: Image) throws {
        guard let platform, !image.config.architecture.isEmpty, !platform.accepts(image.config.platform) else { return }
        throw EngineFailure.notFound(
            "image with reference \(self.image) was found but its platform (\(image.config.platform)) does not match the "
                + "specified platform (\(platform))")
    }

    /// All members of the first shape, and those of the second that were given.
    private static func fit(_ value: JSON?, _ shape: Shape, _ optional: Shape) throws(ShapeError) -> JSONObject {
        var object = try shape.fit(value)
        for (name, value) in try optional.fit(value) where !value.isNull { object[name] = value }
        return object
    }

    /// The settings as they will hold: the request's, and where it says nothing the image's.
    struct Settings: Sendable {
        var config: JSONObject
        var host: JSONObject
    }

    /// Merges with an image's settings, by Docker's rules: a container's entry point replaces the image's command,
    /// variables and labels add up, the rest is the image's where the request is silent.
    func merged(with image: JSONObject) throws -> Settings {
        var config = config
        for name in ["User", "WorkingDir", "StopSignal"] where config.text(name).isEmpty {
            if let value = image[name], value.string?.isEmpty == false { config[name] = value }
        }
        if config.strings("Entrypoint").isEmpty {
            if config.strings("Cmd").isEmpty, let command = image["Cmd"] { config["Cmd"] = command }
            if config["Entrypoint"]?.array == nil, let entry = image["Entrypoint"] { config["Entrypoint"] = entry }
        }
        if config.strings("Entrypoint") == [""] { config["Entrypoint"] = .null }
        let given = config.strings("Env")
        let names = Set(given.map { $0.split(separator: "=", maxSplits: 1).first.map(String.init) ?? $0 })
        let inherited = image.strings("Env").filter { variable in
            !names.contains(variable.split(separator: "=", maxSplits: 1).first.map(String.init) ?? variable)
        }
        let variables = given + inherited
        config["Env"] = variables.isEmpty && config["Env"]?.array == nil ? .null : .array(variables.map { .string($0) })
        var labels = JSONObject(image.map("Labels").map { ($0.name, .string($0.value)) })
        for (name, value) in config.map("Labels") { labels[name] = .string(value) }
        config["Labels"] = .object(JSONObject(labels.sorted { $0.name < $1.name }.map { ($0.name, $0.value) }))
        for name in ["ExposedPorts", "Volumes"] {
            var members = config[name]?.object ?? [:]
            for (key, value) in image[name]?.object ?? [:] where members[key] == nil { members[key] = value }
            if !members.isEmpty { config[name] = .object(members) }
        }
        for name in ["Healthcheck", "Shell"] where config[name] == nil {
            if let value = image[name], !value.isNull { config[name] = value }
        }
        return Settings(config: config, host: completed(host))
    }

    /// The defaults that Docker's daemon fills in.
    private func completed(_ host: JSONObject) -> JSONObject {
        var host = host
        if host.number("ShmSize") == 0 { host["ShmSize"] = 67_108_864 }
        if host.text("Runtime").isEmpty { host["Runtime"] = "runc" }
        if host.text("IpcMode").isEmpty { host["IpcMode"] = "private" }
        if host.text("CgroupnsMode").isEmpty { host["CgroupnsMode"] = "host" }
        if host.text("NetworkMode").isEmpty { host["NetworkMode"] = "default" }
        if (host["LogConfig"]?["Type"]?.string ?? "").isEmpty {
            host["LogConfig"] = ["Type": "json-file", "Config": host["LogConfig"]?["Config"] ?? [:]]
        }
        if (host["RestartPolicy"]?["Name"]?.string ?? "").isEmpty {
            host["RestartPolicy"] = ["Name": "no", "MaximumRetryCount": 0]
        }
        if host.number("Memory") > 0, host.number("MemorySwap") == 0 {
            // Docker doubles without looking, so that more than half of what fits becomes negative, which means no limit.
            host["MemorySwap"] = .integer(host.number("Memory").multipliedReportingOverflow(by: 2).partialValue)
        }
        if let limit = host["PidsLimit"]?.integer, limit <= 0 { host["PidsLimit"] = .null }
        if host.number("MemorySwappiness") == -1 { host["MemorySwappiness"] = .null }
        if !host.flag("Privileged") {
            if host["MaskedPaths"]?.array == nil { host["MaskedPaths"] = .strings(LaunchPlan.maskedPaths) }
            if host["ReadonlyPaths"]?.array == nil { host["ReadonlyPaths"] = .strings(LaunchPlan.readOnlyPaths) }
        }
        return host
    }
}

extension JSON {
    /// An array of strings.
    static func strings(_ texts: some Sequence<String>) -> JSON { .array(texts.map { .string($0) }) }
}
