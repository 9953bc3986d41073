import CLinux
import Glibc
public import Kernel
public import Posix

/// A container that is being made by hand: a process that was cloned into new namespaces and now makes one system call
/// after another, as it is told through a socket, until it becomes a program.
public struct RawContainer: Sendable {
    /// Its name; its files carry it.
    public let name: String
    private let directory: String
    private let parentCgroup: String

    /// A container by its name.
    ///
    /// - Parameters:
    ///   - home: The directory of all that Drydock keeps; the files are in `raw` below it.
    ///   - parentCgroup: The cgroup below which its own is made.
    /// - Throws: ``RawUsage`` for a name that could be no file's.
    public init(_ name: String, home: String, parentCgroup: String) throws(RawUsage) {
        let isFine = !name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
        guard isFine, name.utf8.count <= 32 else {
            throw RawUsage("\"\(name)\" can't be a name: letters, digits and dashes, 32 at most")
        }
        self.name = name
        directory = "\(home)/raw"
        self.parentCgroup = parentCgroup
    }

    private var socket: String { "\(directory)/\(name).sock" }
    private var pidFile: String { "\(directory)/\(name).pid" }
    /// What its program prints.
    public var log: String { "\(directory)/\(name).log" }
    private var cgroupName: String { "raw-\(name)" }

    /// Clones the process (`clone(2)`) into new namespaces, and a cgroup of its own.
    ///
    /// It must be called before the program has a second thread.
    ///
    /// - Returns: The process's number on the machine.
    /// - Throws: ``RawUsage`` if there is one of this name, or ``SystemError``.
    public func clone(_ kinds: [NamespaceKind]) throws -> Int32 {
        if process != nil { throw RawUsage("\(name) exists already: `raw end \(name)` ends it") }
        try Files.makeDirectories(directory, mode: 0o700)
        let listener = try UnixSocket.listen(socket)
        let (go, starter) = try Descriptor.pipe()
        let flags = kinds.reduce(UInt64(0)) { $0 | UInt64(UInt32(bitPattern: $1.cloneFlag)) }
        let pid = try check("clone(\(Self.flags(kinds)))") { linux_fork(flags) }
        if pid == 0 {
            close(starter.number)
            serve(listener, after: go)
        }
        let kernel = try kernel()
        do {
            let cgroup = try kernel.existingCgroup(cgroupName) ?? kernel.makeCgroup(cgroupName)
            for descriptor in try cgroup.joinDescriptors() { try descriptor.write("\(pid)") }
            let start = kernel.processStartTime(pid) ?? 0
            try Files.replace(pidFile, with: Array("\(pid) \(start)\n".utf8), mode: 0o600, durable: false)
        } catch {
            kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
            unlink(socket)
            throw error
        }
        try starter.write("go")
        return pid
    }

    /// `CLONE_NEWNS|CLONE_NEWPID`
    public static func flags(_ kinds: [NamespaceKind]) -> String {
        kinds.isEmpty ? "0" : kinds.map(\.constant).joined(separator: "|")
    }

    /// Has the process make a call.
    ///
    /// - Throws: ``SystemError`` with the kernel's error number; ``RawUsage`` without such a process, or when it has
    ///   become its program.
    public func ask(_ name: String, _ words: [String]) throws {
        guard process != nil else { throw RawUsage("there is no \(self.name): `raw clone \(self.name)` makes it") }
        let connection = try connect()
        try connection.write(([name] + words).joined(separator: "\0"))
        shutdown(connection.number, Int32(SHUT_WR))
        let answer = String(decoding: try connection.readToEnd(), as: UTF8.self)
        // A process that has become its program closed the connection without a word.
        guard let code = Int32(answer), code != 0 else { return }
        throw SystemError(try RawCall(name, words).text, code: code)
    }

    private func connect() throws -> Descriptor {
        do throws(SystemError) {
            return try UnixSocket.connect(socket)
        } catch {
            guard error.code == ECONNREFUSED else { throw error }
            throw RawUsage("\(name) has become its program, and takes no more calls: `raw enter` joins it")
        }
    }

    /// Limits a resource of its cgroup: `memory` in bytes, `pids`.
    ///
    /// - Returns: The files that were written, with what each contains now.
    public func limit(_ limit: CgroupLimit) throws -> [CgroupReading] {
        guard let cgroup = try kernel().existingCgroup(cgroupName) else {
            throw RawUsage("there is no \(name): `raw clone \(name)` makes it")
        }
        return try cgroup.apply(limit)
    }

