import CLinux
import Glibc
import Posix

/// Unpacks layers' archives into a directory that can be a lower directory of an overlay mount.
///
/// Every entry is made relative to the directory that ``RootedDirectory`` resolved, so nothing an archive says reaches
/// outside. The archive's whiteouts (OCI image specification, "Layer Filesystem Changeset") become overlayfs's: a
/// character device 0/0, and an attribute on an opaque directory.
final class LayerUnpacker {
    /// The sum of the sizes of files and symbolic links, those with several names counted once: what Docker counts.
    private(set) var size: Int64 = 0
    /// Whether an entry took the place of a directory with all it held: then ``size`` still counts what was in it.
    private(set) var hasReplacedTree = false
    /// How many entries were unpacked.
    private(set) var entries = 0
    /// What was not made as the archive says.
    private(set) var notes: [String] = []

    private let root: RootedDirectory
    private let policy: UnpackPolicy
    // Modes and times of directories are set last: filling a directory changes its time and may need its write bit.
    private var directories: [ArchiveName: TarEntry] = [:]

    init(into path: String, policy: UnpackPolicy) throws(OCIError) {
        root = try RootedDirectory(path)
        self.policy = policy
    }

    /// Unpacks an archive and checks its diff ID.
    /// - Parameters:
    ///   - diffID: The digest it must have; `nil` if it was checked before.
    ///   - bound: What it may unpack to.
    ///   - compressed: The archive's size as it is, in bytes; `nil` counts them as they come.
    ///   - progress: Called with the number of bytes of the archive, as it is, that were read so far.
    func unpack(
        _ source: any ByteSource, expecting diffID: Digest?, what: String = "layer", bound: UnpackBound,
        compressed: Int64? = nil,
        progress: ((Int64) throws(OCIError) -> Void)? = nil
    ) throws(OCIError) {
        var count: Int64 = 0
        let counted = TeeSource(source) { (piece) throws(OCIError) in
            count += Int64(piece.count)
            if let progress { try progress(count) }
        }
        let blocks = try counted.decompressed(what: what, bound: bound, size: compressed, hashes: diffID != nil)
        let reader = try TarReader(blocks, what: what)
        while let entry = try reader.next() {
            // What an honest archive says of itself is refused before any of it is written.
            if !entry.hasHoles, let excess = bound.excess(compressed: compressed, unpacked: entry.size) {
                throw .tooLarge(what: what, excess)
            }
            try unpack(entry, from: reader)
        }
        try blocks.drain()
        if let diffID, let digest = blocks.digest, digest != diffID {
            throw .digestMismatch(what: "\(what) (uncompressed)", expected: diffID, actual: digest)
        }
        try finish()
    }

    private func unpack(_ entry: TarEntry, from reader: TarReader) throws(OCIError) {
        entries += 1
        let (path, last) = try RootedDirectory.split(entry.name, entry: entry.name)
        if last.bytes.isEmpty {
            guard entry.kind == .directory else {
                throw .hostileEntry(name: entry.name.text, problem: "the root can only be a directory")
            }
            try describeDirectory(try itself(), path: path, entry)
            return
        }
        let parent = try root.directory(path, entry: entry.name)
        if last.bytes.starts(with: ".wh.".utf8) {
            try whiteOut(ArchiveName(last.bytes.dropFirst(4)), in: parent, path: path, entry: entry.name)
            return
        }
        let name = EntryPlace(parent: parent, name: last, entry: entry.name)
        switch entry.kind {
        case .regular: try makeFile(name, entry, from: reader)
        case .directory: try makeDirectory(name, path: Self.join(path, last), entry)
        case .hardLink(let target): try makeLink(name, to: target)
        case .symbolicLink(let target):
            try make(name) { parent, text in target.withCString { symlinkat($0, parent, text) } }
            size += Int64(target.bytes.count)
            try describe(name, entry, isLink: true)
        case .fifo: try makeNode(name, entry, S_IFIFO, 0)
        case .socket: try makeNode(name, entry, S_IFSOCK, 0)
        case .characterDevice(let major, let minor): try makeNode(name, entry, S_IFCHR, linux_makedev(major, minor))
        case .blockDevice(let major, let minor): try makeNode(name, entry, S_IFBLK, linux_makedev(major, minor))
        }
    }

