import EngineAPI
import OrderedJSON

/// Records like those that the engine gives, for texts to be filled with.
enum SampleRecords {
    /// Facts of each kind, as the table of facts names them.
    static let facts: [StepKind: Facts] = [
        .imageResolve: [
            "reference": "lab/web:latest", "image": .string(digest("5d2c81f0a97e")), "layers": 3, "size": 4_404_019,
        ],
        .registryResolve: [
            "reference": "lab/web:latest", "repository": "lab/web", "registry": "127.0.0.1:5000",
            "digest": .string(digest("5d2c81f0a97e")), "size": 1_024, "isLab": false,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
        ],
        .manifestFetch: [
            "reference": "lab/web:latest", "platform": "linux/amd64", "digest": .string(digest("5d2c81f0a97e")),
            "layers": 3, "choices": 8, "image": .string(digest("77aa01b2c3d4")), "size": 4_404_019,
            "architecture": "amd64",
        ],
        .layerDownload: [
            "digest": .string(digest("8f1e02d7c6b5")), "size": 1_103_872, "number": 2, "received": 1_103_872,
            "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "wasHere": false, "resumptions": 0,
            "path": "/var/lib/drydock/node1/content/blobs/sha256/8f1e02d7c6b5",
        ],
        .imageVerify: [
            "reference": "lab/web:latest", "image": .string(digest("77aa01b2c3d4")),
            "digest": .string(digest("5d2c81f0a97e")), "layers": 3,
        ],
        .registryConnect: ["registry": "localhost:5000", "repository": "lab/web", "isLab": false],
        .layerUpload: [
            "digest": .string(digest("8f1e02d7c6b5")), "size": 1_103_872, "what": "layer", "sent": 1_103_872,
            "from": .null,
        ],
        .manifestPush: [
            "reference": "localhost:5000/web:1", "registry": "localhost:5000", "size": 1_024,
            "digest": .string(digest("5d2c81f0a97e")),
        ],
        .imageLoad: ["source": "archive", "images": ["busybox:latest", "lab/web:1"]],
        .imageImport: ["source": "archive", "image": .string(digest("77aa01b2c3d4")), "size": 2_202_009],
        .layerUnpack: [
            "digest": .string(digest("8f1e02d7c6b5")), "directory": "/var/lib/drydock/layers/8f1e02d7c6b5",
            "size": 1_103_872, "files": 401, "wasHere": false,
        ],
        .imageTag: ["reference": "lab/web:test", "image": .string(digest("5d2c81f0a97e"))],
        .imageUntag: ["reference": "lab/web:test", "image": .string(digest("5d2c81f0a97e"))],
        .imageDelete: ["image": .string(digest("5d2c81f0a97e")), "layers": 2],
        .volumeCreate: [
            "volume": "data", "path": "/var/lib/drydock/node1/volumes/data/_data", "anonymous": false,
        ],
        .volumeFill: [
            "volume": "data", "source": "/www", "path": "/var/lib/drydock/node1/volumes/data/_data", "entries": 3,
        ],
        .volumeDelete: ["volume": "data", "path": "/var/lib/drydock/node1/volumes/data/_data"],
        .filesPut: [
            "container": "web", "directory": "/www", "entries": 2,
            "upper": "/var/lib/drydock/node1/containers/3f9a71c0de42/upper",
        ],
        .buildInstruction: [
            "instruction": "RUN", "text": "RUN echo 12345 >/file", "cached": false, "reason": "changed",
            "image": .string(digest("77aa01b2c3d4")),
        ],
        .imageCommit: [
            "container": "web", "image": .string(digest("77aa01b2c3d4")), "size": 12_288,
            "upper": "/var/lib/drydock/node1/containers/3f9a71c0de42/upper",
        ],
        .containerCreate: [
            "name": "web", "id": .string(id), "directory": "/var/lib/drydock/node1/containers/3f9a71c0de42",
            "image": "lab/web:latest", "command": ["httpd", "-f", "-p", "80", "-h", "/www"],
        ],
        .layerCreate: [
            "upper": "/var/lib/drydock/node1/containers/3f9a71c0de42/upper",
            "work": "/var/lib/drydock/node1/containers/3f9a71c0de42/work", "entries": 0,
        ],
        .layerDelete: ["upper": "/var/lib/drydock/node1/containers/3f9a71c0de42/upper", "entries": 2],
        .containerDelete: ["name": "web", "id": .string(id)],
        .containerRename: ["old": "web", "name": "shop"],
        .overlayMount: [
            "layers": 4, "upper": "/var/lib/drydock/node1/containers/3f9a71c0de42/upper", "volatile": true,
        ],
        .cgroupCreate: [
            "path": "drydock/3f9a71c0de42", "directories": 1, "limited": false,
        ],
        .cgroupLimit: [
            "resource": "memory", "value": "67108864",
            "file": "/sys/fs/cgroup/drydock/3f9a71c0de42/memory.max",
        ],
        .processClone: [
            "pid": 48213, "innerPid": 1, "namespaces": ["pid", "net", "mnt", "uts", "ipc", "cgroup"], "count": 6,
            "owner": nil,
        ],
        .cgroupJoin: ["path": "drydock/3f9a71c0de42", "hierarchies": 1],
        .rootAttach: ["directory": "/var/lib/drydock/node1/containers/3f9a71c0de42/root", "layers": 4],
        .mountProc: ["target": "/proc", "shared": false],
        .mountDev: [
            "devices": ["null", "zero", "full", "random", "urandom", "tty"], "terminal": false,
            "bound": false,
        ],
        .mountSys: ["readOnly": true],
        .mountFiles: ["files": ["/etc/resolv.conf", "/etc/hostname", "/etc/hosts"], "hostname": "3f9a71c0de42"],
        .mountVolume: [
            "source": "/var/lib/drydock/node1/volumes/data", "target": "/data", "readOnly": false, "volume": "data",
        ],
        .mountTmpfs: ["target": "/run", "size": 1_048_576],
        .mountMask: [
            "masked": ["/proc/acpi", "/proc/kcore", "/proc/keys"], "readOnly": ["/proc/bus", "/proc/sys"],
        ],
        .rootPivot: ["readOnly": false],
        .hostnameSet: ["hostname": "3f9a71c0de42", "domainname": nil],
        .parameterSet: ["parameters": ["net.ipv4.ip_unprivileged_port_start=0"]],
        .terminalOpen: ["path": "/dev/pts/0", "columns": 80, "rows": 24],
        .resourceLimit: ["resource": "nofile", "soft": 1024, "hard": 4096],
        .userBecome: ["user": "www", "uid": 1000, "gid": 1000],
        .capabilitiesDrop: [
            "kept": 14, "possible": 41, "names": ["CAP_CHOWN", "CAP_KILL", "CAP_SYS_CHROOT"], "privileged": false,
        ],
        .seccompLoad: ["profile": "docker-default"],
        .processExecute: [
            "path": "httpd", "arguments": ["-f", "-p", "80", "-h", "/www"], "user": "root",
            "directory": "/", "detached": true, "terminal": false,
        ],
        .nodeCreate: ["node": "node1"],
        .nodeDelete: ["node": "node2", "directory": "/var/lib/drydock/node2", "containers": 3],
        .cablePlug: ["node": "node1", "interface": "eth0", "port": "node1", "address": "203.0.113.1/24"],
        .cableChange: ["node": "node2", "up": true, "loss": "10%", "rate": "1mbit", "delay": nil],
        .networkCreate: [
            "name": "lab", "id": "3f9a71c0de42", "subnet": "172.18.0.0/16", "gateway": "172.18.0.1",
            "file": "/var/lib/drydock/node1/networks/3f9a71c0de42.json", "driver": "bridge",
        ],
        .swarmInit: ["node": "node1", "swarm": "k2f8x0c9q1m4", "address": "192.0.2.1"],
        .swarmJoin: [
            "node": "node2", "swarm": "k2f8x0c9q1m4", "address": "192.0.2.2", "manager": "node1", "isManager": false,
        ],
        .swarmLeave: ["node": "node2", "swarm": "k2f8x0c9q1m4", "remaining": 1, "networks": 2],
        .tunnelCreate: [
            "tunnel": "vx-3f9a71c0de42", "bridge": "br-3f9a71c0de42", "vni": 4097, "local": "192.0.2.1", "port": 4789,
            "network": "ov",
        ],
        .neighboursAdd: [
            "network": "ov", "address": "10.0.1.2", "mac": "02:42:0a:00:01:02", "end": "192.0.2.1",
            "peers": ["node2", "node3"], "known": 2, "tunnel": "vx-3f9a71c0de42",
        ],
        .neighboursRemove: [
            "network": "ov", "address": "10.0.1.2", "mac": "02:42:0a:00:01:02", "peers": ["node2"],
            "tunnel": "vx-3f9a71c0de42", "last": true,
        ],
        .parentCreate: ["parent": "eth0.10", "lower": "eth0", "vlan": 10, "network": "lan"],
        .linkShare: [
            "parent": "eth0", "interface": "eth0", "kind": "macvlan", "mode": "bridge", "mac": "02:42:c0:00:02:82",
        ],
        .portPublish: [
            "port": "80/tcp", "address": "0.0.0.0:8080", "number": 8080, "machine": "127.0.0.1:8080",
            "target": "172.17.0.2:80",
        ],
        .namesServe: ["address": "127.0.0.11", "networks": ["lab"]],
        .uplinkCreate: [
            "machineInterface": "drydock-3f9a71", "machineAddress": "10.254.0.1/30", "nodeInterface": "uplink",
            "nodeAddress": "10.254.0.2/30",
        ],
        .uplinkTranslate: [
            "table": "drydock-3f9a71", "subnet": "10.254.0.0/30", "forwarding": ["eth0", "drydock-3f9a71"],
        ],
        .networkDelete: ["name": "lab", "id": "3f9a71c0de42", "subnet": "172.18.0.0/16"],
        .bridgeDelete: ["bridge": "br-3f9a71c0de42", "network": "lab"],
        .rulesApply: [
            "network": "lab", "bridge": "br-3f9a71c0de42", "subnet": "172.18.0.0/16", "internal": false,
            "talks": true,
        ],
        .bridgeCreate: ["bridge": "docker0", "address": "172.17.0.1/16", "network": "bridge"],
        .vethCreate: [
            "host": "veth3f9a71c", "container": "eth0", "bridge": "docker0", "mac": "02:42:ac:11:00:02",
        ],
        .addressAssign: ["interface": "eth0", "address": "172.17.0.2/16", "network": "bridge"],
        .routeAdd: ["gateway": "172.17.0.1", "interface": "eth0"],
        .networkJoin: ["target": "node1", "kind": "node"],
        .networkNone: [:],
        .networkRelease: [
            "address": "172.17.0.2/16", "interface": "veth3f9a71c", "network": "bridge", "unplugged": false,
            "cable": true,
        ],
        .namespaceEnter: [
            "container": "web", "pid": 48377, "target": 48213,
            "namespaces": ["pid", "net", "mnt", "uts", "ipc", "cgroup"], "count": 6,
        ],
        .processSignal: ["signal": "TERM", "number": 15, "pid": 48213, "waited": nil],
        .processEnd: ["pid": 48213, "exitCode": 137, "signal": "KILL", "outOfMemory": true],
        .cgroupFreeze: ["path": "drydock/3f9a71c0de42", "processes": 2],
        .cgroupThaw: ["path": "drydock/3f9a71c0de42", "processes": 2],
        .processesList: [
            "container": "web", "processes": 2, "file": "/sys/fs/cgroup/pids/drydock/3f9a71c0de42/cgroup.procs",
            "by": "cgroup",
        ],
        .countersRead: [
            "container": "web", "files": 5, "memory": 1_163_264, "cpuTime": 4_100_000,
            "memoryFile": "/sys/fs/cgroup/memory/drydock/3f9a71c0de42/memory.usage_in_bytes",
        ],
        .changesRead: [
            "container": "web", "upper": "/var/lib/drydock/node1/containers/3f9a71c0de42/upper", "added": 2,
            "changed": 1, "deleted": 0, "layers": 3,
        ],
        .filesGet: [
            "container": "web", "path": "/www/index.html", "place": "upper",
            "upper": "/var/lib/drydock/node1/containers/3f9a71c0de42/upper",
        ],
        .cgroupRemove: ["path": "drydock/3f9a71c0de42", "memoryMaximum": 1_163_264, "cpuTime": 4_100_000],
    ]

