public import EngineAPI
import Posix

/// What is said about one kind of step, in one language: templates that the step's facts fill.
public struct Explanation: Sendable {
    /// A word of at most eight columns that stands before the step.
    public var label: String
    /// A clause without a full stop: what was done here, with the values of here.
    public var brief: Template
    /// One to three sentences: what it is and why it was done.
    public var full: Template
    /// The kernel's view, and the manual page to read.
    public var deep: Template

    init(_ label: String, brief: Template, full: Template, deep: Template) {
        self.label = label
        self.brief = brief
        self.full = full
        self.deep = deep
    }
}

/// What is said about a kind of step that was seen from outside.
public struct ObservedExplanation: Sendable {
    /// A clause without a full stop; `nil` where the usual one holds.
    public var brief: Template?
    /// One to three sentences; `nil` where the usual ones hold.
    public var full: Template?

    init(brief: Template? = nil, full: Template? = nil) {
        self.brief = brief
        self.full = full
    }
}

/// The explanations of all kinds of steps in all languages. A test fails for a kind that lacks one.
public enum ExplanationCatalog {
    /// The explanation of a kind; `nil` if there is none, which a test rules out.
    public static func explanation(of kind: StepKind, in language: Language) -> Explanation? {
        catalogs[language]?[kind]
    }

    /// What is said instead of a kind where another engine did it and it was seen from outside; `nil` where what is said
    /// of Drydock's own holds of every engine.
    public static func observation(of kind: StepKind, in language: Language) -> ObservedExplanation? {
        (language == .en ? EnglishTexts.observed : KoreanTexts.observed)[kind]
    }

    /// What is said of a step that is only planned, where its result is what the catalog's own text tells of.
    public static func plan(of kind: StepKind, in language: Language) -> ObservedExplanation? {
        (language == .en ? EnglishTexts.planned : KoreanTexts.planned)[kind]
    }

    /// The commands with which a person sees the step's result: `!cmd` on the machine, `@node1 cmd` on the node,
    /// `docker …` as it stands. They are the same in every language.
    public static func looks(for kind: StepKind) -> [Template] { lookTable[kind] ?? [] }

    /// The programs of the machine that looks need, without `kill`, which every shell has itself.
    public static var programs: Set<String> {
        Set(lookTable.values.joined().compactMap { Look.program(of: $0.source) }).subtracting(["kill"])
    }

    /// Those of them that are in none of a `PATH`'s directories.
    public static func missingPrograms(path: String?) -> Set<String> {
        let directories = (path ?? "/usr/bin:/bin").split(separator: ":")
        return programs.filter { name in !directories.contains { Files.exists("\($0)/\(name)") } }
    }

    private static let catalogs: [Language: [StepKind: Explanation]] = [
        .en: merged([
            EnglishTexts.images, EnglishTexts.registries, EnglishTexts.containerDisk, EnglishTexts.starting,
            EnglishTexts.restricting,
            EnglishTexts.networks, EnglishTexts.lab, EnglishTexts.ending, EnglishTexts.reading, EnglishTexts.volumes,
            EnglishTexts.builds,
        ]),
        .ko: merged([
            KoreanTexts.images, KoreanTexts.registries, KoreanTexts.containerDisk, KoreanTexts.starting,
            KoreanTexts.restricting,
            KoreanTexts.networks, KoreanTexts.lab, KoreanTexts.ending, KoreanTexts.reading, KoreanTexts.volumes,
            KoreanTexts.builds,
        ]),
    ]

    private static func merged(_ themes: [[StepKind: Explanation]]) -> [StepKind: Explanation] {
        themes.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
    }
}

/// The English texts, by theme.
enum EnglishTexts {}

/// The Korean texts, by theme.
enum KoreanTexts {}
