import EngineAPI

/// Steps that are told together, under one number: what one operation does is some 25 steps, and about nine thoughts.
struct StepGroup: Sendable {
    /// A step that goes without saying when one of its facts reads so.
    struct Silence: Sendable {
        var kind: StepKind
        var fact: String
        var value: String
    }

    /// The concept that the group teaches. Lessons name it in `focus`, the store of met concepts keeps it.
    var concept: String
    /// A word of at most eight columns.
    var labels: [Language: String]
    /// The kinds that belong to it. The first of them that the operation has leads: its command stands for the group,
    /// and its place in the operation is the group's.
    var members: [StepKind]
    /// The kinds whose brief clauses make the one line, in this order. Without any of them the lead tells.
    var told: [StepKind]
    /// The kinds whose sentences explain it in full, in this order. Without any of them the lead explains.
    var explained: [StepKind]
    /// The kinds whose evidence is shown with the sentences.
    var proved: [StepKind]
    /// The kinds whose looks are offered, in this order.
    var looked: [StepKind]
    /// Which concept a newcomer should meet first: the lower the sooner.
    var rank: Int
    /// What is only told when asked for.
    var silences: [Silence] = []

    init(
        _ concept: String, en: String, ko: String, rank: Int, _ members: [StepKind], told: [StepKind]? = nil,
        explained: [StepKind]? = nil, proved: [StepKind]? = nil, looked: [StepKind]? = nil,
        silences: [Silence] = []
    ) {
        self.concept = concept
        labels = [.en: en, .ko: ko]
        self.members = members
        self.told = told ?? members
        self.explained = explained ?? members
        self.proved = proved ?? self.explained
        self.looked = looked ?? self.explained
        self.rank = rank
        self.silences = silences
    }

    /// The group that a kind belongs to; `nil` only for a kind that the table has forgotten, which a test rules out.
    static func of(_ kind: StepKind) -> Int? { indexes[kind] }

    private static let indexes: [StepKind: Int] = table.enumerated().reduce(into: [:]) { indexes, entry in
        for kind in entry.element.members { indexes[kind] = entry.offset }
    }

