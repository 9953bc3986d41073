/// How many columns of a terminal a text takes, in the way of `wcwidth(3)`.
///
/// The ranges follow Unicode's East Asian Width (UAX #11): Wide and Fullwidth take two columns, combining marks none.
/// Ambiguous characters are not used in the project's texts and count as one.
public enum DisplayWidth {
    /// The columns that a text takes on one line.
    public static func of(_ text: some StringProtocol) -> Int {
        // Most text is ASCII, one byte a column.
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text.utf8.count }
        return text.reduce(0) { $0 + of($1) }
    }

    /// The columns that a character takes: those of its widest scalar.
    static func of(_ character: Character) -> Int {
        character.unicodeScalars.reduce(0) { max($0, of($1)) }
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0: 0
        case 0x20..<0x300: 1
        case 0x300...0x36F, 0x483...0x489, 0x591...0x5BD, 0x610...0x61A, 0x64B...0x65F, 0x1160...0x11FF: 0
        case 0x1AB0...0x1AFF, 0x1DC0...0x1DFF, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064: 0
        case 0x20D0...0x20F0, 0xFE00...0xFE0F, 0xFE20...0xFE2F, 0xFEFF, 0xE0100...0xE01EF: 0
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF: 2
        case 0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F: 2
        case 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF: 2
        case 0x20000...0x3FFFD: 2
        default: 1
        }
    }
}

extension StringProtocol {
    /// The text followed by as many blanks as make it take `columns`; unchanged if it takes that many already.
    func padded(to columns: Int) -> String {
        String(self) + String(repeating: " ", count: Swift.max(0, columns - DisplayWidth.of(self)))
    }

    /// The text preceded by as many blanks as make it take `columns`.
    func rightAligned(to columns: Int) -> String {
        String(repeating: " ", count: Swift.max(0, columns - DisplayWidth.of(self))) + String(self)
    }
}
