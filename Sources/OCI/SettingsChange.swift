import OrderedJSON

extension ContainerSettings {
    /// Applies one instruction as `--change` of import and commit takes it: `CMD ["sh"]`, `ENV A=b`, `EXPOSE 80`.
    ///
    /// The instructions are CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, SHELL, STOPSIGNAL, USER, VOLUME and
    /// WORKDIR, with the meaning that they have in a Dockerfile (Dockerfile reference).
    ///
    /// - Throws: ``OCIError/invalidParameter(_:)`` with the reason.
    public mutating func apply(change text: String) throws(OCIError) {
        let trimmed = text.trimmed
        let word = trimmed.prefix { !$0.isWhitespace }
        let name = word.uppercased()
        let rest = String(trimmed.dropFirst(word.count)).trimmed
        guard Self.instructions.contains(name) else {
            throw .invalidParameter(
                "\(name.isEmpty ? "an empty change" : name.lowercased()) is not a valid change command")
        }
        guard !rest.isEmpty else { throw .invalidParameter("\(name) requires at least one argument") }
        switch name {
        case "CMD": cmd = command(rest)
        case "ENTRYPOINT": entrypoint = command(rest)
        case "SHELL":
            guard let words = Self.words(rest), !words.isEmpty else {
                throw .invalidParameter("SHELL requires the arguments to be in JSON form")
            }
            shell = words
        case "ENV":
            for (name, value) in try Self.pairs(rest, of: "ENV") { set(variable: name, to: value) }
        case "LABEL":
            for (name, value) in try Self.pairs(rest, of: "LABEL") {
                labels = (labels ?? [:]).merging([name: value]) { $1 }
            }
        case "EXPOSE":
            for port in rest.split(whereSeparator: \.isWhitespace) { try expose(String(port)) }
        case "VOLUME":
            let paths = Self.words(rest) ?? rest.split(whereSeparator: \.isWhitespace).map(String.init)
            guard !paths.contains("") else { throw .invalidParameter("VOLUME specified can not be an empty string") }
            volumes = Set((volumes ?? []) + paths).sorted()
        case "USER": user = rest
        case "WORKDIR": workingDir = rest.hasPrefix("/") ? rest : Self.join(workingDir, rest)
        case "STOPSIGNAL": stopSignal = rest
        case "ONBUILD": onBuild = (onBuild ?? []) + [rest]
        default: try setHealthcheck(rest)
        }
    }

    private static let instructions: Set<String> = [
        "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "ONBUILD", "SHELL", "STOPSIGNAL", "USER",
        "VOLUME",
        "WORKDIR",
    ]

    /// A JSON array of strings as it is, anything else as a line for the shell.
    private func command(_ text: String) -> [String] { Self.words(text) ?? (shell ?? ["/bin/sh", "-c"]) + [text] }

    private static func words(_ text: String) -> [String]? {
        guard text.hasPrefix("["), let array = (try? JSON(parsing: text))?.array else { return nil }
        let words = array.compactMap(\.string)
        return words.count == array.count ? words : nil
    }

    private static func join(_ base: String, _ path: String) -> String {
        base.hasSuffix("/") ? base + path : "\(base)/\(path)"
    }

    /// Sets an environment variable, in its place if it has one.
    public mutating func set(variable name: String, to value: String) {
        var variables = env ?? []
        if let place = variables.firstIndex(where: { $0.hasPrefix("\(name)=") }) {
            variables[place] = "\(name)=\(value)"
        } else {
            variables.append("\(name)=\(value)")
        }
        env = variables
    }

    private mutating func expose(_ text: String) throws(OCIError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let kind = parts.count > 1 ? parts[1].lowercased() : "tcp"
        let bounds = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
        guard ["tcp", "udp", "sctp"].contains(kind) else { throw .invalidParameter("invalid proto: \(kind)") }
        guard (1...2).contains(bounds.count), let first = bounds[0], let last = bounds[bounds.count - 1], first <= last
        else { throw .invalidParameter("invalid containerPort: \(parts[0])") }
        exposedPorts = Set((exposedPorts ?? []) + (first...last).map { "\($0)/\(kind)" }).sorted()
    }

