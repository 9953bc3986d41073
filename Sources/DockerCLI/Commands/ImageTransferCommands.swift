import EngineClient
import Glibc
import OrderedJSON
import Posix

/// `docker load`
enum LoadCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let path = context.parsed.string("input")
        let file = path.isEmpty ? nil : try OpenedFile.read(path)
        if file == nil && context.io.readsFromTerminal {
            throw CommandFailure("requested load from stdin, but stdin is empty")
        }
        var query: [(String, String)] = []
        // Engines are quiet unless told otherwise.
        query.append(("quiet", context.parsed.bool("quiet") || !context.io.writesToTerminal ? "1" : "0"))
        if let platform = context.parsed.stringIfSet("platform") {
            query.append(("platform", PlatformText.json(platform)))
        }
        let stream = try context.stream(
            "POST", "/images/load", query: query,
            body: .descriptor(file?.number ?? context.io.input, contentType: "application/x-tar"))
        defer { stream.close() }
        var display = ProgressDisplay(context.io.output, columns: context.columns)
        try display.show(stream)
        return 0
    }
}

/// Files that commands read and write, with Docker's messages.
enum OpenedFile {
    /// Opens a file to read.
    static func read(_ path: String) throws(CommandFailure) -> Descriptor {
        do throws(SystemError) { return try Descriptor.open(path, O_RDONLY) } catch {
            throw CommandFailure("open \(path): \(error.reason.lowercased())")
        }
    }

    /// Checks that a file can be made where it is wanted, before the engine is asked for its contents.
    ///
    /// The new file is to take its name by `rename(2)`, which would take away whatever else has that name: a device
    /// such as `/dev/null` above all. Only a regular file may be there.
    static func checkDestination(_ path: String, what: String) throws(CommandFailure) {
        let directory = Files.parent(of: path)
        var status = stat()
        func refuse(_ problem: String) -> CommandFailure { CommandFailure("failed to \(what): \(problem)") }
        if stat(directory, &status) != 0 {
            let reason = SystemError.last("").reason.lowercased()
            throw refuse("invalid output path: stat \(directory): \(reason)")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw refuse("invalid output path: stat \(directory): not a directory")
        }
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw refuse("failed to stat output path: lstat \(path): \(SystemError.last("").reason.lowercased())")
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: throw refuse("cannot write to a directory")
        case S_IFLNK: throw refuse("cannot write to a symbolic link directly")
        case S_IFIFO: throw refuse("cannot write to a named pipe (FIFO)")
        case S_IFSOCK: throw refuse("cannot write to a socket")
        case S_IFCHR: throw refuse("cannot write to a character device file")
        case S_IFBLK: throw refuse("cannot write to a block device file")
        default: throw refuse("cannot write to a file with unknown mode bits")
        }
    }

    /// Writes what a stream sends into a new file, which takes its name only when it is whole.
    static func write(_ stream: EngineStream, to path: String) throws {
        let temporary = "\(path).\(getpid()).tmp"
        do {
            let file = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
            while let bytes = try stream.read() { try file.write(bytes) }
            try check("renaming \(temporary) to \(path)") { rename(temporary, path) }
        } catch {
            unlink(temporary)
            throw error
        }
    }
}

/// `docker save`
enum SaveCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        var query = context.arguments.map { ("names", $0) }
        if let platform = context.parsed.stringIfSet("platform") {
            query.append(("platform", PlatformText.json(platform)))
        }
        return try TarOutput.run(context, "/images/get", query: query, what: "save image")
    }
}

/// `docker export`
enum ExportCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        try TarOutput.run(context, "/containers/\(context.arguments[0])/export", query: [], what: "export container")
    }
}

/// Archives that go to a file or to the output.
private enum TarOutput {
    static func run(_ context: CommandContext, _ path: String, query: [(String, String)], what: String) throws -> Int32
    {
        let file = context.parsed.string("output")
        if file.isEmpty && context.io.writesToTerminal {
            throw CommandFailure("cowardly refusing to save to a terminal. Use the -o flag or redirect")
        }
        if !file.isEmpty { try OpenedFile.checkDestination(file, what: what) }
        let stream = try context.stream("GET", path, query: query)
        defer { stream.close() }
        if !file.isEmpty {
            try OpenedFile.write(stream, to: file)
            return 0
        }
        while let bytes = try stream.read() {
            if !CommandIO.write(bytes, to: context.io.output) { return 1 }
        }
        return 0
    }
}

