extension StepKind {
    /// The facts that every performed step of this kind has, by name. Explanations may use these and no others; a test
    /// compares the table with what the engine gives.
    ///
    /// Counts are integers, sizes are bytes, addresses are text (`172.17.0.2/16`), lists are arrays of strings. A fact
    /// that does not apply is `null`, never missing.
    public var factNames: [String] {
        switch self {
        case .imageResolve: ["reference", "image", "layers", "size"]
        case .imageLoad: ["source", "images"]
        case .imageImport: ["source", "image", "size"]
        case .layerUnpack: ["digest", "directory", "size", "files"]
        case .imageTag: ["reference", "image"]
        case .imageUntag: ["reference", "image"]
        case .imageDelete: ["image", "layers"]
        case .containerCreate: ["name", "id", "directory", "image", "command"]
        case .layerCreate: ["upper", "work", "entries"]
        case .layerDelete: ["upper", "entries"]
        case .containerDelete: ["name", "id"]
        case .containerRename: ["old", "name"]
        case .overlayMount: ["layers", "upper", "volatile"]
        case .cgroupCreate: ["path", "directories", "limited"]
        case .cgroupLimit: ["resource", "value", "file"]
        case .processClone: ["pid", "innerPid", "namespaces", "count"]
        case .cgroupJoin: ["path", "hierarchies"]
        case .rootAttach: ["directory", "layers"]
        case .mountProc: ["target"]
        case .mountDev: ["devices", "terminal"]
        case .mountSys: ["readOnly"]
        case .mountFiles: ["files", "hostname"]
        case .mountVolume: ["source", "target", "readOnly", "volume"]
        case .mountTmpfs: ["target", "size"]
        case .mountMask: ["masked", "readOnly"]
        case .rootPivot: ["readOnly"]
        case .hostnameSet: ["hostname", "domainname"]
        case .parameterSet: ["parameters"]
        case .terminalOpen: ["path", "columns", "rows"]
        case .resourceLimit: ["resource", "soft", "hard"]
        case .userBecome: ["user", "uid", "gid"]
        case .capabilitiesDrop: ["kept", "possible", "names", "privileged"]
        case .seccompLoad: ["profile"]
        case .processExecute: ["path", "arguments", "user", "directory", "detached", "terminal"]
        case .nodeCreate: ["node"]
        case .bridgeCreate: ["bridge", "address", "network"]
        case .vethCreate: ["host", "container", "bridge", "mac"]
        case .addressAssign: ["interface", "address", "network"]
        case .routeAdd: ["gateway", "interface"]
        case .networkJoin: ["target", "kind"]
        case .networkNone: []
        case .networkRelease: ["address", "interface", "network"]
        case .namespaceEnter: ["container", "pid", "target", "namespaces", "count"]
        case .processSignal: ["signal", "number", "pid"]
        case .processEnd: ["pid", "exitCode", "signal", "outOfMemory"]
        case .cgroupFreeze: ["path", "processes"]
        case .cgroupThaw: ["path", "processes"]
        case .cgroupRemove: ["path", "memoryMaximum", "cpuTime"]
        }
    }
}
