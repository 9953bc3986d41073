import OrderedJSON

/// What a container is: the part of the body that Docker calls `Config`.
struct ContainerSettings {
    var config = JSONObject()
    var anonymousVolumes = JSONObject()
    var binds: [JSON] = []
    var portBindings = JSONObject()

    init(_ parsed: ParsedCommand) throws(CommandFailure) {
        let streams = Set(parsed.strings("attach").map { $0.lowercased() })
        let isInteractive = parsed.bool("interactive")
        let attachesInput = streams.isEmpty ? isInteractive : streams.contains("stdin")
        try readVolumes(parsed)
        let exposed = try readPorts(parsed)
        let image = parsed.arguments[0]
        let command = parsed.arguments.dropFirst().map { JSON.string($0) }
        config["Hostname"] = .string(parsed.string("hostname"))
        config["Domainname"] = .string(parsed.string("domainname"))
        config["User"] = .string(parsed.string("user"))
        config["AttachStdin"] = .bool(attachesInput)
        config["AttachStdout"] = .bool(streams.isEmpty || streams.contains("stdout"))
        config["AttachStderr"] = .bool(streams.isEmpty || streams.contains("stderr"))
        config.set("ExposedPorts", unlessEmpty: .object(exposed))
        config["Tty"] = .bool(parsed.bool("tty"))
        config["OpenStdin"] = .bool(isInteractive)
        config["StdinOnce"] = .bool(isInteractive && attachesInput)
        let environment = try KeyValue.environment(files: parsed.strings("env-file"), given: parsed.strings("env"))
        config["Env"] = .array(environment.map { .string($0) })
        config["Cmd"] = command.isEmpty ? .null : .array(Array(command))
        config.set("Healthcheck", unlessEmpty: try Self.healthCheck(parsed))
        config["Image"] = .string(image)
        config["Volumes"] = .object(anonymousVolumes)
        config["WorkingDir"] = .string(parsed.string("workdir"))
        config["Entrypoint"] = parsed.stringIfSet("entrypoint").map { .array([.string($0)]) } ?? .null
        config["Labels"] = try KeyValue.labels(files: parsed.strings("label-file"), given: parsed.strings("label"))
        config.set("StopSignal", unlessEmpty: .string(parsed.string("stop-signal")))
        if let seconds = parsed.int("stop-timeout") { config["StopTimeout"] = .integer(seconds) }
    }

    private mutating func readVolumes(_ parsed: ParsedCommand) throws(CommandFailure) {
        for text in parsed.strings("volume") {
            switch try VolumeText.parse(text).get() {
            case .anonymous(let path): anonymousVolumes[path] = [:]
            case .bind(let bind): if !binds.contains(.string(bind)) { binds.append(.string(bind)) }
            }
        }
    }

    private mutating func readPorts(_ parsed: ParsedCommand) throws(CommandFailure) -> JSONObject {
        var exposed = JSONObject()
        for text in parsed.strings("publish") {
            for mapping in try PortText.publish(text).get() {
                exposed[mapping.containerPort] = [:]
                var list = portBindings[mapping.containerPort]?.array ?? []
                list.append(["HostIp": .string(mapping.hostAddress), "HostPort": .string(mapping.hostPort)])
                portBindings[mapping.containerPort] = .array(list)
            }
        }
        for text in parsed.strings("expose") {
            for port in try PortText.expose(text).get() { exposed[port] = [:] }
        }
        return exposed
    }

    private static func healthCheck(_ parsed: ParsedCommand) throws(CommandFailure) -> JSON {
        let command = parsed.string("health-cmd")
        let times = ["health-interval", "health-timeout", "health-start-period", "health-start-interval"]
        let isSet = !command.isEmpty || parsed.isSet("health-retries") || times.contains { parsed.isSet($0) }
        if parsed.bool("no-healthcheck") {
            if isSet { throw CommandFailure("--no-healthcheck conflicts with --health-* options", code: 125) }
            return ["Test": ["NONE"]]
        }
        for flag in times where parsed.duration(flag) ?? 0 < 0 {
            throw CommandFailure("--\(flag) cannot be negative", code: 125)
        }
        if parsed.int("health-retries") ?? 0 < 0 {
            throw CommandFailure("--health-retries cannot be negative", code: 125)
        }
        var check = JSONObject()
        if !command.isEmpty { check["Test"] = .array(["CMD-SHELL", .string(command)]) }
        check.set("Interval", unlessEmpty: .integer(parsed.duration("health-interval") ?? 0))
        check.set("Timeout", unlessEmpty: .integer(parsed.duration("health-timeout") ?? 0))
        check.set("StartPeriod", unlessEmpty: .integer(parsed.duration("health-start-period") ?? 0))
        check.set("StartInterval", unlessEmpty: .integer(parsed.duration("health-start-interval") ?? 0))
        check.set("Retries", unlessEmpty: parsed.integer("health-retries"))
        return .object(check)
    }
}
