import CLinux
import Glibc
import Posix

/// Overlay mounts for Linux before 6.8: all layers in one option string of at most a page (`mount(2)`).
///
/// The mount is attached to a directory that nobody else sees, copied, and detached again, so that it arrives as the
/// newer way's does. Layers whose paths are too long together are named by descriptors: about 200 of them fit.
enum ClassicOverlay {
    /// Makes an overlay mount that is attached nowhere.
    static func make(_ layers: OverlayLayers, inUserNamespace: Bool = false) throws(SystemError) -> Descriptor {
        var opened: [Descriptor] = []
        let extra = inUserNamespace ? ",userxattr" : ""
        var options = self.options(layers, lower: layers.lower) + extra
        if options.utf8.count >= pageSize {
            for layer in layers.lower { opened.append(try .open(layer, O_RDONLY | O_DIRECTORY)) }
            options = self.options(layers, lower: opened.map { "/proc/self/fd/\($0.number)" }) + extra
        }
        guard options.utf8.count < pageSize else {
            throw SystemError("making an overlay of \(layers.lower.count) layers", code: E2BIG)
        }
        var template = Array("/tmp/drydock-overlay.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .last("making a directory to mount an overlay on") }
        let place = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { rmdir(place) }
        let number = layers.lower.count
        try check("mounting an overlay of \(number) layers") { linux_mount("overlay", place, "overlay", 0, options) }
        defer { linux_umount(place, Int32(MNT_DETACH)) }
        let copy = try check("copying the mount of an overlay") { linux_clone_mount(place, 0) }
        withExtendedLifetime(opened) {}
        return Descriptor(owning: copy)
    }

    /// mount(2) takes a page of options, the final NUL included.
    private static let pageSize = 4096

    private static func options(_ layers: OverlayLayers, lower: [String]) -> String {
        var options = "lowerdir=" + lower.map(escaped).joined(separator: ":")
        if let upper = layers.upper {
            options += ",upperdir=\(escaped(upper)),workdir=\(escaped(layers.work ?? ""))"
            if layers.isVolatile { options += ",volatile" }
        }
        return options
    }

    /// Colons part layers and commas part options (kernel `overlayfs.rst`).
    private static func escaped(_ path: String) -> String {
        String(path.flatMap { $0 == ":" || $0 == "," || $0 == "\\" ? ["\\", $0] : [$0] })
    }
}
