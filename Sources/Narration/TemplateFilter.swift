import OrderedJSON

/// How a fact is written into a text.
///
/// | filter | of | gives |
/// | --- | --- | --- |
/// | none | anything | itself; a list with commas |
/// | `bytes` | a number of bytes | `64 MiB`, `1.5 KiB`, `512 bytes` |
/// | `time` | nanoseconds | `0.42 s`, `3.1 ms` |
/// | `quota`, `period` | a quota and a period in microseconds, `50000 100000` | `50 ms`, `100 ms` |
/// | `short` | an ID or a digest | its first twelve digits |
/// | `words` | a list | its elements with blanks between |
/// | `and` | a list | `a, b and c` |
/// | `first` | a list | its first element |
/// | `count` | a list or a number | how many |
/// | `n:layer`, `n:entry:entries` | a list or a number | `1 layer`, `3 layers` (English only) |
/// | `spaced` | a name in camel case | `block rate` |
/// | `signal` | a signal's name | with `SIG` |
/// | `up:2` | a path | the directory so many names above |
enum TemplateFilter {
    static func apply(_ filter: String?, to value: JSON) throws(TemplateError) -> String {
        guard let filter else { return plain(value) }
        switch filter {
        case "bytes": return number(value).map(bytes) ?? plain(value)
        case "time": return number(value).map(time) ?? plain(value)
        case "quota": return microseconds(plain(value), 0)
        case "period": return microseconds(plain(value), 1)
        case "short": return short(plain(value))
        case "words": return value.array.map { $0.map(plain).joined(separator: " ") } ?? plain(value)
        case "and": return and(value)
        case "first": return value.array.map { $0.first.map(plain) ?? "" } ?? plain(value)
        case "count": return count(value).map(String.init) ?? plain(value)
        case "spaced": return spaced(plain(value))
        case "signal":
            let name = plain(value)
            return name.hasPrefix("SIG") ? name : "SIG" + name
        case _ where filter.hasPrefix("up:"):
            guard let count = Int(filter.dropFirst(3)) else { throw .unknownFilter(filter) }
            return above(plain(value), count)
        default:
            guard filter.hasPrefix("n:") else { throw .unknownFilter(filter) }
            let nouns = filter.dropFirst(2).split(separator: ":")
            guard let one = nouns.first else { throw .unknownFilter(filter) }
            let number = count(value) ?? 0
            let many = nouns.count > 1 ? String(nouns[1]) : one + "s"
            return "\(number) \(number == 1 ? String(one) : many)"
        }
    }

    /// A value as it reads in a sentence.
    static func plain(_ value: JSON) -> String {
        switch value {
        case .null: ""
        case .bool(let value): value ? "yes" : "no"
        case .integer(let value): String(value)
        case .double(let value): String(value)
        case .string(let value): value
        case .array(let elements): elements.map(plain).joined(separator: ", ")
        case .object: value.text()
        }
    }

    /// How many a value says: a number itself, a list its length, a truth 1 or 0.
    static func count(_ value: JSON) -> Int64? {
        switch value {
        case .array(let elements): Int64(elements.count)
        case .bool(let value): value ? 1 : 0
        default: value.integer
        }
    }

    /// A number, written as one or as text.
    private static func number(_ value: JSON) -> Int64? { value.integer ?? value.string.flatMap { Int64($0) } }

    /// One of the two numbers that the kernel writes for processor time (cgroup-v2.rst, cpu.max).
    private static func microseconds(_ text: String, _ place: Int) -> String {
        let parts = text.split(separator: " ")
        guard parts.indices.contains(place) else { return text }
        guard let number = Double(parts[place]) else { return String(parts[place]) }
        return "\(rounded(number / 1000)) ms"
    }

    private static func and(_ value: JSON) -> String {
        guard let elements = value.array?.map(plain), let last = elements.last, elements.count > 1 else {
            return plain(value)
        }
        return elements.dropLast().joined(separator: ", ") + " and " + last
    }

    private static func short(_ text: String) -> String {
        let digits = text.split(separator: ":").last.map(String.init) ?? text
        guard digits.count > 12, digits.allSatisfy(\.isHexDigit) else { return text }
        return String(digits.prefix(12))
    }

    /// A path without its last names.
    private static func above(_ path: String, _ count: Int) -> String {
        let names = path.split(separator: "/").dropLast(count)
        return (path.hasPrefix("/") ? "/" : "") + names.joined(separator: "/")
    }

    private static func spaced(_ text: String) -> String {
        text.reduce(into: "") { $0 += $1.isUppercase ? " " + $1.lowercased() : String($1) }
    }

    /// A number of bytes in the binary units that `docker run -m` takes.
    static func bytes(_ count: Int64) -> String {
        if count < 1024 { return count == 1 ? "1 byte" : "\(count) bytes" }
        var value = Double(count)
        var unit = ""
        for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1024 {
            value /= 1024
            unit = next
        }
        return "\(rounded(value)) \(unit)"
    }

    /// A time of one system call: microseconds below a millisecond.
    static func shortTime(_ nanoseconds: Int64) -> String {
        nanoseconds < 1_000_000 ? "\(rounded(Double(nanoseconds) / 1000)) us" : time(nanoseconds)
    }

    /// A time in nanoseconds: seconds from one tenth up, else milliseconds.
    static func time(_ nanoseconds: Int64) -> String {
        let milliseconds = Double(nanoseconds) / 1_000_000
        return milliseconds >= 100 ? "\(rounded(milliseconds / 1000)) s" : "\(rounded(milliseconds)) ms"
    }

    /// A number with at most one digit after the point, two below 1, and none from 100 up.
    private static func rounded(_ value: Double) -> String {
        let scale: Double = value < 1 ? 100 : value < 100 ? 10 : 1
        let digits = Int64((value * scale).rounded())
        let whole = digits / Int64(scale)
        var fraction = String(digits % Int64(scale))
        if scale == 1 || fraction == "0" { return String(whole) }
        if scale == 100 && fraction.count == 1 { fraction = "0" + fraction }
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return "\(whole).\(fraction)"
    }
}
