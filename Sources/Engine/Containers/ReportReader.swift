import Glibc
import Kernel
import Posix
import Synchronization

/// What a child's program could not do, in the words of Docker's runtime where it has some.
struct LaunchFailure: Error, Sendable, CustomStringConvertible {
    let operation: SandboxOperation
    let code: Int32
    let text: String

    /// Whether Docker's daemon itself refuses it, before its runtime comes into play.
    var isDaemons: Bool {
        if case .changeDirectory = operation { code == ENOTDIR || code == EEXIST } else { false }
    }

    /// Whether the command asked for is at fault.
    var isUsersMistake: Bool { if case .execute = operation { true } else { false } }

    var description: String {
        switch operation {
        case .execute(_, let arguments, _):
            let command = arguments.first ?? ""
            if (code == ENOENT && !command.contains("/")) || command.isEmpty {
                return "exec: \"\(command)\": executable file not found in $PATH"
            }
            if code == ENOENT { return "exec: \"\(command)\": stat \(command): no such file or directory" }
            return "exec: \"\(command)\": \(Self.reason(code))"
        case .changeDirectory(let path, _) where code == ENOTDIR || code == EEXIST:
            return "Cannot mkdir: \(path) is not a directory"
        case .changeDirectory(let path, _):
            return "mkdir \(path): \(Self.reason(code))"
        case .bind(let source, let target, _, _, _, _):
            return "error mounting \"\(source)\" to rootfs at \"\(target)\": \(Self.reason(code))"
        case .setResourceLimit(let resource, _, _):
            return
                "error setting rlimits for ready process: error setting rlimit type \(resource): \(Self.reason(code))"
        case .setParameter(let path, _): return "write \(path): \(Self.reason(code))"
        default: return "\(operation.shortName)\(text.isEmpty ? "" : " \(text)"): \(Self.reason(code))"
        }
    }

    /// The C library's sentence with a small first letter, as Go writes it.
    static func reason(_ code: Int32) -> String {
        let text = SystemError("", code: code).reason
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}

extension SandboxOperation {
    /// The operation's name without its values.
    var shortName: String {
        let text = "\(self)"
        return String(text.prefix { $0 != "(" })
    }
}

/// Takes a child's reports in the order of its program.
final class ReportReader: Sendable {
    private let process: Late<any SandboxProcess>
    /// Whether the child waits before each operation: then it is let go on for each report that is asked for.
    private let isGated: Bool

    init(process: Late<any SandboxProcess>, isGated: Bool) {
        self.process = process
        self.isGated = isGated
    }

    /// The reports of some operations of a step.
    /// - Throws: ``LaunchFailure`` for the one that failed.
    func reports(_ range: Range<Int>, of step: ChildStep) throws -> [OperationReport] {
        try range.map { index in
            let operation = step.operations[index - range.lowerBound]
            if isGated { try process.value().release() }
            guard let report = try process.value().nextReport() else {
                throw SystemError("waiting for \(operation.shortName) in the child", code: ECHILD)
            }
            if report.errorNumber != 0 {
                throw LaunchFailure(operation: operation, code: report.errorNumber, text: report.text)
            }
            return report
        }
    }

    /// Lets a child that has come to the meeting go on to the last operation.
    func release() throws {
        try process.value().release()
        if isGated { try process.value().release() }
    }

    /// Waits for the last operation, `execve`: no report means that it succeeded.
    func finish(_ step: ChildStep, index: Int) throws {
        guard let report = try process.value().nextReport(), let operation = step.operations.last else { return }
        throw LaunchFailure(operation: operation, code: report.errorNumber, text: report.text)
    }
}
