import Archives
import Glibc
import Posix

/// What `docker build` sends: an archive of the context, and the name that the Dockerfile has in it.
struct BuildContext {
    /// The archive, from its beginning.
    var archive: Descriptor
    /// Its size in bytes.
    var size: Int64
    /// The Dockerfile's name in it.
    var dockerfile: String

    private static let defaultName = "Dockerfile"

    /// Prepares the context that the arguments mean: a directory, or `-` for an archive or a Dockerfile on the input.
    static func prepare(_ context: CommandContext) throws -> BuildContext {
        let path = context.arguments[0]
        let file = context.parsed.string("file")
        if path == "-" {
            if file == "-" {
                throw CommandFailure("invalid argument: can't use stdin for both build context and dockerfile")
            }
            return try fromInput(Descriptor(owning: fcntl(context.io.input, F_DUPFD_CLOEXEC, 3)), file: file)
        }
        if ["http://", "https://", "git://", "github.com/", "git@"].contains(where: path.hasPrefix) {
            throw CommandFailure("\"docker build\" of a URL is not done yet: give a directory, or - for an archive.")
        }
        guard let status = LocalPath.status(path, follows: true), status.isDirectory else {
            throw CommandFailure("unable to prepare context: path \"\(path)\" not found")
        }
        return try fromDirectory(
            path, file: file, input: context.io.input, compresses: context.parsed.bool("compress"))
    }

    // MARK: A directory

    private static func fromDirectory(
        _ path: String, file: String, input: Int32, compresses: Bool
    ) throws -> BuildContext {
        let root = try LocalPath.absolute(path)
        if file == "-" {
            let text = try Descriptor(owning: fcntl(input, F_DUPFD_CLOEXEC, 3)).readToEnd()
            // A name that no file of the context has, and that the context itself leaves out.
            let name = ".dockerfile." + String(UInt64.random(in: 0 ... .max), radix: 16)
            return try packed(root, dockerfile: name, generated: text, compresses: compresses)
        }
        var dockerfile = file.isEmpty ? defaultName : file
        if file.isEmpty, LocalPath.status("\(root)/\(defaultName)", follows: false) == nil,
            LocalPath.status("\(root)/dockerfile", follows: false) != nil
        {
            dockerfile = "dockerfile"
        }
        let absolute = try file.isEmpty ? "\(root)/\(dockerfile)" : LocalPath.absolute(file)
        guard LocalPath.status(absolute, follows: true) != nil else {
            let reason = SystemError.last("").reason.lowercased()
            throw CommandFailure(
                "unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat \(absolute): \(reason)"
            )
        }
        guard absolute.hasPrefix(root == "/" ? "/" : root + "/") else {
            // A Dockerfile from elsewhere is sent along under a name of its own.
            let name = ".dockerfile." + String(UInt64.random(in: 0 ... .max), radix: 16)
            return try packed(root, dockerfile: name, generated: try Files.read(absolute), compresses: compresses)
        }
        let relative = String(absolute.dropFirst(root == "/" ? 1 : root.count + 1))
        return try packed(root, dockerfile: relative, generated: nil, compresses: compresses)
    }

    private static func packed(
        _ root: String, dockerfile: String, generated: [UInt8]?, compresses: Bool
    ) throws -> BuildContext {
        let ignoreFile = "\(root)/.dockerignore"
        let text = Files.exists(ignoreFile) ? try Files.text(ignoreFile) : ""
        let patterns = IgnorePatterns(parsing: text)
        // The engine needs both; it takes them out of the context where the patterns say so.
        let needed: Set<ArchivePath> = [".dockerignore", ArchivePath(dockerfile)]
        let output = try TemporaryFile.make()
        let writer = try ArchiveWriter(compresses: compresses) { try output.write($0) }
        var packer = TreePacker(into: writer) { path, isDirectory in
            if generated != nil, path == ".dockerignore" { return .leftOut }
            if needed.contains(path) || !patterns.leavesOut(path) { return .packed }
            if !isDirectory { return .leftOut }
            let holdsNeeded = needed.contains { $0.text.hasPrefix(path.text + "/") }
            return patterns.hasExceptions || holdsNeeded ? .leftOut : .leftOutWhole
        }
        try packer.pack(root, as: "")
        if let generated {
            try writer.add(ArchiveEntry(ArchivePath(dockerfile), .file, mode: 0o600), generated)
            let ignored = text + (text.isEmpty || text.hasSuffix("\n") ? "" : "\n") + ".dockerignore\n\(dockerfile)\n"
            try writer.add(ArchiveEntry(".dockerignore", .file), Array(ignored.utf8))
        }
        try writer.finish()
        return try finished(output, dockerfile: dockerfile)
    }

    // MARK: The input

    private static func fromInput(_ input: Descriptor, file: String) throws -> BuildContext {
        var head: [UInt8] = []
        while head.count < 512 {
            let piece = try input.read(upTo: 512 - head.count)
            if piece.isEmpty { break }
            head += piece
        }
        let output = try TemporaryFile.make()
        if ArchiveReader.recognises(head) {
            try output.write(head)
            while case let piece = try input.read(upTo: 65536), !piece.isEmpty { try output.write(piece) }
            return try finished(output, dockerfile: file.isEmpty ? defaultName : file)
        }
        let writer = try ArchiveWriter { try output.write($0) }
        try writer.add(ArchiveEntry(ArchivePath(defaultName), .file, mode: 0o600), head + (try input.readToEnd()))
        try writer.finish()
        return try finished(output, dockerfile: defaultName)
    }

    private static func finished(_ output: Descriptor, dockerfile: String) throws(SystemError) -> BuildContext {
        let size = lseek(output.number, 0, SEEK_END)
        try check("rewinding the context") { Int32(clamping: lseek(output.number, 0, SEEK_SET)) }
        return BuildContext(archive: output, size: Int64(size), dockerfile: dockerfile)
    }
}
