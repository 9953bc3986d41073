import CLinux
import Glibc
import Posix

/// The files of a simulated container: the layers on the disk, seen one through the other as an overlay shows them
/// (kernel `overlayfs.rst`), with the machine's paths that are bound in. They are only read.
struct SimulatedRoot {
    private let layers: [String]
    private let binds: [(target: String, source: String)]
    private let made: [String: Character]

    /// The root of a mount namespace.
    init(_ mounts: SimulatedMounts) {
        layers = ([mounts.layers?.upper].compactMap { $0 }) + (mounts.layers?.lower ?? [])
        binds = mounts.binds
        made = mounts.made
    }

    /// What a path leads to.
    struct Found {
        /// Where it is in the root, without symbolic links.
        var path: String
        /// Where its bytes are on the machine; `nil` for what only the model has.
        var file: String?
        /// `d`, `-`, `l`, `c` and so on.
        var type: Character
        var mode: UInt32
        var size: Int
    }

    /// Follows a path from the root, symbolic links included.
    ///
    /// - Throws: ENOENT, ENOTDIR, ELOOP
    func find(_ path: String, followingLast: Bool = true) throws(SystemError) -> Found {
        var rest = Self.elements(path)
        var here = "/"
        var found = Found(path: "/", file: nil, type: "d", mode: 0o755, size: 0)
        var links = 0
        while !rest.isEmpty {
            let element = rest.removeFirst()
            guard found.type == "d" else { throw SystemError("opening \(path)", code: ENOTDIR) }
            if element == ".." {
                here = Files.parent(of: here)
                found = try entry(here, path)
                continue
            }
            let next = here == "/" ? "/\(element)" : "\(here)/\(element)"
            let candidate = try entry(next, path)
            if candidate.type == "l", let file = candidate.file, followingLast || !rest.isEmpty {
                links += 1
                if links > 40 { throw SystemError("opening \(path)", code: ELOOP) }
                let target = try Files.linkTarget(file)
                if target.hasPrefix("/") {
                    here = "/"
                    found = try entry("/", path)
                }
                rest = Self.elements(target) + rest
                continue
            }
            here = next
            found = candidate
        }
        return found
    }

    private static func elements(_ path: String) -> [String] {
        path.split(separator: "/").map(String.init).filter { $0 != "." }
    }

    /// What stands at a path whose parents are known to be directories.
    private func entry(_ path: String, _ asked: String) throws(SystemError) -> Found {
        if path == "/" { return Found(path: "/", file: nil, type: "d", mode: 0o755, size: 0) }
        for bind in binds where path == bind.target || path.hasPrefix(bind.target + "/") {
            if let found = Self.look(bind.source + path.dropFirst(bind.target.count), path) { return found }
            throw SystemError("opening \(asked)", code: ENOENT)
        }
        for layer in layers {
            guard let found = Self.look(layer + path, path) else { continue }
            // A character device 0/0 hides what the layers below have.
            if found.type == "w" { break }
            return found
        }
        if let type = made[path] {
            return Found(path: path, file: nil, type: type, mode: type == "d" ? 0o755 : 0o666, size: 0)
        }
        throw SystemError("opening \(asked)", code: ENOENT)
    }

    private static func look(_ file: String, _ path: String) -> Found? {
        var status = stat()
        guard lstat(file, &status) == 0 else { return nil }
        let type: Character
        switch status.st_mode & S_IFMT {
        case S_IFDIR: type = "d"
        case S_IFLNK: type = "l"
        case S_IFCHR: type = status.st_rdev == 0 ? "w" : "c"
        case S_IFBLK: type = "b"
        case S_IFIFO: type = "p"
        case S_IFSOCK: type = "s"
        default: type = "-"
        }
        return Found(path: path, file: file, type: type, mode: status.st_mode & 0o7777, size: Int(status.st_size))
    }

    /// The names in a directory, of all layers together.
    func list(_ path: String) throws(SystemError) -> [Found] {
        let directory = try find(path)
        guard directory.type == "d" else { return [directory] }
        let prefix = directory.path == "/" ? "" : directory.path
        var names: Set<String> = []
        for layer in layers { names.formUnion(((try? Files.list(layer + directory.path)) ?? []).map(\.name)) }
        for bind in binds where directory.path == bind.target || directory.path.hasPrefix(bind.target + "/") {
            let below = directory.path.dropFirst(bind.target.count)
            names.formUnion(((try? Files.list(bind.source + below)) ?? []).map(\.name))
        }
        for known in made.keys where Files.parent(of: known) == directory.path {
            names.insert(String(known.dropFirst(prefix.count + 1)))
        }
        return names.sorted().compactMap { try? find("\(prefix)/\($0)", followingLast: false) }
    }

    /// The bytes of a file.
    func read(_ path: String) throws(SystemError) -> [UInt8] {
        let found = try find(path)
        if found.type == "d" { throw SystemError("reading \(path)", code: EISDIR) }
        guard found.type == "-", let file = found.file else { return [] }
        return try Files.read(file)
    }
}
