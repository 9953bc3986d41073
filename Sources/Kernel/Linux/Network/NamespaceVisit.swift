import CLinux
import Glibc
import Posix

/// Work that has to be done by a thread inside another network namespace.
///
/// The thread is made for the visit and ends with it, if it has to enter. So no thread of the engine can ever be left in a foreign
/// namespace, not even when the way back fails: there is no way back.
enum NamespaceVisit {
    /// CLONE_NEWNET (`linux/sched.h`)
    static let newNetwork: Int32 = 0x4000_0000

    /// Runs a body on a thread that has entered a network namespace (`setns(2)`), and waits for it.
    ///
    /// A thread that is inside already runs it itself: entering the machine's namespace takes CAP_SYS_ADMIN in the user
    /// namespace that it belongs to (`setns(2)`), which root of another user namespace does not have.
    static func run<Result>(in namespace: Descriptor, _ body: () throws(SystemError) -> Result)
        throws(SystemError) -> Result
    {
        var (wanted, own) = (stat(), stat())
        try check("looking at a network namespace") { fstat(namespace.number, &wanted) }
        try check("looking at the own network namespace") { stat("/proc/thread-self/ns/net", &own) }
        if wanted.st_ino == own.st_ino { return try body() }
        return try onThread { () throws(SystemError) in
            try check("entering a network namespace") { linux_setns(namespace.number, newNetwork) }
            return try body()
        }
    }

    /// Runs a body on a thread of its own, and waits for it.
    static func onThread<Result>(_ body: () throws(SystemError) -> Result) throws(SystemError) -> Result {
        try withoutActuallyEscaping(body) {
            (escapable: @escaping () throws(SystemError) -> Result) throws(SystemError) in
            let errand = Errand(escapable)
            var thread = pthread_t()
            let code = pthread_create(
                &thread, nil,
                { raw in
                    guard let raw else { return nil }
                    Unmanaged<AnyErrand>.fromOpaque(raw).takeUnretainedValue().run()
                    return nil
                }, Unmanaged<AnyErrand>.passUnretained(errand).toOpaque())
            guard code == 0 else { throw SystemError("starting a thread", code: code) }
            // The join is what makes everything the thread wrote visible here, and keeps `errand` alive until then.
            pthread_join(thread, nil)
            return try withExtendedLifetime(errand) { () throws(SystemError) in
                guard let result = errand.result else { throw SystemError("starting a thread", code: ESRCH) }
                return try result.get()
            }
        }
    }

    private class AnyErrand {
        func run() {}
    }

    private final class Errand<Result>: AnyErrand {
        private let body: () throws(SystemError) -> Result
        private(set) var result: Swift.Result<Result, SystemError>?

        init(_ body: @escaping () throws(SystemError) -> Result) { self.body = body }

        override func run() {
            do throws(SystemError) { result = .success(try body()) } catch { result = .failure(error) }
        }
    }
}
