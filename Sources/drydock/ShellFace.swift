import DockerCLI
import EngineClient
import Glibc
import Lessons
import Narration
import Observation
import Posix
import Shell

/// The shell's face: the REPL, or single lines of it.
struct ShellFace {
    let home: DrydockHome
    var level: NarrationLevel = .adaptive
    /// A folder to which progress in lessons is reported.
    var follow: String?

    /// A line that is run before the first prompt.
    var firstLine: String?

    /// Plays a lesson's solutions as if they were typed.
    func demonstrate(_ lesson: String, isAutomatic: Bool, pace: Int) throws -> Int32 {
        DemoPlayer(try configuration(), isAutomatic: isAutomatic, pace: pace).play(lesson)
    }

    /// Runs the REPL until the learner leaves.
    func run() throws -> Int32 { Shell(try configuration()).runInteractive() }

    /// Runs lines as if they were typed, until one fails.
    func run(lines: [String]) throws -> Int32 {
        let shell = Shell(try configuration())
        for line in lines {
            let code = shell.runLine(line)
            if code != 0 { return code }
        }
        return 0
    }

    /// A word as the shell's grammar takes it for one.
    static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "-_./:=,@%+".contains($0) }
        return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }

    private func configuration() throws -> ShellConfiguration {
        let control = EngineControl(home: home)
        let environment = processEnvironment()
        let client: EngineClient
        let host = environment["DOCKER_HOST"].flatMap { $0.isEmpty ? nil : $0 }
        let hasLab = host == nil
        var node = home.currentNode
        if let host {
            client = try EngineClient(host: host, apiVersion: environment["DOCKER_API_VERSION"])
            node = ForeignEngine.name(of: client)
        } else {
            client = try control.connect(node: node)
        }
        var configuration = ShellConfiguration(
            client: client, reconnect: { try hasLab ? control.connect(node: $0) : client },
            language: Language.preferred(environment: environment), home: home.path, level: level)
        configuration.hasLab = hasLab
        configuration.node = node
        configuration.colours = isatty(1) == 1 && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
        configuration.isRootless = hasLab && geteuid() != 0
        configuration.simulatedBecause = hasLab ? KernelChoice.simulatedBecause(home) : nil
        configuration.lessons = LessonRunner.Configuration(
            courseDirectory: try? CourseFolder.find(), learnerDirectory: "\(home.path)/learner",
            program: try Files.linkTarget("/proc/self/exe"), environment: environment,
            features: LessonFeatures.here(home), follow: follow)
        configuration.firstLine = firstLine
        // It may enter a user namespace, from which there is no way back.
        configuration.doctor = { io in OwnProgram.run(["doctor"], io: io) }
        configuration.ownProgram = { words, io in OwnProgram.run(words, io: io) }
        configuration.onNode = { [home] node, command, io in NodeFace(home: home).run(command, node: node, io: io) }
        return configuration
    }
}
