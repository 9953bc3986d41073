import OrderedJSON

/// What each line of a log says of its container: the labels and variables that `--log-opt labels=…` and `env=…` name, or
/// `labels-regex=…` and `env-regex=…` fit, and a tag.
struct LogAttributes: Sendable, Equatable {
    private(set) var values: [String: String] = [:]

    /// None.
    init() {}

    /// What a container's settings ask for; a name that the container has not is left out, as by Docker.
    ///
    /// - Parameters:
    ///   - options: The member `Config` of `LogConfig`.
    ///   - config: The container's settings, with `Labels` and `Env`.
    ///   - container: What a tag may name.
    /// - Throws: ``EngineFailure`` for a pattern that is no regular expression, and for a tag that can't be read.
    init(options: JSON?, of config: JSONObject, container: LogTag.Container) throws {
        func option(_ name: String) -> String { options?[name]?.string ?? "" }
        let labels = Dictionary(config.map("Labels").map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        var variables: [String: String] = [:]
        for variable in config.strings("Env") {
            let parts = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if parts.count == 2 { variables[parts[0]] = parts[1] }
        }
        for (kind, known) in [("labels", labels), ("env", variables)] {
            for name in option(kind).split(separator: ",").map(String.init) {
                if let value = known[name] { values[name] = value }
            }
            let pattern = option("\(kind)-regex")
            if pattern.isEmpty { continue }
            let expression: Regex<AnyRegexOutput>
            do { expression = try Regex(pattern) } catch {
                throw EngineFailure.invalid(
                    "failed to initialize logging driver: error parsing regexp: \(pattern): \(error)")
            }
            for (name, value) in known where name.contains(expression) { values[name] = value }
        }
        let tag = try LogTag.text(option("tag"), of: container)
        if !tag.isEmpty { values["tag"] = tag }
    }

    /// Reads the member `attrs` of a line.
    init(_ json: JSON?) {
        for (name, value) in json?.object ?? [:] { values[name] = value.string }
    }

    private var sorted: [(key: String, value: String)] { values.sorted { $0.key < $1.key } }

    /// The member `attrs`, by name.
    var json: JSON { .object(JSONObject(sorted.map { ($0.key, .string($0.value)) })) }

    /// What `docker logs --details` shows: `A=1,team=red`, with the rest escaped as in a URL's query.
    var shown: String {
        sorted.map { "\(Self.escape($0.key))=\(Self.escape($0.value))" }.joined(separator: ",")
    }

    private static func escape(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: " "): escaped += "+"
            default: escaped += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return escaped
    }
}
