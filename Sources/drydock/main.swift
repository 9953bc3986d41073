import DockerCLI
import Glibc
import Kernel

// Which face was asked for? The engine's comes first: it has to act before any thread exists. `drydock docker` comes
// next, without a detour through option parsing: everything after it belongs to Docker's grammar.
var arguments = Array(CommandLine.arguments.dropFirst())

func fail(_ message: String, code: Int32 = 1) -> Never {
    StandardError.write("drydock: \(message)\n")
    exit(code)
}

// `--host ADDRESS` is `DOCKER_HOST` for this program and all that it starts: the engine is another one than the lab's.
if arguments.first == "--host" || arguments.first == "-H" {
    guard arguments.count > 1, !arguments[1].isEmpty else { fail("flag needs an argument: \(arguments[0])") }
    setenv("DOCKER_HOST", arguments[1], 1)
    arguments.removeFirst(2)
} else if let option = arguments.first, option.hasPrefix("--host=") {
    setenv("DOCKER_HOST", String(option.dropFirst("--host=".count)), 1)
    arguments.removeFirst()
}

do {
    let home = try DrydockHome(environment: processEnvironment())
    if arguments.starts(with: ["engine", "run"]) {
        let ready = arguments.dropFirst(2).starts(with: ["--ready"]) ? arguments.last.flatMap { Int32($0) } : nil
        EngineFace.run(home, ready: ready ?? -1)
    }
    if arguments == ["engine", "clear"] {
        // A part of `engine reset`, which has made sure that no engine runs.
        if geteuid() != 0 { try UserNamespace.enter() }
        try EngineControl(home: home).clear()
        exit(0)
    }
    switch arguments.first {
    case "docker": exit(try DockerFace(home: home).run(Array(arguments.dropFirst())))
    case "explain": exit(try ShellFace(home: home).run(lines: [arguments.map(ShellFace.quoted).joined(separator: " ")]))
    case "node" where arguments.dropFirst().first == "exec":
        // Everything behind the node's name is the command's.
        let words = Array(arguments.dropFirst(2))
        let command = Array(words.dropFirst(words.dropFirst().first == "--" ? 2 : 1))
        guard let node = words.first, !command.isEmpty else {
            fail("usage: drydock node exec NODE -- COMMAND [ARG...]")
        }
        try NodeFace(home: home).execute(command, node: node)
    case "raw": exit(try RawFace(home: home).run(Array(arguments.dropFirst())))
    default: DrydockCommand.main(arguments)
    }
} catch {
    fail("\(error)")
}
