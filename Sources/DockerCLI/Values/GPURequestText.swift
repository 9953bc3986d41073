import OrderedJSON

/// Graphics cards as `--gpus` takes them: `all`, a number, or fields `key=value` with commas.
enum GPURequestText {
    /// Reads a request into the shape of the Engine API's `DeviceRequest`.
    static func parse(_ text: String) -> Parsed<JSON> {
        let fields: [String]
        switch CommaSeparated.parse(text) {
        case .success(let found): fields = found
        case .failure(let error): return .complaint(error.description)
        }
        var seen: Set<String> = []
        var count: Int64 = 0
        var driver = ""
        var devices: JSON = .null
        var capabilities: [JSON] = ["gpu"]
        var options: JSON = [:]
        for field in fields {
            let (key, value) = KeyValue.split(field)
            let name = value == nil ? "count" : key
            guard seen.insert(name).inserted else {
                return .complaint("gpu request key '\(name)' can be specified only once")
            }
            switch (name, value ?? key) {
            case ("count", "all"): count = -1
            case ("count", let text):
                guard let number = GoNumber.integer(text) else {
                    return .complaint(
                        "invalid count (\(text)): value must be either \"all\" or an integer: invalid syntax")
                }
                count = number
            case ("driver", let text): driver = text
            case ("device", let text): devices = .array(parts(text).map { .string($0) })
            case ("capabilities", let text): capabilities = parts(text).map { .string($0) } + ["gpu"]
            case ("options", let text): options = KeyValue.object(CommaSeparated.fields(text) ?? [text])
            default: return .complaint("unexpected key '\(key)' in '\(field)'")
            }
        }
        if !seen.contains("count"), devices.isNull { count = 1 }
        return .value([
            "Driver": .string(driver), "Count": .integer(count), "DeviceIDs": devices,
            "Capabilities": [.array(capabilities)], "Options": options,
        ])
    }

    private static func parts(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
}
