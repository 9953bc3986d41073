import CLinux
import Glibc

/// An open file descriptor that is closed when its last owner lets go of it.
///
/// All descriptors of the project are close-on-exec; a container gets the few it needs by name.
public final class Descriptor: @unchecked Sendable {
    // The number never changes while the object lives: that is what makes sharing it safe.
    /// The descriptor's number, for system calls. Valid as long as this object lives.
    public let number: Int32

    /// Takes ownership of an open descriptor.
    public init(owning number: Int32) { self.number = number }

    deinit { Glibc.close(number) }

    /// Opens a file, close-on-exec (`open(2)`).
    ///
    /// - Parameters:
    ///   - path: The file's path.
    ///   - flags: `O_…` flags; `O_CLOEXEC` is added.
    ///   - mode: Permission bits of a created file.
    /// - Throws: ``SystemError`` naming the path.
    public static func open(_ path: String, _ flags: Int32, mode: mode_t = 0o666) throws(SystemError) -> Descriptor {
        Descriptor(owning: try check("opening \(path)") { Glibc.open(path, flags | O_CLOEXEC, mode) })
    }

    /// Makes a pipe (`pipe2(2)`), both ends close-on-exec.
    public static func pipe(nonblocking: Bool = false) throws(SystemError) -> (read: Descriptor, write: Descriptor) {
        var ends: (Int32, Int32) = (0, 0)
        let flags = O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0)
        try check("making a pipe") {
            withUnsafeMutableBytes(of: &ends) { buffer in
                guard let base = buffer.bindMemory(to: Int32.self).baseAddress else { return Int32(-1) }
                return linux_pipe2(base, flags)
            }
        }
        return (Descriptor(owning: ends.0), Descriptor(owning: ends.1))
    }

    /// Another descriptor for the same open file (`dup(2)`), close-on-exec.
    public func duplicate() throws(SystemError) -> Descriptor {
        Descriptor(owning: try check("duplicating a descriptor") { fcntl(number, F_DUPFD_CLOEXEC, 3) })
    }

    /// Reads at most the buffer's size once (`read(2)`).
    /// - Returns: The number of bytes; 0 at the end of the file.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        try check("reading") { Glibc.read(number, buffer.baseAddress, buffer.count) }
    }

    /// Reads up to `count` bytes once.
    /// - Returns: The bytes read; empty at the end of the file.
    public func read(upTo count: Int) throws(SystemError) -> [UInt8] {
        var failure: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            do throws(SystemError) { used = try read(into: UnsafeMutableRawBufferPointer(buffer)) } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Reads until the end of the file.
    public func readToEnd() throws(SystemError) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let piece = try read(upTo: 65536)
            if piece.isEmpty { return all }
            all += piece
        }
    }

    /// Reads until the end of a file that somebody else may have made as long as they like.
    /// - Throws: ``SystemError`` with EFBIG once there are more than `limit` bytes.
    public func readToEnd(limit: Int) throws(SystemError) -> [UInt8] {
        var all: [UInt8] = []
        while true {
            let piece = try read(upTo: min(65536, limit - all.count + 1))
            if piece.isEmpty { return all }
            all += piece
            if all.count > limit { throw SystemError("reading more than \(limit) bytes", code: EFBIG) }
        }
    }

    /// Opens the regular file that this descriptor, opened with `O_PATH`, stands for. What else may have its name is not
    /// opened at all: a pipe would never answer, a device may end nowhere or do something.
    ///
    /// - Parameter name: The file, for the error.
    /// - Throws: ``SystemError``; with EISDIR for a directory, with EINVAL for anything else that is no regular file.
    public func reopenedAsFile(_ name: String) throws(SystemError) -> Descriptor {
        var status = stat()
        try check("looking at \(name)") { fstat(number, &status) }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG else {
            throw SystemError("opening \(name) as a regular file", code: kind == S_IFDIR ? EISDIR : EINVAL)
        }
        return try Descriptor.open("/proc/self/fd/\(number)", O_RDONLY)
    }

    /// Writes all bytes, however many calls that takes (`write(2)`).
    /// - Throws: ``SystemError``; some bytes may have been written.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest)
            let count = try check("writing") { Glibc.write(number, piece.baseAddress, piece.count) }
            rest = rest.dropFirst(count)
        }
    }

    /// Writes all bytes of an array.
    public func write(_ bytes: [UInt8]) throws(SystemError) {
        var failure: SystemError?
        bytes.withUnsafeBytes { buffer in
            do throws(SystemError) { try write(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Writes a string's UTF-8.
    public func write(_ text: String) throws(SystemError) { try write(Array(text.utf8)) }
}
