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
    func code(of style: Page.Style) -> String? {
        switch (self, style) {
        case (_, .plain): nil
        case (.dark, .margin), (.dark, .note): "2"
        case (.dark, .label), (.dark, .heading): "1"
        case (.dark, .evidence): "32"
        case (.dark, .look): "36"
        case (.dark, .failure): "1;31"
        // Green, cyan and faint letters are hard to read on white; blue, magenta and plain black are not.
        case (.light, .margin): "34"
        case (.light, .note): nil
        case (.light, .label), (.light, .heading): "1"
        case (.light, .evidence): "1;34"
        case (.light, .look): "35"
        case (.light, .failure): "1;31"
        case (.projector, .margin), (.projector, .note): nil
        case (.projector, .label), (.projector, .heading): "1"
        case (.projector, .evidence): "1"
        case (.projector, .look): "1;4"
        case (.projector, .failure): "1;7"
        }
    }
}
