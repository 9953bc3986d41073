import Archives
import Glibc
import OCI
import Posix

/// The context that a client sent, unpacked into a directory of the build's own.
struct SentContext: Sendable {
    let tree: RootedTree
    let dockerfile: String

    private static let limit = 1 << 20

    /// Unpacks a context, reads its Dockerfile, and takes out what `.dockerignore` says the client sent only for us.
    init(unpacking pull: @escaping () throws -> [UInt8], into directory: String, dockerfile name: String) throws {
        try Files.makeDirectories(directory, mode: 0o700)
        tree = try RootedTree(at: directory)
        do {
            var unpacker = TreeUnpacker(into: tree, owner: geteuid() == 0 ? .archive : .caller)
            try unpacker.unpack(try ArchiveReader(Self.completed(pull)))
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
    /// Whether it came from a URL: such a file is never unpacked.
    var isFetched = false

    /// Names and kinds below a directory, sorted.
    static func children(of path: ArchivePath, in tree: RootedTree) throws -> [ArchivePath] {
        guard let directory = try tree.open(path, O_RDONLY | O_DIRECTORY) else { return [] }
        return try Files.list("/proc/self/fd/\(directory.number)/.").map { path.appending(ArchivePath($0.name)) }
            .sorted()
    }

    func isDirectory() throws -> Bool { try tree.status(path, follows: true)?.isDirectory == true }

    /// `file:…` or `dir:…` with a digest of all that a copy would bring: names, modes, links, bytes; no times.
    ///
    /// It is the one that Docker's builder notes in an image's history: each entry is hashed with its tar header as text
    /// (moby, pkg/tarsum, version 1), and the entries of a directory by their sorted hashes.
    func digest() throws -> String {
        let isDirectory = try isDirectory()
        var hashes: [String] = []
        if isDirectory, !path.isRoot, let status = try tree.status(path, follows: true) {
            let own = ArchiveEntry(
                path, .directory, mode: status.st_mode & 0o7777, uid: status.st_uid, gid: status.st_gid, modified: 0)
            hashes.append(Self.header(of: own).finish().hexadecimal)
        }
        try walk(asRoot: true) { entry, data in
            var entry = entry
            entry.path = path.appending(entry.path)
            var hash = Self.header(of: entry)
            try data { bytes, _ in hash.update(bytes) }
            hashes.append(hash.finish().hexadecimal)
        }
        if !isDirectory { return "file:" + (hashes.first ?? "") }
        return "dir:" + Digest(of: Array(hashes.sorted().joined(separator: ",").utf8)).hexadecimal
    }

    /// The beginning of an entry's hash: the members of its tar header, as Docker's client sends them.
    private static func header(of entry: ArchiveEntry) -> SHA256 {
        var (type, link, name) = ("0", "", entry.path.text)
        switch entry.kind {
        case .file: break
        case .hardLink(let target): (type, link) = ("1", target.text)
        case .symbolicLink(let target): (type, link) = ("2", String(decoding: target, as: UTF8.self))
        case .characterDevice: type = "3"
        case .blockDevice: type = "4"
        case .directory: (type, name) = ("5", name + "/")
        case .fifo: type = "6"
        }
        let size = entry.kind == .file ? entry.size : 0
        let text =
            "name\(name)mode\(entry.mode)uid0gid0size\(size)typeflag\(type)linkname\(link)unamegnamedevmajor0devminor0"
        var hash = SHA256()
        Array(text.utf8).withUnsafeBytes { hash.update($0) }
        return hash
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
            guard let parent = try tree.open(path.parent, O_RDONLY | O_DIRECTORY) else { return }
            var target = [UInt8](repeating: 0, count: 4096)
            let count = try check("reading link \(path.text)") {
                Int32(clamping: path.last.withCString { readlinkat(parent.number, $0, &target, target.count) })
            }
            entry.kind = .symbolicLink(Array(target[..<Int(count)]))
        case S_IFCHR: entry.kind = .characterDevice(status.st_rdev)
        case S_IFBLK: entry.kind = .blockDevice(status.st_rdev)
        case S_IFIFO: entry.kind = .fifo
        default: return
        }
        try visit(entry) { _ in }
    }
}
