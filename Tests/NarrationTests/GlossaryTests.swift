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
            #expect(entry.lesson.split(separator: "-").first.flatMap { Int($0) } != nil, "\(entry.term)")
        }
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
