/// Signals by number and name (`signal(7)`).
enum Signal {
    static let hangup: Int32 = 1
    static let interrupt: Int32 = 2
    static let kill: Int32 = 9
    static let terminate: Int32 = 15
    static let windowChange: Int32 = 28

    /// The names of the signals 1 to 31, without `SIG`.
    private static let names = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]

    /// The number that a text means: `9`, `KILL`, `SIGKILL`, in any case; `RTMIN+n` and `RTMAX-n` too.
    /// - Returns: `nil` for a text that names no signal.
    static func number(_ text: String) -> Int32? {
        if let number = Int32(text) { return number > 0 ? number : nil }
        var name = text.uppercased()
        if name.hasPrefix("SIG") { name.removeFirst(3) }
        if let index = names.firstIndex(of: name) { return Int32(index) + 1 }
        switch name {
        case "IOT": return 6
        case "CLD": return 17
        case "POLL": return 29
        case "RTMIN": return 34
        case "RTMAX": return 64
        default:
            if name.hasPrefix("RTMIN+"), let offset = Int32(name.dropFirst(6)), (1...15).contains(offset) {
                return 34 + offset
            }
            if name.hasPrefix("RTMAX-"), let offset = Int32(name.dropFirst(6)), (1...14).contains(offset) {
                return 64 - offset
            }
            return nil
        }
    }

    /// `SIGKILL` for 9.
    static func name(_ number: Int32) -> String {
        names.indices.contains(Int(number) - 1) ? "SIG" + names[Int(number) - 1] : "signal \(number)"
    }
}
