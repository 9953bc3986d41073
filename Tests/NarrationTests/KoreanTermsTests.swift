import EngineAPI
import Posix
import Testing

@testable import Narration

/// The Korean texts (narration, glossary, shell, lessons) use one word for one thing: the glossary's.
@Suite("Korean terms")
struct KoreanTermsTests {
    /// The checkout's folder.
    static let root = Files.parent(of: Files.parent(of: Files.parent(of: #filePath)))

    /// Where Korean stands, and the lines of it.
    struct Source: Sendable {
        var path: String
        var text: String
    }

    /// All lessons in Korean, and all sources with a Korean word in them; without the list of rejected words.
    static let sources: [Source] = {
        var found: [Source] = []
        func collect(_ directory: String, _ suffix: String) throws(SystemError) {
            for entry in try Files.list(directory) {
                let path = "\(directory)/\(entry.name)"
                if entry.isDirectory {
                    try collect(path, suffix)
                } else if entry.name.hasSuffix(suffix), entry.name != "RejectedKorean.swift" {
                    let text = try Files.text(path)
                    if text.unicodeScalars.contains(where: isHangul) { found.append(Source(path: path, text: text)) }
                }
            }
        }
        try? collect(root + "/lessons/ko", ".md")
        try? collect(root + "/Sources", ".swift")
        return found
    }()

    static func isHangul(_ scalar: Unicode.Scalar) -> Bool { (0xAC00...0xD7A3).contains(scalar.value) }

    @Test("The texts are found: all lessons, the narration, the glossary, the shell, the runner of lessons")
    func textsAreFound() {
        for part in ["lessons/ko", "Narration/Catalog", "Narration/Glossary", "Sources/Shell", "Sources/Lessons"] {
            #expect(Self.sources.contains { $0.path.contains(part) }, "\(part)")
        }
        #expect(Self.sources.count { $0.path.contains("lessons/ko") } == GlossaryTests.lessons.count)
    }

    @Test("No text has a word that is rejected for the glossary's")
    func rejectedWordsAreNotUsed() {
        for source in Self.sources {
            for problem in Self.rejected(in: source.text) { Issue.record("\(source.path): \(problem)") }
        }
    }

    @Test(
        "A rejected word would be noticed, whatever particle follows it",
        arguments: ["이미지는 레지스트리에서 옵니다.", "네트워크 이름 공간을 만듭니다.", "`docker run` 명령에 쉘이 필요합니다."])
    func rejectedWordsAreNoticed(text: String) { #expect(!Self.rejected(in: text).isEmpty) }

    static func rejected(in text: String) -> [String] {
        Glossary.rejectedKorean.flatMap { row in
            row.not.filter { text.contains($0) }.map { "\"\($0)\"; the course says \"\(row.use)\"" }
        }
    }

    @Test("What is used instead is a term of the glossary or said in the texts, and is not rejected itself")
    func usedWordsExist() {
        let rejected = Set(Glossary.rejectedKorean.flatMap(\.not))
        for row in Glossary.rejectedKorean {
            #expect(!row.not.isEmpty && !rejected.contains(row.use), "\(row.use)")
            let isSaid = Self.sources.contains { $0.text.contains(row.use) }
            #expect(Glossary.entries.contains { $0.korean == row.use } || isSaid, "\(row.use)")
        }
        #expect(rejected.count == Glossary.rejectedKorean.reduce(0) { $0 + $1.not.count })
    }

    @Test("A term given in English, in parentheses, is in the glossary, and the Korean before it is the glossary's")
    func termsInParenthesesAreTheGlossarys() {
        for source in Self.sources {
            for problem in Self.strangers(in: source.text) { Issue.record("\(source.path): \(problem)") }
        }
    }

    @Test(
        "A stranger in parentheses would be noticed",
        arguments: ["가상머신 감시자(hypervisor)가 있습니다.", "프로그램의 신청(system call)입니다.", "**계층**(layer)은"])
    func strangersAreNoticed(text: String) { #expect(!Self.strangers(in: text).isEmpty) }

    /// What is wrong with terms in parentheses: one to three lower-case English words right behind a Korean one, where a
    /// manual page's section, a flag or a value is none.
    static func strangers(in text: String) -> [String] {
        let text = text.replacing("\\\n", with: "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        var problems: [String] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "(") {
            let before = text[..<open]
            rest = rest[rest.index(after: open)...]
            guard let close = rest.firstIndex(of: ")") else { break }
            let inner = rest[..<close]
            let bare = String(before.reversed().drop { $0 == "*" }.reversed())
            let isTerm =
                inner.count > 2 && inner.first?.isLetter == true
                && inner.allSatisfy { $0.isLowercase && $0.isASCII || $0 == " " || $0 == "-" }
            guard isTerm, let last = bare.unicodeScalars.last, isHangul(last) else { continue }
            let english = String(inner)
            guard let entry = Glossary.entry(for: english) else {
                problems.append("\"\(english)\" is not in the glossary")
                continue
            }
            let names = [entry.korean.prefix { $0 != "(" }] + entry.aliases.map { $0[...] }
            // A verb has the noun's stem: "올리기" is "올리고" in a sentence.
            let stems = names.map { $0.hasSuffix("기") ? $0.dropLast() : $0 }
            let ending = bare.suffix(16)
            if !stems.contains(where: { !$0.isEmpty && ending.contains($0) }) {
                problems.append("\"\(ending)(\(english))\": the glossary says \(entry.korean)")
            }
        }
        return problems
    }
}
