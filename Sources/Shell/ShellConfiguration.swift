public import DockerCLI
public import EngineClient
public import Lessons
public import Narration

/// What a shell needs to know of the world around it.
public struct ShellConfiguration: Sendable {
    /// Starts an engine if none runs, and connects to a node of its lab. It is called when the engine does not answer
    /// any more, and when the learner goes to another node.
    public typealias Reconnect = @Sendable (_ node: String) throws -> EngineClient
    /// Runs a command of the machine on a node of the lab, and answers its exit code.
    public typealias NodeCommand = @Sendable (_ node: String, _ command: String, _ io: CommandIO) -> Int32

    /// The engine.
    public var client: EngineClient
    /// Starts the engine again.
    public var reconnect: Reconnect
    /// The language of all that the shell and the narration say.
    public var language: Language
    /// `DRYDOCK_HOME`: the history and what the learner has met are kept in its directory `learner`.
    public var home: String
    /// How much is told of each command.
    public var level: NarrationLevel
    /// The lab's Docker host that the shell begins on.
    public var node = "node1"
    /// Whether there is a lab: with an engine that `DOCKER_HOST` names there is none.
    public var hasLab = true
    /// Whether the terminal shows colours and the user wants them.
    public var colours = false
    /// Why the kernel is a simulated one; `nil` when it is the machine's.
    public var simulatedBecause: String?
    /// Whether the lab's engine is root of a user namespace only.
    public var isRootless = false
    /// Prints which features the kernel has, for the word `doctor`.
    public var doctor: (@Sendable (CommandIO) -> Int32)?
    /// Runs one of the program's own commands that the shell takes as they are (`raw …`, `capture …`, `registry …`), as a
    /// process of its own; `nil` where the engine is another one than Drydock's.
    public var ownProgram: (@Sendable (_ words: [String], _ io: CommandIO) -> Int32)?
    /// What lessons need; `nil` where there are none.
    public var lessons: LessonRunner.Configuration?
    /// A line that is run before the first prompt.
    public var firstLine: String?
    /// Runs `@node command`.
    public var onNode: NodeCommand?

    /// A configuration with what has no default.
    public init(
        client: EngineClient, reconnect: @escaping Reconnect, language: Language, home: String, level: NarrationLevel
    ) {
        self.client = client
        self.reconnect = reconnect
        self.language = language
        self.home = home
        self.level = level
    }

    /// A client for `docker -H`: a node of the lab by its name, or any address.
    var makeClient: @Sendable (String) throws -> EngineClient {
        { [reconnect, hasLab] host in
            let isAddress = host.contains { ":/.".contains($0) }
            return hasLab && !isAddress ? try reconnect(host) : try EngineClient(host: host)
        }
    }

    /// Where the learner's own files are.
    var learnerDirectory: String { home + "/learner" }
}
