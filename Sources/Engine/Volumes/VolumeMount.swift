import Glibc
import Posix

/// What the options of a volume name (`docker volume create -o type=tmpfs -o device=tmpfs -o o=size=10m`): the members
/// of a mount(8).
struct VolumeMount: Sendable, Equatable {
    let type: String
    let device: String
    /// The bits of mount(2).
    let flags: UInt
    /// What the file system itself is told: `size=10m,uid=1000`.
    let data: String

    /// Reads options; `nil` for those that name no mount.
    init?(_ options: [String: String]) {
        guard let type = options["type"], let device = options["device"] else { return nil }
        self.type = type
        self.device = device
        var flags: UInt = 0
        var data: [String] = []
        for word in (options["o"] ?? "").split(separator: ",").map(String.init) {
            if let (bits, isSet) = Self.words[word] {
                flags = isSet ? flags | bits : flags & ~bits
            } else {
                data.append(word)
            }
        }
        self.flags = flags
        self.data = data.joined(separator: ",")
    }

    /// The words that stand for bits (mount(8), and `linux/mount.h` for their values).
    private static let words: [String: (bits: UInt, isSet: Bool)] = [
        "defaults": (0, true), "ro": (1, true), "rw": (1, false), "nosuid": (2, true), "suid": (2, false),
        "nodev": (4, true), "dev": (4, false), "noexec": (8, true), "exec": (8, false), "sync": (16, true),
        "async": (16, false), "dirsync": (128, true), "noatime": (1024, true), "atime": (1024, false),
        "nodiratime": (2048, true), "diratime": (2048, false), "bind": (4096, true), "rbind": (4096 | 16384, true),
        "relatime": (1 << 21, true), "norelatime": (1 << 21, false), "strictatime": (1 << 24, true),
    ]

    /// Mounts it (mount(2)).
    func mount(at path: String) throws {
        guard Glibc.mount(device, path, type, flags, data) != 0 else { return }
        let error = SystemError.last("")
        let shown = data.isEmpty ? "" : ", data: \(data)"
        throw EngineFailure.system(
            "error while mounting volume '\(path)': failed to mount local volume: mount \(device):\(path), flags: "
                + "0x\(String(flags, radix: 16))\(shown): \(error.reason.lowercased())")
    }

    /// Takes a mount away; containers that still use it keep it (MNT_DETACH of umount(2)). Where nothing is mounted,
    /// nothing happens.
    static func unmount(_ path: String) { umount2(path, 2) }
}
