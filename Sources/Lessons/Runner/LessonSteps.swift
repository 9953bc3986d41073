import Narration

/// Going through a lesson's steps.
extension LessonRunner {
    // MARK: Showing

    func showIntroduction(_ session: Session) {
        let text = session.lesson.text(in: host.language)
        var page = page
        page.gap()
        // The minutes stay together where a narrow screen breaks the title.
        let minutes = voice.minutes(session.lesson.front.minutes).replacing(" ", with: "\u{A0}")
        page.heading("\(session.lesson.id): \(text.title) (\(minutes))")
        for block in text.introduction { page.block(block) }
        host.say(page.text)
    }

    /// Shows where the learner is.
    func show() {
        guard let session else { return }
        switch session.progress.part {
        case .steps: showStep(session)
        case .quiz: showQuestion(session)
        case .done: host.say(summary(session))
        }
    }

    private func showStep(_ session: Session) {
        guard let text = session.lesson.text(in: host.language).steps[session.progress.step] else { return }
        var page = page
        page.heading(voice.place(session.stepIndex + 1, of: session.lesson.steps.count, Self.bare(text.heading)))
        for element in text.elements {
            switch element {
            case .block(let block): page.block(block)
            case .prediction(let prediction):
                page.paragraph(prediction.question)
                page.choices(prediction.choices)
                if openPrediction(session)?.id == prediction.id {
                    page.paragraph(voice.choose)
                    host.say(page.text)
                    return
                }
                page.gap()
            case .ask(let id, let question, _):
                page.paragraph(question, indent: 2, first: "? ")
                if session.progress.answered["\(session.progress.step)/\(id)"] == nil {
                    page.paragraph(voice.typeAnswer)
                }
                page.gap()
            }
        }
        if session.step.isPassedOver(with: configuration.features), !session.isPassed {
            page.paragraph(voice.stepLacks)
        }
        page.recording(session.recording?.steps[session.progress.step])
        host.say(page.text)
    }

    /// A heading without its number: the place says it.
    static func bare(_ heading: String) -> String {
        let digits = heading.prefix { $0.isNumber }
        guard !digits.isEmpty, heading.dropFirst(digits.count).hasPrefix(". ") else { return heading }
        return String(heading.dropFirst(digits.count + 2))
    }

    // MARK: Checking

    /// Tries the check of the current step.
    ///
    /// - Parameters:
    ///   - isAsked: Whether the learner asked for it; else nothing is said but that it passes.
    func tryCheck(isAsked: Bool) -> Int32 {
        guard var open = session, open.progress.part == .steps else { return 0 }
        if open.isPassed {
            if isAsked { tell(voice.nothingMissing) }
            return 0
        }
        if let prediction = openPrediction(open) {
            if isAsked { tell(voice.chooseFirst(prediction.choices.count)) }
            return isAsked ? 1 : 0
        }
        if open.recording == nil, open.held != open.progress.step {
            let runner = CheckRunner(
                world: world(of: open.lesson), since: open.progress.began, patience: isAsked ? 60 : 2)
            do {
                if let missing = try runner.missing(in: open.step.conditions) {
                    if isAsked { tellMissing(missing, &open) }
                    return isAsked ? 1 : 0
                }
            } catch {
                if isAsked { tell(voice.unreadable("\(error)")) }
                return isAsked ? 1 : 0
            }
        }
        if let ask = openAsk(open) {
            if isAsked || (!open.step.conditions.isEmpty && !open.progress.toldConditions) {
                tell(voice.stillToAnswer(ask.question))
                open.progress.toldConditions = true
                session = open
                save(open)
            }
            return isAsked ? 1 : 0
        }
        pass(&open)
        return 0
    }

    /// Tries the check and keeps quiet about it: what has held once is done, whatever the lines behind it do.
    func noteWhetherItHolds() {
        guard var open = session, open.recording == nil else { return }
        let runner = CheckRunner(world: world(of: open.lesson), since: open.progress.began, patience: 0)
        do {
            guard try runner.missing(in: open.step.conditions) == nil else { return }
            open.held = open.progress.step
            session = open
        } catch {
            // What can't be read now is read again after the last line, and told then.
        }
    }

