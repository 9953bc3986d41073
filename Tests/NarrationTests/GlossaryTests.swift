import EngineAPI
import Posix
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
            // A term that no step uses says why.
            #expect(entry.kinds.isEmpty == (entry.unseen != nil), "\(entry.term): kinds or a reason")
            for language in Language.allCases {
                guard let unseen = entry.unseen else { continue }
                let reason = unseen[language] ?? ""
                #expect(!reason.isEmpty && !reason.hasSuffix("."), "\(entry.term) in \(language): \(reason)")
            }
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

    @Test("The explanation of each step that an entry names uses the term", arguments: Language.allCases)
    func stepsUseTheirTerms(language: Language) throws {
        for entry in Glossary.entries {
            for kind in entry.kinds {
                let isUsed = Self.uses(try Self.text(of: kind, in: language), entry, in: language)
                #expect(isUsed, "\(kind.rawValue) in \(language) does not say \(entry.term)")
            }
        }
    }

    @Test("The lesson that an entry names uses the term", arguments: Language.allCases)
    func lessonsUseTheirTerms(language: Language) throws {
        for entry in Glossary.entries {
            let path = "\(KoreanTermsTests.root)/lessons/\(language.rawValue)/\(entry.lesson).md"
            let text = try Files.text(path).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            let isUsed = Self.uses(text, entry, in: language)
            #expect(isUsed, "\(entry.lesson) in \(language) does not say \(entry.term)")
        }
    }

    @Test("A lesson or a step that does not use a term would be noticed")
    func strangersAreNoticed() throws {
        let seccomp = try #require(Glossary.entry(for: "seccomp"))
        #expect(!Self.uses(try Self.text(of: .imageTag, in: .en), seccomp, in: .en))
        #expect(!Self.uses("containerised", try #require(Glossary.entry(for: "container")), in: .en))
        #expect(Self.uses("two containers", try #require(Glossary.entry(for: "container")), in: .en))
    }

    @Test("A page names the lesson, and the steps or why there are none", arguments: Language.allCases)
    func pagesTellWhereATermIsSeen(language: Language) throws {
        for entry in Glossary.entries {
            let page = try #require(Glossary.page(for: entry.term, in: language, columns: 400))
            #expect(page.contains(entry.lesson))
            for kind in entry.kinds { #expect(page.contains(kind.rawValue)) }
            if let reason = entry.unseen?[language] { #expect(page.contains(reason)) }
        }
    }

    /// All that is said of a kind, with the facts of all samples.
    private static func text(of kind: StepKind, in language: Language) throws -> String {
        let explanation = try #require(ExplanationCatalog.explanation(of: kind, in: language))
        let siblings = SampleRecords.facts.reduce(into: [:]) { $0[$1.key.rawValue] = $1.value }
        var texts = [explanation.label]
        for change in [[:]] + (SampleRecords.variants[kind] ?? []) {
            for siblings in [[:], siblings] {
                let step = NarratedStep(
                    number: 1, last: 1, group: StepGroup.table[try #require(StepGroup.of(kind))],
                    records: [SampleRecords.record(kind, changing: change)], siblings: siblings,
                    circumstances: Circumstances())
                for part in CatalogTests.parts {
                    texts.append(try explanation[keyPath: part].filled(with: step.scope(of: step.lead)))
                }
            }
        }
        return texts.joined(separator: " ")
    }

    /// Whether a text has a term by one of its names: an English one as whole words, a plural as well.
    private static func uses(_ text: String, _ entry: GlossaryEntry, in language: Language) -> Bool {
        var names = [entry.term] + entry.aliases
        if language == .ko { names.append(String(entry.korean.prefix { $0 != "(" })) }
        let text = Array(text.lowercased().unicodeScalars)
        return names.contains { name in
            let wanted = Array(name.lowercased().unicodeScalars)
            return text.indices.contains { start in
                guard text[start...].starts(with: wanted) else { return false }
                if !name.unicodeScalars.allSatisfy(\.isASCII) { return true }
                var end = start + wanted.count
                if end < text.count, text[end] == "s" { end += 1 }
                let isLetter: (Int) -> Bool = {
                    text.indices.contains($0) && text[$0].properties.isAlphabetic && text[$0].isASCII
                }
                return !isLetter(start - 1) && !isLetter(end)
            }
        }
    }

    @Test(
        "A term is found by its name in any language, by an alias, in any case, and in the plural",
        arguments: [
            ("cgroup", "cgroup"), ("Namespaces", "namespace"), ("네임스페이스", "namespace"), ("VM", "virtual machine"),
            ("저장소(Registry)", "registry"), ("layers", "layer"), ("overlayfs", "overlay file system"),
            ("레지스트리", "registry"), ("시스템 호출", "system call"),
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
