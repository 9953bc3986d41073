import OrderedJSON
import Posix

/// The engine's own files of JSON: what it remembers of containers, volumes, networks.
enum RecordFile {
    /// Reads one.
    /// - Throws: ``EngineFailure`` naming the file, when it can't be read or is damaged.
    static func read(_ path: String) throws(EngineFailure) -> JSON {
        let bytes: [UInt8]
        do throws(SystemError) { bytes = try Files.read(path) } catch { throw .system("\(error)") }
        do throws(JSONError) { return try JSON(parsing: bytes) } catch {
            throw .system("\(path) is damaged: \(error)")
        }
    }

    /// Reads one as what it should be.
    /// - Throws: ``EngineFailure`` naming the file and what in it does not fit.
    static func read<Value: Decodable>(_ path: String, as type: Value.Type) throws -> Value {
        try decode(type, from: try read(path), of: path)
    }

    /// What a file's JSON says, as what it should be.
    static func decode<Value: Decodable>(_ type: Value.Type, from json: JSON, of path: String) throws -> Value {
        do { return try json.decode(type, keys: .asDeclared) } catch let error as DecodingError {
            throw EngineFailure.system("\(path) is damaged: \(problem(error))")
        }
    }

    private static func problem(_ error: DecodingError) -> String {
        func member(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
            let path = (context.codingPath + [last].compactMap { $0 }).map { key in
                key.intValue.map { "\($0)" } ?? key.stringValue
            }
            return path.isEmpty ? "the whole" : "member \(path.joined(separator: "."))"
        }
        switch error {
        case .typeMismatch(_, let context), .dataCorrupted(let context):
            return "\(member(context)): \(context.debugDescription)"
        case .valueNotFound(_, let context): return "\(member(context)): it is null"
        case .keyNotFound(let key, let context): return "\(member(context, key)): it is missing"
        @unknown default: return "\(error)"
        }
    }
}
