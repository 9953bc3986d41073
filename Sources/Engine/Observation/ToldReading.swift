import EngineAPI
import OrderedJSON
import Posix
import Steps

extension Node {
    /// Reads something, and leaves a record of it where somebody wants to be told.
    ///
    /// - Parameters:
    ///   - operation: The operation of whoever asked to be told; `nil`: nothing is recorded.
    ///   - kind, command, facts: What is known of the step before.
    ///   - read: Reads.
    ///   - tell: What was found, as facts and evidence.
    func reading<Found: Sendable>(
        _ title: String, of container: Container, operation: String?, _ kind: StepKind, command: String, facts: Facts,
        read: @escaping @Sendable () throws -> Found, tell: @escaping @Sendable (Found) -> StepOutcome
    ) throws -> Found {
        guard let operation else { return try read() }
        let found = Late<Found>(title)
        let step = Step(kind, command: command, facts: facts) {
            let value = try read()
            found.set(value)
            return tell(value)
        }
        try run(Procedure(title: title, object: container.name, steps: [step]), operation: operation)
        return try found.value()
    }
}
