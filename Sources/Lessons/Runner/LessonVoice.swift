import Narration

/// What the runner of lessons says, in each language.
struct LessonVoice: Sendable {
    let language: Language

    private func say(_ english: String, _ korean: String) -> String { language == .en ? english : korean }

    // MARK: Steps

    func place(_ number: Int, of count: Int, _ heading: String) -> String {
        say("step \(number) of \(count): \(heading)", "\(count)단계 중 \(number)단계: \(heading)")
    }
    var choose: String {
        say("Predict first: type the number of your choice.", "먼저 예측하십시오. 고른 번호를 입력하십시오.")
    }
    func chooseFirst(_ count: Int) -> String {
        say(
            "First predict what will happen: type \(count == 2 ? "1 or 2" : "a number from 1 to \(count)"). "
                + "(`hint`, `why`, `help` work meanwhile.)",
            "먼저 결과를 예측하십시오. \(count == 2 ? "1이나 2를" : "1부터 \(count)까지의 번호를") 입력하십시오. (`hint`, `why`, `help` 명령은 쓸 수 있습니다.)"
        )
    }
    func noted(_ number: Int) -> String {
        say("Noted: \(number). Now see for yourself.", "\(number)번을 골랐습니다. 이제 직접 확인하십시오.")
    }
    var typeAnswer: String {
        say("Type the answer when you know it.", "답을 알면 그대로 입력하십시오.")
    }
    func passed(_ heading: String) -> String {
        say("[ok] \(heading): done. `next` goes on.", "[ok] \(heading): 완료했습니다. `next` 명령으로 계속하십시오.")
    }
    func predictedRight(_ text: String) -> String {
        say("Your prediction was right: \(text)", "예측이 맞았습니다: \(text)")
    }
    func predictedWrong(_ chosen: String, _ right: String) -> String {
        say("You predicted: \(chosen) It is: \(right)", "예측: \(chosen) 실제: \(right)")
    }
    func stillToAnswer(_ question: String) -> String {
        say(
            "[..] The world is as it should be. Still to be answered: \(question)",
            "[..] 환경은 준비되었습니다. 아직 답할 질문: \(question)")
    }
    func missing(_ text: String) -> String { say("[..] Not yet: \(text)", "[..] 아직입니다: \(text)") }
    var nothingMissing: String { say("Nothing is missing. `next` goes on.", "빠진 것이 없습니다. `next` 명령으로 계속하십시오.") }
    func unreadable(_ reason: String) -> String {
        say("The check could not be made: \(reason)", "확인하지 못했습니다: \(reason)")
    }
    var notYet: String {
        say(
            "`hint` helps, `skip` does the step for you, `lesson status` says where you are.",
            "`hint` 명령은 도움말을, `skip` 명령은 대신 실행을, `lesson status` 명령은 현재 위치를 보여 줍니다.")
    }
    func hint(_ number: Int, of count: Int, _ text: String) -> String {
        say("Hint \(number) of \(count): \(text)", "도움말 \(count)개 중 \(number)번: \(text)")
    }
    var noMoreHints: String {
        say(
            "There are no more hints. `skip` does the step and shows how.",
            "도움말을 모두 보았습니다. `skip` 명령은 이 단계를 대신 실행하며 방법을 보여 줍니다.")
    }
    var rightAnswer: String { say("[ok] Right.", "[ok] 맞습니다.") }
    var wrongAnswer: String { say("That is not it.", "정답이 아닙니다.") }
    var noQuestion: String { say("There is no open question here.", "지금은 답할 질문이 없습니다.") }

    // MARK: Going

