public import Posix
import Glibc

/// A relative file name of an archive or a tree: any bytes but NUL, because that is what names are on Linux.
public struct ArchivePath: Hashable, Comparable, Sendable, ExpressibleByStringLiteral {
    /// The name's bytes, without `.` components and doubled or final slashes; empty for the root itself.
    public let bytes: [UInt8]

    private static let slash = UInt8(ascii: "/")

    /// A name, tidied up: a leading slash, `.` components and doubled slashes are left out.
    public init(_ bytes: some Collection<UInt8>) {
        let parts = bytes.split(separator: Self.slash).filter { !$0.elementsEqual(".".utf8) }
        self.bytes = Array(parts.joined(separator: [Self.slash]))
    }

    /// A name from its text.
    public init(_ text: String) { self.init(Array(text.utf8)) }

    /// A name from its text.
    public init(stringLiteral text: String) { self.init(text) }

    /// A name from C.
    init(_ pointer: UnsafePointer<CChar>) {
        self.init(Array(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer))))
    }

    /// For people and for patterns: bytes that are no UTF-8 are replaced.
    public var text: String { String(decoding: bytes, as: UTF8.self) }
    /// Whether it is the root itself.
    public var isRoot: Bool { bytes.isEmpty }
    /// The parts between the slashes.
    public var components: [ArchivePath] { bytes.split(separator: Self.slash).map { ArchivePath($0) } }
    /// The last part; the root for the root.
    public var last: ArchivePath { components.last ?? self }
    /// All but the last part.
    public var parent: ArchivePath {
        guard let slash = bytes.lastIndex(of: Self.slash) else { return "" }
        return ArchivePath(bytes[..<slash])
    }
    /// Whether a part is `..`, which might lead out of a tree.
    public var leadsOut: Bool { bytes.split(separator: Self.slash).contains { $0.elementsEqual("..".utf8) } }

    /// The name of something below this.
    public func appending(_ other: ArchivePath) -> ArchivePath {
        if isRoot { return other }
        return other.isRoot ? self : ArchivePath(bytes + [Self.slash] + other.bytes)
    }

    /// Lends the name to C; the root is `.`.
    public func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
        let terminated = (bytes.isEmpty ? [UInt8(ascii: ".")] : bytes).map { CChar(bitPattern: $0) } + [0]
        return try terminated.withUnsafeBufferPointer { buffer in
            // The array is never empty: it ends with NUL.
            try body(buffer.baseAddress.unsafelyUnwrapped)
        }
    }

    /// By bytes, so that the same tree is always read in the same order.
    public static func < (one: ArchivePath, other: ArchivePath) -> Bool {
        one.bytes.lexicographicallyPrecedes(other.bytes)
    }
}

/// One entry of a tar archive.
public struct ArchiveEntry: Sendable, Equatable {
    /// What it is.
    public enum Kind: Sendable, Equatable {
        /// A file with bytes.
        case file
        /// Another name for an entry before it.
        case hardLink(ArchivePath)
        /// A symbolic link with its target, which may be any bytes.
        case symbolicLink([UInt8])
        /// A directory.
        case directory
        /// A character device, by number.
        case characterDevice(dev_t)
        /// A block device, by number.
        case blockDevice(dev_t)
        /// A named pipe.
        case fifo
    }

    /// Its name.
    public var path: ArchivePath
    /// What it is.
    public var kind: Kind
    /// Bytes of a file.
    public var size: Int64
    /// Permission bits with setuid, setgid and sticky.
    public var mode: mode_t
    /// Its owner.
    public var uid: uid_t
    /// Its group.
    public var gid: gid_t
    /// Seconds since 1970.
    public var modified: Int64

    /// An entry.
    public init(
        _ path: ArchivePath, _ kind: Kind, size: Int64 = 0, mode: mode_t = 0o644, uid: uid_t = 0, gid: gid_t = 0,
        modified: Int64 = 0
    ) {
        self.path = path
        self.kind = kind
        self.size = size
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.modified = modified
    }
}

/// Why an archive can't be read or written. Failures of the machine are thrown as `SystemError`.
public enum ArchiveError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The archive is cut short or damaged: what libarchive says.
    case damaged(String)
    /// An entry that would reach outside the tree, or that can't be what it says.
    case hostile(entry: String, problem: String)
    /// It unpacks to too much.
    case tooLarge(UnpackExcess)

    /// The sentence for a person.
    public var description: String {
        switch self {
        case .damaged(let problem): "the archive is damaged or incomplete: \(problem)"
        case .tooLarge(let excess): "the archive \(excess)"
        case .hostile(let entry, let problem): "refusing archive entry \"\(entry)\": \(problem)"
        }
    }
}
