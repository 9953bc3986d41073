public import EngineAPI

/// How much is told of a command.
public enum NarrationLevel: String, Sendable, Codable, CaseIterable {
    /// Nothing.
    case off
    /// One line for each thought.
    case brief
    /// Each thought with sentences, evidence, and a command to see for oneself.
    case full
    /// The kernel's view as well.
    case deep
    /// Brief, with up to three concepts in full that the learner has not met yet, on at most 24 lines.
    case adaptive
}

/// Turns the records of steps into words.
///
/// ```swift
/// let narrator = Narrator(language: .en, level: .adaptive, columns: 80, colours: false, concepts: concepts)
/// print(narrator.narrate(records, command: ["run", "-d", "lab/web"]), terminator: "")
/// ```
public struct Narrator: Sendable {
    /// The language of the words.
    public var language: Language
    /// How much is told.
    public var level: NarrationLevel
    /// The terminal's width in columns; 40 at least is used, and text is set in 100 at most.
    public var columns: Int
    /// Whether marks are coloured. Nothing is said by colour alone.
    public var colours: Bool
    /// The ground on which pages are shown: it chooses the colours, and how wide text may be.
    public var theme: Theme = .dark
    /// What the learner has met already; `nil` counts nothing as met and notes nothing.
    public var concepts: MetConcepts?
    /// Concepts that a lesson is about: they are told in full however often they were met.
    public var focus: Set<String> = []
    /// The name of the lab's Docker host on which things happen.
    public var node: String = "node1"
    /// Whether that is another host than the one that the learner's commands go to: it is said, and looks name it.
    public private(set) var isElsewhere = false

    /// Tells of another Docker host from now on.
    public mutating func go(to node: String, isElsewhere: Bool) {
        self.node = node
        self.isElsewhere = isElsewhere
    }
    /// Programs that looks need (``ExplanationCatalog/programs``) and this machine lacks: such looks are not offered.
    public var missingPrograms: Set<String> = []

    /// All concepts, which lessons name in their focus.
    public static var concepts: Set<String> { Set(StepGroup.table.map(\.concept)) }

    /// The most lines that the adaptive level takes.
    public static let adaptiveLines = 24
    /// The most concepts that the adaptive level opens.
    public static let adaptiveConcepts = 3

    /// A narrator.
    public init(
        language: Language, level: NarrationLevel, columns: Int, colours: Bool, concepts: MetConcepts? = nil
    ) {
        self.language = language
        self.level = level
        self.columns = columns
        self.colours = colours
        self.concepts = concepts
    }

    var voice: Voice { Voice(language: language) }

    /// Tells what a command did.
    ///
    /// - Parameters:
    ///   - records: What the engine recorded, in the order in which it did.
    ///   - command: The words of the command without `docker`.
    ///   - earlier: Records of the same command that were told before, so that numbers go on from them.
    ///   - linesTold: How many lines of the same command were told before: the adaptive level's limit is for the whole.
    /// - Returns: Lines with line feeds; empty when there is nothing to tell.
    public func narrate(
        _ records: [StepRecord], command: [String], earlier: [StepRecord] = [], linesTold: Int = 0
    ) -> String {
        let told = Set(earlier.map(\.operation))
        let circumstances = circumstances(command)
        let operations = NarratedStep.grouped(earlier + records, circumstances).filter { steps in
            steps.first.map { !told.contains($0.lead.operation) } ?? false
        }
        guard level != .off, !operations.isEmpty else { return "" }
        // Who did it is said once for each command.
        let isObserved = earlier.isEmpty && records.contains { $0.state == .observed }
        var notes = isObserved ? ["observed"] : []
        let page: Page
        switch level {
        case .off: return ""
        case .brief: page = compose(operations, records, notes: notes, tellings: [:])
        case .full, .deep:
            let depth: Depth = level == .deep ? .deep : .full
            let tellings = operations.joined().map { ($0.number, telling($0, depth)) }
            notes += concepts?.contains("legend") == true ? ["run"] : ["run", "legend"]
            page = compose(operations, records, notes: notes, tellings: Dictionary(tellings) { first, _ in first })
            notes += operations.joined().map(\.group.concept)
        case .adaptive:
            // How a container ends is told after its output, in a line at least.
            let isStart = operations.contains { $0.first.map { Voice.verb(of: $0.lead.title) } == "start" }
            let lines = Self.adaptiveLines - linesTold - (isStart ? 1 : 0)
            (page, notes) = adapted(operations, records, lines: lines, notes: notes)
        }
        // Not being able to keep what was met costs an explanation told twice, no more: the shell says it once.
        _ = try? concepts?.insert(notes.filter { $0 != "observed" })
        return page.text
    }

