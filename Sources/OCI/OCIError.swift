import Glibc
import OrderedJSON
public import Posix

/// Why something with images, layers or blobs failed.
///
/// Each case keeps the facts; ``description`` is the sentence for a person, in Docker's words where Docker has them,
/// and ``category`` is what an HTTP status is chosen by.
public enum OCIError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure it is, for whoever turns it into an HTTP status.
    public enum Category: Sendable, Equatable {
        /// The named thing does not exist (404).
        case notFound
        /// The thing's present state forbids it (409).
        case conflict
        /// The input is wrong (400).
        case invalidParameter
        /// The machine failed (500).
        case system
    }

    /// A text that is no digest. `problem` is in the words of Docker's digest package.
    case invalidDigest(String, problem: String)
    /// A text that is no image reference. `problem` is Docker's whole sentence.
    case invalidReference(String, problem: String)
    /// No image has that name or ID. The text is the reference as Docker shows it.
    case noSuchImage(String)
    /// No such blob in the content store.
    case noSuchBlob(Digest)
    /// No such layer in the layer store.
    case noSuchLayer(Digest)
    /// Content whose bytes hash to something else than its name says.
    case digestMismatch(what: String, expected: Digest, actual: Digest)
    /// Content that is longer or shorter than was declared, in bytes. `actual` is where it was noticed.
    case sizeMismatch(what: String, expected: Int64, actual: Int64)
    /// An archive that unpacks to more bytes than it may.
    case tooLarge(what: String, UnpackExcess)
    /// An archive entry that would reach outside its root, or otherwise is not to be trusted.
    case hostileEntry(name: String, problem: String)
    /// An archive, or compressed data, that is cut short or damaged.
    case corruptArchive(what: String, problem: String)
    /// A document (manifest, configuration, index) that is not what it should be.
    case invalidDocument(what: String, problem: String)
    /// A compression or media type that is not supported.
    case unsupported(String)
    /// An input that is refused, in a whole sentence.
    case invalidParameter(String)
    /// A state that forbids the operation, in a whole sentence of Docker's.
    case conflict(String)
    /// A program that the embedded images are made of is missing.
    case missingProgram(name: String, package: String)
    /// The caller asked to stop.
    case cancelled
    /// A system call failed.
    case system(SystemError)
    /// A system call failed while an archive entry was being unpacked.
    case entry(name: String, SystemError)

    /// The kind of failure.
    public var category: Category {
        switch self {
        case .noSuchImage, .noSuchBlob, .noSuchLayer: .notFound
        case .conflict: .conflict
        case .invalidDigest, .invalidReference, .digestMismatch, .sizeMismatch, .tooLarge, .hostileEntry,
            .corruptArchive,
            .invalidDocument, .unsupported, .invalidParameter:
            .invalidParameter
        case .missingProgram, .cancelled, .system, .entry: .system
        }
    }

    /// Whether the disk is full, or would be.
    public var isLackOfRoom: Bool {
        switch self {
        case .system(let cause), .entry(_, let cause): cause.code == ENOSPC || cause.code == EDQUOT
        case .tooLarge(_, .room): true
        default: false
        }
    }

    /// The sentence for a person.
    public var description: String {
        switch self {
        case .invalidDigest(_, let problem), .invalidReference(_, let problem): problem
        case .noSuchImage(let name): "No such image: \(name)"
        case .noSuchBlob(let digest): "no such blob: \(digest)"
        case .noSuchLayer(let chain): "no such layer: \(chain)"
        case .digestMismatch(let what, let expected, let actual):
            "\(what) does not match its digest: expected \(expected), got \(actual)"
        case .sizeMismatch(let what, let expected, let actual):
            "\(what) does not have its declared size: expected \(expected) bytes, got \(actual)"
        case .tooLarge(let what, let excess): "\(what) \(excess)"
        case .hostileEntry(let name, let problem): "refusing archive entry \"\(name)\": \(problem)"
        case .corruptArchive(let what, let problem): "\(what) is damaged or incomplete: \(problem)"
        case .invalidDocument(let what, let problem): "\(what) is not valid: \(problem)"
        case .unsupported(let what): "\(what) is not supported"
        case .invalidParameter(let sentence), .conflict(let sentence): sentence
        case .missingProgram(let name, let package):
            "the embedded images need a statically linked \(name): install the package \(package)"
        case .cancelled: "cancelled"
        case .system(let error): "\(error)"
        case .entry(let name, let error): "unpacking \"\(name)\": \(error)"
        }
    }
}

/// Runs something whose only failure is a system call's, and gives the failure this target's type.
func system<Result>(_ body: () throws(SystemError) -> Result) throws(OCIError) -> Result {
    do throws(SystemError) { return try body() } catch { throw .system(error) }
}

extension JSON {
    /// Parses a document and names it in the error.
    init(document bytes: [UInt8], what: String) throws(OCIError) {
        do throws(JSONError) { self = try JSON(parsing: bytes) } catch {
            throw .invalidDocument(what: what, problem: error.description)
        }
    }
}
