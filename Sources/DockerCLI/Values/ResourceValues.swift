import OrderedJSON

/// A number of CPUs in billionths, as `--cpus` takes it.
enum CPUCount {
    /// Reads `1.5`, `.5`, `1e-1` or `3/2`.
    static func parse(_ text: String) -> Parsed<Int64> {
        let invalid = Parsed<Int64>.complaint("failed to parse \(text) as a rational number")
        if let slash = text.firstIndex(of: "/") {
            guard let numerator = Int64(text[..<slash]), let denominator = Int64(text[text.index(after: slash)...]),
                denominator > 0, numerator.magnitude < 9_000_000_000
            else { return invalid }
            let scaled = numerator * 1_000_000_000
            return scaled % denominator == 0 ? .value(scaled / denominator) : .complaint("value is too precise")
        }
        var mantissa = Substring(text)
        var exponent = 9
        if let mark = text.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            guard let power = Int(text[text.index(after: mark)...]), (-30...9).contains(power) else { return invalid }
            mantissa = text[..<mark]
            exponent += power
        }
        let isNegative = mantissa.first == "-"
        if isNegative || mantissa.first == "+" { mantissa = mantissa.dropFirst() }
        let parts = mantissa.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = parts.joined()
        guard !digits.isEmpty, digits.count <= 30, digits.allSatisfy({ ("0"..."9").contains($0) }) else {
            return invalid
        }
        if parts.count == 2 { exponent -= parts[1].count }
        var significant = Array(digits)
        while exponent < 0 {
            guard let last = significant.popLast() else { break }
            if last != "0" { return .complaint("value is too precise") }
            exponent += 1
        }
        significant += Array(repeating: Character("0"), count: max(0, exponent))
        while significant.first == "0" { significant.removeFirst() }
        guard let value = significant.isEmpty ? 0 : Int64(String(significant)) else { return invalid }
        return .value(isNegative ? -value : value)
    }
}

/// A limit of a process as `--ulimit` takes it (`getrlimit(2)`).
enum UlimitText {
    private static let names: Set<String> = [
        "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
        "rttime", "sigpending", "stack",
    ]

    /// Reads `name=soft[:hard]`; -1 is no limit.
    static func parse(_ text: String) -> Parsed<JSON> {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return .complaint("invalid ulimit argument: \(text)") }
        guard names.contains(parts[0]) else { return .complaint("invalid ulimit type: \(parts[0])") }
        let limits = parts[1].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if limits.count > 2 {
            return .complaint(
                "too many limit value arguments - \(parts[1]), can only have up to two, `soft[:hard]`")
        }
        var values: [Int64] = []
        for limit in limits {
            guard let value = Int64(limit) else {
                return .complaint("strconv.ParseInt: parsing \(GoFormat.quote(limit)): invalid syntax")
            }
            values.append(value)
        }
        let soft = values[0]
        let hard = values.count == 2 ? values[1] : soft
        if hard != -1 {
            if soft == -1 {
                return .complaint(
                    "ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: \(hard)")
            }
            if soft > hard {
                return .complaint("ulimit soft limit must be less than or equal to hard limit: \(soft) > \(hard)")
            }
        }
        return .value(["Name": .string(parts[0]), "Hard": .integer(hard), "Soft": .integer(soft)])
    }
}

/// A limit on a block device.
enum DeviceRate {
    private static func split(_ text: String) -> Parsed<(path: String, value: String)> {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return .complaint("bad format: \(text)") }
        guard parts[0].hasPrefix("/dev/") else { return .complaint("bad format for device path: \(text)") }
        return .value((parts[0], parts[1]))
    }

    /// Reads `path:weight`.
    static func weight(_ text: String) -> Parsed<JSON> {
        switch split(text) {
        case .complaint(let complaint): return .complaint(complaint)
        case .value(let (path, value)):
            guard let weight = UInt16(value), weight == 0 || (10...1000).contains(weight) else {
                return .complaint("invalid weight for device: \(text)")
            }
            return .value(["Path": .string(path), "Weight": .integer(Int64(weight))])
        }
    }

    /// Reads `path:rate`, the rate in bytes with a unit.
    static func bytes(_ text: String) -> Parsed<JSON> {
        switch split(text) {
        case .complaint(let complaint): return .complaint(complaint)
        case .value(let (path, value)):
            do throws(SizeText.Invalid) {
                return .value(["Path": .string(path), "Rate": .integer(try SizeText.parse(value))])
            } catch {
                return .complaint(
                    """
                    invalid rate for device: \(text). The correct format is <device-path>:<number>[<unit>]. Number must \
                    be a positive integer. Unit is optional and can be kb, mb, or gb
                    """)
            }
        }
    }

    /// Reads `path:rate`, the rate in operations a second.
    static func operations(_ text: String) -> Parsed<JSON> {
        switch split(text) {
        case .complaint(let complaint): return .complaint(complaint)
        case .value(let (path, value)):
            guard let rate = UInt64(value), rate <= UInt64(Int64.max) else {
                return .complaint(
                    """
                    invalid rate for device: \(text). The correct format is <device-path>:<number>. Number must be a \
                    positive integer
                    """)
            }
            return .value(["Path": .string(path), "Rate": .integer(Int64(rate))])
        }
    }
}

/// When a container is started again.
enum RestartPolicyText {
    /// Reads `no`, `always`, `unless-stopped`, `on-failure[:n]`; names are left to the engine to refuse.
    static func parse(_ text: String) -> Parsed<JSON> {
        if text.isEmpty { return .value(["Name": "", "MaximumRetryCount": 0]) }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if parts.count == 2 && parts[0].isEmpty {
            return .complaint("invalid restart policy format: no policy provided before colon")
        }
        guard parts.count == 2 else { return .value(["Name": .string(text), "MaximumRetryCount": 0]) }
        guard let count = Int64(parts[1]) else {
            return .complaint("invalid restart policy format: maximum retry count must be an integer")
        }
        return .value(["Name": .string(parts[0]), "MaximumRetryCount": .integer(count)])
    }
}
