import CLinux
import Glibc
import Kernel
import Posix

extension RawCall {
    /// Makes the call, in the calling process. An ``execute(_:)`` returns only by throwing.
    ///
    /// - Throws: ``SystemError`` with the kernel's error number.
    func perform() throws(SystemError) {
        switch self {
        case .unshare(let kind): try check(text) { linux_unshare(kind.cloneFlag) }
        case .mount(let source, let target, let type, let flags, let data):
            try check(text) {
                linux_mount(
                    source, target, type.isEmpty ? nil : type, UInt(flags.rawValue), data.isEmpty ? nil : data)
            }
        case .unmount(let target, let isLazy): try check(text) { linux_umount(target, isLazy ? 2 : 0) }
        case .makeDirectory(let path): try check(text) { mkdir(path, 0o755) }
        case .makeDevice(let path, let major, let minor):
            try check(text) { mknod(path, mode_t(S_IFCHR) | 0o666, UInt(linux_makedev(major, minor))) }
        case .makeSymlink(let target, let path): try check(text) { symlink(target, path) }
        case .pivotRoot(let new, let old):
            try check(text) { linux_pivot_root(new, old) }
            try check(text) { chdir("/") }
        case .changeDirectory(let path): try check(text) { chdir(path) }
        case .setHostname(let name): try check(text) { sethostname(name, name.utf8.count) }
        case .bringLoopbackUp: try check(text) { linux_bring_loopback_up() }
        case .limitCapabilities(let set):
            try check(text) { linux_limit_capabilities(set.rawValue) }
            try check(text) { linux_set_capabilities(set.rawValue) }
        case .loadFilter: try loadDockersFilter()
        case .execute(let words): try execute(words)
        }
    }

    private func loadDockersFilter() throws(SystemError) {
        let filter: SeccompFilter
        do throws(SeccompError) {
            filter = try SeccompCompiler(cacheDirectory: nil).filter(.dockerDefault, capabilities: .containerDefault)
        } catch {
            throw SystemError("compiling Docker's filter (\(error))", code: EINVAL)
        }
        let count = filter.instructions.count / 8
        try check(text) {
            filter.instructions.withUnsafeBytes { linux_load_filter($0.baseAddress, UInt16(count)) }
        }
    }

    private func execute(_ words: [String]) throws(SystemError) {
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { (word: String) in strdup(word) }
        arguments.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
        defer { (arguments + variables).forEach { free($0) } }
        execve(words[0], arguments, &variables)
        throw SystemError.last(text)
    }
}