    /// Other facts that the same kinds can have: what is null, empty, off, one or many.
    static let variants: [StepKind: [Facts]] = [
        .registryResolve: [["isLab": true]],
        .layerDownload: [["wasHere": true, "received": 0]],
        .layerUnpack: [["wasHere": true]],
        .registryConnect: [["isLab": true]],
        .layerUpload: [["sent": 0], ["sent": 0, "from": "lab/base"]],
        .rulesApply: [["internal": true], ["talks": false]],
        .nodeDelete: [["containers": 1], ["containers": 0]],
        .cableChange: [
            ["up": false, "loss": nil, "rate": nil], ["loss": nil, "rate": nil], ["delay": "50ms"], ["rate": nil],
        ],
        .portPublish: [["machine": .null]],
        .networkRelease: [["unplugged": true], ["cable": false], ["cable": false, "unplugged": true]],
        .networkCreate: [["driver": "macvlan"], ["driver": "overlay"]],
        .swarmJoin: [["isManager": true]],
        .swarmLeave: [["remaining": 0, "networks": 0], ["remaining": 2, "networks": 1]],
        .neighboursAdd: [["peers": [], "known": 0], ["peers": ["node2"], "known": 1]],
        .neighboursRemove: [["peers": [], "last": false], ["last": false]],
        .parentCreate: [["lower": nil, "vlan": nil]],
        .linkShare: [
            ["mode": "private"], ["mode": "passthru", "mac": nil], ["kind": "ipvlan", "mode": "l2", "mac": nil],
        ],
        .imageDelete: [["layers": 0], ["layers": 1]],
        .layerDelete: [["entries": 0], ["entries": 1]],
        .volumeCreate: [["anonymous": true]],
        .volumeFill: [["entries": 1]],
        .filesPut: [["entries": 1]],
        .processesList: [["processes": 1], ["by": "namespace"]],
        .countersRead: [["files": 1]],
        .changesRead: [["layers": 1]],
        .filesGet: [["place": "image"], ["place": "mount"], ["place": ""]],
        .buildInstruction: [
            ["cached": true, "reason": "hit"], ["reason": "base"], ["reason": "after"], ["reason": "off"],
        ],
        .overlayMount: [["layers": 1, "volatile": false]],
        .cgroupCreate: [
            ["limited": true],
            ["directories": 9, "limited": true], ["directories": 9],
        ],
        .cgroupLimit: [
            ["resource": "memory", "value": 67_108_864], ["resource": "pids", "value": "100"],
            ["resource": "cpuQuota", "value": "50000 100000"], ["resource": "cpuShares", "value": "512"],
            ["resource": "cpuset", "value": "0-1"], ["resource": "devices", "value": "14 rules"],
            ["resource": "devices", "value": "all"],
            ["resource": "blockWeight", "value": 500], ["resource": "memoryReservation", "value": 1024],
            ["resource": "memory", "value": "-1"], ["resource": "pids", "value": "max"],
            ["resource": "memorySwappiness", "value": 60], ["resource": "outOfMemoryKillDisabled", "value": "1"],
            ["resource": "blockRate", "value": "8:0 1048576"],
        ],
        .processClone: [["namespaces": ["pid"], "count": 1], ["owner": 1000]],
        .mountProc: [["shared": true]],
        .cgroupJoin: [["hierarchies": 9]],
        .mountDev: [["terminal": true], ["devices": ["null"]], ["bound": true]],
        .mountSys: [["readOnly": false]],
        .mountVolume: [
            ["volume": nil, "source": "/home/kim/site", "readOnly": true], ["readOnly": true], ["volume": nil],
        ],
        .mountTmpfs: [["size": nil]],
        .mountMask: [["masked": 1, "readOnly": 1]],
        .rootPivot: [["readOnly": true]],
        .hostnameSet: [["domainname": "lab"]],
        .terminalOpen: [["columns": nil, "rows": nil]],
        .userBecome: [["user": "root", "uid": 0, "gid": 0]],
        .capabilitiesDrop: [["kept": 41, "privileged": true]],
        .processExecute: [
            ["detached": false], ["detached": false, "terminal": true, "user": "1000"], ["user": ""],
            ["arguments": []],
        ],
        .networkJoin: [["kind": "container", "target": "db"]],
        .processSignal: [
            ["signal": "KILL", "number": 9], ["signal": "SIGHUP", "number": 1],
            ["signal": "SIGKILL", "number": 9, "waited": 10],
        ],
        .processEnd: [
            ["exitCode": 0, "signal": nil, "outOfMemory": false], ["exitCode": 2, "signal": nil, "outOfMemory": false],
            ["exitCode": 143, "signal": "SIGTERM", "outOfMemory": false],
        ],
        .cgroupFreeze: [["processes": 1]],
        .cgroupRemove: [["memoryMaximum": nil, "cpuTime": nil]],
    ]

