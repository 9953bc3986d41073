import OrderedJSON
public import Posix
import Synchronization

/// The concepts that the learner has met: those that were once explained in full. Kept as JSON beside the history.
public final class MetConcepts: Sendable {
    private let path: String?
    private let concepts: Mutex<Set<String>>

    /// The concepts noted in a directory (file `concepts.json`); none when it is missing or can't be read as such.
    ///
    /// - Parameter directory: Where to keep them; `nil`: in memory only.
    public init(directory: String?) {
        path = directory.map { $0 + "/concepts.json" }
        var met: Set<String> = []
        if let path, let bytes = try? Files.read(path), let json = try? JSON(parsing: bytes) {
            met = Set((json["met"]?.array ?? []).compactMap(\.string))
        }
        concepts = Mutex(met)
    }

    /// Whether a concept was met.
    public func contains(_ concept: String) -> Bool { concepts.withLock { $0.contains(concept) } }

    /// All concepts that were met, sorted.
    public var all: [String] { concepts.withLock { $0.sorted() } }

    /// Notes that concepts were met, and keeps that.
    /// - Throws: ``SystemError`` if the file can't be written; they count as met in this process all the same.
    public func insert(_ new: [String]) throws(SystemError) {
        let (isChanged, all) = concepts.withLock { met in
            let before = met.count
            met.formUnion(new)
            return (met.count != before, met.sorted())
        }
        if isChanged { try write(all) }
    }

    /// Forgets all, so that everything is explained again.
    /// - Throws: ``SystemError`` if the file can't be written.
    public func removeAll() throws(SystemError) {
        concepts.withLock { $0.removeAll() }
        try write([])
    }

    private func write(_ all: [String]) throws(SystemError) {
        guard let path else { return }
        try Files.makeDirectories(Files.parent(of: path), mode: 0o700)
        let json: JSON = ["met": .array(all.map { .string($0) })]
        // Losing the last note in a power cut means one explanation twice; that is not worth waiting for the disk.
        try Files.replace(path, with: json.encoded(.indented), mode: 0o600, durable: false)
    }
}
