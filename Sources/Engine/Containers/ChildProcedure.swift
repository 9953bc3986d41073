import EngineAPI
import Kernel
import OrderedJSON
import Posix
import Steps

/// Turns what a child does on its own into steps: each is performed by waiting for the child's reports, and its
/// evidence is read while the child waits before `execve`.
struct ChildProcedure: Sendable {
    let process: any SandboxProcess
    let reader: ReportReader

    /// The steps.
    ///
    /// - Parameter execute: Performs the last one: the meeting with the engine, and `execve`.
    func steps(
        _ children: [ChildStep],
        execute: @escaping @Sendable (ChildStep, Range<Int>, ReportReader) throws -> StepOutcome
    ) -> [Step] {
        var first = 0
        return children.map { child in
            let range = first..<first + child.operations.count
            first = range.upperBound
            return Step(child.kind, command: child.command, facts: child.facts) { [process, reader] in
                if child.kind == .processExecute { return try execute(child, range, reader) }
                let reports = try reader.reports(range, of: child)
                let read = zip(child.operations, reports).compactMap { operation, report -> Evidence? in
                    guard case .readBack(let path) = operation else { return nil }
                    return Evidence(source: path, text: report.text.trimmedLine)
                }
                return StepOutcome(
                    evidence: read + (try child.evidence(process)),
                    duration: reports.reduce(0) { $0 + Int64($1.nanoseconds) },
                    calls: Self.calls(of: child.operations, reports))
            }
        }
    }

    /// What a child's reports say of the calls that it made.
    static func calls(
        of operations: some Sequence<SandboxOperation>, _ reports: [OperationReport]
    ) -> [SystemCall] {
        zip(operations, reports).filter { !$0.0.calls.isEmpty }.map { operation, report in
            SystemCall(
                text: operation.calls.joined(separator: "; "),
                errnoName: report.errorNumber == 0 ? nil : SystemError("", code: report.errorNumber).name,
                duration: Int64(report.nanoseconds))
        }
    }
}

extension String {
    /// Without white space at the end.
    var trimmedLine: String {
        var text = Substring(self)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
