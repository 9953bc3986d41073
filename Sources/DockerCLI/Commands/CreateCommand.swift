import EngineClient
import OrderedJSON
import Posix

/// `docker create`
enum CreateCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let request: CreateRequest
        do throws(CommandFailure) {
            request = try CreateRequest(context.parsed, terminal: context.io.output)
            try ContainerCreation.checkPullPolicy(context.parsed)
        } catch {
            throw ContainerCreation.withHelp(error.message, "create", code: error.code)
        }
        let creation = ContainerCreation(context: context, request: request)
        context.io.printLine(try creation.create())
        return 0
    }
}

/// Makes a container, and brings its image first if that is wanted.
struct ContainerCreation {
    let context: CommandContext
    let request: CreateRequest

    /// A failure with the line that `run` and `create` end their messages with.
    static func withHelp(_ message: String, _ command: String, code: Int32) -> CommandFailure {
        CommandFailure(
            "docker: \(message)\n\nRun 'docker \(command) --help' for more information", code: code)
    }

    /// Checks `--pull`.
    static func checkPullPolicy(_ parsed: ParsedCommand) throws(CommandFailure) {
        let policy = parsed.string("pull")
        if !["always", "missing", "never"].contains(policy) {
            throw CommandFailure(
                "invalid pull option: '\(policy)': must be one of \"always\", \"missing\" or \"never\"", code: 125)
        }
    }

    /// Makes the container.
    /// - Returns: Its ID.
    func create() throws -> String {
        let idFile = context.parsed.string("cidfile")
        if !idFile.isEmpty && Files.exists(idFile) {
            throw CommandFailure(
                "container ID file found, make sure the other container isn't running or delete \(idFile)")
        }
        for address in context.parsed.strings("dns") where address.hasPrefix("127.") {
            context.io.complain("WARNING: Localhost DNS setting (--dns=\(address)) may fail in containers.")
        }
        let policy = context.parsed.string("pull")
        // An ID is no name, and what is neither is refused before the engine is asked.
        let isID =
            request.image.hasPrefix("sha256:") || request.image.count == 64 && request.image.allSatisfy(\.isHexDigit)
        let reference = isID ? nil : try ImageReference.parse(request.image).get(code: 1)
        if let complaint = PlatformText.complaint(about: request.platform) {
            throw CommandFailure("error parsing specified platform: \(complaint)")
        }
        let socket = try context.parsed.bool("use-api-socket") ? APISocket(context, request) : nil
        let body = socket?.added(to: request).body ?? request.body
        if policy == "always" { try pull(reference) }
        let response: JSON
        do {
            response = try post(body)
        } catch let error as EngineError where error.status == 404 && policy == "missing" && reference != nil {
            if !context.parsed.bool("quiet") {
                context.io.complain("Unable to find image '\(reference?.full ?? request.image)' locally")
            }
            try pull(reference)
            response = try post(body)
        }
        for warning in response["Warnings"]?.array ?? [] {
            if let text = warning.string { context.io.complain("WARNING: \(text)") }
        }
        let id = response["Id"]?.string ?? ""
        if !idFile.isEmpty, context.plan == nil { try Files.replace(idFile, with: Array(id.utf8), durable: false) }
        if context.plan == nil { try socket?.putLogins(into: id, context) }
        return id
    }

    private func post(_ body: JSON) throws -> JSON {
        var query: [(String, String)] = []
        if !request.name.isEmpty { query.append(("name", request.name)) }
        if !request.platform.isEmpty { query.append(("platform", request.platform)) }
        return try context.json("POST", "/containers/create", query: query, body: body)
    }

    private func pull(_ reference: ImageReference?) throws {
        guard let reference else { return }
        try ImagePull.run(
            context, reference, platform: request.platform,
            output: context.parsed.bool("quiet") ? nil : context.io.errorOutput)
    }
}
