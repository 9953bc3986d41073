import Glibc
import OrderedJSON
import Posix

/// The engine's intentions on disk: what would take back each step that was begun and whose operation has not ended.
///
/// One file an operation, one line a step, written before the step is performed. A kernel object doesn't outlive the
/// kernel, so entries carry the boot identifier, and they are not synced: they must survive the engine's death, not
/// the machine's. An operation that ends removes its file.
public struct Journal: Sendable {
    /// The directory of the files.
    public let directory: String
    /// The boot identifier of this kernel.
    public let bootID: String

    /// Opens the journal, making its directory when it is missing.
    public init(directory: String, bootID: String) throws(SystemError) {
        self.directory = directory
        self.bootID = bootID
        try Files.makeDirectories(directory, mode: 0o700)
    }

    /// The journal of one operation that is under way.
    public final class Entry: Sendable {
        private let path: String
        private let file: Descriptor
        private let bootID: String

        fileprivate init(path: String, file: Descriptor, bootID: String) {
            self.path = path
            self.file = file
            self.bootID = bootID
        }

        /// Notes what will take back a step that is about to be performed.
        public func intend(_ actions: [UndoAction]) throws {
            guard !actions.isEmpty else { return }
            let line = try JSON(encoding: Line(boot: bootID, undo: actions), keys: .asDeclared)
            try file.write(line.encoded() + [0x0A])
        }

        /// The operation has ended, well or reverted: nothing is left to take back.
        public func close() { unlink(path) }
    }

    private struct Line: Codable {
        var boot: String
        var undo: [UndoAction]
    }

    /// Begins the journal of an operation.
    public func begin(_ operation: String) throws(SystemError) -> Entry {
        let path = "\(directory)/\(operation).jsonl"
        let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND | O_TRUNC, mode: 0o600)
        return Entry(path: path, file: file, bootID: bootID)
    }

    /// What an engine that died left unfinished.
    public struct Unfinished: Sendable {
        /// The operation's identity.
        public var operation: String
        /// What takes its steps back, in the order to do it: last step first.
        public var undo: [UndoAction]
    }

    /// Reads what was left unfinished. Lines that a crash cut short are passed over: their step was never begun.
    /// Processes of an earlier boot are left out, for their numbers mean nothing now.
    public func unfinished() throws -> [Unfinished] {
        try Files.list(directory).filter { $0.name.hasSuffix(".jsonl") }.map { entry in
            let text = try Files.text("\(directory)/\(entry.name)")
            let lines = text.split(separator: "\n").compactMap { line in
                try? JSON(parsing: String(line)).decode(Line.self, keys: .asDeclared)
            }
            let undo = lines.reversed().flatMap { line in
                line.undo.filter { action in
                    if case .killProcess = action { line.boot == bootID } else { true }
                }
            }
            return Unfinished(operation: String(entry.name.dropLast(6)), undo: undo)
        }
    }

    /// Forgets an operation whose steps were taken back.
    public func forget(_ unfinished: Unfinished) { unlink("\(directory)/\(unfinished.operation).jsonl") }
}
