import OrderedJSON

/// The members of a JSON document, read with their types checked: a wrong type is an error that names the member.
///
/// As in Go's decoder, `null` and a missing member are the same.
struct Members {
    let object: JSONObject
    let what: String

    init(_ value: JSON, what: String) throws(OCIError) {
        guard let object = value.object else { throw .invalidDocument(what: what, problem: "it is not a JSON object") }
        self.object = object
        self.what = what
    }

    init(_ object: JSONObject, what: String) {
        self.object = object
        self.what = what
    }

    private func refuse(_ name: String, _ kind: String) -> OCIError {
        .invalidDocument(what: what, problem: "member \"\(name)\" is not \(kind)")
    }

    private func value(_ name: String) -> JSON? {
        guard let value = object[name], !value.isNull else { return nil }
        return value
    }

    func string(_ name: String) throws(OCIError) -> String? {
        guard let value = value(name) else { return nil }
        guard let text = value.string else { throw refuse(name, "a string") }
        return text
    }

    func integer(_ name: String) throws(OCIError) -> Int64? {
        guard let value = value(name) else { return nil }
        guard let number = value.integer else { throw refuse(name, "a whole number") }
        return number
    }

    func flag(_ name: String) throws(OCIError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard let flag = value.bool else { throw refuse(name, "true or false") }
        return flag
    }

    func array(_ name: String) throws(OCIError) -> [JSON]? {
        guard let value = value(name) else { return nil }
        guard let array = value.array else { throw refuse(name, "an array") }
        return array
    }

    func strings(_ name: String) throws(OCIError) -> [String]? {
        guard let array = try array(name) else { return nil }
        var strings: [String] = []
        for element in array {
            guard let text = element.string else { throw refuse(name, "an array of strings") }
            strings.append(text)
        }
        return strings
    }

    func members(_ name: String) throws(OCIError) -> Members? {
        guard let value = value(name) else { return nil }
        guard let object = value.object else { throw refuse(name, "an object") }
        return Members(object, what: "\(what), member \"\(name)\"")
    }

    /// The names of an object whose values say nothing, such as `ExposedPorts`, sorted.
    func set(_ name: String) throws(OCIError) -> [String]? { try members(name)?.object.names.sorted() }

    func dictionary(_ name: String) throws(OCIError) -> [String: String]? {
        guard let members = try members(name) else { return nil }
        var result: [String: String] = [:]
        for (key, value) in members.object {
            guard let text = value.string else { throw refuse(name, "an object of strings") }
            result[key] = text
        }
        return result
    }

    func digest(_ name: String) throws(OCIError) -> Digest {
        guard let text = try string(name) else { throw refuse(name, "a digest") }
        do throws(OCIError) { return try Digest(text) } catch {
            throw .invalidDocument(what: what, problem: "member \"\(name)\": \(error.description)")
        }
    }

    /// The members that are not named here, in their order.
    func others(than known: Set<String>) -> JSONObject {
        JSONObject(object.filter { !known.contains($0.name) }.map { ($0.name, $0.value) })
    }
}

extension JSON {
    /// An array of strings, `null` for none.
    static func strings(_ values: [String]?) -> JSON { values.map { .array($0.map(JSON.string)) } ?? .null }

    /// An object with sorted names and empty objects as values, as Go writes a set.
    static func set(_ values: [String]) -> JSON {
        .object(JSONObject(values.sorted().map { ($0, .object(JSONObject())) }))
    }

    /// An object with sorted names, as Go writes a map; `null` for none.
    static func dictionary(_ values: [String: String]?) -> JSON {
        values.map { .object(JSONObject($0.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) })) } ?? .null
    }
}
