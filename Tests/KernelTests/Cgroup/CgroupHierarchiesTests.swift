import Glibc
import Posix
import Testing

@testable import Kernel

@Suite("Finding the mounted cgroup hierarchies")
struct CgroupHierarchiesTests {
    @Test func combinedAndNamedVersion1HierarchiesAreFound() throws {
        let tree = try CgroupTree.version1()
        defer { tree.remove() }
        let hierarchies = tree.hierarchies()
        #expect(hierarchies.layout == .v1)
        #expect(hierarchies.controllers == ["cpu", "cpuacct", "memory", "cpuset", "freezer", "blkio", "devices"])
        #expect(!hierarchies.limitsSwap)
        #expect(hierarchies.hierarchies.map(\.controllers).filter(\.isEmpty).count == 1)
    }

    @Test func aPureVersion2HostHasControllersByTheirOldNames() throws {
        let tree = try CgroupTree.version2()
        defer { tree.remove() }
        let hierarchies = tree.hierarchies()
        #expect(hierarchies.layout == .v2)
        #expect(
            hierarchies.controllers
                == ["cpuset", "cpu", "cpuacct", "blkio", "memory", "pids", "devices", "freezer"])
        #expect(hierarchies.limitsSwap)
        let group = try #require(hierarchies.existing("box"))
        #expect(group.path == "drydock/box")
        #expect(group.directory(of: "memory") == tree.root + "/drydock/box")
        #expect(group.directory(of: "blkio") == tree.root + "/drydock/box")
        #expect(group.directory(of: "hugetlb") == nil)
    }

    @Test func version1ControllersBesideAUnifiedHierarchyAreHybrid() throws {
        let tree = try CgroupTree.version1()
        defer { tree.remove() }
        try tree.mountUnified(at: "unified")
        tree.ownGroups += "0::/\n"
        try tree.put("unified/cgroup.controllers", "hugetlb\n")
        let hierarchies = tree.hierarchies()
        #expect(hierarchies.layout == .hybrid)
        #expect(hierarchies.controllers.contains("hugetlb"))
        #expect(hierarchies.hierarchies.last?.isUnified == true)
    }

    @Test func onlyHandedDownControllersCountWhereTheBaseHasProcesses() throws {
        let tree = try CgroupTree.version2()
        defer { tree.remove() }
        // Not the real root: it has a type, and processes of its own.
        try tree.put("cgroup.type", "domain\n")
        try tree.put("cgroup.procs", "1\n")
        #expect(tree.hierarchies().controllers == ["memory", "pids", "devices", "freezer"])
    }

    @Test func aMountWhoseRootIsAGroupIsUsedFromThere() throws {
        let tree = try CgroupTree()
        defer { tree.remove() }
        try tree.mountVersion1("memory", at: "memory", root: "/docker/0123")
        tree.ownGroups = "5:memory:/docker/0123/inner\n"
        let hierarchy = try #require(tree.hierarchies().hierarchies.first)
        #expect(hierarchy.mountPoint == tree.root + "/memory")
        #expect(hierarchy.base == "")
    }

    @Test func aReadOnlyMountIsLeftOut() throws {
        let tree = try CgroupTree()
        defer { tree.remove() }
        try tree.mountVersion1("memory", at: "memory", options: "ro")
        try tree.mountVersion1("pids", at: "pids")
        tree.ownGroups = "5:memory:/\n4:pids:/\n"
        #expect(tree.hierarchies().controllers == ["pids"])
    }

    @Test func blanksInMountPointsAreUnescaped() throws {
        let tree = try CgroupTree()
        defer { tree.remove() }
        try tree.mountVersion1("pids", at: "with blank")
        tree.ownGroups = "4:pids:/\n"
        #expect(tree.hierarchies().hierarchies.first?.mountPoint == tree.root + "/with blank")
    }

    @Test func aHierarchyThatIsMountedTwiceIsOne() throws {
        let tree = try CgroupTree()
        defer { tree.remove() }
        try tree.mountVersion1("pids", at: "pids")
        try tree.mountVersion1("pids", at: "again")
        tree.ownGroups = "4:pids:/\n"
        #expect(tree.hierarchies().hierarchies.count == 1)
    }

    @Test func makingAGroupHandsControllersDownAndFillsTheCpuset() throws {
        let tree = try CgroupTree.version1()
        defer { tree.remove() }
        try tree.put("cpuset/drydock/cpuset.cpus", "1-2\n")
        try tree.put("cpuset/drydock/cpuset.mems", "0\n")
        let hierarchies = tree.hierarchies()
        // A directory alone has no cpuset files to write to, which the kernel would make; nothing is left.
        #expect(throws: SystemError("opening \(tree.root)/cpuset/drydock/new/cpuset.cpus", code: ENOENT)) {
            _ = try hierarchies.make("new")
        }
        #expect(hierarchies.existing("new") == nil)
        #expect(try hierarchies.names() == ["box"])
    }

    @Test func version2ParentsGetEveryController() throws {
        let tree = try CgroupTree.version2()
        defer { tree.remove() }
        try tree.put("drydock/cgroup.controllers", "cpu memory\n")
        try tree.put("drydock/cgroup.subtree_control", "")
        let group = try tree.hierarchies().make("new")
        // A real file takes each word by itself; here the last one written stays.
        #expect(try tree.text("cgroup.subtree_control") == "+io")
        #expect(try tree.text("drydock/cgroup.subtree_control") == "+memory")
        #expect(Files.exists(tree.root + "/drydock/new"))
        try group.remove()
        #expect(!Files.exists(tree.root + "/drydock/new"))
        try group.remove()
    }

    @Test(
        "a name that is no path below the parent is refused", arguments: ["", ".", "..", "/a", "a/", "a//b", "a/../b"])
    func namesAreElements(name: String) throws {
        let tree = try CgroupTree.version2()
        defer { tree.remove() }
        let hierarchies = tree.hierarchies()
        #expect(throws: SystemError.self) { _ = try hierarchies.make(name) }
        #expect(hierarchies.existing(name) == nil)
    }

    @Test func aGroupThatExistsIsNotMadeAgain() throws {
        let tree = try CgroupTree.version2()
        defer { tree.remove() }
        let hierarchies = tree.hierarchies()
        do {
            _ = try hierarchies.make("box")
            Issue.record("an existing group was made")
        } catch { #expect(error.code == EEXIST) }
        #expect(hierarchies.existing("box") != nil)
    }
}
