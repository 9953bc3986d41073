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
        /// Strings, or one string that stands for an array of it (Go's `strslice.StrSlice`).
        case command
    }

    /// One member.
    public struct Member: Sendable {
        let name: String
        let kind: Kind
        let initial: JSON
    }

    /// The name of Go's type, for the texts of errors: `HostConfig`.
    public let name: String
    /// The package of Go's type: `container`.
    let package: String
    /// The member of the request that holds the object; `nil` for the request itself.
    let place: (shape: String, member: String)?
    /// The members in order.
    public let members: [Member]

    /// A shape from its members.
    ///
    /// - Parameters:
    ///   - name: The name of Go's type.
    ///   - package: The package of Go's type.
    ///   - place: The type and the member that hold the object; `nil` for a request's whole body.
    ///   - members: The members in order.
    public init(
        _ name: String, in package: String = "container", at place: (shape: String, member: String)? = nil,
        _ members: [(String, Kind, JSON)]
    ) {
        self.name = name
        self.package = package
        self.place = place
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
            throw ShapeError(shape: self, member: nil, found: value, kind: .object)
        }
        var result = empty
        var folded: [String: JSON] = [:]
        for (name, value) in given { folded[name.lowercased()] = value }
        for member in members {
            guard let value = given[member.name] ?? folded[member.name.lowercased()], !value.isNull else { continue }
            guard Self.fits(value, member.kind) else {
                throw ShapeError(shape: self, member: member.name, found: value, kind: member.kind)
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
        case .strings: value.array?.allSatisfy { $0.string != nil } ?? false
        case .command: value.array?.allSatisfy { $0.string != nil } ?? (value.string != nil)
        case .integers: value.array?.allSatisfy { $0.integer != nil } ?? false
        case .stringMap: value.object?.allSatisfy { $0.value.string != nil } ?? false
        case .object: value.object != nil
        case .objects: value.array?.allSatisfy { $0.object != nil } ?? false
        }
    }
}

/// A member of a request has the wrong kind. The text is that of Go's decoder, which clients know.
public struct ShapeError: Error, Sendable, CustomStringConvertible {
    let shape: Shape
    let member: String?
    let found: JSON
    let kind: Shape.Kind

    /// The sentence for a person.
    public var description: String {
        let (found, type) = mismatch
        return "invalid JSON: json: cannot unmarshal \(found.goKind) into \(target) of type \(type)"
    }

    /// Where the value was to go: Go names the innermost type and the whole path of members.
    private var target: String {
        switch (shape.place, member) {
        case (nil, nil): "Go value"
        case (nil, let member?): "Go struct field \(shape.name).\(member)"
        case (let place?, nil): "Go struct field \(place.shape).\(place.member)"
        case (let place?, let member?): "Go struct field \(shape.name).\(place.member).\(member)"
        }
    }

    /// The value that does not fit, and the type that it does not fit: in an array or a map that of its first wrong
    /// element.
    private var mismatch: (found: JSON, type: String) {
        if member == nil { return (found, "\(shape.package).\(shape.name)") }
        let (whole, element): (String, String) =
            switch kind {
            case .string: ("string", "")
            case .bool: ("bool", "")
            case .integer: ("int64", "")
            case .number: ("float64", "")
            case .strings: ("[]string", "string")
            case .command: ("string", "string")
            case .integers: ("[]int", "int")
            case .stringMap: ("map[string]string", "string")
            case .object: ("map[string]interface {}", "")
            case .objects: ("[]map[string]interface {}", "map[string]interface {}")
            case .anything: ("interface {}", "")
            }
        // An array for a map, or a map for an array, is wrong as a whole.
        let isMap = if case .stringMap = kind { true } else { false }
        let elements = isMap ? found.object.map { $0.map(\.value) } : found.array
        let wrong = elements?.first { value in
            switch element {
            case "string": value.string == nil
            case "int": value.integer == nil
            default: value.object == nil
            }
        }
        guard !element.isEmpty, let wrong else { return (found, whole) }
        return (wrong, element)
    }
}

extension JSON {
    /// What Go's decoder calls the value.
    fileprivate var goKind: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .integer, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
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
