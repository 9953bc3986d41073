import Glibc
import Posix

/// A tree of files as it lies on the disk, measured.
enum DirectoryTree {
    /// Whether a path is a directory, and no link to one.
    static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The sum of the sizes of files and symbolic links, those with several names counted once: what Docker counts.
    static func size(of path: String) throws(SystemError) -> Int64 {
        var counted: Set<UInt64> = []
        return try size(of: try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), shown: path, &counted)
    }

    private static func size(of directory: Descriptor, shown: String, _ counted: inout Set<UInt64>)
        throws(SystemError) -> Int64
    {
        var sum: Int64 = 0
        for name in try TreeRemoval.names(in: directory, shown: shown) {
            let path = "\(shown)/\(name.text)"
            var status = stat()
            try check("looking at \(path)") {
                name.withCString { fstatat(directory.number, $0, &status, AT_SYMLINK_NOFOLLOW) }
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                let number = try check("opening \(path)") {
                    name.withCString { openat(directory.number, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
                }
                sum += try size(of: Descriptor(owning: number), shown: path, &counted)
            case S_IFREG, S_IFLNK:
                if status.st_nlink > 1, !counted.insert(UInt64(status.st_ino)).inserted { continue }
                sum += Int64(status.st_size)
            default: break
            }
        }
        return sum
    }
}
