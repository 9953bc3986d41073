extension JSON {
    /// Decodes a value from this one. Members that the type does not know are ignored.
    ///
    /// - Throws: `DecodingError`, with the path of the member that does not fit.
    public func decode<Value: Decodable>(_ type: Value.Type, keys: JSONKeys) throws -> Value {
        try OrderedJSON.decode(type, from: self, keys: keys, path: [])
    }
}

final class TreeDecoder: Decoder {
    let value: JSON
    let keys: JSONKeys
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]

    init(_ value: JSON, keys: JSONKeys, codingPath: [any CodingKey]) {
        self.value = value
        self.keys = keys
        self.codingPath = codingPath
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .object(let object) = value else {
            throw mismatch(type, "an object", found: value, path: codingPath)
        }
        return KeyedDecodingContainer(KeyedReader(object: object, keys: keys, codingPath: codingPath))
    }
    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .array(let array) = value else {
            throw mismatch([JSON].self, "an array", found: value, path: codingPath)
        }
        return ElementReader(elements: array, keys: keys, codingPath: codingPath)
    }
    func singleValueContainer() -> any SingleValueDecodingContainer {
        SingleReader(value: value, keys: keys, codingPath: codingPath)
    }
}

private func mismatch(_ type: Any.Type, _ expected: String, found: JSON, path: [any CodingKey]) -> DecodingError {
    let kind =
        switch found {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .double: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    return .typeMismatch(type, .init(codingPath: path, debugDescription: "expected \(expected), found \(kind)"))
}

private func decode<Value: Decodable>(_ type: Value.Type, from json: JSON, keys: JSONKeys, path: [any CodingKey])
    throws -> Value
{
    if type == JSON.self, let value = json as? Value { return value }
    if type == String.self {
        guard let value = json.string as? Value else { throw mismatch(type, "a string", found: json, path: path) }
        return value
    }
    if type == Bool.self {
        guard let value = json.bool as? Value else { throw mismatch(type, "a boolean", found: json, path: path) }
        return value
    }
    if type == Double.self {
        guard let value = json.double as? Value else { throw mismatch(type, "a number", found: json, path: path) }
        return value
    }
    if let integerType = type as? any FixedWidthInteger.Type {
        guard let whole = json.integer, let value = integerType.init(exactly: whole) as? Value else {
            throw mismatch(type, "an integer", found: json, path: path)
        }
        return value
    }
    return try Value(from: TreeDecoder(json, keys: keys, codingPath: path))
}

private struct KeyedReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let object: JSONObject
    let keys: JSONKeys
    let codingPath: [any CodingKey]

    // Go decodes member names without regard to case; clients rely on it for names such as "ID".
    private func member(_ key: any CodingKey) -> JSON? { object[keys.memberName(key)] ?? object[key.stringValue] }

    var allKeys: [Key] { object.names.compactMap { Key(stringValue: $0) } }
    func contains(_ key: Key) -> Bool { member(key) != nil }
    func decodeNil(forKey key: Key) -> Bool { member(key)?.isNull ?? true }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        guard let member = member(key) else {
            throw DecodingError.keyNotFound(
                key, .init(codingPath: codingPath, debugDescription: "no member \"\(keys.memberName(key))\""))
        }
        return try OrderedJSON.decode(type, from: member, keys: keys, path: codingPath + [key])
    }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws
        -> KeyedDecodingContainer<Nested>
    {
        try TreeDecoder(member(key) ?? .null, keys: keys, codingPath: codingPath + [key]).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try TreeDecoder(member(key) ?? .null, keys: keys, codingPath: codingPath + [key]).unkeyedContainer()
    }
    func superDecoder() -> any Decoder { TreeDecoder(object["super"] ?? .null, keys: keys, codingPath: codingPath) }
    func superDecoder(forKey key: Key) -> any Decoder {
        TreeDecoder(member(key) ?? .null, keys: keys, codingPath: codingPath + [key])
    }
}

private struct ElementReader: UnkeyedDecodingContainer {
    let elements: [JSON]
    let keys: JSONKeys
    let codingPath: [any CodingKey]
    var currentIndex = 0
    var count: Int? { elements.count }
    var isAtEnd: Bool { currentIndex >= elements.count }

    init(elements: [JSON], keys: JSONKeys, codingPath: [any CodingKey]) {
        self.elements = elements
        self.keys = keys
        self.codingPath = codingPath
    }

    private mutating func next() throws -> JSON {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                JSON.self, .init(codingPath: codingPath, debugDescription: "the array has \(elements.count) elements"))
        }
        defer { currentIndex += 1 }
        return elements[currentIndex]
    }
    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, elements[currentIndex].isNull else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let path = codingPath + [JSONIndexKey(currentIndex)]
        return try OrderedJSON.decode(type, from: next(), keys: keys, path: path)
    }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws
        -> KeyedDecodingContainer<Nested>
    {
        try TreeDecoder(next(), keys: keys, codingPath: codingPath).container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try TreeDecoder(next(), keys: keys, codingPath: codingPath).unkeyedContainer()
    }
    mutating func superDecoder() throws -> any Decoder { TreeDecoder(try next(), keys: keys, codingPath: codingPath) }
}

private struct SingleReader: SingleValueDecodingContainer {
    let value: JSON
    let keys: JSONKeys
    let codingPath: [any CodingKey]
    func decodeNil() -> Bool { value.isNull }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try OrderedJSON.decode(type, from: value, keys: keys, path: codingPath)
    }
}
