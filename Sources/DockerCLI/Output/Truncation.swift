/// How Docker shortens what it shows.
public enum Truncation {
    /// The first twelve characters of an ID, without its algorithm (`stringid.TruncateID`).
    public static func id(_ id: String) -> String {
        let bare = id.firstIndex(of: ":").map { id[id.index(after: $0)...] } ?? Substring(id)
        return String(bare.prefix(12))
    }

    /// A text cut to a width on the screen, the last place of which is then `…`; wide characters count as two.
    public static func ellipsis(_ text: String, width limit: Int) -> String {
        if limit <= 0 { return "" }
        let scalars = Array(text.unicodeScalars)
        if scalars.isEmpty { return text }
        if limit == 1 { return String(String.UnicodeScalarView(scalars.prefix(1))) }
        var total = 0
        var kept = 0
        for scalar in scalars {
            let width = width(of: scalar)
            total += width
            if total <= limit - 1 { kept += 1 }
            if total > limit { return String(String.UnicodeScalarView(scalars.prefix(kept))) + "…" }
        }
        return text
    }

    /// How many columns a character takes on the screen (Unicode Standard Annex 11: wide and fullwidth take two).
    public static func width(of scalar: Unicode.Scalar) -> Int {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60,
            0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            2
        default: 1
        }
    }
}
