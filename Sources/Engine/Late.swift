import Posix
import Synchronization

/// A value that one step of a procedure makes and later ones use.
final class Late<Value: Sendable>: Sendable {
    private let content = Mutex<Value?>(nil)
    private let what: String

    /// A place for a value that is not there yet; `what` names it in the error of who comes too early.
    init(_ what: String) { self.what = what }

    func set(_ value: Value) { content.withLock { $0 = value } }

    /// The value; asking before the step that makes it is a mistake of the procedure.
    func value() throws -> Value {
        guard let value = content.withLock({ $0 }) else { throw EngineFailure.system("\(what) does not exist yet") }
        return value
    }

    /// The value, if it is there.
    var ifPresent: Value? { content.withLock { $0 } }

    /// Lets go of it.
    func clear() { content.withLock { $0 = nil } }
}
