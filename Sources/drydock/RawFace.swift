import DockerCLI
import EngineAPI
import Glibc
import Kernel
import Posix
import RawCalls

/// `drydock raw …`: the system calls of which a container is made, one at a time, by hand.
///
/// It has to be called before the program has a second thread.
struct RawFace {
    let home: DrydockHome

    static let help = """
        Makes a container by hand: one process, one system call at a time.

          drydock raw clone NAME KIND...      a process in new namespaces (mnt, pid, uts, ipc, net, cgroup)
        \(RawCall.usage.map { "  drydock raw \($0.call) NAME \($0.arguments)\n" }.joined())\
          drydock raw cgroup NAME memory BYTES | pids COUNT
          drydock raw enter NAME COMMAND...   a second process in all of its namespaces
          drydock raw pid NAME                its number on the machine
          drydock raw ls                      those that exist
          drydock raw end [-f] NAME           end it, and with it all that it had; with -f, if there is one

        Each prints the call as one would write it in C, what the kernel answered, and the step of `docker run` in which the
        engine makes it.

        """

    /// Runs `drydock raw WORDS…`.
    /// - Returns: The exit code.
    func run(_ words: [String]) throws -> Int32 {
        guard let verb = words.first, verb != "--help", verb != "-h" else {
            write(Self.help)
            return words.isEmpty ? 1 : 0
        }
        guard geteuid() == 0, home.kernelChoice != "simulated" else {
            throw UsageProblem("raw makes system calls as the machine's root, on the real kernel: it needs both")
        }
        if verb == "ls" {
            for name in try RawContainer.names(home: home.path) {
                let pid = try container(name).process
                write("\(name)\t\(pid.map(String.init) ?? "ended")\n")
            }
            return 0
        }
        if words.starts(with: ["end", "-f"]), words.count == 3 {
            let names = try RawContainer.names(home: home.path)
            if names.contains(words[2]) { try container(words[2]).end() }
            return 0
        }
        let rest = Array(words.dropFirst(2))
        guard words.count > 1 else {
            throw UsageProblem("usage: drydock raw \(verb) NAME ..., see `drydock raw --help`")
        }
        let container = try container(words[1])
        do {
            return try run(verb, container, rest)
        } catch let error as SystemError {
            write("\(error.operation) = -1 \(error.name) (\(error.reason))\n")
            return 1
        }
    }

    private func container(_ name: String) throws -> RawContainer {
        try RawContainer(name, home: home.path, parentCgroup: home.parentCgroup)
    }

    private func run(_ verb: String, _ container: RawContainer, _ words: [String]) throws -> Int32 {
        switch verb {
        case "clone":
            var kinds: [NamespaceKind] = []
            for word in words {
                guard let kind = NamespaceKind(word: word) else {
                    throw RawUsage("there is no namespace of kind \"\(word)\": mnt, pid, uts, ipc, net, cgroup")
                }
                kinds.append(kind)
            }
            let pid = try container.clone(kinds)
            tell("clone(\(RawContainer.flags(kinds)))", result: "\(pid)", step: .processClone)
        case "cgroup":
            for reading in try container.limit(try limit(words)) {
                write("\(reading.path): \(reading.value)\n")
            }
            tell("write", result: nil, step: .cgroupLimit)
        case "enter":
            guard !words.isEmpty else { throw RawUsage("usage: raw enter NAME COMMAND [ARGUMENT...]") }
            return try container.enter(words)
        case "pid":
            guard let pid = container.process else { throw RawUsage("there is no \(container.name)") }
            write("\(pid)\n")
        case "end": try container.end()
        default:
            let call = try RawCall(verb, words)
            try container.ask(verb, words)
            tell(call.text, result: "0", step: call.step)
        }
        return 0
    }

    private func write(_ text: String) { _ = text.withCString { Glibc.write(1, $0, strlen($0)) } }

    private func tell(_ call: String, result: String?, step: StepKind?) {
        if let result { write("\(call) = \(result)\n") }
        if let step { write("| in docker run: \(step.rawValue)\n") }
    }

    private func limit(_ words: [String]) throws -> CgroupLimit {
        guard words.count == 2, let number = Int64(words[1]), number > 0 else {
            throw RawUsage("usage: raw cgroup NAME memory BYTES | pids COUNT")
        }
        switch words[0] {
        case "memory": return .memory(number, swap: number)
        case "pids": return .pids(number)
        default: throw RawUsage("a cgroup's \"\(words[0])\" can't be limited here: memory or pids can")
        }
    }
}
