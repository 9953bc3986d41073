import EngineAPI
import Kernel
import OrderedJSON

/// Something that a container sees at a place of its tree and that is not of its image: a directory of the machine, a
/// volume, or a file system in memory.
struct MountPoint: Sendable, Codable, Equatable {
    /// Docker's names.
    enum Kind: String, Sendable, Codable { case bind, volume, tmpfs }

    var kind: Kind
    /// Where it appears in the container.
    var target: String
    /// The machine's path of a bind mount.
    var source = ""
    /// The name of a volume; empty until one is made up for it.
    var volume = ""
    /// Whether the volume has no name that anybody gave it.
    var isAnonymous = false
    /// The options as given, as `docker inspect` shows them.
    var mode = ""
    var isReadOnly = false
    /// How mounts below spread; empty for volumes.
    var propagation = ""
    /// Whether what the image has at the place is copied into a new volume.
    var copies = true
    /// Whether mounts below a bind mount come along.
    var isRecursive = true
    /// Whether a missing source is made, as a directory.
    var makesSource = false
    /// The labels of a volume that is made for it.
    var labels: [String: String]?
    /// The options of a volume that is made for it.
    var options: [String: String]?
    /// The directory or file of the volume that is shown; `nil` is all of it.
    var subpath: String?
    /// The options of a file system in memory.
    var memoryOptions = ""

    /// The object of `Mounts` in `docker inspect`.
    func json(volumes: VolumeStore) -> JSON {
        var object: JSONObject = ["Type": .string(kind.rawValue)]
        if kind == .volume { object["Name"] = .string(volume) }
        object["Source"] = .string(kind == .volume ? volumes.path(of: volume) : source)
        object["Destination"] = .string(target)
        if kind == .volume { object["Driver"] = "local" }
        object["Mode"] = .string(mode)
        object["RW"] = .bool(!isReadOnly)
        object["Propagation"] = .string(propagation)
        return .object(object)
    }
}

extension MountPoint {
    /// Reads one text of `HostConfig.Binds`: `/machine:/container:ro`, `volume:/container`.
    ///
    /// The name of a volume is not looked at (``VolumeStore/checkName(_:)``).
    ///
    /// - Throws: ``EngineFailure`` with Docker's text for what can't be right.
    init(bind text: String) throws {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else {
            throw EngineFailure.invalid("invalid volume specification: '\(text)'")
        }
        if parts.count > 1, parts[0].hasPrefix("/") {
            let bind = try BindMount(text)
            self.init(kind: .bind, target: bind.target)
            source = bind.source
            mode = bind.mode
            isReadOnly = bind.isReadOnly
            propagation = bind.propagation.rawValue
            makesSource = true
            return
        }
        let place = parts.count == 1 ? parts[0] : parts[1]
        self.init(
            kind: .volume, target: try Self.target(place, of: "volume", in: "invalid volume specification: '\(text)': ")
        )
        if parts.count == 1 {
            isAnonymous = true
            return
        }
        volume = parts[0]
        mode = "z"
        guard parts.count == 3 else { return }
        mode = parts[2]
        for option in mode.split(separator: ",").map(String.init) {
            switch option {
            case "ro": isReadOnly = true
            case "rw", "z", "Z": continue
            case "nocopy": copies = false
            default: throw EngineFailure.invalid("invalid mode: \(mode)")
            }
        }
    }

    /// Reads one member of `HostConfig.Mounts`.
    init(mount object: JSONObject) throws {
        let kindText = object.text("Type")
        guard let kind = Kind(rawValue: kindText) else {
            throw EngineFailure.invalid("invalid mount config for type \"\(kindText)\": mount type unknown")
        }
        let prefix = "invalid mount config for type \"\(kind.rawValue)\": "
        func refuse(_ problem: String) -> EngineFailure { .invalid(prefix + problem) }
        self.init(kind: kind, target: try Self.target(object.text("Target"), of: kind.rawValue, in: ""))
        isReadOnly = object.flag("ReadOnly")
        let given = object.text("Source")
        for (member, owner) in [("BindOptions", Kind.bind), ("VolumeOptions", .volume), ("TmpfsOptions", .tmpfs)]
        where kind != owner && object[member]?.object != nil {
            throw refuse("\(member) must not be specified")
        }
        switch kind {
        case .bind:
            let options = object["BindOptions"]?.object ?? [:]
            guard !given.isEmpty else { throw refuse("field Source must not be empty") }
            guard given.hasPrefix("/") else {
                throw refuse("invalid mount path: '\(given)' mount path must be absolute")
            }
            source = BindMount.clean(given)
            propagation = options.text("Propagation").isEmpty ? "rprivate" : options.text("Propagation")
            guard MountPropagation(rawValue: propagation) != nil else {
                throw refuse("invalid propagation mode: \(propagation)")
            }
            isRecursive = !options.flag("NonRecursive")
            makesSource = options.flag("CreateMountpoint")
        case .volume:
            let options = object["VolumeOptions"]?.object ?? [:]
            if !options.text("Subpath").isEmpty { subpath = try Self.checkedSubpath(options.text("Subpath")) }
            let driver = options["DriverConfig"]?.object ?? [:]
            guard ["", "local"].contains(driver.text("Name")) else {
                throw EngineFailure.notFound(
                    "error looking up volume plugin \(driver.text("Name")): plugin \"\(driver.text("Name"))\" not found"
                )
            }
            if driver["Options"]?.object?.isEmpty == false {
                self.options = Dictionary(driver.map("Options").map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
                try Node.checkOptions(self.options ?? [:], of: given)
            }
            isAnonymous = given.isEmpty
            volume = given
            if !given.isEmpty { try VolumeStore.checkName(given) }
            mode = "z"
            // A part of a volume is there already, and what options mount is not the engine's to fill.
            copies = !options.flag("NoCopy") && subpath == nil && self.options == nil
            if options["Labels"]?.object?.isEmpty == false {
                labels = Dictionary(options.map("Labels").map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
            }
        case .tmpfs:
            guard given.isEmpty else { throw refuse("field Source must not be specified") }
            let options = object["TmpfsOptions"]?.object ?? [:]
            var words: [String] = []
            if options.number("SizeBytes") > 0 { words.append("size=\(options.number("SizeBytes"))") }
            if options.number("Mode") > 0 { words.append("mode=\(String(options.number("Mode"), radix: 8))") }
            if isReadOnly { words.append("ro") }
            memoryOptions = words.joined(separator: ",")
        }
    }

    /// A path below a volume's root.
    private static func checkedSubpath(_ text: String) throws -> String {
        guard !text.hasPrefix("/") else {
            throw EngineFailure.invalid("invalid mount config for type \"volume\": subpath must be a relative path")
        }
        guard !text.split(separator: "/").contains("..") else {
            throw EngineFailure.invalid("invalid mount config for type \"volume\": subpath must be inside the volume")
        }
        return text
    }

    private static func target(_ text: String, of type: String, in context: String) throws -> String {
        let prefix = context + "invalid mount config for type \"\(type)\": "
        guard !text.isEmpty else { throw EngineFailure.invalid(prefix + "field Target must not be empty") }
        guard text.hasPrefix("/") else {
            throw EngineFailure.invalid(prefix + "invalid mount path: '\(text)' mount path must be absolute")
        }
        let clean = BindMount.clean(text)
        guard clean != "/" else {
            throw EngineFailure.invalid(prefix + "invalid specification: destination can't be '/'")
        }
        return clean
    }
}