    /// Runs a program beside the container's process, in all of its namespaces (`setns(2)`), and waits for it.
    ///
    /// - Returns: Its exit code.
    public func enter(_ words: [String]) throws -> Int32 {
        guard let process else { throw RawUsage("there is no \(name): `raw clone \(name)` makes it") }
        let handle = Descriptor(owning: try check("pidfd_open(\(process))") { linux_pidfd_open(process) })
        let own = NamespaceKind.allCases.filter { kind in
            kind != .time
                && (try? Files.linkTarget("/proc/self/ns/\(kind.rawValue)"))
                    != (try? Files.linkTarget("/proc/\(process)/ns/\(kind.rawValue)"))
        }
        let flags = own.reduce(Int32(0)) { $0 | $1.cloneFlag }
        try check("setns(\(Self.flags(own)))") { flags == 0 ? 0 : linux_setns(handle.number, flags) }
        let child = try check("clone(0)") { linux_fork(0) }
        if child == 0 {
            chdir("/")
            var arguments: [UnsafeMutablePointer<CChar>?] = words.map { (word: String) in strdup(word) }
            arguments.append(nil)
            setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1)
            execvp(words[0], arguments)
            let error = SystemError.last("running \(words[0]) in \(name)")
            let message = "drydock: \(error)\n"
            _ = message.withCString { write(2, $0, strlen($0)) }
            _exit(error.code == ENOENT ? 127 : 126)
        }
        var status: Int32 = 0
        try check("waiting for \(words[0])") { waitpid(child, &status, 0) }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    /// Ends the process, and with it its namespaces; removes its cgroup and files.
    public func end() throws {
        if let process {
            let number = linux_pidfd_open(process)
            if number >= 0 {
                let handle = Descriptor(owning: number)
                try check("killing process \(process)") { linux_pidfd_send_signal(handle.number, SIGKILL) }
                var gone = pollfd(fd: handle.number, events: Int16(POLLIN), revents: 0)
                guard poll(&gone, 1, 10_000) > 0 else {
                    throw SystemError("waiting for process \(process) to end", code: ETIMEDOUT)
                }
            }
        } else if !Files.exists(pidFile) {
            throw RawUsage("there is no \(name)")
        }
        if let cgroup = try kernel().existingCgroup(cgroupName) { try cgroup.remove() }
        for file in [socket, pidFile, log] { unlink(file) }
    }

    /// The names of those that exist.
    public static func names(home: String) throws(SystemError) -> [String] {
        guard Files.exists("\(home)/raw") else { return [] }
        return try Files.list("\(home)/raw").map(\.name).filter { $0.hasSuffix(".pid") }.map { String($0.dropLast(4)) }
            .sorted()
    }

    /// The number of its process on the machine; `nil` when it has ended (its number may be another's by now).
    public var process: Int32? {
        guard let text = try? Files.text(pidFile) else { return nil }
        let parts = text.split(whereSeparator: \.isWhitespace)
        guard parts.count == 2, let pid = Int32(parts[0]), let start = UInt64(parts[1]) else { return nil }
        guard let stat = try? Files.text("/proc/\(pid)/stat"), let close = stat.lastIndex(of: ")") else { return nil }
        // Field 22 of stat(5), counted behind the name in parentheses; a zombie (field 3) has ended.
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        return fields.count > 19 && UInt64(fields[19]) == start && fields[0] != "Z" ? pid : nil
    }

    private func kernel() throws(SystemError) -> LinuxKernel {
        try LinuxKernel(parentCgroup: parentCgroup, seccompCache: nil)
    }

    /// The child: makes the calls that it is asked for, and never returns.
    private func serve(_ listener: Descriptor, after go: Descriptor) -> Never {
        // Without the word of the parent, which has put it into its cgroup by then, it must not go on.
        guard let word = try? go.readToEnd(), !word.isEmpty else { _exit(125) }
        setsid()
        let null = open("/dev/null", O_RDONLY)
        let output = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        for (from, to) in [(null, Int32(0)), (output, 1), (output, 2)] { dup2(from, to) }
        close(null)
        close(output)
        while true {
            guard let connection = try? UnixSocket.accept(listener) else { _exit(125) }
            guard let bytes = try? connection.readToEnd() else { continue }
            let words = String(decoding: bytes, as: UTF8.self).split(separator: "\0", omittingEmptySubsequences: false)
                .map(String.init)
            let code = Self.perform(words)
            // Who asked may be gone; there is nobody else to tell.
            _ = try? connection.write("\(code)")
        }
    }

    private static func perform(_ words: [String]) -> Int32 {
        guard let name = words.first, let call = try? RawCall(name, Array(words.dropFirst())) else { return EINVAL }
        do throws(SystemError) { try call.perform() } catch { return error.code }
        return 0
    }
}
