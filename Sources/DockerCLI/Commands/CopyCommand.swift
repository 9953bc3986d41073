import Archives
import EngineClient
import Glibc
import OrderedJSON
import Posix

/// `docker cp`
enum CopyCommand: DockerCommand {
    /// Whether the words of the command name a container as the source.
    static func readsContainer(_ words: [String]) -> Bool {
        guard let first = words.first, case .container = CopyEnd(first) else { return false }
        return true
    }

    static func run(_ context: CommandContext) throws -> Int32 {
        let source = CopyEnd(context.arguments[0])
        let target = CopyEnd(context.arguments[1])
        switch (source, target) {
        case (.container, .container): throw CommandFailure("copying between containers is not supported")
        case (.local, .local): throw CommandFailure("must specify at least one container source")
        case (.container(let name, let path), .local(let local)):
            return try CopyFromContainer(context: context, container: name).run(path, to: local)
        case (.local(let local), .container(let name, let path)):
            return try CopyToContainer(context: context, container: name).run(local, to: path)
        }
    }
}

/// One end of a copy: `CONTAINER:PATH`, or a path on this machine or `-`.
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

/// What the engine says of a path in a container (header `X-Docker-Container-Path-Stat`).
private struct ContainerPath {
    var isDirectory: Bool
    var isLink: Bool
    var isRegular: Bool
    var linkTarget: String

    /// The bits of Go's `fs.FileMode` that say what a file is.
    private static let directoryBit: Int64 = 1 << 31
    private static let linkBit: Int64 = 1 << 27
    private static let typeBits: Int64 = directoryBit | linkBit | 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | 1 << 19

    init(header: String?) throws(CommandFailure) {
        guard let header, let bytes = Base64.decode(header), let json = try? JSON(parsing: bytes) else {
            throw CommandFailure("unable to decode container path stat header")
        }
        let mode = json["mode"]?.integer ?? 0
        isDirectory = mode & Self.directoryBit != 0
        isLink = mode & Self.linkBit != 0
        isRegular = mode & Self.typeBits == 0
        linkTarget = json["linkTarget"]?.string ?? ""
    }

    /// Asks the engine; `nil` when there is no such path, or no such container.
    static func look(_ context: CommandContext, _ container: String, _ path: String) throws -> ContainerPath? {
        // The version is agreed on first: the answer to HEAD has no text that could tell of one that is too new.
        try context.request("GET", "/_ping")
        do {
            let response = try context.request("HEAD", "/containers/\(container)/archive", query: [("path", path)])
            return try ContainerPath(header: response.headers["X-Docker-Container-Path-Stat"])
        } catch is EngineError {
            return nil
        }
    }
}

/// Where an archive goes, and what its first name becomes there: Docker's table of what exists and what does not.
private struct CopyPlan {
    var directory: String
    /// The name that the source's own name is replaced by; `nil` leaves it.
    var newName: String?

    init(
        source: String, sourceIsDirectory: Bool, target: String, targetExists: Bool, targetIsDirectory: Bool
    ) throws(CommandFailure) {
        let (parent, base) = LocalPath.split(target)
        switch (targetExists, targetIsDirectory) {
        case (true, true): (directory, newName) = (target, nil)
        case (true, false):
            if sourceIsDirectory { throw CommandFailure("cannot copy directory") }
            (directory, newName) = (parent, base)
        default:
            if !sourceIsDirectory, LocalPath.assertsDirectory(target) { throw CommandFailure("no such directory") }
            (directory, newName) = (parent, base)
        }
    }
}

/// What `docker cp` says at its end: how much, where to.
private enum CopySummary {
    /// Says it on the error output, unless `--quiet` or a redirected output says otherwise, as Docker's client does.
    /// - Parameter bytes: The length of the archive that carried the files.
    static func print(_ context: CommandContext, bytes: Int, to target: String) {
        let isQuiet = context.parsed.isSet("quiet") ? context.parsed.bool("quiet") : isatty(context.io.output) != 1
        if !isQuiet { context.io.complain("Successfully copied \(SizeText.human(Double(bytes))) to \(target)") }
    }
}

/// Copies from a container to this machine.
private struct CopyFromContainer {
    let context: CommandContext
    let container: String

    func run(_ path: String, to local: String) throws -> Int32 {
        if local != "-" { try checkOutput(local) }
        var source = path
        var ownName: String?
        if context.parsed.bool("follow-link"), let found = try ContainerPath.look(context, container, path),
            found.isLink
        {
            ownName = LocalPath.split(path).base
            source =
                found.linkTarget.hasPrefix("/")
                ? found.linkTarget : LocalPath.clean("\(LocalPath.split(path).directory)/\(found.linkTarget)")
        }
        let stream = try context.stream("GET", "/containers/\(container)/archive", query: [("path", source)])
        defer { stream.close() }
        if local == "-" {
            while let bytes = try stream.read() {
                if !CommandIO.write(bytes, to: context.io.output) { return AttachedSession.brokenPipeCode }
            }
            return 0
        }
        let stat = try ContainerPath(header: stream.headers["X-Docker-Container-Path-Stat"])
        let target = LocalPath.status(local, follows: true)
        let plan = try CopyPlan(
            source: source, sourceIsDirectory: stat.isDirectory, target: local, targetExists: target != nil,
            targetIsDirectory: target?.isDirectory == true)
        let newName = plan.newName ?? ownName
        let count = try unpack(stream, source: source, newName: newName, into: plan.directory)
        CopySummary.print(context, bytes: count, to: try LocalPath.absolute(local))
        return 0
    }

