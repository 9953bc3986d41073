import Glibc
import Posix

/// A thread that never ends and on which children are cloned, one at a time.
///
/// The signal that a child asked for with PR_SET_PDEATHSIG comes when the *thread* ends that cloned it (`prctl(2)`), so
/// no thread that may end must clone. All signals are blocked here: they are for the program's other threads.
final class CloningThread: Sendable {
    private let jobs = Monitor<[@Sendable () -> Void]>([])

    /// Starts the thread.
    ///
    /// - Parameter name: What `ps -L` shows.
    init(_ name: String) throws(SystemError) {
        let jobs = self.jobs
        try Thread.start(name) {
            var all = sigset_t()
            sigfillset(&all)
            pthread_sigmask(SIG_SETMASK, &all, nil)
            while true {
                let job = jobs.wait { queue in queue.isEmpty ? nil : queue.removeFirst() }
                job?()
            }
        }
    }

    /// Runs a body on the thread, and waits for its result.
    func run<Success: Sendable>(
        _ body: @escaping @Sendable () throws(SystemError) -> Success
    ) throws(SystemError) -> Success {
        let outcome = Monitor<Result<Success, SystemError>?>(nil)
        jobs.withLock { queue in
            queue.append {
                let result: Result<Success, SystemError>
                do throws(SystemError) { result = .success(try body()) } catch { result = .failure(error) }
                outcome.withLock { $0 = result }
            }
        }
        guard let result = outcome.wait(for: { $0 }) else { throw SystemError("waiting for a clone", code: EINTR) }
        return try result.get()
    }
}
