import Archives
import EngineAPI
import Glibc
import Kernel
import OrderedJSON
import Posix
import Steps

/// A path of a container's tree, resolved as its processes would resolve it, whether there are any or not.
struct ContainerFiles {
    /// The tree that holds the path: the container's own, or a volume of one that does not run.
    let tree: RootedTree
    /// The path in that tree.
    let path: ArchivePath
    /// The path in the container, tidied up.
    let shown: String
    /// Whether the text ended in `/` or `/.`: then a symbolic link at the end is followed.
    let meansDirectory: Bool
    /// The mount point that the path lies in.
    let mount: MountPoint?

    /// What `docker cp` calls it in an archive.
    var name: String {
        shown == "/" ? "/" : String(shown.split(separator: "/").last ?? "")
    }

    /// What is at the path (`lstat(2)`, or `stat(2)` for a path that means a directory); `nil` for nothing.
    func status() throws -> stat? {
        guard let found = try tree.status(path, follows: meansDirectory) else { return nil }
        return meansDirectory && !found.isDirectory ? nil : found
    }

    /// The object that `X-Docker-Container-Path-Stat` carries, as base64 of its JSON.
    func description(_ status: stat) throws -> JSON {
        var object: JSONObject = ["name": .string(name), "size": .integer(Int64(status.st_size))]
        object["mode"] = .integer(Int64(Self.goMode(status.st_mode)))
        let nanoseconds = Timestamp.nanoseconds(
            seconds: Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec))
        object["mtime"] = .string(nanoseconds == 0 ? "1970-01-01T00:00:00Z" : Timestamp.text(nanoseconds))
        object["linkTarget"] = .string(try linkTarget(status))
        return .object(object)
    }

    /// Where a symbolic link leads in the container, after all links behind it.
    private func linkTarget(_ status: stat) throws -> String {
        var status = status
        var place = shown
        var inTree = path
        var isLink = false
        // As many links in a row as the kernel follows.
        for _ in 0..<40 where status.st_mode & S_IFMT == S_IFLNK {
            isLink = true
            guard let parent = try tree.open(inTree.parent, Self.pathOnly | O_DIRECTORY) else { break }
            var target = [UInt8](repeating: 0, count: 4096)
            let count = inTree.last.withCString { readlinkat(parent.number, $0, &target, target.count) }
            guard count > 0 else { break }
            let text = String(decoding: target[..<count], as: UTF8.self)
            place = BindMount.clean(text.hasPrefix("/") ? text : Files.parent(of: place) + "/" + text)
            inTree = ArchivePath(place)
            guard let next = try tree.status(inTree, follows: false) else { break }
            status = next
        }
        return isLink ? place : ""
    }

    /// O_PATH, which Swift's Glibc leaves out.
    static let pathOnly: Int32 = 0o10000000

    /// Mode bits as Go's `os.FileMode` has them.
    private static func goMode(_ mode: mode_t) -> UInt32 {
        var bits = UInt32(mode & 0o777)
        switch mode & S_IFMT {
        case S_IFDIR: bits |= 1 << 31
        case S_IFLNK: bits |= 1 << 27
        case S_IFBLK: bits |= 1 << 26
        case S_IFCHR: bits |= 1 << 26 | 1 << 21
        case S_IFIFO: bits |= 1 << 25
        case S_IFSOCK: bits |= 1 << 24
        default: break
        }
        if mode & S_ISUID != 0 { bits |= 1 << 23 }
        if mode & S_ISGID != 0 { bits |= 1 << 22 }
        if mode & S_ISVTX != 0 { bits |= 1 << 20 }
        return bits
    }
}

extension Node {
    /// Gives a body access to a path of a container's tree. One that does not run is kept from starting meanwhile.
    func withFiles<Result>(
        of container: Container, at path: String, _ body: (ContainerFiles) throws -> Result
    ) throws -> Result {
        try ZeroBytes.refuse(in: path, "path")
        guard kernel.profile.kind == .linux else {
            throw EngineFailure(status: 501, "files can't be copied in the simulated kernel: there is no tree")
        }
        if let running = container.life.current.running,
            let root = try? Descriptor.open("/proc/\(running.process.pid)/root", O_RDONLY | O_DIRECTORY),
            // Its number may mean another process by now, but not while it has not ended.
            !running.process.hasEnded
        {
            return try body(files(path, in: RootedTree(root), of: container, isRunning: true))
        }
        return try container.lifecycle.withLock { _ in
            if container.life.current.isRemoved { throw EngineFailure.notFound("No such container: \(container.id)") }
            let definition = container.life.current.definition
            let overlay = try kernel.makeOverlay(
                OverlayLayers(lower: [initLayer] + definition.layers, upper: container.upper, work: container.work))
            guard let root = overlay.descriptor else {
                throw EngineFailure.system("the tree of container \(container.name) has no descriptor")
            }
            return try body(files(path, in: RootedTree(root), of: container, isRunning: false))
        }
    }

