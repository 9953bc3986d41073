import OrderedJSON

/// The Go types of the Engine API that `docker inspect` decodes answers into, because its templates show them: which
/// fields there are, in which order, and what a missing one is.
///
/// The tables are written as Go's declarations are read: `Name type`, or `Name=json type` where JSON has another name. A
/// `?` after the name leaves an empty field out of JSON; `+` embeds. Types are `string`, `bool`, `int`, `any`, `time`,
/// `*T`, `[]T`, `map[T]` with texts as keys, `ports[T]` with ports as keys, and the names of other tables.
enum GoTypes {
    /// A field of a struct.
    struct Field: Sendable {
        var name: String
        var jsonName: String
        var omitsEmpty: Bool
        var isEmbedded: Bool
        var type: String
    }

    /// The structs by name.
    private static let structs: [String: [Field]] = {
        var result: [String: [Field]] = [:]
        for table in GoTypeTables.all {
            for line in GoText.split(table, "\n") {
                guard let colon = line.firstIndex(of: ":") else { continue }
                let name = String(line[..<colon])
                result[name] = GoText.split(String(line[line.index(after: colon)...]), ",").compactMap(field)
            }
        }
        return result
    }()

    private static func field(_ text: String) -> Field? {
        let words = text.split(separator: " ").map(String.init)
        guard let first = words.first else { return nil }
        if first.hasPrefix("+") {
            let type = String(first.dropFirst())
            let name = type.hasPrefix("*") ? String(type.dropFirst()) : type
            return Field(name: name, jsonName: "", omitsEmpty: false, isEmbedded: true, type: type)
        }
        guard words.count == 2 else { return nil }
        let omits = first.hasSuffix("?")
        let names = GoText.split(omits ? String(first.dropLast()) : first, "=")
        return Field(
            name: names[0], jsonName: names.last ?? names[0], omitsEmpty: omits, isEmbedded: false, type: words[1])
    }

    /// Decodes an object into a type.
    ///
    /// - Parameters:
    ///   - json: What the engine sent.
    ///   - type: The type's name in the tables, such as `container.InspectResponse`.
    static func decode(_ json: JSON, as type: String) -> TemplateValue { value(json, type) }

    private static func value(_ json: JSON?, _ type: String) -> TemplateValue {
        let json = json?.isNull == true ? nil : json
        if type.hasPrefix("*") {
            let target = String(type.dropFirst())
            guard let json else { return .nilPointer(target) }
            guard case .structure(var structure) = value(json, target) else { return value(json, target) }
            structure.isPointer = true
            return .structure(structure)
        }
        if type.hasPrefix("[]") {
            let element = String(type.dropFirst(2))
            guard let list = json?.array else { return .list([], isNil: true) }
            return .list(list.map { value($0, element) }, isNil: false)
        }
        if type.hasPrefix("map[") || type.hasPrefix("ports[") {
            let isOfPorts = type.hasPrefix("ports[")
            let element = String(type.dropFirst(isOfPorts ? 6 : 4).dropLast())
            var members: [String: TemplateValue] = [:]
            for (name, member) in json?.object ?? JSONObject() { members[name] = value(member, element) }
            return .map(
                GoMap(
                    typeName: "map[\(isOfPorts ? "nat.Port" : "string")]\(element)", members: members,
                    missing: value(nil, element), isNil: json?.object == nil, keyType: isOfPorts ? "nat.Port" : nil))
        }
        switch type {
        case "string": return .string(json?.string ?? "")
        case "bool": return .bool(json?.bool ?? false)
        case "int": return .int(json?.integer ?? 0)
        case "time": return time(json)
        case "any": return json.map { TemplateValue(raw: $0) } ?? .null
        default: return structure(json, type)
        }
    }

    private static func time(_ json: JSON?) -> TemplateValue {
        let text = json?.string ?? "0001-01-01T00:00:00Z"
        guard let moment = Timestamps.parse(text) else { return .string(text) }
        let shown = Timestamps.goText(moment.seconds, nanoseconds: moment.nanoseconds, isUTC: text.hasSuffix("Z"))
        return .structure(
            GoStructure(typeName: "time.Time", isPointer: false, fields: [], source: .string(text), text: shown))
    }

    private static func structure(_ json: JSON?, _ type: String) -> TemplateValue {
        var fields: [(name: String, value: TemplateValue)] = []
        var embedded: Set<String> = []
        var source = JSONObject()
        for field in structs[type] ?? [] {
            if field.isEmbedded {
                let inner = value(json ?? .object([:]), field.type)
                if case .structure(let part) = inner {
                    for (name, member) in part.source.object ?? JSONObject() { source[name] = member }
                }
                fields.append((field.name, inner))
                embedded.insert(field.name)
                continue
            }
            let member = value(json?[field.jsonName], field.type)
            fields.append((field.name, member))
            if !(field.omitsEmpty && isEmpty(member)) { source[field.jsonName] = member.json }
        }
        return .structure(
            GoStructure(
                typeName: type, isPointer: false, fields: fields, source: .object(source), embedded: embedded))
    }

    /// Whether Go's encoder takes a field as empty: zero, nil, or without elements; a struct never is.
    private static func isEmpty(_ value: TemplateValue) -> Bool {
        if case .structure = value { return false }
        return !value.isTrue
    }
}