    /// `NAME=value` pairs with quotes and backslashes, or the old form `NAME value`.
    private static func pairs(_ text: String, of instruction: String) throws(OCIError) -> [(String, String)] {
        let tokens = try tokens(text)
        guard let first = tokens.first else { return [] }
        if !first.contains("=") {
            let value = String(text.dropFirst(text.prefix { !$0.isWhitespace }.count)).trimmed
            guard !value.isEmpty else { throw .invalidParameter("\(instruction) must have two arguments") }
            return [(first, value)]
        }
        var pairs: [(String, String)] = []
        for token in tokens {
            guard let equals = token.firstIndex(of: "="), equals != token.startIndex else {
                throw .invalidParameter(
                    "Syntax error - can't find = in \"\(token)\". Must be of the form: name=value")
            }
            pairs.append((String(token[..<equals]), String(token[token.index(after: equals)...])))
        }
        return pairs
    }

    private static func tokens(_ text: String) throws(OCIError) -> [String] {
        var tokens: [String] = []
        var current: String?
        var quote: Character?
        var characters = text[...]
        while let character = characters.popFirst() {
            if let open = quote {
                if character == open {
                    quote = nil
                } else if character == "\\", open == "\"", let next = characters.first, next == "\"" || next == "\\" {
                    current = (current ?? "") + String(next)
                    characters.removeFirst()
                } else {
                    current = (current ?? "") + String(character)
                }
            } else if character == "\"" || character == "'" {
                quote = character
                current = current ?? ""
            } else if character == "\\", let next = characters.popFirst() {
                current = (current ?? "") + String(next)
            } else if character.isWhitespace {
                if let token = current { tokens.append(token) }
                current = nil
            } else {
                current = (current ?? "") + String(character)
            }
        }
        guard quote == nil else {
            throw .invalidParameter("unexpected end of statement while looking for matching quote")
        }
        return tokens + (current.map { [$0] } ?? [])
    }

    private mutating func setHealthcheck(_ text: String) throws(OCIError) {
        var check = Healthcheck()
        var rest = text
        while rest.hasPrefix("--") {
            let option = rest.prefix { !$0.isWhitespace }
            rest = String(rest.dropFirst(option.count)).trimmed
            let parts = option.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw .invalidParameter("HEALTHCHECK: missing a value on \(option)") }
            switch parts[0] {
            case "interval": check.interval = try Self.nanoseconds(parts[1])
            case "timeout": check.timeout = try Self.nanoseconds(parts[1])
            case "start-period": check.startPeriod = try Self.nanoseconds(parts[1])
            case "start-interval": check.startInterval = try Self.nanoseconds(parts[1])
            case "retries":
                guard let retries = Int64(parts[1]), retries >= 0 else {
                    throw .invalidParameter("--retries must be at least 0 (not \(parts[1]))")
                }
                check.retries = retries
            default: throw .invalidParameter("unknown flag: \(parts[0])")
            }
        }
        let word = rest.prefix { !$0.isWhitespace }
        let arguments = String(rest.dropFirst(word.count)).trimmed
        switch word.uppercased() {
        case "NONE":
            guard arguments.isEmpty else { throw .invalidParameter("HEALTHCHECK NONE takes no arguments") }
            check.test = ["NONE"]
        case "CMD":
            guard !arguments.isEmpty else { throw .invalidParameter("Missing command after HEALTHCHECK CMD") }
            check.test = Self.words(arguments).map { ["CMD"] + $0 } ?? ["CMD-SHELL", arguments]
        default: throw .invalidParameter("Unknown type \"\(word.uppercased())\" in HEALTHCHECK (try CMD)")
        }
        healthcheck = check
    }

    /// A duration in Go's form: `1m30s`, `500ms`, `1.5h`.
    private static func nanoseconds(_ text: String) throws(OCIError) -> Int64 {
        let units: [(String, Double)] = [
            ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
        ]
        var total = 0.0
        var rest = text[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            guard let number = Double(digits),
                let unit = units.first(where: { rest.hasPrefix($0.0) && !($0.0 == "m" && rest.hasPrefix("ms")) })
            else { throw .invalidParameter("time: invalid duration \"\(text)\"") }
            rest = rest.dropFirst(unit.0.count)
            total += number * unit.1
        }
        guard !text.isEmpty, total < 9e18 else { throw .invalidParameter("time: invalid duration \"\(text)\"") }
        return Int64(total)
    }
}

extension String {
    fileprivate var trimmed: String {
        let front = drop(while: \.isWhitespace)
        guard let last = front.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(front[...last])
    }
}
