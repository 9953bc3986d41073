import Glibc

/// Moments as Docker's API writes them: RFC 3339 in UTC with nanoseconds, trailing zeros left out.
public enum Timestamp {
    /// Nanoseconds since 1970 of a moment in seconds; one beyond the years 1677 to 2262, which is as good as never, is moved
    /// to their end. Files and images can say any year.
    static func nanoseconds(seconds: Int64, _ rest: Int64 = 0) -> Int64 {
        let whole = min(max(seconds, -9_000_000_000), 9_000_000_000)
        return whole * 1_000_000_000 + (whole == seconds ? min(max(rest, 0), 999_999_999) : 0)
    }

    /// The text of a moment.
    ///
    /// - Parameter nanoseconds: Since 1970, UTC; 0 is "never", which Go writes as year 1.
    public static func text(_ nanoseconds: Int64) -> String {
        if nanoseconds == 0 { return "0001-01-01T00:00:00Z" }
        var fraction = digits(nanoseconds % 1_000_000_000, 9)
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return seconds(nanoseconds) + (fraction.isEmpty ? "" : "." + fraction) + "Z"
    }

    /// The text of a moment with all nine digits of its fraction, as log lines have it.
    public static func full(_ nanoseconds: Int64) -> String {
        seconds(nanoseconds) + "." + digits(nanoseconds % 1_000_000_000, 9) + "Z"
    }

    private static func seconds(_ nanoseconds: Int64) -> String {
        var time = time_t(nanoseconds / 1_000_000_000)
        var parts = tm()
        gmtime_r(&time, &parts)
        let date = "\(digits(Int64(parts.tm_year) + 1900, 4))-\(digits(Int64(parts.tm_mon) + 1, 2))"
        return "\(date)-\(digits(Int64(parts.tm_mday), 2))T\(digits(Int64(parts.tm_hour), 2)):"
            + "\(digits(Int64(parts.tm_min), 2)):\(digits(Int64(parts.tm_sec), 2))"
    }

    private static func digits(_ value: Int64, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    /// Parses a moment as clients give it: RFC 3339 (with a zone or `Z`), or seconds since 1970 with a fraction.
    /// - Returns: Nanoseconds since 1970, or `nil` for any other text.
    public static func parse(_ text: String) -> Int64? {
        if let number = parseSeconds(text) { return number }
        let bytes = Array(text.utf8)
        guard bytes.count >= 19,
            [4: "-", 7: "-", 10: "T", 13: ":", 16: ":"].allSatisfy({ bytes[$0] == Array($1.utf8)[0] })
        else { return nil }
        func number(_ range: Range<Int>) -> Int32? { Int32(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
            let minute = number(14..<16), let second = number(17..<19), (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        var parts = tm()
        parts.tm_year = year - 1900
        parts.tm_mon = month - 1
        parts.tm_mday = day
        parts.tm_hour = hour
        parts.tm_min = minute
        parts.tm_sec = second
        var remainder = text.dropFirst(19)
        var nanoseconds = Self.nanoseconds(seconds: Int64(timegm(&parts)))
        if remainder.first == "." {
            let fraction = remainder.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard (1...9).contains(fraction.count), let value = Int64(fraction) else { return nil }
            nanoseconds += (0..<9 - fraction.count).reduce(value) { value, _ in value * 10 }
            remainder = remainder.dropFirst(1 + fraction.count)
        }
        if remainder == "Z" { return nanoseconds }
        let zone = remainder.dropFirst().split(separator: ":")
        guard let sign = remainder.first, sign == "+" || sign == "-", zone.count == 2,
            let hours = Int64(zone[0]), let minutes = Int64(zone[1]), (0...23).contains(hours),
            (0...59).contains(minutes)
        else { return nil }
        return nanoseconds - (sign == "+" ? 1 : -1) * (hours * 60 + minutes) * 60_000_000_000
    }

    private static func parseSeconds(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let seconds = Int64(parts[0]) else { return nil }
        guard parts.count == 2 else { return nanoseconds(seconds: seconds) }
        guard (1...9).contains(parts[1].count), let fraction = Int64(parts[1]) else { return nil }
        return nanoseconds(seconds: seconds, (0..<9 - parts[1].count).reduce(fraction) { value, _ in value * 10 })
    }
}
