import OrderedJSON

/// A value as a Go template sees it.
indirect enum TemplateValue: Sendable {
    /// What a missing member gives; printed as `<no value>`.
    case missing
    /// A `nil` whose type is an interface.
    case null
    /// A `nil` pointer of a known type.
    case nilPointer(String)
    case bool(Bool)
    case int(Int64)
    case float(Double)
    case string(String)
    /// A slice; Go's `nil` slice is written as `null` in JSON.
    case list([TemplateValue], isNil: Bool)
    case map(GoMap)
    case structure(GoStructure)
    case row(TemplateRow)
}

/// A Go map with text keys.
struct GoMap: Sendable {
    /// The type's name: `map[string]string`.
    var typeName: String
    /// The members; Go prints and iterates maps sorted by key.
    var members: [String: TemplateValue]
    /// What indexing gives for a key that isn't there.
    var missing: TemplateValue
    /// Whether it is `null` in JSON.
    var isNil = false
    /// The keys' type where it is not plain `string`, which then is refused as a key.
    var keyType: String?

    /// The keys in the order in which Go shows them: by bytes.
    var keys: [String] { members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}

/// A Go struct, or a pointer to one.
struct GoStructure: Sendable {
    var typeName: String
    var isPointer: Bool
    /// The fields in the order of the type's declaration.
    var fields: [(name: String, value: TemplateValue)]
    /// What `json` gives.
    var source: JSON
    /// The fields whose own fields count as this struct's.
    var embedded: Set<String> = []
    /// How the value is printed if not field by field, as a time is.
    var text: String?

    subscript(name: String) -> TemplateValue? {
        if let own = fields.first(where: { $0.name == name }) { return own.value }
        for field in fields where embedded.contains(field.name) {
            if case .structure(let inner) = field.value, let found = inner[name] { return found }
        }
        return nil
    }
}

/// One line of a table: what the columns of `docker ps` and its like are called with in a template.
struct TemplateRow: Sendable {
    /// Go's name of the row's type, for messages: `*formatter.ContainerContext`.
    var typeName: String
    /// The columns.
    var columns: [(name: String, value: TemplateValue)]
    /// Columns that take a text, such as `.Label "name"`.
    var lookups: [String: @Sendable (String) -> TemplateValue] = [:]

    init(_ typeName: String, _ columns: [(name: String, value: TemplateValue)]) {
        self.typeName = typeName
        self.columns = columns
    }

    subscript(name: String) -> TemplateValue? { columns.first { $0.name == name }?.value }

    /// The row as an object, as `--format json` prints it: sorted by name.
    var json: JSON {
        .object(JSONObject(columns.sorted { $0.name < $1.name }.map { ($0.name, $0.value.json) }))
    }
}

extension TemplateValue {
    /// A value without types, as Go decodes JSON into an `interface{}`.
    init(raw json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .int(value)
        case .double(let value): self = .float(value)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .list(elements.map { TemplateValue(raw: $0) }, isNil: false)
        case .object(let object):
            var members: [String: TemplateValue] = [:]
            for (name, value) in object { members[name] = TemplateValue(raw: value) }
            self = .map(GoMap(typeName: "map[string]interface {}", members: members, missing: .missing))
        }
    }

    /// The value as JSON, as Go would encode it.
    var json: JSON {
        switch self {
        case .missing, .null, .nilPointer: .null
        case .bool(let value): .bool(value)
        case .int(let value): .integer(value)
        case .float(let value): .double(value)
        case .string(let value): .string(value)
        case .list(let elements, let isNil): isNil ? .null : .array(elements.map(\.json))
        case .map(let map):
            map.isNil ? .null : .object(JSONObject(map.keys.map { ($0, map.members[$0]?.json ?? .null) }))
        case .structure(let structure): structure.source
        case .row(let row): row.json
        }
    }

    /// Whether `if` takes it for true: anything but false, zero, nil and what is empty.
    var isTrue: Bool {
        switch self {
        case .missing, .null, .nilPointer: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .float(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let elements, _): !elements.isEmpty
        case .map(let map): !map.members.isEmpty
        case .structure, .row: true
        }
    }

    /// Go's name of the type.
    var typeName: String {
        switch self {
        case .missing, .null: "interface {}"
        case .nilPointer(let name): "*\(name)"
        case .bool: "bool"
        case .int: "int"
        case .float: "float64"
        case .string: "string"
        case .list: "[]interface {}"
        case .map(let map): map.typeName
        case .structure(let structure): (structure.isPointer ? "*" : "") + structure.typeName
        case .row(let row): row.typeName
        }
    }
}
