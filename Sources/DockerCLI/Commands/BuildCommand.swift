import EngineClient
import Glibc
import OrderedJSON
import Posix

/// `docker build`, with the engine's own builder.
enum BuildCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let parsed = context.parsed
        let isQuiet = parsed.bool("quiet")
        let build = try BuildContext.prepare(context)
        let sending = ContextProgress { if !isQuiet { context.io.print($0) } }
        // What a quiet build does not show is shown when it fails.
        var held = ""
        func complain() { if !held.isEmpty { CommandIO.write(Array(held.utf8), to: context.io.errorOutput) } }
        let stream: EngineStream
        do {
            stream = try context.stream(
                "POST", "/build", query: try query(parsed, dockerfile: build.dockerfile),
                body: .descriptor(
                    build.archive.number, contentType: "application/x-tar", sent: { sending.sent($0) }),
                headers: [try CredentialFile.buildHeader()])
        } catch {
            let line = sending.end()
            if isQuiet { held = line }
            complain()
            throw error
        }
        let progress = sending.end()
        if isQuiet { held = progress }
        let interruption = Interruption { stream.close() }
        defer { stream.close() }
        var display = ProgressDisplay(context.io.output, columns: context.columns)
        var identity = ""
        do {
            while let message = try stream.nextJSON() {
                if let id = message["aux"]?["ID"]?.string { identity = id }
                if isQuiet, let text = message["stream"]?.string { held += text } else { try display.show(message) }
            }
        } catch let failure as CommandFailure {
            complain()
            throw failure
        }
        if let code = interruption.end() { throw CommandFailure("", code: code) }
        if isQuiet {
            let shown = String(held.dropFirst(progress.count))
            context.io.print(shown)
            if identity.isEmpty { identity = shown.filter { !$0.isWhitespace } }
        }
        let file = parsed.string("iidfile")
        if !file.isEmpty {
            guard !identity.isEmpty else {
                throw CommandFailure("server did not provide an image ID. Cannot write \(file)")
            }
            // Written in place, as by Docker: it may be a device.
            try Descriptor.open(file, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o666).write(Array(identity.utf8))
        }
        return 0
    }

    private static func query(_ parsed: ParsedCommand, dockerfile: String) throws -> [(String, String)] {
        var query = parsed.strings("tag").map { ("t", $0) }
        func flag(_ name: String, _ member: String) { if parsed.bool(name) { query.append((member, "1")) } }
        flag("quiet", "q")
        flag("no-cache", "nocache")
        flag("pull", "pull")
        flag("squash", "squash")
        query.append(("rm", parsed.bool("rm") ? "1" : "0"))
        flag("force-rm", "forcerm")
        func text(_ name: String, _ member: String) {
            let value = parsed.string(name)
            if !value.isEmpty { query.append((member, value)) }
        }
        text("network", "networkmode")
        text("target", "target")
        text("cgroup-parent", "cgroupparent")
        text("platform", "platform")
        text("isolation", "isolation")
        text("cpuset-cpus", "cpusetcpus")
        text("cpuset-mems", "cpusetmems")
        for (name, member) in [("cpu-period", "cpuperiod"), ("cpu-quota", "cpuquota"), ("cpu-shares", "cpushares")] {
            if let number = parsed.int(name) { query.append((member, String(number))) }
        }
        for (name, member) in [("memory", "memory"), ("memory-swap", "memswap"), ("shm-size", "shmsize")] {
            if let number = parsed.bytes(name) { query.append((member, String(number))) }
        }
        query.append(("dockerfile", dockerfile))
        query.append(("buildargs", JSON.object(arguments(parsed.strings("build-arg"))).text()))
        query.append(("labels", KeyValue.object(parsed.strings("label")).text()))
        query.append(("cachefrom", JSON.array(parsed.strings("cache-from").map { .string($0) }).text()))
        for host in parsed.strings("add-host") { query.append(("extrahosts", host)) }
        for option in parsed.strings("security-opt") { query.append(("securityopt", option)) }
        var limits: [JSON] = []
        for limit in parsed.strings("ulimit") { limits.append(try UlimitText.parse(limit).get()) }
        if !limits.isEmpty { query.append(("ulimits", JSON.array(limits).text())) }
        query.append(("version", "1"))
        return query
    }

    /// The arguments: a name alone takes the value of the variable here, and `null` where there is none.
    private static func arguments(_ texts: [String]) -> JSONObject {
        var object = JSONObject()
        for text in texts {
            let pair = KeyValue.split(text)
            let value = pair.value ?? getenv(pair.key).map { String(cString: $0) }
            object[pair.key] = value.map { .string($0) } ?? .null
        }
        return object
    }

    /// What Docker's client says first, whatever follows, when its users chose the classic builder themselves.
    static let deprecationNotice = """
        DEPRECATED: The legacy builder is deprecated and will be removed in a future release.
                    BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0
                    environment-variable.

        """

    /// Whether `DOCKER_BUILDKIT` turns BuildKit off.
    static var isClassicChosen: Bool {
        guard let value = getenv("DOCKER_BUILDKIT").map({ String(cString: $0) }), !value.isEmpty else { return false }
        return FlagValue.bool(value) == false
    }
}
