extension JSON {
    /// Encodes a value so that members stand in the order in which the type encodes them: for a synthesized
    /// conformance that is the order of its declaration.
    ///
    /// - Throws: Whatever the value's `encode(to:)` throws.
    public init(encoding value: some Encodable, keys: JSONKeys) throws {
        if let value = value as? JSON { self = value; return }
        let encoder = TreeEncoder(keys: keys, codingPath: [])
        try value.encode(to: encoder)
        self = encoder.node.value
    }
}

extension JSON: Codable {
    /// Passes the value to the encoder as it is.
    public func encode(to encoder: any Encoder) throws {
        if let tree = encoder as? TreeEncoder {
            tree.node.value = self
            return
        }
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value):
            try container.encode(Dictionary(value.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
        }
    }

    /// Takes the value from the decoder as it is; only ``JSON`` itself can be decoded from.
    public init(from decoder: any Decoder) throws {
        guard let tree = decoder as? TreeDecoder else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "JSON can be decoded from JSON only"))
        }
        self = tree.value
    }
}

/// A place in the tree that is being built. Containers hold on to their node and write through it.
private final class Node {
    var value: JSON = .null
    var children: [(name: String, node: Node)]?
    var elements: [Node]?

    /// The finished tree below this node.
    func resolved() -> JSON {
        if let children { return .object(JSONObject(children.map { ($0.name, $0.node.resolved()) })) }
        if let elements { return .array(elements.map { $0.resolved() }) }
        return value
    }
}

private final class TreeEncoder: Encoder {
    let keys: JSONKeys
    let codingPath: [any CodingKey]
    let userInfo: [CodingUserInfoKey: Any] = [:]
    let node: NodeBox

    init(keys: JSONKeys, codingPath: [any CodingKey], node: Node = Node()) {
        self.keys = keys
        self.codingPath = codingPath
        self.node = NodeBox(node)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if node.node.children == nil { node.node.children = [] }
        return KeyedEncodingContainer(KeyedWriter<Key>(keys: keys, codingPath: codingPath, node: node.node))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if node.node.elements == nil { node.node.elements = [] }
        return ElementWriter(keys: keys, codingPath: codingPath, node: node.node)
    }
    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleWriter(keys: keys, codingPath: codingPath, node: node.node)
    }
}

/// Reads and writes the finished value of a node.
private struct NodeBox {
    let node: Node
    init(_ node: Node) { self.node = node }
    var value: JSON {
        get { node.resolved() }
        nonmutating set { node.value = newValue }
    }
}

private func encode(_ value: some Encodable, keys: JSONKeys, path: [any CodingKey], into node: Node) throws {
    switch value {
    case let value as JSON: node.value = value
    case let value as String: node.value = .string(value)
    case let value as Bool: node.value = .bool(value)
    case let value as Double: node.value = .double(value)
    case let value as Float: node.value = .double(Double(value))
    case let value as any FixedWidthInteger:
        guard let whole = Int64(exactly: value) else {
            throw EncodingError.invalidValue(
                value, .init(codingPath: path, debugDescription: "does not fit 64 bits, signed"))
        }
        node.value = .integer(whole)
    default: try value.encode(to: TreeEncoder(keys: keys, codingPath: path, node: node))
    }
}

private struct KeyedWriter<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let keys: JSONKeys
    let codingPath: [any CodingKey]
    let node: Node

    private func child(_ key: any CodingKey) -> Node {
        let child = Node()
        node.children?.append((keys.memberName(key), child))
        return child
    }
    mutating func encodeNil(forKey key: Key) { child(key).value = .null }
    mutating func encode(_ value: some Encodable, forKey key: Key) throws {
        try OrderedJSON.encode(value, keys: keys, path: codingPath + [key], into: child(key))
    }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
        -> KeyedEncodingContainer<Nested>
    {
        TreeEncoder(keys: keys, codingPath: codingPath + [key], node: child(key)).container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        TreeEncoder(keys: keys, codingPath: codingPath + [key], node: child(key)).unkeyedContainer()
    }
    mutating func superEncoder() -> any Encoder {
        TreeEncoder(keys: keys, codingPath: codingPath, node: child(JSONSuperKey()))
    }
    mutating func superEncoder(forKey key: Key) -> any Encoder {
        TreeEncoder(keys: keys, codingPath: codingPath, node: child(key))
    }
}

private struct ElementWriter: UnkeyedEncodingContainer {
    let keys: JSONKeys
    let codingPath: [any CodingKey]
    let node: Node
    var count: Int { node.elements?.count ?? 0 }

    private func element() -> Node {
        let element = Node()
        node.elements?.append(element)
        return element
    }
    mutating func encodeNil() { element().value = .null }
    mutating func encode(_ value: some Encodable) throws {
        let path = codingPath + [JSONIndexKey(count)]
        try OrderedJSON.encode(value, keys: keys, path: path, into: element())
    }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        TreeEncoder(keys: keys, codingPath: codingPath, node: element()).container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        TreeEncoder(keys: keys, codingPath: codingPath, node: element()).unkeyedContainer()
    }
    mutating func superEncoder() -> any Encoder { TreeEncoder(keys: keys, codingPath: codingPath, node: element()) }
}

private struct SingleWriter: SingleValueEncodingContainer {
    let keys: JSONKeys
    let codingPath: [any CodingKey]
    let node: Node
    mutating func encodeNil() { node.value = .null }
    mutating func encode(_ value: some Encodable) throws {
        try OrderedJSON.encode(value, keys: keys, path: codingPath, into: node)
    }
}