    private static func join(_ path: ArchiveName, _ last: ArchiveName) -> ArchiveName {
        path.bytes.isEmpty ? last : ArchiveName(Array(path.bytes) + [UInt8(ascii: "/")] + last.bytes)
    }

    private func itself() throws(OCIError) -> Descriptor {
        try system { () throws(SystemError) in try root.descriptor.duplicate() }
    }

    // MARK: Making

    /// Makes something under a name, in place of what an earlier entry made there.
    @discardableResult
    private func make(_ place: EntryPlace, _ call: (Int32, UnsafePointer<CChar>) -> Int32) throws(OCIError) -> Int32 {
        let first = place.call(call)
        if first >= 0 { return first }
        if errno == EEXIST {
            let old = try place.status()
            let isCounted = old.st_mode & S_IFMT == S_IFREG || old.st_mode & S_IFMT == S_IFLNK
            if isCounted, old.st_nlink == 1 { size -= Int64(old.st_size) }
            if old.st_mode & S_IFMT == S_IFDIR { hasReplacedTree = true }
            try place.remove()
            root.forget()
            let second = place.call(call)
            if second >= 0 { return second }
        }
        throw place.failure("creating it")
    }

    private func makeFile(_ place: EntryPlace, _ entry: TarEntry, from reader: TarReader) throws(OCIError) {
        let number = try make(place) { parent, name in
            openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        }
        let file = Descriptor(owning: number)
        var end: Int64 = 0
        try reader.readData { (piece, offset) throws(OCIError) in
            var rest = piece[...]
            var position = offset
            while !rest.isEmpty {
                let bytes = UnsafeRawBufferPointer(rebasing: rest)
                let count = pwrite(number, bytes.baseAddress, bytes.count, Int(position))
                if count < 0 {
                    if errno == EINTR { continue }
                    throw place.failure("writing it")
                }
                rest = rest.dropFirst(count)
                position += Int64(count)
            }
            end = max(end, position)
        }
        if end < entry.size, ftruncate(number, Int(entry.size)) != 0 { throw place.failure("setting its size") }
        size += entry.size
        try describe(file, place, entry)
        if futimens(number, Self.times(entry)) != 0 { throw place.failure("setting its times") }
    }

