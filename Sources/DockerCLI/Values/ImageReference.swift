/// An image's name as people write it, taken apart (distribution/reference).
struct ImageReference: Equatable {
    /// The registry's host; empty for Docker's own.
    var registry: String
    /// The path in the registry, with `library/` for Docker's own images.
    var path: String
    var tag: String?
    var digest: String?

    /// Reads `[registry/]path[:tag][@digest]`.
    static func parse(_ text: String) -> Parsed<ImageReference> {
        let invalid = Parsed<ImageReference>.complaint("invalid reference format")
        var rest = Substring(text)
        var digest: String?
        if let at = rest.firstIndex(of: "@") {
            digest = String(rest[rest.index(after: at)...])
            rest = rest[..<at]
            guard let digest, isDigest(digest) else { return invalid }
        }
        var tag: String?
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("/") {
            let found = String(rest[rest.index(after: colon)...])
            let isValid =
                !found.isEmpty && found.utf8.count <= 128 && !".-".contains(found.first ?? ".")
                && found.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
            guard isValid else { return invalid }
            tag = found
            rest = rest[..<colon]
        }
        var registry = ""
        var path = String(rest)
        if let slash = rest.firstIndex(of: "/") {
            let first = rest[..<slash]
            if first.contains(".") || first.contains(":") || first == "localhost"
                || first.contains(where: \.isUppercase)
            {
                registry = String(first)
                path = String(rest[rest.index(after: slash)...])
            }
        }
        if registry == "docker.io" || registry == "index.docker.io" { registry = "" }
        if registry.isEmpty && !path.contains("/") { path = "library/\(path)" }
        if path.lowercased() != path {
            return .complaint("invalid reference format: repository name (\(path)) must be lowercase")
        }
        guard isPath(path), path.utf8.count <= 255 else { return invalid }
        return .value(ImageReference(registry: registry, path: path, tag: tag, digest: digest))
    }

    private static func isDigest(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count == 2 && parts[0].first?.isLetter == true && parts[1].utf8.count >= 32
            && parts[1].allSatisfy(\.isHexDigit)
    }

    private static func isPath(_ path: String) -> Bool {
        path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            guard let first = part.first, let last = part.last else { return false }
            let isEdge = { (character: Character) in character.isASCII && (character.isLetter || character.isNumber) }
            return isEdge(first) && isEdge(last) && part.allSatisfy { isEdge($0) || "._-".contains($0) }
                && !part.contains("..") && !part.contains("___") && !part.contains("._") && !part.contains("_.")
        }
    }

    /// The name as people write it, without tag and digest.
    var name: String {
        if !registry.isEmpty { return "\(registry)/\(path)" }
        return path.hasPrefix("library/") && !path.dropFirst(8).contains("/") ? String(path.dropFirst(8)) : path
    }

    /// The name with its digest, or its tag, `latest` if it has none.
    var full: String {
        if let digest { return tag.map { "\(name):\($0)@\(digest)" } ?? "\(name)@\(digest)" }
        return "\(name):\(tag ?? "latest")"
    }
}