    private func tellMissing(_ missing: CheckRunner.Missing, _ open: inout Session) {
        let now = open
        let fill: (Language) -> String = { language in
            let messages = now.lesson.text(in: language).steps[now.progress.step]?.messages ?? []
            let text = missing.message.flatMap { messages.indices.contains($0) ? messages[$0] : nil } ?? ""
            return text.replacing("{output}", with: missing.output)
        }
        tell(voice.missing(fill(host.language)))
        let english = fill(.en)
        log(&open) { $0.mistakes.append(english) }
        session = open
        save(open)
    }

    /// The step is passed: says so, with what its predictions came to, and waits.
    private func pass(_ open: inout Session) {
        let id = open.progress.step
        guard let text = open.lesson.text(in: host.language).steps[id] else { return }
        open.progress.passed.insert(id)
        log(&open) { _ in }
        session = open
        save(open)
        var page = page
        page.paragraph(voice.passed(Self.bare(text.heading)))
        for prediction in text.predictions {
            guard let chosen = open.progress.chosen["\(id)/\(prediction.id)"],
                let right = open.step.predictions[prediction.id],
                prediction.choices.indices.contains(right - 1), prediction.choices.indices.contains(chosen - 1)
            else { continue }
            let truth = prediction.choices[right - 1]
            page.paragraph(
                chosen == right
                    ? voice.predictedRight(truth) : voice.predictedWrong(prediction.choices[chosen - 1], truth),
                indent: 5)
        }
        if !text.afterwards.isEmpty { page.gap() }
        for block in text.afterwards { page.block(block) }
        host.say(page.text)
    }

    // MARK: Moving

    func next() -> Int32 {
        guard var open = session else { return fail(voice.noneOpen) }
        open.isPlaying = false
        session = open
        switch open.progress.part {
        case .steps:
            if !open.isPassed { _ = tryCheck(isAsked: false) }
            guard let now = session, now.isPassed else {
                _ = tryCheck(isAsked: true)
                tell(voice.notYet)
                return 1
            }
            return advance(now)
        case .quiz: return nextQuestion()
        case .done: return fail(voice.noneOpen)
        }
    }

    private func advance(_ open: Session) -> Int32 {
        var open = open
        let place = open.stepIndex + 1
        guard open.lesson.steps.indices.contains(place) else { return beginQuiz() }
        let step = open.lesson.steps[place]
        open.progress.step = step.id
        open.progress.toldConditions = false
        let isNew = open.progress.logs[step.id] == nil
        log(&open) { _ in }
        if isNew, open.recording == nil, !step.isPassedOver(with: configuration.features),
            !(step.setup.isEmpty && step.files.isEmpty)
        {
            let stage = stage(open)
            do { try noting(&open) { try stage.arrive(at: step) } } catch {
                return fail(voice.notPrepared("\(error)"))
            }
        }
        if isNew { open.progress.began = Clock.nanoseconds() }
        session = open
        save(open)
        show()
        return 0
    }

    func back() -> Int32 {
        guard var open = session else { return fail(voice.noneOpen) }
        if open.progress.part == .steps {
            guard open.stepIndex > 0 else { return fail(voice.firstStep) }
            open.progress.step = open.lesson.steps[open.stepIndex - 1].id
        } else {
            // From the quiz it goes back to where that was asked for.
            open.progress.part = .steps
        }
        session = open
        save(open)
        show()
        return 0
    }

    func hint() -> Int32 {
        guard var open = session else { return fail(voice.noneOpen) }
        guard open.progress.part == .steps else { return fail(voice.inQuiz) }
        let hints = open.lesson.text(in: host.language).steps[open.progress.step]?.hints ?? []
        let shown = open.progress.logs[open.progress.step]?.hints ?? 0
        guard shown < hints.count else {
            for (place, hint) in hints.enumerated() { tell(voice.hint(place + 1, of: hints.count, hint)) }
            return fail(open.lesson.front.allowsSkip ? voice.noMoreHints : voice.skipForbidden)
        }
        tell(voice.hint(shown + 1, of: hints.count, hints[shown]))
        log(&open) { $0.hints += 1 }
        session = open
        save(open)
        return 0
    }

