import Glibc
import Testing

@testable import Narration

/// Every colour can be read on the ground that it is meant for: the ratio of contrast of WCAG 2.2, 1.4.3, is at least 4.5.
@Suite("Themes")
struct ThemeTests {
    struct Colour: Sendable {
        var red, green, blue: Int

        init(_ red: Int, _ green: Int, _ blue: Int) { (self.red, self.green, self.blue) = (red, green, blue) }

        init(_ hexadecimal: Int) { self.init(hexadecimal >> 16, hexadecimal >> 8 & 0xFF, hexadecimal & 0xFF) }

        /// A colour of xterm's table of 256: 16 to 231 are a cube of six steps, 232 to 255 are greys. The first sixteen
        /// are the user's own, so nobody knows them.
        init?(number: Int) {
            switch number {
            case 16...231:
                let steps = [0, 95, 135, 175, 215, 255]
                let place = number - 16
                self.init(steps[place / 36], steps[place / 6 % 6], steps[place % 6])
            case 232...255:
                let grey = 8 + 10 * (number - 232)
                self.init(grey, grey, grey)
            default: return nil
            }
        }

        /// How bright it is, from 0 to 1 (WCAG 2.2, relative luminance).
        var luminance: Double {
            func linear(_ part: Int) -> Double {
                let value = Double(part) / 255
                return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
            }
            return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
        }

        func contrast(to other: Colour) -> Double {
            let (light, dark) = (max(luminance, other.luminance), min(luminance, other.luminance))
            return (light + 0.05) / (dark + 0.05)
        }
    }

    /// The grounds of terminals as they come: black and white, Ubuntu's, VS Code's, Solarized's, One Dark's, Nord's.
    static let grounds: [Theme: [Int]] = [
        .dark: [0x000000, 0x300A24, 0x1E1E1E, 0x002B36, 0x282C34, 0x2E3440],
        .light: [0xFFFFFF, 0xFDF6E3, 0xF5F5F5, 0xFFFFDD],
    ]

    /// What of an attribute can't be read on a theme's grounds, as sentences.
    static func problems(_ code: String, on theme: Theme) -> [String] {
        let numbers = code.split(separator: ";").compactMap { Int($0) }
        // Bold, underlined and reversed keep the letters' and the ground's own colours.
        let parts = numbers.split(separator: 38).map(Array.init)
        let attributes = numbers.first == 38 ? [] : parts.first ?? []
        var problems = attributes.filter { ![1, 4, 7].contains($0) }.map { "\($0): how it looks is not known" }
        guard numbers.contains(38) else { return problems }
        guard let given = parts.last, given.count == 2, given[0] == 5, let colour = Colour(number: given[1]) else {
            return problems + ["\(code): no colour of the table"]
        }
        guard let grounds = grounds[theme] else { return problems + ["\(code): \(theme.rawValue) has no colours"] }
        for ground in grounds {
            let contrast = colour.contrast(to: Colour(ground))
            if contrast < 4.5 { problems.append("\(code) on \(String(ground, radix: 16)): \(contrast)") }
        }
        return problems
    }

    @Test("Each piece of a page can be read", arguments: Theme.allCases)
    func areReadable(theme: Theme) {
        for style in Page.Style.allCases {
            guard let code = theme.code(of: style) else { continue }
            #expect(Self.problems(code, on: theme) == [], "\(theme.rawValue) \(style)")
        }
    }

    @Test(
        "What can't be read would be noticed: the sixteen colours, faint letters, pale and dark colours",
        arguments: [
            ("36", .dark), ("2", .dark), ("1;31", .light), ("38;5;226", .light), ("38;5;18", .dark),
            ("38;5;3", .dark), ("38;5;80", .projector),
        ] as [(String, Theme)])
    func strangersAreNoticed(code: String, theme: Theme) { #expect(!Self.problems(code, on: theme).isEmpty) }

    @Test("The ratio is that of the standard: 21 for black on white, 1 for a colour on itself")
    func ratio() {
        #expect(abs(Colour(0).contrast(to: Colour(0xFFFFFF)) - 21) < 0.001)
        #expect(abs(Colour(0x777777).contrast(to: Colour(0xFFFFFF)) - 4.478) < 0.001)
        #expect(Colour(0x123456).contrast(to: Colour(0x123456)) == 1)
    }

    @Test("A page without colours has the same letters: nothing is said by colour alone", arguments: Theme.allCases)
    func lettersAreTheSame(theme: Theme) {
        var plain = Narrator(language: .en, level: .deep, columns: 64, colours: false)
        var coloured = Narrator(language: .en, level: .deep, columns: 64, colours: true)
        (plain.theme, coloured.theme) = (theme, theme)
        for operation in SampleOperations.all {
            let shown = coloured.narrate(operation.records, command: operation.command)
            #expect(Self.withoutAttributes(shown) == plain.narrate(operation.records, command: operation.command))
        }
    }

    private static func withoutAttributes(_ text: String) -> String {
        var parts = text.split(separator: "\u{1B}", omittingEmptySubsequences: false).map(String.init)[...]
        let first = parts.popFirst() ?? ""
        return first + parts.map { part in String(part.drop { $0 != "m" }.dropFirst()) }.joined()
    }
}
