import Narration

/// Predictions, answers, and the quiz.
extension LessonRunner {
    /// The first prediction of the current step that was not made yet.
    func openPrediction(_ session: Session) -> Prediction? {
        guard session.progress.part == .steps, !session.isPassed else { return nil }
        let text = session.lesson.text(in: host.language).steps[session.progress.step]
        return text?.predictions.first { session.progress.chosen["\(session.progress.step)/\($0.id)"] == nil }
    }

    /// The first question of the current step that was not answered yet.
    func openAsk(_ session: Session) -> (id: String, question: String)? {
        guard session.progress.part == .steps, !session.isPassed else { return nil }
        let text = session.lesson.text(in: host.language).steps[session.progress.step]
        return text?.asks.first { session.progress.answered["\(session.progress.step)/\($0.id)"] == nil }
    }

    /// Takes a choice for the open prediction.
    func choose(_ number: Int) -> Int32 {
        guard var open = session, let prediction = openPrediction(open) else { return fail(voice.noQuestion) }
        guard prediction.choices.indices.contains(number - 1) else {
            return fail(voice.chooseFirst(prediction.choices.count))
        }
        open.progress.chosen["\(open.progress.step)/\(prediction.id)"] = number
        log(&open) { _ in }
        session = open
        save(open)
        tell(voice.noted(number))
        showRest(after: prediction.id, open)
        return 0
    }

    /// What comes after a prediction was held back until it was made.
    private func showRest(after id: String, _ open: Session) {
        let elements = open.lesson.text(in: host.language).steps[open.progress.step]?.elements ?? []
        var page = page
        var isAfter = false
        for element in elements {
            switch element {
            case .block(let block): if isAfter { page.block(block) }
            case .prediction(let prediction):
                if isAfter {
                    page.paragraph(prediction.question)
                    page.choices(prediction.choices)
                    page.paragraph(voice.choose)
                    host.say(page.text)
                    return
                }
                isAfter = prediction.id == id
            case .ask(_, let question, _):
                if isAfter {
                    page.paragraph(question, indent: 2, first: "? ")
                    page.paragraph(voice.typeAnswer)
                    page.gap()
                }
            }
        }
        page.recording(open.recording?.steps[open.progress.step])
        host.say(page.text)
    }

    /// Whether a text is the right answer to one of the open questions; the question's id.
    func rightAsk(for text: String, _ open: Session) throws -> String? {
        let asks = (open.lesson.text(in: .en).steps[open.progress.step]?.asks ?? []).filter {
            open.progress.answered["\(open.progress.step)/\($0.id)"] == nil
        }
        for ask in asks {
            if let recording = open.recording {
                let value = recording.answers["\(open.progress.step)/\(ask.id)"] ?? ""
                if !value.isEmpty, value.lowercased() == text.trimmedBlanks.lowercased() { return ask.id }
                continue
            }
            let runner = CheckRunner(world: world(of: open.lesson), since: open.progress.began)
            let rules = open.step.answers.filter { $0.id == ask.id }
            if try runner.judge(text, by: rules) == .right { return ask.id }
        }
        return nil
    }

    /// Takes an answer.
    func answer(_ text: String) -> Int32 {
        guard var open = session else { return fail(voice.noneOpen) }
        if open.progress.part == .quiz { return chooseInQuiz(text) }
        if let number = Int(text.trimmedBlanks), openPrediction(open) != nil { return choose(number) }
        if let prediction = openPrediction(open) { return fail(voice.chooseFirst(prediction.choices.count)) }
        guard let ask = openAsk(open) else { return fail(voice.noQuestion) }
        // `answer ID TEXT` names the question.
        var text = text
        let (word, rest) = text.firstWord
        if !rest.isEmpty, open.step.answers.contains(where: { $0.id == word }) { text = rest }
        do {
            guard let id = try rightAsk(for: text, open) else {
                tellWrong(text, ask.id, &open)
                return 1
            }
            open.progress.answered["\(open.progress.step)/\(id)"] = text
            log(&open) { _ in }
            session = open
            save(open)
            tell(voice.rightAnswer)
            return tryCheck(isAsked: false)
        } catch {
            return fail(voice.unreadable("\(error)"))
        }
    }

    private func tellWrong(_ text: String, _ id: String, _ open: inout Session) {
        let messages = open.lesson.text(in: host.language).steps[open.progress.step]?.messages ?? []
        let place = open.step.answers.last { $0.id == id && $0.message != nil }?.message
        let message = place.flatMap { messages.indices.contains($0) ? messages[$0] : nil }
        tell(message.map(voice.missing) ?? voice.wrongAnswer)
        log(&open) { $0.mistakes.append("answered \(id): \(text)") }
        session = open
        save(open)
    }

    // MARK: The quiz

    private func questions(_ open: Session) -> [QuizQuestion] { open.lesson.text(in: host.language).quiz }

    /// The first question that was not answered rightly yet.
    private func openQuestion(_ open: Session) -> (place: Int, question: QuizQuestion)? {
        questions(open).enumerated().first { _, question in
            let right = (question.choices.firstIndex(where: \.isRight) ?? 0) + 1
            return !(open.progress.quiz[question.id] ?? []).contains(right)
        }.map { ($0.offset, $0.element) }
    }

    func beginQuiz() -> Int32 {
        guard var open = session else { return fail(voice.noneOpen) }
        open.isPlaying = false
        open.progress.part = .quiz
        session = open
        save(open)
        if openQuestion(open) == nil { return finish() }
        if !open.isWhole { tell(voice.quizFirst) }
        show()
        return 0
    }

    func nextQuestion() -> Int32 {
        guard let open = session else { return fail(voice.noneOpen) }
        if openQuestion(open) == nil { return finish() }
        show()
        return 0
    }

    func showQuestion(_ open: Session) {
        guard let (place, question) = openQuestion(open) else { return }
        var page = page
        page.heading(voice.question(place + 1, of: questions(open).count))
        page.paragraph(question.question)
        page.choices(question.choices.map(\.text))
        page.paragraph(voice.chooseAnswer)
        host.say(page.text)
    }

    func chooseInQuiz(_ text: String) -> Int32 {
        guard var open = session, let (_, question) = openQuestion(open) else { return next() }
        guard let number = Int(text.trimmedBlanks), question.choices.indices.contains(number - 1) else {
            return fail(voice.chooseAnswer)
        }
        open.progress.quiz[question.id, default: []].append(number)
        session = open
        save(open)
        let choice = question.choices[number - 1]
        if !choice.isRight {
            tell(voice.wrong(choice.reason) + " " + voice.again)
            return 1
        }
        tell(voice.right(choice.reason))
        if openQuestion(open) == nil { return finish() }
        // The next number that is typed answers the next question: it must have been read.
        show()
        return 0
    }

    /// All is answered: the summary, and the lesson is closed; or back to the first step that is still open.
    private func finish() -> Int32 {
        guard var open = session else { return 1 }
        let remaining = open.lesson.steps.filter { !open.progress.passed.contains($0.id) }
        guard remaining.isEmpty else {
            tell(voice.quizDone(remaining.count))
            return back()
        }
        open.progress.part = .done
        session = open
        host.say(summary(open))
        let following = (try? course()?.ids())?.first { $0 > open.lesson.id }
        tell(voice.finished(open.lesson.text(in: host.language).title, next: following))
        leave()
        return 0
    }

    func summary(_ open: Session) -> String {
        var page = page
        page.gap()
        for block in open.lesson.text(in: host.language).summary { page.block(block) }
        return page.text
    }
}
