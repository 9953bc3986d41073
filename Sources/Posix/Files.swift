import Glibc

/// Whole-file operations: small files are read at once and replaced atomically.
public enum Files {
    /// Reads a whole file.
    /// - Throws: ``SystemError`` naming the path.
    public static func read(_ path: String) throws(SystemError) -> [UInt8] {
        let file = try Descriptor.open(path, O_RDONLY)
        do throws(SystemError) { return try file.readToEnd() } catch {
            throw SystemError("reading \(path)", code: error.code)
        }
    }

    /// Reads a whole file as UTF-8; bytes that are not UTF-8 become U+FFFD.
    public static func text(_ path: String) throws(SystemError) -> String {
        String(decoding: try read(path), as: UTF8.self)
    }

    /// Replaces a file's contents so that a reader, or a crash, sees the old or the new, never a part.
    ///
    /// The bytes go to a temporary name in the same directory, are synced, and renamed over `path`; the directory is
    /// synced last (`rename(2)`, `fsync(2)`).
    ///
    /// - Parameters:
    ///   - path: The file to replace or make; its directory must exist.
    ///   - mode: Permission bits, exactly (the umask does not apply).
    ///   - durable: Whether to wait for the disk. Without it a power loss may lose the change, a crash can't.
    public static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o644, durable: Bool = true)
        throws(SystemError)
    {
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).tmp"
        do throws(SystemError) {
            let file = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
            try check("setting the mode of \(temporary)") { fchmod(file.number, mode) }
            try file.write(bytes)
            if durable { try check("syncing \(temporary)") { fsync(file.number) } }
            try check("renaming \(temporary) to \(path)") { Glibc.rename(temporary, path) }
            if durable {
                let directory = try Descriptor.open(parent(of: path), O_RDONLY | O_DIRECTORY)
                try check("syncing \(parent(of: path))") { fsync(directory.number) }
            }
        } catch {
            unlink(temporary)
            throw error.operation == "writing" ? SystemError("writing \(path)", code: error.code) : error
        }
    }

    /// Gives a file that can't be used another name, so that a new one can be made in its place and nothing is lost:
    /// `NAME.damaged`, or with a number where there is one already.
    /// - Returns: Its path now.
    public static func setAside(_ path: String) throws(SystemError) -> String {
        var number = 1
        while true {
            let target = number == 1 ? "\(path).damaged" : "\(path).damaged-\(number)"
            if !exists(target) {
                try check("renaming \(path) to \(target)") { Glibc.rename(path, target) }
                return target
            }
            number += 1
        }
    }

    /// Makes a directory and its missing parents (`mkdir(2)`); one that exists is fine.
    public static func makeDirectories(_ path: String, mode: mode_t = 0o755) throws(SystemError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, parent(of: path) != path else { throw .last("making directory \(path)") }
        try makeDirectories(parent(of: path), mode: mode)
        if mkdir(path, mode) != 0 && errno != EEXIST { throw .last("making directory \(path)") }
    }

    /// Removes a directory with all it holds, without following symbolic links; one that is missing is fine.
    ///
    /// It never leaves the file system it started on: a mount point below is an error (EBUSY), not a way out.
    public static func removeTree(_ path: String) throws(SystemError) {
        var status = stat()
        if lstat(path, &status) != 0 {
            if errno == ENOENT { return }
            throw .last("looking at \(path)")
        }
        let entry = Entry(bytes: Array(path.utf8), isDirectory: status.st_mode & S_IFMT == S_IFDIR)
        try removeTree(entry, in: AT_FDCWD, shown: path)
    }

    /// The same for an entry of an open directory.
    ///
    /// - Parameters:
    ///   - parent: The directory's descriptor.
    ///   - shown: What it is called in errors.
    public static func removeTree(_ entry: Entry, in parent: Int32, shown: String) throws(SystemError) {
        let name = entry.terminated
        if entry.isDirectory {
            let number = try check("opening \(shown)") {
                openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            }
            let directory = Descriptor(owning: number)
            for child in try list(directory, shown: shown) {
                try removeTree(child, in: number, shown: "\(shown)/\(child.name)")
            }
        }
        if unlinkat(parent, name, entry.isDirectory ? AT_REMOVEDIR : 0) != 0 && errno != ENOENT {
            throw .last("removing \(shown)")
        }
    }

    /// One entry of a directory, without `.` and `..`.
    public struct Entry: Sendable, Equatable {
        /// The entry's name, not its path: any bytes but NUL and the slash, because that is what names are on Linux.
        public var bytes: [UInt8]
        /// Whether it is a directory itself; a symbolic link to one is not.
        public var isDirectory: Bool

        /// An entry.
        public init(bytes: [UInt8], isDirectory: Bool) {
            self.bytes = bytes
            self.isDirectory = isDirectory
        }

        /// The name for people: bytes that are no UTF-8 are replaced, so that it may name nothing.
        public var name: String { String(decoding: bytes, as: UTF8.self) }
        /// The name for C.
        public var terminated: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }
    }

    /// Lists a directory (`readdir(3)`), sorted by the names' bytes.
    public static func list(_ path: String) throws(SystemError) -> [Entry] {
        try list(try Descriptor.open(path, O_RDONLY | O_DIRECTORY), shown: path)
    }

    /// Lists an open directory, from its beginning.
    ///
    /// - Parameter shown: What it is called in errors.
    public static func list(_ directory: Descriptor, shown: String) throws(SystemError) -> [Entry] {
        let copy = try check("opening \(shown)") {
            openat(directory.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard let stream = fdopendir(copy) else {
            let error = SystemError.last("listing \(shown)")
            close(copy)
            throw error
        }
        defer { closedir(stream) }
        var found: [Entry] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                Array(UnsafeRawBufferPointer(start: pointer, count: MemoryLayout.size(ofValue: pointer.pointee)))
                    .prefix { $0 != 0 }
            }
            if name.elementsEqual(".".utf8) || name.elementsEqual("..".utf8) { continue }
            var made = Entry(bytes: Array(name), isDirectory: Int(entry.pointee.d_type) == Int(DT_DIR))
            if Int(entry.pointee.d_type) == Int(DT_UNKNOWN) {
                var status = stat()
                made.isDirectory =
                    fstatat(directory.number, made.terminated, &status, AT_SYMLINK_NOFOLLOW) == 0
                    && status.st_mode & S_IFMT == S_IFDIR
            }
            found.append(made)
        }
        return found.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// Whether something exists at a path; a dangling symbolic link does.
    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// A symbolic link's target (`readlink(2)`).
    public static func linkTarget(_ path: String) throws(SystemError) -> String {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = try check("reading link \(path)") { readlink(path, &buffer, buffer.count) }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    /// The directory that holds a path: `/a` for `/a/b`, `/` for `/a`, `.` for `a`.
    public static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
