import Kernel
import Posix

extension SandboxOperation {
    /// The system calls that the child makes for the operation, as one would write them in C: those that do the work,
    /// without the opening and closing of what they work on.
    var calls: [String] {
        switch self {
        case .joinCgroups(let descriptors): descriptors.isEmpty ? [] : ["write(tasks, \"0\", 1) x\(descriptors.count)"]
        case .unshare(let kind): ["unshare(CLONE_\(kind.cloneFlagName))"]
        case .isolateMounts: ["mount_setattr(AT_FDCWD, \"/\", AT_RECURSIVE, MS_SLAVE)"]
        case .attachRoot(_, let directory): ["move_mount(overlay, \"\", AT_FDCWD, \"\(directory)\")"]
        case .mount(let type, let source, let target, let flags, let options):
            [
                "fsopen(\"\(type)\")", "fsconfig(\"source\", \"\(source)\")",
            ] + (options.isEmpty ? [] : ["fsconfig(\"\(options)\")"]) + [
                "fsmount(\(flags.callText))", "move_mount(\"\", \"\(target)\")",
            ]
        case .bind(let source, let target, let isRecursive, let flags, let propagation, let followsLinks):
            (followsLinks ? [] : ["openat2(\"\(source)\", RESOLVE_NO_SYMLINKS)"]) + [
                "open_tree(\"\(source)\", OPEN_TREE_CLONE\(isRecursive ? "|AT_RECURSIVE" : ""))",
                "mount_setattr(\(flags.callText), \(propagation.rawValue))", "move_mount(\"\", \"\(target)\")",
            ]
        case .bindWithin(let source, let target):
            ["open_tree(\"\(source)\", OPEN_TREE_CLONE)", "move_mount(\"\", \"\(target)\")"]
        case .makeDirectory(let path, let mode): ["mkdirat(\"\(path)\", 0\(String(mode, radix: 8)))"]
        case .makeDevice(let path, let type, let major, let minor, let mode, _, _):
            [
                "mknodat(\"\(path)\", \(type == "b" ? "S_IFBLK" : "S_IFCHR")|0\(String(mode, radix: 8)), makedev(\(major), \(minor)))"
            ]
        case .makeSymlink(let target, let path): ["symlinkat(\"\(target)\", \"\(path)\")"]
        case .mask(let path): ["move_mount(nothing, \"\(path)\")"]
        case .makeReadOnly(let path):
            [
                "open_tree(\"\(path)\", OPEN_TREE_CLONE)", "mount_setattr(MOUNT_ATTR_RDONLY)",
                "move_mount(\"\", \"\(path)\")",
            ]
        case .enterRoot: ["fchdir(root)", "pivot_root(\".\", \".\")", "umount2(\".\", MNT_DETACH)", "chdir(\"/\")"]
        case .makeRootReadOnly: ["mount_setattr(AT_FDCWD, \"/\", MOUNT_ATTR_RDONLY)"]
        case .setHostname(let name): ["sethostname(\"\(name)\", \(name.utf8.count))"]
        case .setDomainname(let name): ["setdomainname(\"\(name)\", \(name.utf8.count))"]
        case .setParameter(let path, let value): ["write(\"\(path)\", \"\(value)\")"]
        case .bringLoopbackUp: ["ioctl(SIOCSIFFLAGS, \"lo\", IFF_UP)"]
        case .openTerminal(let columns, let rows):
            [
                "openat(\"/dev/pts/ptmx\")", "ioctl(TIOCGPTPEER)", "ioctl(TIOCSWINSZ, \(rows)x\(columns))", "setsid()",
                "ioctl(TIOCSCTTY)", "dup3 x3",
            ]
        case .newSession: ["setsid()"]
        case .setResourceLimit(let resource, let soft, let hard): ["prlimit(\(resource), \(soft), \(hard))"]
        case .setOutOfMemoryScore(let score): ["write(\"/proc/self/oom_score_adj\", \"\(score)\")"]
        case .changeDirectory(let path, _): ["chdir(\"\(path)\")"]
        case .limitCapabilities(let bounding): ["prctl(PR_CAPBSET_DROP) for all but \(bounding)"]
        case .becomeUser(let uid, let gid, let groups):
            groups.map { ["setgroups([\($0.map(String.init).joined(separator: ", "))])"] } ?? []
                + ["setresgid(\(gid), \(gid), \(gid))", "setresuid(\(uid), \(uid), \(uid))"]
        case .setCapabilities(let effective, let permitted, let inheritable):
            ["capset(effective \(effective), permitted \(permitted), inheritable \(inheritable))"]
        case .setNoNewPrivileges: ["prctl(PR_SET_NO_NEW_PRIVS, 1)"]
        case .loadFilter: ["seccomp(SECCOMP_SET_MODE_FILTER, 0, filter)"]
        case .dieWithEngine: ["prctl(PR_SET_PDEATHSIG, SIGKILL)"]
        case .setUmask(let mask): ["umask(0\(String(mask, radix: 8)))"]
        case .readBack(let path): ["read(\"\(path)\")"]
        case .meet: ["read(channel)"]
        case .execute(let paths, let arguments, _):
            ["execve(\"\(paths.first ?? "")\", [\(arguments.map { "\"\($0)\"" }.joined(separator: ", "))])"]
        }
    }
}

extension MountFlags {
    /// The flags by the names that `fsmount(2)` has for them.
    fileprivate var callText: String {
        let names: [(MountFlags, String)] = [
            (.readOnly, "RDONLY"), (.noSetuid, "NOSUID"), (.noDevices, "NODEV"), (.noExecution, "NOEXEC"),
            (.strictAccessTimes, "STRICTATIME"), (.noAccessTimes, "NOATIME"), (.relativeAccessTimes, "RELATIME"),
        ]
        let set = names.filter { contains($0.0) }.map { "MOUNT_ATTR_" + $0.1 }
        return set.isEmpty ? "0" : set.joined(separator: "|")
    }
}
