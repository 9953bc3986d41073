import DockerCLI
import Glibc
import Lessons
import Posix
import Synchronization

/// Runs lines: pipelines of commands that the shell does itself and of the machine's programs.
final class LineRunner {
    /// A command of a pipeline, ready to run.
    enum Command {
        /// A program of the machine.
        case program
        /// One that runs in this process, docker's included, on the descriptors it is given. It may run on another
        /// thread, beside others.
        case own(@Sendable (CommandIO) -> Int32)
    }

    /// What the shell does itself.
    protocol Commands: AnyObject {
        /// Finds a command.
        /// - Parameter isAlone: Whether it is the whole pipeline; among others an unknown word is a program's name.
        func command(_ words: [String], isAlone: Bool) -> Command
        /// Runs `@node command`.
        func run(on node: String, _ command: String, io: CommandIO) -> Int32
    }

    private unowned let commands: any Commands
    private let environment: () -> [String: String]
    /// `$?`
    private(set) var status: Int32 = 0
    /// Whether the shell is to end: nothing that is left of the line runs.
    var isEnding = false

    init(_ commands: any Commands, environment: @escaping () -> [String: String]) {
        self.commands = commands
        self.environment = environment
    }

    /// Notes the exit code of a line that could not be run.
    func fail(_ code: Int32) { status = code }

    /// Runs a line.
    /// - Returns: The exit code of its last command.
    @discardableResult
    func run(_ line: CommandLineSyntax, io: CommandIO = CommandIO()) -> Int32 {
        for entry in line.entries where !isEnding {
            switch entry.condition {
            case .always: break
            case .afterSuccess: if status != 0 { continue }
            case .afterFailure: if status == 0 { continue }
            }
            switch entry.work {
            case .pipeline(let stages): status = run(stages, io)
            case .machine(let command):
                let filled = filledForMachine(command, io)
                status = attempt(io) { () throws(SystemError) in try MachineProgram.runShell(filled, io: io) }
            case .node(let node, let command): status = commands.run(on: node, filledForMachine(command, io), io: io)
            }
        }
        return status
    }

