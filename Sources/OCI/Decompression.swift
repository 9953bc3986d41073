import CArchive
import Glibc
import Posix

/// A stream that lends its bytes block by block, without copying them.
protocol BlockSource: AnyObject {
    /// The next bytes, valid until the next call; empty at the end.
    func next() throws(OCIError) -> UnsafeRawBufferPointer
}

/// The compressions that images use, told by the first bytes of a stream.
enum Compression: Sendable, Equatable {
    case none
    case gzip
    case zstd
    case xz
    case bzip2

    /// The program that decompresses what libarchive is not linked with here; Docker leaves xz to that program too.
    var program: String? {
        switch self {
        case .xz: "xz -d -c -q"
        case .bzip2: "bzip2 -d -c -q"
        case .none, .gzip, .zstd: nil
        }
    }

    /// The bytes that a stream of this compression begins with.
    var signature: [UInt8] {
        switch self {
        case .none: []
        case .gzip: [0x1F, 0x8B]
        case .zstd: [0x28, 0xB5, 0x2F, 0xFD]
        case .xz: [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]
        case .bzip2: Array("BZh".utf8)
        }
    }

    /// What the first six bytes say.
    init(firstBytes bytes: some Collection<UInt8>) {
        self = [.gzip, .zstd, .xz, .bzip2].first { bytes.starts(with: $0.signature) } ?? .none
    }
}

/// A stream's bytes as they are.
final class PlainBlocks: BlockSource {
    private let source: any ByteSource
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 4096)
    private var ahead = 0

    init(_ source: any ByteSource) { self.source = source }

    deinit { buffer.deallocate() }

    /// The first bytes of the stream, which `next` gives again; fewer than wanted only at its end.
    func peek(_ count: Int) throws(OCIError) -> UnsafeRawBufferPointer {
        while ahead < count {
            let read = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[ahead...]))
            if read == 0 { break }
            ahead += read
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<ahead])
    }

    func next() throws(OCIError) -> UnsafeRawBufferPointer {
        if ahead > 0 {
            defer { ahead = 0 }
            return UnsafeRawBufferPointer(rebasing: buffer[..<ahead])
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<(try source.read(into: buffer))])
    }
}

/// A stream's bytes after decompression, by libarchive's filters over its `raw` format.
final class DecompressedBlocks: BlockSource {
    private let archive: LibArchive
    private let what: String
    private var isOpen = false

    init(_ blocks: PlainBlocks, compression: Compression, what: String) throws(OCIError) {
        self.what = what
        let reader = compression.program.map { "\(what), read by \"\($0)\"," } ?? what
        archive = try LibArchive(reading: blocks, what: reader)
        archive_read_support_format_raw(archive.pointer)
        archive_read_support_format_empty(archive.pointer)
        if compression == .gzip { archive_read_support_filter_gzip(archive.pointer) }
        if compression == .zstd { archive_read_support_filter_zstd(archive.pointer) }
        if let program = compression.program {
            // Not by name: libarchive's own filters would come along, and the libraries that they need.
            let signature = compression.signature
            try archive.check(
                archive_read_support_filter_program_signature(
                    archive.pointer, program, signature, signature.count))
        }
    }

    func next() throws(OCIError) -> UnsafeRawBufferPointer {
        if !isOpen {
            isOpen = true
            try archive.open()
            var entry: OpaquePointer?
            let result = archive_read_next_header(archive.pointer, &entry)
            if result == ARCHIVE_EOF { return UnsafeRawBufferPointer(start: nil, count: 0) }
            try archive.check(result)
        }
        var start: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        while true {
            let result = archive_read_data_block(archive.pointer, &start, &count, &offset)
            if result == ARCHIVE_EOF {
                // What follows the compressed data is no part of it, but part of the blob that is being hashed.
                try archive.drain()
                return UnsafeRawBufferPointer(start: nil, count: 0)
            }
            try archive.check(result)
            if count > 0 { return UnsafeRawBufferPointer(start: start, count: count) }
        }
    }
}

/// Blocks that are counted and hashed as they pass, with a bound on how many may come.
final class HashedBlocks: BlockSource {
    private let blocks: any BlockSource
    private let what: String
    private let excess: ((Int64) -> UnpackExcess?)?
    private var hasher: SHA256?
    private(set) var count: Int64 = 0
    private var isAtEnd = false

