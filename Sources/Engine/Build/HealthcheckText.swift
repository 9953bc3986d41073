import OCI

/// The instruction HEALTHCHECK as settings.
enum HealthcheckText {
    static func parse(_ line: DockerfileLine) throws -> ContainerSettings.Healthcheck {
        let kind = line.rest.prefix { !$0.isWhitespace }.uppercased()
        let rest = String(line.rest.dropFirst(kind.count)).trimmedText
        switch kind {
        case "NONE":
            if !rest.isEmpty { throw EngineFailure.invalid("HEALTHCHECK NONE takes no arguments") }
            return ContainerSettings.Healthcheck(test: ["NONE"])
        case "CMD": break
        default: throw EngineFailure.invalid("Unknown type \"\(kind)\" in HEALTHCHECK (try CMD)")
        }
        if rest.isEmpty { throw EngineFailure.invalid("Missing command after HEALTHCHECK CMD") }
        var check = ContainerSettings.Healthcheck()
        check.test = DockerfileLine.jsonWords(rest).map { ["CMD"] + $0 } ?? ["CMD-SHELL", rest]
        for flag in line.flags {
            switch flag.name {
            case "interval": check.interval = try duration(flag.value, of: flag.name)
            case "timeout": check.timeout = try duration(flag.value, of: flag.name)
            case "start-period": check.startPeriod = try duration(flag.value, of: flag.name)
            default:
                guard let number = Int64(flag.value) else {
                    throw EngineFailure.invalid("strconv.ParseInt: parsing \"\(flag.value)\": invalid syntax")
                }
                if number < 1 { throw EngineFailure.invalid("--retries must be at least 1 (not \(number))") }
                check.retries = number
            }
        }
        return check
    }

    /// A time such as `1m30s` in nanoseconds, as Go's `time.ParseDuration` reads it.
    private static func duration(_ text: String, of flag: String) throws -> Int64 {
        let units: [(String, Double)] = [
            ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 6e10), ("h", 3.6e12),
        ]
        var rest = text[...]
        var total = 0.0
        if rest == "0" { return 0 }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !$0.isNumber && $0 != "." }
            rest = rest.dropFirst(unit.count)
            guard let value = Double(digits), let factor = units.first(where: { $0.0 == unit })?.1,
                value * factor < 9e18
            else { throw EngineFailure.invalid("time: invalid duration \"\(text)\"") }
            total += value * factor
        }
        guard total >= 1e6, total < 9e18 else {
            throw EngineFailure.invalid("Interval \"\(flag)\" cannot be less than 1ms")
        }
        return Int64(total)
    }

    /// A check as Go prints its structure with `%q`: what the classic builder writes into the history.
    static func history(_ check: ContainerSettings.Healthcheck) -> String {
        let test = check.test.map { "\"\($0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\"" }
        let times = [check.interval, check.timeout, check.startPeriod].map { "\"\(goText($0))\"" }
        let retries =
            check.retries < 32
            ? "'\\x" + (check.retries < 16 ? "0" : "") + String(check.retries, radix: 16) + "'"
            : "'\(Unicode.Scalar(UInt32(clamping: check.retries)).map { String(Character($0)) } ?? "?")'"
        return "&{[\(test.joined(separator: " "))] \(times.joined(separator: " ")) \(retries)}"
    }

    /// A duration as Go prints it: `1m30s`, `1.5s`, `300ms`.
    private static func goText(_ nanoseconds: Int64) -> String {
        if nanoseconds == 0 { return "0s" }
        func decimal(_ value: Double) -> String { value == value.rounded() ? String(Int64(value)) : String(value) }
        if nanoseconds < 1_000_000_000 { return decimal(Double(nanoseconds) / 1e6) + "ms" }
        let minutes = nanoseconds / 60_000_000_000
        let seconds = decimal(Double(nanoseconds % 60_000_000_000) / 1e9) + "s"
        if minutes == 0 { return seconds }
        return minutes < 60 ? "\(minutes)m\(seconds)" : "\(minutes / 60)h\(minutes % 60)m\(seconds)"
    }
}
