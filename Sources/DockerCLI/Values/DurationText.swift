/// Durations as Go and Docker read and write them, in nanoseconds.
public enum DurationText {
    /// Why a text is not a duration, in Go's words.
    public struct Invalid: Error, Sendable, Equatable, CustomStringConvertible {
        /// `time: invalid duration "x"`
        public var description: String
    }

    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// Reads a duration such as `1h30m`, `-1.5s` or `0` (Go's `time.ParseDuration`).
    public static func parse(_ text: String) throws(Invalid) -> Int64 {
        let invalid = Invalid(description: "time: invalid duration \(GoFormat.quote(text))")
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative || rest.first == "+" { rest = rest.dropFirst() }
        if rest == "0" { return 0 }
        if rest.isEmpty { throw invalid }
        var total = 0.0
        while !rest.isEmpty {
            let number = rest.prefix { ("0"..."9").contains($0) || $0 == "." }
            guard let value = Double(number.hasPrefix(".") ? "0" + number : String(number)),
                number.contains(where: { $0 != "." })
            else { throw invalid }
            rest = rest.dropFirst(number.count)
            let name = rest.prefix { $0 != "." && !("0"..."9").contains($0) }
            if name.isEmpty {
                throw Invalid(description: "time: missing unit in duration \(GoFormat.quote(text))")
            }
            guard let unit = units.first(where: { $0.name == name }) else {
                throw Invalid(
                    description:
                        "time: unknown unit \(GoFormat.quote(String(name))) in duration \(GoFormat.quote(text))")
            }
            total += value * unit.nanoseconds
            rest = rest.dropFirst(name.count)
        }
        guard total < 9.2e18 else { throw invalid }
        return Int64(total.rounded()) * (isNegative ? -1 : 1)
    }

    /// Writes a duration as Go's `Duration.String`: `1h30m0s`, `1.5s`, `300ms`, `0s`.
    public static func text(_ nanoseconds: Int64) -> String {
        if nanoseconds == 0 { return "0s" }
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        func decimal(_ value: UInt64, _ unit: UInt64) -> String {
            let digits = String(unit).count - 1
            var fraction = String(value % unit)
            fraction = String(repeating: "0", count: digits - fraction.count) + fraction
            while fraction.hasSuffix("0") { fraction.removeLast() }
            return fraction.isEmpty ? "\(value / unit)" : "\(value / unit).\(fraction)"
        }
        if magnitude < 1000 { return "\(sign)\(magnitude)ns" }
        if magnitude < 1_000_000 { return sign + decimal(magnitude, 1000) + "µs" }
        if magnitude < 1_000_000_000 { return sign + decimal(magnitude, 1_000_000) + "ms" }
        let minutes = magnitude / 60_000_000_000
        var output = sign
        if minutes >= 60 { output += "\(minutes / 60)h" }
        if minutes > 0 { output += "\(minutes % 60)m" }
        return output + decimal(magnitude % 60_000_000_000, 1_000_000_000) + "s"
    }

    /// Writes a duration for people, as docker/go-units does: `About a minute`, `2 hours`.
    public static func human(seconds: Double) -> String {
        let whole = Int(max(-1e15, min(seconds, 1e15)))
        if whole < 1 { return "Less than a second" }
        if whole == 1 { return "1 second" }
        if whole < 60 { return "\(whole) seconds" }
        let minutes = whole / 60
        if minutes == 1 { return "About a minute" }
        if minutes < 60 { return "\(minutes) minutes" }
        let hours = Int(seconds / 3600 + 0.5)
        if hours == 1 { return "About an hour" }
        if hours < 48 { return "\(hours) hours" }
        if hours < 24 * 7 * 2 { return "\(hours / 24) days" }
        if hours < 24 * 30 * 2 { return "\(hours / 24 / 7) weeks" }
        if hours < 24 * 365 * 2 { return "\(hours / 24 / 30) months" }
        return "\(Int(seconds / 3600) / 24 / 365) years"
    }
}
