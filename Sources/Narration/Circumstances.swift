import EngineAPI
import OrderedJSON

/// What decides, beside the facts of a step, what can be said of it and looked at: the command, and what came after.
public struct Circumstances: Sendable {
    /// The lab's Docker host.
    var node = "node1"
    /// Whether the learner's commands go to another host unless this one is named.
    var isElsewhere = false
    /// The words of the command.
    var command: [String] = []
    /// Programs that some look needs, and that this machine does not have.
    var missingPrograms: Set<String> = []
    /// The containers that have ended since.
    var ended: Set<String> = []
    /// The containers that were removed since.
    var removed: Set<String> = []
    /// The facts of the program that the command started, if it did.
    var execution: Facts?

    /// The command's own word: `run` for `run` and for `container run`.
    var verb: String? { Self.verb(of: command) }

    /// The word that says what a command does: `run` for `run`, for `container run` and for `-H node2 run`.
    /// - Parameter command: The words without `docker`.
    public static func verb(of command: [String]) -> String? {
        var words = command[...]
        while let word = words.first, word.hasPrefix("-") || word == "docker" || word == "container" {
            // What follows `-H` is its value.
            words = words.dropFirst(["-H", "--host", "-l", "--log-level"].contains(word) ? 2 : 1)
        }
        return words.first
    }

    /// Whether the container goes away by itself when it ends.
    var removesAtEnd: Bool { command.contains { $0 == "--rm" || $0 == "--rm=true" } }

    /// Whether somebody waits for the program here; `nil` where the engine's fact says it.
    ///
    /// The engine knows what a container was created for, but a `docker start` attaches only when it is told to.
    var isAttached: Bool? {
        guard verb == "start" else { return nil }
        return command.contains { word in
            ["--attach", "--interactive"].contains(word)
                || word.hasPrefix("-") && !word.hasPrefix("--") && word.contains { "ai".contains($0) }
        }
    }
}

/// A command with which to see a step's result.
struct Look: Sendable, Equatable {
    /// What to type.
    var command: String
    /// The container in which to type it, where that is not the shell.
    var container: String?

    /// The program of the machine that a command needs: the first word behind `!` or `@node`.
    static func program(of command: String) -> String? {
        let words = command.split(separator: " ")
        if command.hasPrefix("!") { return words.first.map { String($0.dropFirst()) } }
        if command.hasPrefix("@") { return words.dropFirst().first.map(String.init) }
        return nil
    }
}

extension NarratedStep {
    /// The commands that show a record's result and can be typed, now or when the command has ended.
    ///
    /// A simulated kernel has nothing for other programs to see. What belongs to a process is gone with it; while a
    /// container has the terminal, one is inside it.
    func looks(of record: StepRecord) -> [Look] {
        ExplanationCatalog.looks(for: record.kind).compactMap { template in
            guard let command = try? template.filled(with: scope(of: record)), !command.isEmpty,
                Look.program(of: command).map({ !circumstances.missingPrograms.contains($0) }) ?? true
            else { return nil }
            return look(LongNumbers.typable(command), of: record).map { named($0, record) }
        }
    }

    /// A look with the node that it is about, where commands go to another.
    private func named(_ look: Look, _ record: StepRecord) -> Look {
        let host = host(of: record)
        guard circumstances.isElsewhere || host != circumstances.node, look.container == nil,
            look.command.hasPrefix("docker "), !look.command.hasPrefix("docker -H ")
        else { return look }
        var look = look
        look.command = "docker -H \(host) " + look.command.dropFirst("docker ".count)
        return look
    }

    private func look(_ command: String, of record: StepRecord) -> Look? {
        let isReal = !command.hasPrefix("!") && !command.hasPrefix("@") && !command.hasPrefix("docker exec")
        if record.isSimulated && !isReal { return nil }
        // The lab's nodes are Drydock's.
        if record.state == .observed && command.hasPrefix("@") { return nil }
        let needsProcess =
            ["docker exec", "docker top", "docker stats"].contains { command.hasPrefix($0) }
            || record.kind != .cgroupRemove
                && ["/proc/", "/sys/fs/cgroup/", "!nsenter "].contains { place in
                    command.hasPrefix("!") && command.contains(place)
                }
            || livesWithProcess(record)
        let needsContainer =
            ["docker logs", "docker diff", "docker inspect"].contains { command.hasPrefix($0) }
            || command.hasPrefix("!ls ") && command.contains("/containers/")
        // The process of an exec that somebody waited for is gone when one can type again; the container is not.
        if isSecond && circumstances.execution?["detached"]?.bool == false && command.contains("/proc/") { return nil }
        let isGone = circumstances.removed.contains(record.object)
        let hasEnded = isGone || circumstances.ended.contains(record.object)
        if needsProcess && hasEnded { return nil }
        let tellsOfRemoval = [.layerDelete, .containerDelete].contains(record.kind)
        if isGone && command == "docker ps -a" && !tellsOfRemoval { return nil }
        if isGone && command.hasPrefix("docker") && command.split(separator: " ").contains(Substring(record.object)) {
            return nil
        }
        if needsContainer && isGone { return nil }
        if needsContainer && circumstances.removesAtEnd && (hasEnded || isForeground) { return nil }
        guard needsProcess && isForeground else { return Look(command: command) }
        let inside = "docker exec \(record.object) "
        if hasTerminal && command.hasPrefix(inside) {
            return Look(command: String(command.dropFirst(inside.count)), container: record.object)
        }
        return nil
    }

    /// Whether a record's result goes when the process ends that the same operation made: its cable, its addresses.
    private func livesWithProcess(_ record: StepRecord) -> Bool {
        let isOfStart = siblings[StepKind.processClone.rawValue] != nil
        return record.kind == .vethCreate
            || isOfStart && [.addressAssign, .portPublish, .neighboursAdd].contains(record.kind)
    }

    /// Whether the shell waits for the container that is being started.
    private var isForeground: Bool {
        guard let execute = circumstances.execution, !isSecond else { return false }
        return circumstances.isAttached ?? (execute["detached"]?.bool == false)
    }

    private var hasTerminal: Bool { circumstances.execution?["terminal"]?.bool == true }
}
