import DockerCLI
import Glibc
import Lessons
import Narration
import Posix

/// The shell's own words: each takes its arguments and answers a text and an exit code.
extension Shell {
    /// An answer of one of the shell's words.
    struct Answer: Sendable {
        var text = ""
        var complaint = ""
        var code: Int32 = 0

        static func complain(_ text: String, code: Int32 = 1) -> Answer { Answer(complaint: text, code: code) }
    }

    /// All words with what they take, for completion and help.
    static let words: [String: [String]] = [
        "help": [], "exit": [], "quit": [], "narrate": NarrationLevel.allCases.map(\.rawValue) + ["again"], "why": [],
        "evidence": [], "steps": [], "trace": [], "watch": ["steps", "docker"], "alias": [], "unalias": [],
        "record": [], "transcript": [],
        "explain": ["docker", "node"], "step": ["docker"], "glossary": [],
        "language": Language.allCases.map(\.rawValue),
        "lesson": ["list", "start", "restart", "status", "leave"], "next": [], "hint": [], "skip": [], "play": [],
        "check": [], "back": [], "quiz": [], "answer": [], "reset": [],
        "inside": [], "compare": [], "doctor": [],
        "raw": [
            "clone", "unshare", "mount", "umount", "mkdir", "mknod", "symlink", "pivot-root", "chdir", "sethostname",
            "link-up", "capset", "seccomp", "exec", "cgroup", "enter", "pid", "ls", "end",
        ], "clear": [], "history": [], "set": ["keys", "theme"], "cd": [],
        "docker": [], "topology": [], "capture": [], "registry": ["add", "ls", "rm", "serve"],
        "node": ["add", "exec", "link", "ls", "rm", "use"],
    ]

    /// Runs one of the shell's words; `nil` for a word that is none of them.
    func answer(_ words: [String]) -> Answer? {
        guard let word = words.first, Self.words[word] != nil else { return nil }
        let arguments = Array(words.dropFirst())
        switch word {
        case "help": return help(arguments)
        case "exit", "quit": return leave(arguments)
        case "narrate": return narrate(arguments)
        case "why", "evidence": return explainStep(word, arguments)
        case "steps", "trace":
            // They are about the last command, and take none.
            guard arguments.isEmpty else { return .complain(voice.usage(word)) }
            let teller = listener.teller
            return Answer(text: word == "steps" ? teller.steps(listener.records) : teller.trace(listener.records))
        case "alias": return alias(arguments)
        case "unalias": return unalias(arguments)
        case "explain": return explain(arguments)
        case "glossary": return glossary(arguments)
        case "inside": return inside(arguments)
        case "compare": return compare(arguments)
        case "language": return chooseLanguage(arguments)
        case "clear": return Answer(text: "\u{1B}[H\u{1B}[2J")
        case "history": return listHistory(arguments)
        case "set": return set(arguments)
        case "cd": return changeDirectory(arguments)
        default: return nil
        }
    }

    /// The list of all words, or the lines of one of them; Docker's own commands have their own help.
    private func help(_ arguments: [String]) -> Answer {
        let columns = TerminalGuard.columns()
        guard let word = arguments.first else {
            return Answer(text: TextWrapping.list(voice.help, column: 22, columns: columns) + "\n")
        }
        if word == "docker", arguments.count > 1 { return suggest(arguments + ["--help"]) }
        let lines = voice.help(on: LessonRunner.words.contains(word) ? "hint" : word)
        if !lines.isEmpty {
            return Answer(text: TextWrapping.list(lines.joined(separator: "\n"), column: 22, columns: columns) + "\n")
        }
        if Grammar.root.subcommand(word) != nil { return suggest(["docker"] + arguments + ["--help"]) }
        return .complain(
            voice.unknown(word, nearest: Self.nearest(to: word, in: Array(Self.words.keys)).map { "help \($0)" }))
    }

    private func leave(_ arguments: [String]) -> Answer {
        runner.isEnding = true
        return Answer(code: arguments.first.flatMap { Int32($0) } ?? runner.status)
    }

    private func narrate(_ arguments: [String]) -> Answer {
        guard let name = arguments.first else { return Answer(text: voice.level(listener.narrator.level) + "\n") }
        if name == "again" {
            do throws(SystemError) { try listener.narrator.concepts?.removeAll() } catch {
                return .complain(voice.failed("narrate", "\(error)"))
            }
            return Answer(text: voice.forgotten + "\n")
        }
        guard let level = NarrationLevel(rawValue: name) else {
            return .complain(voice.usage("narrate off|brief|full|deep|adaptive|again"))
        }
        listener.narrator.level = level
        return Answer(text: voice.level(level) + "\n")
    }

    private func explainStep(_ word: String, _ arguments: [String]) -> Answer {
        guard arguments.count == 1, let number = Int(arguments[0]) else { return .complain(voice.whichStep(word)) }
        let narrator = listener.teller
        let records = listener.records
        let command = listener.command
        let text =
            word == "why"
            ? narrator.why(number, in: records, command: command)
            : narrator.evidence(number, in: records, command: command)
        return Answer(text: text)
    }