    var skipForbidden: String {
        say("This lesson does not allow `skip`. `hint` helps.", "이 수업에서는 `skip` 명령을 쓸 수 없습니다. `hint` 명령을 쓰십시오.")
    }
    var skipping: String {
        say("Doing the step for you. These are the commands:", "이 단계를 대신 실행합니다. 사용한 명령은 다음과 같습니다.")
    }
    func skipFailed(_ text: String) -> String {
        say("The step's own commands did not lead to its goal: \(text)", "이 단계의 명령으로 목표에 이르지 못했습니다: \(text)")
    }
    var preparing: String { say("Putting the lab right ...", "실습 환경을 준비하는 중 ...") }
    func notPrepared(_ reason: String) -> String {
        say("The lab could not be prepared:\n\(reason)", "실습 환경을 준비하지 못했습니다:\n\(reason)")
    }
    var wasReset: String {
        say("The lab is as it was at the beginning of this step.", "실습 환경을 이 단계의 시작 상태로 되돌렸습니다.")
    }
    var playing: String {
        say(
            "The lesson leaves you alone. `next` or `check` comes back to it. What you make meanwhile is removed with it.",
            "수업을 잠시 멈춥니다. `next` 또는 `check` 명령으로 돌아옵니다. 그동안 만든 것은 수업과 함께 삭제됩니다.")
    }
    var firstStep: String { say("This is the first step.", "첫 단계입니다.") }
    func resumed(_ title: String) -> String { say("On with: \(title)", "이어서: \(title)") }
    var worldChanged: String {
        say("The lab is not as you left it.", "실습 환경이 떠날 때와 다릅니다.")
    }
    func inTheWay(_ name: String) -> String {
        say(
            "A container named `\(name)` is here already, and is not this lesson's. Rename it first: docker rename \(name) my-\(name)",
            "`\(name)` 컨테이너가 이미 있으며 이 수업의 것이 아닙니다. 먼저 이름을 바꾸십시오: docker rename \(name) my-\(name)")
    }
    func inDirectory(_ path: String) -> String {
        say("The lesson's files are in \(path), and so are you now.", "수업 파일은 \(path) 디렉터리에 있으며, 지금 이 디렉터리에 있습니다.")
    }
    func left(_ summary: String) -> String {
        let nothing = summary.isEmpty
        return say(
            nothing
                ? "The lesson is closed; nothing was left of it."
                : "The lesson is closed; what it made was removed: \(summary).",
            nothing ? "수업을 마칩니다. 남은 것이 없습니다." : "수업을 마칩니다. 수업에서 만든 것을 삭제했습니다: \(summary)")
    }
    func notRemoved(_ reason: String) -> String {
        say("Not all that the lesson made could be removed: \(reason)", "수업에서 만든 것을 모두 삭제하지 못했습니다: \(reason)")
    }
    var stepLacks: String {
        say(
            "This step needs Drydock's own engine, and this is another one: `skip` goes on.",
            "이 단계에는 Drydock 엔진이 필요한데, 지금은 다른 엔진입니다. `skip` 명령으로 넘어가십시오.")
    }

    func lacks(_ features: String) -> String {
        say(
            "This machine lacks what the lesson requires (\(features)). You see a recording; the questions are real.",
            "이 컴퓨터에는 수업에 필요한 것이 없습니다(\(features)). 녹화를 보여 드리며, 질문에는 그대로 답하십시오.")
    }
    var recordingLeft: String { say("The lesson is closed.", "수업을 마칩니다.") }
    var recordingStays: String {
        say(
            "This lesson is shown from a recording: there is no world of its own to put right.",
            "이 수업은 녹화로 보고 있어서 되돌릴 실습 환경이 없습니다.")
    }
    var noRecording: String { say("There is no recording of it either.", "녹화도 없습니다.") }

    // MARK: The quiz and the end