    // MARK: The adaptive level

    /// Opens the concepts that the learner needs most, as far as they fit.
    private func adapted(
        _ operations: [[NarratedStep]], _ records: [StepRecord], lines: Int, notes: [String]
    ) -> (Page, met: [String]) {
        let isMet: (String) -> Bool = { concepts?.contains($0) ?? false }
        var notes = notes + (isRun(operations) && !isMet("run") ? ["run"] : [])
        let candidates = operations.joined().filter { step in
            focus.contains(step.group.concept) || !isMet(step.group.concept)
        }.sorted { rank($0) < rank($1) }
        if !candidates.isEmpty && !isMet("legend") { notes.append("legend") }
        let plain = compose(operations, records, notes: notes, tellings: [:])
        if plain.lines.count > lines && lines < Self.adaptiveLines / 2 {
            return (shortened(operations, records), [])
        }
        var room = lines - plain.lines.count
        var tellings: [Int: Page] = [:]
        var met: [String] = []
        for step in candidates
        where met.count < Self.adaptiveConcepts && room > 0 && !met.contains(step.group.concept) {
            let brief = telling(step, .brief).lines.count
            // Where there is no room the command to see for oneself goes first, then evidence but for one; `why` has both.
            for depth in [Depth.full, .fullWithoutLook, .fullWithOneProof] {
                let page = telling(step, depth)
                guard page.lines.count - brief <= room else { continue }
                room -= page.lines.count - brief
                tellings[step.number] = page
                met.append(step.group.concept)
                break
            }
        }
        if met.isEmpty { notes.removeAll { $0 == "legend" } }
        return (compose(operations, records, notes: notes, tellings: tellings), met + notes)
    }

    /// The one thing that must be said where there is no room: what failed, else how it began.
    private func shortened(_ operations: [[NarratedStep]], _ records: [StepRecord]) -> Page {
        var page = newPage()
        for steps in operations {
            guard let step = steps.first(where: { $0.failed != nil }) else { continue }
            page.append(telling(step, .brief))
            tellUndoing(of: steps, records, on: &page)
        }
        if page.lines.isEmpty, let first = operations.first?.first { page.append(telling(first, .brief)) }
        return page
    }

    private func rank(_ step: NarratedStep) -> (Int, Int, Int) {
        (focus.contains(step.group.concept) ? 0 : 1, step.group.rank, step.number)
    }

    // MARK: Composing

    /// How much is told of one step.
    enum Depth { case brief, fullWithOneProof, fullWithoutLook, full, deep }

