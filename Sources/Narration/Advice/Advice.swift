public import EngineAPI
import OrderedJSON

/// A command that failed, and what was said of it.
public struct FailedCommand: Sendable, Equatable {
    /// Its words without `docker`.
    public var words: [String]
    /// Docker's message, whole.
    public var message: String
    /// Its exit code.
    public var code: Int32

    /// A command that failed.
    public init(words: [String], message: String, code: Int32) {
        self.words = words
        self.message = message
        self.code = code
    }

    /// The command's own word: `run` for `run` and for `container run`.
    var verb: String { words.first { !$0.hasPrefix("-") && !["container", "image"].contains($0) } ?? "" }
}

/// What there is around a failed command, asked for only when it is needed.
public struct Surroundings: Sendable {
    /// The container whose name is nearly this, if there is one.
    public var containerNear: @Sendable (_ name: String) -> String?
    /// The image whose name is nearly this, if there is one.
    public var imageNear: @Sendable (_ name: String) -> String?
    /// The names of all images, without `:latest`.
    public var images: @Sendable () -> [String]
    /// The container that has published a port of the node, if one has.
    public var publisher: @Sendable (_ port: String) -> String?

    /// What there is.
    public init(
        containerNear: @escaping @Sendable (_ name: String) -> String?,
        imageNear: @escaping @Sendable (_ name: String) -> String?, images: @escaping @Sendable () -> [String],
        publisher: @escaping @Sendable (_ port: String) -> String?
    ) {
        self.containerNear = containerNear
        self.imageNear = imageNear
        self.images = images
        self.publisher = publisher
    }

    /// Nothing known.
    public static let unknown = Surroundings(
        containerNear: { _ in nil }, imageNear: { _ in nil }, images: { [] }, publisher: { _ in nil })
}

/// What to do about a command that failed.
public struct Advice: Sendable, Equatable {
    /// A way to repair it.
    public struct Repair: Sendable, Equatable {
        /// The line to type.
        public var command: String
        /// What it does, without a full stop.
        public var effect: String
    }

    /// Why it failed: one or two sentences.
    public var why: String
    /// The most likely repairs, the likeliest first; two at most.
    public var repairs: [Repair]

    /// The advice on a failure; `nil` where Docker's own words are all that can be said.
    public static func on(
        _ failure: FailedCommand, in language: Language, around surroundings: Surroundings = .unknown
    ) -> Advice? {
        for rule in AdviceRule.all {
            guard rule.verbs.isEmpty || rule.verbs.contains(failure.verb),
                let found = rule.pattern.captures(in: failure.message)
            else { continue }
            let context = AdviceContext(
                failure: failure, found: found, voice: AdviceVoice(language: language), surroundings: surroundings)
            if let advice = rule.advice(context) { return advice }
        }
        return nil
    }
}

extension Advice {
    /// The advice on a shell that was started detached and without an input: it reads the end of its input at once, and
    /// ends. Nothing failed, and yet the container is not what was wanted.
    ///
    /// - Parameters:
    ///   - words: The command's words without `docker`.
    ///   - records: What it did.
    public static func onDetachedShell(
        _ words: [String], _ records: [StepRecord], in language: Language
    ) -> Advice? {
        guard let start = records.last(where: { $0.kind == .processExecute && $0.title == "start container" }),
            start.state == .performed, start.facts["detached"]?.bool == true, start.facts["terminal"]?.bool == false,
            let path = start.facts["path"]?.string, start.facts["arguments"]?.array?.isEmpty == true,
            ["sh", "bash", "ash"].contains(path.split(separator: "/").last.map(String.init) ?? ""),
            let place = words.firstIndex(of: "run"),
            !words.contains("-i") && !words.contains("--interactive") && !words.contains("-di")
        else { return nil }
        let voice = AdviceVoice(language: language)
        var kept = words
        kept.removeAll { ["-d", "--detach"].contains($0) }
        kept.insert("-dit", at: place + 1)
        let line = (["docker"] + kept.map(ShellQuoting.quoted)).joined(separator: " ")
        return Advice(
            why: voice.say(
                "\(path) has no input in the background, so it ends at once, and \(start.object) with it.",
                "\(path) 셸은 백그라운드에서 입력이 없어 바로 끝나고, \(start.object) 컨테이너도 함께 끝납니다."),
            repairs: [
                Repair(
                    command: line,
                    effect: voice.say("gives it a terminal to wait at", "기다릴 수 있는 터미널을 줍니다"))
            ])
    }
}

/// What a rule has to go by.
struct AdviceContext {
    let failure: FailedCommand
    /// What stands at the gaps of the rule's pattern.
    let found: [String]
    let voice: AdviceVoice
    let surroundings: Surroundings

    func say(_ english: String, _ korean: String) -> String { voice.say(english, korean) }

    /// The first gap's text, as a name: without a slash before it.
    var name: String { String((found.first ?? "").drop { $0 == "/" }) }

    /// The container that the command is about: its first argument, where the message has only an identity.
    var target: String {
        guard let place = failure.words.firstIndex(of: failure.verb) else { return name }
        var words = failure.words[(place + 1)...]
        while let word = words.popFirst() {
            if Self.flagsWithValue.contains(word) {
                words = words.dropFirst()
            } else if !word.hasPrefix("-") && Int(word) == nil {
                return word
            }
        }
        return name
    }

