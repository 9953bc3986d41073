import Glibc
import Posix

@testable import Kernel

/// A directory that looks like mounted cgroups, for what the machine's own can't show.
final class CgroupTree {
    let root: String
    private(set) var mountInfo = ""
    var ownGroups = ""

    init() throws {
        root = "/tmp/drydock-cgroup-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try Files.makeDirectories(root)
    }

    /// Removes the directory.
    func remove() { try? Files.removeTree(root) }

    /// Mounts a version 1 hierarchy of one or several controllers.
    func mountVersion1(_ controllers: String, at name: String, root mountRoot: String = "/", options: String = "rw")
        throws
    {
        try addMount(name, root: mountRoot, type: "cgroup", options: options, superOptions: "rw,\(controllers)")
    }

    /// Mounts the unified hierarchy.
    func mountUnified(at name: String = "", root mountRoot: String = "/", options: String = "rw") throws {
        try addMount(name, root: mountRoot, type: "cgroup2", options: options, superOptions: "rw,nsdelegate")
    }

    private func addMount(_ name: String, root mountRoot: String, type: String, options: String, superOptions: String)
        throws
    {
        let point = name.isEmpty ? root : "\(root)/\(name)"
        try Files.makeDirectories(point)
        try put(name.isEmpty ? "cgroup.procs" : "\(name)/cgroup.procs", "")
        let escaped = point.split(separator: " ", omittingEmptySubsequences: false).joined(separator: "\\040")
        mountInfo +=
            "31 23 0:28 \(mountRoot) \(escaped) \(options),relatime shared:9 - \(type) \(type) \(superOptions)\n"
    }

    /// Writes a file, making its directory.
    func put(_ path: String, _ text: String) throws {
        try Files.makeDirectories(Files.parent(of: "\(root)/\(path)"))
        try Files.replace("\(root)/\(path)", with: Array(text.utf8), durable: false)
    }

    func text(_ path: String) throws -> String { try Files.text("\(root)/\(path)") }

    func hierarchies(parent: String = "drydock") -> CgroupHierarchies {
        CgroupHierarchies(parent: parent, mountInfo: mountInfo, ownGroups: ownGroups)
    }

    /// A pure version 2 host with a group `drydock/box` that has every file.
    static func version2() throws -> CgroupTree {
        let tree = try CgroupTree()
        try tree.mountUnified()
        tree.ownGroups = "0::/init.scope\n"
        try tree.put("cgroup.controllers", "cpuset cpu io memory pids\n")
        try tree.put("cgroup.subtree_control", "memory pids\n")
        try tree.put("init.scope/memory.swap.max", "max\n")
        try tree.put("init.scope/cgroup.freeze", "0\n")
        let files = [
            "memory.max": "max\n", "memory.swap.max": "max\n", "memory.low": "0\n", "memory.current": "4096\n",
            "memory.peak": "8192\n", "memory.events": "low 0\nhigh 0\nmax 3\noom 1\noom_kill 2\n",
            "memory.stat": "anon 1024\nfile 2048\n", "pids.max": "max\n", "pids.current": "1\n",
            "cpu.max": "max 100000\n",
            "cpu.weight": "100\n", "cpuset.cpus": "\n", "cpuset.mems": "\n", "io.max": "", "io.weight": "default 100\n",
            "io.stat": "254:0 rbytes=4096 wbytes=512 rios=2 wios=1 dbytes=0 dios=0\n", "cgroup.freeze": "0\n",
            "cgroup.events": "populated 1\nfrozen 0\n", "cgroup.procs": "0\n12\n34\n",
            "cpu.stat":
                "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 2\nthrottled_usec 7\n",
        ]
        for (name, text) in files { try tree.put("drydock/box/\(name)", text) }
        return tree
    }

    /// A pure version 1 host, cpu and cpuacct mounted together, with a group `drydock/box` that has every file.
    static func version1() throws -> CgroupTree {
        let tree = try CgroupTree()
        try tree.mountVersion1("cpu,cpuacct", at: "cpu,cpuacct")
        try tree.mountVersion1("memory", at: "memory")
        try tree.mountVersion1("cpuset", at: "cpuset")
        try tree.mountVersion1("freezer", at: "freezer")
        try tree.mountVersion1("blkio", at: "blkio")
        try tree.mountVersion1("devices", at: "devices")
        try tree.mountVersion1("xattr,name=systemd", at: "systemd")
        tree.ownGroups = """
            12:cpu,cpuacct:/
            11:memory:/
            10:cpuset:/
            9:freezer:/
            8:blkio:/
            7:devices:/
            1:name=systemd:/init.scope

            """
        let files = [
            "cpu,cpuacct/drydock/box/cpu.shares": "1024\n", "cpu,cpuacct/drydock/box/cpu.cfs_quota_us": "-1\n",
            "cpu,cpuacct/drydock/box/cpu.cfs_period_us": "100000\n",
            "memory/drydock/box/memory.limit_in_bytes": "9223372036854771712\n",
            "memory/drydock/box/memory.soft_limit_in_bytes": "9223372036854771712\n",
            "memory/drydock/box/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n",
            "freezer/drydock/box/freezer.state": "THAWED\n",
            "blkio/drydock/box/blkio.bfq.weight": "100\n",
            "blkio/drydock/box/blkio.throttle.io_service_bytes_recursive":
                "254:0 Read 4096\n254:0 Write 512\n254:0 Sync 4608\n254:0 Total 4608\nTotal 4608\n",
            "blkio/drydock/box/blkio.throttle.io_serviced_recursive": "254:0 Read 2\n254:0 Write 1\nTotal 3\n",
            "cpuset/cpuset.cpus": "0-3\n", "cpuset/cpuset.mems": "0\n",
        ]
        for (name, text) in files { try tree.put(name, text) }
        return tree
    }
}
