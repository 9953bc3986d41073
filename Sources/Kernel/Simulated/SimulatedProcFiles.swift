import Glibc
import Posix

/// The files below `/proc/PID`, written from the model in the kernel's own form (`proc_pid_status(5)` and others).
struct SimulatedProcFiles {
    let machine: SimulatedMachine

    /// The text of a file.
    ///
    /// - Parameter seenByItself: Whether the process itself reads, in its own namespaces.
    func file(_ pid: Int32, _ name: String, seenByItself: Bool) throws(SystemError) -> String {
        let path = "opening /proc/\(pid)/\(name)"
        return try machine.world.withLock { world throws(SystemError) in
            guard let task = world.tasks[pid] else { throw SystemError(path, code: ENOENT) }
            switch name {
            case "status": return status(pid, task, seenByItself: seenByItself)
            case "stat": return stat(pid, task, seenByItself: seenByItself)
            case "mountinfo": return world.mounts[task.inode(.mount)]?.text ?? ""
            case "cgroup": return cgroups(task, seenByItself: seenByItself)
            case "limits": return limits(task)
            case "comm": return task.dumpName + "\n"
            case "cmdline": return task.arguments.map { $0 + "\0" }.joined()
            case "environ": return task.environment.map { $0 + "\0" }.joined()
            case "oom_score_adj": return "\(task.outOfMemoryScore)\n"
            case "uid_map", "gid_map": return "         0          0 4294967295\n"
            case "setgroups": return "allow\n"
            case "loginuid", "sessionid": return "4294967295"
            default: throw SystemError(path, code: ENOENT)
            }
        }
    }

    /// The target of a link.
    func link(_ pid: Int32, _ name: String) throws(SystemError) -> String {
        let path = "reading link /proc/\(pid)/\(name)"
        return try machine.world.withLock { world throws(SystemError) in
            guard let task = world.tasks[pid] else { throw SystemError(path, code: ENOENT) }
            if task.isZombie { throw SystemError(path, code: ENOENT) }
            switch name {
            case "exe": return task.executable
            case "root": return "/"
            case "cwd": return task.directory
            case "fd/0", "fd/1", "fd/2":
                return task.hasTerminal
                    ? "/dev/pts/0" : "pipe:[\(UInt64(pid) * 10 + UInt64(name.last?.wholeNumberValue ?? 0))]"
            default: break
            }
            if name.hasPrefix("ns/"), let kind = NamespaceKind(rawValue: String(name.dropFirst(3))) {
                return "\(kind.rawValue):[\(task.inode(kind))]"
            }
            throw SystemError(path, code: ENOENT)
        }
    }

    private func status(_ pid: Int32, _ task: SimulatedTask, seenByItself: Bool) -> String {
        let number = seenByItself ? task.ownNumber : pid
        let numbers = task.ownNumber == pid || seenByItself ? "\(number)" : "\(pid)\t\(task.ownNumber)"
        let state = task.isZombie ? "Z (zombie)" : "S (sleeping)"
        let parent = seenByItself ? 0 : task.parent
        let umask = String(task.umask, radix: 8)
        let lines = [
            "Name:\t\(task.dumpName)", "Umask:\t\(String(repeating: "0", count: max(0, 4 - umask.count)))\(umask)",
            "State:\t\(state)", "Tgid:\t\(number)", "Ngid:\t0", "Pid:\t\(number)", "PPid:\t\(parent)", "TracerPid:\t0",
            "Uid:\t\(task.uid)\t\(task.uid)\t\(task.uid)\t\(task.uid)",
            "Gid:\t\(task.gid)\t\(task.gid)\t\(task.gid)\t\(task.gid)", "FDSize:\t64",
            "Groups:\t\(task.groups.map(String.init).joined(separator: " ")) ", "NStgid:\t\(numbers)",
            "NSpid:\t\(numbers)", "NSpgid:\t\(numbers)", "NSsid:\t\(numbers)", "VmSize:\t    4404 kB",
            "VmRSS:\t    1024 kB", "Threads:\t1", "SigQ:\t0/31000", "SigPnd:\t0000000000000000",
            "ShdPnd:\t0000000000000000", "SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000",
            "SigCgt:\t0000000000000000", "CapInh:\t\(task.inheritable)", "CapPrm:\t\(task.permitted)",
            "CapEff:\t\(task.effective)", "CapBnd:\t\(task.bounding)", "CapAmb:\t0000000000000000",
            "NoNewPrivs:\t\(task.hasNoNewPrivileges ? 1 : 0)", "Seccomp:\t\(task.filters > 0 ? 2 : 0)",
            "Seccomp_filters:\t\(task.filters)",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private func stat(_ pid: Int32, _ task: SimulatedTask, seenByItself: Bool) -> String {
        let number = seenByItself ? task.ownNumber : pid
        let fields = [
            "\(number)", "(\(task.dumpName))", task.isZombie ? "Z" : "S", "\(task.parent)", "\(number)", "\(number)",
        ]
        // The start time is the 22nd field.
        return (fields + [String](repeating: "0", count: 15) + ["\(task.startTime)", "4509696", "256"])
            .joined(separator: " ") + "\n"
    }

    private func cgroups(_ task: SimulatedTask, seenByItself: Bool) -> String {
        let hasOwn = task.inode(.cgroup) != SimulatedWorld.machineNamespaces[.cgroup]
        let full = task.group.map { "/\(machine.parentGroup)/\($0)" } ?? "/"
        let path = seenByItself && hasOwn ? "/" : full
        guard machine.profile.cgroupLayout != .v2 else { return "0::\(path)\n" }
        let controllers = machine.profile.controllers.sorted()
        let lines = controllers.enumerated().map { "\(controllers.count - $0.offset):\($0.element):\(path)\n" }
        return lines.joined() + (machine.profile.cgroupLayout == .hybrid ? "0::\(path)\n" : "")
    }

    /// Titles, units and defaults in the order of the resources' numbers (`getrlimit(2)`).
    private static let limitLines: [(title: String, soft: UInt64?, hard: UInt64?, unit: String)] = [
        ("Max cpu time", nil, nil, "seconds"), ("Max file size", nil, nil, "bytes"),
        ("Max data size", nil, nil, "bytes"),
        ("Max stack size", 8_388_608, nil, "bytes"), ("Max core file size", 0, nil, "bytes"),
        ("Max resident set", nil, nil, "bytes"), ("Max processes", 31_000, 31_000, "processes"),
        ("Max open files", 1_024, 524_288, "files"), ("Max locked memory", 8_388_608, 8_388_608, "bytes"),
        ("Max address space", nil, nil, "bytes"), ("Max file locks", nil, nil, "locks"),
        ("Max pending signals", 31_000, 31_000, "signals"), ("Max msgqueue size", 819_200, 819_200, "bytes"),
        ("Max nice priority", 0, 0, ""), ("Max realtime priority", 0, 0, ""), ("Max realtime timeout", nil, nil, "us"),
    ]

    private func limits(_ task: SimulatedTask) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(1, width - text.count))
        }
        func number(_ value: UInt64?) -> String {
            value.map { $0 == UInt64.max ? "unlimited" : "\($0)" } ?? "unlimited"
        }
        var text = padded("Limit", 26) + padded("Soft Limit", 21) + padded("Hard Limit", 21) + "Units     \n"
        for (resource, line) in Self.limitLines.enumerated() {
            let own = task.limits[Int32(resource)]
            text += padded(line.title, 26) + padded(number(own?.soft ?? line.soft), 21)
            text += padded(number(own?.hard ?? line.hard), 21) + padded(line.unit, 10) + "\n"
        }
        return text
    }
}
