import CLinux
import DockerCLI
import Glibc
import Posix

/// Programs of the machine that the shell starts: `!command`, and those that a docker command's output flows into.
enum MachineProgram {
    /// Starts a program (`posix_spawnp(3)`) with the given three descriptors.
    /// - Throws: ``SystemError`` naming the program.
    static func start(_ words: [String], io: CommandIO) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Through copies above 2, so that no descriptor is overwritten before it was passed on (`2>&1 >file`).
        var copies: [Descriptor] = []
        for source in [io.input, io.output, io.errorOutput] {
            let number = try check("duplicating a descriptor") { fcntl(source, F_DUPFD_CLOEXEC, 3) }
            copies.append(Descriptor(owning: number))
        }
        for (target, copy) in copies.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, copy.number, Int32(target))
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, words.first ?? "", &actions, nil, &arguments, environ)
        withExtendedLifetime(copies) {}
        guard code == 0 else { throw SystemError("running \(words.first ?? "")", code: code) }
        return pid
    }

    /// Waits for a program to end.
    ///
    /// Ctrl-Z stops a program, and this shell has no job control: it is let go on at once.
    ///
    /// - Returns: Its exit code; 128 plus the signal's number if a signal ended it.
    static func wait(for pid: pid_t) -> Int32 {
        var status: Int32 = 0
        while true {
            let result = waitpid(pid, &status, WUNTRACED)
            if result < 0 && errno == EINTR { continue }
            if result < 0 { return 127 }
            if status & 0xFF == 0x7F {
                kill(pid, SIGCONT)
                continue
            }
            let signal = status & 0x7F
            return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        }
    }

    /// Runs a command line with the machine's shell, on the terminal.
    /// - Throws: ``SystemError`` if there is no shell.
    static func runShell(_ command: String, io: CommandIO) throws(SystemError) -> Int32 {
        wait(for: try start(["/bin/sh", "-c", command], io: io))
    }

    /// Whether a program of this name is on the machine's `PATH`.
    static func exists(_ name: String, path: String?) -> Bool {
        guard !name.isEmpty, !name.contains("/") else { return false }
        return (path ?? "/usr/bin:/bin").split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
    }
}
