import OrderedJSON
import Posix

/// The engine's own files of JSON: what it remembers of containers, volumes, networks.
enum RecordFile {
    /// Reads one.
    /// - Throws: `SystemError` naming the file; ``EngineFailure`` naming it, when it is damaged.
    static func read(_ path: String) throws -> JSON {
        let bytes = try Files.read(path)
        do throws(JSONError) { return try JSON(parsing: bytes) } catch {
            throw EngineFailure.system("\(path) is damaged: \(error)")
        }
    }
}
