/// How the pieces of a page look on a ground: dark, light, or the wall behind a projector. Nothing is said by colour
/// alone; without colours all themes read the same.
public enum Theme: String, Sendable, CaseIterable {
    /// Light letters on a dark ground.
    case dark
    /// Dark letters on a light ground.
    case light
    /// Far from the reader: no grey, no pale colour, and lines short enough for large letters.
    case projector

    /// The widest line of text.
    var widest: Int { self == .projector ? 64 : 100 }

    /// The attributes of a piece (ECMA-48, SGR); `nil` leaves it as it is.
    ///
    /// Colours are of the table of 256 above the first sixteen: those look the same in every terminal, where the sixteen
    /// are whatever its user chose. A test computes that each can be read on the usual grounds.
    func code(of style: Page.Style) -> String? {
        switch (self, style) {
        case (_, .plain): nil
        case (.dark, .margin), (.dark, .note): "38;5;248"
        case (.dark, .label), (.dark, .heading): "1"
        case (.dark, .evidence): "38;5;114"
        case (.dark, .look): "38;5;80"
        case (.dark, .failure): "1;38;5;210"
        case (.light, .margin): "38;5;25"
        case (.light, .note): nil
        case (.light, .label), (.light, .heading): "1"
        case (.light, .evidence): "1;38;5;22"
        case (.light, .look): "38;5;90"
        case (.light, .failure): "1;38;5;124"
        case (.projector, .margin), (.projector, .note): nil
        case (.projector, .label), (.projector, .heading): "1"
        case (.projector, .evidence): "1"
        case (.projector, .look): "1;4"
        case (.projector, .failure): "1;7"
        }
    }
}
