import EngineAPI
import Kernel
import OrderedJSON
import Posix

/// What a container sees of the kernel and of the engine's files: `/proc`, `/dev`, `/sys`, three files of `/etc`, and what
/// of it is hidden or read-only.
extension LaunchPlan {
    /// Files of the kernel that a container must not see (Docker's default list).
    static let maskedPaths = [
        "/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
        "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
    ]
    /// Files of the kernel that a container may read only (Docker's default list).
    static let readOnlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]

    /// The group that owns terminals (`devpts(5)`): `tty` on every Linux.
    private static let terminalGroup: UInt64 = 5
    private static let kernelMount: MountFlags = [.noSetuid, .noDevices, .noExecution]

    var proc: ChildStep {
        if kernel.profile.isRootless, !namespaces.contains(.pid), host.text("PidMode") == "host" {
            // A new one would show the machine's processes, whose namespace root of a user namespace has no right over.
            return ChildStep(
                kind: .mountProc, command: "mount --rbind /proc /proc", facts: ["target": "/proc", "shared": true],
                operations: [
                    .bind(source: "/proc", target: "/proc", isRecursive: true, flags: [], propagation: .rslave)
                ],
                evidence: mountEvidence("/proc"))
        }
        return ChildStep(
            kind: .mountProc, command: "mount -t proc proc /proc",
            facts: ["target": "/proc", "shared": .bool(!namespaces.contains(.pid))],
            operations: [.mount(type: "proc", source: "proc", target: "/proc", flags: Self.kernelMount, options: "")],
            evidence: mountEvidence("/proc"))
    }

    var dev: ChildStep {
        let devices: [(String, UInt32, UInt32)] = [
            ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
        ]
        let links = [
            ("/proc/self/fd", "/dev/fd"), ("/proc/self/fd/0", "/dev/stdin"), ("/proc/self/fd/1", "/dev/stdout"),
            ("/proc/self/fd/2", "/dev/stderr"), ("pts/ptmx", "/dev/ptmx"),
        ]
        let shared = host.text("IpcMode")
        var operations: [SandboxOperation] = [
            .mount(
                type: "tmpfs", source: "tmpfs", target: "/dev", flags: [.noSetuid, .strictAccessTimes],
                options: "mode=755,size=65536k"),
            .mount(
                type: "devpts", source: "devpts", target: "/dev/pts", flags: [.noSetuid, .noExecution],
                options: "newinstance,ptmxmode=0666,mode=0620"
                    + (kernel.profile.identities.groups > Self.terminalGroup ? ",gid=\(Self.terminalGroup)" : "")),
            .mount(type: "mqueue", source: "mqueue", target: "/dev/mqueue", flags: Self.kernelMount, options: ""),
        ]
        if shared == "host" {
            operations.append(
                .bind(source: "/dev/shm", target: "/dev/shm", isRecursive: false, flags: [], propagation: .rprivate))
        } else if shared != "none" {
            operations.append(
                .mount(
                    type: "tmpfs", source: "shm", target: "/dev/shm", flags: Self.kernelMount,
                    options: "mode=1777,size=\(host.number("ShmSize"))"))
        }
        for (name, major, minor) in devices {
            operations.append(
                .makeDevice(
                    path: "/dev/\(name)", type: "c", major: major, minor: minor, mode: 0o666, uid: 0, gid: 0))
        }
        if isPrivileged { operations += machineDevices(known: Set(devices.map(\.0))) }
        operations += granted.map { device in
            .makeDevice(
                path: device.path, type: device.node.type, major: device.node.major, minor: device.node.minor,
                mode: device.node.mode, uid: device.node.uid, gid: device.node.gid)
        }
        for (target, path) in links { operations.append(.makeSymlink(target: target, path: path)) }
        return ChildStep(
            kind: .mountDev,
            command: "mount -t tmpfs tmpfs /dev; " + (kernel.profile.isRootless ? "mount --bind …" : "mknod …"),
            facts: [
                "devices": .strings(devices.map(\.0)), "terminal": .bool(definition.hasTerminal),
                "bound": .bool(kernel.profile.isRootless),
            ],
            operations: operations, evidence: mountEvidence("/dev"))
    }

    /// All devices of the machine, for `--privileged`.
    private func machineDevices(known: Set<String>) -> [SandboxOperation] {
        DeviceNode.all(below: "/dev").filter { !known.contains($0.name) }.map { device in
            .makeDevice(
                path: "/dev/\(device.name)", type: device.type, major: device.major, minor: device.minor,
                mode: device.mode, uid: device.uid, gid: device.gid)
        }
    }

    var sys: ChildStep {
        let readOnly: MountFlags = isPrivileged ? [] : [.readOnly]
        var operations: [SandboxOperation] = [
            .mount(
                type: "sysfs", source: "sysfs", target: "/sys", flags: Self.kernelMount.union(readOnly), options: "")
        ]
        if kernel.profile.cgroupLayout == .v2 {
            if host.text("CgroupnsMode") == "private" {
                operations.append(
                    .mount(
                        type: "cgroup2", source: "cgroup", target: "/sys/fs/cgroup",
                        flags: Self.kernelMount.union(readOnly), options: ""))
            } else if let directory = cgroup.directory(of: "memory") {
                operations.append(
                    .bind(
                        source: directory, target: "/sys/fs/cgroup", isRecursive: false,
                        flags: Self.kernelMount.union(readOnly), propagation: .rprivate))
            }
        } else {
            operations.append(
                .mount(
                    type: "tmpfs", source: "tmpfs", target: "/sys/fs/cgroup", flags: Self.kernelMount,
                    options: "mode=755"))
            for (name, directory) in cgroup.version1Directories {
                operations.append(
                    .bind(
                        source: directory, target: "/sys/fs/cgroup/\(name)", isRecursive: false,
                        flags: Self.kernelMount.union(readOnly), propagation: .rprivate))
            }
        }
        return ChildStep(
            kind: .mountSys, command: "mount -t sysfs -o \(isPrivileged ? "rw" : "ro") sysfs /sys",
            facts: ["readOnly": .bool(!isPrivileged)], operations: operations, evidence: mountEvidence("/sys"))
    }

    var files: ChildStep {
        let names = ["resolv.conf", "hostname", "hosts"]
        return ChildStep(
            kind: .mountFiles, command: "mount --bind \(filesDirectory)/hosts /etc/hosts; …",
            facts: [
                "files": .strings(names.map { "/etc/\($0)" }), "hostname": .string(config.text("Hostname")),
            ],
            operations: names.map { name in
                .bind(
                    source: "\(filesDirectory)/\(name)", target: "/etc/\(name)", isRecursive: false, flags: [],
                    propagation: .rprivate)
            },
            evidence: mountEvidence("/etc/hosts"))
    }

    var mask: ChildStep {
        let masked = host.strings("MaskedPaths")
        let readOnly = host.strings("ReadonlyPaths")
        // What the kernel does not have is passed over, and not told of: /proc and /sys have the same for all.
        let isThere: (String) -> Bool = { path in
            !["/proc/", "/sys/"].contains { path.hasPrefix($0) } || Files.exists(path)
        }
        let found = masked.filter(isThere)
        return ChildStep(
            kind: .mountMask, command: "mount --bind /dev/null \(found.first ?? "/proc/kcore"); …",
            facts: ["masked": .strings(found), "readOnly": .strings(readOnly.filter(isThere))],
            operations: readOnly.map { .makeReadOnly($0) } + masked.map { .mask($0) },
            evidence: mountEvidence("/proc/sys"))
    }
}