    /// The flags of commands on existing containers whose value is the next word.
    private static let flagsWithValue: Set<String> = [
        "-e", "--env", "--env-file", "-u", "--user", "-w", "--workdir", "--detach-keys", "-s", "--signal",
    ]

    /// The command with other words, ready to be typed.
    func line(_ change: (inout [String]) -> Void) -> String {
        var words = failure.words
        change(&words)
        return (["docker"] + words.map(ShellQuoting.quoted)).joined(separator: " ")
    }

    /// The command with one word instead of another.
    func line(replacing old: String, by new: String) -> String {
        line { words in words = words.map { $0 == old ? new : $0 } }
    }

    func advice(_ why: String, _ repairs: [(command: String, effect: String)?]) -> Advice {
        Advice(
            why: why,
            repairs: repairs.compactMap { $0.map { Advice.Repair(command: $0.command, effect: $0.effect) } })
    }
}

/// A text with gaps, written `{}`.
struct AdvicePattern: Sendable, ExpressibleByStringLiteral {
    private let pieces: [Substring]

    init(stringLiteral text: String) {
        var pieces: [Substring] = []
        var rest = text[...]
        while let gap = rest.firstRange(of: "{}") {
            pieces.append(rest[..<gap.lowerBound])
            rest = rest[gap.upperBound...]
        }
        self.pieces = pieces + [rest]
    }

    /// What stands at the gaps where the pattern occurs in a text first; `nil` where it does not. A gap is never empty,
    /// and stays on one line.
    func captures(in text: String) -> [String]? {
        guard let first = pieces.first else { return nil }
        var begin = text.startIndex
        while let found = first.isEmpty ? begin..<begin : text[begin...].firstRange(of: first) {
            if let captures = captures(in: text[found.upperBound...], pieces.dropFirst()) { return captures }
            guard !first.isEmpty, found.upperBound < text.endIndex else { return nil }
            begin = text.index(after: found.lowerBound)
        }
        return nil
    }

    private func captures(in text: Substring, _ pieces: ArraySlice<Substring>) -> [String]? {
        var captures: [String] = []
        var rest = text
        for piece in pieces {
            let end: Substring.Index
            if piece.isEmpty {
                end = rest.firstIndex(of: "\n") ?? rest.endIndex
            } else {
                guard let found = rest.firstRange(of: piece) else { return nil }
                end = found.lowerBound
            }
            let capture = rest[..<end]
            guard !capture.isEmpty, !capture.contains("\n") else { return nil }
            captures.append(String(capture))
            rest = rest[end...].dropFirst(piece.count)
        }
        return captures
    }
}

/// How a word has to be typed to be one word.
enum ShellQuoting {
    static func quoted(_ word: String) -> String {
        let plain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./:=@,+%~^{}[]*?".contains($0) }
        if plain && !word.isEmpty { return word }
        return "'" + word.replacing("'", with: "'\\''") + "'"
    }
}

/// The words around an advice, in each language.
struct AdviceVoice {
    let language: Language

    func say(_ english: String, _ korean: String) -> String { language == .en ? english : korean }

    func hint(_ why: String) -> String { say("hint: \(why)", "도움말: \(why)") }
    func failed(_ command: String, code: Int32) -> String {
        say("`\(command)` failed, exit code \(code).", "`\(command)` 명령이 실패했습니다. 종료 코드는 \(code)번입니다.")
    }
    var why: String { say("Why: ", "이유: ") }
    var repairs: String { say("What is likely to help:", "도움이 될 만한 방법:") }
    var unknown: String {
        say(
            "Nothing more is known than what Docker says.", "Docker 메시지 말고는 더 알려진 것이 없습니다.")
    }
    var nothingFailed: String {
        say("No command has failed yet.", "아직 실패한 명령이 없습니다.")
    }
}

extension Narrator {
    /// The help below Docker's message: why, and the line that is likeliest to repair it.
    public func hint(_ advice: Advice) -> String {
        var page = newPage()
        page.paragraph(AdviceVoice(language: language).hint(advice.why))
        if let repair = advice.repairs.first { page.look(repair.command) }
        return page.text
    }

    /// What failed, why, and what is likely to help.
    ///
    /// - Parameters:
    ///   - failure: The last command that failed; `nil` if none has.
    ///   - advice: What is known about it.
    public func explain(_ failure: FailedCommand?, advice: Advice?) -> String {
        var page = newPage()
        let words = AdviceVoice(language: language)
        guard let failure else {
            page.paragraph(words.nothingFailed)
            return page.text
        }
        let command = (["docker"] + failure.words.map(ShellQuoting.quoted)).joined(separator: " ")
        page.paragraph(words.failed(command, code: failure.code), style: .heading)
        for line in failure.message.split(separator: "\n").prefix(3) {
            page.paragraph(LongNumbers.shortened(String(line)), indent: 2, style: .failure)
        }
        guard let advice else {
            page.paragraph(words.unknown)
            return page.text
        }
        page.paragraph(words.why + advice.why)
        if !advice.repairs.isEmpty { page.paragraph(words.repairs) }
        for repair in advice.repairs {
            page.look(repair.command)
            page.paragraph(repair.effect, indent: 4)
        }
        return page.text
    }
}