    static let id = "3f9a71c0de42b86c1a94e07f5d1e2b3c8a6f90d47e15c2b3a8d9f60714e5c2ab"

    static func digest(_ prefix: String) -> String { "sha256:" + prefix + String(repeating: "0", count: 52) }

    /// A record of a kind with sample facts.
    static func record(
        _ kind: StepKind, operation: String = "op", title: String = "start container", index: Int = 1,
        command: String = "", object: String = "web", changing: Facts = [:], evidence: [Evidence] = [],
        state: StepRecord.State = .performed, duration: Int64 = 40_000, isSimulated: Bool = false
    ) -> StepRecord {
        StepRecord(
            operation: operation, title: title, index: index, kind: kind, state: state,
            command: command.isEmpty ? kind.rawValue : command, object: object,
            facts: (facts[kind] ?? [:]).merging(changing) { $1 }, evidence: evidence, duration: duration,
            isSimulated: isSimulated)
    }

    /// What `docker run -d --name web -p 8080:80 lab/web` gives on a machine with cgroup version 2.
    static let run: [StepRecord] = {
        let cgroup = "/sys/fs/cgroup/drydock/3f9a71c0de42"
        let place = "/var/lib/drydock/node1/containers/3f9a71c0de42"
        let create: [StepRecord] = [
            record(
                .imageResolve, command: "lab/web:latest -> sha256:5d2c81f0a97e",
                evidence: [.init(source: "\(place)/../../content/index.json", text: "sha256:5d2c81f0a97e, 3 layers")]),
            record(.containerCreate, command: "mkdir \(place)"),
            record(
                .layerCreate, command: "mkdir \(place)/upper \(place)/work",
                evidence: [.init(source: "\(place)/upper", text: "0 entries")]),
        ]
        let start: [StepRecord] = [
            record(.overlayMount, command: "mount -t overlay -o lowerdir=l3:l2:l1,upperdir=upper,workdir=work overlay"),
            record(
                .cgroupCreate, command: "mkdir \(cgroup)",
                evidence: [
                    .init(source: "\(cgroup)/memory.max", text: "max"),
                    .init(source: "\(cgroup)/cpu.max", text: "max 100000"),
                ], duration: 310_000),
            record(
                .processClone, command: "clone3(NEWPID NEWNET NEWNS NEWUTS NEWIPC NEWCGROUP) -> PID 48213",
                evidence: [.init(source: "/proc/48213/status", text: "NSpid:\t48213\t1")], duration: 1_210_000),
            record(
                .cgroupJoin, command: "echo 0 > \(cgroup)/cgroup.procs",
                evidence: [.init(source: "/proc/48213/cgroup", text: "0::/drydock/3f9a71c0de42")]),
            record(.rootAttach, command: "move_mount overlay \(place)/root"),
            record(.mountProc, command: "mount -t proc proc /proc"),
            record(.mountDev, command: "mount -t tmpfs tmpfs /dev; mknod null zero full random urandom tty"),
            record(.mountSys, command: "mount -t sysfs -o ro sysfs /sys"),
            record(.mountFiles, command: "mount --bind resolv.conf hostname hosts"),
            record(.mountMask, command: "mount --bind /dev/null /proc/kcore ..."),
            record(
                .rootPivot, command: "pivot_root . .; umount -l .",
                evidence: [
                    .init(source: "/proc/48213/mountinfo", text: "1029 1028 0:61 / / rw,relatime - overlay overlay")
                ]),
            record(.hostnameSet, command: "hostname 3f9a71c0de42"),
            record(.parameterSet, command: "sysctl net.ipv4.ip_unprivileged_port_start=0"),
            record(
                .vethCreate, command: "ip link add veth3f9a71c type veth peer name eth0 netns 48213",
                evidence: [.init(source: "rtnetlink RTM_GETLINK veth3f9a71c", text: "state UP master docker0")],
                duration: 460_000),
            record(
                .addressAssign, command: "ip addr add 172.17.0.2/16 dev eth0",
                evidence: [.init(source: "rtnetlink RTM_GETADDR eth0", text: "172.17.0.2/16")]),
            record(
                .routeAdd, command: "ip route add default via 172.17.0.1",
                evidence: [.init(source: "rtnetlink RTM_GETROUTE", text: "default via 172.17.0.1 dev eth0")]),
            record(
                .capabilitiesDrop, command: "capset(00000000a80425fb)",
                evidence: [.init(source: "/proc/48213/status", text: "CapEff:\t00000000a80425fb")]),
            record(
                .seccompLoad, command: "seccomp(SET_MODE_FILTER, default)",
                evidence: [.init(source: "/proc/48213/status", text: "Seccomp:\t2")]),
            record(
                .processExecute, command: "execve /bin/httpd -f -p 80 -h /www",
                evidence: [.init(source: "/proc/48213/exe", text: "/bin/busybox")]),
        ]
        return numbered(create, "c1", "create container", at: 1_000_000_000)
            + numbered(start, "s1", "start container", at: 1_010_000_000)
    }()

    /// What its end gives, after `docker stop web`.
    static let ended: [StepRecord] = numbered(
        [
            record(
                .processEnd, command: "waitid(P_PIDFD) -> 143",
                changing: ["exitCode": 143, "signal": "TERM", "outOfMemory": false],
                evidence: [.init(source: "/proc/48213", text: "no such process")]),
            record(
                .networkRelease, command: "close the container's network namespace",
                evidence: [.init(source: "addresses of bridge", text: "172.17.0.2 is free")]),
            record(
                .cgroupRemove, command: "rmdir /sys/fs/cgroup/drydock/3f9a71c0de42",
                evidence: [.init(source: "/sys/fs/cgroup/drydock/3f9a71c0de42", text: "no such directory")]),
        ], "x1", "container ended", at: 9_000_000_000)

    static func numbered(
        _ records: [StepRecord], _ operation: String, _ title: String, at time: Int64
    ) -> [StepRecord] {
        var time = time
        return records.enumerated().map { place, record in
            var record = record
            record.operation = operation
            record.title = title
            record.index = place + 1
            record.time = time
            time += record.duration
            return record
        }
    }
}
