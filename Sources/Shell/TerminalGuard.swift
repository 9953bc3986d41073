import Glibc

// Read by signal handlers, which may use nothing but plain memory and async-signal-safe calls.
private nonisolated(unsafe) var savedSettings = termios()
private nonisolated(unsafe) var hasSavedSettings = false
private nonisolated(unsafe) var windowChanged: sig_atomic_t = 0

/// Keeps the terminal's settings (`termios(3)`) and puts them back whatever happens: after each command, when the shell
/// ends, and when a signal ends it.
enum TerminalGuard {
    /// Saves the settings of the standard input if it is a terminal, and takes over the signals that would end the
    /// shell or stop it.
    static func begin() {
        hasSavedSettings = isatty(0) == 1 && tcgetattr(0, &savedSettings) == 0
        // Handlers that do nothing, not SIG_IGN: what is ignored would be ignored by the programs started here, too.
        for signal in [SIGINT, SIGQUIT, SIGTSTP, SIGTTOU, SIGTTIN, SIGPIPE] { handle(signal) { _ in } }
        handle(SIGWINCH) { _ in windowChanged = 1 }
        for signal in [SIGTERM, SIGHUP, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS] {
            // With SA_RESETHAND the signal, sent again, does what it always does.
            handle(signal, flags: Int32(bitPattern: UInt32(SA_RESETHAND))) { number in
                if hasSavedSettings { tcsetattr(0, TCSANOW, &savedSettings) }
                raise(number)
            }
        }
    }

    /// Puts the settings back.
    static func restore() {
        if hasSavedSettings { tcsetattr(0, TCSADRAIN, &savedSettings) }
    }

    /// Shows no key that is pressed, until ``restore()``; the signals of Ctrl-C and its like work on.
    static func hideKeys() {
        guard hasSavedSettings else { return }
        var settings = savedSettings
        settings.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(0, TCSADRAIN, &settings)
    }

    /// Forgets the keys that were pressed and not read yet.
    static func discardKeys() {
        if hasSavedSettings { tcflush(0, TCIFLUSH) }
    }

    /// Whether the window has another size since this was asked last.
    static func takeWindowChange() -> Bool {
        let changed = windowChanged != 0
        windowChanged = 0
        return changed
    }

    /// The columns of the terminal (`ioctl_tty(2)`); 80 where there is none.
    static func columns() -> Int {
        var size = winsize()
        for descriptor: Int32 in [2, 1, 0] where ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 {
            return Int(size.ws_col)
        }
        return 80
    }

    private static func handle(_ signal: Int32, flags: Int32 = 0, _ handler: @escaping @convention(c) (Int32) -> Void) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = handler
        action.sa_flags = flags
        sigaction(signal, &action, nil)
    }
}
