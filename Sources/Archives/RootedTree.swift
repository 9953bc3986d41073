import CLinux
import Glibc
public import Posix

/// A directory below which names are resolved as if it were the root: no name and no symbolic link in it leads out
/// (`openat2(2)`, `RESOLVE_IN_ROOT`).
public struct RootedTree: Sendable {
    /// The directory.
    public let descriptor: Descriptor

    private static let resolveInRoot: UInt64 = 0x10 | 0x02
    private static let pathOnly: Int32 = 0o10000000

    /// A tree at an open directory.
    public init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// A tree at a directory of this machine.
    public init(at path: String) throws(SystemError) { descriptor = try Descriptor.open(path, O_RDONLY | O_DIRECTORY) }

    /// Opens something in the tree, following links within it; `nil` if there is no such thing.
    public func open(_ path: ArchivePath, _ flags: Int32) throws(SystemError) -> Descriptor? {
        var number: Int32 = -1
        repeat {
            number = path.withCString {
                linux_openat2(descriptor.number, $0, UInt64(flags | O_CLOEXEC), 0, Self.resolveInRoot)
            }
        } while number < 0 && (errno == EINTR || errno == EAGAIN)
        if number >= 0 { return Descriptor(owning: number) }
        if [ENOENT, ENOTDIR].contains(errno) { return nil }
        throw .last("opening \(path.text)")
    }

    /// Opens a regular file for reading, following links within the tree; `nil` if there is no such thing.
    /// - Throws: `SystemError`; EINVAL for a pipe or a device, which is not opened.
    public func file(_ path: ArchivePath) throws(SystemError) -> Descriptor? {
        try open(path, Self.pathOnly)?.reopenedAsFile(path.text)
    }

    /// Where a name leads when all links in it are followed; `nil` if there is no such thing.
    public func resolve(_ path: ArchivePath) throws(SystemError) -> ArchivePath? {
        guard let found = try open(path, Self.pathOnly) else { return nil }
        var (whole, top) = (try Self.name(of: found), try Self.name(of: descriptor))
        if top != "/" { top += "/" }
        whole += "/"
        guard whole.hasPrefix(top) else { throw SystemError("resolving \(path.text)", code: EXDEV) }
        return ArchivePath(String(whole.dropFirst(top.count).dropLast()))
    }

    /// What the kernel calls an open file (`proc_pid_fd(5)`).
    private static func name(of descriptor: Descriptor) throws(SystemError) -> String {
        var text = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let link = "/proc/self/fd/\(descriptor.number)"
        let count = try check("reading \(link)") { Int32(clamping: readlink(link, &text, text.count)) }
        return String(decoding: text[..<Int(count)], as: UTF8.self)
    }

    /// What something is; `nil` if there is no such thing.
    /// - Parameter follows: Whether a symbolic link at the end is followed.
    public func status(_ path: ArchivePath, follows: Bool) throws(SystemError) -> stat? {
        var result = stat()
        if follows || path.isRoot {
            guard let found = try open(path, Self.pathOnly) else { return nil }
            try check("looking at \(path.text)") { fstat(found.number, &result) }
            return result
        }
        guard let parent = try open(path.parent, Self.pathOnly | O_DIRECTORY) else { return nil }
        let failed = path.last.withCString { fstatat(parent.number, $0, &result, AT_SYMLINK_NOFOLLOW) != 0 }
        if failed {
            if errno == ENOENT { return nil }
            throw .last("looking at \(path.text)")
        }
        return result
    }

    /// The directory, opened; missing ones are made with mode 0755.
    /// - Parameter owner: Whose the new ones are; `nil` leaves them to the process's user.
    public func directory(
        _ path: ArchivePath, owner: (uid: uid_t, gid: gid_t)? = nil
    ) throws(SystemError) -> Descriptor {
        if let found = try open(path, O_RDONLY | O_DIRECTORY) { return found }
        var reached: ArchivePath = ""
        for part in path.components {
            let next = reached.appending(part)
            if try status(next, follows: true) == nil {
                guard let parent = try open(reached, O_RDONLY | O_DIRECTORY) else {
                    throw SystemError("making directory \(path.text)", code: ENOTDIR)
                }
                try check("making directory \(next.text)") { part.withCString { mkdirat(parent.number, $0, 0o755) } }
                _ = part.withCString { fchmodat(parent.number, $0, 0o755, AT_SYMLINK_NOFOLLOW) }
                if let owner {
                    try check("setting the owner of \(next.text)") {
                        part.withCString { fchownat(parent.number, $0, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) }
                    }
                }
            }
            reached = next
        }
        guard let made = try open(path, O_RDONLY | O_DIRECTORY) else {
            throw SystemError("opening directory \(path.text)", code: ENOTDIR)
        }
        return made
    }
}
