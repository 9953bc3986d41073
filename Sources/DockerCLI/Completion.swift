import EngineAPI
import EngineClient
import OrderedJSON

/// What can follow on a command line.
struct Completion {
    let client: EngineClient

    /// Candidates for the last word, sorted.
    func candidates(_ words: [String]) -> [String] {
        let last = words.last ?? ""
        var command = Grammar.root
        var positional: [String] = []
        var rest = words.dropLast()[...]
        while let word = rest.popFirst() {
            if word.hasPrefix("-"), word.count > 1 {
                if takesValue(word, command) {
                    if rest.isEmpty { return valueCandidates(word, command).filter { $0.hasPrefix(last) } }
                    rest = rest.dropFirst()
                }
            } else if let next = command.subcommand(word), positional.isEmpty {
                command = next
            } else {
                positional.append(word)
            }
        }
        let found: [String]
        if last.hasPrefix("-") {
            found = command.interspersed || positional.isEmpty ? flagNames(command) : []
        } else if !command.subcommands.isEmpty {
            found = positional.isEmpty ? command.subcommands.map(\.name) : []
        } else {
            found = arguments(of: command, after: positional)
        }
        return Array(Set(found.filter { $0.hasPrefix(last) })).sorted()
    }

    private func flagNames(_ command: CommandSpec) -> [String] {
        command.flags.filter { !$0.isHidden }.map { "--\($0.name)" } + ["--help"]
    }

    private func takesValue(_ word: String, _ command: CommandSpec) -> Bool {
        if word.contains("=") { return false }
        let flag =
            word.hasPrefix("--")
            ? command.flag(String(word.dropFirst(2))) : word.last.flatMap { command.flag(short: $0) }
        return flag.map { $0.type != .bool } ?? false
    }

    private func valueCandidates(_ word: String, _ command: CommandSpec) -> [String] {
        switch word.drop(while: { $0 == "-" }) {
        case "network", "net": names("/networks", "Name")
        case "host", "H": command.name == Grammar.root.name ? nodes() : []
        case "volume", "v": volumes().map { "\($0):" }
        case "driver", "d": command.id == .networkCreate ? ["bridge", "macvlan", "ipvlan", "overlay"] : []
        case "format": ["json", "table"]
        case "pull": ["always", "missing", "never"]
        case "restart": ["no", "always", "on-failure", "unless-stopped"]
        case "volumes-from": containers(all: true)
        case "cap-add", "cap-drop":
            ["ALL", "CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_RAW"]
                + ["SETGID", "SETUID", "SYS_ADMIN", "SYS_CHROOT", "SYS_PTRACE", "SYS_TIME"]
        case "log-driver": ["json-file", "local", "none"]
        case "signal", "s": ["KILL", "TERM", "INT", "HUP", "QUIT", "STOP", "CONT", "USR1", "USR2"]
        default: []
        }
    }

    private func arguments(of command: CommandSpec, after positional: [String]) -> [String] {
        guard let id = command.id else { return [] }
        switch id {
        case .containerStart: return containers(all: true, states: ["created", "exited"])
        case .containerUnpause: return containers(all: true, states: ["paused"])
        case .containerRm, .containerInspect, .containerCommit, .containerDiff, .containerExport, .containerLogs,
            .containerRename, .containerRestart, .containerUpdate:
            return containers(all: true)
        case .containerAttach, .containerExec, .containerTop, .containerPort, .containerKill, .containerPause,
            .containerStop, .containerStats, .containerWait:
            return positional.isEmpty || command.arguments != .exactly(1) && id != .containerExec
                ? containers(all: false) : []
        case .containerCp: return containers(all: true).map { "\($0):" }
        case .containerRun, .containerCreate, .imageHistory, .imagePush, .imageTag:
            return positional.isEmpty ? images() : []
        case .imageRm, .imageInspect, .imageSave: return images()
        case .networkInspect, .networkRm: return names("/networks", "Name")
        case .networkConnect, .networkDisconnect:
            return positional.isEmpty ? names("/networks", "Name") : containers(all: true)
        case .volumeInspect, .volumeRm: return volumes()
        case .inspect: return containers(all: true) + images() + names("/networks", "Name") + volumes()
        default: return []
        }
    }

    /// A list from the engine; empty when it doesn't answer, because completion never complains.
    private func list(_ path: String, _ query: [(String, String)] = []) -> JSON {
        do { return try client.request("GET", path, query: query).json() } catch { return .null }
    }

    private func names(_ path: String, _ key: String) -> [String] {
        (list(path).array ?? []).compactMap { $0[key]?.string }
    }

    /// The lab's nodes: `-H` takes their names.
    private func nodes() -> [String] { names(DrydockAPI.nodesPath, "Name") }

    private func volumes() -> [String] { (list("/volumes")["Volumes"]?.array ?? []).compactMap { $0["Name"]?.string } }

    private func containers(all: Bool, states: [String] = []) -> [String] {
        (list("/containers/json", all ? [("all", "1")] : []).array ?? []).filter { container in
            states.isEmpty || states.contains(container["State"]?.string ?? "")
        }.compactMap { $0["Names"]?[0]?.string.map { String($0.drop { $0 == "/" }) } }
    }

    private func images() -> [String] {
        (list("/images/json").array ?? []).flatMap { image in
            (image["RepoTags"]?.array ?? []).compactMap(\.string).filter { $0 != "<none>:<none>" }.flatMap { tag in
                tag.hasSuffix(":latest") ? [String(tag.dropLast(7)), tag] : [tag]
            }
        }
    }
}
