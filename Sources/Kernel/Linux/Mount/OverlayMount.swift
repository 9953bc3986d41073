import CLinux
import Glibc
import Posix

/// Overlay mounts by the mount API of Linux 5.2 (`fsopen(2)`), which gives each layer on its own and so has no limit
/// to the length of all their paths together.
enum OverlayMount {
    /// Makes an overlay mount that is attached nowhere.
    ///
    /// - Parameter inUserNamespace: Whether the program may not use `trusted.` attributes; then the overlay keeps its own
    ///   in `user.overlay.` ones (kernel `overlayfs.rst`, userxattr).
    /// - Throws: ``SystemError`` with the kernel's own sentence, where it has one.
    static func make(_ layers: OverlayLayers, inUserNamespace: Bool = false) throws(SystemError) -> DetachedMount {
        guard let top = layers.lower.first else { throw SystemError("making an overlay without layers", code: EINVAL) }
        if layers.lower.count == 1, layers.upper == nil {
            return DetachedMount(descriptor: try readOnlyCopy(of: top), layers: layers)
        }
        if layers.isVolatile, let work = layers.work {
            // The kernel leaves this marker as long as nobody has made sure that the disk has everything. What an
            // overlay of ours would lose in a power cut belongs to containers that died with it.
            try Files.removeTree("\(work)/work/incompat/volatile")
        }
        let context = Descriptor(owning: try check("opening the overlay file system") { linux_fsopen("overlay") })
        try set(context, "source", "overlay")
        for layer in layers.lower {
            do throws(SystemError) {
                try set(context, "lowerdir+", layer)
            } catch  where layer == top && error.code == EINVAL {
                // Linux before 6.8 knows no `lowerdir+`.
                return DetachedMount(
                    descriptor: try ClassicOverlay.make(layers, inUserNamespace: inUserNamespace), layers: layers)
            }
        }
        if let upper = layers.upper {
            try set(context, "upperdir", upper)
            try set(context, "workdir", layers.work ?? "")
            if layers.isVolatile { try set(context, "volatile") }
        }
        if inUserNamespace { try set(context, "userxattr") }
        if linux_fsconfig(context.number, Command.create, nil, nil) != 0 {
            let code = errno
            throw SystemError("making an overlay of \(layers.lower.count) layers\(complaint(of: context))", code: code)
        }
        let mount = try check("mounting an overlay") { linux_fsmount(context.number, 0) }
        return DetachedMount(descriptor: Descriptor(owning: mount), layers: layers)
    }

    /// An overlay needs two directories; one alone is shown by a read-only mount of it.
    private static func readOnlyCopy(of directory: String) throws(SystemError) -> Descriptor {
        let mount = Descriptor(
            owning: try check("copying the mount of \(directory)") { linux_clone_mount(directory, 0) })
        try check("making the mount of \(directory) read-only") {
            linux_set_mount_attributes(mount.number, MountFlags.readOnly.attributes)
        }
        return mount
    }

    private static func set(_ context: Descriptor, _ key: String, _ value: String) throws(SystemError) {
        if linux_fsconfig(context.number, Command.setString, key, value) != 0 {
            let code = errno
            throw SystemError("setting overlay option \(key)=\(value)\(complaint(of: context))", code: code)
        }
    }

    private static func set(_ context: Descriptor, _ flag: String) throws(SystemError) {
        if linux_fsconfig(context.number, Command.setFlag, flag, nil) != 0 {
            let code = errno
            throw SystemError("setting overlay option \(flag)\(complaint(of: context))", code: code)
        }
    }

    /// What the file system has to say about the last failure: reading its context gives its messages (`fsopen(2)`).
    private static func complaint(of context: Descriptor) -> String {
        var message = [UInt8](repeating: 0, count: 512)
        let count = read(context.number, &message, message.count)
        // `e overlay: …`: a letter for the severity comes first.
        guard count > 2 else { return "" }
        let text = String(decoding: message[2..<count], as: UTF8.self)
        return " (\(text.split(separator: "\n").first ?? ""))"
    }

    /// FSCONFIG_… (`linux/mount.h`)
    private enum Command {
        static let setFlag: UInt32 = 0
        static let setString: UInt32 = 1
        static let create: UInt32 = 6
    }
}
