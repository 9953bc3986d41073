import CLinux
import Glibc
import Posix

/// Writes a directory tree as a tar archive: a container's changes as a layer, a file system for export, files for a copy.
///
/// Entries come in the order of their names' bytes, so that the same tree gives the same archive.
public enum LayerArchive {
    /// What kind of tree it is.
    public enum Form: Sendable, Equatable {
        /// An overlay's upper directory: its whiteouts and opaque directories are written as a layer's `.wh.` entries.
        case layer
        /// A tree as it is seen: what only overlayfs understands is left out.
        case tree
    }

    /// Writes a tree.
    ///
    /// Sockets are left out, as Docker does. Extended attributes are kept as far as they mean something elsewhere:
    /// `security.capability` and `user.`.
    ///
    /// - Parameters:
    ///   - path: A directory or a file; a symbolic link is written as one.
    ///   - name: What it is called in the archive; empty writes a directory's contents without itself.
    ///   - form: What kind of tree it is.
    ///   - sink: Where the archive goes.
    /// - Throws: ``OCIError/system(_:)``, and what the sink throws.
    public static func write(
        _ path: String, as name: String = "", form: Form = .tree, to sink: @escaping ByteSink
    ) throws(OCIError) {
        let writer = try TarWriter(to: sink)
        var walk = TreeWalk(writer: writer, form: form)
        let parent = try system { () throws(SystemError) in
            try Descriptor.open(Files.parent(of: path), O_RDONLY | O_DIRECTORY)
        }
        let last = path.split(separator: "/").last.map(String.init) ?? "."
        try walk.visit(ArchiveName(last), in: parent, as: Array(name.utf8))
        try writer.finish()
    }
}

/// One walk over a tree, which remembers the files that have several names.
private struct TreeWalk {
    let writer: TarWriter
    let form: LayerArchive.Form
    private var links: [FileID: ArchiveName] = [:]

    private struct FileID: Hashable {
        var device: dev_t
        var inode: ino_t
    }

    /// O_PATH, which Swift's Glibc leaves out.
    private static let pathOnly: Int32 = 0o10000000

    init(writer: TarWriter, form: LayerArchive.Form) {
        self.writer = writer
        self.form = form
    }