    /// A line of the machine's shell in which `$(docker …)` was filled in: that is this shell's docker, on this engine,
    /// and the machine may have none. All other substitutions are the machine's.
    private func filledForMachine(_ command: String, _ io: CommandIO) -> String {
        var result = ""
        var rest = command[...]
        while let begin = rest.firstRange(of: "$(docker "),
            let end = Substitution.closingParenthesis(rest, from: begin.upperBound)
        {
            let inner = String(rest[begin.lowerBound...].dropFirst(2).prefix(upTo: end))
            guard let line = try? CommandLineParser.parse(inner) else { break }
            var value = output(of: line, io)
            while value.hasSuffix("\n") { value.removeLast() }
            result += rest[..<begin.lowerBound] + value
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    /// Says why something could not be run, as a shell does: exit code 127 for what does not exist, 126 otherwise.
    private func attempt(_ io: CommandIO, _ work: () throws(SystemError) -> Int32) -> Int32 {
        do throws(SystemError) { return try work() } catch {
            Self.write("\(error)\n", to: io.errorOutput)
            return error.code == ENOENT ? 127 : 126
        }
    }

    // MARK: Pipelines

    private struct Prepared {
        var words: [String]
        var io: CommandIO
        var ends: Ends
    }

    /// Files and pipe ends that only one command needs. Who reads from the other end of a pipe waits until they are
    /// closed.
    private final class Ends: Sendable {
        private let open = Mutex<[Descriptor]>([])
        func add(_ descriptor: Descriptor) { open.withLock { $0.append(descriptor) } }
        func close() { open.withLock { $0.removeAll() } }
    }

    private func run(_ stages: [CommandLineSyntax.Stage], _ io: CommandIO) -> Int32 {
        attempt(io) { () throws(SystemError) in
            var prepared: [Prepared] = []
            var input: Descriptor?
            for (place, stage) in stages.enumerated() {
                var own = Prepared(words: [], io: io, ends: Ends())
                if let input {
                    own.io.input = input.number
                    own.ends.add(input)
                }
                input = nil
                if place < stages.count - 1 {
                    let pipe = try Descriptor.pipe()
                    own.io.output = pipe.write.number
                    own.ends.add(pipe.write)
                    input = pipe.read
                }
                let expansion = WordExpansion(
                    environment: environment(), status: status, substitute: { [unowned self] in output(of: $0, io) })
                own.words = expansion.words(stage.words)
                try redirect(&own, stage.redirections, expansion)
                prepared.append(own)
            }
            return try start(prepared)
        }
    }

    private func redirect(
        _ prepared: inout Prepared, _ redirections: [CommandLineSyntax.Redirection], _ expansion: WordExpansion
    ) throws(SystemError) {
        for redirection in redirections {
            let source: Int32
            switch redirection.target {
            case .duplicate(let number): source = prepared.io[number]
            case .read(let word): source = try open(expansion.text(word), O_RDONLY, &prepared)
            case .write(let word):
                source = try open(expansion.text(word), O_WRONLY | O_CREAT | O_TRUNC, &prepared)
            case .append(let word):
                source = try open(expansion.text(word), O_WRONLY | O_CREAT | O_APPEND, &prepared)
            }
            prepared.io[redirection.descriptor] = source
        }
    }

    private func open(_ path: String, _ flags: Int32, _ prepared: inout Prepared) throws(SystemError) -> Int32 {
        let file = try Descriptor.open(path, flags)
        prepared.ends.add(file)
        return file.number
    }

    /// Starts the machine's programs, runs the shell's own commands, and waits for all.
    private func start(_ stages: [Prepared]) throws(SystemError) -> Int32 {
        var codes = [Int32](repeating: 0, count: stages.count)
        var children: [(place: Int, pid: pid_t)] = []
        var own: [(place: Int, stage: Prepared, run: @Sendable (CommandIO) -> Int32)] = []
        for (place, stage) in stages.enumerated() {
            // A word that became nothing, such as an empty `$(…)`, runs nothing.
            guard !stage.words.isEmpty else {
                stage.ends.close()
                continue
            }
            switch commands.command(stage.words, isAlone: stages.count == 1) {
            case .own(let run): own.append((place, stage, run))
            case .program:
                codes[place] = attempt(stage.io) { () throws(SystemError) in
                    children.append((place, try MachineProgram.start(stage.words, io: stage.io)))
                    return 0
                }
                stage.ends.close()
            }
        }
        // All but the last run on threads of their own; each thread holds a pipe's end for as long as it works.
        var working: [Descriptor] = []
        for (_, stage, run) in own.dropLast() {
            let pipe = try Descriptor.pipe()
            working.append(pipe.read)
            let isWorking = pipe.write
            try Thread.start("pipeline") {
                _ = run(stage.io)
                stage.ends.close()
                withExtendedLifetime(isWorking) {}
            }
        }
        if let last = own.last {
            codes[last.place] = last.run(last.stage.io)
            last.stage.ends.close()
        }
        for pipe in working { _ = try pipe.readToEnd() }
        for (place, pid) in children { codes[place] = MachineProgram.wait(for: pid) }
        return codes.last ?? 0
    }

    /// What a line prints to its output, through a file without a name: a pipe would be full at 64 KiB.
    private func output(of line: CommandLineSyntax, _ io: CommandIO) -> String {
        do throws(SystemError) {
            var template = Array("/tmp/drydock-output-XXXXXX".utf8CString)
            let file = Descriptor(owning: try check("making a temporary file") { mkstemp(&template) })
            try check("setting a descriptor's flags") { fcntl(file.number, F_SETFD, FD_CLOEXEC) }
            unlink(template)
            var inner = io
            inner.output = file.number
            run(line, io: inner)
            try check("reading a command's output") { Int(lseek(file.number, 0, SEEK_SET)) }
            return String(decoding: try file.readToEnd(), as: UTF8.self)
        } catch {
            Self.write("\(error)\n", to: io.errorOutput)
            status = 1
            return ""
        }
    }

    /// Writes a text where nobody is told if it can't be written: a closed pipe ends a program by itself.
    static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&wait, 1, -1)
            } else if errno != EINTR {
                return
            }
        }
    }
}

extension CommandIO {
    /// The descriptor that a command sees as 0, 1 or 2.
    fileprivate subscript(number: Int32) -> Int32 {
        get { number == 0 ? input : number == 1 ? output : errorOutput }
        set {
            switch number {
            case 0: input = newValue
            case 1: output = newValue
            default: errorOutput = newValue
            }
        }
    }
}
