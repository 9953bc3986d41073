/// A JSON value (RFC 8259) whose objects keep the order of their members.
///
/// Docker's clients show the daemon's JSON as it came, so the order in which an engine writes the members is part of
/// what a learner sees. That is why this is not `Foundation.JSONSerialization`, which loses it.
public enum JSON: Sendable, Hashable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number written without fraction and exponent that fits 64 bits, signed.
    case integer(Int64)
    /// Any other number.
    case double(Double)
    /// A string.
    case string(String)
    /// An array.
    case array([JSON])
    /// An object, in order.
    case object(JSONObject)
}

/// The members of a JSON object in the order they were written. Setting a name that exists keeps its place.
public struct JSONObject: Sendable, ExpressibleByDictionaryLiteral, Sequence {
    /// A name and its value.
    public typealias Element = (name: String, value: JSON)

    private var members: [Element] = []
    /// Where each name stands, kept for large objects only: in a small one it is found sooner by looking through it.
    private var places: [String: Int]?

    /// From how many members on ``places`` is kept.
    private static let large = 24

    /// An object without members.
    public init() {}

    /// An object with the given members, in the order written. A name given twice keeps its last value.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        members.reserveCapacity(elements.count)
        for (name, value) in elements { self[name] = value }
    }

    /// An object with the given members.
    public init(_ members: some Sequence<(String, JSON)>) {
        for (name, value) in members { self[name] = value }
    }

    /// The names in order.
    public var names: [String] { members.map(\.name) }

    private func place(of name: String) -> Int? {
        if let places { return places[name] }
        return members.firstIndex { $0.name == name }
    }

    /// The value of a name. Setting `nil` removes the member; `.null` keeps it as `null`.
    public subscript(name: String) -> JSON? {
        get { place(of: name).map { members[$0].value } }
        set {
            let place = place(of: name)
            if let newValue {
                if let place {
                    members[place].value = newValue
                    return
                }
                members.append((name, newValue))
                places?[name] = members.count - 1
                if places == nil, members.count >= Self.large { index() }
            } else if let place {
                members.remove(at: place)
                if places != nil { index() }
            }
        }
    }

    private mutating func index() {
        places = Dictionary(members.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { $1 })
    }

    /// How many members there are.
    public var count: Int { members.count }
    /// Whether there are no members.
    public var isEmpty: Bool { members.isEmpty }

    /// The members in order.
    public func makeIterator() -> IndexingIterator<[Element]> { members.makeIterator() }
}

extension JSONObject: Hashable {
    /// Whether both have the same members in the same order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members, by: ==)
    }

    /// Adds names and values.
    public func hash(into hasher: inout Hasher) {
        for (name, value) in members {
            hasher.combine(name)
            hasher.combine(value)
        }
    }
}

extension JSON {
    /// The member of an object; `nil` for a missing one and for a value that is no object.
    public subscript(name: String) -> JSON? {
        guard case .object(let object) = self else { return nil }
        return object[name]
    }

    /// The element of an array; `nil` outside its bounds and for a value that is no array.
    public subscript(index: Int) -> JSON? {
        guard case .array(let array) = self, array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// The string, if this is one.
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    /// The boolean, if this is one.
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The integer, if this is a number without a fraction that fits.
    public var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }
    /// The number as a double, if this is a number.
    public var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }
    /// The elements, if this is an array.
    public var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    /// The members, if this is an object.
    public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    /// Whether this is `null`.
    public var isNull: Bool { self == .null }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An integer.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A boolean.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// An array.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// An object in the order written.
    public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }
    /// `null`
    public init(nilLiteral: ()) { self = .null }
    /// A number.
    public init(floatLiteral value: Double) { self = .double(value) }
}
