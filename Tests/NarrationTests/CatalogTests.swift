import EngineAPI
import OrderedJSON
import Testing

@testable import Narration

@Suite("Explanation catalog")
struct CatalogTests {
    static var parts: [KeyPath<Explanation, Template>] { [\.brief, \.full, \.deep] }

    @Test("Every kind of step has all texts in every language", arguments: Language.allCases)
    func isComplete(language: Language) throws {
        for kind in StepKind.allCases {
            let explanation = try #require(
                ExplanationCatalog.explanation(of: kind, in: language), "\(kind.rawValue) in \(language)")
            #expect(!explanation.label.isEmpty && DisplayWidth.of(explanation.label) <= Page.labelColumns)
            for part in Self.parts { #expect(!explanation[keyPath: part].source.isEmpty, "\(kind.rawValue)") }
            #expect(!ExplanationCatalog.looks(for: kind).isEmpty, "\(kind.rawValue) has no look")
        }
    }

    @Test("Texts ask only for facts that the engine gives", arguments: Language.allCases)
    func factsAreKnown(language: Language) throws {
        for kind in StepKind.allCases {
            let explanation = try #require(ExplanationCatalog.explanation(of: kind, in: language))
            let templates = Self.parts.map { explanation[keyPath: $0] } + ExplanationCatalog.looks(for: kind)
            for template in templates {
                for name in try template.factNames() {
                    #expect(isKnown(name, to: kind), "\(kind.rawValue) has no fact \(name): \(template.source)")
                }
            }
        }
    }

    /// What is said instead where a step was only seen from outside, or is only planned.
    private static func others(_ kind: StepKind, _ language: Language) -> [(text: Template, isSentence: Bool)] {
        [ExplanationCatalog.observation(of: kind, in: language), ExplanationCatalog.plan(of: kind, in: language)]
            .compactMap { $0 }.flatMap { other in
                [other.brief.map { ($0, false) }, other.full.map { ($0, true) }].compactMap { $0 }
            }
    }

    /// What of a step's facts only its being done shows, as far as plans leave it open.
    static let openFacts: [StepKind: Set<String>] = [
        .imageResolve: ["reference", "layers", "size", "image"],
        .registryResolve: ["registry", "digest", "mediaType", "size", "isLab"],
        .manifestFetch: ["digest", "layers", "choices", "image", "size", "architecture"],
        .layerDownload: ["received", "wasHere", "resumptions", "path"],
        .layerUnpack: ["directory", "size", "files"], .imageVerify: ["image", "digest", "layers"],
        .imageTag: ["image"], .registryConnect: ["isLab"], .layerUpload: ["sent", "from"],
        .manifestPush: ["digest", "size"], .imageImport: ["image", "size"],
        .buildInstruction: ["image", "cached", "reason"], .volumeFill: ["entries"],
        .filesPut: ["entries"], .imageCommit: ["image", "size"], .cgroupFreeze: ["processes"],
        .cgroupThaw: ["processes"], .processEnd: ["exitCode", "signal"],
        .cgroupRemove: ["memoryMaximum", "cpuTime"], .layerDelete: ["entries"],
    ]

    @Test("What is said of plans and of what was observed asks for known facts", arguments: Language.allCases)
    func otherTextsAskForKnownFacts(language: Language) throws {
        for kind in StepKind.allCases {
            for (template, _) in Self.others(kind, language) {
                for name in try template.factNames() {
                    #expect(isKnown(name, to: kind), "\(kind.rawValue) has no fact \(name): \(template.source)")
                }
            }
        }
    }

