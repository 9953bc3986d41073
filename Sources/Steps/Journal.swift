import Glibc
import OrderedJSON
import Posix
import Synchronization

/// The engine's intentions on disk: what would take back each step that was begun and whose operation has not ended.
///
/// One file an operation, one line a step, written before the step is performed. A kernel object doesn't outlive the
/// kernel, so entries carry the boot identifier, and they are not synced: they must survive the engine's death, not
/// the machine's. An operation that ends empties its file, and the next one takes it over: making and removing files is
/// what a file system is slowest at.
public final class Journal: Sendable {
    /// The directory of the files.
    public let directory: String
    /// The boot identifier of this kernel.
    public let bootID: String
    private let free = Mutex<[Slot]>([])

    /// A file that one operation after another uses.
    fileprivate struct Slot: Sendable {
        var path: String
        var file: Descriptor
    }

    /// Opens the journal, making its directory when it is missing.
    public init(directory: String, bootID: String) throws(SystemError) {
        self.directory = directory
        self.bootID = bootID
        try Files.makeDirectories(directory, mode: 0o700)
        makeSpare()
    }

    /// Room that is kept for the engine's own start on a disk that is full: without it nobody could make room.
    private var spare: String { "\(directory)/spare" }
    private static let spareSize = 32 << 10

    private func makeSpare() {
        guard !Files.exists(spare),
            let file = try? Descriptor.open(spare, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        else { return }
        if posix_fallocate(file.number, 0, Self.spareSize) != 0 { unlink(spare) }
    }

    /// Frees the spare room.
    /// - Returns: Whether there was some.
    private func giveUpSpare() -> Bool { unlink(spare) == 0 }

    /// The journal of one operation that is under way.
    public final class Entry: Sendable {
        private let slot: Slot
        private let journal: Journal

        private let usesSpare: Bool

        fileprivate init(slot: Slot, journal: Journal, usesSpare: Bool) {
            self.slot = slot
            self.usesSpare = usesSpare
            self.journal = journal
        }

        /// Notes what will take back a step that is about to be performed.
        public func intend(_ actions: [UndoAction]) throws {
            guard !actions.isEmpty else { return }
            let line = try JSON(encoding: Line(boot: journal.bootID, undo: actions), keys: .asDeclared)
            do throws(SystemError) {
                do throws(SystemError) { try slot.file.write(line.encoded() + [0x0A]) } catch {
                    guard error.code == ENOSPC, usesSpare, journal.giveUpSpare() else { throw error }
                    // A part of the line may have been written: it ends here, and is passed over when it is read.
                    try slot.file.write([0x0A] + line.encoded() + [0x0A])
                }
            } catch { throw SystemError("writing the journal \(slot.path)", code: error.code) }
        }

        /// The operation has ended, well or reverted: nothing is left to take back.
        public func close() {
            // A file that can't be emptied is removed instead: what it says must not be taken back later.
            if ftruncate(slot.file.number, 0) != 0 {
                unlink(slot.path)
            } else {
                journal.free.withLock { $0.append(slot) }
            }
            if usesSpare { journal.makeSpare() }
        }
    }

    private struct Line: Codable {
        var boot: String
        var undo: [UndoAction]
    }

    /// Begins the journal of an operation.
    ///
    /// - Parameter usesSpare: Whether it may use the room that is kept for a disk that is full.
    public func begin(_ operation: String, usesSpare: Bool = false) throws(SystemError) -> Entry {
        if let slot = free.withLock({ $0.popLast() }) {
            return Entry(slot: slot, journal: self, usesSpare: usesSpare)
        }
        let path = "\(directory)/\(operation).jsonl"
        let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_APPEND | O_TRUNC, mode: 0o600)
        return Entry(slot: Slot(path: path, file: file), journal: self, usesSpare: usesSpare)
    }

    /// What an engine that died left unfinished.
    public struct Unfinished: Sendable {
        /// The name of the journal's file: the identity of the first operation that used it.
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
