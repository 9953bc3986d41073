import EngineAPI

/// One operation with what it was caused by.
struct SampleOperation: Sendable {
    var name: String
    var command: [String]
    var records: [StepRecord]
}

/// Operations of all sorts, for snapshots and claims.
enum SampleOperations {
    private static func numbered(_ title: String, _ records: [StepRecord]) -> [StepRecord] {
        SampleRecords.numbered(records, "o-" + title.filter { $0 != " " }, title, at: 5_000_000_000)
    }

    /// One step alone.
    private static func single(
        _ name: String, _ title: String, _ command: [String], _ kind: StepKind, _ typed: String, _ evidence: Evidence?
    ) -> SampleOperation {
        let record = SampleRecords.record(kind, command: typed, evidence: evidence.map { [$0] } ?? [])
        return SampleOperation(name: name, command: command, records: numbered(title, [record]))
    }

    /// Steps that are planned only.
    /// - Parameter open: Words of commands whose steps lack what only their being done shows.
    private static func planned(_ title: String, _ records: [StepRecord], open: [String] = []) -> [StepRecord] {
        numbered(title, records).map { record in
            var record = record
            record.state = .planned
            record.evidence = []
            record.duration = 0
            if record.kind == .processClone {
                for name in ["pid", "innerPid"] { record.facts[name] = nil }
                record.command = String(record.command.prefix { $0 != ")" }) + ")"
            }
            if open.contains(where: record.command.contains) {
                let unknown = CatalogTests.openFacts[record.kind] ?? []
                record.facts = record.facts.filter { !unknown.contains($0.key) || $0.key == "reason" }
            }
            return record
        }
    }

    /// A step about an object, with some facts changed.
    private static func about(
        _ object: String, _ kind: StepKind, _ typed: String, _ change: Facts = [:]
    ) -> StepRecord {
        SampleRecords.record(kind, command: typed, object: object, changing: change)
    }

    /// The steps of `docker run`, some of them changed.
    private static func run(_ change: (inout StepRecord) -> Void) -> [StepRecord] {
        SampleRecords.run.map { record in
            var record = record
            change(&record)
            return record
        }
    }

    static let foreground = run { if $0.kind == .processExecute { $0.facts["detached"] = false } }

    static let interactive: [StepRecord] = {
        var records = run { record in
            guard record.kind == .processExecute else { return }
            record.facts["detached"] = false
            record.facts["terminal"] = true
            record.facts["path"] = "sh"
            record.facts["arguments"] = []
            record.command = "execve sh"
        }
        var terminal = SampleRecords.record(.terminalOpen, command: "open(\"/dev/pts/ptmx\", O_RDWR)")
        terminal.operation = "s1"
        terminal.title = "start container"
        terminal.index = records.count + 1
        terminal.time = 1_015_000_000
        records.append(terminal)
        return records
    }()

    /// Limits, a volume, a file system in memory, another user, on a machine with cgroup version 1.
    static let limited: [StepRecord] = {
        let cgroup = "/sys/fs/cgroup/memory/drydock/3f9a71c0de42"
        var records = run { record in
            if record.kind == .cgroupCreate {
                record.facts["limited"] = true
                record.facts["directories"] = 9
                record.command = "mkdir \(cgroup) (and 8 more)"
                record.evidence = [.init(source: "\(cgroup)/memory.limit_in_bytes", text: "9223372036854771712")]
            }
        }
        let place = (records.firstIndex { $0.kind == .processClone } ?? 0)
        var more: [StepRecord] = [
            SampleRecords.record(
                .cgroupLimit, command: "echo 67108864 > \(cgroup)/memory.limit_in_bytes",
                evidence: [.init(source: "\(cgroup)/memory.limit_in_bytes", text: "67108864")]),
            SampleRecords.record(
                .cgroupLimit, command: "echo 50000 100000 > /sys/fs/cgroup/cpu/drydock/3f9a71c0de42/cpu.cfs_quota_us",
                changing: ["resource": "cpuQuota", "value": "50000 100000"]),
            SampleRecords.record(
                .cgroupLimit, command: "echo 12 rules > devices",
                changing: ["resource": "devices", "value": "12 rules"]),
        ]
        more += [
            SampleRecords.record(
                .mountVolume, command: "mount --rbind /home/kim/site /www",
                changing: ["source": "/home/kim/site", "target": "/www", "volume": nil, "readOnly": true]),
            SampleRecords.record(.mountTmpfs, command: "mount -t tmpfs tmpfs /run"),
            SampleRecords.record(.resourceLimit, command: "setrlimit(RLIMIT_NOFILE, 1024, 4096)"),
            SampleRecords.record(.userBecome, command: "setresuid(1000); setresgid(1000)"),
        ]
        records.insert(contentsOf: more, at: place)
        return Array(records[..<3])
            + SampleRecords.numbered(
                Array(records[3...]), "s1", "start container", at: 1_010_000_000)
    }()

