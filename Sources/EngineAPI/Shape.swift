import OrderedJSON

/// The shape of an object of the Docker Engine API: its members in Docker's order, with their kinds and what stands
/// there when a request leaves them out.
///
/// Requests are fitted to it: unknown members are ignored, as Docker ignores them, members of the wrong kind are
/// refused, and the result has every member, in order, as `docker inspect` shows it.
public struct Shape: Sendable {
    /// What a member may hold. `null` is always allowed and means the default.
    public enum Kind: Sendable {
        case string, bool, integer, number, strings, integers, stringMap, object, objects, anything
    }

    /// One member.
    public struct Member: Sendable {
        let name: String
        let kind: Kind
        let initial: JSON
    }

    /// The name of Go's type, for the texts of errors: `HostConfig`.
    public let name: String
    /// The members in order.
    public let members: [Member]

    /// A shape from its members.
    public init(_ name: String, _ members: [(String, Kind, JSON)]) {
        self.name = name
        self.members = members.map { Member(name: $0.0, kind: $0.1, initial: $0.2) }
    }

    /// An object with every member at its default.
    public var empty: JSONObject { JSONObject(members.map { ($0.name, $0.initial) }) }

    /// Fits a request's object to the shape.
    ///
    /// Member names are compared without regard to case, as Go does.
    /// - Throws: ``ShapeError`` for a member of the wrong kind.
    public func fit(_ value: JSON?) throws(ShapeError) -> JSONObject {
        guard let value, !value.isNull else { return empty }
        guard case .object(let given) = value else {
            throw ShapeError(shape: name, member: nil, found: value, kind: .object)
        }
        var result = empty
        var folded: [String: JSON] = [:]
        for (name, value) in given { folded[name.lowercased()] = value }
        for member in members {
            guard let value = given[member.name] ?? folded[member.name.lowercased()], !value.isNull else { continue }
            guard Self.fits(value, member.kind) else {
                throw ShapeError(shape: name, member: member.name, found: value, kind: member.kind)
            }
            result[member.name] = value
        }
        return result
    }

    private static func fits(_ value: JSON, _ kind: Kind) -> Bool {
        switch kind {
        case .anything: true
        case .string: value.string != nil
        case .bool: value.bool != nil
        case .integer: value.integer != nil
        case .number: value.double != nil
        case .strings: value.array?.allSatisfy { $0.string != nil } ?? (value.string != nil)
        case .integers: value.array?.allSatisfy { $0.integer != nil } ?? false
        case .stringMap: value.object?.allSatisfy { $0.value.string != nil } ?? false
        case .object: value.object != nil
        case .objects: value.array?.allSatisfy { $0.object != nil } ?? false
        }
    }
}

/// A member of a request has the wrong kind. The text is that of Go's decoder, which clients know.
public struct ShapeError: Error, Sendable, CustomStringConvertible {
    let shape: String
    let member: String?
    let found: JSON
    let kind: Shape.Kind

    /// The sentence for a person.
    public var description: String {
        let what =
            switch found {
            case .null: "null"
            case .bool: "bool"
            case .integer, .double: "number"
            case .string: "string"
            case .array: "array"
            case .object: "object"
            }
        let type =
            switch kind {
            case .string: "string"
            case .bool: "bool"
            case .integer: "int64"
            case .number: "float64"
            case .strings: "[]string"
            case .integers: "[]int"
            case .stringMap: "map[string]string"
            case .object: "map[string]interface {}"
            case .objects: "[]map[string]interface {}"
            case .anything: "interface {}"
            }
        let place = member.map { "Go struct field \(shape).\($0)" } ?? "Go value"
        return "json: cannot unmarshal \(what) into \(place) of type \(type)"
    }
}

extension JSONObject {
    /// The string of a member; empty when it is missing or no string.
    public func text(_ name: String) -> String { self[name]?.string ?? "" }
    /// The boolean of a member; false when it is missing.
    public func flag(_ name: String) -> Bool { self[name]?.bool ?? false }
    /// The integer of a member; 0 when it is missing.
    public func number(_ name: String) -> Int64 { self[name]?.integer ?? 0 }
    /// The strings of a member; empty when it is missing, one for a bare string.
    public func strings(_ name: String) -> [String] {
        if let one = self[name]?.string { return [one] }
        return self[name]?.array?.compactMap(\.string) ?? []
    }
    /// The strings of a member by name; empty when it is missing.
    public func map(_ name: String) -> [(name: String, value: String)] {
        self[name]?.object?.compactMap { member in member.value.string.map { (member.name, $0) } } ?? []
    }
}
