import Glibc

/// A value guarded by a lock, with waiting for it to change (`pthread_mutex_lock(3)`, `pthread_cond_wait(3)`).
public final class Monitor<Value: Sendable>: @unchecked Sendable {
    // Only touched while the mutex is held: that is what makes sharing it safe.
    private var value: Value
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    /// Guards a value.
    public init(_ value: Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Reads or changes the value, and wakes those who wait for a change.
    public func withLock<Result, Failure: Error>(
        _ body: (inout Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return try body(&value)
    }

    /// A copy of the value now.
    public var current: Value {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return value
    }

    /// Waits until a body gives a result, calling it now and after each change.
    ///
    /// - Parameter seconds: How long to wait at most; `nil` waits for ever.
    /// - Returns: The result; `nil` when the time is over.
    public func wait<Result>(seconds: Double? = nil, for body: (inout Value) -> Result?) -> Result? {
        var deadline = timespec()
        if let seconds {
            clock_gettime(CLOCK_MONOTONIC, &deadline)
            let nanoseconds = Double(deadline.tv_nsec) + max(0, seconds.truncatingRemainder(dividingBy: 1)) * 1e9
            deadline.tv_sec += Int(max(0, seconds)) + Int(nanoseconds / 1e9)
            deadline.tv_nsec = Int(nanoseconds.truncatingRemainder(dividingBy: 1e9))
        }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&value) { return result }
            if seconds != nil {
                if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return body(&value) }
            } else {
                pthread_cond_wait(condition, mutex)
            }
        }
    }
}