    static let failedStart: [StepRecord] = {
        var records = Array(SampleRecords.run[3...5])
        var failed = SampleRecords.run[16]
        failed.state = .failed
        failed.failure = StepFailure(errnoName: "ENOSPC", message: "No space left on device (ENOSPC)")
        failed.facts["mac"] = nil
        records.append(failed)
        records = SampleRecords.numbered(records, "s1", "start container", at: 1_010_000_000)
        for place in [2, 1] {
            var reverted = records[place]
            reverted.state = .reverted
            reverted.evidence = []
            records.append(reverted)
        }
        return records
    }()

    static let planned = run { record in
        record.state = .planned
        record.evidence = []
        record.time = 0
        record.duration = 0
        for fact in ["pid", "innerPid", "entries", "path", "directories", "file"] where record.kind != .processExecute {
            record.facts[fact] = nil
        }
        if record.kind == .processClone { record.command = "clone3(NEWPID NEWNET NEWNS NEWUTS NEWIPC NEWCGROUP)" }
    }

    static let simulated = run { $0.isSimulated = true }

    static let exec: [StepRecord] = numbered(
        "exec in container",
        [
            SampleRecords.record(
                .namespaceEnter, command: "setns(pidfd of 48213, pid net mnt uts ipc cgroup)",
                evidence: [.init(source: "/proc/48377/status", text: "NSpid: 48377 7")], duration: 660_000),
            SampleRecords.record(.cgroupJoin, command: "echo 0 > /sys/fs/cgroup/drydock/3f9a71c0de42/cgroup.procs"),
            SampleRecords.record(.capabilitiesDrop, command: "capset(00000000a80425fb)"),
            SampleRecords.record(.seccompLoad, command: "seccomp(SECCOMP_SET_MODE_FILTER, 0, default)"),
            SampleRecords.record(
                .processExecute, command: "execve ps", changing: ["path": "ps", "arguments": [], "detached": false]),
        ])

    static let removedByForce: [StepRecord] =
        SampleRecords.numbered(
            [
                SampleRecords.record(
                    .processSignal, command: "pidfd_send_signal(48213, SIGKILL)",
                    changing: ["signal": "KILL", "number": 9])
            ], "f1", "signal container", at: 7_000_000_000)
        + SampleRecords.numbered(
            [
                SampleRecords.record(.layerDelete, command: "rm -r /var/lib/drydock/node1/containers/3f9a/upper"),
                SampleRecords.record(.containerDelete, command: "rm -r /var/lib/drydock/node1/containers/3f9a"),
            ], "f1", "remove container", at: 7_010_000_000)

