import Glibc
import Posix

extension SpawnRequest {
    /// The same request with the version 2 cgroup that its program joins turned into the one it is born in.
    ///
    /// A write to `cgroup.procs` waits for every processor to notice that threads may not come and go, 5 to 9 ms on a
    /// machine that has been idle for a moment; `clone3(2)` with CLONE_INTO_CGROUP need not wait. Version 1's `tasks`
    /// take a single thread, and no such wait. The operation stays in the program, so that no index changes.
    func bornInCgroup() throws(SystemError) -> SpawnRequest {
        guard birthCgroup == nil else { return self }
        var request = self
        for (index, operation) in program.enumerated() {
            guard case .joinCgroups(let descriptors) = operation else { continue }
            var joined: [Descriptor] = []
            for descriptor in descriptors {
                if request.birthCgroup == nil, let directory = Self.version2Directory(of: descriptor) {
                    request.birthCgroup = try .open(directory, O_RDONLY | O_DIRECTORY)
                } else {
                    joined.append(descriptor)
                }
            }
            request.program[index] = .joinCgroups(joined)
        }
        return request
    }

    /// The directory of a version 2 cgroup whose `cgroup.procs` this is (`cgroups(7)`; version 1 has a file of that
    /// name as well, but no `cgroup.controllers`).
    private static func version2Directory(of file: Descriptor) -> String? {
        guard let path = try? Files.linkTarget("/proc/self/fd/\(file.number)"), path.hasSuffix("/cgroup.procs") else {
            return nil
        }
        let directory = Files.parent(of: path)
        return Files.exists("\(directory)/cgroup.controllers") ? directory : nil
    }
}
