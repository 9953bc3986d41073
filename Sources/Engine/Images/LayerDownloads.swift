import OCI
import Posix
import Registry
import Steps
import Synchronization

/// The downloads of one image's layers: some at a time, lowest first, each waited for by the step that tells of it.
final class LayerDownloads: Sendable {
    /// What came of one.
    struct Result: Sendable {
        var received: ReceivedBlob
        /// How long it took, nanoseconds.
        var duration: Int64
    }

    private struct State: Sendable {
        var next = 0
        var results: [Int: Swift.Result<Result, any Error>] = [:]
        var running = 0
        var isStopped = false
    }

    private let layers: [BlobDescriptor]
    private let state = Monitor(State())
    private let fetch: @Sendable (Int, @escaping () throws -> Void) throws -> ReceivedBlob

    /// As many as Docker's daemon fetches at a time (`max-concurrent-downloads`).
    static let parallelism = 3

    /// - Parameter fetch: Fetches the layer of a number, calling the function it is given now and then: it throws when the
    ///   download is to stop.
    init(
        _ layers: [BlobDescriptor], fetch: @escaping @Sendable (Int, @escaping () throws -> Void) throws -> ReceivedBlob
    ) {
        self.layers = layers
        self.fetch = fetch
    }

    /// Begins.
    func start() throws(SystemError) {
        for _ in 0..<min(Self.parallelism, layers.count) {
            state.withLock { $0.running += 1 }
            do throws(SystemError) {
                try Thread.start("download") { [self] in
                    work()
                    state.withLock { $0.running -= 1 }
                }
            } catch {
                state.withLock { $0.running -= 1 }
                throw error
            }
        }
    }

    private func work() {
        while true {
            let index = state.withLock { state -> Int? in
                guard !state.isStopped, state.next < layers.count else { return nil }
                defer { state.next += 1 }
                return state.next
            }
            guard let index else { return }
            let begin = Clock.monotonic()
            let result = Swift.Result { () throws -> Result in
                let received = try fetch(index) { [state] in
                    if state.current.isStopped { throw RegistryFailure.cancelled }
                }
                return Result(received: received, duration: Clock.monotonic() - begin)
            }
            state.withLock { state in
                state.results[index] = result
                // One that failed makes the others useless.
                if case .failure = result { state.isStopped = true }
            }
        }
    }

    /// Waits for one layer.
    /// - Throws: Why it could not be had, or why another could not.
    func wait(for index: Int) throws -> Result {
        let result = state.wait { state -> Swift.Result<Result, any Error>? in
            if let result = state.results[index] { return result }
            if !state.isStopped { return nil }
            let failures = state.results.values.compactMap { result -> (any Error)? in
                if case .failure(let error) = result, error as? RegistryFailure != .cancelled { error } else { nil }
            }
            return .failure(failures.first ?? RegistryFailure.cancelled)
        }
        guard let result else { throw RegistryFailure.cancelled }
        return try result.get()
    }

    /// Ends what still runs, and waits until nothing does.
    func stop() {
        state.withLock { $0.isStopped = true }
        _ = state.wait { $0.running == 0 ? true : nil }
    }
}
