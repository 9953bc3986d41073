import Glibc

/// The limits of `--ulimit` by name (`setrlimit(2)`, asm-generic numbers).
enum ResourceLimits {
    private static let table: [(name: String, number: Int32, title: String)] = [
        ("cpu", 0, "Max cpu time"), ("fsize", 1, "Max file size"), ("data", 2, "Max data size"),
        ("stack", 3, "Max stack size"), ("core", 4, "Max core file size"), ("rss", 5, "Max resident set"),
        ("nproc", 6, "Max processes"), ("nofile", 7, "Max open files"), ("memlock", 8, "Max locked memory"),
        ("as", 9, "Max address space"), ("locks", 10, "Max file locks"), ("sigpending", 11, "Max pending signals"),
        ("msgqueue", 12, "Max msgqueue size"), ("nice", 13, "Max nice priority"),
        ("rtprio", 14, "Max realtime priority"), ("rttime", 15, "Max realtime timeout"),
    ]

    /// The resource's number; `nil` for an unknown name.
    static func number(_ name: String) -> Int32? { table.first { $0.name == name }?.number }
    /// `RLIMIT_NOFILE`
    static func constant(_ name: String) -> String { "RLIMIT_" + name.uppercased() }
    /// How its line in `/proc/PID/limits` begins.
    static func title(_ name: String) -> String { table.first { $0.name == name }?.title ?? name }
}
