import Glibc
import Posix

/// Removes trees whose names may be any bytes, as archives bring them.
enum TreeRemoval {
    /// Removes a file or a directory with all it holds, without following symbolic links; a missing one is fine.
    static func remove(_ path: String) throws(SystemError) {
        try remove(ArchiveName(path), in: AT_FDCWD, shown: path)
    }

    /// The same for a name in an opened directory.
    static func remove(_ name: ArchiveName, in parent: Int32, shown: String) throws(SystemError) {
        if name.withCString({ unlinkat(parent, $0, 0) }) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw .last("removing \(shown)") }
        let number = try check("opening \(shown)") {
            name.withCString { openat(parent, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        }
        let directory = Descriptor(owning: number)
        for child in try names(in: directory, shown: shown) {
            try remove(child, in: number, shown: "\(shown)/\(child.text)")
        }
        if name.withCString({ unlinkat(parent, $0, AT_REMOVEDIR) }) != 0, errno != ENOENT {
            throw .last("removing \(shown)")
        }
    }

    /// The names in a directory, as bytes, sorted.
    static func names(in directory: Descriptor, shown: String) throws(SystemError) -> [ArchiveName] {
        let copy = try check("duplicating a descriptor") { fcntl(directory.number, F_DUPFD_CLOEXEC, 3) }
        guard let stream = fdopendir(copy) else {
            let error = SystemError.last("listing \(shown)")
            close(copy)
            throw error
        }
        defer { closedir(stream) }
        var found: [ArchiveName] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { ArchiveName($0) }
            }
            if !name.bytes.elementsEqual(".".utf8), !name.bytes.elementsEqual("..".utf8) { found.append(name) }
        }
        return found.sorted()
    }
}
