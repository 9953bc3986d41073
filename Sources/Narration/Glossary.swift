import EngineAPI

/// One word of the field.
struct GlossaryEntry: Sendable {
    /// The term in English, lower case unless it is a name; it is the entry's identity in every language.
    var term: String
    /// The term in Korean as the course writes it.
    var korean: String
    /// Other words that lead here.
    var aliases: [String]
    /// What it is, in English and in Korean.
    var meaning: [Language: String]
    /// The kinds of steps whose explanations use it.
    var kinds: [StepKind]
    /// Why no step's explanation uses it; `nil` where some do.
    var unseen: [Language: String]?
    /// The lesson that teaches it, and uses it.
    var lesson: String

    init(
        _ term: String, _ korean: String, _ aliases: [String] = [], en: String, ko: String, _ kinds: [StepKind] = [],
        unseen: (en: String, ko: String)? = nil, lesson: String
    ) {
        self.term = term
        self.korean = korean
        self.aliases = aliases
        meaning = [.en: en, .ko: ko]
        self.kinds = kinds
        self.unseen = unseen.map { [.en: $0.en, .ko: $0.ko] }
        self.lesson = lesson
    }

    func name(in language: Language) -> String {
        language == .en || korean == term ? term : "\(korean)(\(term))"
    }
}

/// The words of containers, in every language.
public enum Glossary {
    static let entries: [GlossaryEntry] = (kernelTerms + machineTerms + imageTerms + containerTerms + networkTerms)
        .sorted { $0.term.lowercased() < $1.term.lowercased() }

    /// All terms, as the entries are known by.
    public static var terms: [String] { entries.map(\.term) }

    /// All terms as a language writes them, for completion.
    public static func names(in language: Language) -> [String] {
        entries.map { language == .en ? $0.term : $0.korean }
    }

    /// Whether there is such a term, by any of its names.
    public static func contains(_ term: String) -> Bool { entry(for: term) != nil }

    /// All terms in columns.
    public static func list(in language: Language, columns: Int) -> String {
        let names = entries.map { $0.name(in: language) }
        let width = (names.map { DisplayWidth.of($0) }.max() ?? 0) + 2
        let perLine = max(1, columns / width)
        let rows = (names.count + perLine - 1) / perLine
        var text = ""
        for row in 0..<rows {
            let cells = stride(from: row, to: names.count, by: rows).map { names[$0].padded(to: width) }
            text += cells.joined().trimmedEnd() + "\n"
        }
        return text
    }

    /// What a term means; `nil` if the glossary has no such term.
    public static func page(for term: String, in language: Language, columns: Int) -> String? {
        guard let entry = entry(for: term) else { return nil }
        var text = entry.name(in: language)
        if language == .en { text += "  (\(entry.korean))" }
        text += "\n"
        for line in TextWrapping.lines(entry.meaning[language] ?? "", columns: columns - 2) { text += "  \(line)\n" }
        var notes: [String] = []
        if !entry.kinds.isEmpty {
            let kinds = entry.kinds.map(\.rawValue).joined(separator: ", ")
            notes.append(language == .en ? "Seen in the steps: \(kinds)" : "나타나는 단계: \(kinds)")
        }
        if let reason = entry.unseen?[language] {
            notes.append(language == .en ? "Seen in no step: \(reason)." : "나타나는 단계 없음: \(reason).")
        }
        notes.append(language == .en ? "Lesson: \(entry.lesson)" : "수업: \(entry.lesson)")
        for note in notes {
            for line in TextWrapping.lines(note, columns: columns - 2) { text += "  \(line)\n" }
        }
        return text
    }

    /// Terms that contain a word, or begin like it.
    public static func terms(near word: String, in language: Language) -> [String] {
        let wanted = word.lowercased()
        let found = entries.filter { entry in
            let texts = [entry.term, entry.korean] + entry.aliases + [entry.meaning[language] ?? ""]
            return texts.contains { $0.lowercased().contains(wanted) }
                || (wanted.count > 2 && entry.term.lowercased().hasPrefix(wanted.prefix(3)))
        }
        return found.prefix(6).map { $0.name(in: language) }
    }

    static func entry(for term: String) -> GlossaryEntry? {
        let wanted = (used(insteadOf: term) ?? term).lowercased()
        return entries.first { entry in
            ([entry.term, entry.korean] + entry.aliases).contains { name in
                let name = name.lowercased()
                return name == wanted || name + "s" == wanted
            }
        }
    }
}

extension String {
    fileprivate func trimmedEnd() -> String {
        var text = self
        while text.hasSuffix(" ") { text.removeLast() }
        return text
    }
}
