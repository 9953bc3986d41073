import DockerCLI
import EngineClient
import Narration
import Posix

/// Says what can follow on a line of the shell: its words, docker's commands and names, files.
struct ShellCompleter {
    let client: () -> EngineClient
    /// The language in which terms are offered before the first letter.
    var language: () -> Language = { .en }
    /// The ids of the lessons that can be opened.
    var lessons: () -> [String] = { [] }
    /// The words that the learner has made.
    var aliases: () -> [String] = { [] }

    /// What can follow the text before the cursor.
    func complete(_ text: String) -> LineEditor.Completion {
        let (words, last) = Self.words(text)
        guard let first = words.first else {
            if last.hasPrefix("!") {
                return LineEditor.Completion(word: last, candidates: [])
            }
            if last.hasPrefix("@") {
                let nodes = docker(["-H"], "").candidates
                return completion((nodes + ["cable"]).map { "@\($0)" }, last)
            }
            let own = Set(Shell.words.keys).union(aliases()).filter { $0.hasPrefix(last) }.sorted()
            return LineEditor.Completion(word: last, candidates: own)
        }
        switch first {
        case "docker": return docker(Array(words.dropFirst()), last)
        case "explain" where words.count > 1 && words[1] == "docker", "step" where words.count > 1:
            return docker(Array(words.dropFirst(2)), last)
        case "inside" where words.count == 1, "compare" where words.count < 3:
            return docker(["container", "inspect"], last)
        case "glossary": return term(Array(words.dropFirst()), last)
        case "lesson" where words.count == 2 && ["start", "restart"].contains(words[1]):
            return completion(lessons(), last)
        case "node" where words.count == 2 && ["exec", "link", "rm", "use"].contains(words[1]):
            return docker(["-H"], last)
        case "set" where words.count == 2:
            switch words[1] {
            case "theme": return completion(Theme.allCases.map(\.rawValue), last)
            case "keys": return completion(LineEditor.Keys.allCases.map(\.rawValue), last)
            default: return completion([], last)
            }
        case "unalias": return completion(aliases(), last)
        case "watch" where words.count > 1 && words[1] == "docker": return docker(Array(words.dropFirst(2)), last)
        default:
            let arguments = Shell.words[first] ?? []
            return arguments.isEmpty ? files(last) : completion(words.count == 1 ? arguments : [], last)
        }
    }

    private func docker(_ words: [String], _ last: String) -> LineEditor.Completion {
        let docker = DockerCommandLine(
            client: client(), io: CommandIO(), observer: nil, hints: false, columns: { TerminalGuard.columns() })
        let found = docker.completions(words + [last])
        return found.isEmpty ? files(last) : LineEditor.Completion(word: last, candidates: found)
    }

    /// Terms of the glossary, in any language. Some are several words: what is typed of them already is not typed again.
    private func term(_ words: [String], _ last: String) -> LineEditor.Completion {
        let typed = words.map { $0 + " " }.joined()
        var names = Glossary.names(in: language())
        if !last.isEmpty || !typed.isEmpty {
            for other in Language.allCases where other != language() { names += Glossary.names(in: other) }
        }
        let rest = Set(names).filter { $0.hasPrefix(typed) }.map { name in
            name.dropFirst(typed.count).split(separator: " ").map { Self.escaped(String($0)) }.joined(separator: " ")
        }
        return completion(rest, Self.escaped(last))
    }

    private func completion(_ all: [String], _ last: String) -> LineEditor.Completion {
        LineEditor.Completion(word: last, candidates: all.filter { $0.hasPrefix(last) }.sorted())
    }

    /// Files whose names begin like the word; a directory ends in a slash, and more can follow.
    private func files(_ last: String) -> LineEditor.Completion {
        let slash = last.lastIndex(of: "/")
        let directory = slash.map { String(last[...$0]) } ?? ""
        let beginning = slash.map { String(last[last.index(after: $0)...]) } ?? last
        guard let entries = try? Files.list(directory.isEmpty ? "." : directory) else {
            return LineEditor.Completion(word: last)
        }
        let found = entries.filter { entry in
            entry.name.hasPrefix(beginning) && (!entry.name.hasPrefix(".") || beginning.hasPrefix("."))
        }
        let isFinal = !(found.count == 1 && found[0].isDirectory)
        let candidates = found.map { directory + Self.escaped($0.name) + ($0.isDirectory ? "/" : "") }
        return LineEditor.Completion(word: last, candidates: candidates, isFinal: isFinal)
    }

    private static func escaped(_ name: String) -> String {
        name.reduce(into: "") { $0 += " '\"\\$|;&<>()#".contains($1) ? "\\" + String($1) : String($1) }
    }

    /// The words of the command that is being typed, and the unfinished last one as it was typed.
    static func words(_ text: String) -> (complete: [String], last: String) {
        var words: [String] = []
        var word = ""
        var hasWord = false
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                word.append(character)
                isEscaped = false
            } else if let open = quote {
                if character == open { quote = nil } else { word.append(character) }
            } else if character == "\\" {
                isEscaped = true
                hasWord = true
            } else if character == "'" || character == "\"" {
                quote = character
                hasWord = true
            } else if ";|&(".contains(character) {
                words = []
                word = ""
                hasWord = false
            } else if character == " " || character == "\t" {
                if hasWord { words.append(word) }
                word = ""
                hasWord = false
            } else {
                word.append(character)
                hasWord = true
            }
        }
        return (words, word)
    }
}
