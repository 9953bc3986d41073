import CLinux
import Glibc

/// A thread of its own, for calls that block (`pthread_create(3)`).
public enum Thread {
    /// Starts a thread that ends by itself when its work does.
    ///
    /// - Parameters:
    ///   - name: What `ps -L` shows; the kernel keeps 15 bytes of it.
    ///   - work: What the thread does.
    /// - Throws: ``SystemError`` if the machine has no more threads to give.
    public static func start(_ name: String, _ work: @escaping @Sendable () -> Void) throws(SystemError) {
        let box = Unmanaged.passRetained(ThreadWork(name: name, work: work))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { pointer in
                guard let pointer else { return nil }
                let box = Unmanaged<ThreadWork>.fromOpaque(pointer).takeRetainedValue()
                linux_set_thread_name(String(decoding: box.name.utf8.prefix(15), as: UTF8.self))
                box.work()
                return nil
            }, box.toOpaque())
        if code != 0 {
            box.release()
            throw SystemError("starting thread \(name)", code: code)
        }
    }
}

private final class ThreadWork: Sendable {
    let name: String
    let work: @Sendable () -> Void

    init(name: String, work: @escaping @Sendable () -> Void) {
        self.name = name
        self.work = work
    }
}
