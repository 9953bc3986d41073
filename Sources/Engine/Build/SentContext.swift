import Archives
import CLinux
import Glibc
import OCI
import Posix

/// The context that a client sent, unpacked into a directory of the build's own.
struct SentContext: Sendable {
    let tree: RootedTree
    let dockerfile: String

    private static let limit = 1 << 20

    /// Unpacks a context, reads its Dockerfile, and takes out what `.dockerignore` says the client sent only for us.
    ///
    /// - Parameter limit: How much the context's archive may grow if it is compressed.
    init(
        unpacking pull: @escaping () throws -> [UInt8], into directory: String, dockerfile name: String,
        limit: UnpackLimit
    ) throws {
        try Files.makeDirectories(directory, mode: 0o700)
        tree = try RootedTree(at: directory)
        do {
            var unpacker = TreeUnpacker(into: tree, owner: .archiveIfAllowed)
            try unpacker.unpack(try ArchiveReader(bound: UnpackBound(limit, at: directory), Self.completed(pull)))
        } catch let error as ArchiveError { throw EngineFailure.invalid("build context: \(error)") }
        let path = ArchivePath(name.isEmpty ? "Dockerfile" : name)
        if path.leadsOut { throw EngineFailure.invalid("Forbidden path outside the build context: \(name)") }
        guard let bytes = try Self.contents(of: path, in: tree) else {
            throw EngineFailure.system("Cannot locate specified Dockerfile: \(path.text)")
        }
        if bytes.isEmpty { throw EngineFailure.invalid("the Dockerfile (\(path.text)) cannot be empty") }
        dockerfile = String(decoding: bytes, as: UTF8.self)
        guard let ignored = try Self.contents(of: ".dockerignore", in: tree) else { return }
        let patterns = IgnorePatterns(parsing: String(decoding: ignored, as: UTF8.self))
        for sent in [path, ".dockerignore"] where patterns.leavesOut(sent) {
            if let parent = try tree.open(sent.parent, O_RDONLY | O_DIRECTORY) {
                try check("removing \(sent.text)") { sent.last.withCString { unlinkat(parent.number, $0, 0) } }
            }
        }
    }

    /// The contents of a file that says how to build; `nil` if there is none.
    private static func contents(of path: ArchivePath, in tree: RootedTree) throws -> [UInt8]? {
        do throws(SystemError) { return try tree.file(path)?.readToEnd(limit: limit) } catch {
            switch error.code {
            case EFBIG: throw EngineFailure.invalid("the file \(path.text) of the build context is larger than 1 MiB")
            case EINVAL, EISDIR:
                throw EngineFailure.invalid("the file \(path.text) of the build context is no regular file")
            default: throw error
            }
        }
    }
}

extension SentContext {
    /// An archive whose last block is filled up: Docker's client ends there where it has added a Dockerfile of its own,
    /// without the zeros that end an archive (`tar(5)`). That the body itself is whole, HTTP's framing has proved.
    fileprivate static func completed(_ pull: @escaping () throws -> [UInt8]) -> () throws -> [UInt8] {
        var count = 0
        var isCompleted = false
        return {
            let bytes = try pull()
            count += bytes.count
            if !bytes.isEmpty || isCompleted { return bytes }
            isCompleted = true
            return [UInt8](repeating: 0, count: (512 - count % 512) % 512 + 1024)
        }
    }
}

/// A file or directory that COPY or ADD copies.
struct CopySource: Sendable {
    let tree: RootedTree
    let path: ArchivePath
    /// Whether it is a file of an image, not of the context (COPY --from).
    var isOfImage = false
    /// Whether it came from a URL: such a file is never unpacked.
    var isFetched = false

    /// Names and kinds below a directory, sorted.
    static func children(of path: ArchivePath, in tree: RootedTree) throws -> [ArchivePath] {
        guard let directory = try tree.open(path, O_RDONLY | O_DIRECTORY) else { return [] }
        return try Files.list(directory, shown: path.text).map { path.appending(ArchivePath($0.bytes)) }.sorted()
    }

    func isDirectory() throws -> Bool { try tree.status(path, follows: true)?.isDirectory == true }

    /// `file:…` or `dir:…` with a digest of all that a copy would bring: names, modes, links, bytes; no times.
    ///
    /// It is the one that Docker's builder notes in an image's history: each entry is hashed with its tar header as text
    /// (moby, pkg/tarsum, version 1), and the entries of a directory by their sorted hashes. A symbolic link counts as
    /// what it leads to.
    func digest() throws -> String {
        guard try isDirectory() else { return "file:" + (try sum(of: path)) }
        var sums: [String] = []
        try collect(path, into: &sums)
        return "dir:" + Digest(of: Array(sums.sorted().joined(separator: ",").utf8)).hexadecimal
    }

