import Glibc
import Posix
import Testing

@testable import OCI

/// A directory that is removed when the test ends.
final class Scratch {
    let path: String

    init() throws {
        path = "/tmp/drydock-oci-test.\(getpid()).\(UInt32.random(in: 0 ... .max))"
        try Files.makeDirectories(path)
    }

    deinit { try? Files.removeTree(path) }
}

/// A tar archive written byte by byte, so that it can say what no honest writer would (ustar and pax, as in `pax(1)`).
struct RawTar {
    private(set) var bytes: [UInt8] = []

    struct Header {
        var name: String
        var type: Character = "0"
        var link = ""
        var mode = 0o644
        var uid = 0
        var gid = 0
        var modified = 1_700_000_000
        var device: (Int, Int) = (0, 0)
        var pax: [(String, [UInt8])] = []
    }

    mutating func add(_ header: Header, _ content: [UInt8] = []) {
        if !header.pax.isEmpty {
            let records = header.pax.flatMap { Self.record($0.0, $0.1) }
            append(Header(name: "pax", type: "x"), records)
        }
        append(header, content)
    }

    mutating func add(_ name: String, _ text: String) { add(Header(name: name), Array(text.utf8)) }
    mutating func directory(_ name: String, mode: Int = 0o755) { add(Header(name: name, type: "5", mode: mode)) }
    mutating func link(_ name: String, to target: String) { add(Header(name: name, type: "1", link: target)) }
    mutating func symbolicLink(_ name: String, to target: String) { add(Header(name: name, type: "2", link: target)) }

    /// The archive with its end.
    var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    private mutating func append(_ header: Header, _ content: [UInt8]) {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: [UInt8], at offset: Int) { block.replaceSubrange(offset..<offset + text.count, with: text) }
        func octal(_ number: Int, _ width: Int, at offset: Int) {
            let digits = String(number, radix: 8)
            put(Array((String(repeating: "0", count: width - digits.count) + digits).utf8), at: offset)
        }
        put(Array(header.name.utf8.prefix(100)), at: 0)
        octal(header.mode, 7, at: 100)
        octal(header.uid, 7, at: 108)
        octal(header.gid, 7, at: 116)
        octal(content.count, 11, at: 124)
        octal(header.modified, 11, at: 136)
        put([UInt8](repeating: 0x20, count: 8), at: 148)
        put(Array(String(header.type).utf8), at: 156)
        put(Array(header.link.utf8.prefix(100)), at: 157)
        put(Array("ustar\u{0}00".utf8), at: 257)
        octal(header.device.0, 7, at: 329)
        octal(header.device.1, 7, at: 337)
        octal(block.reduce(0) { $0 + Int($1) }, 6, at: 148)
        block[154] = 0
        bytes += block + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    private static func record(_ name: String, _ value: [UInt8]) -> [UInt8] {
        let rest = Array(" \(name)=".utf8) + value + [0x0A]
        var length = rest.count + 1
        while String(length).utf8.count + rest.count != length { length = String(length).utf8.count + rest.count }
        return Array(String(length).utf8) + rest
    }
}

/// Compresses as `gzip(1)` does, without compressing: stored blocks (RFC 1951, RFC 1952).
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    var rest = bytes[...]
    repeat {
        let piece = rest.prefix(65535)
        rest = rest.dropFirst(piece.count)
        let size = UInt16(piece.count)
        result += [rest.isEmpty ? 1 : 0, UInt8(size & 255), UInt8(size >> 8), UInt8(~size & 255), UInt8(~size >> 8)]
        result += piece
    } while !rest.isEmpty
    var crc: UInt32 = .max
    for byte in bytes {
        crc ^= UInt32(byte)
        for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    crc = ~crc
    for number in [crc, UInt32(truncatingIfNeeded: bytes.count)] {
        result += (0..<4).map { UInt8(number >> ($0 * 8) & 255) }
    }
    return result
}

func mode(_ path: String) throws -> mode_t { try status(path).st_mode }

func status(_ path: String) throws -> stat {
    var status = stat()
    try check("looking at \(path)") { lstat(path, &status) }
    return status
}

let isRoot = geteuid() == 0

extension LayerStore {
    /// Unpacks an archive that is in memory.
    @discardableResult
    func unpack(_ tar: [UInt8], onto parent: Digest? = nil, compressed: [UInt8]? = nil, owner: String = "test")
        throws(OCIError) -> Layer
    {
        try unpack(MemorySource(compressed ?? tar), diffID: Digest(of: tar), parent: parent, owner: owner).layer
    }
}

/// All that is in a directory below a root, for comparing before and after.
func tree(_ path: String) throws -> [String] {
    try Files.list(path).flatMap { entry in
        [entry.name] + (entry.isDirectory ? try tree("\(path)/\(entry.name)").map { "\(entry.name)/\($0)" } : [])
    }
}
