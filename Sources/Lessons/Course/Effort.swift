/// How long a student is likely to need for a lesson, reckoned from what there is to read, type and think about.
///
/// A model, not a measurement: prose at 180 words a minute (usual for technical texts), 20 seconds for a command and its
/// output, 20 for a prediction, 40 for a question that must be looked up, 30 for one of the quiz, and five minutes for a
/// task without commands to copy.
struct Effort {
    /// Minutes of each kind of work.
    let minutes: Double

    init(of lesson: Lesson) {
        let text = lesson.text(in: .en)
        var words = 0
        var seconds = 0
        let steps = lesson.steps.compactMap { text.steps[$0.id] }
        let blocks = steps.flatMap { step in
            step.afterwards + step.elements.compactMap { if case .block(let block) = $0 { block } else { nil } }
        }
        for block in text.introduction + blocks + text.summary { words += Self.words(in: block) }
        for step in steps {
            for prediction in step.predictions {
                words += Self.words(prediction.question) + prediction.choices.reduce(0) { $0 + Self.words($1) }
            }
            words += step.asks.reduce(0) { $0 + Self.words($1.question) }
            seconds += 20 * step.predictions.count + 40 * step.asks.count
        }
        for question in text.quiz {
            words += question.choices.reduce(0) { $0 + Self.words($1.text) + Self.words($1.reason) }
            seconds += 30
        }
        for step in lesson.steps { seconds += step.tries.isEmpty ? 300 : 20 * step.tries.count }
        minutes = Double(words) / 180 + Double(seconds) / 60
    }

    private static func words(_ text: String) -> Int { text.split { $0 == " " || $0 == "\n" }.count }

    private static func words(in block: Block) -> Int {
        switch block {
        case .paragraph(let text, _), .quote(let text, _): words(text)
        case .list(let items, _, _): items.reduce(0) { $0 + words($1) }
        case .table(let lines, _): lines.reduce(0) { $0 + words($1) }
        default: 0
        }
    }
}
