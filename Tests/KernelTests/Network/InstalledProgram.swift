import Glibc
import Posix

/// A program of this machine whose output is compared with ours.
struct InstalledProgram {
    let path: String

    /// A program by its name; `nil` when it is not installed.
    init?(_ name: String) {
        let found = ["/usr/sbin/", "/sbin/", "/usr/bin/", "/bin/"].map { $0 + name }.first { access($0, X_OK) == 0 }
        guard let found else { return nil }
        path = found
    }

    /// Runs it and returns its standard output and status.
    @discardableResult
    func run(_ arguments: [String]) throws -> (output: String, status: Int32) {
        var ends: (read: Descriptor, write: Descriptor)? = try Descriptor.pipe()
        guard let reader = ends?.read, let output = ends?.write.number else { return ("", -1) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        var vector: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for text in vector { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, nil, &vector, environ)
        guard code == 0 else { throw SystemError("starting \(path)", code: code) }
        // Without our own copy of the write end the output ends with the program.
        ends = nil
        let text = String(decoding: try reader.readToEnd(), as: UTF8.self)
        var status: Int32 = 0
        try check("waiting") { waitpid(pid, &status, 0) }
        return (text, status)
    }
}