    /// - Parameters:
    ///   - hashes: Whether to hash; false where the digest is known to be right already.
    ///   - excess: Tells of so many bytes what is too much of them; `nil` where any number may come.
    init(
        _ blocks: any BlockSource, what: String, hashes: Bool, excess: ((Int64) -> UnpackExcess?)? = nil
    ) {
        self.blocks = blocks
        self.what = what
        self.excess = excess
        hasher = hashes ? SHA256() : nil
    }

    /// The digest of all that passed.
    var digest: Digest? { hasher?.finish() }

    func next() throws(OCIError) -> UnsafeRawBufferPointer {
        if isAtEnd { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let block = try blocks.next()
        if block.isEmpty { isAtEnd = true }
        count += Int64(block.count)
        if let excess = excess?(count) { throw .tooLarge(what: what, excess) }
        hasher?.update(block)
        return block
    }

    /// Lets pass all that is left.
    func drain() throws(OCIError) { while try !next().isEmpty {} }
}

extension ByteSource {
    /// The stream decompressed, with a bound on how much it may become.
    ///
    /// - Parameters:
    ///   - size: How many bytes it has; `nil` counts them as they come.
    ///   - hashes: Whether what comes out is hashed.
    func decompressed(
        what: String, bound: UnpackBound, size: Int64? = nil, hashes: Bool = false
    ) throws(OCIError) -> HashedBlocks {
        let counted = CountedSource(self)
        let raw = try counted.decompressed(what: what)
        let isCompressed = raw.compression != .none
        return HashedBlocks(raw.blocks, what: what, hashes: hashes) { unpacked in
            bound.excess(compressed: isCompressed ? size ?? counted.count : nil, unpacked: unpacked)
        }
    }

    /// The stream decompressed, if its first bytes say that it is compressed.
    func decompressed(what: String) throws(OCIError) -> (blocks: any BlockSource, compression: Compression) {
        let plain = PlainBlocks(self)
        let compression = Compression(firstBytes: try plain.peek(6))
        if compression == .none { return (plain, .none) }
        return (try DecompressedBlocks(plain, compression: compression, what: what), compression)
    }
}

/// A stream whose bytes are counted as they are read.
private final class CountedSource: ByteSource {
    private let source: any ByteSource
    private(set) var count: Int64 = 0

    init(_ source: any ByteSource) { self.source = source }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(OCIError) -> Int {
        let read = try source.read(into: buffer)
        count += Int64(read)
        return read
    }
}

/// One of libarchive's reading handles, fed from blocks; what the blocks throw comes out again.
final class LibArchive {
    let pointer: OpaquePointer
    private let blocks: any BlockSource
    private let what: String
    private var failure: OCIError?
    private var isAtEnd = false

    init(reading blocks: any BlockSource, what: String) throws(OCIError) {
        guard let pointer = archive_read_new() else { throw .system(.last("making an archive reader")) }
        self.pointer = pointer
        self.blocks = blocks
        self.what = what
    }

    deinit { archive_read_free(pointer) }

    /// Begins to read; filters and formats must be chosen before (`archive_read_open(3)`).
    func open() throws(OCIError) {
        let box = Unmanaged.passUnretained(self).toOpaque()
        try check(
            archive_read_open(
                pointer, box, nil,
                { _, box, block in
                    guard let box, let block else { return -1 }
                    return Unmanaged<LibArchive>.fromOpaque(box).takeUnretainedValue().give(block)
                }, nil))
    }

    private func give(_ block: UnsafeMutablePointer<UnsafeRawPointer?>) -> Int {
        do throws(OCIError) {
            let bytes = try blocks.next()
            block.pointee = bytes.baseAddress
            isAtEnd = bytes.isEmpty
            return bytes.count
        } catch {
            failure = error
            return -1
        }
    }

    /// Reads all that libarchive did not want.
    func drain() throws(OCIError) {
        while !isAtEnd { isAtEnd = try blocks.next().isEmpty }
    }

    /// Throws what the blocks threw, or what libarchive says; its warnings are about character sets and are none here.
    func check(_ result: Int32) throws(OCIError) {
        if let failure { throw failure }
        if result >= ARCHIVE_WARN { return }
        let text = archive_error_string(pointer).map { String(cString: $0) } ?? "unknown error"
        throw .corruptArchive(what: what, problem: text)
    }
}
