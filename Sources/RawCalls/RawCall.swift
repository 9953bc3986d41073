public import EngineAPI
public import Kernel

/// One system call of those with which a container is made, as a learner types it: `mount -t proc proc /proc`.
///
/// The engine makes the same calls between `clone` and `exec`; here they come one at a time, by hand.
public enum RawCall: Sendable, Equatable {
    /// `unshare(2)`: the process leaves a namespace and gets a new one of that kind.
    case unshare(NamespaceKind)
    /// `mount(2)`
    case mount(source: String, target: String, type: String, flags: MountWords, data: String)
    /// `umount2(2)`, lazily or not.
    case unmount(target: String, isLazy: Bool)
    /// `mkdir(2)`; one that exists is an error, as the kernel says it.
    case makeDirectory(String)
    /// `mknod(2)` of a character device.
    case makeDevice(path: String, major: UInt32, minor: UInt32)
    /// `symlink(2)`
    case makeSymlink(target: String, path: String)
    /// `pivot_root(2)`, followed by the `chdir("/")` without which the process would still stand in the old root.
    case pivotRoot(newRoot: String, oldRoot: String)
    /// `chdir(2)`
    case changeDirectory(String)
    /// `sethostname(2)`
    case setHostname(String)
    /// `ioctl(2)`, SIOCSIFFLAGS: brings the loopback interface up.
    case bringLoopbackUp
    /// `prctl(2)` and `capset(2)`: keeps these capabilities, and gives all others up for good.
    case limitCapabilities(CapabilitySet)
    /// `seccomp(2)`: loads Docker's default filter for the capabilities that are left.
    case loadFilter
    /// `execve(2)`: the process becomes a program.
    case execute([String])

    /// The words of `-o` of `mount(8)` that are flags of `mount(2)`.
    public struct MountWords: OptionSet, Sendable {
        /// The bits as in `mount(2)`.
        public let rawValue: UInt64
        /// Flags from their bits.
        public init(rawValue: UInt64) { self.rawValue = rawValue }

        /// The words, in the order in which they are told, with their names in `mount(2)`.
        static let names: [(word: String, bits: UInt64, name: String)] = [
            ("ro", 1, "MS_RDONLY"), ("nosuid", 2, "MS_NOSUID"), ("nodev", 4, "MS_NODEV"),
            ("noexec", 8, "MS_NOEXEC"), ("remount", 32, "MS_REMOUNT"), ("bind", 4096, "MS_BIND"),
            ("rbind", 4096 | 16384, "MS_BIND|MS_REC"), ("private", 1 << 18, "MS_PRIVATE"),
            ("rprivate", 1 << 18 | 16384, "MS_PRIVATE|MS_REC"), ("slave", 1 << 19, "MS_SLAVE"),
            ("rslave", 1 << 19 | 16384, "MS_SLAVE|MS_REC"),
        ]

        /// `MS_BIND|MS_RDONLY`, or `0`.
        var text: String {
            var left = rawValue
            var parts: [String] = []
            // Words with two bits come first, or the single ones would take a bit of theirs.
            for entry in Self.names.sorted(by: { $0.bits.nonzeroBitCount > $1.bits.nonzeroBitCount })
            where entry.bits & left == entry.bits {
                parts.append(entry.name)
                left &= ~entry.bits
            }
            return parts.isEmpty ? "0" : parts.joined(separator: "|")
        }
    }

    /// The call as one would write it in C.
    public var text: String {
        switch self {
        case .unshare(let kind): "unshare(\(kind.constant))"
        case .mount(let source, let target, let type, let flags, let data):
            "mount(\"\(source)\", \"\(target)\", \(type.isEmpty ? "NULL" : "\"\(type)\""), \(flags.text), "
                + (data.isEmpty ? "NULL)" : "\"\(data)\")")
        case .unmount(let target, let isLazy): "umount2(\"\(target)\", \(isLazy ? "MNT_DETACH" : "0"))"
        case .makeDirectory(let path): "mkdir(\"\(path)\", 0755)"
        case .makeDevice(let path, let major, let minor):
            "mknod(\"\(path)\", S_IFCHR|0666, makedev(\(major), \(minor)))"
        case .makeSymlink(let target, let path): "symlink(\"\(target)\", \"\(path)\")"
        case .pivotRoot(let new, let old): "pivot_root(\"\(new)\", \"\(old)\"), chdir(\"/\")"
        case .changeDirectory(let path): "chdir(\"\(path)\")"
        case .setHostname(let name): "sethostname(\"\(name)\", \(name.utf8.count))"
        case .bringLoopbackUp: "ioctl(socket, SIOCSIFFLAGS, \"lo\" IFF_UP)"
        case .limitCapabilities(let set):
            "prctl(PR_CAPBSET_DROP, ...), capset(\(set.rawValue == 0 ? "0" : set.description))"
        case .loadFilter: "seccomp(SECCOMP_SET_MODE_FILTER, 0, ...)"
        case .execute(let words):
            "execve(\"\(words[0])\", [\(words.map { "\"\($0)\"" }.joined(separator: ", "))], ...)"
        }
    }

    /// The step of `docker run` (a kind of the step stream) in which the engine makes this call; `nil` for what it does
    /// in another way.
    public var step: StepKind? {
        switch self {
        case .unshare: .processClone
        case .mount(_, let target, let type, let flags, _):
            switch type {
            case "overlay": .overlayMount
            case "proc": .mountProc
            case "sysfs": .mountSys
            case "devpts", "mqueue": .mountDev
            case "tmpfs": target.hasSuffix("/dev") || target.contains("/dev/") ? .mountDev : .mountTmpfs
            default: flags.rawValue & 4096 != 0 ? .mountVolume : nil
            }
        case .unmount, .pivotRoot: .rootPivot
        case .makeDevice, .makeSymlink: .mountDev
        case .makeDirectory, .changeDirectory, .bringLoopbackUp: nil
        case .setHostname: .hostnameSet
        case .limitCapabilities: .capabilitiesDrop
        case .loadFilter: .seccompLoad
        case .execute: .processExecute
        }
    }
}

extension NamespaceKind {
    /// The kind by its name in `/proc/PID/ns`, or as `unshare(1)` calls it: `mount`, `net`.
    public init?(word: String) {
        let names = ["mount": NamespaceKind.mount, "network": .network]
        guard let kind = names[word] ?? NamespaceKind(rawValue: word) else { return nil }
        self = kind
    }

    /// `CLONE_NEWNS` and so on.
    public var constant: String {
        switch self {
        case .mount: "CLONE_NEWNS"
        case .pid: "CLONE_NEWPID"
        case .uts: "CLONE_NEWUTS"
        case .ipc: "CLONE_NEWIPC"
        case .network: "CLONE_NEWNET"
        case .cgroup: "CLONE_NEWCGROUP"
        case .user: "CLONE_NEWUSER"
        case .time: "CLONE_NEWTIME"
        }
    }
}
