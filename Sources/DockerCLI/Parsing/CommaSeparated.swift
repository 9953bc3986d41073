/// One line of comma-separated values (RFC 4180), as Go's `encoding/csv` reads it.
enum CommaSeparated {
    /// The fields; `nil` if the quotes are wrong.
    static func fields(_ line: String) -> [String]? {
        if case .success(let fields) = parse(line) { return fields }
        return nil
    }

    /// Why a line is not comma-separated values.
    struct Invalid: Error { var description: String }

    /// The fields, or Go's message.
    static func parse(_ line: String) -> Result<[String], Invalid> {
        if line.isEmpty { return .failure(Invalid(description: "EOF")) }
        var fields: [String] = []
        let characters = Array(line)
        var index = 0
        while true {
            var field = ""
            if index < characters.count, characters[index] == "\"" {
                index += 1
                var isClosed = false
                while index < characters.count {
                    if characters[index] != "\"" {
                        field.append(characters[index])
                    } else if index + 1 < characters.count, characters[index + 1] == "\"" {
                        field.append("\"")
                        index += 1
                    } else {
                        index += 1
                        isClosed = true
                        break
                    }
                    index += 1
                }
                if !isClosed || index < characters.count && characters[index] != "," {
                    return .failure(
                        Invalid(
                            description:
                                "parse error on line 1, column \(index + 1): extraneous or missing \" in quoted-field"))
                }
            } else {
                while index < characters.count, characters[index] != "," {
                    if characters[index] == "\"" {
                        return .failure(
                            Invalid(
                                description: "parse error on line 1, column \(index + 1): bare \" in non-quoted-field"))
                    }
                    field.append(characters[index])
                    index += 1
                }
            }
            fields.append(field)
            if index >= characters.count { return .success(fields) }
            index += 1
        }
    }
}
