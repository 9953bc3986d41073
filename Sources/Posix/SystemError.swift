import CLinux
import Glibc

/// A failed system call: what was tried, on what, and the kernel's reason.
///
/// Its text follows the project's form for errors: `opening /a/b: No such file or directory (ENOENT)`.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was being done, as a participle phrase: `writing memory.max`.
    public var operation: String
    /// The value of `errno(3)`.
    public var code: Int32

    /// Records a failure with an explicit error number.
    public init(_ operation: String, code: Int32) {
        self.operation = operation
        self.code = code
    }

    /// Records the failure that the calling thread's `errno` holds now.
    public static func last(_ operation: String) -> SystemError {
        SystemError(operation, code: errno)
    }

    /// The symbolic name of the error number, such as `ENOENT`.
    public var name: String { Self.name(of: code) }

    /// The C library's sentence for the error number, such as `No such file or directory`.
    public var reason: String { String(cString: strerror(code)) }

    /// The whole sentence: operation, reason, symbolic name.
    public var description: String { "\(operation): \(reason) (\(name))" }

    /// The symbolic name of an error number (`errno(3)`); `E<number>` for one without a name.
    public static func name(of code: Int32) -> String {
        guard let name = linux_errno_name(code) else { return "E\(code)" }
        return String(cString: name)
    }
}

/// Runs a system call that answers -1 on failure, again when a signal interrupts it.
///
/// - Parameters:
///   - operation: What is being done, for the error.
///   - call: The call; it must return the C function's result unchanged.
/// - Returns: The result, never negative.
/// - Throws: ``SystemError`` with the call's error number.
@discardableResult
public func check<Result: FixedWidthInteger & SignedInteger>(
    _ operation: @autoclosure () -> String, _ call: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = call()
        if result >= 0 { return result }
        if errno != EINTR { throw SystemError(operation(), code: errno) }
    }
}
