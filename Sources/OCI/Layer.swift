import Glibc
public import Posix

/// A layer that is unpacked on this machine, ready to be a lower directory of an overlay mount.
public struct Layer: Sendable, Hashable {
    /// Its name: the digest of its diff ID and all below it.
    public var chainID: Digest
    /// The digest of its uncompressed archive.
    public var diffID: Digest
    /// The layer below it; `nil` for the lowest.
    public var parent: Digest?
    /// The sum of its files' and symbolic links' sizes in bytes, hard links counted once: what Docker shows as its size.
    public var size: Int64
    /// How many entries its archive had.
    public var entries: Int
    /// The directory to mount.
    public var path: String
    /// What of it could not be made as the archive says, and what was done instead.
    public var notes: [String]
}

/// What came of asking for a layer.
public struct UnpackResult: Sendable, Equatable {
    /// The layer.
    public var layer: Layer
    /// Whether it was unpacked now; false if it was there already.
    public var isNew: Bool
}

/// What an unpacking process may do, and how what it may not do is recorded.
///
/// Owners that can't be set are noted in the extended attribute `user.containers.override_stat` of a
/// file that can (`uid:gid:mode`, the form of the containers/storage library), and the archive writer reads it. Device nodes that can't be
/// made are refused.
public struct UnpackPolicy: Sendable, Hashable {
    /// Whether files get the owners that the archive says (`chown(2)`).
    public var appliesOwners: Bool
    /// Whether device nodes are made (`mknod(2)`), and `trusted.` attributes written.
    public var makesDevices: Bool

    /// How much a layer may grow.
    public var limit = UnpackLimit.standard

    /// States what a process may do.
    public init(appliesOwners: Bool, makesDevices: Bool) {
        self.appliesOwners = appliesOwners
        self.makesDevices = makesDevices
    }

    /// Root on the machine: everything.
    public static let root = UnpackPolicy(appliesOwners: true, makesDevices: true)
    /// Root in a user namespace with a range of users: no devices but whiteouts.
    public static let userNamespace = UnpackPolicy(appliesOwners: true, makesDevices: false)
    /// A user: no owners either.
    public static let unprivileged = UnpackPolicy(appliesOwners: false, makesDevices: false)

    /// What this process may do, from its user and its user namespace's map (`user_namespaces(7)`).
    public static var current: UnpackPolicy {
        guard geteuid() == 0 else { return .unprivileged }
        let users = UserMap.users
        if users.isMachines { return .root }
        return users.count > 1 ? .userNamespace : .unprivileged
    }

    /// The name of the attribute that hides what is below a directory (kernel documentation, overlayfs: `userxattr`
    /// mounts read `user.`).
    public var opaqueAttribute: String { makesDevices ? "trusted.overlay.opaque" : "user.overlay.opaque" }
}
