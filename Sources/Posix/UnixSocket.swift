import CLinux
import Glibc

/// Stream sockets with a path (`unix(7)`).
public enum UnixSocket {
    /// Connects to whoever listens at a path.
    /// - Throws: ``SystemError``: `ENOENT` without a file, `ECONNREFUSED` without a listener, `EACCES`.
    public static func connect(_ path: String) throws(SystemError) -> Descriptor {
        let socket = try make()
        try withAddress(path, "connecting to \(path)") { Glibc.connect(socket.number, $0, $1) }
        return socket
    }

    /// Listens at a path. The file never has a wider mode than asked for, not even for a moment.
    ///
    /// A socket file that nobody answers at any more is replaced; of two processes that try this at once, one wins.
    ///
    /// - Parameters:
    ///   - path: Where; the directory must exist.
    ///   - group: A group whose members may connect too (mode 0660); without one only the owner may (0600).
    ///   - backlog: How many connections the kernel keeps waiting.
    /// - Throws: ``SystemError``: `EADDRINUSE` if somebody answers there, `EEXIST` if the file is no socket.
    public static func listen(_ path: String, group: gid_t? = nil, backlog: Int32 = 1024) throws(SystemError)
        -> Descriptor
    {
        let directory = try Descriptor.open(Files.parent(of: path), O_RDONLY | O_DIRECTORY)
        try check("locking \(Files.parent(of: path))") { flock(directory.number, LOCK_EX) }
        defer { withExtendedLifetime(directory) {} }
        try removeStale(path)
        let socket = try make()
        // The kernel takes the new file's mode from the socket's own (unix_bind in net/unix/af_unix.c).
        try check("setting the mode of \(path)") { fchmod(socket.number, 0o600) }
        try withAddress(path, "binding \(path)") { bind(socket.number, $0, $1) }
        if let group {
            try check("giving \(path) to group \(group)") { chown(path, uid_t.max, group) }
            try check("setting the mode of \(path)") { chmod(path, 0o660) }
        }
        try check("listening at \(path)") { Glibc.listen(socket.number, backlog) }
        return socket
    }

    /// The number of the process that has made a listening socket.
    /// - Throws: ``SystemError`` if nobody listens there.
    public static func process(listeningAt path: String) throws(SystemError) -> Int32 {
        let socket = try connect(path)
        var pid: pid_t = 0
        var uid: uid_t = 0
        var gid: gid_t = 0
        try check("asking who listens at \(path)") { linux_peer_credentials(socket.number, &pid, &uid, &gid) }
        return pid
    }

    /// Accepts one connection, close-on-exec.
    /// - Throws: ``SystemError``; `EINVAL` after the listener was shut down.
    public static func accept(_ listener: Descriptor) throws(SystemError) -> Descriptor {
        Descriptor(
            owning: try check("accepting a connection") {
                linux_accept(listener.number, Int32(SOCK_CLOEXEC.rawValue))
            })
    }

    /// Makes a pair of connected sockets (`socketpair(2)`), close-on-exec.
    public static func pair() throws(SystemError) -> (Descriptor, Descriptor) {
        var ends: [Int32] = [-1, -1]
        try check("making a pair of sockets") {
            socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends)
        }
        return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
    }

    private static func make() throws(SystemError) -> Descriptor {
        Descriptor(
            owning: try check("making a socket") {
                socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            })
    }

    private static func removeStale(_ path: String) throws(SystemError) {
        var status = stat()
        if lstat(path, &status) != 0 { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw SystemError("listening at \(path)", code: EEXIST) }
        do throws(SystemError) { _ = try connect(path) } catch {
            guard error.code == ECONNREFUSED else { throw error }
            try check("removing the stale \(path)") { unlink(path) }
            return
        }
        throw SystemError("listening at \(path)", code: EADDRINUSE)
    }

    private static func withAddress(
        _ path: String, _ operation: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(SystemError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw SystemError(operation, code: ENAMETOOLONG)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try check(operation) {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
    }
}
