import Posix

/// The directories of an overlay mount (kernel `overlayfs.rst`).
public struct OverlayLayers: Sendable, Equatable {
    /// The read-only layers, topmost first.
    public var lower: [String]
    /// The writable layer; `nil` makes a read-only mount.
    public var upper: String?
    /// The working directory, on the same file system as `upper`.
    public var work: String?
    /// Whether to leave out syncing on unmount. The flag's marker, `work/incompat/volatile`, is removed before the mount.
    public var isVolatile: Bool

    /// The layers of a mount.
    public init(lower: [String], upper: String?, work: String?, isVolatile: Bool = true) {
        self.lower = lower
        self.upper = upper
        self.work = work
        self.isVolatile = isVolatile
    }
}

/// A mount that is attached nowhere: a descriptor that a container's process attaches, and through which the engine
/// can reach the files meanwhile. It is gone when it is closed and attached nowhere (`fsmount(2)`).
public final class DetachedMount: Sendable {
    /// The descriptor of the mount's root; `nil` in the simulated kernel.
    public let descriptor: Descriptor?
    /// The layers it was made of.
    public let layers: OverlayLayers

    /// Wraps the descriptor of a detached mount.
    public init(descriptor: Descriptor?, layers: OverlayLayers) {
        self.descriptor = descriptor
        self.layers = layers
    }
}
