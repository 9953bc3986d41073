/// A set of capabilities (`capabilities(7)`), as the kernel writes it in `/proc/PID/status`.
public struct CapabilitySet: OptionSet, Sendable, Hashable, CustomStringConvertible {
    /// One bit for each capability, by its number.
    public let rawValue: UInt64
    /// A set from its bits.
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The names in the order of their numbers, without `CAP_` (`linux/capability.h`).
    public static let names = [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ]

    /// One capability by its name, with or without `CAP_`, in any case; `nil` for an unknown one.
    public init?(name: String) {
        var name = name.uppercased()
        if name.hasPrefix("CAP_") { name.removeFirst(4) }
        guard let number = Self.names.firstIndex(of: name) else { return nil }
        rawValue = 1 << UInt64(number)
    }

    /// Every capability that has a name here.
    public static let all = CapabilitySet(rawValue: (1 << UInt64(names.count)) - 1)

    /// What Docker gives a container by default: 14 capabilities, `00000000a80425fb`.
    public static let containerDefault = [
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
        "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
    ].reduce(into: CapabilitySet()) { set, name in
        if let one = CapabilitySet(name: name) { set.formUnion(one) }
    }

    /// The names of the members, `CAP_` included, in the order of their numbers.
    public var memberNames: [String] {
        Self.names.indices.filter { rawValue >> UInt64($0) & 1 == 1 }.map { "CAP_" + Self.names[$0] }
    }

    /// Sixteen hexadecimal digits, as in `/proc/PID/status`.
    public var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
