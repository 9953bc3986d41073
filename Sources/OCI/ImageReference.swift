/// The name of an image: registry, repository, and a tag or a digest or both, in normal form.
///
/// The grammar and the normal form are those of Docker's `distribution/reference` package: `busybox` means
/// `docker.io/library/busybox`. A reference without tag and digest is only a name; ``taggedByDefault`` adds `latest`.
public struct ImageReference: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The registry: `docker.io`, `localhost:5000`, `[::1]:5000`.
    public let domain: String
    /// The repository's path in the registry: `library/busybox`.
    public let path: String
    /// The tag, without its colon.
    public var tag: String?
    /// The digest, without its at sign.
    public var digest: Digest?

    /// Docker's own registry, which names without a registry belong to.
    public static let defaultDomain = "docker.io"
    /// The tag that a name without tag and digest stands for.
    public static let defaultTag = "latest"

    /// The full name without tag and digest: `docker.io/library/busybox`.
    public var name: String { "\(domain)/\(path)" }

    /// The name as Docker shows it, without tag and digest: `busybox`, `lab/web`, `localhost:5000/a`.
    public var familiarName: String {
        guard domain == Self.defaultDomain else { return name }
        let official = "library/"
        guard path.hasPrefix(official), !path.dropFirst(official.count).contains("/") else { return path }
        return String(path.dropFirst(official.count))
    }

    /// The reference as Docker shows it: `busybox:latest`.
    public var familiar: String { familiarName + suffix }

    /// The full reference: `docker.io/library/busybox:latest`.
    public var description: String { name + suffix }

    private var suffix: String { (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "") }

    /// The reference itself, or with the tag `latest` if it has neither tag nor digest.
    public var taggedByDefault: ImageReference {
        guard tag == nil, digest == nil else { return self }
        var copy = self
        copy.tag = Self.defaultTag
        return copy
    }

    /// The name without tag and digest.
    public var repository: ImageReference {
        var copy = self
        copy.tag = nil
        copy.digest = nil
        return copy
    }

    /// The repository with the given tag and no digest.
    /// - Throws: ``OCIError/invalidReference(_:problem:)`` if the text is no tag.
    public func tagged(_ tag: String) throws(OCIError) -> ImageReference {
        guard ReferenceGrammar.isTag(tag) else {
            throw .invalidReference("\(familiarName):\(tag)", problem: "invalid tag format")
        }
        var copy = repository
        copy.tag = tag
        return copy
    }

    /// The repository with the given digest and no tag.
    public func digested(_ digest: Digest) -> ImageReference {
        var copy = repository
        copy.digest = digest
        return copy
    }

    /// Orders references by their full text.
    public static func < (one: ImageReference, other: ImageReference) -> Bool { one.description < other.description }

    /// Reads a reference as typed by a user and brings it into normal form.
    ///
    /// - Parameter text: For example `busybox`, `lab/web:1`, `localhost:5000/a@sha256:…`.
    /// - Throws: ``OCIError/invalidReference(_:problem:)`` with Docker's sentence, such as `invalid reference format`.
    public init(_ text: String) throws(OCIError) {
        func refuse(_ problem: String) -> OCIError { .invalidReference(text, problem: problem) }
        if text.utf8.count == 64, Digest.isHexadecimal(text) {
            throw refuse("invalid repository name (\(text)), cannot specify 64-byte hexadecimal strings")
        }
        let (domain, remainder) = ReferenceGrammar.splitDomain(text)
        let remoteName = remainder.prefix { $0 != ":" }
        guard remoteName.lowercased() == remoteName else {
            throw refuse("invalid reference format: repository name (\(remoteName)) must be lowercase")
        }
        var rest = remainder[...]
        var digest: Digest?
        if let at = rest.firstIndex(of: "@") {
            let digestText = String(rest[rest.index(after: at)...])
            guard ReferenceGrammar.isDigest(digestText) else { throw refuse("invalid reference format") }
            do throws(OCIError) { digest = try Digest(digestText) } catch { throw refuse(error.description) }
            rest = rest[..<at]
        }
        var tag: String?
        if let colon = rest.firstIndex(of: ":") {
            tag = String(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        guard ReferenceGrammar.isDomain(domain), ReferenceGrammar.isPath(rest),
            tag.map(ReferenceGrammar.isTag) ?? true
        else { throw refuse("invalid reference format") }
        guard rest.utf8.count <= 255 else {
            throw refuse("repository name must not be more than 255 characters")
        }
        self.init(domain: domain, path: String(rest), tag: tag, digest: digest)
    }

    init(domain: String, path: String, tag: String?, digest: Digest?) {
        self.domain = domain
        self.path = path
        self.tag = tag
        self.digest = digest
    }
}

/// The terminals of the reference grammar, as predicates over whole texts.
enum ReferenceGrammar {
    /// Splits what a user typed into registry and remainder, with Docker's rules for what the first element means.
    static func splitDomain(_ text: String) -> (domain: String, remainder: String) {
        let official = "library/"
        guard let slash = text.firstIndex(of: "/") else {
            return (ImageReference.defaultDomain, official + text)
        }
        let first = String(text[..<slash])
        let rest = String(text[text.index(after: slash)...])
        var (domain, remainder) = (ImageReference.defaultDomain, text)
        if first == "index.docker.io" {
            remainder = rest
        } else if first == "localhost" || first.contains(where: { $0 == "." || $0 == ":" })
            || first.lowercased() != first
        {
            (domain, remainder) = (first, rest)
        }
        if domain == ImageReference.defaultDomain, !remainder.contains("/") { remainder = official + remainder }
        return (domain, remainder)
    }

    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte | 0x20) || isDigit(byte) }

    /// `host[:port]`, where the host is dotted components of letters, digits and inner hyphens, or `[IPv6]`.
    static func isDomain(_ text: some StringProtocol) -> Bool {
        var host = Array(text.utf8)
        if host.first == UInt8(ascii: "[") {
            guard let end = host.firstIndex(of: UInt8(ascii: "]")), end > 1 else { return false }
            let isAddress = host[1..<end].allSatisfy { byte in
                isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
                    || byte == UInt8(ascii: ":")
            }
            let port = host[(end + 1)...]
            return isAddress && (port.isEmpty || port.first == UInt8(ascii: ":") && isPort(port.dropFirst()))
        }
        if let colon = host.firstIndex(of: UInt8(ascii: ":")) {
            guard isPort(host[(colon + 1)...]) else { return false }
            host.removeSubrange(colon...)
        }
        return host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { component in
            guard let first = component.first, let last = component.last else { return false }
            return isAlphanumeric(first) && isAlphanumeric(last)
                && component.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isPort(_ text: ArraySlice<UInt8>) -> Bool { !text.isEmpty && text.allSatisfy(isDigit) }

    /// Components of lower-case letters and digits, parted inside by `.`, `_`, `__` or hyphens, joined by slashes.
    static func isPath(_ text: some StringProtocol) -> Bool {
        let components = Array(text.utf8).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return components.allSatisfy { component in
            guard let first = component.first, let last = component.last, isLower(first) || isDigit(first),
                isLower(last) || isDigit(last)
            else { return false }
            let separators = component.split(omittingEmptySubsequences: true) { isLower($0) || isDigit($0) }
            return separators.allSatisfy { separator in
                separator.elementsEqual(".".utf8) || separator.elementsEqual("_".utf8)
                    || separator.elementsEqual("__".utf8) || separator.allSatisfy { $0 == UInt8(ascii: "-") }
            }
        }
    }

    /// A letter, digit or underscore, then at most 127 of those, dots and hyphens.
    static func isTag(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= 128, isAlphanumeric(first) || first == UInt8(ascii: "_") else {
            return false
        }
        return bytes.allSatisfy {
            isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
        }
    }

    /// An algorithm's name, a colon and at least 32 hexadecimal digits.
    static func isDigest(_ text: String) -> Bool {
        guard let colon = text.firstIndex(of: ":") else { return false }
        let algorithm = Array(text[..<colon].utf8)
        let digits = text[text.index(after: colon)...].utf8
        let separators = Array("-_+.".utf8)
        let parts = algorithm.split(omittingEmptySubsequences: false) { separators.contains($0) }
        return digits.count >= 32
            && digits.allSatisfy { isDigit($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20) }
            && parts.allSatisfy { part in
                guard let first = part.first else { return false }
                return isLower(first | 0x20) && part.allSatisfy(isAlphanumeric)
            }
    }
}
