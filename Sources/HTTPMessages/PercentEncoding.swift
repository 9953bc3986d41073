/// Percent-encoding of the parts of a request target (RFC 3986, section 2.1).
public enum PercentEncoding {
    /// Encodes a path, keeping its slashes and what may stand in a path as it is: `/images/lab/web:1/json`.
    public static func path(_ text: String) -> String { encode(text, keeping: pathBytes, spaceAsPlus: false) }

    /// Encodes the name or value of a query member as forms do: a space becomes `+`
    /// (`application/x-www-form-urlencoded`, which is what Go's servers and clients speak).
    public static func queryComponent(_ text: String) -> String {
        encode(text, keeping: unreservedBytes, spaceAsPlus: true)
    }

    /// Decodes percent-escapes.
    ///
    /// - Parameter plusAsSpace: Whether `+` means a space, as in a query.
    /// - Returns: The text; `nil` if a `%` is not followed by two hexadecimal digits or the bytes are not UTF-8.
    public static func decode(_ text: some StringProtocol, plusAsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = text.utf8.makeIterator()
        while let byte = rest.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.next().flatMap(hexadecimal), let low = rest.next().flatMap(hexadecimal) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusAsSpace: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func encode(_ text: String, keeping kept: [Bool], spaceAsPlus: Bool) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if kept[Int(byte)] {
                bytes.append(byte)
            } else if byte == 0x20 && spaceAsPlus {
                bytes.append(UInt8(ascii: "+"))
            } else {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static let digits = Array("0123456789ABCDEF".utf8)
    private static let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    private static let unreservedBytes = table(letters)
    private static let pathBytes = table(letters + "/:@!$&'()*,;=+")

    private static func table(_ characters: String) -> [Bool] {
        var table = [Bool](repeating: false, count: 256)
        for byte in characters.utf8 { table[Int(byte)] = true }
        return table
    }
}

/// The members of a query, in order; a name may stand more than once.
public struct Query: Sendable, Equatable {
    /// The decoded members.
    public private(set) var members: [Member] = []

    /// One member.
    public struct Member: Sendable, Equatable {
        /// The decoded name.
        public var name: String
        /// The decoded value; empty without an equals sign.
        public var value: String
    }

    /// A query of the given members.
    public init(_ members: [(String, String)] = []) { self.members = members.map { Member(name: $0.0, value: $0.1) } }

    /// Parses the part of a request target after its question mark.
    /// - Throws: ``HTTPFailure/malformed(_:)`` for a bad escape.
    public init(parsing text: some StringProtocol) throws(HTTPFailure) {
        for part in text.split(separator: "&") {
            let name = part.prefix { $0 != "=" }
            let value = part[name.endIndex...].dropFirst()
            guard let name = PercentEncoding.decode(name, plusAsSpace: true),
                let value = PercentEncoding.decode(value, plusAsSpace: true)
            else { throw .malformed("invalid URL escape in the query") }
            members.append(Member(name: name, value: value))
        }
    }

    /// The first value of a name.
    public subscript(name: String) -> String? { members.first { $0.name == name }?.value }

    /// All values of a name.
    public func all(_ name: String) -> [String] { members.filter { $0.name == name }.map(\.value) }

    /// The encoded text, without a question mark.
    public var encoded: String {
        members.map { "\(PercentEncoding.queryComponent($0.name))=\(PercentEncoding.queryComponent($0.value))" }
            .joined(separator: "&")
    }
}
