import Glibc

/// A tree of files as it lies on the disk, measured.
public enum DirectoryTree {
    /// Whether a path is a directory, and no link to one.
    public static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The sum of the sizes of files and symbolic links in bytes, those with several names counted once: what Docker counts.
    public static func size(of path: String) throws(SystemError) -> Int64 {
        var counted: Set<UInt64> = []
        return try size(of: try Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW), shown: path, &counted)
    }

    private static func size(of directory: Descriptor, shown: String, _ counted: inout Set<UInt64>)
        throws(SystemError) -> Int64
    {
        var sum: Int64 = 0
        for entry in try Files.list(directory, shown: shown) {
            let path = "\(shown)/\(entry.name)"
            var status = stat()
            if fstatat(directory.number, entry.terminated, &status, AT_SYMLINK_NOFOLLOW) != 0 {
                // Whoever lives in the tree may have removed it meanwhile.
                if errno == ENOENT { continue }
                throw .last("looking at \(path)")
            }
            switch status.st_mode & S_IFMT {
            case S_IFDIR:
                let number = openat(
                    directory.number, entry.terminated, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                if number < 0 {
                    if errno == ENOENT || errno == ENOTDIR || errno == ELOOP { continue }
                    throw .last("opening \(path)")
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
