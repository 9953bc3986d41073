import EngineAPI

extension Evidence {
    /// What a directory holds, as evidence: the names in order, and `…` where more than twelve would be too many.
    static func list(_ names: [String]) -> String {
        names.isEmpty ? "empty" : (names.sorted().prefix(12) + (names.count > 12 ? ["…"] : [])).joined(separator: " ")
    }
}
