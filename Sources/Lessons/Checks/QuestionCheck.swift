import DockerCLI
import EngineAPI

extension CheckParser {
    /// What is wrong with a question; `nil` when nothing is.
    static func complaint(_ question: Question) -> String? {
        switch question {
        case .docker(let text):
            if let inner = substitutionComplaint(text) { return inner }
            return readingComplaint(text)
        case .containerFile(let container, let path):
            if container.isEmpty || !path.hasPrefix("/") { return "expected `file CONTAINER:/path`" }
        case .file(let name):
            if name.isEmpty || name.hasPrefix("/") || name.contains("..") {
                return "expected the name of a file in the lesson's directory"
            }
        case .http(let address): if HTTPAddress(address) == nil { return "expected `http localhost:PORT/PATH`" }
        case .machine(let command):
            return command.isEmpty ? "expected a command behind `!`" : substitutionComplaint(command)
        case .node(_, let command):
            return command.isEmpty ? "expected a command behind the node's name" : substitutionComplaint(command)
        case .happened(let kinds, _):
            if kinds.isEmpty { return "expected kinds of steps behind `happened`" }
            for kind in kinds where StepKind(rawValue: kind) == nil { return "there is no kind of step `\(kind)`" }
        case .event, .texts: break
        }
        return nil
    }

    /// What is wrong with the commands in `$(…)`.
    private static func substitutionComplaint(_ text: String) -> String? {
        for command in Substitution.commands(in: text) where command.hasPrefix("docker ") {
            if let complaint = readingComplaint(String(command.dropFirst(7))) { return complaint }
        }
        return nil
    }

    /// A check only reads, and reads what the engine can be asked without leaving a trace.
    private static func readingComplaint(_ text: String) -> String? {
        // What `$(…)` will be is not known yet: any one word.
        let words = WordSplit.words(Substitution.replacing(in: text) { _ in "x" })
        guard let words else { return "a quote is not closed" }
        let verdict = DockerCommandLine.examine(words)
        if let complaint = verdict.complaint { return "docker \(text): \(complaint)" }
        guard let command = verdict.command, readers.contains(command) else {
            return "`docker \(text)` changes something or leaves a trace; a check only reads"
        }
        return nil
    }

    private static let readers: Set<CommandID> = [
        .containerDiff, .containerInspect, .containerLogs, .containerLs, .containerPort, .containerTop, .imageHistory,
        .imageInspect, .imageLs, .networkInspect, .networkLs, .volumeInspect, .volumeLs, .systemDf, .systemInfo,
        .version, .inspect, .search, .nodeLs,
    ]
}
