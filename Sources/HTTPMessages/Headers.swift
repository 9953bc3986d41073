/// The header fields of a message, in order; names compare without regard to case (RFC 9110, section 5.1).
public struct Headers: Sendable, Equatable, ExpressibleByDictionaryLiteral, Sequence {
    /// The fields as they stand in the message.
    public private(set) var fields: [Field] = []

    /// One header field.
    public struct Field: Sendable, Equatable {
        /// The name as it was written.
        public var name: String
        /// The value without surrounding white space.
        public var value: String
    }

    /// No fields.
    public init() {}

    /// The given fields, in order.
    public init(_ fields: some Sequence<(String, String)>) {
        for (name, value) in fields { add(name, value) }
    }

    /// The given fields, in order.
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

    /// The first value of a name. Setting replaces all fields of that name by one, or removes them for `nil`.
    public subscript(name: String) -> String? {
        get { fields.first { Headers.isEqual($0.name, name) }?.value }
        set {
            guard let newValue else { return fields.removeAll { Headers.isEqual($0.name, name) } }
            guard let first = fields.firstIndex(where: { Headers.isEqual($0.name, name) }) else {
                return add(name, newValue)
            }
            fields[first].value = newValue
            var seen = false
            fields.removeAll { field in
                guard Headers.isEqual(field.name, name) else { return false }
                defer { seen = true }
                return seen
            }
        }
    }

    /// All values of a name, in order.
    public func all(_ name: String) -> [String] {
        fields.filter { Headers.isEqual($0.name, name) }.map(\.value)
    }

    /// Appends a field.
    public mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

    /// The members of a comma-separated list field in lower case, over all fields of the name: `Connection`,
    /// `Transfer-Encoding` (RFC 9110, section 5.6.1).
    public func tokens(_ name: String) -> [String] {
        all(name).flatMap { $0.split(separator: ",") }
            .map { String($0.lowercased().drop(while: Headers.isSpace).trimmingSuffix(while: Headers.isSpace)) }
            .filter { !$0.isEmpty }
    }

    /// The fields in order.
    public func makeIterator() -> Array<Field>.Iterator { fields.makeIterator() }

    /// How many fields there are.
    public var count: Int { fields.count }

    static func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }

    /// Whether two names are the same but for the case of ASCII letters.
    static func isEqual(_ one: String, _ other: String) -> Bool {
        let (one, other) = (one.utf8, other.utf8)
        guard one.count == other.count else { return false }
        return zip(one, other).allSatisfy { lowered($0) == lowered($1) }
    }

    private static func lowered(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// Writes the fields as they go over the wire, each with its line end.
    ///
    /// Control characters in a value would start a new line, and with it a field that nobody meant; they become spaces.
    func write(into bytes: inout [UInt8]) {
        for field in fields {
            bytes += field.name.utf8
            bytes.append(UInt8(ascii: ":"))
            bytes.append(UInt8(ascii: " "))
            for byte in field.value.utf8 { bytes.append(byte < 0x20 && byte != 0x09 || byte == 0x7F ? 0x20 : byte) }
            bytes.append(0x0D)
            bytes.append(0x0A)
        }
    }
}

extension StringProtocol {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> SubSequence {
        var end = endIndex
        while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
        return self[startIndex..<end]
    }
}
