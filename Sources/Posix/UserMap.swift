/// The users, or groups, that the program's user namespace has (`user_namespaces(7)`): which numbers there are, and which
/// numbers outside they stand for.
public struct UserMap: Sendable, Equatable {
    /// Numbers in a row.
    public struct Range: Sendable, Equatable {
        /// The first number here, the one outside that it stands for, and how many there are.
        public var first: UInt32, outside: UInt32, count: UInt32
    }

    /// The ranges, by their first numbers here.
    public let ranges: [Range]

    /// The map of the users, read now from `/proc/self/uid_map`; an empty one where it can't be read.
    public static var users: UserMap { UserMap((try? Files.text("/proc/self/uid_map")) ?? "") }
    /// The map of the groups, read now from `/proc/self/gid_map`.
    public static var groups: UserMap { UserMap((try? Files.text("/proc/self/gid_map")) ?? "") }

    /// The map that a file's text tells: three numbers a line. Lines that are none are left out.
    public init(_ text: String) {
        ranges = text.split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: " ").compactMap { UInt32($0) }
            return numbers.count == 3 ? Range(first: numbers[0], outside: numbers[1], count: numbers[2]) : nil
        }.sorted { $0.first < $1.first }
    }

    /// Whether this is the machine's own: everybody is who they are.
    public var isMachines: Bool { ranges == [Range(first: 0, outside: 0, count: .max)] }

    /// How many numbers there are from 0 on without a gap.
    public var count: UInt64 {
        ranges.reduce(UInt64(0)) { end, range in UInt64(range.first) == end ? end + UInt64(range.count) : end }
    }

    /// Who root is outside; `nil` for the machine's own root, and where there is no root.
    public var rootOutside: UInt32? {
        guard !isMachines, let first = ranges.first, first.first == 0 else { return nil }
        return first.outside
    }
}
