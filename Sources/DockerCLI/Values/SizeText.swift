/// Sizes as Docker reads and writes them (docker/go-units).
public enum SizeText {
    /// Why a text is not a size, in Docker's words.
    public struct Invalid: Error, Sendable, Equatable, CustomStringConvertible {
        /// `invalid size: 'x'`
        public var description: String
    }

    private static let binaryUnits: [Character: Double] = [
        "k": 1024, "m": 1_048_576, "g": 1_073_741_824, "t": 1_099_511_627_776, "p": 1_125_899_906_842_624,
    ]

    /// Reads a size such as `64m`, `1.5GiB`, `512 kb` or `4096`; the units are powers of 1024.
    public static func parse(_ text: String) throws(Invalid) -> Int64 {
        let characters = Array(text)
        guard let last = characters.lastIndex(where: { ("0"..."9").contains($0) || $0 == "." || $0 == " " }) else {
            throw Invalid(description: "invalid size: '\(text)'")
        }
        let number = String(characters[..<(characters[last] == " " ? last : last + 1)])
        let unit = String(characters[(last + 1)...]).lowercased()
        guard let value = Double(number), !number.isEmpty, !number.contains(where: \.isWhitespace) else {
            throw Invalid(description: "strconv.ParseFloat: parsing \(GoFormat.quote(number)): invalid syntax")
        }
        if value < 0 { throw Invalid(description: "invalid size: '\(text)'") }
        func bytes(_ value: Double) -> Int64 { value < 9.2e18 ? Int64(value) : .max }
        if unit.isEmpty || unit == "b" { return bytes(value) }
        guard let first = unit.first, let factor = binaryUnits[first], ["", "b", "ib"].contains(unit.dropFirst()) else {
            let shown = unit.count > 3 ? String(characters[(last + 1)...]) : unit
            throw Invalid(description: "invalid suffix: '\(shown)'")
        }
        return bytes(value * factor)
    }

    /// Bytes in units of 1000 with three significant digits: `1.98MB`.
    public static func human(_ bytes: Double) -> String { scaled(bytes, 1000, decimalUnits, digits: 3) }

    /// Bytes in units of 1000 with four significant digits: `1.984MB`.
    public static func humanPrecise(_ bytes: Double) -> String { scaled(bytes, 1000, decimalUnits, digits: 4) }

    /// Bytes in units of 1024 with four significant digits: `23.54GiB`.
    public static func binary(_ bytes: Double) -> String { scaled(bytes, 1024, binaryNames, digits: 4) }

    private static let decimalUnits = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    private static let binaryNames = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]

    private static func scaled(_ bytes: Double, _ base: Double, _ units: [String], digits: Int) -> String {
        var value = bytes
        var index = 0
        while value >= base && index < units.count - 1 {
            value /= base
            index += 1
        }
        return GoFormat.c("%.\(digits)g", value) + units[index]
    }
}
