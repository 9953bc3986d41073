/// Refuses what is wrong with an instruction before the first one is carried out, with Docker's texts.
struct InstructionCheck {
    let escape: Character

    /// The flags that instructions have.
    private static let flags: [String: Set<String>] = [
        "FROM": ["platform"], "ADD": ["chown", "chmod"], "COPY": ["chown", "chmod", "from"],
        "HEALTHCHECK": ["interval", "timeout", "start-period", "retries"],
    ]

    private static let names: Set<String> = [
        "FROM", "RUN", "CMD", "LABEL", "MAINTAINER", "EXPOSE", "ENV", "ADD", "COPY", "ENTRYPOINT", "VOLUME", "USER",
        "WORKDIR", "ARG", "ONBUILD", "STOPSIGNAL", "HEALTHCHECK", "SHELL",
    ]

    func check(_ line: DockerfileLine) throws {
        func failure(_ problem: String) -> EngineFailure {
            EngineFailure.invalid("dockerfile parse error line \(line.number): \(problem)")
        }
        guard Self.names.contains(line.name) else { throw failure("unknown instruction: \(line.name)") }
        if line.name == "ENV" || line.name == "LABEL", !line.rest.isEmpty { _ = try pairs(line) }
        let known = Self.flags[line.name] ?? []
        for flag in line.flags where !known.contains(flag.name) { throw failure("Unknown flag: \(flag.name)") }
        let words = line.jsonWords ?? line.words
        switch line.name {
        case "FROM":
            guard words.count == 1 || words.count == 3 && words[1].uppercased() == "AS" else {
                throw failure("FROM requires either one or three arguments")
            }
            if words.count == 3, !Self.isStageName(words[2]) {
                throw failure(
                    "invalid name for build stage: \"\(words[2])\", name can't start with a number or contain symbols")
            }
        case "ADD", "COPY":
            guard words.count > 1 else {
                throw failure(
                    "\(line.name) requires at least two arguments, but only one was provided. Destination could not be "
                        + "determined")
            }
        case "MAINTAINER", "USER", "WORKDIR", "STOPSIGNAL":
            if line.rest.isEmpty { throw failure("\(line.name) requires exactly one argument") }
        case "ENV", "LABEL", "EXPOSE", "VOLUME", "ARG", "ONBUILD", "HEALTHCHECK", "SHELL", "RUN":
            if line.rest.isEmpty { throw failure("\(line.name) requires at least one argument") }
        default: break
        }
        switch line.name {
        case "SHELL":
            guard line.jsonWords != nil else { throw failure("SHELL requires the arguments to be in JSON form") }
        case "VOLUME":
            if words.contains("") { throw failure("VOLUME specified can not be an empty string") }
        case "HEALTHCHECK":
            do { _ = try HealthcheckText.parse(line) } catch let error as EngineFailure { throw failure(error.message) }
        case "ONBUILD": try checkTrigger(line, failure)
        default: break
        }
    }

    private func checkTrigger(_ line: DockerfileLine, _ failure: (String) -> EngineFailure) throws {
        let trigger = try DockerfileParser.line(line.rest, number: line.number)
        switch trigger.name {
        case "ONBUILD": throw failure("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed")
        case "MAINTAINER", "FROM": throw failure("\(trigger.name) isn't allowed as an ONBUILD trigger")
        default: try check(trigger)
        }
    }

    private static func isStageName(_ name: String) -> Bool {
        guard let first = name.lowercased().first, ("a"..."z").contains(first) else { return false }
        return name.lowercased().allSatisfy {
            ("a"..."z").contains($0) || ("0"..."9").contains($0) || "-_.".contains($0)
        }
    }

    /// The pairs of ENV and LABEL: `NAME=value …`, or the old form `NAME value`; quotes are still there.
    func pairs(_ line: DockerfileLine) throws -> [(name: String, value: String)] {
        let words = WordExpansion.split(line.rest, escape: escape)
        guard let first = words.first else { return [] }
        if !first.contains("=") {
            let value = String(line.rest.dropFirst(first.count)).trimmedText
            if value.isEmpty { throw DockerfileParser.failure("\(line.name) must have two arguments") }
            return [(first, value)]
        }
        return try words.map { word in
            guard let equals = word.firstIndex(of: "=") else {
                throw DockerfileParser.failure(
                    "Syntax error - can't find = in \"\(word)\". Must be of the form: name=value")
            }
            return (String(word[..<equals]), String(word[word.index(after: equals)...]))
        }
    }
}
