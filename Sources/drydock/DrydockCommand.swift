import ArgumentParser
import DockerCLI
import EngineAPI
import Glibc
import Kernel
import Narration
import Shell

/// The program's own command line; `drydock docker …` and `drydock explain …` are taken before it.
struct DrydockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drydock",
        abstract: "A teaching shell: Docker commands on a real, small container engine, every step explained.",
        discussion: """
            Without a command it starts the shell.

              drydock docker ARGS…          one Docker command, with Docker's output
              drydock explain docker ARGS…  what it would do, nothing performed
              drydock --host ADDRESS …      any of these with another Docker Engine (as DOCKER_HOST does)
            """,
        version: DrydockHome.version,
        subcommands: [
            EngineCommand.self, NodeCommand.self, CaptureCommand.self, TopologyCommand.self, RegistryCommand.self,
            LessonCommand.self, DemoCommand.self, ClassCommand.self, DoctorCommand.self,
        ])

    @Option(name: .customShort("c"), help: "Run a line of the shell, narrated as there (repeatable).")
    var line: [String] = []

    @Option(name: .customLong("narrate"), help: "How much is told: off, brief, full, deep or adaptive.")
    var level: String = NarrationLevel.adaptive.rawValue

    @Option(help: "Report progress in lessons, step by step, to a file in this folder.")
    var follow: String?

    func run() throws {
        let home = try DrydockHome(environment: processEnvironment())
        guard let level = NarrationLevel(rawValue: level) else {
            throw ValidationError("unknown level \"\(level)\"; it can be off, brief, full, deep or adaptive")
        }
        let face = ShellFace(home: home, level: level, follow: follow)
        throw ExitCode(line.isEmpty ? try face.run() : try face.run(lines: line))
    }
}

/// `drydock engine …`
struct EngineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "The engine behind the shell.",
        subcommands: [Start.self, Stop.self, Status.self, Reset.self])

    /// The node that a command is about.
    struct NodeOption: ParsableArguments {
        @Option(help: "The node of the lab.")
        var node: String = "node1"
    }

    struct Start: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Start it, if it does not run, and print its socket.")
        @OptionGroup var node: NodeOption
        func run() throws {
            let home = try DrydockHome(environment: processEnvironment())
            _ = try EngineControl(home: home).connect(node: node.node)
            print(home.socket(node.node))
        }
    }

    struct Stop: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop it, and with it all containers on all nodes.")
        func run() throws { try EngineControl(home: DrydockHome(environment: processEnvironment())).stop() }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print its socket, and what it could not read; exit code 1 when it does not run.")
        @OptionGroup var node: NodeOption
        func run() throws {
            let home = try DrydockHome(environment: processEnvironment())
            let control = EngineControl(home: home)
            guard control.isRunning else {
                StandardError.write("the engine does not run\n")
                throw ExitCode(1)
            }
            _ = try control.connect(node: node.node)
            print(home.socket(node.node))
            for sentence in control.setAsideSentences { StandardError.write("\(sentence)\n") }
        }
    }

    struct Reset: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop it and remove all that it ever made: nodes, containers, images, networks, files.")
        func run() throws { try EngineControl(home: DrydockHome(environment: processEnvironment())).reset() }
    }
}

/// `drydock node …`: `exec` is taken before the option parsing, because everything behind it is the command's.
struct NodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "The lab's Docker hosts, and the cable between them.",
        usage: """
            drydock node ls
            drydock node add NAME...
            drydock node rm [-f] NAME...
            drydock node use NAME
            drydock node link NAME [--up | --down] [--loss 10%] [--rate 1mbit] [--delay 50ms]
            drydock node exec NAME -- COMMAND [ARG...]
            """,
        discussion: """
            `use` chooses the node that `drydock docker` and the shell go to. `link` cuts a node's cable, slows it down \
            or makes it lose frames; what is 0 is as usual. The name `cable` stands for the cable's own network in \
            `exec`.
            """)

    @Argument(parsing: .captureForPassthrough) var words: [String] = []

    func run() throws {
        let home = try DrydockHome(environment: processEnvironment())
        if words.isEmpty || words.contains("--help") || words == ["-h"] { throw CleanExit.helpRequest(self) }
        throw ExitCode(try NodeFace(home: home).run(words))
    }
}

/// `drydock capture`
struct CaptureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "Show what passes on the lab's cable, or on a node: one packet inside another.")

    @Option(help: "The node to listen on, or cable.") var node = "cable"
    @Option(name: .shortAndLong, help: "The interface to listen on; cable0 on the cable, else eth0.")
    var interface: String?
    // -c would be the shell's line, which the program itself takes.
    @Option(name: [.customShort("n"), .long], help: "End after so many packets.") var count: Int?
    @Option(help: "Show only: \(CaptureFace.Filter.allCases.map(\.rawValue).joined(separator: ", ")).")
    var only = CaptureFace.Filter.all.rawValue

    private var filter: CaptureFace.Filter? { CaptureFace.Filter(rawValue: only) }

    func validate() throws {
        if filter == nil {
            let names = CaptureFace.Filter.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("there is no filter \(only); it can be \(names)")
        }
        if let count, count < 1 { throw ValidationError("the count is at least 1") }
    }

    func run() throws {
        let face = CaptureFace(
            home: try DrydockHome(environment: processEnvironment()), node: node,
            interface: interface ?? (node == "cable" ? "cable0" : "eth0"), count: count, filter: filter ?? .all)
        try face.run()
    }
}

/// `drydock topology`
struct TopologyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topology", abstract: "Draw the lab: nodes, bridges, cables, containers, addresses, ports.")

    func run() throws {
        let home = try DrydockHome(environment: processEnvironment())
        let client = try EngineControl(home: home).connect()
        let lab = try client.request("GET", DrydockAPI.topologyPath).json()
        let language = Language.preferred(environment: processEnvironment())
        print(TopologyDrawing(lab, language: language, columns: Terminal.columns(of: 1)).text, terminator: "")
    }
}

/// `drydock doctor`
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Which kernel features are here, and what that means.")

    @Flag(help: "As JSON.") var json = false

    func run() throws {
        let home = try DrydockHome(environment: processEnvironment())
        throw ExitCode(Doctor(home: home).run(asJSON: json, io: CommandIO()))
    }
}
