import Glibc
import OrderedJSON
import Posix
import Synchronization

/// A directory with a name of its own, which outlives the containers that use it (`docker volume`).
struct Volume: Sendable, Codable, Equatable {
    var name: String
    var labels: [String: String]?
    /// What `-o` said: the members of a `mount(8)`; none for a plain directory.
    var options: [String: String]?
    /// Nanoseconds since 1970.
    var created: Int64
    /// Whether nobody gave it a name: it goes with its container, where that is asked for.
    var isAnonymous: Bool
}

/// The volumes of a node on disk: `NAME/_data` is what containers see, `NAME/volume.json` what is known of it.
final class VolumeStore: Sendable {
    /// The directory of all volumes.
    let directory: String
    private let table: Mutex<[String: Volume]>
    /// Who uses the volumes that are mounted now.
    private let users = Mutex<[String: Set<String>]>([:])

    private let setAside: SetAsideList

    /// Opens the volumes of a directory, which is made when it is missing. What was never finished is removed; a volume
    /// whose record is damaged is set aside.
    init(at directory: String, setAside: SetAsideList) throws {
        self.directory = directory
        self.setAside = setAside
        try Files.makeDirectories(directory, mode: 0o711)
        var found: [String: Volume] = [:]
        for entry in try Files.list(directory) where entry.isDirectory {
            let record = "\(directory)/\(entry.name)/volume.json"
            guard Files.exists(record) else {
                try Files.removeTree("\(directory)/\(entry.name)")
                continue
            }
            do {
                let volume = try RecordFile.read(record, as: Volume.self)
                guard volume.name == entry.name else {
                    throw EngineFailure.system("\(record) is damaged: it is the record of volume \(volume.name)")
                }
                found[entry.name] = volume
            } catch let failure as EngineFailure {
                let path = "\(directory)/\(entry.name)"
                setAside.add(SetAside(kind: .volume, id: entry.name, path: path, reason: failure.message))
            }
        }
        table = Mutex(found)
    }

    /// What containers see of a volume.
    func path(of name: String) -> String { "\(directory)/\(name)/_data" }

    /// The volume of a name.
    func volume(_ name: String) -> Volume? { table.withLock { $0[name] } }

    /// All volumes, by name.
    var all: [Volume] { table.withLock { $0.values.sorted { $0.name < $1.name } } }

    /// The volume of a name that was set aside.
    func setAside(_ name: String) -> SetAside? { setAside.all.first { $0.kind == .volume && $0.id == name } }

    /// Makes a volume; one that exists stays as it is.
    ///
    /// - Parameter adopts: Whether the data of a volume that was set aside becomes its data.
    /// - Returns: Whether it was made now.
    /// - Throws: ``EngineFailure`` for one that was set aside, unless it is adopted.
    func make(_ volume: Volume, adopts: Bool = false) throws -> Bool {
        try table.withLock { table in
            guard table[volume.name] == nil else { return false }
            let old = setAside(volume.name)
            if let old, !adopts { throw old.refusal }
            let place = "\(directory)/\(volume.name)"
            try Files.makeDirectories("\(place)/_data", mode: 0o755)
            try check("setting the mode of \(place)/_data") { chmod("\(place)/_data", 0o755) }
            let json = try JSON(encoding: volume, keys: .asDeclared)
            try Files.replace("\(place)/volume.json", with: json.encoded(.indented), mode: 0o600)
            table[volume.name] = volume
            if let old { setAside.forget(old) }
            return true
        }
    }

    /// Mounts what a volume's options name at the volume's path, for a container that is to use it: in the engine's own
    /// mount namespace, once for all that use it at the same time. A plain volume needs nothing.
    ///
    /// - Throws: ``EngineFailure`` with Docker's text when the kernel refuses the mount.
    func attach(_ name: String, for user: String) throws {
        if let item = setAside(name) { throw item.refusal }
        guard let mount = volume(name)?.options.flatMap(VolumeMount.init) else { return }
        try users.withLock { users in
            if users[name, default: []].isEmpty { try mount.mount(at: path(of: name)) }
            users[name, default: []].insert(user)
        }
    }

    /// Lets go of what ``attach(_:for:)`` mounted; the last one that used it takes the mount away.
    func detach(_ name: String, from user: String) {
        users.withLock { users in
            guard users[name]?.remove(user) != nil, users[name]?.isEmpty == true else { return }
            users[name] = nil
            VolumeMount.unmount(path(of: name))
        }
    }

    /// Removes a volume with all it holds; one that is missing is fine. What is mounted there is not its own, and stays.
    ///
    /// - Parameter check: Throws when it must stay; nobody can begin to use it between this and the removal.
    func remove(_ name: String, check: () throws -> Void = {}) throws {
        try table.withLock { table in
            try check()
            // First the record: without it the rest is removed at the next start at the latest.
            unlink("\(directory)/\(name)/volume.json")
            if table[name]?.options != nil { VolumeMount.unmount(path(of: name)) }
            table[name] = nil
            if let item = setAside(name) { setAside.forget(item) }
            try Files.removeTree("\(directory)/\(name)")
        }
    }

    /// Checks a name as Docker's local driver does.
    static func checkName(_ name: String) throws {
        let isValid =
            name.utf8.count > 1
            && name.utf8.enumerated().allSatisfy { place, byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: place > 0 && [UInt8]("_.-".utf8).contains(byte)
                }
            }
        if name.utf8.count == 1 {
            throw EngineFailure.invalid(
                "create \(name): volume name is too short, names should be at least two alphanumeric characters")
        }
        guard isValid else {
            throw EngineFailure.invalid(
                "create \(name): \"\(name)\" includes invalid characters for a local volume name, only "
                    + "\"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute "
                    + "path")
        }
    }
}
