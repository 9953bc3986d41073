import Glibc
import Posix

/// Paths as Docker's client treats them: lexically, so that a link is not followed before it has to be.
enum LocalPath {
    /// The path without `.`, `..` and doubled slashes where that is possible (Go's `filepath.Clean`).
    static func clean(_ path: String) -> String {
        let isAbsolute = path.hasPrefix("/")
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !isAbsolute {
                parts.append(part)
            }
        }
        let joined = parts.joined(separator: "/")
        return isAbsolute ? "/" + joined : joined.isEmpty ? "." : joined
    }

    /// The working directory of the process.
    static func workingDirectory() throws(SystemError) -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getcwd(&buffer, buffer.count) != nil else { throw .last("finding the working directory") }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The path from the root on, cleaned.
    static func absolute(_ path: String) throws(SystemError) -> String {
        clean(path.hasPrefix("/") ? path : "\(try workingDirectory())/\(path)")
    }

    /// Whether a path means a directory's contents: its last part is a dot.
    static func namesContents(_ path: String) -> Bool { path == "." || path.hasSuffix("/.") }

    /// Whether a path says that it is a directory, by a final slash or dot.
    static func assertsDirectory(_ path: String) -> Bool { path.hasSuffix("/") || namesContents(path) }

    /// The directory and the last part; the last part of a path that means contents is `.`.
    static func split(_ path: String) -> (directory: String, base: String) {
        let cleaned = clean(path)
        if namesContents(path) { return (cleaned, ".") }
        if cleaned == "/" { return ("/", "/") }
        return (Files.parent(of: cleaned), cleaned.split(separator: "/").last.map(String.init) ?? cleaned)
    }

    /// What a path leads to, links followed or not; `nil` if there is nothing.
    static func status(_ path: String, follows: Bool) -> stat? {
        var result = stat()
        return (follows ? stat(path, &result) : lstat(path, &result)) == 0 ? result : nil
    }
}

/// An unnamed file for an archive that is packed before it is sent.
enum TemporaryFile {
    /// Makes one in `TMPDIR`; it is gone when it is closed.
    static func make() throws(SystemError) -> Descriptor {
        let directory = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        var name = Array("\(directory.isEmpty ? "/tmp" : directory)/docker-XXXXXX".utf8CString)
        let file = Descriptor(owning: try check("making a temporary file") { mkstemp(&name) })
        unlink(name)
        _ = fcntl(file.number, F_SETFD, FD_CLOEXEC)
        return file
    }
}