    /// All groups. Each kind of step is in exactly one.
    static let table: [StepGroup] = [
        // Images
        StepGroup("image", en: "image", ko: "이미지", rank: 1, [.imageResolve]),
        StepGroup("registry", en: "registry", ko: "저장소", rank: 2, [.registryResolve, .registryConnect]),
        StepGroup("manifest", en: "manifest", ko: "목록", rank: 3, [.manifestFetch]),
        StepGroup("download", en: "download", ko: "받기", rank: 4, [.layerDownload]),
        StepGroup("verification", en: "verify", ko: "검증", rank: 6, [.imageVerify]),
        StepGroup("upload", en: "upload", ko: "보내기", rank: 4, [.layerUpload]),
        StepGroup("manifest", en: "publish", ko: "게시", rank: 5, [.manifestPush]),
        StepGroup("archive", en: "load", ko: "불러오기", rank: 20, [.imageLoad]),
        StepGroup("archive", en: "import", ko: "가져오기", rank: 20, [.imageImport]),
        StepGroup("layer", en: "layer", ko: "레이어", rank: 3, [.layerUnpack]),
        StepGroup("tag", en: "tag", ko: "태그", rank: 20, [.imageTag]),
        StepGroup("tag", en: "untag", ko: "이름", rank: 20, [.imageUntag]),
        StepGroup("tag", en: "delete", ko: "삭제", rank: 21, [.imageDelete]),

        // The lab
        StepGroup("node", en: "node", ko: "노드", rank: 12, [.nodeCreate]),
        StepGroup("node", en: "node", ko: "노드", rank: 14, [.nodeDelete]),
        StepGroup("cable", en: "cable", ko: "케이블", rank: 11, [.cablePlug]),
        StepGroup("cable", en: "cable", ko: "케이블", rank: 11, [.cableChange]),
        StepGroup("bridge", en: "bridge", ko: "브리지", rank: 11, [.bridgeCreate]),
        StepGroup("swarm", en: "swarm", ko: "스웜", rank: 8, [.swarmInit]),
        StepGroup("swarm", en: "swarm", ko: "스웜", rank: 8, [.swarmJoin]),
        StepGroup("swarm", en: "swarm", ko: "스웜", rank: 8, [.swarmLeave]),
        StepGroup("overlay-network", en: "tunnel", ko: "터널", rank: 4, [.tunnelCreate]),
        StepGroup("overlay-network", en: "nodes", ko: "노드", rank: 5, [.neighboursAdd]),
        StepGroup("overlay-network", en: "nodes", ko: "노드", rank: 13, [.neighboursRemove]),
        StepGroup("shared-cable", en: "parent", ko: "부모", rank: 10, [.parentCreate]),
        StepGroup("network-record", en: "network", ko: "네트워크", rank: 12, [.networkCreate]),
        StepGroup("published-port", en: "port", ko: "포트", rank: 6, [.portPublish]),
        StepGroup("embedded-names", en: "names", ko: "이름", rank: 7, [.namesServe]),
        StepGroup("isolation", en: "rules", ko: "규칙", rank: 9, [.rulesApply]),
        StepGroup("uplink", en: "uplink", ko: "업링크", rank: 10, [.uplinkCreate, .uplinkTranslate]),
        StepGroup("network-removal", en: "removed", ko: "삭제", rank: 14, [.bridgeDelete, .networkDelete]),

        // Creating
        StepGroup(
            "writable-layer", en: "disk", ko: "디스크", rank: 4, [.layerCreate, .containerCreate], told: [.layerCreate],
            explained: [.layerCreate]),

        StepGroup(
            "volume", en: "volume", ko: "볼륨", rank: 8, [.volumeCreate, .volumeFill], told: [.volumeCreate, .volumeFill]),
        StepGroup("volume", en: "volume", ko: "볼륨", rank: 13, [.volumeDelete]),
        StepGroup("copy", en: "copy", ko: "복사", rank: 10, [.filesPut]),
        StepGroup("build", en: "build", ko: "빌드", rank: 10, [.buildInstruction]),
        StepGroup("commit", en: "commit", ko: "커밋", rank: 10, [.imageCommit]),

        // Starting
        StepGroup(
            "cgroup", en: "limits", ko: "제한", rank: 5, [.cgroupCreate, .cgroupLimit, .cgroupJoin, .resourceLimit],
            told: [.cgroupCreate, .cgroupLimit, .resourceLimit],
            explained: [.cgroupCreate, .cgroupLimit, .resourceLimit],
            proved: [.cgroupLimit, .cgroupCreate],
            // The file of a limit that was given says more than that of one that was not.
            looked: [.cgroupLimit, .cgroupCreate, .resourceLimit],
            silences: [.init(kind: .cgroupLimit, fact: "resource", value: "devices")]),
        StepGroup(
            "namespace", en: "views", ko: "격리", rank: 2, [.processClone, .namespaceEnter, .hostnameSet],
            told: [.processClone, .namespaceEnter], explained: [.processClone, .namespaceEnter]),
        StepGroup(
            "network", en: "network", ko: "네트워크", rank: 6,
            [.vethCreate, .linkShare, .networkJoin, .networkNone, .addressAssign, .routeAdd],
            told: [.addressAssign, .vethCreate, .linkShare, .routeAdd, .networkJoin, .networkNone],
            explained: [.vethCreate, .linkShare, .networkJoin, .networkNone],
            proved: [.addressAssign, .routeAdd, .networkJoin, .networkNone]),
        StepGroup("volume", en: "volume", ko: "볼륨", rank: 8, [.mountVolume, .mountTmpfs]),
        StepGroup(
            "overlay", en: "root", ko: "루트", rank: 7,
            [.rootPivot, .overlayMount, .rootAttach, .mountProc, .mountDev, .mountSys, .mountFiles], told: [.rootPivot],
            explained: [.overlayMount, .rootPivot], proved: [.rootPivot, .overlayMount]),
        StepGroup(
            "capability", en: "guard", ko: "보호", rank: 9,
            [.capabilitiesDrop, .seccompLoad, .mountMask, .parameterSet, .userBecome],
            told: [.capabilitiesDrop, .seccompLoad, .userBecome],
            explained: [.capabilitiesDrop, .seccompLoad, .userBecome],
            proved: [.capabilitiesDrop, .seccompLoad],
            silences: [.init(kind: .userBecome, fact: "uid", value: "0")]),
        StepGroup(
            "process", en: "program", ko: "프로그램", rank: 2, [.processExecute, .terminalOpen],
            proved: [.processExecute]),

        // Running and ending
        StepGroup("signal", en: "signal", ko: "시그널", rank: 10, [.processSignal]),
        StepGroup("exit-code", en: "end", ko: "종료", rank: 10, [.processEnd]),
        StepGroup("cgroup-counters", en: "counted", ko: "사용량", rank: 13, [.cgroupRemove]),
        StepGroup("network-release", en: "cable", ko: "케이블", rank: 14, [.networkRelease]),
        StepGroup(
            "removal", en: "removed", ko: "삭제", rank: 13, [.layerDelete, .containerDelete],
            explained: [.layerDelete]),
        StepGroup("name", en: "name", ko: "이름", rank: 21, [.containerRename]),
        StepGroup("freezer", en: "freeze", ko: "정지", rank: 10, [.cgroupFreeze]),
        StepGroup("freezer", en: "thaw", ko: "재개", rank: 11, [.cgroupThaw]),

        // Reading
        StepGroup("process-list", en: "list", ko: "목록", rank: 12, [.processesList]),
        StepGroup("cgroup-counters", en: "counters", ko: "계수기", rank: 12, [.countersRead]),
        StepGroup("diff", en: "changes", ko: "변경", rank: 12, [.changesRead]),
        StepGroup("copy", en: "copy", ko: "복사", rank: 12, [.filesGet]),
    ]
}