    @Test("A plan is told without a gap, whatever is left open", arguments: Language.allCases)
    func plansAreFilled(language: Language) throws {
        for (kind, open) in Self.openFacts {
            let plan = try #require(ExplanationCatalog.plan(of: kind, in: language), "\(kind.rawValue)")
            for isOpen in [false, true] {
                var record = SampleRecords.record(kind)
                record.state = .planned
                if isOpen { record.facts = record.facts.filter { !open.contains($0.key) } }
                let step = NarratedStep(
                    number: 1, last: 1, group: StepGroup.table[try #require(StepGroup.of(kind))], records: [record],
                    siblings: [:], circumstances: Circumstances())
                let brief = try #require(step.text(\.brief, of: record, in: language), "\(kind.rawValue) \(isOpen)")
                check(brief, of: kind, isSentence: false)
                if plan.full != nil {
                    check(try #require(step.text(\.full, of: record, in: language)), of: kind, isSentence: true)
                }
            }
        }
    }

    private func isKnown(_ name: String, to kind: StepKind) -> Bool {
        if let colon = name.lastIndex(of: ":") {
            guard let sibling = StepKind(rawValue: String(name[..<colon])) else { return false }
            return sibling.factNames.contains(String(name[name.index(after: colon)...]))
        }
        return kind.factNames.contains(name) || FactScope.circumstances.contains(name)
    }

    @Test("The samples have the facts of the table", arguments: StepKind.allCases)
    func samplesHaveAllFacts(kind: StepKind) {
        #expect(Set((SampleRecords.facts[kind] ?? [:]).keys) == Set(kind.factNames))
    }

    @Test("Every text is filled without a gap, with and without its siblings", arguments: Language.allCases)
    func textsAreFilled(language: Language) throws {
        for kind in StepKind.allCases {
            let explanation = try #require(ExplanationCatalog.explanation(of: kind, in: language))
            let changes = [[:]] + (SampleRecords.variants[kind] ?? [])
            for change in changes {
                for siblings in [[:], SampleRecords.facts.reduce(into: [:]) { $0[$1.key.rawValue] = $1.value }] {
                    let step = NarratedStep(
                        number: 1, last: 1, group: StepGroup.table[try #require(StepGroup.of(kind))],
                        records: [SampleRecords.record(kind, changing: change)], siblings: siblings,
                        circumstances: Circumstances())
                    for part in Self.parts {
                        let text = try explanation[keyPath: part].filled(with: step.scope(of: step.lead))
                        check(text, of: kind, isSentence: part != \.brief)
                        if part == \.brief && !(kind == .cgroupLimit) { #expect(!text.isEmpty) }
                    }
                    for look in step.looks(of: step.lead) {
                        #expect(!look.command.contains("{") || look.command.contains("{{."))
                    }
                }
            }
        }
    }

    private func check(_ text: String, of kind: StepKind, isSentence: Bool) {
        for gap in ["{", "}", "  ", " ,", "()", "( ", " )", "nil"] {
            #expect(!text.contains(gap), "\(kind.rawValue): \"\(gap)\" in \(text)")
        }
        #expect(text == text.drop { $0 == " " }, "\(kind.rawValue) begins with a blank")
        if isSentence {
            #expect(text.hasSuffix("."), "\(kind.rawValue): \(text)")
        } else {
            #expect(!text.hasSuffix("."), "\(kind.rawValue): \(text)")
        }
        // Glyphs of ambiguous width break Korean terminals.
        for scalar in text.unicodeScalars {
            let isHangul = (0xAC00...0xD7A3).contains(scalar.value) || (0x3131...0x318E).contains(scalar.value)
            #expect(scalar.isASCII || isHangul, "\(kind.rawValue): \(scalar) in \(text)")
        }
    }

    @Test("English texts are short: brief one line of 80 columns, full three sentences or so")
    func englishIsShort() throws {
        for kind in StepKind.allCases {
            let explanation = try #require(ExplanationCatalog.explanation(of: kind, in: .en))
            let step = NarratedStep(
                number: 1, last: 1, group: StepGroup.table[try #require(StepGroup.of(kind))],
                records: [SampleRecords.record(kind)], siblings: [:], circumstances: Circumstances())
            let brief = try explanation.brief.filled(with: step.scope(of: step.lead))
            #expect(DisplayWidth.of(brief) <= 67, "\(kind.rawValue): \(brief)")
            let full = try explanation.full.filled(with: step.scope(of: step.lead))
            #expect(DisplayWidth.of(full) <= 330, "\(kind.rawValue): \(full)")
        }
    }

    @Test("What evidence says in no words of the kernel is said in Korean, too", arguments: Finding.Code.allCases)
    func findingsHaveKoreanTexts(code: Finding.Code) throws {
        let template = try #require(FindingCatalog.korean[code])
        #expect(try template.factNames().isSubset(of: ["count", "name", "other"]))
        for finding in [
            Finding(code, count: 3, name: "web", other: "base"), Finding(code, count: 0, name: "web", other: "x"),
        ] {
            let text = FindingCatalog.text(of: finding, in: .ko)
            #expect(text.unicodeScalars.contains { (0xAC00...0xD7A3).contains($0.value) }, "\(text)")
            #expect(FindingCatalog.text(of: finding, in: .en) == finding.text)
            // A fact of the one text is a fact of the other.
            #expect(finding.text.contains("web") == text.contains("web"), "\(text)")
        }
    }

    @Test("Each kind of step is in exactly one group")
    func groupsCoverAllKinds() {
        let members = StepGroup.table.flatMap(\.members)
        #expect(members.count == Set(members).count)
        #expect(Set(members) == Set(StepKind.allCases))
        for group in StepGroup.table {
            for kind in group.told + group.explained + group.proved { #expect(group.members.contains(kind)) }
            for language in Language.allCases {
                let label = group.labels[language] ?? ""
                #expect(!label.isEmpty && DisplayWidth.of(label) <= Page.labelColumns, "\(group.concept)")
            }
        }
    }
}
