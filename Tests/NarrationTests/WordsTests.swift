import EngineAPI
import Glibc
import Posix
import Testing

@testable import Narration

/// The words of the English texts: each is ordinary, and then in the list of those, or a word of the field, and then in
/// the glossary. A text with a new word of the field fails here until the glossary says what it means.
@Suite("Words")
struct WordsTests {
    static let directory: String = Files.parent(of: #filePath) + "/Words"

    @Test("Every word of an English text is an ordinary one or in the glossary")
    func wordsAreKnown() throws {
        let ordinary = try Self.ordinaryWords()
        let field = Self.fieldWords()
        for kind in StepKind.allCases {
            let explanation = try #require(ExplanationCatalog.explanation(of: kind, in: .en))
            for part in CatalogTests.parts {
                for word in Self.words(of: explanation[keyPath: part].source)
                where !ordinary.contains(word) && !Self.isKnown(word, among: field) {
                    Issue.record("\(kind.rawValue) says \"\(word)\": neither ordinary nor in the glossary")
                }
            }
        }
    }

    @Test("No word counts as ordinary that the glossary explains, and none is listed that no text has")
    func listIsTidy() throws {
        let terms = Set(Glossary.entries.map { $0.term.lowercased() })
        let said = Set(
            try StepKind.allCases.flatMap { kind in
                let explanation = try #require(ExplanationCatalog.explanation(of: kind, in: .en))
                return CatalogTests.parts.flatMap { Self.words(of: explanation[keyPath: $0].source) }
            })
        for word in try Self.ordinaryWords().sorted() {
            #expect(!terms.contains(word), "\(word)")
            #expect(said.contains(word), "no text says \(word)")
        }
    }

    @Test("A word of the field that the glossary lacks would be noticed", arguments: ["epoll", "ipvlan", "hypervisor"])
    func strangersAreNoticed(word: String) throws {
        #expect(try !Self.ordinaryWords().contains(word) && !Self.isKnown(word, among: Self.fieldWords()))
    }

    private static func ordinaryWords() throws -> Set<String> {
        Set(try Files.text("\(directory)/ordinary.en.txt").split(separator: "\n").map(String.init))
    }

    /// The single words of the glossary's names.
    private static func fieldWords() -> Set<String> {
        Set(
            Glossary.entries.flatMap { [$0.term] + $0.aliases }.flatMap { name in
                [name.lowercased()] + name.lowercased().split { !($0.isASCII && $0.isLetter) }.map(String.init)
            })
    }

    private static func isKnown(_ word: String, among field: Set<String>) -> Bool {
        let stem = word.hasSuffix("'s") ? String(word.dropLast(2)) : word
        let forms =
            [stem, stem.hasSuffix("s") ? String(stem.dropLast()) : stem]
            + (stem.hasSuffix("ies") ? [stem.dropLast(3) + "y"] : [])
        return forms.contains { field.contains($0) }
    }

    /// The words of a text in lower case: without facts, commands, flags, paths, names of the kernel's calls and
    /// constants, and without the pages to read.
    static func words(of source: String) -> [String] {
        var text = ""
        var depth = 0
        var isCode = false
        let prose = source.firstRange(of: "Read:").map { source[..<$0.lowerBound] } ?? source[...]
        for character in prose {
            switch character {
            case "{": depth += 1
            case "}":
                depth -= 1
                text += " "
            case "`":
                isCode.toggle()
                text += " "
            default: if depth == 0 && !isCode { text.append(character) }
            }
        }
        return text.split(whereSeparator: \.isWhitespace).compactMap { token in
            let word = token.trimmed { !$0.isLetter }
            let isPlain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "'" || $0 == "-") }
            let isName = token.hasPrefix("-") || token.contains("(") && !token.hasPrefix("(") || token.contains("_")
            let isShouted = word.dropFirst().contains(where: \.isUppercase) || word.count == 1
            return !word.isEmpty && isPlain && !isName && !isShouted ? word.lowercased() : nil
        }
    }
}

extension Substring {
    /// Without the characters at both ends that are meant.
    fileprivate func trimmed(_ isMeant: (Character) -> Bool) -> Substring {
        var text = self
        while let first = text.first, isMeant(first) { text.removeFirst() }
        while let last = text.last, isMeant(last) { text.removeLast() }
        return text
    }
}