    func play() -> Int32 {
        guard session != nil else { return fail(voice.noneOpen) }
        session?.isPlaying = true
        tell(voice.playing)
        return 0
    }

    func reset() -> Int32 {
        guard var open = session else { return fail(voice.noneOpen) }
        guard open.recording == nil else { return fail(voice.recordingStays) }
        tell(voice.preparing)
        do { try rebuild(&open, place: open.worldPlace, solved: false) } catch {
            session = open
            save(open)
            return fail(voice.notPrepared("\(error)"))
        }
        if open.progress.part == .steps {
            open.progress.passed.remove(open.progress.step)
            open.progress.answered = open.progress.answered.filter { !$0.key.hasPrefix(open.progress.step + "/") }
            open.progress.toldConditions = false
            open.held = nil
        }
        open.isPlaying = false
        log(&open) {
            $0.resets += 1
            $0.lines = 0
        }
        session = open
        save(open)
        tell(voice.wasReset)
        show()
        return 0
    }

    // MARK: Skipping

    /// Does the step: puts the world right first, then runs the solution as if it were typed.
    func skip() -> Int32 {
        guard var open = session else { return fail(voice.noneOpen) }
        guard open.progress.part == .steps else { return fail(voice.inQuiz) }
        guard open.lesson.front.allowsSkip else { return fail(voice.skipForbidden) }
        if open.isPassed { return next() }
        open.isPlaying = false
        if open.recording == nil {
            do {
                // A world that nobody has touched since the step began needs no repair.
                if (open.progress.logs[open.progress.step]?.lines ?? 0) > 0 {
                    tell(voice.preparing)
                    try rebuild(&open, place: open.stepIndex, solved: false)
                }
            } catch {
                session = open
                save(open)
                return fail(voice.notPrepared("\(error)"))
            }
        }
        log(&open) { $0.skipped = true }
        session = open
        // What it needs is not here, so nothing is done.
        let isPassedOver = open.step.isPassedOver(with: configuration.features)
        if open.recording == nil, !isPassedOver, !runSolution() { return 1 }
        return passSkipped()
    }

    private func runSolution() -> Bool {
        guard var open = session else { return false }
        tell(voice.skipping)
        let world = world(of: open.lesson)
        let before = try? Inventory(of: engine())
        for line in open.step.solution {
            host.say("\(host.prompt)\(line.text)\n")
            if line.typed.isEmpty {
                _ = host.run(line.text)
            } else {
                do { _ = try world.run(line) { host.say($0) } } catch { tell("\(error)") }
                host.say("\n")
            }
        }
        if let before { note(&open, since: before) }
        session = open
        let runner = CheckRunner(world: world, since: open.progress.began)
        do {
            guard let missing = try runner.missing(in: open.step.conditions) else { return true }
            let messages = open.lesson.text(in: host.language).steps[open.progress.step]?.messages ?? []
            tell(voice.skipFailed(missing.message.map { messages[$0] } ?? missing.output))
        } catch { tell(voice.unreadable("\(error)")) }
        save(open)
        return false
    }

    /// Gives the answers that were still open, and passes.
    private func passSkipped() -> Int32 {
        guard var open = session else { return 1 }
        let runner = CheckRunner(world: world(of: open.lesson), since: open.progress.began)
        while let ask = openAsk(open) {
            let key = "\(open.progress.step)/\(ask.id)"
            let rules = open.step.answers.filter { $0.id == ask.id }
            var value = open.recording?.answers[key]
            if open.recording == nil { value = rules.lazy.compactMap { (try? runner.values(of: $0))?.first }.first }
            open.progress.answered[key] = value ?? ""
            tell("? \(ask.question) \(value ?? "")")
        }
        for prediction in open.lesson.text(in: .en).steps[open.progress.step]?.predictions ?? [] {
            let key = "\(open.progress.step)/\(prediction.id)"
            if open.progress.chosen[key] == nil { open.progress.chosen[key] = 0 }
        }
        pass(&open)
        return 0
    }
}
