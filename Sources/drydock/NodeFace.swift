import CLinux
import DockerCLI
import EngineAPI
import EngineClient
import Glibc
import Narration
import Posix
import Shell

/// The face of the lab: its nodes and their cable, and commands of the machine in a node's network: `drydock node exec node1 -- ip addr`, and `@node1 ip addr` in the
/// shell.
struct NodeFace {
    let home: DrydockHome

    /// Runs `drydock node ls`, `add`, `rm`, `link` or `use`.
    /// - Returns: The exit code.
    func run(_ words: [String]) throws -> Int32 {
        let control = EngineControl(home: home)
        if words.first == "use" {
            guard words.count == 2 else { throw UsageProblem("usage: drydock node use NAME") }
            _ = try control.connect(node: words[1])
            try Files.replace(home.nodeChoice, with: Array("\(words[1])\n".utf8), mode: 0o600)
            return 0
        }
        let language = Language.preferred(environment: processEnvironment())
        let commands = LabCommands(client: try control.connect(), current: home.currentNode, language: language)
        let answer = commands.run(words)
        print(answer.text, terminator: "")
        if !answer.complaint.isEmpty { StandardError.write("drydock: \(answer.complaint)\n") }
        return answer.code
    }

    /// Becomes the command, in the node's network namespace (`setns(2)`, `execvp(3)`). Returns only by throwing.
    func execute(_ command: [String], node: String) throws {
        try enter(node)
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { (word: String) in strdup(word) }
        arguments.append(nil)
        execvp(command[0], arguments)
        throw SystemError.last("running \(command[0])")
    }

    /// Enters the network namespace of a node, or, for `cable`, of the cable between the nodes. It changes this thread
    /// only, and is meant for a process that has no other.
    ///
    /// With another engine than the lab's, `node1` is the host that it runs on: its network is the one in which the
    /// engine itself lives.
    func enter(_ node: String) throws {
        if let host = processEnvironment()["DOCKER_HOST"], !host.isEmpty {
            return try enterNetwork(of: EngineClient(host: host), node)
        }
        let isCable = node == "cable"
        let client = try EngineControl(home: home).connect(node: isCable ? "node1" : node)
        let answer = try client.request("GET", isCable ? DrydockAPI.cablePath : DrydockAPI.nodePath).json()
        guard let path = answer["NetworkNamespace"]?.string else {
            throw UsageProblem("\(node) is simulated: it has no network that a command could be run in")
        }
        let namespace = try Descriptor.open(path, O_RDONLY)
        if geteuid() != 0, let engine = EngineControl(home: home).pid {
            // The engine's networks belong to its user namespace, of which whoever made it may become root.
            let owner = try Descriptor.open("/proc/\(engine)/ns/user", O_RDONLY)
            try check("entering the engine's user namespace") { linux_setns(owner.number, CLONE_NEWUSER) }
        }
        try check("entering the network of \(node)") { linux_setns(namespace.number, CLONE_NEWNET) }
    }

    private func enterNetwork(of engine: EngineClient, _ node: String) throws {
        guard node == "node1" || node == ForeignEngine.name(of: engine) else {
            throw UsageProblem("there is no node \(node): DOCKER_HOST names another engine than the lab's")
        }
        guard let path = try engine.networkNamespace else {
            throw UsageProblem("\(engine.host) is another machine: commands can't be run there")
        }
        let namespace = try Descriptor.open(path, O_RDONLY)
        try check("entering the network of \(engine.host)") { linux_setns(namespace.number, CLONE_NEWNET) }
    }

    private var CLONE_NEWNET: Int32 { 0x4000_0000 }
    private var CLONE_NEWUSER: Int32 { 0x1000_0000 }

    /// Runs a line of the machine's shell in the node's network, and waits for it.
    /// - Returns: Its exit code.
    func run(_ line: String, node: String, io: CommandIO) -> Int32 {
        OwnProgram.run(["node", "exec", node, "--", "/bin/sh", "-c", line], io: io)
    }
}