    private func glossary(_ arguments: [String]) -> Answer {
        let language = listener.narrator.language
        let columns = min(TerminalGuard.columns(), 100)
        guard !arguments.isEmpty else { return Answer(text: Glossary.list(in: language, columns: columns)) }
        let term = arguments.joined(separator: " ")
        if let page = Glossary.page(for: term, in: language, columns: columns) { return Answer(text: page) }
        return .complain(voice.noSuchTerm(term, nearest: Glossary.terms(near: term, in: language)))
    }

    private func chooseLanguage(_ arguments: [String]) -> Answer {
        guard let name = arguments.first else { return Answer(text: voice.languageChosen + "\n") }
        guard let language = Language(rawValue: name) else { return .complain(voice.usage("language en|ko")) }
        listener.narrator.language = language
        return Answer(text: voice.languageChosen + "\n")
    }

    private func listHistory(_ arguments: [String]) -> Answer {
        // `history IMAGE` is docker's.
        if arguments == ["-c"] {
            do throws(SystemError) { try history.clear() } catch {
                return .complain(voice.failed("history", "\(error)"))
            }
            editor?.forget()
            return Answer()
        }
        if !arguments.isEmpty { return suggest(["docker", "history"] + arguments) }
        let lines = history.entries.enumerated().map { "\($0.offset + 1)".leftPadded(to: 5) + "  \($0.element)\n" }
        return Answer(text: lines.joined())
    }

    private func changeDirectory(_ arguments: [String]) -> Answer {
        guard let directory = arguments.first ?? getenv("HOME").map({ String(cString: $0) }) else {
            return .complain(voice.usage("cd DIR"))
        }
        if chdir(directory) == 0 { return Answer() }
        return .complain(voice.failed("cd", "\(SystemError.last(directory))"))
    }

    /// Answers a line that was nearly right with the whole of it, ready to run.
    func suggest(_ words: [String]) -> Answer {
        let line = words.map(Self.quoted).joined(separator: " ")
        prefill = line
        return .complain(voice.didYouMean(line), code: 127)
    }

    /// A word that is neither the shell's nor, among others, a program: one helpful line.
    func answerUnknown(_ words: [String]) -> Answer {
        guard let word = words.first else { return Answer() }
        // `drydock topology` is `topology` in here.
        if word == "drydock", words.count > 1, Self.words[words[1]] != nil { return suggest(Array(words.dropFirst())) }
        if Grammar.root.subcommand(word) != nil { return suggest(["docker"] + words) }
        let line = "!" + words.map(Self.quoted).joined(separator: " ")
        if MachineProgram.exists(word, path: environment()["PATH"]) {
            prefill = line
            return .complain(voice.onMachine(word, line), code: 127)
        }
        let known = Array(Self.words.keys) + Grammar.root.subcommands.map { "docker " + $0.name }
        let meant = Self.nearest(to: word, in: known).map { nearest in
            ([nearest] + words.dropFirst().map(Self.quoted)).joined(separator: " ")
        }
        prefill = meant ?? ""
        return .complain(voice.unknown(word, nearest: meant), code: 127)
    }

    /// A text, its lines broken between words where a terminal shows it.
    static func fitted(_ text: String, to output: Int32) -> String {
        guard isatty(output) == 1 else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            TextWrapping.lines(String(line), columns: TerminalGuard.columns()).joined(separator: "\n")
        }.joined(separator: "\n")
    }

    /// Whether a line is meant for docker, although its first word is not `docker`: `dokcer ps`, `exec web ps`.
    static func resemblesDocker(_ line: String) -> Bool {
        let words = line.split(separator: " ").map(String.init)
        guard words.count > 1 else { return false }
        return nearest(to: words[0], in: ["docker"]) != nil || Grammar.root.subcommand(words[0]) != nil
    }

    /// A word as it has to be typed to be one word.
    static func quoted(_ word: String) -> String {
        let plain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./:=@,+%~^{}[]*?".contains($0) }
        if plain && !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// The known word that is one or two letters away from a mistyped one.
    static func nearest(to word: String, in known: [String]) -> String? {
        let ranked = known.map { name in
            (name: name, distance: distance(word, name.hasPrefix("docker ") ? String(name.dropFirst(7)) : name))
        }
        let limit = word.count > 4 ? 2 : 1
        return ranked.filter { $0.distance <= limit }.min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }

    /// How many letters must be changed, added, removed or swapped with their neighbour to make one word the other.
    private static func distance(_ first: String, _ second: String) -> Int {
        let (a, b) = (Array(first), Array(second))
        if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
        var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in 0...a.count { rows[i][0] = i }
        for j in 0...b.count { rows[0][j] = j }
        for i in 1...a.count {
            for j in 1...b.count {
                let change = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                rows[i][j] = min(change, rows[i - 1][j] + 1, rows[i][j - 1] + 1)
                if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                    rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
                }
            }
        }
        return rows[a.count][b.count]
    }
}

extension String {
    fileprivate func leftPadded(to columns: Int) -> String {
        String(repeating: " ", count: max(0, columns - count)) + self
    }
}
