import OCI
import OrderedJSON

/// The Dockerfile instructions of `import --change` and `commit --change`.
enum ImageChanges {
    /// Applies instructions to settings.
    /// - Throws: ``EngineFailure`` naming the instruction that is no such change.
    static func apply(_ changes: [String], to settings: ContainerSettings) throws -> ContainerSettings {
        var settings = settings
        for change in changes where !change.isEmpty {
            let parts = change.split(separator: " ", maxSplits: 1).map(String.init)
            let rest = parts.count > 1 ? parts[1].trimmedLine : ""
            switch parts.first?.uppercased() {
            case "CMD": settings.cmd = command(rest)
            case "ENTRYPOINT": settings.entrypoint = command(rest)
            case "ENV":
                for (name, value) in pairs(rest) {
                    var variables = (settings.env ?? []).filter { !$0.hasPrefix(name + "=") }
                    variables.append("\(name)=\(value)")
                    settings.env = variables
                }
            case "LABEL":
                var labels = settings.labels ?? [:]
                for (name, value) in pairs(rest) { labels[name] = value }
                settings.labels = labels
            case "EXPOSE":
                let ports = rest.split(separator: " ").map { $0.contains("/") ? String($0) : "\($0)/tcp" }
                settings.exposedPorts = (settings.exposedPorts ?? []) + ports
            case "USER": settings.user = rest
            case "WORKDIR": settings.workingDir = rest
            case "VOLUME":
                settings.volumes =
                    (settings.volumes ?? []) + (list(rest) ?? rest.split(separator: " ").map(String.init))
            case "STOPSIGNAL": settings.stopSignal = rest
            case "ONBUILD": settings.onBuild = (settings.onBuild ?? []) + [rest]
            default: throw EngineFailure.invalid("\(parts.first ?? change) is not a valid change command")
            }
        }
        return settings
    }

    private static func command(_ text: String) -> [String] { list(text) ?? ["/bin/sh", "-c", text] }

    private static func list(_ text: String) -> [String]? {
        guard let array = (try? JSON(parsing: text))?.array else { return nil }
        let words = array.compactMap(\.string)
        return words.count == array.count ? words : nil
    }

    /// `NAME=value NAME2="two words"`, or the older `NAME value`.
    private static func pairs(_ text: String) -> [(String, String)] {
        guard let first = text.split(separator: " ").first, first.contains("=") else {
            let parts = text.split(separator: " ", maxSplits: 1).map(String.init)
            return parts.count == 2 ? [(parts[0], parts[1])] : []
        }
        var words: [String] = []
        var word = ""
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if character == " " {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words.map { word in
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
    }
}
