import Glibc
import Posix

/// A small imitation of `sh`: commands one after the other, variables, quotes, `&&`, `||`, `;`, `&`, `trap` and `wait`.
/// What it can't do it says, and does not guess.
struct SimulatedShell {
    private var command: SimulatedCommand
    private var variables: [String: String] = [:]
    private var positional: [String] = ["sh"]
    private var status: Int32 = 0
    private var backgroundNumber: Int32 = 100
    private var lastBackground: Background?
    private var traps: [Int32: String] = [:]
    private var exitStatus: Int32?

    /// A command that was sent to the background: it is not run, only its end is known.
    private struct Background {
        var milliseconds: Int?
    }

    /// Signals by the names that `trap` takes.
    private static let signals: [String: Int32] = [
        "TERM": SIGTERM, "INT": SIGINT, "QUIT": SIGQUIT, "HUP": SIGHUP, "USR1": SIGUSR1, "USR2": SIGUSR2,
    ]

    init(command: SimulatedCommand) {
        self.command = command
        for pair in command.environment {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
        }
    }

    private var streams: SimulatedOutput { command.streams }

    /// Runs as `sh` with these arguments.
    mutating func run(_ arguments: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        var arguments = arguments
        while let first = arguments.first, first.hasPrefix("-"), first != "-c" && first != "-ec" && first != "-lc" {
            arguments.removeFirst()
        }
        if arguments.first?.hasSuffix("c") == true && arguments.first?.hasPrefix("-") == true {
            guard arguments.count > 1 else {
                try streams.complain("sh: -c requires an argument\n")
                return 2
            }
            positional = arguments.count > 2 ? Array(arguments[2...]) : ["sh"]
            return try runText(arguments[1])
        }
        if let path = arguments.first {
            do throws(SystemError) {
                let bytes = try SimulatedRoot(command.root).read(command.absolute(path))
                return (try? runScript(String(decoding: bytes, as: UTF8.self), arguments: arguments)) ?? 127
            } catch {
                try streams.complain("sh: can't open '\(path)': \(error.reason)\n")
                return 127
            }
        }
        return try interact()
    }

    /// Runs a script's text.
    mutating func runScript(_ text: String, arguments: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        positional = arguments
        return try runText(text)
    }

    private mutating func runText(_ text: String) throws(SimulatedProcess.Killed) -> Int32 {
        for line in text.split(separator: "\n") where exitStatus == nil {
            try runLine(String(line))
        }
        return exitStatus ?? status
    }

    private mutating func interact() throws(SimulatedProcess.Killed) -> Int32 {
        while exitStatus == nil {
            if streams.hasTerminal { try streams.write(prompt) }
            switch try streams.readLine() {
            case .text(let line): try runLine(line)
            case .interrupted:
                status = 130
                try streams.write("\n")
            case .signal: try runTraps()
            case .end: return status
            }
        }
        return exitStatus ?? status
    }

    private var prompt: String {
        let place = command.directory == variables["HOME"] ? "~" : command.directory
        return "\(place) # "
    }

    // MARK: A line

    /// A piece of a line between `;`, `&&`, `||` and `&`.
    private struct Piece {
        var words: [String] = []
        /// What stood before it.
        var condition = ";"
        var isBackground = false
    }

    private mutating func runLine(_ line: String) throws(SimulatedProcess.Killed) {
        switch split(line) {
        case .failure(let complaint):
            try streams.complain("sh: this kernel is simulated: \(complaint.text)\n")
            status = 2
            if !streams.hasTerminal { exitStatus = 2 }
        case .success(let pieces):
            for piece in pieces where exitStatus == nil && !piece.words.isEmpty {
                if piece.condition == "&&" && status != 0 || piece.condition == "||" && status == 0 { continue }
                let words = piece.words.map(expanded)
                if piece.isBackground {
                    try runInBackground(words)
                } else {
                    status = try run(words: words)
                }
                try runTraps()
            }
        }
    }

    private struct Complaint: Error {
        var text: String
    }

