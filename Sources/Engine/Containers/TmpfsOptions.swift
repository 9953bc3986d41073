import Kernel

/// The options of `--tmpfs /path:size=64m,mode=1777,noexec`.
struct TmpfsOptions: Sendable, Equatable {
    /// Docker's defaults, and what the options add or take away.
    var flags: MountFlags = [.noSetuid, .noDevices, .noExecution]
    /// What the file system itself is told: `size=64m,mode=1777`.
    var data: String
    /// The size as given.
    var size: String?

    /// The first option that is none of a tmpfs; `nil` when all are known.
    static func unknown(in text: String) -> String? {
        let words: Set<String> = [
            "ro", "rw", "exec", "noexec", "suid", "nosuid", "dev", "nodev", "sync", "async", "dirsync", "remount",
            "mand", "nomand", "atime", "noatime", "diratime", "nodiratime", "bind", "rbind", "unbindable",
            "runbindable", "private", "rprivate", "shared", "rshared", "slave", "rslave", "relatime", "norelatime",
            "strictatime", "nostrictatime", "defaults",
        ]
        let values: Set<String> = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"]
        return text.split(separator: ",").map(String.init).first { option in
            let name = option.split(separator: "=", maxSplits: 1).first.map(String.init) ?? option
            return !words.contains(option) && !(option.contains("=") && values.contains(name))
        }
    }

    init(_ text: String) {
        var data: [String] = []
        for option in text.split(separator: ",").map(String.init) {
            switch option {
            case "ro": flags.insert(.readOnly)
            case "rw": flags.remove(.readOnly)
            case "exec": flags.remove(.noExecution)
            case "noexec": flags.insert(.noExecution)
            case "suid": flags.remove(.noSetuid)
            case "nosuid": flags.insert(.noSetuid)
            case "dev": flags.remove(.noDevices)
            case "nodev": flags.insert(.noDevices)
            case "noatime": flags.insert(.noAccessTimes)
            default:
                if option.hasPrefix("size=") { size = String(option.dropFirst(5)) }
                data.append(option)
            }
        }
        self.data = data.joined(separator: ",")
    }
}
