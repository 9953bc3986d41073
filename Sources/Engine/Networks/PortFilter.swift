/// The filters `publish` and `expose` of the container list: a port or a range, with a protocol or for TCP.
enum PortFilter {
    private static func parse(_ text: String) -> (range: ClosedRange<UInt16>, transport: String)? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let ends = parts[0].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map { UInt16($0) }
        guard let first = ends[0], let last = ends.count > 1 ? ends[1] : first, first <= last else { return nil }
        return (first...last, parts.count > 1 ? parts[1].lowercased() : "tcp")
    }

    /// - Throws: ``EngineFailure`` 400 with Docker's text.
    static func check(_ text: String, what: String) throws {
        guard parse(text) == nil else { return }
        let number = text.prefix { $0 != "/" && $0 != "-" }
        throw EngineFailure.invalid(
            "error while looking up for \(what) \(text): strconv.ParseUint: parsing \"\(number)\": invalid syntax")
    }

    /// Whether a port is meant.
    static func fits(_ text: String, _ port: UInt16, _ transport: String) -> Bool {
        parse(text).map { $0.range.contains(port) && $0.transport == transport } ?? false
    }
}
