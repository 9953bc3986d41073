import OrderedJSON

/// Refuses texts with a byte 0 in them: to the kernel a text ends there, so it would be given another than was asked for.
enum ZeroBytes {
    /// Looks at a text.
    ///
    /// - Parameter what: What it is, for the error.
    /// - Throws: ``EngineFailure`` 400.
    static func refuse(in text: String, _ what: String) throws(EngineFailure) {
        guard text.utf8.contains(0) else { return }
        throw .invalid("invalid \(what) \(JSON.string(text).text()): a text for the kernel can't contain a NUL byte")
    }

    /// Looks at all texts of a request but labels, which the kernel never sees.
    ///
    /// - Parameter what: The path of the member, for the error; empty for the whole.
    static func refuse(in json: JSON, _ what: String = "") throws(EngineFailure) {
        switch json {
        case .string(let text): try refuse(in: text, what)
        case .array(let elements): for element in elements { try refuse(in: element, what) }
        case .object(let members):
            for (name, value) in members where name != "Labels" {
                let path = what.isEmpty ? name : "\(what).\(name)"
                try refuse(in: name, "name in \(what)")
                try refuse(in: value, path)
            }
        case .null, .bool, .integer, .double: break
        }
    }
}
