import Posix

/// Short words that the learner has chosen for longer ones, kept between sessions in a file of one `name=words` a line.
final class Aliases {
    private let path: String
    private(set) var all: [String: String]

    /// The aliases of a file; none if it is missing.
    init(path: String) {
        self.path = path
        let text = (try? Files.text(path)) ?? ""
        all = Dictionary(
            text.split(separator: "\n").compactMap { line in
                line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
            }, uniquingKeysWith: { $1 })
    }

    /// Why a word or its meaning can't be taken.
    enum Refusal: Error, Equatable {
        /// The name is no plain word.
        case name(String)
        /// The meaning is more than one command.
        case meaning(String)
    }

    /// Gives a word a meaning, and keeps it.
    /// - Throws: ``Refusal``, or ``SystemError`` if the file can't be written.
    func set(_ name: String, to meaning: String) throws {
        guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || "_-.".contains($0) }) else {
            throw Refusal.name(name)
        }
        guard Self.words(of: meaning) != nil else { throw Refusal.meaning(meaning) }
        all[name] = meaning
        try save()
    }

    /// Takes a word's meaning away, and keeps that.
    /// - Returns: Whether it had one.
    func remove(_ name: String) throws -> Bool {
        guard all.removeValue(forKey: name) != nil else { return false }
        try save()
        return true
    }

    /// A command with its first word replaced by what it stands for. A word that comes again is itself: `docker` may
    /// stand for `docker -D`.
    func expanded(_ words: [String]) -> [String] {
        var words = words
        var seen: Set<String> = []
        while let name = words.first, let meaning = all[name], seen.insert(name).inserted,
            let longer = Self.words(of: meaning)
        {
            words = longer + words.dropFirst()
        }
        return words
    }

    /// The words of a meaning; `nil` if it is not just one command without variables.
    private static func words(of meaning: String) -> [String]? {
        guard let line = try? CommandLineParser.parse(meaning), line.entries.count == 1,
            case .pipeline(let stages) = line.entries[0].work, stages.count == 1, stages[0].redirections.isEmpty
        else { return nil }
        let words = stages[0].words.map { word in
            word.parts.reduce(into: String?("")) { text, part in
                if case .text(let piece) = part { text = text.map { $0 + piece } } else { text = nil }
            }
        }
        return words.contains { $0 == nil } ? nil : words.compactMap { $0 }
    }

    private func save() throws(SystemError) {
        try Files.makeDirectories(Files.parent(of: path), mode: 0o700)
        let text = all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
        try Files.replace(path, with: Array(text.utf8), mode: 0o600, durable: false)
    }
}

/// The words `alias` and `unalias`.
extension Shell {
    /// `alias`, `alias NAME`, `alias NAME=WORDS`
    func alias(_ arguments: [String]) -> Answer {
        guard let first = arguments.first else {
            let lines = aliases.all.sorted { $0.key < $1.key }.map { "alias \($0.key)=\(Self.quoted($0.value))\n" }
            return Answer(text: lines.joined())
        }
        guard let sign = first.firstIndex(of: "=") else {
            guard let meaning = aliases.all[first] else { return .complain(voice.noAlias(first)) }
            return Answer(text: "alias \(first)=\(Self.quoted(meaning))\n")
        }
        let name = String(first[..<sign])
        let words = [String(first[first.index(after: sign)...])] + arguments.dropFirst()
        do {
            try aliases.set(name, to: words.joined(separator: " "))
            return Answer()
        } catch Aliases.Refusal.name(let name) {
            return .complain(voice.badAliasName(name))
        } catch Aliases.Refusal.meaning(let meaning) {
            return .complain(voice.badAliasMeaning(meaning))
        } catch {
            return .complain(voice.failed("alias", "\(error)"))
        }
    }

    /// `unalias NAME`
    func unalias(_ arguments: [String]) -> Answer {
        guard arguments.count == 1 else { return .complain(voice.usage("unalias NAME")) }
        do {
            return try aliases.remove(arguments[0]) ? Answer() : .complain(voice.noAlias(arguments[0]))
        } catch {
            return .complain(voice.failed("unalias", "\(error)"))
        }
    }
}
