import Narration
import Posix

/// The words that a learner types.
extension LessonRunner {
    /// The words that stand for themselves while a lesson is open.
    public static let words: Set<String> = [
        "next", "hint", "skip", "play", "check", "back", "quiz", "answer", "reset",
    ]

    /// What became of a line before it was run.
    public enum Gate: Sendable, Equatable {
        /// It is none of the lesson's; it is to be run.
        case run
        /// It was the lesson's: the exit code.
        case done(Int32)
    }

    /// Looks at a line before it is run.
    ///
    /// - Parameters:
    ///   - line: The line as it was typed.
    ///   - isHarmless: Whether it only asks the shell for something: `help`, `why 4`.
    ///   - isCommand: Whether it begins with a word that the shell knows, with `!` or `@`, or nearly is one of docker's.
    public func gate(_ line: String, isHarmless: Bool, isCommand: Bool) -> Gate {
        let text = line.trimmedBlanks
        let (word, rest) = text.firstWord
        if word == "lesson" { return .done(lesson(rest)) }
        guard let open = session else {
            return Self.words.contains(word) ? .done(fail(voice.noneOpen)) : .run
        }
        if text.isEmpty { return .run }
        if Self.words.contains(word), let code = own(word, rest) { return .done(code) }
        if open.isPlaying { return begin(text, isHarmless) }
        if open.progress.part == .quiz {
            if Int(text) != nil { return .done(chooseInQuiz(text)) }
        } else if let prediction = openPrediction(open) {
            if let number = Int(text) { return .done(choose(number)) }
            if isHarmless { return .run }
            return .done(fail(voice.chooseFirst(prediction.choices.count)))
        } else if openAsk(open) != nil, !isHarmless {
            // A right answer is one, whatever else the line could be; a wrong one is what the shell does not know.
            if !isCommand { return .done(answer(text)) }
            if !text.hasPrefix("!"), !text.hasPrefix("@"), word != "docker", (try? rightAsk(for: text, open)) != nil {
                return .done(answer(text))
            }
        }
        return begin(text, isHarmless)
    }

    /// Remembers the line, and what there is before it is run.
    private func begin(_ line: String, _ isHarmless: Bool) -> Gate {
        if !isHarmless, session?.recording == nil {
            session?.before = try? Inventory(of: engine())
            session?.line = line
        }
        return .run
    }

    /// A line was run: notes what it made, and tries the step's check.
    public func finished() {
        guard var open = session, let before = open.before else { return }
        open.before = nil
        note(&open, since: before)
        log(&open) { $0.lines += 1 }
        session = open
        save(open)
        guard !open.isPlaying, open.progress.part == .steps, !open.isPassed else { return }
        // Whoever types what the page offers sees the rest of it before anything is said: the last lines show what was
        // predicted.
        if open.isUnderWay { noteWhetherItHolds() } else { _ = tryCheck(isAsked: false) }
    }

    private func own(_ word: String, _ rest: String) -> Int32? {
        switch word {
        case "answer": return rest.isEmpty ? fail(voice.typeAnswer) : answer(rest)
        case _ where !rest.isEmpty: return nil
        case "next": return next()
        case "hint": return hint()
        case "skip": return skip()
        case "play": return play()
        case "check":
            session?.isPlaying = false
            return session?.progress.part == .steps ? tryCheck(isAsked: true) : fail(voice.inQuiz)
        case "back": return back()
        case "quiz": return beginQuiz()
        case "reset": return reset()
        default: return nil
        }
    }

    /// `lesson …`
    private func lesson(_ rest: String) -> Int32 {
        let (word, argument) = rest.firstWord
        switch word {
        case "": return resume()
        case "list": return list(argument)
        case "start", "restart":
            if argument.isEmpty { return showUsage(1) }
            return start(argument, anew: word == "restart")
        case "status": return status()
        case "leave", "stop":
            guard session != nil else { return fail(voice.noneOpen) }
            leave()
            return 0
        case "help", "--help": return showUsage(0)
        default:
            if Self.words.contains(word) {
                guard session != nil else { return fail(voice.noneOpen) }
                return own(word, argument) ?? showUsage(1)
            }
            // `lesson 02` is short for `lesson start 02`.
            if word.first?.isNumber == true, argument.isEmpty { return start(word, anew: false) }
            return showUsage(1)
        }
    }

    private func showUsage(_ code: Int32) -> Int32 {
        host.say(TextWrapping.list(voice.usage, column: 22, columns: host.columns) + "\n")
        return code
    }

    /// The open lesson, the one that was left open when the shell ended, or the list.
    private func resume() -> Int32 {
        if session != nil {
            session?.isPlaying = false
            show()
            return 0
        }
        if let id = (try? progress())?.current { return start(id, anew: false) }
        return list("")
    }

    /// A line for the beginning of a session: which lesson is open.
    public func reminder() -> String? {
        guard let id = (try? progress())?.current, let lesson = try? course()?.load(id).lesson else { return nil }
        return voice.open(lesson.text(in: host.language).title)
    }

    private func list(_ argument: String) -> Int32 {
        do {
            let (flag, directory) = argument.firstWord
            if flag == "--course" {
                var all = try progress()
                if directory == "" || directory == "-" {
                    all.course = nil
                } else {
                    guard Files.exists("\(directory)/en") else { return fail("\(directory)/en: no such directory") }
                    all.course =
                        directory.hasPrefix("/") ? directory : try Files.linkTarget("/proc/self/cwd") + "/" + directory
                }
                try all.write(to: progressPath)
            }
            guard let course = try course() else { return fail(voice.noneOpen) }
            let progress = try progress()
            for id in try course.ids() {
                let lesson = try course.load(id).lesson
                let kept = progress.lessons[id]
                let state = voice.progress(
                    kept?.passed.count ?? 0, lesson.steps.count, isDone: kept?.part == .done)
                let title = lesson.text(in: host.language).title
                let minutes = voice.minutes(lesson.front.minutes)
                let line =
                    "  \(id.padded(to: 26))\(minutes.padded(to: 8))\(title)\(state.isEmpty ? "" : "  [\(state)]")"
                host.say(TextWrapping.list(line, column: 36, columns: host.columns) + "\n")
            }
            tell(voice.listEnd)
            return 0
        } catch {
            return fail("\(error)")
        }
    }

    private func status() -> Int32 {
        guard let open = session else { return fail(voice.noneOpen) }
        let text = open.lesson.text(in: host.language)
        var page = page
        page.line("\(open.lesson.id): \(text.title)")
        for step in open.lesson.steps {
            let log = open.progress.logs[step.id]
            let mark = open.progress.passed.contains(step.id) ? log?.skipped == true ? "[->]" : "[ok]" : "[  ]"
            let here = open.progress.part == .steps && step.id == open.progress.step ? " <" : ""
            page.line("  \(mark) \(Self.bare(text.steps[step.id]?.heading ?? step.id))\(here)")
        }
        let right = text.quiz.count { question in
            let right = (question.choices.firstIndex(where: \.isRight) ?? 0) + 1
            return (open.progress.quiz[question.id] ?? []).contains(right)
        }
        page.line("  \(voice.quiz): \(right)/\(text.quiz.count)")
        host.say(page.text)
        return 0
    }
}

extension String {
    /// The text followed by blanks up to so many columns.
    func padded(to columns: Int) -> String {
        self + String(repeating: " ", count: max(1, columns - DisplayWidth.of(self)))
    }
}
