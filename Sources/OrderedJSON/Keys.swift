/// How the names of Swift properties become the names of JSON members.
public enum JSONKeys: Sendable {
    /// As the type's `CodingKeys` spell them.
    case asDeclared
    /// With the first letter raised, as in Docker's API: `hostConfig` is `HostConfig`. Names that begin with anything
    /// but a small letter stay as they are, and so do the keys of dictionaries.
    case capitalized

    func memberName(_ key: any CodingKey) -> String {
        let name = key.stringValue
        // Dictionaries encode through a key type of their own; what they hold are data, not names.
        guard self == .capitalized, !(key is JSONIndexKey), String(describing: type(of: key)) != "_DictionaryCodingKey",
            let first = name.first, first.isLowercase
        else { return name }
        return first.uppercased() + name.dropFirst()
    }
}

/// The position of an element, for error messages of ``DecodingError``.
struct JSONIndexKey: CodingKey {
    let intValue: Int?
    var stringValue: String { "\(intValue ?? 0)" }
    init(_ index: Int) { intValue = index }
    init?(stringValue: String) { return nil }
    init?(intValue: Int) { self.intValue = intValue }
}

/// `super` in a keyed container (never used by synthesized conformances).
struct JSONSuperKey: CodingKey {
    let stringValue = "super"
    let intValue: Int? = nil
    init() {}
    init?(stringValue: String) { return nil }
    init?(intValue: Int) { return nil }
}
