import EngineAPI
import Testing

@testable import Narration

@Suite("Glossary")
struct GlossaryTests {
    @Test("It has at least 80 terms, each said in every language and tied to a lesson")
    func isComplete() {
        #expect(Glossary.entries.count >= 80)
        for entry in Glossary.entries {
            for language in Language.allCases {
                let meaning = entry.meaning[language] ?? ""
                #expect(meaning.hasSuffix(".") || meaning.hasSuffix(".)"), "\(entry.term): \(meaning)")
                #expect(DisplayWidth.of(meaning) <= 240, "\(entry.term) is long")
                #expect(!meaning.contains("  "), "\(entry.term)")
            }
            #expect(!entry.korean.isEmpty)
            #expect(Self.lessons.contains(entry.lesson), "\(entry.term): there is no lesson \(entry.lesson)")
        }
    }

    /// The lessons of the course.
    static let lessons: Set<String> = [
        "00-first-container", "01-virtualization", "02-namespaces", "03-cgroups", "04-why-docker", "05-vocabulary",
        "06-images", "07-layers", "08-lifecycle", "09-foreground-background", "10-attach-exec", "11-observe",
        "12-copy-and-diff", "13-pause", "14-bridge", "15-host-and-none", "16-overlay", "17-macvlan", "18-volumes",
        "19-build", "20-security", "21-pid1", "22-by-hand", "23-registry", "24-debugging",
    ]

    @Test("Each lesson has its words")
    func lessonsHaveTerms() {
        let taught = Set(Glossary.entries.map(\.lesson))
        for lesson in Self.lessons.subtracting(["00-first-container", "22-by-hand", "24-debugging"]) {
            #expect(taught.contains(lesson), "no term is taught in \(lesson)")
        }
    }

    @Test("A term that a Korean text gives in English, in parentheses, is in the glossary")
    func termsOfTextsAreInTheGlossary() throws {
        for kind in StepKind.allCases {
            let explanation = try #require(ExplanationCatalog.explanation(of: kind, in: .ko))
            for part in CatalogTests.parts {
                for term in Self.parenthesised(explanation[keyPath: part].source) {
                    #expect(Glossary.entry(for: term) != nil, "\(kind.rawValue) says \"\(term)\"")
                }
            }
        }
    }

    /// What stands in parentheses right behind a Korean word and is one or two lower-case English words: a term, where a
    /// manual page's section, a flag or a value is none.
    private static func parenthesised(_ text: String) -> [String] {
        var terms: [String] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "("), let close = rest[open...].firstIndex(of: ")") {
            let inner = rest[rest.index(after: open)..<close]
            let before = open > rest.startIndex ? rest[rest.index(before: open)] : " "
            let isKorean = before.unicodeScalars.allSatisfy { (0xAC00...0xD7A3).contains($0.value) }
            let isTerm =
                inner.count > 2 && inner.allSatisfy { $0.isLowercase && $0.isASCII || $0 == " " || $0 == "-" }
                && inner.first != "-"
            if isKorean && isTerm { terms.append(String(inner)) }
            rest = rest[rest.index(after: close)...]
        }
        return terms
    }

    @Test("No name leads to two terms")
    func namesAreUnique() {
        var owners: [String: String] = [:]
        for entry in Glossary.entries {
            for name in Set(([entry.term, entry.korean] + entry.aliases).map { $0.lowercased() }) {
                #expect(owners[name] == nil, "\(name): \(entry.term) and \(owners[name] ?? "")")
                owners[name] = entry.term
            }
        }
    }

    @Test("Every kind of step is in some term, except those that only keep the books")
    func kindsAreCovered() {
        let covered = Set(Glossary.entries.flatMap(\.kinds))
        let bookkeeping: Set<StepKind> = [.containerDelete, .containerRename, .userBecome, .mountSys]
        for kind in StepKind.allCases where !bookkeeping.contains(kind) {
            #expect(covered.contains(kind), "\(kind.rawValue)")
        }
    }

    @Test(
        "A term is found by its name in any language, by an alias, in any case, and in the plural",
        arguments: [
            ("cgroup", "cgroup"), ("Namespaces", "namespace"), ("네임스페이스", "namespace"), ("VM", "virtual machine"),
            ("저장소(Registry)", "registry"), ("layers", "layer"), ("overlayfs", "overlay file system"),
        ])
    func isFound(name: String, term: String) { #expect(Glossary.entry(for: name)?.term == term) }

    @Test("The list and the pages fit the terminal", arguments: Language.allCases)
    func fits(language: Language) {
        for columns in [60, 80] {
            let texts =
                [Glossary.list(in: language, columns: columns)]
                + Glossary.terms.compactMap { Glossary.page(for: $0, in: language, columns: columns) }
            for line in texts.joined().split(separator: "\n") { #expect(DisplayWidth.of(line) <= columns, "\(line)") }
        }
    }
}
