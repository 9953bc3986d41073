import EngineAPI
import Kernel
import OrderedJSON
import Posix

/// Everything about a container that does not change while the engine runs, and a monitor for what does.
final class Container: Sendable {
    /// 64 hexadecimal digits.
    let id: String
    /// The directory with all that is on disk of it.
    let directory: String
    /// What changes.
    let life: Monitor<Life>
    /// Held by whoever is starting, stopping or removing it, so that these never overlap.
    let lifecycle = Monitor(())

    init(id: String, directory: String, definition: Definition, state: ContainerState) {
        self.id = id
        self.directory = directory
        life = Monitor(Life(definition: definition, state: state))
    }

    /// What the user asked for: written once, changed by `rename` and `update` only.
    struct Definition: Sendable, Codable {
        var name: String
        var created: Int64
        /// The image's ID (`sha256:…`), and the reference it was asked for by.
        var image: String
        var imageReference: String
        /// The layer directories of the image, topmost first.
        var layers: [String]
        var path: String
        var arguments: [String]
        var config: JSON
        var hostConfig: JSON
        /// The networks it is to be in, by name, with the settings asked for (`EndpointsConfig`).
        var endpoints: JSON
        /// What it sees at places of its tree and that is not of its image.
        var mounts: [MountPoint]?
        /// Its links on the default bridge.
        var links: [ContainerLink]?

        var configObject: JSONObject { config.object ?? [:] }
        var hostObject: JSONObject { hostConfig.object ?? [:] }
        var hasTerminal: Bool { configObject.flag("Tty") }
    }

    /// What changes while it lives.
    struct Life: Sendable {
        var definition: Definition
        var state: ContainerState
        /// While it runs.
        var running: Running?
        /// Clients that attached before it was started.
        var waitingAttachments: [Attachment] = []
        /// The identities of its exec sessions.
        var execs: [String] = []
        /// Goes up each time it ends, so that "wait for the next exit" can't miss one.
        var endings = 0
        /// Set when it is gone, for those who wait for its removal.
        var isRemoved = false
        /// How many starts in a row the restart policy has made, for the back-off.
        var restartDelay: Double = 0
    }

    /// What exists only while it runs.
    struct Running: Sendable {
        var process: any SandboxProcess
        var cgroup: any Cgroup
        var overlay: DetachedMount
        var streams: StreamHub
        var endpoints: [Endpoint]
        /// `nil` when the output is not kept (`--log-driver none`).
        var log: ContainerLog?

        /// Its processes, by their numbers on the machine, sorted; those of its PID namespace where it has no cgroup.
        func processes(_ kernel: any Kernel) throws(SystemError) -> [Int32] {
            kernel.profile.makesCgroups
                ? try cgroup.processes().sorted() : try kernel.processes(inNamespaceOf: process.pid)
        }
    }

    /// Its name without the slash.
    var name: String { life.current.definition.name }
    /// The form of its log; `nil` where its output is not kept.
    var logForm: LogForm? { LogForm(life.current.definition.hostObject["LogConfig"]) }
    /// The path of its log.
    var logPath: String {
        logForm == .local ? "\(directory)/local-logs/container.log" : "\(directory)/\(id)-json.log"
    }
    /// The name of its cgroup below the engine's own: its ID, in the group of `--cgroup-parent` if there is one. Whatever
    /// path that is, it leads to a place below the engine's group, as to Docker's daemon it leads below the root of the
    /// hierarchies: a lab leaves the machine's own groups alone.
    var cgroupName: String {
        let parent = BindMount.clean(life.current.definition.hostObject.text("CgroupParent"))
        return parent == "/" ? id : "\(parent.dropFirst())/\(id)"
    }
    /// Its writable layer.
    var upper: String { "\(directory)/upper" }
    /// The working directory that overlayfs needs beside it.
    var work: String { "\(directory)/work" }
    /// The first twelve digits.
    var shortID: String { String(id.prefix(12)) }

    /// The file that holds definition and state.
    private var recordPath: String { "\(directory)/container.json" }

    /// The name and the layers in a record that is otherwise damaged, as far as they can be read.
    static func remains(in directory: String) -> (name: String?, layers: [String]) {
        let definition = (try? RecordFile.read("\(directory)/container.json"))?["definition"]
        return (definition?["name"]?.string, definition?["layers"]?.array?.compactMap(\.string) ?? [])
    }

    private struct Record: Codable {
        var id: String
        var definition: Definition
        var state: ContainerState
    }

    /// Writes definition and state to disk.
    ///
    /// - Parameter state: A state that is about to hold: what is on disk must not change any more once others may see it.
    func save(_ state: ContainerState? = nil, durable: Bool = false) throws {
        let life = life.current
        let record = Record(id: id, definition: life.definition, state: state ?? life.state)
        let json = try JSON(encoding: record, keys: .asDeclared)
        try Files.replace(recordPath, with: json.encoded(.indented), mode: 0o600, durable: durable)
    }

    /// Writes down what has happened already: a disk that is full does not undo it. It is written with the next change;
    /// an engine that starts before knows the state before.
    func saveWhatHappened(_ state: ContainerState? = nil) { _ = try? save(state) }

    /// Changes the definition and writes it down; if that fails, nothing has changed.
    func change(_ body: (inout Definition) -> Void) throws {
        let before = life.withLock { life in
            defer { body(&life.definition) }
            return life.definition
        }
        do { try save(durable: true) } catch {
            life.withLock { $0.definition = before }
            throw error
        }
    }

    /// Reads a container back from its directory.
    /// - Throws: ``EngineFailure`` naming the file, when it can't be read or is damaged.
    static func load(from directory: String) throws -> Container {
        let path = "\(directory)/container.json"
        let record = try RecordFile.read(path, as: Record.self)
        guard directory.hasSuffix("/\(record.id)") else {
            throw EngineFailure.system("\(path) is damaged: it is the record of container \(record.id)")
        }
        return Container(id: record.id, directory: directory, definition: record.definition, state: record.state)
    }
}
