import Glibc
import Posix

/// A thread on which children are cloned, one at a time, and which outlives them.
///
/// The signal that a child asked for with PR_SET_PDEATHSIG comes when the *thread* ends that cloned it (`prctl(2)`), so
/// no thread that may end before them must clone. All signals are blocked here: they are for the program's other threads.
final class CloningThread: Sendable {
    /// What it is to do next; `nil` ends it.
    private let jobs = Monitor<[(@Sendable () -> Void)?]>([])

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
                let next = jobs.wait { queue in queue.isEmpty ? nil : .some(queue.removeFirst()) }
                guard let job = next ?? nil else { return }
                job()
            }
        }
    }

    /// Lets the thread end when it has done all that it was given so far.
    func end() { jobs.withLock { $0.append(nil) } }

    /// Gives the thread something to do, and does not wait for it.
    func queue(_ work: @escaping @Sendable () -> Void) { jobs.withLock { $0.append(work) } }

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
