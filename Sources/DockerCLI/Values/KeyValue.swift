import Glibc
import OrderedJSON
import Posix

/// Texts of the form `key=value`.
enum KeyValue {
    /// The parts around the first `=`.
    static func split(_ text: String) -> (key: String, value: String?) {
        guard let equals = text.firstIndex(of: "=") else { return (text, nil) }
        return (String(text[..<equals]), String(text[text.index(after: equals)...]))
    }

    /// An object of texts; a key without a value has an empty one.
    static func object(_ texts: [String]) -> JSON {
        .object(
            JSONObject(
                texts.map { text in
                    let pair = split(text)
                    return (pair.key, .string(pair.value ?? ""))
                }))
    }

    /// The environment for a container: files first, then what was given; a name alone takes the value it has here.
    static func environment(files: [String], given: [String]) throws(CommandFailure) -> [String] {
        var list: [String] = []
        for file in files {
            list += try lines(of: file, kind: "env") { name in
                getenv(name).map { "\(name)=\(String(cString: $0))" }
            }
        }
        for text in given {
            if !text.contains("="), let value = getenv(text) {
                list.append("\(text)=\(String(cString: value))")
            } else {
                list.append(text)
            }
        }
        return list
    }

    /// Labels: files first, then what was given.
    static func labels(files: [String], given: [String]) throws(CommandFailure) -> JSON {
        var list: [String] = []
        // A name without a value takes one from nowhere, and so Docker's client leaves it out.
        for file in files { list += try lines(of: file, kind: "label") { _ in nil } }
        return object(list + given)
    }

    /// The settings in a file: one a line, without comments and indentation.
    private static func lines(of path: String, kind: String, bare: (String) -> String?) throws(CommandFailure)
        -> [String]
    {
        func invalid(_ problem: String) -> CommandFailure {
            CommandFailure("invalid \(kind) file (\(path)): \(problem)", code: 125)
        }
        let text: String
        do throws(SystemError) { text = try Files.text(path) } catch {
            throw CommandFailure("open \(path): \(error.reason.lowercased())", code: 125)
        }
        var list: [String] = []
        for raw in GoText.split(text, "\n") {
            let line = String(raw.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == "\r" }.reversed())
            if line.isEmpty || line.hasPrefix("#") { continue }
            let (name, value) = split(line)
            if name.isEmpty { throw invalid("no variable name on line '\(line)'") }
            if name.contains(where: \.isWhitespace) { throw invalid("variable '\(name)' contains whitespaces") }
            if let value {
                list.append("\(name)=\(value)")
            } else if let found = bare(name) {
                list.append(found)
            }
        }
        return list
    }
}

/// A network as `--network` takes it: a name, or fields `key=value` with commas.
struct NetworkText: Equatable {
    /// The network's name or mode.
    var name: String
    var aliases: [String] = []
    var address: String?
    var address6: String?
    var macAddress: String?
    var linkLocalAddresses: [String] = []
    var driverOptions: [String] = []
    var gatewayPriority: Int64?

    /// Reads a network.
    static func parse(_ text: String) -> Parsed<NetworkText> {
        guard text.contains("=") else { return .value(NetworkText(name: text.lowercased() == "host" ? "host" : text)) }
        var network = NetworkText(name: "")
        let fields: [String]
        switch CommaSeparated.parse(text) {
        case .success(let found): fields = found
        case .failure(let error): return .complaint(error.description)
        }
        for field in fields {
            let (rawKey, value) = KeyValue.split(field)
            let key = rawKey.lowercased()
            guard let value else { return .complaint("invalid field \(field)") }
            switch key {
            case "name": network.name = value
            case "alias": network.aliases.append(value)
            case "ip": network.address = value
            case "ip6": network.address6 = value
            case "mac-address": network.macAddress = value
            case "link-local-ip": network.linkLocalAddresses.append(value)
            case "driver-opt": network.driverOptions.append(value)
            case "gw-priority":
                guard let priority = Int64(value) else {
                    return .complaint("invalid gw-priority (\(value)): invalid syntax")
                }
                network.gatewayPriority = priority
            default: return .complaint("invalid field key \(key)")
            }
        }
        if network.name.isEmpty { return .complaint("network name/id is not specified") }
        return .value(network)
    }
}