    mutating func visit(_ name: ArchiveName, in parent: Descriptor, as path: [UInt8]) throws(OCIError) {
        let shown = String(decoding: path, as: UTF8.self)
        func failure(_ operation: String) -> OCIError { .system(.last("\(operation) \(shown)")) }
        var status = stat()
        if name.withCString({ fstatat(parent.number, $0, &status, AT_SYMLINK_NOFOLLOW) }) != 0 {
            throw failure("looking at")
        }
        var entry = TarEntry(name: ArchiveName(path), kind: .regular)
        entry.mode = status.st_mode & 0o7777
        (entry.uid, entry.gid) = (status.st_uid, status.st_gid)
        entry.modified = status.st_mtim
        let attributes = Attributes("/proc/self/fd/\(parent.number)/\(name.text)")
        entry.attributes = attributes.portable
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            try visitDirectory(name, in: parent, path: path, entry, attributes, failure)
            return
        case S_IFLNK:
            var target = [UInt8](repeating: 0, count: 4096)
            let count = name.withCString { readlinkat(parent.number, $0, &target, target.count) }
            guard count >= 0 else { throw failure("reading link") }
            entry.kind = .symbolicLink(ArchiveName(target[..<count]))
        case S_IFREG: entry.size = Int64(status.st_size)
        case S_IFCHR:
            let device = UInt64(status.st_rdev)
            if device == 0 {
                try whiteOut(name, path: path, entry)
                return
            }
            entry.kind = .characterDevice(major: linux_major(device), minor: linux_minor(device))
        case S_IFBLK:
            let device = UInt64(status.st_rdev)
            entry.kind = .blockDevice(major: linux_major(device), minor: linux_minor(device))
        case S_IFIFO: entry.kind = .fifo
        default: return
        }
        attributes.override(&entry)
        if status.st_nlink > 1 {
            let file = FileID(device: status.st_dev, inode: status.st_ino)
            if let first = links[file] {
                (entry.kind, entry.size, entry.attributes) = (.hardLink(first), 0, [])
            } else {
                links[file] = entry.name
            }
        }
        if entry.kind == .regular {
            try copy(name, in: parent, entry, failure)
        } else {
            entry.size = 0
            try writer.begin(entry)
        }
    }

    private mutating func visitDirectory(
        _ name: ArchiveName, in parent: Descriptor, path: [UInt8], _ facts: TarEntry, _ attributes: Attributes,
        _ failure: (String) -> OCIError
    ) throws(OCIError) {
        var entry = facts
        entry.kind = .directory
        attributes.override(&entry)
        if !path.isEmpty { try writer.begin(entry) }
        let prefix = path.isEmpty ? [] : path + [UInt8(ascii: "/")]
        if form == .layer, attributes.isOpaque {
            var marker = TarEntry(name: ArchiveName(prefix + Array(".wh..wh..opq".utf8)), kind: .regular)
            (marker.uid, marker.gid, marker.modified) = (entry.uid, entry.gid, entry.modified)
            try writer.begin(marker)
        }
        let number = name.withCString { openat(parent.number, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        guard number >= 0 else { throw failure("opening") }
        let directory = Descriptor(owning: number)
        let shown = String(decoding: path, as: UTF8.self)
        let children = try system { () throws(SystemError) in try Files.list(directory, shown: shown) }
        for child in children.map({ ArchiveName($0.bytes) }) {
            try visit(child, in: directory, as: prefix + child.bytes)
        }
    }

    private func whiteOut(_ name: ArchiveName, path: [UInt8], _ facts: TarEntry) throws(OCIError) {
        guard form == .layer else { return }
        var marker = facts
        marker.name = ArchiveName(path.dropLast(name.bytes.count) + Array(".wh.".utf8) + name.bytes)
        (marker.kind, marker.mode, marker.size, marker.attributes) = (.regular, 0o644, 0, [])
        try writer.begin(marker)
    }

    private func copy(
        _ name: ArchiveName, in parent: Descriptor, _ entry: TarEntry, _ failure: (String) -> OCIError
    ) throws(OCIError) {
        let number = name.withCString { openat(parent.number, $0, Self.pathOnly | O_NOFOLLOW | O_CLOEXEC) }
        guard number >= 0 else { throw failure("opening") }
        // Whoever lives in the tree may have put something else there meanwhile: a pipe or a device is not opened.
        let file = try system { () throws(SystemError) in
            try Descriptor(owning: number).reopenedAsFile(entry.name.text)
        }
        try writer.begin(entry)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 16)
        defer { buffer.deallocate() }
        var left = entry.size
        while left > 0 {
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, Int(left))])
            let count = try system { () throws(SystemError) in try file.read(into: part) }
            // A file that shrank meanwhile is filled up: its size was already said.
            if count == 0 { part.initializeMemory(as: UInt8.self, repeating: 0) }
            let bytes = count == 0 ? part[...] : part[..<count]
            try writer.write(UnsafeRawBufferPointer(rebasing: bytes))
            left -= Int64(bytes.count)
        }
    }
}

/// The extended attributes of a file, as far as they matter here (`xattr(7)`).
private struct Attributes {
    private var values: [String: [UInt8]] = [:]

    init(_ path: String) {
        var list = [CChar](repeating: 0, count: 4096)
        let count = llistxattr(path, &list, list.count)
        guard count > 0 else { return }
        for name in list[..<count].split(separator: 0) {
            let name = String(decoding: name.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            var value = [UInt8](repeating: 0, count: 65536)
            let size = lgetxattr(path, name, &value, value.count)
            if size >= 0 { values[name] = Array(value[..<size]) }
        }
    }

    var isOpaque: Bool {
        values["trusted.overlay.opaque"] == [UInt8(ascii: "y")] || values["user.overlay.opaque"] == [UInt8(ascii: "y")]
    }

    var portable: [(name: String, value: [UInt8])] {
        values.filter { name, _ in
            name == "security.capability"
                || name.hasPrefix("user.") && !name.hasPrefix("user.overlay.") && name != Self.overrideName
        }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static let overrideName = "user.containers.override_stat"

    /// Puts in what the unpacker could only note: `uid:gid:mode`.
    func override(_ entry: inout TarEntry) {
        guard let value = values[Self.overrideName] else { return }
        let parts = String(decoding: value, as: UTF8.self).split(separator: ":").map(String.init)
        guard parts.count >= 3, let uid = uid_t(parts[0]), let gid = gid_t(parts[1]),
            let mode = mode_t(parts[2], radix: 8)
        else { return }
        (entry.uid, entry.gid, entry.mode) = (uid, gid, mode & 0o7777)
    }
}
