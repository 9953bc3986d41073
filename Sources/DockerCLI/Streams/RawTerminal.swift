import Glibc
import Synchronization

/// A terminal in raw mode (`termios(3)`), where each key reaches the container as it is. It is always put back.
final class RawTerminal: Sendable {
    private let descriptor: Int32
    private let saved: Mutex<termios?>

    /// Puts a terminal into raw mode; does nothing where the descriptor is no terminal.
    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        var settings = termios()
        guard isatty(descriptor) == 1, tcgetattr(descriptor, &settings) == 0 else {
            saved = Mutex(nil)
            return
        }
        saved = Mutex(settings)
        cfmakeraw(&settings)
        tcsetattr(descriptor, TCSADRAIN, &settings)
    }

    deinit { restore() }

    /// Puts the terminal back as it was; a second call does nothing.
    func restore() {
        saved.withLock { settings in
            guard var old = settings else { return }
            tcsetattr(descriptor, TCSADRAIN, &old)
            settings = nil
        }
    }

    /// The size of a terminal in rows and columns (`ioctl_tty(2)`); `nil` for what is none.
    static func size(of descriptor: Int32) -> (rows: Int, columns: Int)? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 || size.ws_col > 0 else { return nil }
        return (Int(size.ws_row), Int(size.ws_col))
    }
}
