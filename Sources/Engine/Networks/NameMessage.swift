import Kernel

/// A question of the domain name system, and the answer to it (RFC 1035, section 4).
struct NameQuestion: Equatable {
    /// A type of record.
    enum Kind: UInt16 { case address = 1, pointer = 12, address6 = 28 }

    /// The name in small letters, without the dot at its end.
    let name: String
    /// The type asked for; `nil` for one that is never answered here.
    let kind: Kind?
    private let identity: [UInt8]
    private let flags: UInt8
    private let bytes: [UInt8]

    /// Reads a datagram; `nil` for what is no plain query with one question.
    init?(_ message: [UInt8]) {
        guard message.count >= 17, message[2] & 0xF8 == 0, message[4] == 0, message[5] == 1 else { return nil }
        var labels: [String] = []
        var index = 12
        while true {
            guard index < message.count else { return nil }
            let length = Int(message[index])
            if length == 0 { break }
            guard length < 64, index + length < message.count else { return nil }
            labels.append(String(decoding: message[index + 1...index + length], as: UTF8.self).lowercased())
            index += length + 1
        }
        guard index + 4 < message.count, !labels.isEmpty, message[index + 3] == 0, message[index + 4] == 1 else {
            return nil
        }
        name = labels.joined(separator: ".")
        kind = Kind(rawValue: UInt16(message[index + 1]) << 8 | UInt16(message[index + 2]))
        identity = Array(message[0..<2])
        flags = message[2]
        bytes = Array(message[12...index + 4])
    }

    /// The address that a reverse question is about: `2.0.18.172.in-addr.arpa`, or 32 digits before `.ip6.arpa`.
    var reversedAddress: IPAddress? {
        guard kind == .pointer else { return nil }
        if name.hasSuffix(".in-addr.arpa") {
            return IPAddress(name.dropLast(13).split(separator: ".").reversed().joined(separator: "."))
        }
        guard name.hasSuffix(".ip6.arpa") else { return nil }
        let digits = name.dropLast(9).split(separator: ".").reversed().map {
            $0.count == 1 ? UInt8($0, radix: 16) : nil
        }
        guard digits.count == 32 else { return nil }
        let pairs = stride(from: 0, to: 32, by: 2).compactMap { index in
            digits[index].flatMap { high in digits[index + 1].map { high << 4 | $0 } }
        }
        return IPAddress(bytes: pairs)
    }

    /// The answer that there is none: those who might know could not be asked (SERVFAIL).
    var failure: [UInt8] { identity + [0x80 | (flags & 0x01), 0x82, 0, 1, 0, 0, 0, 0, 0, 0] + bytes }

    /// The answer with the data of its records; `nil` says that there is no such name.
    func answer(_ records: [[UInt8]]?) -> [UInt8] {
        // Response, recursion desired as asked, recursion available; 3 is "no such name".
        let head = identity + [0x80 | (flags & 0x01), 0x80 | (records == nil ? 3 : 0), 0, 1]
        let found = (records ?? []).prefix(16)
        var message = head + [0, UInt8(found.count), 0, 0, 0, 0] + bytes
        for data in found {
            // The name is a pointer to the question's; class IN, ten minutes as Docker says.
            message += [0xC0, 12, 0, UInt8(kind?.rawValue ?? 0), 0, 1, 0, 0, 0x02, 0x58, 0, UInt8(data.count)] + data
        }
        return message
    }

    /// A name as the data of a record.
    static func encode(_ name: String) -> [UInt8] {
        let labels = name.split(separator: ".").map { Array($0.utf8.prefix(63)) }
        return labels.flatMap { [UInt8($0.count)] + $0 }.prefix(254) + [0]
    }
}
