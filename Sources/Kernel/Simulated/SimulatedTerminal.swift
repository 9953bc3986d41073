import Glibc
import Posix

/// A terminal of a simulated container: a real one of the machine, so that editing, echo and sizes work as they do.
enum SimulatedTerminal {
    // `asm-generic/ioctls.h`
    private static let unlock: UInt = 0x4004_5431
    private static let openPeer: UInt = 0x5441

    /// Opens a pair (`pty(7)`).
    ///
    /// No process of the machine has it as its controlling terminal, so the kernel has nobody to send signals to.
    /// Ctrl-C is therefore made a character that ends a line: it is read at once, by whatever imitates a program.
    static func open(columns: UInt16, rows: UInt16) throws(SystemError) -> (master: Descriptor, slave: Descriptor) {
        let master = try Descriptor.open("/dev/ptmx", O_RDWR | O_NOCTTY)
        var zero: Int32 = 0
        try check("unlocking a terminal") { ioctl(master.number, unlock, &zero) }
        let number = try check("opening a terminal's other side") {
            ioctl(master.number, openPeer, O_RDWR | O_NOCTTY | O_CLOEXEC)
        }
        let slave = Descriptor(owning: number)
        var size = winsize()
        size.ws_col = columns
        size.ws_row = rows
        try check("setting the size of a terminal") { ioctl(master.number, UInt(TIOCSWINSZ), &size) }
        var settings = termios()
        try check("reading the settings of a terminal") { tcgetattr(slave.number, &settings) }
        settings.c_lflag &= ~tcflag_t(ISIG)
        withUnsafeMutableBytes(of: &settings.c_cc) { $0[Int(VEOL)] = interrupt }
        try check("writing the settings of a terminal") { tcsetattr(slave.number, TCSANOW, &settings) }
        return (master, slave)
    }

    /// What Ctrl-C sends.
    static let interrupt: UInt8 = 3
}