    /// Splits a line into pieces and words. Variables are left in the words, marked; quotes are gone.
    private func split(_ line: String) -> Result<[Piece], Complaint> {
        var pieces = [Piece()]
        var word = ""
        var hasWord = false
        var quote: Character?
        var rest = line[...]
        func complaint(_ what: String) -> Result<[Piece], Complaint> {
            .failure(Complaint(text: "its shell can't do \(what)"))
        }
        func endWord() {
            if hasWord { pieces[pieces.count - 1].words.append(word) }
            word = ""
            hasWord = false
        }
        while let character = rest.popFirst() {
            if let open = quote {
                if character == open {
                    quote = nil
                } else if character == "$" && open == "'" {
                    word.append("\u{1}")
                } else if character == "`" && open == "\"" {
                    return complaint("`…`")
                } else if character == "$" && rest.first == "(" {
                    return complaint("$(…)")
                } else {
                    word.append(character)
                }
                continue
            }
            switch character {
            case "'", "\"":
                quote = character
                hasWord = true
            case "\\":
                if let next = rest.popFirst() { word.append(next == "$" ? "\u{1}" : next) }
                hasWord = true
            case " ", "\t", "\r": endWord()
            case "#" where !hasWord: rest = ""
            case ";":
                endWord()
                pieces.append(Piece())
            case "&", "|":
                endWord()
                if rest.first == character {
                    rest.removeFirst()
                    pieces.append(Piece(condition: "\(character)\(character)"))
                } else if character == "&" {
                    pieces[pieces.count - 1].isBackground = true
                    pieces.append(Piece())
                } else {
                    return complaint("pipes")
                }
            case ">", "<": return complaint("redirection")
            case "`": return complaint("`…`")
            case "(", ")": return complaint("groups of commands")
            case "{" where !hasWord: return complaint("groups of commands")
            case "$" where rest.first == "(": return complaint("$(…)")
            default:
                word.append(character)
                hasWord = true
            }
        }
        if quote != nil { return complaint("lines with an open quote") }
        endWord()
        let keywords: Set<String> = [
            "while", "for", "if", "until", "case", "do", "done", "then", "fi", "else", "function",
        ]
        if let keyword = pieces.compactMap(\.words.first).first(where: { keywords.contains($0) }) {
            return complaint("\(keyword)")
        }
        return .success(pieces)
    }

    /// Puts in the values of variables.
    private func expanded(_ word: String) -> String {
        var result = ""
        var rest = word[...]
        while let character = rest.popFirst() {
            if character == "\u{1}" {
                result.append("$")
                continue
            }
            guard character == "$", let next = rest.first else {
                result.append(character)
                continue
            }
            if next == "{", let close = rest.firstIndex(of: "}") {
                let inside = rest[rest.index(after: rest.startIndex)..<close]
                rest = rest[rest.index(after: close)...]
                let parts = inside.split(separator: ":", maxSplits: 1)
                let value = value(String(parts.first ?? ""))
                result += value.isEmpty && parts.count > 1 ? String(parts[1].dropFirst()) : value
            } else if next.isLetter || next == "_" {
                let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                rest = rest.dropFirst(name.count)
                result += value(String(name))
            } else if "?$!#@*0123456789".contains(next) {
                rest.removeFirst()
                result += value(String(next))
            } else {
                result.append(character)
            }
        }
        return result
    }

    private func value(_ name: String) -> String {
        switch name {
        case "?": return "\(status)"
        case "$":
            let number = command.machine.world.withLock { $0.tasks[command.process.pid]?.ownNumber }
            return "\(number ?? 1)"
        case "!": return lastBackground == nil ? "" : "\(backgroundNumber)"
        case "#": return "\(positional.count - 1)"
        case "@", "*": return positional.dropFirst().joined(separator: " ")
        default:
            if let index = Int(name) { return positional.indices.contains(index) ? positional[index] : "" }
            return variables[name] ?? ""
        }
    }

    // MARK: Commands

