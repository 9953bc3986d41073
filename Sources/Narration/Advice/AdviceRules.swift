/// What one kind of failure means: the words by which it is known, and what to say of it.
struct AdviceRule: Sendable {
    /// The commands that it is about; all where none is named.
    var verbs: Set<String>
    var pattern: AdvicePattern
    /// The advice; `nil` if it turns out to be another kind of failure.
    var advice: @Sendable (AdviceContext) -> Advice?

    init(_ pattern: AdvicePattern, of verbs: Set<String> = [], _ advice: @escaping @Sendable (AdviceContext) -> Advice?)
    {
        self.verbs = verbs
        self.pattern = pattern
        self.advice = advice
    }

    /// All rules; the first that fits is taken.
    static let all = mistypings + states + conflicts + missing
}

extension AdviceContext {
    /// The command's last word.
    var lastWord: String { failure.words.last ?? "" }

    /// The image of a `run`: the first word that is neither a flag nor looks like a flag's value.
    var image: String {
        let known = Set(surroundings.images())
        return failure.words.first { known.contains($0) } ?? "busybox"
    }
}