    private func collect(_ path: ArchivePath, into sums: inout [String]) throws {
        if !path.isRoot { sums.append(try sum(of: path)) }
        guard try tree.status(path, follows: path == self.path)?.isDirectory == true else { return }
        for child in try Self.children(of: path, in: tree) { try collect(child, into: &sums) }
    }

    /// The hash of one entry. A link that leads nowhere has none: its name stands for it, or where it leads to.
    private func sum(of path: ArchivePath) throws -> String {
        guard let found = try tree.resolve(path), let status = try tree.status(found, follows: false) else {
            guard isOfImage, let target = try linkTarget(path) else { return path.text }
            let text = String(decoding: target, as: UTF8.self)
            return ArchivePath(ImageBuild.cleaned(text.hasPrefix("/") ? text : "\(path.parent.text)/\(text)")).text
        }
        var hash = SHA256()
        Array(header(found, status).utf8).withUnsafeBytes { hash.update($0) }
        if status.st_mode & S_IFMT == S_IFREG, let file = try tree.file(found) {
            while case let bytes = try file.read(upTo: 256 * 1024), !bytes.isEmpty {
                bytes.withUnsafeBytes { hash.update($0) }
            }
        }
        return hash.finish().hexadecimal
    }

    /// The beginning of an entry's hash: the members of its tar header. For a file of the context they are as Docker's
    /// client sends them: of nobody. For one of an image they are as on disk, the kind of file in the mode, root by name.
    private func header(_ path: ArchivePath, _ status: stat) -> String {
        let kind = status.st_mode & S_IFMT
        let type =
            switch kind {
            case S_IFCHR: "3"
            case S_IFBLK: "4"
            case S_IFDIR: "5"
            case S_IFIFO: "6"
            default: "0"
            }
        let device = kind == S_IFCHR || kind == S_IFBLK ? UInt64(status.st_rdev) : 0
        let (uid, gid) = isOfImage ? (status.st_uid, status.st_gid) : (0, 0)
        func name(_ id: UInt32) -> String { isOfImage && id == 0 ? "root" : "" }
        return
            "name\(path.text)\(kind == S_IFDIR ? "/" : "")mode\(isOfImage ? status.st_mode : status.st_mode & 0o7777)"
            + "uid\(uid)gid\(gid)size\(kind == S_IFREG ? status.st_size : 0)typeflag\(type)linkname"
            + "uname\(name(uid))gname\(name(gid))devmajor\(linux_major(device))devminor\(linux_minor(device))"
    }

    private func linkTarget(_ path: ArchivePath) throws -> [UInt8]? {
        guard let parent = try tree.open(path.parent, O_RDONLY | O_DIRECTORY) else { return nil }
        var target = [UInt8](repeating: 0, count: 4096)
        let count = try check("reading link \(path.text)") {
            Int32(clamping: path.last.withCString { readlinkat(parent.number, $0, &target, target.count) })
        }
        return Array(target[..<Int(count)])
    }

    /// Visits the file, or everything below the directory, by names relative to it; a file's own name is the root.
    func walk(
        asRoot: Bool,
        _ visit: (ArchiveEntry, ((UnsafeRawBufferPointer, Int64) throws -> Void) throws -> Void) throws -> Void
    ) throws {
        try walk(path, as: "", follows: asRoot, visit)
    }

    private func walk(
        _ path: ArchivePath, as name: ArchivePath, follows: Bool,
        _ visit: (ArchiveEntry, ((UnsafeRawBufferPointer, Int64) throws -> Void) throws -> Void) throws -> Void
    ) throws {
        guard let status = try tree.status(path, follows: follows) else { return }
        var entry = ArchiveEntry(
            name, .file, mode: status.st_mode & 0o7777, uid: status.st_uid, gid: status.st_gid,
            modified: Int64(status.st_mtim.tv_sec))
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            entry.kind = .directory
            if !name.isRoot { try visit(entry) { _ in } }
            for child in try Self.children(of: path, in: tree) {
                try walk(child, as: name.appending(child.last), follows: false, visit)
            }
            return
        case S_IFREG:
            entry.size = Int64(status.st_size)
            guard let file = try tree.file(path) else { return }
            try visit(entry) { send in
                var offset: Int64 = 0
                while case let bytes = try file.read(upTo: 256 * 1024), !bytes.isEmpty {
                    try bytes.withUnsafeBytes { try send($0, offset) }
                    offset += Int64(bytes.count)
                }
            }
            return
        case S_IFLNK:
            guard let target = try linkTarget(path) else { return }
            entry.kind = .symbolicLink(target)
        case S_IFCHR: entry.kind = .characterDevice(status.st_rdev)
        case S_IFBLK: entry.kind = .blockDevice(status.st_rdev)
        case S_IFIFO: entry.kind = .fifo
        default: return
        }
        try visit(entry) { _ in }
    }
}