    private func files(
        _ path: String, in tree: RootedTree, of container: Container, isRunning: Bool
    ) throws -> ContainerFiles {
        let shown = BindMount.clean(path)
        let meansDirectory = path.hasSuffix("/") || path.hasSuffix("/.") || shown == "/"
        let points = container.life.current.definition.mountPoints.filter { point in
            shown == point.target || shown.hasPrefix(point.target + "/")
        }
        let mount = points.max { $0.target.count < $1.target.count }
        var place = tree
        var inner = shown
        // Nothing is mounted in a container that does not run: what belongs to a mount point is looked up at its source.
        if !isRunning, let mount, mount.kind != .tmpfs {
            let source = mount.kind == .volume ? volumes.path(of: mount.volume) : mount.source
            inner = (mount.subpath ?? "") + String(shown.dropFirst(mount.target.count))
            var status = stat()
            if stat(source, &status) == 0, !status.isDirectory {
                place = try RootedTree(at: Files.parent(of: source))
                inner = String(source.split(separator: "/").last ?? "")
            } else {
                place = try RootedTree(at: source)
            }
        }
        return ContainerFiles(
            tree: place, path: ArchivePath(inner), shown: shown, meansDirectory: meansDirectory, mount: mount)
    }

    private static func missing(_ path: String, in reference: String) -> EngineFailure {
        .notFound("Could not find the file \(path) in container \(reference)")
    }

    /// What is at a path of a container (API: ContainerArchiveInfo).
    public func pathStatus(_ reference: String, path: String) throws -> JSON {
        let container = try self.container(reference)
        return try withFiles(of: container, at: path) { files in
            guard let status = try files.status() else { throw Self.missing(path, in: reference) }
            return try files.description(status)
        }
    }

    /// Sends what is at a path of a container as an archive (API: ContainerArchive).
    ///
    /// - Parameters:
    ///   - isQuiet: Whether no event tells of it.
    ///   - operation: The operation of whoever wants to be told of the reading.
    ///   - begin: Called once, with the path's description, before the first bytes.
    ///   - send: Takes the archive's bytes, which are valid only during the call.
    public func getArchive(
        _ reference: String, path: String, isQuiet: Bool = false, operation: String? = nil,
        begin: (JSON) throws -> Void,
        send: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let container = try self.container(reference)
        if let operation { try tellOfFile(path, in: container, reference, operation) }
        try withFiles(of: container, at: path) { files in
            guard let status = try files.status() else { throw Self.missing(path, in: reference) }
            try begin(try files.description(status))
            if files.meansDirectory || files.path.isRoot {
                guard let directory = try files.tree.open(files.path, O_RDONLY | O_DIRECTORY) else {
                    throw Self.missing(path, in: reference)
                }
                // `/etc/.` means the contents, and Docker's client takes them by that name.
                let name = path.hasSuffix("/.") || files.shown == "/" ? "." : files.name
                try Self.pack("/proc/self/fd/\(directory.number)/.", as: name, send)
                return
            }
            guard let parent = try files.tree.open(files.path.parent, O_RDONLY | O_DIRECTORY) else {
                throw Self.missing(path, in: reference)
            }
            try Self.pack("/proc/self/fd/\(parent.number)/\(files.path.last.text)", as: files.name, send)
        }
        if !isQuiet { publish("archive-path", container) }
    }

    /// Looks a path up, for the record: in which layer or volume it lies.
    private func tellOfFile(
        _ path: String, in container: Container, _ reference: String, _ operation: String
    ) throws {
        let upper = container.upper
        let layers = [initLayer] + container.life.current.definition.layers
        let shown = BindMount.clean(path)
        _ = try reading(
            "copy from container", of: container, operation: operation, .filesGet,
            command: "tar -c -C \(Files.parent(of: shown)) \(shown.split(separator: "/").last ?? ".")",
            facts: [
                "container": .string(container.name), "path": .string(shown), "upper": .string(upper),
            ],
            read: { [self] in
                try withFiles(of: container, at: path) { files in
                    guard let status = try files.status() else { throw Self.missing(path, in: reference) }
                    return (size: Int64(status.st_size), isDirectory: status.isDirectory, isMounted: files.mount != nil)
                }
            },
            tell: { found in
                func has(_ directory: String) -> Bool {
                    (try? RootedTree(at: directory).status(ArchivePath(shown), follows: false)) != nil
                }
                let place =
                    found.isMounted ? "mount" : has(upper) ? "upper" : layers.contains(where: has) ? "image" : ""
                return StepOutcome(
                    facts: ["place": .string(place)],
                    evidence: [
                        Evidence(
                            source: shown,
                            found.isDirectory ? Finding(.directory) : Finding(.file, count: Int64(found.size)))
                    ])
            })
    }

    /// Sends a container's whole tree as an archive, without what is mounted in it (API: ContainerExport).
    public func exportContainer(
        _ reference: String, begin: () throws -> Void, send: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let container = try self.container(reference)
        func pack(_ overlay: DetachedMount) throws {
            guard let root = overlay.descriptor else {
                throw EngineFailure(status: 501, "nothing can be exported in the simulated kernel: there is no tree")
            }
            try begin()
            try Self.pack("/proc/self/fd/\(root.number)/.", as: "", send)
        }
        if container.life.current.running != nil {
            // A mount of its own: through the running container's, one would walk into all that is mounted in there.
            let layers = [container.upper, initLayer] + container.life.current.definition.layers
            try pack(try kernel.makeOverlay(OverlayLayers(lower: layers, upper: nil, work: nil)))
        } else {
            try container.lifecycle.withLock { _ in
                let layers = [initLayer] + container.life.current.definition.layers
                try pack(
                    try kernel.makeOverlay(OverlayLayers(lower: layers, upper: container.upper, work: container.work)))
            }
        }
        publish("export", container)
    }
}
