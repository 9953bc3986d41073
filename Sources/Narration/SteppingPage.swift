public import EngineAPI

/// A command that is gone through step by step: what waits, what was done, what to guess.
extension Narrator {
    /// A step that waits to be performed.
    ///
    /// - Parameters:
    ///   - number: Its place among the steps of the command, from 1.
    ///   - total: How many steps the command has by its plan; `nil` if that isn't known.
    public func waiting(_ record: StepRecord, number: Int, of total: Int?) -> String {
        var page = newPage()
        let words = SteppingVoice(language: language)
        page.gap()
        if record.index == 1 {
            let isSimulated = record.isSimulated
            page.paragraph(
                voice.heading(record.title, object: record.object, isPlanned: false, isSimulated: isSimulated),
                style: .heading)
        }
        page.paragraph(words.next(number, of: total, kind: record.kind.rawValue), style: .label)
        page.paragraph(LongNumbers.shortened(record.command), indent: 2)
        return page.text
    }

    /// A step that was performed, or failed.
    ///
    /// - Parameters:
    ///   - command: The words of the command without `docker`.
    ///   - earlier: What was done before it: a look at a process asks which it is.
    public func done(_ record: StepRecord, command: [String], earlier: [StepRecord] = []) -> String {
        var page = newPage()
        let step = single(record, command, earlier: earlier)
        let words = SteppingVoice(language: language)
        if record.state == .failed {
            page.paragraph("\(voice.failed): \(record.failure?.message ?? record.command)", indent: 2, style: .failure)
            return page.text
        }
        let brief = step.text(\.brief, of: record, in: language) ?? record.command
        page.paragraph(words.done(brief, time: TemplateFilter.time(record.duration)), indent: 2)
        if level != .brief, let text = step.text(\.full, of: record, in: language) { page.paragraph(text, indent: 2) }
        for evidence in record.evidence.prefix(2) {
            show(evidence, on: &page, shortensSource: true)
        }
        // The container does not run yet, and this terminal is taken: what others can look at is left.
        let looks = step.looks(of: record).filter { look in
            look.container == nil
                && !(record.title == "start container" && look.command.hasPrefix("docker network inspect"))
                && ["docker exec", "docker top", "docker stats", "docker logs", "docker port"].allSatisfy { prefix in
                    !look.command.hasPrefix(prefix)
                }
        }
        if let look = looks.first { page.look(look.command, place: words.elsewhere) }
        return page.text
    }

    /// A step that was taken back.
    public func takenBack(_ record: StepRecord) -> String {
        var page = newPage()
        let words = SteppingVoice(language: language)
        if record.state == .failed {
            page.paragraph(voice.notUndone(record.failure?.message ?? record.command), indent: 2, style: .failure)
        } else {
            page.paragraph(words.undone(record.kind.rawValue, LongNumbers.shortened(record.command)), indent: 2)
        }
        return page.text
    }

    /// What the keys do while a step waits. It stands before the cursor.
    public var stepPrompt: String { SteppingVoice(language: language).prompt }

    /// A question about what comes next, with the answers to choose from.
    public func question(_ choices: [StepRecord], command: [String]) -> String {
        var page = newPage()
        page.gap()
        page.paragraph(SteppingVoice(language: language).question, style: .heading)
        for (place, record) in choices.enumerated() {
            page.paragraph("\(place + 1)  \(guess(record, command))", indent: 2)
        }
        return page.text
    }

    /// What stands before the cursor where a question waits for the number of an answer.
    public func questionPrompt(_ count: Int) -> String { SteppingVoice(language: language).questionPrompt(count) }

    /// Whether the answer to a question was right.
    public func verdict(isRight: Bool, answer: Int) -> String {
        var page = newPage()
        page.paragraph(SteppingVoice(language: language).verdict(isRight, answer), indent: 2)
        return page.text
    }

    /// What is said of predictions where there is no plan to choose from.
    public var noPrediction: String {
        var page = newPage()
        page.paragraph(SteppingVoice(language: language).noPrediction, indent: 2)
        return page.text
    }

    private func guess(_ record: StepRecord, _ command: [String]) -> String {
        single(record, command).text(\.brief, of: record, in: language) ?? LongNumbers.shortened(record.command)
    }

    private func single(_ record: StepRecord, _ command: [String], earlier: [StepRecord] = []) -> NarratedStep {
        let group = StepGroup.of(record.kind).map { StepGroup.table[$0] } ?? StepGroup.table[0]
        return NarratedStep(
            number: record.index, last: record.index, group: group, records: [record],
            siblings: (earlier.filter { $0.operation == record.operation } + [record]).reduce(into: [:]) { all, other in
                all[other.kind.rawValue] = other.facts
            },
            circumstances: circumstances(command))
    }
}

/// What is said between two steps, in each language.
private struct SteppingVoice {
    let language: Language

    private func say(_ english: String, _ korean: String) -> String { language == .en ? english : korean }

    func next(_ number: Int, of total: Int?, kind: String) -> String {
        let total = total.flatMap { $0 < number ? nil : $0 }
        return say(
            "next is step \(number)\(total.map { " of \($0)" } ?? ""), \(kind):",
            "다음은 \(total.map { "\($0)단계 중 " } ?? "")\(number)번째 단계, \(kind):")
    }
    func done(_ text: String, time: String) -> String { say("done in \(time): \(text)", "\(time) 만에 실행: \(text)") }
    func undone(_ kind: String, _ command: String) -> String {
        say("taken back: \(kind), \(command)", "되돌림: \(kind), \(command)")
    }
    var elsewhere: String { say("in another terminal", "다른 터미널에서") }
    var prompt: String {
        say(
            "[Enter] do it  [p] predict  [c] run on  [q] take back > ",
            "[Enter] 실행  [p] 예측  [c] 끝까지  [q] 모두 되돌리기 > ")
    }
    var question: String { say("What comes next?", "다음에 일어날 일은 무엇입니까?") }
    func questionPrompt(_ count: Int) -> String { say("[1-\(count)] > ", "[1-\(count)] > ") }
    func verdict(_ isRight: Bool, _ answer: Int) -> String {
        isRight ? say("Right.", "맞습니다.") : say("No, it is \(answer).", "아닙니다. 정답은 \(answer)번입니다.")
    }
    var noPrediction: String {
        say(
            "There is nothing to choose from: this command has no plan to ask for.",
            "이 명령은 계획을 미리 알 수 없어 예측 문제를 낼 수 없습니다.")
    }
}
