import EngineClient

/// `docker cp`
///
/// Archives on the input and the output pass through as they are. Files of this machine would have to be packed and
/// unpacked here, and that is not done yet.
enum CopyCommand: DockerCommand {
    static func run(_ context: CommandContext) throws -> Int32 {
        let source = CopyEnd(context.arguments[0])
        let target = CopyEnd(context.arguments[1])
        switch (source, target) {
        case (.container, .container): throw CommandFailure("copying between containers is not supported")
        case (.local, .local): throw CommandFailure("must specify at least one container source")
        case (.container(let name, let path), .local("-")): return try send(context, name, path)
        case (.local("-"), .container(let name, let path)): return try receive(context, name, path)
        default:
            throw CommandFailure(
                """
                "docker cp" with files of this machine is not done yet: use - as the other end, which is a tar archive.
                """)
        }
    }

    private static func send(_ context: CommandContext, _ name: String, _ path: String) throws -> Int32 {
        let stream = try context.stream("GET", "/containers/\(name)/archive", query: [("path", path)])
        defer { stream.close() }
        while let bytes = try stream.read() {
            if !CommandIO.write(bytes, to: context.io.output) { return AttachedSession.brokenPipeCode }
        }
        return 0
    }

    private static func receive(_ context: CommandContext, _ name: String, _ path: String) throws -> Int32 {
        var query = [("path", path), ("noOverwriteDirNonDir", "true")]
        if context.parsed.bool("archive") { query.append(("copyUIDGID", "true")) }
        let stream = try context.stream(
            "PUT", "/containers/\(name)/archive", query: query,
            body: .descriptor(context.io.input, contentType: "application/x-tar"))
        defer { stream.close() }
        while try stream.read() != nil {}
        return 0
    }
}

/// One end of a copy: `CONTAINER:PATH`, a path on this machine, or `-`.
private enum CopyEnd {
    case container(name: String, path: String)
    case local(String)

    init(_ text: String) {
        // A path that begins with a dot or a slash is one of this machine, whatever colons it has.
        guard !text.hasPrefix("/"), !text.hasPrefix("."), let colon = text.firstIndex(of: ":"), colon > text.startIndex
        else {
            self = .local(text)
            return
        }
        self = .container(name: String(text[..<colon]), path: String(text[text.index(after: colon)...]))
    }
}
