public import HTTPMessages
import OrderedJSON

/// The filters of a list, prune or events request: `{"label":["a=b"],"status":["running"]}`, or in the form of older
/// clients `{"label":{"a=b":true}}`.
public struct Filters: Sendable, Equatable {
    /// The values of each filter.
    public private(set) var values: [String: [String]] = [:]

    /// No filters.
    public init() {}

    /// Parses the `filters` member of a query.
    /// - Throws: ``APIError`` 400 `invalid filter` for what is neither form.
    public init(_ query: Query) throws(APIError) {
        guard let text = query.text("filters") else { return }
        let json: JSON
        do throws(JSONError) { json = try JSON(parsing: text) } catch { throw .badRequest("invalid filter") }
        guard let object = json.object else {
            if json.isNull { return }
            throw .badRequest("invalid filter")
        }
        for (name, value) in object {
            switch value {
            case .null: values[name] = []
            case .array(let elements):
                let texts = elements.compactMap(\.string)
                guard texts.count == elements.count else { throw .badRequest("invalid filter") }
                values[name] = texts
            case .object(let members):
                guard members.allSatisfy({ $0.value.bool != nil }) else { throw .badRequest("invalid filter") }
                values[name] = members.filter { $0.value == .bool(true) }.map(\.name)
            default: throw .badRequest("invalid filter")
            }
        }
    }

    /// The values of one filter; empty where it was not given.
    public subscript(name: String) -> [String] { values[name] ?? [] }

    /// Whether a filter was given.
    public func contains(_ name: String) -> Bool { values[name] != nil }

    /// Adds a value to a filter, for parameters that older clients send by themselves.
    public mutating func add(_ name: String, _ value: String) { values[name, default: []].append(value) }

    /// Refuses filters that an endpoint does not know.
    /// - Throws: ``APIError`` 400 `invalid filter 'NAME'`.
    public func check(known: Set<String>) throws(APIError) {
        for name in values.keys.sorted() where !known.contains(name) { throw .badRequest("invalid filter '\(name)'") }
    }

    /// A filter that is a boolean, such as `dangling`.
    ///
    /// - Returns: The value; `nil` where it was not given.
    /// - Throws: ``APIError`` 400 for values that are no booleans, or both.
    public func flag(_ name: String) throws(APIError) -> Bool? {
        guard let given = values[name] else { return nil }
        let isTrue = given.contains("1") || given.contains("true")
        let isFalse = given.contains("0") || given.contains("false")
        guard isTrue != isFalse else {
            throw .badRequest(
                given.isEmpty
                    ? "invalid filter '\(name)'" : "invalid filter '\(name)=[\(given.joined(separator: " "))]'")
        }
        return isTrue
    }
}