    /// Puts a narration together: notes, headings, steps (those without a telling in brief), the end.
    private func compose(
        _ operations: [[NarratedStep]], _ records: [StepRecord], notes: [String], tellings: [Int: Page]
    ) -> Page {
        var page = newPage()
        let isPlanned = operations.joined().contains { $0.lead.state == .planned }
        let isSimulated = operations.joined().contains { $0.lead.isSimulated }
        let isObserved = operations.joined().contains { $0.lead.state == .observed }
        let isSpacious = level == .full || level == .deep
        if isElsewhere { page.paragraph(voice.elsewhere(node), style: .heading) }
        if isPlanned { page.paragraph(voice.planNote, style: .heading) }
        if notes.contains("run"), isRun(operations) { page.paragraph(voice.runIsCreateAndStart) }
        if notes.contains("legend"), !isPlanned { page.paragraph(voice.legend, style: .note) }
        let isLong = operations.joined().count > 1
        for steps in operations {
            guard let first = steps.first?.lead else { continue }
            if isLong {
                if isSpacious && !page.lines.isEmpty { page.gap() }
                let heading = voice.heading(
                    first.title, object: first.object, isPlanned: isPlanned, isSimulated: isSimulated,
                    isObserved: isObserved)
                page.paragraph(heading, style: .heading)
            }
            for step in steps { page.append(tellings[step.number] ?? telling(step, .brief)) }
            tellUndoing(of: steps, records, on: &page)
        }
        if isSimulated { page.paragraph(voice.simulatedNote, style: .note) }
        if notes.contains("observed") { page.paragraph(voice.observedNote(node), style: .note) }
        close(&page, operations, records, isPlanned: isPlanned)
        return page
    }

    func circumstances(_ command: [String] = []) -> Circumstances {
        Circumstances(
            node: node, isElsewhere: isElsewhere, command: command, missingPrograms: missingPrograms)
    }

    func newPage() -> Page { Page(columns: columns, theme: colours ? theme : nil, widest: theme.widest) }

    private func isRun(_ operations: [[NarratedStep]]) -> Bool {
        let verbs = operations.compactMap { $0.first.map { Voice.verb(of: $0.lead.title) } }
        return verbs.contains("create") && verbs.contains("start") && !verbs.contains("build")
    }

    func label(of step: NarratedStep) -> String { step.group.labels[language] ?? step.group.concept }

    private func telling(_ step: NarratedStep, _ depth: Depth) -> Page {
        var page = newPage()
        tell(step, depth, on: &page)
        return page
    }

    private func tell(_ step: NarratedStep, _ depth: Depth, on page: inout Page) {
        if let failed = step.failed {
            page.item(step, label(of: step), "\(voice.failed): \(failed.command)", style: .failure)
            if let failure = failed.failure {
                page.paragraph(LongNumbers.shortened(reason(failure)), indent: 2)
            }
            return
        }
        guard depth != .brief, let sentences = sentences(of: step, \.full) else {
            page.item(step, label(of: step), brief(of: step))
            return
        }
        page.item(step, label(of: step), step.lead.command, maximumLines: 2)
        page.paragraph(sentences, indent: 2)
        if depth == .deep, let deep = step.text(\.deep, of: step.lead, in: language) {
            page.paragraph(deep, indent: 2)
        }
        for evidence in proofs(of: step).prefix(depth == .fullWithOneProof ? 1 : 2) {
            show(evidence, on: &page, shortensSource: true)
        }
        if depth == .full || depth == .deep, step.lead.state != .planned {
            let looks = step.records(of: step.group.looked).flatMap { step.looks(of: $0) }
            for look in looks.prefix(depth == .deep ? 2 : 1) { show(look, on: &page) }
        }
    }

    func show(_ look: Look, on page: inout Page, indent: Int = 2) {
        page.look(look.command, place: look.container.map(voice.inside), indent: indent)
    }

    private func reason(_ failure: StepFailure) -> String {
        guard let name = failure.errnoName, !failure.message.contains(name) else { return failure.message }
        return "\(failure.message) (\(name))"
    }

    /// The one line of a step: the clauses of its records, or the lead's command where a fact is missing.
    func brief(of step: NarratedStep) -> String {
        var clauses: [String] = []
        for (_, records) in runs(of: step.records(of: step.group.told)) {
            let texts = records.compactMap { step.text(\.brief, of: $0, in: language) }
            clauses += texts.count > 3 ? texts.prefix(2) + [voice.more(texts.count - 2)] : texts
        }
        let separator = clauses.dropLast().contains { $0.contains(",") } ? "; " : ", "
        return clauses.isEmpty ? step.lead.command : clauses.joined(separator: separator)
    }

