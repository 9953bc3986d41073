import OCI
import OrderedJSON

/// What each instruction does to the image's settings, and how it is told in the history: as Docker's classic builder.
extension ImageBuild {
    /// The variables that an instruction sees.
    var expansion: WordExpansion {
        var variables = arguments.values(besides: settings.env ?? [])
        for variable in settings.env ?? [] {
            let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            variables[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
        }
        return WordExpansion(escape: parser.escape, variables: variables)
    }

    private var shell: [String] {
        guard let shell = settings.shell, !shell.isEmpty else { return ["/bin/sh", "-c"] }
        return shell
    }

    /// The words of the exec form as they are, the shell form as a line for the shell.
    func command(_ line: DockerfileLine) -> [String] {
        if let words = line.jsonWords { return words }
        return line.rest.isEmpty ? [] : shell + [line.rest]
    }

    func dispatch(_ line: DockerfileLine) throws {
        switch line.name {
        case "RUN": try run(line)
        case "COPY", "ADD": try copy(line)
        case "WORKDIR": try setWorkingDirectory(line)
        default: try note(line, try change(line))
        }
    }

    /// Changes the settings.
    /// - Returns: The instruction as the history tells it.
    private func change(_ line: DockerfileLine) throws -> String {
        let expansion = expansion
        switch line.name {
        case "ENV", "LABEL": return try setPairs(line, expansion)
        case "MAINTAINER":
            author = line.rest
            return "MAINTAINER \(line.rest)"
        case "ARG":
            let pairs = try argumentPairs(line, expansion)
            for (name, value) in pairs { arguments.declare(name, value) }
            let texts = pairs.map { name, value in value.map { "\(name)=\($0)" } ?? name }
            return "ARG " + texts.joined(separator: " ")
        case "CMD":
            let words = command(line)
            settings.cmd = words
            if !words.isEmpty { hasOwnCommand = true }
            return "CMD \(Self.quoted(words))"
        case "ENTRYPOINT":
            settings.entrypoint = command(line)
            if !hasOwnCommand { settings.cmd = nil }
            return "ENTRYPOINT \(Self.quoted(settings.entrypoint ?? []))"
        case "EXPOSE":
            let ports = try expansion.words(line.rest).sorted()
            for port in ports { try expose(port) }
            return "EXPOSE \(ports.joined(separator: " "))"
        case "VOLUME":
            let paths = try (line.jsonWords ?? line.words).map { try expansion.word($0) }
            if paths.contains("") { throw EngineFailure.invalid("VOLUME specified can not be an empty string") }
            settings.volumes = Set((settings.volumes ?? []) + paths).sorted()
            return "VOLUME [\(paths.joined(separator: " "))]"
        case "USER":
            settings.user = try expansion.word(line.rest)
            return "USER \(settings.user)"
        case "STOPSIGNAL":
            let signal = try expansion.word(line.rest)
            guard Signal.number(signal) != nil else { throw EngineFailure.invalid("Invalid signal: \(signal)") }
            settings.stopSignal = signal
            return "STOPSIGNAL \(signal)"
        case "SHELL":
            settings.shell = line.jsonWords
            return "SHELL [\((line.jsonWords ?? []).joined(separator: " "))]"
        case "ONBUILD":
            settings.onBuild = (settings.onBuild ?? []) + [line.rest]
            return "ONBUILD \(line.rest)"
        case "HEALTHCHECK":
            let check = try HealthcheckText.parse(line)
            settings.healthcheck = check
            return "HEALTHCHECK \(HealthcheckText.history(check))"
        default: throw EngineFailure.invalid("unknown instruction: \(line.name)")
        }
    }

    private func setPairs(_ line: DockerfileLine, _ expansion: WordExpansion) throws -> String {
        var pairs: [(name: String, value: String)] = []
        if let given = line.documents.first, line.rest.isEmpty {
            // A label of the command line: it is taken as it is.
            pairs = [(given.name, given.content)]
        } else {
            for (name, value) in try InstructionCheck(escape: parser.escape).pairs(line) {
                pairs.append((try expansion.word(name), try expansion.word(value)))
            }
        }
        for (name, value) in pairs {
            if name.isEmpty { throw EngineFailure.invalid("\(line.name) names can not be blank") }
            if line.name == "ENV" {
                settings.set(variable: name, to: value)
            } else {
                settings.labels = (settings.labels ?? [:]).merging([name: value]) { $1 }
            }
        }
        return "\(line.name) " + pairs.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }

    /// The names of ARG with their defaults.
    func argumentPairs(_ line: DockerfileLine, _ expansion: WordExpansion) throws -> [(name: String, value: String?)] {
        try WordExpansion.split(line.rest, escape: parser.escape).map { word in
            guard let equals = word.firstIndex(of: "=") else { return (try expansion.word(word), nil) }
            if equals == word.startIndex { throw EngineFailure.invalid("ARG names can not be blank") }
            return (
                try expansion.word(String(word[..<equals])),
                try expansion.word(String(word[word.index(after: equals)...]))
            )
        }
    }

    private func expose(_ port: String) throws {
        do throws(OCIError) { try settings.apply(change: "EXPOSE \(port)") } catch {
            let text = error.description
            throw EngineFailure.invalid(text.prefix(1).uppercased() + text.dropFirst())
        }
    }

    /// A list of texts as Go prints it with `%q`.
    static func quoted(_ words: [String]) -> String {
        let texts = words.map { word in
            "\""
                + word.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
                .replacing("\t", with: "\\t") + "\""
        }
        return "[\(texts.joined(separator: " "))]"
    }

    /// The present settings with a note as their command: what stands for an instruction that runs nothing.
    func noted(_ words: [String]) -> ContainerSettings {
        var config = settings
        config.cmd = shell + words
        return config
    }

    /// Ends an instruction that changed settings only. Docker's builder makes a container for each, never started.
    private func note(_ line: DockerfileLine, _ comment: String) throws {
        let config = noted(["#(nop) ", comment])
        if try takeFromCache(line, config) { return }
        let container = try makeContainer(config)
        try commit(line, config, container: container) { nil }
    }

    private func setWorkingDirectory(_ line: DockerfileLine) throws {
        let path = try expansion.word(line.rest)
        settings.workingDir = Self.cleaned(path.hasPrefix("/") ? path : "\(settings.workingDir)/\(path)")
        let config = noted(["#(nop) WORKDIR \(settings.workingDir)"])
        if try takeFromCache(line, config) { return }
        let container = try makeContainer(config)
        if planned != nil { return try commit(line, config, container: container) { nil } }
        let copy = try LayerCopy(self)
        let target = settings.workingDir
        try commit(line, config, container: container) { try copy.makeDirectory(target) }
    }

    /// A path from the root on, without `.` and `..`.
    static func cleaned(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Makes the container of an instruction; nothing for the first one of a stage that begins with nothing.
    ///
    /// - Parameter starting: Whether it is started afterwards: a plan goes on with that.
    func makeContainer(_ config: ContainerSettings, starting: Bool = false) throws -> String {
        guard let image else {
            if isPastCache { planned?.addContainerOfNothing() }
            return ""
        }
        var body = config.json.object ?? [:]
        for name in ["Hostname", "StopTimeout"] { body[name] = nil }
        // A build's containers are not watched.
        body["Healthcheck"] = ["Test": ["NONE"]]
        body["Image"] = .string("\(image.id)")
        body["HostConfig"] = .object(request.hostConfig)
        if let planned {
            try planned.addContainer(
                body: .object(body), starts: starting, isOfNewImage: isPastCache || isOfNewImage)
            return ""
        }
        let made = try node.createContainer(name: nil, body: .object(body), operation: operation)
        intermediates.append(made.id)
        try emit(" ---> Running in \(made.id.prefix(12))\n")
        return made.id
    }
}