    /// Unpacks what comes.
    /// - Returns: How many bytes the archive had.
    private func unpack(
        _ stream: EngineStream, source: String, newName: String?, into directory: String
    ) throws -> Int {
        var count = 0
        let reader = try ArchiveReader {
            let bytes = try stream.read() ?? []
            count += bytes.count
            return bytes
        }
        let isContents = LocalPath.namesContents(source) || LocalPath.clean(source) == "/"
        var unpacker = TreeUnpacker(into: try RootedTree(at: directory), owner: .caller)
        do {
            try unpacker.unpack(reader) { path in
                guard let newName else { return path }
                if isContents { return ArchivePath(newName).appending(path) }
                let rest = path.components.dropFirst().reduce(ArchivePath("")) { $0.appending($1) }
                return ArchivePath(newName).appending(rest)
            }
        } catch let error as SystemError where error.code == EEXIST || error.code == EISDIR {
            throw CommandFailure(error.operation)
        }
        while let rest = try stream.read() { count += rest.count }
        return count
    }

    private func checkOutput(_ path: String) throws {
        let directory = Files.parent(of: LocalPath.clean(path))
        if directory != ".", LocalPath.status(directory, follows: true) == nil, errno == ENOENT {
            throw CommandFailure("invalid output path: directory \"\(directory)\" does not exist")
        }
        guard let found = LocalPath.status(path, follows: true) else { return }
        let type = found.st_mode & S_IFMT
        guard type == S_IFDIR || type == S_IFREG else {
            throw CommandFailure("invalid output path: \"\(path)\" must be a directory or a regular file")
        }
    }
}

/// Copies from this machine to a container.
private struct CopyToContainer {
    let context: CommandContext
    let container: String

    func run(_ local: String, to path: String) throws -> Int32 {
        var target = path
        var found = try ContainerPath.look(context, container, path)
        if let link = found, link.isLink {
            target =
                link.linkTarget.hasPrefix("/")
                ? link.linkTarget : LocalPath.clean("\(LocalPath.split(path).directory)/\(link.linkTarget)")
            found = try ContainerPath.look(context, container, target)
        }
        if let found, !found.isDirectory, !found.isRegular {
            throw CommandFailure("destination \"\(container):\(path)\" must be a directory or a regular file")
        }
        if local == "-" {
            guard found?.isDirectory == true else {
                throw CommandFailure("destination \"\(container):\(path)\" must be a directory")
            }
            return try send(context.io.input, to: target)
        }
        return try pack(local, to: target, found)
    }

    private func pack(_ local: String, to target: String, _ found: ContainerPath?) throws -> Int32 {
        let absolute = try LocalPath.absolute(local)
        let follows = context.parsed.bool("follow-link") || LocalPath.assertsDirectory(local)
        guard let status = LocalPath.status(absolute, follows: follows) else {
            throw CommandFailure("lstat \(absolute): \(SystemError.last("").reason.lowercased())")
        }
        let source = LocalPath.namesContents(local) ? absolute + "/." : absolute
        let plan = try CopyPlan(
            source: source, sourceIsDirectory: status.isDirectory, target: target, targetExists: found != nil,
            targetIsDirectory: found?.isDirectory == true)
        let name = plan.newName ?? LocalPath.split(source).base
        let file = try TemporaryFile.make()
        let writer = try ArchiveWriter { try file.write($0) }
        var packer = TreePacker(into: writer)
        try packer.pack(follows ? Self.resolved(absolute) : absolute, as: ArchivePath(name == "/" ? "" : name))
        try writer.finish()
        let count = lseek(file.number, 0, SEEK_CUR)
        lseek(file.number, 0, SEEK_SET)
        let code = try send(file.number, to: plan.directory)
        CopySummary.print(context, bytes: count, to: "\(container):\(target)")
        return code
    }

    /// The path with all its links followed (`realpath(3)`).
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private func send(_ descriptor: Int32, to path: String) throws -> Int32 {
        var query = [("path", path), ("noOverwriteDirNonDir", "true")]
        if context.parsed.bool("archive") { query.append(("copyUIDGID", "true")) }
        let stream = try context.stream(
            "PUT", "/containers/\(container)/archive", query: query,
            body: .descriptor(descriptor, contentType: "application/x-tar"))
        defer { stream.close() }
        while try stream.read() != nil {}
        return 0
    }
}
