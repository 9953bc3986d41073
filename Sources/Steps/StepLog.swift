import EngineAPI
import Glibc
import Synchronization

/// All that the engine did lately, and the place where others wait for more: narration, the projector, lesson checks.
public final class StepLog: Sendable {
    private struct State {
        var records: [StepRecord] = []
        /// How many records were dropped at the front.
        var dropped = 0
        var followers: [Int: Follower] = [:]
        var nextFollower = 0
    }

    /// Someone who is told of each record as it is published.
    private final class Follower: Sendable {
        let receive: @Sendable (StepRecord) -> Void
        init(_ receive: @escaping @Sendable (StepRecord) -> Void) { self.receive = receive }
    }

    private let state = Mutex(State())
    private let limit: Int

    /// A log that keeps the latest records.
    public init(keeping limit: Int = 20_000) { self.limit = limit }

    /// Publishes a record.
    public func publish(_ record: StepRecord) {
        let followers = state.withLock { state in
            state.records.append(record)
            if state.records.count > limit {
                // In blocks: removing one at a time would move all the others each time.
                let surplus = limit / 4
                state.records.removeFirst(surplus)
                state.dropped += surplus
            }
            return Array(state.followers.values)
        }
        for follower in followers { follower.receive(record) }
    }

    /// The records of operations, in the order they were published.
    public func records(of operations: Set<String>) -> [StepRecord] {
        state.withLock { $0.records.filter { operations.contains($0.operation) } }
    }

    /// The latest records of all operations.
    public func latest(_ count: Int) -> [StepRecord] { state.withLock { Array($0.records.suffix(count)) } }

    /// Has a function called with every record from now on, on the thread that publishes it; it must not block.
    /// - Returns: A function that ends it.
    public func follow(_ receive: @escaping @Sendable (StepRecord) -> Void) -> @Sendable () -> Void {
        let number = state.withLock { state in
            state.nextFollower += 1
            state.followers[state.nextFollower] = Follower(receive)
            return state.nextFollower
        }
        return { [self] in state.withLock { _ = $0.followers.removeValue(forKey: number) } }
    }
}
