import Kernel
import Testing

@testable import RawCalls

@Suite struct RawCallTests {
    @Test(arguments: [
        (["unshare", "uts"], "unshare(CLONE_NEWUTS)"),
        (["mount", "-t", "proc", "proc", "/proc"], "mount(\"proc\", \"/proc\", \"proc\", 0, NULL)"),
        (
            ["mount", "-o", "rbind,ro", "/a", "/b"], "mount(\"/a\", \"/b\", NULL, MS_BIND|MS_REC|MS_RDONLY, NULL)"
        ),
        (
            ["mount", "-t", "tmpfs", "-o", "nosuid,mode=755", "tmpfs", "/dev"],
            "mount(\"tmpfs\", \"/dev\", \"tmpfs\", MS_NOSUID, \"mode=755\")"
        ),
        (["umount", "-l", "/old"], "umount2(\"/old\", MNT_DETACH)"),
        (["pivot-root", ".", "old"], "pivot_root(\".\", \"old\"), chdir(\"/\")"),
        (["capset", "docker"], "prctl(PR_CAPBSET_DROP, ...), capset(00000000a80425fb)"),
        (["exec", "/bin/sh", "-c", "true"], "execve(\"/bin/sh\", [\"/bin/sh\", \"-c\", \"true\"], ...)"),
    ])
    func aCallIsWrittenAsInC(_ words: [String], _ text: String) throws {
        #expect(try RawCall(words[0], Array(words.dropFirst())).text == text)
    }

    @Test(arguments: [
        ["fly"], ["mount", "proc"], ["mount", "-t"], ["mknod", "/x", "b", "1", "3"], ["unshare", "world"],
        ["capset", "FLYING"], ["exec"], ["link-up", "eth0"], ["seccomp", "mine"],
    ])
    func whatIsNoCallIsRefused(_ words: [String]) {
        #expect(throws: RawUsage.self) { try RawCall(words[0], Array(words.dropFirst())) }
    }

    @Test func eachCallThatIsOfferedCanBeRead() throws {
        let examples = [
            "unshare": ["net"], "mount": ["a", "b"], "umount": ["a"], "mkdir": ["a"], "mknod": ["a", "c", "1", "3"],
            "symlink": ["a", "b"], "pivot-root": ["a", "b"], "chdir": ["/"], "sethostname": ["box"],
            "link-up": ["lo"], "capset": ["none"], "seccomp": ["docker"], "exec": ["/bin/sh"],
        ]
        for (call, _) in RawCall.usage { _ = try RawCall(call, try #require(examples[call])) }
    }

    @Test func aNameMustBeOneOfAFile() {
        #expect(throws: RawUsage.self) { try RawContainer("../x", home: "/tmp", parentCgroup: "none") }
    }
}