    func question(_ number: Int, of count: Int) -> String {
        say("quiz, question \(number) of \(count)", "퀴즈, \(count)문제 중 \(number)번")
    }
    func right(_ reason: String) -> String {
        reason.isEmpty ? rightAnswer : say("[ok] Right: \(reason)", "[ok] 맞습니다: \(reason)")
    }
    func wrong(_ reason: String) -> String { say("No: \(reason)", "아닙니다: \(reason)") }
    var quiz: String { say("quiz", "퀴즈") }
    var again: String { say("Try again.", "다시 골라 보십시오.") }
    var inQuiz: String {
        say(
            "This is the quiz: type the number of your answer; a wrong one is explained. `back` returns to the steps.",
            "지금은 퀴즈입니다. 답의 번호를 입력하십시오. 틀리면 이유를 알려 줍니다. `back` 명령은 단계로 돌아갑니다.")
    }
    var quizFirst: String {
        say(
            "Not all steps are done yet; `back` returns to them.", "아직 끝내지 않은 단계가 있습니다. `back` 명령으로 돌아갑니다.")
    }
    func quizDone(_ count: Int) -> String {
        say(
            "The quiz is done. \(count == 1 ? "One step is" : "\(count) steps are") still open:",
            "퀴즈를 모두 맞혔습니다. 아직 끝내지 않은 단계가 \(count)개 있습니다.")
    }
    var chooseAnswer: String { say("Type the number of your answer.", "답의 번호를 입력하십시오.") }
    func finished(_ title: String, next: String?) -> String {
        let more = next.map { say(" Next: `lesson start \($0)`", " 다음 수업: `lesson start \($0)`") } ?? ""
        return say("You have finished: \(title).\(more)", "수업을 마쳤습니다: \(title).\(more)")
    }

    // MARK: Lists

    func row(_ id: String, _ minutes: Int, _ title: String, _ state: String) -> String { "  \(id)  \(title)  \(state)" }
    func minutes(_ count: Int) -> String { say("\(count) min", "\(count)분") }
    func progress(_ passed: Int, _ count: Int, isDone: Bool) -> String {
        if isDone { return say("done", "완료") }
        return passed == 0 ? "" : say("\(passed) of \(count) steps", "\(count)단계 중 \(passed)단계")
    }
    var listEnd: String {
        say("`lesson start 00` begins; any beginning of an id will do.", "`lesson start 00` 명령으로 시작합니다. 번호만 입력해도 됩니다.")
    }
    func open(_ title: String) -> String {
        say("A lesson is open: \(title). `lesson` goes on with it.", "진행 중인 수업이 있습니다: \(title). `lesson` 명령으로 계속합니다.")
    }
    var noneOpen: String {
        say("No lesson is open. `lesson list` shows them all.", "열려 있는 수업이 없습니다. `lesson list` 명령으로 목록을 볼 수 있습니다.")
    }
    func noSuchLesson(_ word: String) -> String {
        say(
            "There is no lesson `\(word)`. `lesson list` shows them all.",
            "`\(word)` 수업이 없습니다. `lesson list` 명령으로 목록을 볼 수 있습니다.")
    }
    var usage: String {
        say(
            """
            lesson                the open lesson, or the list
            lesson list           all lessons, with what you have done
            lesson start ID       begin one, or go on with it; lesson restart ID begins anew
            lesson status         where you are
            next, back            to the next step, or the one before
            hint                  help, a little more each time
            check                 what is still missing
            answer TEXT           answer a question (the text alone will do)
            skip                  have the step done for you, with its commands
            reset                 put the lab as it was at the beginning of the step
            play                  be left alone until `next`
            quiz                  the questions at the end
            lesson leave          close it and remove what it made
            """,
            """
            lesson                열려 있는 수업, 또는 목록
            lesson list           모든 수업과 진행 상황
            lesson start ID       시작하거나 이어서 하기. lesson restart ID 명령은 처음부터
            lesson status         현재 위치
            next, back            다음 단계, 이전 단계
            hint                  조금씩 더 자세한 도움말
            check                 아직 빠진 것
            answer 답             질문에 답하기 (답만 입력해도 됨)
            skip                  이 단계를 대신 실행하고 명령을 보여 줌
            reset                 실습 환경을 이 단계의 시작 상태로
            play                  `next` 명령까지 혼자 해 보기
            quiz                  마지막 질문들
            lesson leave          수업을 닫고 만든 것을 삭제
            """)
    }
}
