/// A version of the Docker Engine API, such as 1.47.
public struct APIVersion: Sendable, Hashable, Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// The number before the point.
    public var major: Int
    /// The number behind the point.
    public var minor: Int

    /// A version of the given numbers.
    public init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Parses `1.47`; a missing or unreadable part counts as 0, as Docker's daemon compares versions.
    public init(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        major = parts.first.flatMap { Int($0) } ?? 0
        minor = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    }

    /// A version written in the source.
    public init(stringLiteral value: String) { self.init(value) }

    /// `1.47`
    public var description: String { "\(major).\(minor)" }

    /// Whether one is older than the other.
    public static func < (one: APIVersion, other: APIVersion) -> Bool {
        (one.major, one.minor) < (other.major, other.minor)
    }
}