    private func makeDirectory(_ place: EntryPlace, path: ArchiveName, _ entry: TarEntry) throws(OCIError) {
        var hides = false
        if place.call({ mkdirat($0, $1, 0o700) }) != 0 {
            guard errno == EEXIST else { throw place.failure("making it") }
            let status = try place.status()
            if status.st_mode & S_IFMT != S_IFDIR {
                hides = status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0
                try place.remove()
                root.forget()
                if place.call({ mkdirat($0, $1, 0o700) }) != 0 { throw place.failure("making it") }
            }
        }
        let number = place.call { openat($0, $1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard number >= 0 else { throw place.failure("opening it") }
        let directory = Descriptor(owning: number)
        // The archive first whited out what was there below and then made it anew.
        if hides { try setOpaque(directory, entry: entry.name) }
        try describeDirectory(directory, path: path, entry)
    }

    private func makeLink(_ place: EntryPlace, to target: ArchiveName) throws(OCIError) {
        let (path, last) = try RootedDirectory.split(target, entry: place.entry)
        let other = try root.directory(path, entry: place.entry)
        let call = { (parent: Int32, name: UnsafePointer<CChar>) -> Int32 in
            last.withCString { linkat(other.number, $0, parent, name, 0) }
        }
        if place.call(call) == 0 { return }
        if errno == ENOENT {
            throw .hostileEntry(
                name: place.entry.text, problem: "it is a hard link to \"\(target.text)\", which the archive has not")
        }
        // A link to itself must not remove itself first.
        if errno == EEXIST, last.withCString({ faccessat(other.number, $0, F_OK, AT_SYMLINK_NOFOLLOW) }) == 0,
            try EntryPlace(parent: other, name: last, entry: place.entry).status().st_ino == place.status().st_ino
        {
            return
        }
        try make(place, call)
    }

    private func makeNode(_ place: EntryPlace, _ entry: TarEntry, _ type: mode_t, _ device: UInt64) throws(OCIError) {
        let isDevice = type == S_IFCHR || type == S_IFBLK
        let refusal = OCIError.hostileEntry(
            name: entry.name.text,
            problem: "it is a device node, and this engine may not make any: that takes root on the machine (CAP_MKNOD)"
        )
        if isDevice, !policy.makesDevices { throw refusal }
        do throws(OCIError) {
            try make(place) { parent, name in mknodat(parent, name, type | entry.mode, dev_t(device)) }
        } catch {
            // Root without the capability, as in a container.
            guard isDevice, case .entry(_, let cause) = error, cause.code == EPERM else { throw error }
            throw refusal
        }
        try describe(place, entry, isLink: false)
    }

    private func whiteOut(
        _ hidden: ArchiveName, in parent: Descriptor, path: ArchiveName, entry: ArchiveName
    ) throws(OCIError) {
        if hidden.bytes.elementsEqual(".wh..opq".utf8) {
            guard let directory = root.openDirectory(path) else {
                throw .entry(name: entry.text, .last("opening its directory"))
            }
            return try setOpaque(directory, entry: entry)
        }
        // What else begins with ".wh..wh." is bookkeeping of the AUFS file system and hides nothing.
        if hidden.bytes.starts(with: ".wh.".utf8) { return }
        if hidden.bytes.isEmpty || hidden.bytes.elementsEqual(".".utf8) || hidden.bytes.elementsEqual("..".utf8) {
            throw .hostileEntry(name: entry.text, problem: "it whites out no name")
        }
        let place = EntryPlace(parent: parent, name: hidden, entry: entry)
        if place.call({ mknodat($0, $1, S_IFCHR, 0) }) == 0 { return }
        guard errno == EEXIST else { throw place.failure("making a whiteout") }
        // A whiteout is about lower layers: what this layer itself has there stays.
        guard try place.status().st_mode & S_IFMT == S_IFDIR else { return }
        let number = place.call { openat($0, $1, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard number >= 0 else { throw place.failure("opening it") }
        try setOpaque(Descriptor(owning: number), entry: entry)
    }

    private func setOpaque(_ directory: Descriptor, entry: ArchiveName) throws(OCIError) {
        if fsetxattr(directory.number, policy.opaqueAttribute, "y", 1, 0) != 0 {
            throw .entry(name: entry.text, .last("setting \(policy.opaqueAttribute)"))
        }
    }

    // MARK: Describing

    private static func times(_ entry: TarEntry) -> [timespec] {
        [entry.accessed ?? entry.modified, entry.modified]
    }

    private func describeDirectory(_ directory: Descriptor, path: ArchiveName, _ entry: TarEntry) throws(OCIError) {
        let place = EntryPlace(parent: directory, name: ArchiveName("."), entry: entry.name)
        directories[path] = entry
        try setOwnerAndAttributes(directory, place, entry)
    }

    private func describe(_ file: Descriptor, _ place: EntryPlace, _ entry: TarEntry) throws(OCIError) {
        try setOwnerAndAttributes(file, place, entry)
    }

    /// Owner, then mode (a change of owner clears setuid), then attributes (it clears `security.capability` too).
    private func setOwnerAndAttributes(
        _ file: Descriptor, _ place: EntryPlace, _ entry: TarEntry
    ) throws(OCIError) {
        if policy.appliesOwners {
            if fchown(file.number, entry.uid, entry.gid) != 0 { throw place.failure("setting its owner") }
        } else if entry.uid != 0 || entry.gid != 0 {
            try record(file, place, entry)
        }
        if entry.kind != .directory, fchmod(file.number, entry.mode) != 0 { throw place.failure("setting its mode") }
        for attribute in entry.attributes {
            let result = attribute.value.withUnsafeBytes {
                fsetxattr(file.number, attribute.name, $0.baseAddress, $0.count, 0)
            }
            if result != 0 { try noteAttribute(attribute.name, place) }
        }
    }

    /// The same for what has no descriptor: links, devices, pipes.
    private func describe(_ place: EntryPlace, _ entry: TarEntry, isLink: Bool) throws(OCIError) {
        if policy.appliesOwners,
            place.call({ fchownat($0, $1, entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) }) != 0
        {
            throw place.failure("setting its owner")
        }
        if !isLink, place.call({ fchmodat($0, $1, entry.mode, AT_SYMLINK_NOFOLLOW) }) != 0 {
            throw place.failure("setting its mode")
        }
        for attribute in entry.attributes {
            let result = attribute.value.withUnsafeBytes {
                lsetxattr(place.path, attribute.name, $0.baseAddress, $0.count, 0)
            }
            if result != 0 { try noteAttribute(attribute.name, place) }
        }
        let times = Self.times(entry)
        if place.call({ utimensat($0, $1, times, AT_SYMLINK_NOFOLLOW) }) != 0 {
            throw place.failure("setting its times")
        }
    }

    private func noteAttribute(_ name: String, _ place: EntryPlace) throws(OCIError) {
        guard errno == ENOTSUP || errno == EPERM || errno == EACCES else {
            throw place.failure("setting attribute \(name)")
        }
        notes.append("attribute \(name) of \(place.entry.text) left out: \(SystemError.last("").reason)")
    }

    private func record(
        _ file: Descriptor, _ place: EntryPlace, _ entry: TarEntry
    ) throws(OCIError) {
        let octal = String(entry.mode, radix: 8)
        let text = Array("\(entry.uid):\(entry.gid):0\(octal)".utf8)
        if fsetxattr(file.number, "user.containers.override_stat", text, text.count, 0) != 0 {
            try noteAttribute("user.containers.override_stat", place)
        }
    }

    /// Sets the directories' modes and times, children first.
    private func finish() throws(OCIError) {
        for (path, entry) in directories.sorted(by: { $1.key < $0.key }) {
            // One that a later entry replaced has nothing to be set.
            guard let directory = path.bytes.isEmpty ? try itself() : root.openDirectory(path) else { continue }
            let place = EntryPlace(parent: directory, name: ArchiveName("."), entry: entry.name)
            if fchmod(directory.number, entry.mode) != 0 { throw place.failure("setting its mode") }
            if futimens(directory.number, Self.times(entry)) != 0 { throw place.failure("setting its times") }
        }
        directories = [:]
    }
}

/// A name in an opened directory.
private struct EntryPlace {
    let parent: Descriptor
    let name: ArchiveName
    /// The archive's whole name, for errors.
    let entry: ArchiveName

    /// A path for the calls that take no directory; the last component is not followed by `l…` calls.
    var path: String { "/proc/self/fd/\(parent.number)/\(name.text)" }

    func call(_ body: (Int32, UnsafePointer<CChar>) -> Int32) -> Int32 {
        name.withCString { body(parent.number, $0) }
    }

    func status() throws(OCIError) -> stat {
        var status = stat()
        if call({ fstatat($0, $1, &status, AT_SYMLINK_NOFOLLOW) }) != 0 { throw failure("looking at it") }
        return status
    }

    /// Removes what an earlier entry made here.
    func remove() throws(OCIError) {
        let old = Files.Entry(bytes: Array(name.bytes), isDirectory: try status().st_mode & S_IFMT == S_IFDIR)
        do throws(SystemError) {
            try Files.removeTree(old, in: parent.number, shown: entry.text)
        } catch { throw .entry(name: entry.text, error) }
    }

    func failure(_ operation: String) -> OCIError { .entry(name: entry.text, .last(operation)) }
}
