import Glibc
import Posix

/// A statically linked program of this machine, found by name: what the embedded images are made of.
struct StaticProgram {
    var path: String
    var bytes: [UInt8]
    /// When the file was last changed: packages set it, so it is the same wherever the same package is installed.
    var modified: ImageTime

    /// Finds a program in `PATH`, `/bin` and `/usr/bin`.
    /// - Throws: ``OCIError/missingProgram(name:package:)`` if there is none that is linked statically.
    init(_ name: String, package: String) throws(OCIError) {
        let directories = (getenv("PATH").map { String(cString: $0) } ?? "").split(separator: ":").map(String.init)
        for directory in directories + ["/bin", "/usr/bin"] where directory.hasPrefix("/") {
            let path = "\(directory)/\(name)"
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(path, X_OK) == 0 else {
                continue
            }
            let bytes = try system { () throws(SystemError) in try Files.read(path) }
            guard Self.isStatic(bytes) else { continue }
            self.path = path
            self.bytes = bytes
            modified = ImageTime(seconds: Int64(status.st_mtim.tv_sec))
            return
        }
        throw .missingProgram(name: name, package: package)
    }

    /// Whether an executable asks for no program interpreter (`elf(5)`, `PT_INTERP`).
    private static func isStatic(_ bytes: [UInt8]) -> Bool {
        func number(_ offset: Int, _ size: Int) -> Int {
            guard offset >= 0, offset + size <= bytes.count else { return 0 }
            return bytes[offset..<offset + size].reversed().reduce(0) { ($0 << 8 | Int($1)) & 0xFFFF_FFFF }
        }
        guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else { return false }
        let (table, size, count) = (number(32, 8), number(54, 2), number(56, 2))
        return count > 0 && !(0..<count).contains { number(table + $0 * size, 4) == 3 }
    }

    /// Runs the program and reads its standard output.
    func output(of arguments: [String]) throws(OCIError) -> String {
        let (pid, output) = try start(arguments)
        return try system { () throws(SystemError) in
            let bytes = try output.readToEnd()
            var status: Int32 = 0
            try check("waiting for \(path)") { waitpid(pid, &status, 0) }
            guard status == 0 else { throw SystemError("running \(path)", code: ECANCELED) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// - Returns: The process, and the pipe's reading end; the writing end is only the process's.
    private func start(_ arguments: [String]) throws(OCIError) -> (pid: pid_t, output: Descriptor) {
        let pipe = try system { () throws(SystemError) in try Descriptor.pipe() }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, pipe.write.number, 1)
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, path, &actions, nil, &words, nil)
        guard failure == 0 else { throw .system(SystemError("running \(path)", code: failure)) }
        return (pid, pipe.read)
    }
}
