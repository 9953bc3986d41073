import DockerCLI
import Glibc
import Posix

/// This program again, as a process of its own: for what has to be done before there is a second thread.
enum OwnProgram {
    /// Runs `drydock WORDS…`, and waits for it.
    /// - Returns: Its exit code.
    static func run(_ words: [String], io: CommandIO) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, own) in [(io.input, Int32(0)), (io.output, 1), (io.errorOutput, 2)] where number != own {
            posix_spawn_file_actions_adddup2(&actions, number, own)
        }
        var arguments: [UnsafeMutablePointer<CChar>?] = (["drydock"] + words).map { (word: String) in strdup(word) }
        arguments.append(nil)
        defer { arguments.forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, "/proc/self/exe", &actions, nil, arguments, environ)
        if code != 0 {
            StandardError.write(
                "drydock: \(SystemError("starting drydock \(words.joined(separator: " "))", code: code))\n")
            return 126
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }
}