    static let all: [SampleOperation] = [
        SampleOperation(name: "run", command: ["run", "-d", "--name", "web", "lab/web"], records: SampleRecords.run),
        SampleOperation(name: "run-foreground", command: ["run", "--name", "web", "lab/web"], records: foreground),
        SampleOperation(
            name: "run-interactive", command: ["run", "-it", "--rm", "--name", "web", "lab/web", "sh"],
            records: interactive),
        SampleOperation(
            name: "run-limited", command: ["run", "-d", "-m", "64m", "--cpus", "0.5", "lab/web"], records: limited),
        SampleOperation(
            name: "run-host", command: ["run", "-d", "--network", "host", "lab/web"],
            records: replacingNetwork(by: .networkJoin, "setns(node1's network namespace, CLONE_NEWNET)")),
        SampleOperation(
            name: "run-none", command: ["run", "-d", "--network", "none", "lab/web"],
            records: replacingNetwork(by: .networkNone, "ip link set lo up")),
        SampleOperation(name: "run-failed", command: ["start", "web"], records: failedStart),
        SampleOperation(name: "run-planned", command: ["run", "-d", "lab/web"], records: planned),
        SampleOperation(name: "run-simulated", command: ["run", "-d", "lab/web"], records: simulated),
        SampleOperation(name: "create", command: ["create", "lab/web"], records: Array(SampleRecords.run[..<3])),
        SampleOperation(name: "start", command: ["start", "web"], records: Array(foreground[3...])),
        SampleOperation(name: "exec", command: ["exec", "web", "ps"], records: exec),
        SampleOperation(name: "ended", command: ["wait", "web"], records: SampleRecords.ended),
        SampleOperation(name: "out-of-memory", command: ["wait", "web"], records: outOfMemory),
        SampleOperation(name: "rm-f", command: ["rm", "-f", "web"], records: removedByForce),
        single(
            "stop", "signal container", ["stop", "web"], .processSignal, "pidfd_send_signal(48213, SIGTERM)",
            .init(source: "/proc/48213/status", text: "State: S (sleeping)")),
        single("pause", "pause container", ["pause", "web"], .cgroupFreeze, "echo 1 > cgroup.freeze", nil),
        single("unpause", "unpause container", ["unpause", "web"], .cgroupThaw, "echo 0 > cgroup.freeze", nil),
        single("rename", "rename container", ["rename", "web", "shop"], .containerRename, "rename web shop", nil),
        single("tag", "tag image", ["tag", "lab/web", "lab/web:test"], .imageTag, "tag lab/web lab/web:test", nil),
        single("import", "import image", ["import", "tree.tar"], .imageImport, "import root file system", nil),
        SampleOperation(
            name: "load", command: ["load", "-i", "images.tar"],
            records: numbered(
                "load images",
                [SampleRecords.record(.imageLoad, command: "load from archive")]
                    + [("8f1e02d7c6b5", 401, 1_103_872), ("c4a9d2137e60", 3, 2_048), ("51be07f3a98d", 1, 7)].map {
                        digest, files, size in
                        let directory = "/var/lib/drydock/node1/layers/\(digest)/diff"
                        return SampleRecords.record(
                            .layerUnpack, command: "tar -x -C \(directory)",
                            changing: [
                                "digest": .string(SampleRecords.digest(digest)), "directory": .string(directory),
                                "files": .integer(Int64(files)), "size": .integer(Int64(size)),
                            ])
                    })),
        SampleOperation(
            name: "rmi", command: ["rmi", "lab/web:test"],
            records: numbered(
                "remove image",
                [
                    SampleRecords.record(.imageUntag, command: "untag lab/web:test"),
                    SampleRecords.record(.imageDelete, command: "delete sha256:5d2c81f0a97e"),
                ])),
        SampleOperation(
            name: "node", command: ["version"],
            records: numbered(
                "start node",
                [
                    SampleRecords.record(.nodeCreate, command: "unshare(CLONE_NEWNET)", object: "node1"),
                    SampleRecords.record(.bridgeCreate, command: "ip link add docker0 type bridge", object: "node1"),
                    SampleRecords.record(
                        .addressAssign, command: "ip addr add 172.17.0.1/16 dev docker0", object: "node1",
                        changing: ["interface": "docker0", "address": "172.17.0.1/16"]),
                ])),
        SampleOperation(
            name: "network-create", command: ["network", "create", "lab"],
            records: numbered(
                "create network",
                [
                    about("lab", .networkCreate, "write /var/lib/drydock/node1/networks/3f9a71c0de42.json"),
                    about(
                        "lab", .bridgeCreate, "ip link add br-3f9a71c0de42 type bridge",
                        ["bridge": "br-3f9a71c0de42", "address": "172.18.0.1/16", "network": "lab"]),
                    about("lab", .rulesApply, "nft add element inet drydock bridges { br-3f9a71c0de42 }"),
                ])),
        SampleOperation(
            name: "network-connect", command: ["network", "connect", "lab", "web"],
            records: numbered(
                "connect network",
                [
                    about(
                        "web", .vethCreate, "ip link add veth77aa01b master br-3f9a71c0de42 type veth peer name eth1",
                        ["host": "veth77aa01b", "container": "eth1", "bridge": "br-3f9a71c0de42"]),
                    about(
                        "web", .addressAssign, "ip addr add 172.18.0.2/16 dev eth1",
                        ["interface": "eth1", "address": "172.18.0.2/16", "network": "lab"]),
                    about("web", .namesServe, "listen udp 127.0.0.11:53"),
                ])),
        SampleOperation(
            name: "network-disconnect", command: ["network", "disconnect", "bridge", "web"],
            records: numbered(
                "disconnect network",
                [about("web", .networkRelease, "ip link delete veth3f9a71c", ["unplugged": true])])),
        SampleOperation(
            name: "network-rm", command: ["network", "rm", "lab"],
            records: numbered(
                "remove network",
                [
                    about("lab", .bridgeDelete, "ip link delete br-3f9a71c0de42"),
                    about("lab", .networkDelete, "rm /var/lib/drydock/node1/networks/3f9a71c0de42.json"),
                ])),
        single(
            "volume-create", "create volume", ["volume", "create", "data"], .volumeCreate,
            "mkdir /var/lib/drydock/node1/volumes/data/_data",
            .init(source: "/var/lib/drydock/node1/volumes/data/_data", text: "0 entries")),
        single(
            "volume-rm", "remove volume", ["volume", "rm", "data"], .volumeDelete,
            "rm -r /var/lib/drydock/node1/volumes/data", nil),
        single(
            "cp", "copy files", ["cp", "index.html", "web:/www"], .filesPut, "tar -x -C /www",
            .init(source: "/var/lib/drydock/node1/containers/3f9a71c0de42/upper", text: "2 entries")),
        single(
            "commit", "commit container", ["commit", "web", "lab/web:mine"], .imageCommit, "tar -c -C upper .",
            .init(source: "/var/lib/drydock/node1/content/index.json", text: "lab/web:mine")),
        SampleOperation(
            name: "build", command: ["build", "-t", "site", "."],
            records: numbered(
                "build image",
                [
                    about(
                        "site", .buildInstruction, "FROM busybox",
                        ["instruction": "FROM", "text": "FROM busybox", "cached": false, "reason": "base"]),
                    about("site", .buildInstruction, "RUN echo 12345 >/file"),
                ])),
        SampleOperation(
            name: "build-planned", command: ["build", "-t", "site", "."],
            records: planned(
                "build image",
                [
                    about(
                        "site", .buildInstruction, "FROM busybox",
                        ["instruction": "FROM", "text": "FROM busybox", "cached": false, "reason": "base"]),
                    about(
                        "site", .buildInstruction, "COPY site /site",
                        ["instruction": "COPY", "text": "COPY site /site", "cached": true, "reason": "hit"]),
                    about("site", .buildInstruction, "RUN make -C /site"),
                ], open: ["make"])),
        SampleOperation(
            name: "restart-planned", command: ["restart", "web"],
            records: planned("signal container", [SampleRecords.record(.processSignal, command: "pidfd_send_signal")])
                + planned(
                    "container ended",
                    [.processEnd, .networkRelease, .cgroupRemove].map { SampleRecords.record($0, command: "waitid") },
                    open: ["waitid"])
                + planned("start container", SampleRecords.run.filter { $0.title == "start container" })),
        SampleOperation(
            name: "push-planned", command: ["push", "localhost:5000/web:1"],
            records: planned(
                "push image",
                [.registryConnect, .layerUpload, .manifestPush].map { SampleRecords.record($0, command: "PUT") },
                open: ["PUT"])),
        SampleOperation(
            name: "run-privileged", command: ["run", "-d", "--privileged", "lab/web"],
            records: run { record in
                if record.kind == .capabilitiesDrop {
                    record.facts["privileged"] = true
                    record.facts["kept"] = 41
                    record.command = "capset(000001ffffffffff)"
                    record.evidence = [Evidence(source: "/proc/48213/status", text: "CapEff: 000001ffffffffff")]
                }
                if record.facts["resource"] == "devices" { record.facts["value"] = "all" }
            }.filter { $0.kind != .seccompLoad }),
        SampleOperation(
            name: "run-published", command: ["run", "-d", "-p", "8080:80", "lab/web"],
            records: {
                var records = SampleRecords.run
                var port = SampleRecords.record(.portPublish, command: "listen tcp 127.0.0.1:8080")
                port.operation = "s1"
                port.title = "start container"
                port.index = records.count + 1
                port.time = 1_015_000_000
                records.append(port)
                return records
            }()),
        SampleOperation(
            name: "exec-interactive", command: ["exec", "-it", "web", "sh"],
            records: exec.map { record in
                var record = record
                guard record.kind == .processExecute else { return record }
                record.facts["path"] = "sh"
                record.facts["terminal"] = true
                record.command = "execve sh"
                return record
            }),
    ]

    private static func replacingNetwork(by kind: StepKind, _ command: String) -> [StepRecord] {
        let kinds: Set<StepKind> = [.addressAssign, .routeAdd]
        return run { record in
            if kind == .networkJoin && record.kind == .processClone {
                record.command = "clone3(NEWPID NEWNS NEWUTS NEWIPC NEWCGROUP) -> PID 48213"
                record.facts["namespaces"] = ["pid", "mnt", "uts", "ipc", "cgroup"]
                record.facts["count"] = 5
            }
            guard record.kind == .vethCreate else { return }
            record.kind = kind
            record.command = command
            record.facts = SampleRecords.facts[kind] ?? [:]
            record.evidence = [.init(source: "/proc/48213/ns/net", text: "net:[4026532817]")]
        }.filter { !kinds.contains($0.kind) }
    }

    private static let outOfMemory = numbered(
        "container ended",
        [
            SampleRecords.record(.processEnd, command: "waitid(P_PIDFD) -> 137"),
            SampleRecords.record(.networkRelease, command: "close the container's network namespace"),
            SampleRecords.record(
                .cgroupRemove, command: "rmdir /sys/fs/cgroup/drydock/3f9a71c0de42",
                changing: ["memoryMaximum": 67_108_864]),
        ])
}
