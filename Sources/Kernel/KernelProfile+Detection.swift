import Glibc
import Posix

extension KernelProfile {
    /// Looks at this machine.
    ///
    /// - Parameter cgroups: How its cgroups are mounted.
    /// - Throws: ``SystemError`` where `/proc` can't be read.
    static func detect(_ cgroups: CgroupHierarchies) throws(SystemError) -> KernelProfile {
        var names = utsname()
        try check("asking for the kernel's name") { uname(&names) }
        let capabilities = try heldCapabilities()
        return KernelProfile(
            kind: .linux, release: text(of: names.release), machine: text(of: names.machine),
            operatingSystem: operatingSystem(), isRootless: isRootless(),
            identities: UserNamespace.identities, cgroupLayout: cgroups.layout,
            makesCgroups: !cgroups.hierarchies.isEmpty,
            controllers: cgroups.controllers, capabilities: capabilities, limitsSwap: cgroups.limitsSwap,
            processors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))), memory: try memory(),
            bootID: try line("/proc/sys/kernel/random/boot_id"), lacking: lacking(capabilities))
    }

    /// A field of `utsname`, which Swift sees as a tuple of bytes.
    private static func text<Field>(of field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private static func line(_ path: String) throws(SystemError) -> String {
        String(try Files.text(path).prefix { $0 != "\n" })
    }

    /// `PRETTY_NAME` (`os-release(5)`); the generic name where there is no such file, as the manual has it.
    private static func operatingSystem() -> String {
        for path in ["/etc/os-release", "/usr/lib/os-release"] {
            guard let text = try? Files.text(path) else { continue }
            for line in text.split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
                return String(line.dropFirst("PRETTY_NAME=".count).filter { $0 != "\"" && $0 != "'" })
            }
        }
        return "Linux"
    }

    /// Whether this process is in a user namespace that maps only a part of the machine's users
    /// (`user_namespaces(7)`), or is not root at all.
    private static func isRootless() -> Bool {
        geteuid() != 0 || !UserMap.users.isMachines
    }

    /// The effective set of `/proc/self/status`.
    private static func heldCapabilities() throws(SystemError) -> CapabilitySet {
        for line in try Files.text("/proc/self/status").split(separator: "\n") where line.hasPrefix("CapEff:") {
            let digits = line.dropFirst("CapEff:".count).filter { !$0.isWhitespace }
            return CapabilitySet(rawValue: UInt64(digits, radix: 16) ?? 0).intersection(.all)
        }
        return []
    }

    /// `MemTotal`, which `/proc/meminfo` gives in KiB, as bytes.
    private static func memory() throws(SystemError) -> Int64 {
        for line in try Files.text("/proc/meminfo").split(separator: "\n") where line.hasPrefix("MemTotal:") {
            return (Int64(line.filter(\.isNumber)) ?? 0) * 1024
        }
        return 0
    }

    /// What is not to be had here, as far as it can be told without trying.
    private static func lacking(_ capabilities: CapabilitySet) -> [String: String] {
        var lacking: [String: String] = [:]
        /// A feature that needs a capability.
        func need(_ feature: String, _ name: String, _ purpose: String) {
            guard let capability = CapabilitySet(name: name), capabilities.isDisjoint(with: capability) else { return }
            lacking[feature] = "the engine does not hold CAP_\(name), which \(purpose)"
        }
        need("rlimit", "SYS_RESOURCE", "raising a hard limit needs")
        need("oom_score_adj", "SYS_RESOURCE", "a lower out-of-memory score needs")
        need("namespaces", "SYS_ADMIN", "making namespaces and mounts needs")
        need("networks", "NET_ADMIN", "making links and addresses needs")
        need("mknod", "MKNOD", "making device nodes needs")
        for kind in ["cgroup", "ipc", "mnt", "net", "pid", "user", "uts"] where !Files.exists("/proc/self/ns/\(kind)") {
            lacking["\(kind) namespace"] = "this kernel was built without it"
        }
        if !Files.exists("/proc/sys/kernel/seccomp/actions_avail") {
            lacking["seccomp"] = "this kernel was built without system call filters"
        }
        let fileSystems = (try? Files.text("/proc/filesystems")) ?? ""
        for type in ["overlay", "mqueue"]
        where !fileSystems.split(separator: "\n").contains(where: { $0.hasSuffix(type) }) {
            lacking[type] = "/proc/filesystems does not list it"
        }
        return lacking
    }
}
