import COpenSSL
import OrderedJSON

/// The name of a piece of content: the algorithm and the hash of its bytes, such as `sha256:2c26…`.
///
/// Only `sha256` is accepted, the one algorithm that every registry and tool has. The text form is that of the OCI
/// image specification ("Digests"): lower-case hexadecimal after `sha256:`.
public struct Digest: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The 64 lower-case hexadecimal digits.
    public let hexadecimal: String

    /// The text form, `sha256:` and the digits.
    public var description: String { "sha256:\(hexadecimal)" }

    /// The first twelve digits, as Docker shortens an ID.
    public var short: String { String(hexadecimal.prefix(12)) }

    /// Reads the text form.
    /// - Throws: ``OCIError/invalidDigest(_:problem:)`` with the words of Docker's digest package.
    public init(_ text: String) throws(OCIError) {
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else {
            throw .invalidDigest(text, problem: "invalid checksum digest format")
        }
        guard text[..<colon] == "sha256" else {
            throw .invalidDigest(text, problem: "unsupported digest algorithm")
        }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.count == 64 else { throw .invalidDigest(text, problem: "invalid checksum digest length") }
        guard Digest.isHexadecimal(digits) else {
            throw .invalidDigest(text, problem: "invalid checksum digest format")
        }
        hexadecimal = String(digits)
    }

    /// Takes 64 digits without the algorithm.
    /// - Returns: `nil` for anything but 64 lower-case hexadecimal digits.
    public init?(hexadecimal digits: some StringProtocol) {
        guard digits.utf8.count == 64, Digest.isHexadecimal(digits) else { return nil }
        hexadecimal = String(digits)
    }

    fileprivate init(bytes: some Sequence<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        hexadecimal = String(decoding: text, as: UTF8.self)
    }

    /// Hashes bytes that are all in memory.
    public init(of bytes: some Collection<UInt8>) {
        var hasher = SHA256()
        let found: Void? = bytes.withContiguousStorageIfAvailable { hasher.update(UnsafeRawBufferPointer($0)) }
        if found == nil { Array(bytes).withUnsafeBytes { hasher.update($0) } }
        self = hasher.finish()
    }

    /// Orders digests by their digits.
    public static func < (one: Digest, other: Digest) -> Bool { one.hexadecimal < other.hexadecimal }

    static func isHexadecimal(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
        }
    }
}

/// A SHA-256 computation over bytes that come piece by piece (FIPS 180-4; OpenSSL's `SHA256_Update(3)`).
public struct SHA256 {
    private var context = SHA256_CTX()

    /// Starts with no bytes.
    public init() { SHA256_Init(&context) }

    /// Adds the next bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        SHA256_Update(&context, bytes.baseAddress, bytes.count)
    }

    /// The digest of all bytes so far; more may be added afterwards.
    public func finish() -> Digest {
        var copy = context
        var result = [UInt8](repeating: 0, count: 32)
        SHA256_Final(&result, &copy)
        return Digest(bytes: result)
    }
}