    private func runs(of records: [StepRecord]) -> [(StepKind, [StepRecord])] {
        records.reduce(into: []) { runs, record in
            if runs.last?.0 == record.kind {
                runs[runs.count - 1].1.append(record)
            } else {
                runs.append((record.kind, [record]))
            }
        }
    }

    /// The sentences of a step: those of each kind that explains it; of several of a kind the first two.
    func sentences(of step: NarratedStep, _ part: KeyPath<Explanation, Template>) -> String? {
        let texts = runs(of: step.records(of: step.group.explained)).flatMap { _, records in
            let said = records.prefix(2).compactMap { step.text(part, of: $0, in: language) }
            return said.count == 2 && said[0] == said[1] ? [said[0]] : said
        }
        // Two steps of a kind may begin alike; each sentence is said once.
        var said: Set<Substring> = []
        let sentences = texts.flatMap { text in
            text.replacing(". ", with: ".\n").split(separator: "\n").filter { said.insert($0).inserted }
        }
        return sentences.isEmpty ? nil : sentences.joined(separator: " ")
    }

    private func proofs(of step: NarratedStep) -> [Evidence] {
        step.records(of: step.group.proved).flatMap(\.evidence)
    }

    /// Shows what was read back: the kernel's own words as they are, what it has none for in the learner's language.
    func show(_ evidence: Evidence, on page: inout Page, indent: Int = 2, shortensSource: Bool = false) {
        let words = { FindingCatalog.text(of: $0, in: language) }
        page.evidence(
            evidence.finding.map(words) ?? evidence.text, source: evidence.place.map(words) ?? evidence.source,
            indent: indent, shortensSource: shortensSource)
    }

    /// Says what became of the steps before one that failed.
    private func tellUndoing(of steps: [NarratedStep], _ records: [StepRecord], on page: inout Page) {
        guard steps.contains(where: { $0.failed != nil }), let lead = steps.first?.lead else { return }
        let undone = NarratedStep.undone(in: records, procedureOf: lead)
        if undone.failed.isEmpty {
            let before = steps.flatMap(\.records).count { $0.state == .performed }
            page.paragraph(voice.undone(undone.done.count, of: before, operation: lead.title), indent: 2)
        }
        for record in undone.failed {
            let problem = "\(record.command): \(record.failure?.message ?? "")"
            page.paragraph(voice.notUndone(LongNumbers.shortened(problem)), indent: 2)
        }
    }

    private func close(
        _ page: inout Page, _ operations: [[NarratedStep]], _ records: [StepRecord], isPlanned: Bool
    ) {
        let shown = Array(operations.joined())
        let stories = operations.map { steps in steps.flatMap(\.records) }
        let all = stories.reduce(0) { $0 + $1.count }
        let time = TemplateFilter.time(stories.reduce(0) { $0 + Self.span(of: $1) })
        let isObserved = shown.contains { $0.lead.state == .observed }
        var parts = [
            isObserved
                ? voice.observed(all)
                : voice.total(shown: shown.count, of: all, time: time, isPlanned: isPlanned)
        ]
        if !isPlanned {
            let example = shown.first { $0.group.concept == "namespace" } ?? shown.first
            if let example { parts.append(voice.why(example.number)) }
            if all > 1 { parts.append(voice.allSteps(all)) }
        }
        page.parts(parts, style: .note)
    }

    /// How long an operation took: from the beginning of its first step to the end of its last, in nanoseconds.
    static func span(of records: [StepRecord]) -> Int64 {
        guard let begin = records.map(\.time).min(), let end = records.map({ $0.time + $0.duration }).max(), begin > 0
        else { return records.reduce(0) { $0 + $1.duration } }
        return end - begin
    }
}