/// `docker import`
enum ImportCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let source = context.arguments[0]
        let name = context.arguments.count > 1 ? context.arguments[1] : ""
        let isRemote = source.hasPrefix("http://") || source.hasPrefix("https://")
        let file = source == "-" || isRemote ? nil : try OpenedFile.read(source)
        var query = [("fromSrc", isRemote ? source : "-"), ("message", context.parsed.string("message"))]
        // The engine takes the repository with its tag in one.
        query.append(("repo", name))
        for change in context.parsed.strings("change") { query.append(("changes", change)) }
        if let platform = context.parsed.stringIfSet("platform") { query.append(("platform", platform)) }
        let stream = try context.stream(
            "POST", "/images/create", query: query,
            body: isRemote ? nil : .descriptor(file?.number ?? context.io.input, contentType: "application/x-tar"))
        defer { stream.close() }
        var display = ProgressDisplay(context.io.output, columns: context.columns)
        try display.show(stream)
        return 0
    }
}

/// `docker pull`
enum PullCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        var reference = try ImageReference.parse(context.arguments[0]).get(code: 1)
        let all = context.parsed.bool("all-tags")
        if all && (reference.tag != nil || reference.digest != nil) {
            throw CommandFailure("tag can't be used with --all-tags/-a")
        }
        let isQuiet = context.parsed.bool("quiet")
        if !all && reference.tag == nil && reference.digest == nil {
            reference.tag = "latest"
            if !isQuiet { context.io.printLine("Using default tag: latest") }
        }
        try ImagePull.run(
            context, reference, platform: context.parsed.string("platform"), allTags: all,
            output: isQuiet ? nil : context.io.output)
        let registry = reference.registry.isEmpty ? "docker.io" : reference.registry
        let suffix = (reference.tag.map { ":\($0)" } ?? "") + (reference.digest.map { "@\($0)" } ?? "")
        context.io.printLine("\(registry)/\(reference.path)\(suffix)")
        return 0
    }
}

/// Brings an image from a registry.
enum ImagePull {
    /// Pulls.
    /// - Parameter output: Where the progress is shown; `nil` shows none.
    static func run(
        _ context: CommandContext, _ reference: ImageReference, platform: String, allTags: Bool = false, output: Int32?
    ) throws {
        var query = [("fromImage", reference.name)]
        if !allTags { query.append(("tag", reference.digest ?? reference.tag ?? "latest")) }
        if !platform.isEmpty { query.append(("platform", platform)) }
        let stream = try context.stream(
            "POST", "/images/create", query: query,
            headers: [try CredentialFile.header(for: reference.registry)])
        let interruption = Interruption { stream.close() }
        defer { stream.close() }
        var display = ProgressDisplay(output ?? context.io.errorOutput, columns: context.columns)
        while let message = try stream.nextJSON() {
            let isError = message["error"] != nil || message["errorDetail"] != nil
            if output != nil || isError { try display.show(message) }
        }
        if let code = interruption.end() { throw CommandFailure("", code: code) }
    }
}

/// `docker push`
enum PushCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        var reference = try ImageReference.parse(context.arguments[0]).get(code: 1)
        let all = context.parsed.bool("all-tags")
        let isQuiet = context.parsed.bool("quiet")
        if all && reference.tag != nil { throw CommandFailure("tag can't be used with --all-tags/-a") }
        if !all && reference.tag == nil {
            reference.tag = "latest"
            if !isQuiet { context.io.printLine("Using default tag: latest") }
        }
        var query: [(String, String)] = []
        if let tag = reference.tag { query.append(("tag", tag)) }
        if let platform = context.parsed.stringIfSet("platform") {
            query.append(("platform", PlatformText.json(platform)))
        }
        let stream = try context.stream(
            "POST", "/images/\(reference.name)/push", query: query,
            headers: [try CredentialFile.header(for: reference.registry)])
        let interruption = Interruption { stream.close() }
        defer { stream.close() }
        var display = ProgressDisplay(context.io.output, columns: context.columns)
        while let message = try stream.nextJSON() {
            if !isQuiet || message["error"] != nil || message["errorDetail"] != nil { try display.show(message) }
        }
        if let code = interruption.end() { throw CommandFailure("", code: code) }
        if isQuiet {
            let registry = reference.registry.isEmpty ? "docker.io" : reference.registry
            context.io.printLine("\(registry)/\(reference.path)" + (reference.tag.map { ":\($0)" } ?? ""))
        }
        return 0
    }
}
