import OrderedJSON
import Testing

@testable import Engine

@Suite("Mount points")
struct MountPointTests {
    @Test("A path of the machine is a bind mount, a name is a volume, nothing is a volume without a name")
    func kindsOfBinds() throws {
        let bind = try MountPoint(bind: "/srv/./site/:/www:ro")
        #expect(bind.kind == .bind && bind.source == "/srv/site" && bind.target == "/www")
        #expect(bind.isReadOnly && bind.makesSource && bind.propagation == "rprivate")
        let named = try MountPoint(bind: "data:/data:nocopy")
        #expect(named.kind == .volume && named.volume == "data" && !named.copies && !named.isAnonymous)
        let anonymous = try MountPoint(bind: "/data")
        #expect(anonymous.kind == .volume && anonymous.isAnonymous && anonymous.volume.isEmpty)
    }

    @Test(
        "What can't be mounted is refused",
        arguments: ["", "a::b", "a:b:c:d", "data:relative", "data:/", "data:/data:nosuch"])
    func refusedBinds(text: String) {
        #expect(throws: EngineFailure.self) { try MountPoint(bind: text) }
    }

    @Test("A volume's name is looked at apart from the text that it stands in", arguments: ["da/ta:/data", "x:/data"])
    func refusedNames(text: String) throws {
        let point = try MountPoint(bind: text)
        #expect(throws: EngineFailure.self) { try VolumeStore.checkName(point.volume) }
    }

    @Test("A --mount says its kind, and takes only that kind's options")
    func mounts() throws {
        let memory = try MountPoint(
            mount: ["Type": "tmpfs", "Target": "/t", "TmpfsOptions": ["SizeBytes": 65536, "Mode": 448]])
        #expect(memory.memoryOptions == "size=65536,mode=700")
        let bind = try MountPoint(
            mount: [
                "Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": true,
                "BindOptions": ["Propagation": "rslave", "NonRecursive": true],
            ])
        #expect(bind.isReadOnly && bind.propagation == "rslave" && !bind.isRecursive && !bind.makesSource)
        let part = try MountPoint(
            mount: ["Type": "volume", "Source": "data", "Target": "/a", "VolumeOptions": ["Subpath": "x/y"]])
        #expect(part.subpath == "x/y" && !part.copies, "a part of a volume is there already")
        let wrong: [JSONObject] = [
            ["Type": "nosuch", "Target": "/a"], ["Type": "bind", "Target": "/a"],
            ["Type": "tmpfs", "Source": "a", "Target": "/a"], ["Type": "volume", "Target": "a"],
            ["Type": "volume", "Target": "/a", "BindOptions": ["Propagation": "shared"]],
            ["Type": "volume", "Source": "data", "Target": "/a", "VolumeOptions": ["Subpath": "../x"]],
            ["Type": "volume", "Source": "data", "Target": "/a", "VolumeOptions": ["Subpath": "/x"]],
        ]
        for mount in wrong { #expect(throws: EngineFailure.self) { try MountPoint(mount: mount) } }
    }

    @Test("Options that a tmpfs has not are found")
    func memoryOptions() {
        #expect(TmpfsOptions.unknown(in: "size=1m,mode=700,noexec,ro") == nil)
        #expect(TmpfsOptions.unknown(in: "size=1m,nosuch") == "nosuch")
        #expect(TmpfsOptions.unknown(in: "size") == "size")
    }
}
