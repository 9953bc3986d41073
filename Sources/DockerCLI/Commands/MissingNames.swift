import Synchronization

/// Whether all that failed failed because it isn't there.
final class MissingNames: Sendable {
    private let counts = Mutex<(missing: Int, other: Int)>((0, 0))

    /// Notes one failure.
    func note(isMissing: Bool) { counts.withLock { if isMissing { $0.missing += 1 } else { $0.other += 1 } } }

    /// Whether nothing failed for another reason.
    var areAll: Bool { counts.withLock { $0.other == 0 } }
}
