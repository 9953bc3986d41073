import EngineAPI
extension KoreanTexts {
    static let images: [StepKind: Explanation] = [:]
    static let containerDisk: [StepKind: Explanation] = [:]
    static let starting: [StepKind: Explanation] = [:]
    static let restricting: [StepKind: Explanation] = [:]
    static let networks: [StepKind: Explanation] = [:]
    static let ending: [StepKind: Explanation] = [:]
}