    private mutating func run(words: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        guard let name = words.first else { return 0 }
        if let equals = name.firstIndex(of: "="), words.count == 1,
            name[..<equals].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
        {
            set(String(name[..<equals]), String(name[name.index(after: equals)...]))
            return 0
        }
        switch name {
        case ":": return 0
        case "exit", "logout":
            exitStatus = words.count > 1 ? Int32(words[1]).map { $0 & 0xFF } ?? 2 : status
            return exitStatus ?? 0
        case "cd": return try changeDirectory(words.count > 1 ? words[1] : variables["HOME"] ?? "/")
        case "export", "readonly", "local":
            for word in words.dropFirst() {
                if let equals = word.firstIndex(of: "=") {
                    set(String(word[..<equals]), String(word[word.index(after: equals)...]))
                    command.environment.removeAll { $0.hasPrefix(word[...equals]) }
                    command.environment.append(word)
                }
            }
            return 0
        case "set", "unset", "umask", "clear", "kill": return 0
        case "trap":
            let numbers = words.dropFirst(2).compactMap { Self.signals[$0] ?? Int32($0) }
            for number in numbers { traps[number] = words[1] }
            command.process.handle(Set(numbers))
            return 0
        case "wait": return try waitForBackground()
        case "exec":
            exitStatus = try run(words: Array(words.dropFirst()))
            return exitStatus ?? 0
        default: return try runProgram(words)
        }
    }

    private mutating func set(_ name: String, _ value: String) {
        variables[name] = value
        if let index = command.environment.firstIndex(where: { $0.hasPrefix("\(name)=") }) {
            command.environment[index] = "\(name)=\(value)"
        }
    }

    private mutating func changeDirectory(_ path: String) throws(SimulatedProcess.Killed) -> Int32 {
        do throws(SystemError) {
            let found = try SimulatedRoot(command.root).find(command.absolute(path))
            guard found.type == "d" else { throw SystemError("", code: ENOTDIR) }
            command.directory = found.path
            return 0
        } catch {
            try streams.complain("sh: cd: can't cd to \(path): \(error.reason)\n")
            return 1
        }
    }

    /// Looks for a program as a shell does: in the directories of PATH, in the container's own files.
    private mutating func runProgram(_ words: [String]) throws(SimulatedProcess.Killed) -> Int32 {
        let root = SimulatedRoot(command.root)
        let directories = (variables["PATH"] ?? "/usr/sbin:/usr/bin:/sbin:/bin").split(separator: ":")
        let paths = words[0].contains("/") ? [command.absolute(words[0])] : directories.map { "\($0)/\(words[0])" }
        for path in paths {
            guard let found = try? root.find(path) else { continue }
            guard found.type == "-", found.mode & 0o111 != 0 else {
                try streams.complain("sh: \(words[0]): Permission denied\n")
                return 126
            }
            // As an applet it is known by the name it was called by, as a file by its own.
            var inner = command
            return try inner.run(words, executable: path)
        }
        try streams.complain("sh: \(words[0]): not found\n")
        return 127
    }

    private mutating func runInBackground(_ words: [String]) throws(SimulatedProcess.Killed) {
        let name = words.first.map(SimulatedCommand.base) ?? ""
        guard name == "sleep" || name == "httpd" else {
            try streams.complain("sh: this kernel is simulated: its shell can't run \(name) in the background\n")
            status = 2
            return
        }
        backgroundNumber += 1
        let seconds = name == "sleep" && words.count > 1 ? Double(words[1]) : nil
        lastBackground = Background(milliseconds: seconds.map { Int($0 * 1_000) })
        status = 0
    }

    private mutating func waitForBackground() throws(SimulatedProcess.Killed) -> Int32 {
        guard let background = lastBackground else { return 0 }
        switch try streams.rest(milliseconds: background.milliseconds) {
        case .over:
            lastBackground = nil
            return 0
        case .interrupted: return 130
        case .signal: return 143
        }
    }

    /// Runs what was trapped for signals that have come.
    private mutating func runTraps() throws(SimulatedProcess.Killed) {
        while exitStatus == nil, let signal = command.process.takeSignal() {
            guard let action = traps[signal] else { continue }
            try runLine(action)
        }
    }
}
