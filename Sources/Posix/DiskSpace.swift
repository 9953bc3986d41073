import Glibc

/// The room on a disk.
public enum DiskSpace {
    /// What is kept free for everything else on the machine.
    private static let reserve: Int64 = 64 << 20

    /// How many bytes may still be written below a directory (`statvfs(3)`), less a reserve.
    public static func free(at path: String) -> Int64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return .max }
        return max(0, Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize)) - reserve)
    }
}
