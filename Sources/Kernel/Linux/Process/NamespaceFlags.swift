/// The flags of `clone(2)`, `unshare(2)` and `setns(2)` for each kind of namespace (`linux/sched.h`).
extension NamespaceKind {
    /// CLONE_NEWNS and so on.
    public var cloneFlag: Int32 {
        switch self {
        case .mount: 0x0002_0000
        case .pid: 0x2000_0000
        case .uts: 0x0400_0000
        case .ipc: 0x0800_0000
        case .network: 0x4000_0000
        case .cgroup: 0x0200_0000
        case .user: 0x1000_0000
        case .time: 0x0000_0080
        }
    }

    /// The order in which several are entered: the user namespace first, because it gives the right to enter the
    /// others, and the mount namespace last, because it takes the machine's paths away.
    static let entryOrder: [NamespaceKind] = [.user, .ipc, .uts, .network, .pid, .cgroup, .time, .mount]
}
