/// Names of capabilities as `--cap-add` and `--cap-drop` take them, in the form that Docker's client sends.
enum CapabilityText {
    /// The capabilities to add and to drop: written as the kernel writes them, sorted, each once.
    ///
    /// `ALL` swallows the others of its list, and what is both added and dropped is added only, as in Docker's client.
    static func effective(added: [String], dropped: [String]) -> (added: [String], dropped: [String]) {
        let added = Set(added.compactMap(normalised))
        let dropped = Set(dropped.compactMap(normalised))
        return (
            swallowed(added),
            swallowed(added.contains("ALL") ? dropped : dropped.subtracting(added.subtracting(["RESET"])))
        )
    }

    private static func normalised(_ text: String) -> String? {
        let name = text.uppercased().filter { !$0.isWhitespace }
        if name.isEmpty { return nil }
        return name == "ALL" || name == "RESET" || name.hasPrefix("CAP_") ? name : "CAP_\(name)"
    }

    private static func swallowed(_ names: Set<String>) -> [String] {
        names.contains("ALL") ? ["ALL"] : names.sorted()
    }
}
