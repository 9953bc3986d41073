import EngineAPI
import OCI

extension Evidence {
    /// What a directory holds, as evidence: the names in order, and `…` where more than twelve would be too many.
    static func list(of directory: String, _ names: [String]) -> Evidence {
        if names.isEmpty { return Evidence(source: directory, Finding(.empty)) }
        let shown = names.sorted().prefix(12) + (names.count > 12 ? ["…"] : [])
        return Evidence(source: directory, text: shown.joined(separator: " "))
    }

    /// A link as the kernel has it, or that it has none.
    ///
    /// - Parameter place: The link's place, where it is another than the node's namespace.
    static func link(_ name: String, _ text: String?, at place: Finding? = nil) -> Evidence {
        var evidence = Evidence(source: "rtnetlink RTM_GETLINK \(name)", text: text ?? "")
        if text == nil { evidence = Evidence(source: evidence.source, Finding(.noLink)) }
        if let place { (evidence.source, evidence.place) = (place.text, place) }
        return evidence
    }
}

extension Finding {
    /// How many files a directory has.
    static func entries(_ count: Int) -> Finding { Finding(.entries, count: Int64(count)) }

    /// So many bytes with a digest.
    static func bytes(_ count: Int, _ digest: Digest) -> Finding {
        Finding(.bytes, count: Int64(count), name: "\(digest)")
    }
}
