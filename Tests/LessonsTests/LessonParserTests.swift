import Narration
import Testing

@testable import Lessons

@Suite("Lesson files")
struct LessonParserTests {
    /// A small lesson that has everything.
    static let example = """
        ---
        id: 99-example
        title: An example
        minutes: 5   # remarks are left out
        level: beginner
        after: []
        requires: []
        focus: [namespace]
        tracks: [full]
        ---
        Why one would want to know.

        ```file site/index.html
        hello
        ```

        ## 1. Start
        <!-- step: start -->
        Start `web`.

        ```try
        docker run -d --name web lab/web
        ```

        Which number has it? <!-- predict: number -->

        1. One.
        2. Another,
           on two lines.

        Find it. <!-- ask: pid -->

        <!-- outside -->

        <details><summary>Check, hints, solution</summary>

        ```check
        docker inspect -f '{{.State.Running}}' web
        = true
        within 5s
        else It does not run: {output}
        any
        docker ps
        has web
        docker ps -a
        lines >=2
        end
        else There is nothing.
        predict number = 2
        answer pid = docker inspect -f '{{.State.Pid}}' web
        answer pid in "one" | "two words"
        else Look again.
        ```

        > hint: First.

        > hint: Second,
        > longer.

        ```solution
        docker run -it --name web busybox
        < echo hi
        < ^P^Q
        ```

        </details>

        <!-- then -->
        Because.

        ## Quiz
        <!-- quiz -->

        ```quiz kernels
        ? How many?
        + One: shared.
        - Two: no.
        - Three: no: really.
        ```

        ## Now
        <!-- summary -->
        A [namespace](glossary:namespace).
        """

    private func read(_ text: String) -> (lesson: Lesson, problems: [String]) {
        let (lesson, problems) = LessonParser.read(text, file: "x.md")
        return (lesson, problems.map(\.description))
    }

    @Test("A whole lesson is read as it was meant")
    func whole() throws {
        let (lesson, problems) = read(Self.example)
        #expect(problems == [])
        #expect(lesson.front.minutes == 5)
        #expect(lesson.files == [LessonFile(name: "site/index.html", text: "hello\n", line: 13)])
        let step = try #require(lesson.steps.first)
        #expect(step.isOutside)
        #expect(step.conditions.count == 2)
        #expect(step.conditions.first?.claims.first?.seconds == 5)
        #expect(step.conditions.map(\.message) == [0, 1])
        #expect(step.predictions == ["number": 2])
        #expect(step.answers.map(\.message) == [nil, 2])
        #expect(step.answers.last?.source == .texts(["one", "two words"]))
        #expect(step.solution.map(\.typed) == [["echo hi", "^P^Q"]])
        let text = try #require(lesson.text(in: .en).steps["start"])
        #expect(text.predictions.first?.choices == ["One.", "Another, on two lines."])
        #expect(text.asks.map(\.question) == ["Find it."])
        #expect(text.hints == ["First.", "Second, longer."])
        #expect(text.messages == ["It does not run: {output}", "There is nothing.", "Look again."])
        #expect(lesson.text(in: .en).quiz.first?.choices.last?.reason == "no: really.")
    }

    @Test(
        "Marks of emphasis are not shown, what is no emphasis is",
        arguments: [
            ("*컨테이너*가 보여 준 것", "컨테이너가 보여 준 것"), ("they *share* it, **all** of it.", "they share it, all of it."),
            ("2 * 3, a*b", "2 * 3, a*b"), ("*여러분*의 `*` 기호", "여러분의 `*` 기호"), ("그것은 *디스크*를", "그것은 디스크를"),
        ])
    func emphasis(text: String, plain: String) { #expect(Prose.plain(text) == plain) }

    @Test(
        "A mistake is told with its line and with what was expected",
        arguments: [
            (
                "minutes: 5   # remarks are left out", "minutes: soon",
                "x.md:4: `minutes` is a whole number above 0, not `soon`"
            ),
            ("<!-- step: start -->", "", "expected, below the heading, one of"),
            ("= true", "=> true", "x.md:39: `=> true` is neither a question nor an expectation"),
            ("docker ps\n", "docker rm web\n", "`docker rm web` changes something or leaves a trace"),
            ("docker ps\n", "docker psx\n", "psx"),
            ("within 5s", "within 5", "x.md:40: expected `within N` and `s`"),
            ("else It does not run: {output}\n", "", "x.md:38: expected an `else` line"),
            ("end\nelse There is nothing.", "end", "x.md:42: expected an `else` line"),
            ("end\nelse There is nothing.\n", "", "x.md:42: the group is not closed"),
            ("1. One.\n2. Another,\n   on two lines.", "Prose.", "expected a numbered list of choices"),
            ("- Two: no.", "- Two", "expected `TEXT: REASON`"),
            ("- Two: no.", "+ Two: no.", "expected one choice with +"),
            ("predict number = 2", "predict number is 2", "expected `predict ID = N`"),
            ("docker ps -a", "happened container.pauze", "there is no kind of step `container.pauze`"),
        ] as [(String, String, String)])
    func mistakes(right: String, wrong: String, told: String) {
        let text = Self.example.replacing(right, with: wrong, maxReplacements: 1)
        #expect(text != Self.example)
        let problems = read(text).problems
        #expect(problems.contains { $0.contains(told) }, "\(problems)")
    }

    @Test("A translation that lags behind is told what it lacks")
    func translation() {
        var lesson = read(Self.example).lesson
        let korean = """
            ---
            id: 99-example
            title: 예제
            ---
            소개입니다.

            ## 1. 시작
            <!-- step: start -->
            시작하십시오.

            몇 번일까요? <!-- predict: number -->

            1. 하나.

            > hint: 첫째.

            ```else
            실행 중이 아닙니다.
            ```
            """
        let problems = Translation.add(korean, file: "ko.md", in: .ko, to: &lesson).map(\.description)
        for told in [
            "`number` has 2 choices in English", "expected questions (ask) pid", "expected 2 hints, there are 1",
            "expected 3 lines, there are 1", "`try` has to be the same text", "expected the questions kernels",
            "the summary is missing", "behind `<!-- then -->` is missing",
        ] {
            #expect(problems.contains { $0.contains(told) }, "\(told) is not in \(problems)")
        }
    }
}
