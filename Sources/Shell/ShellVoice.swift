import Narration

/// What the shell itself says, in each language.
struct ShellVoice: Sendable {
    let language: Language

    private func say(_ english: String, _ korean: String) -> String { language == .en ? english : korean }

    // MARK: Banner and help

    func banner(_ facts: BannerFacts) -> String {
        var lines: [String] = []
        if let reason = facts.simulatedBecause {
            lines.append(
                say(
                    "Drydock with a SIMULATED kernel: a model in memory, because\n\(reason).",
                    "Drydock, 시뮬레이션 커널: 메모리 속 모형으로 동작합니다.\n이유: \(reason)"))
            lines.append(
                say(
                    "Steps and explanations are the same; programs inside\ncontainers are only imitated.",
                    "단계와 설명은 같지만, 컨테이너 안의 프로그램은 흉내만 냅니다."))
        } else if facts.isOwn {
            let kernel = facts.kernel.map { "Linux \($0)" } ?? "Linux"
            lines.append(
                say(
                    "Drydock: real containers on this machine's kernel,\n\(kernel), each step explained.",
                    "Drydock: 이 컴퓨터의 커널(\(kernel))에서\n실제 컨테이너를 실행하고 각 단계를 설명합니다."))
            if facts.isRootless {
                lines.append(
                    say(
                        "Without root: containers live in a user namespace of\nyours. `doctor` tells what that changes.",
                        "root 권한 없음: 컨테이너는 이 사용자의 사용자 네임스페이스\n안에 있습니다. `doctor` 명령이 무엇이 달라지는지 알려 줍니다."))
            }
        } else {
            lines.append(
                say(
                    "Drydock, connected to another engine: \(facts.engine).\nIts steps can't be seen from outside.",
                    "Drydock: 다른 엔진에 연결되었습니다(\(facts.engine)).\n그 안의 단계는 볼 수 없습니다."))
        }
        lines.append(
            say(
                "Node \(facts.node), narration \(facts.level) (`narrate full` tells more),\nEnglish (`language ko`: 한국어).",
                "노드 \(facts.node), 설명 수준 \(facts.level)(`narrate full`: 더 자세히),\n한국어(`language en`: English)."))
        lines.append(
            say(
                "Type docker commands as at work, to begin with:\n  docker run hello-world",
                "docker 명령을 평소처럼 입력하십시오. 첫 명령으로:\n  docker run hello-world"))
        lines.append(
            say(
                "help: all words   lesson list: the course   exit: leave",
                "help: 전체 명령   lesson list: 수업 목록   exit: 나가기"))
        return lines.map { $0 + "\n" }.joined()
    }

    var help: String {
        say(
            """
            docker ...            any docker command, as at work; Tab completes it
            lesson list|start 00  the course, and a lesson of it
            hint, check, skip     in a lesson: a hint, is it done?, do it for me; `lesson help`: all
            why N                 more on step N of the last command
            evidence N            all that was read back after step N
            steps                 every step of the last command, with its time
            narrate LEVEL         off, brief, full, deep, adaptive (brief, and new things in full)
            narrate again         forget what was explained: adaptive explains it anew
            explain               why the last command failed, and what is likely to help
            explain docker ...    what a command would do; nothing is done (also: explain node ...)
            step docker ...       one step per key: look around between them, or take all back
            inside CONTAINER      a container on one page: processes, namespaces, layers, network
            compare A B           two containers: what they share, and what not
            glossary [TERM]       the words of containers
            !command              the machine's own shell
            @node1 command        a command on a node of the lab (@cable: on the cable between them)
            node ls|add|rm|use    the nodes of the lab; `node link` cuts, slows down or disturbs one's cable
            topology              a drawing of the lab: nodes, bridges, cables, containers, addresses, ports
            capture               what passes on the cable, one packet inside another (`capture --help`)
            registry ls           what the lab's own image registry has
            raw CALL NAME ...     a container by hand, one system call at a time (`raw --help`)
            cd DIR                the directory for files and !command
            language en|ko        the language of all explanations
            trace                 the system calls of the last command, with results and times
            watch steps           what any client does in the engine, told live
            watch docker ps       a command again every two seconds
            record FILE           keep a session as an asciicast
            transcript FILE       keep its commands, outputs and explanations as Markdown
            alias NAME=WORDS      a short word for a long one; unalias NAME
            set theme NAME        colours for a dark or light ground, or a projector
            set keys emacs|vi     the keys for editing
            history, clear, doctor, help, exit

            a; b  a && b  a || b  several commands: in any case, if the first succeeds, if it fails
            a | wc -l  a > file   the output to a program of the machine, to a file; `2>&1`: errors, too
            $(docker ps -q) $HOME filled in; $? is the last exit code
            Tab, Ctrl-R           completes a word, searches the history
            """,
            """
            docker ...            평소의 docker 명령 그대로 (Tab 키로 자동 완성)
            lesson list|start 00  수업 목록, 수업 시작
            hint, check, skip     수업 중: 힌트, 확인, 대신 하기; `lesson help`: 모두
            why N                 마지막 명령의 N번 단계를 더 자세히
            evidence N            N번 단계 뒤에 다시 읽은 값 모두
            steps                 마지막 명령의 모든 단계와 시간
            narrate LEVEL         설명 수준: off, brief, full, deep, adaptive(짧게, 새 개념만 자세히)
            narrate again         설명한 개념을 잊고 처음부터 다시 설명
            explain               마지막 명령이 실패한 이유와 도움이 될 방법
            explain docker ...    명령이 할 일을 미리 보기, 실행하지 않음 (explain node ...도 가능)
            step docker ...       한 단계씩 실행: 사이사이에 살펴보거나 모두 되돌리기
            inside CONTAINER      컨테이너 하나를 한 화면에: 프로세스, 네임스페이스, 레이어, 네트워크
            compare A B           컨테이너 둘을 비교: 함께 쓰는 것과 따로 쓰는 것
            glossary [용어]       컨테이너 용어집
            !명령                 이 컴퓨터의 셸에서 실행
            @node1 명령           실습 노드에서 실행 (@cable: 노드 사이의 케이블에서)
            node ls|add|rm|use    실습 노드 관리; `node link` 명령은 노드의 케이블을 끊거나 느리게 함
            topology              실습 환경 그림: 노드, 브리지, 케이블, 컨테이너, 주소, 포트
            capture               케이블을 지나는 것, 패킷 안의 패킷까지 (`capture --help`)
            registry ls           실습용 이미지 저장소(Registry)에 있는 것
            raw 호출 이름 ...     시스템 콜을 하나씩 불러 손으로 만드는 컨테이너 (`raw --help`)
            cd 디렉터리           파일과 !명령의 작업 디렉터리 변경
            language en|ko        설명 언어
            trace                 마지막 명령의 시스템 콜, 결과와 시간
            watch steps           어느 클라이언트가 하는 일이든 바로바로 설명
            watch docker ps       명령을 2초마다 다시 실행
            record 파일           세션을 asciicast 파일로 기록
            transcript 파일       명령, 출력, 설명을 Markdown 파일로 기록
            alias 이름=명령       긴 명령의 짧은 이름, unalias 이름
            set theme 이름        화면 색: dark, light, projector
            set keys emacs|vi     편집 키
            history, clear, doctor, help, exit

            a; b  a && b  a || b  여러 명령: 언제나, 앞이 성공하면, 앞이 실패하면
            a | wc -l  a > 파일   출력을 이 컴퓨터의 프로그램으로, 파일로. `2>&1`: 오류도 함께
            $(docker ps -q) $HOME 값을 채움. $?는 마지막 종료 코드
            Tab, Ctrl-R           자동 완성, 기록 검색
            """)
    }

    /// The lines of the help that are about a word: those with it before the meaning.
    func help(on word: String) -> [String] {
        let word = ["unalias": "alias", "quit": "exit"][word] ?? word
        return help.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }.filter { line in
            let label = line.firstRange(of: "  ").map { line[..<$0.lowerBound] } ?? line
            return label.split { !($0.isLetter || $0.isNumber) }.contains { $0 == word }
        }.map(String.init)
    }

    // MARK: Demonstrations

    var demoKeys: String {
        say(
            "Any key types. Ctrl-N next step, Ctrl-P back, Ctrl-G take over, Ctrl-A by itself, Ctrl-C end.\n",
            "아무 키나 누르면 입력됩니다. Ctrl-N 다음 단계, Ctrl-P 이전 단계, Ctrl-G 직접 입력, Ctrl-A 자동, Ctrl-C 끝.\n")
    }
    var demoHandOver: String {
        say("The keyboard is yours. `exit` goes on with the demonstration.\n", "이제 직접 입력하십시오. `exit` 명령으로 시연을 계속합니다.\n")
    }
    var demoGoesOn: String { say("On with the demonstration.\n", "시연을 계속합니다.\n") }

    // MARK: Answers

    func cannotRead(_ error: SyntaxError) -> String {
        switch error {
        case .incomplete:
            say(
                "the line is not complete: a quote or a $( is still open, or nothing stands behind | && ||",
                "줄이 끝나지 않았습니다. 따옴표나 $( 기호가 열려 있거나 | && || 기호 뒤가 비어 있습니다.")
        case .unexpected(let text): say("syntax error near \"\(text)\"", "\"\(text)\" 기호가 있을 자리가 아닙니다.")
        case .nothingToRun(let node):
            say(
                "nothing to run there: \(node) COMMAND, such as \(node) ip addr",
                "실행할 명령이 없습니다. 예: \(node) ip addr")
        }
    }

    func didYouMean(_ line: String) -> String { say("Did you mean: \(line)", "이 명령입니까: \(line)") }
    func onMachine(_ word: String, _ line: String) -> String {
        say(
            "\"\(word)\" is a program of your machine. Here that is: \(line)",
            "\"\(word)\" 명령은 이 컴퓨터의 프로그램입니다. 여기서는 이렇게 입력하십시오: \(line)")
    }
    func unknown(_ word: String, nearest: String?) -> String {
        if let nearest {
            return say(
                "\"\(word)\" is no word of this shell. Did you mean: \(nearest)",
                "\"\(word)\" 명령이 없습니다. 이 명령입니까: \(nearest)")
        }
        return say(
            "\"\(word)\" is no word of this shell. `help` lists them; !\(word) asks your machine's shell.",
            "\"\(word)\" 명령이 없습니다. `help` 명령으로 목록을 볼 수 있고, !\(word) 입력은 이 컴퓨터의 셸에서 실행합니다.")
    }
    func whichStep(_ word: String) -> String {
        usage("\(word) N") + "\n"
            + say(
                "N is the number before a step of the last command; `steps` lists them. `explain` tells of a failure.",
                "N은 마지막 명령의 단계 앞에 있는 번호입니다. 번호는 `steps`, 실패한 이유는 `explain` 명령으로 봅니다.")
    }
    func usage(_ text: String) -> String { say("Usage: \(text)", "사용법: \(text)") }
    func level(_ level: NarrationLevel) -> String {
        let meaning =
            switch level {
            case .off: say("nothing is told; `steps` and `why N` still are", "설명하지 않음 (`steps`, `why N` 명령은 사용 가능)")
            case .brief: say("one line for each step", "단계마다 한 줄")
            case .full: say("sentences, evidence, and a command to see for yourself", "설명, 다시 읽은 값, 확인 명령")
            case .deep: say("the kernel's view as well", "커널 관점까지")
            case .adaptive: say("brief, and up to three new things in full", "짧게, 새 개념은 세 가지까지 자세히")
            }
        return say("narration: \(level.rawValue), \(meaning)", "설명 수준: \(level.rawValue), \(meaning)")
    }
    var forgotten: String {
        say("Everything will be explained anew.", "모든 개념을 처음부터 다시 설명합니다.")
    }
    var languageChosen: String { say("language: English", "언어: 한국어") }
    func keysChosen(_ keys: String) -> String { say("keys: \(keys)", "편집 키: \(keys)") }
    var noKeysHere: String {
        say("There are no keys to choose: input is not a terminal.", "입력이 터미널이 아니어서 편집 키가 없습니다.")
    }

    func noNode(_ node: String) -> String {
        say(
            "@\(node) is not done yet: this shell can't enter a node's network so far. Nothing was done.",
            "@\(node) 기능은 아직 없습니다. 아무것도 실행하지 않았습니다.")
    }
    var noLab: String {
        say(
            "There is no lab here: DOCKER_HOST names another engine.",
            "여기에는 실습 노드가 없습니다. DOCKER_HOST 변수가 다른 엔진을 가리킵니다.")
    }
    var planGoesOn: String {
        say(
            "Then the container is made and started; how, is planned when its image is here.",
            "그다음 컨테이너를 만들고 시작합니다. 자세한 계획은 이미지가 여기에 있어야 알 수 있습니다.")
    }
    func changesNothing(_ words: String) -> String {
        say("\"\(words)\" would change nothing", "\"\(words)\" 명령은 아무것도 바꾸지 않습니다")
    }
    func onNode(_ node: String) -> String { say("now on \(node)", "이제 \(node) 노드에서 실행합니다") }
    func nodeIsThere(_ node: String, _ socket: String) -> String {
        say("\(node) is there: \(socket)", "\(node) 노드 추가: \(socket)")
    }
    func nodeIsGone(_ node: String) -> String { say("\(node) is gone", "\(node) 노드 삭제") }
    func onlyWithOwnEngine(_ word: String) -> String {
        say("\(word) needs Drydock's own engine on this machine", "\(word) 명령에는 이 컴퓨터의 Drydock 엔진이 필요합니다")
    }
    var noDoctor: String {
        say(
            "doctor is not done yet in this shell. Try: !drydock doctor", "doctor 기능은 이 셸에 아직 없습니다. 시도: !drydock doctor"
        )
    }
    func noSuchTerm(_ term: String, nearest: [String]) -> String {
        let hint = nearest.isEmpty ? "" : say(" Near it: ", " 비슷한 용어: ") + nearest.joined(separator: ", ")
        return say("The glossary has no \"\(term)\".", "용어집에 \"\(term)\" 항목이 없습니다.") + hint
    }
    func failed(_ word: String, _ reason: String) -> String { "\(word): \(reason)" }
    var goodbye: String { say("exit", "exit") }

    var foreignEngine: String {
        say(
            "This engine is not Drydock's: it does not tell what the kernel has. Try: docker inspect, docker top",
            "Drydock 엔진이 아니어서 커널에 있는 것을 알 수 없습니다. 시도: docker inspect, docker top")
    }

    func more(_ lines: Int) -> String {
        say(
            "-- \(lines) more: Space page, Enter line, b back, a all, q enough ",
            "-- \(lines)줄 남음: Space 다음, Enter 한 줄, b 앞, a 모두, q 끝 ")
    }
    var recordingAlready: String {
        say("This session is kept already; `exit` ends it.", "이 세션은 이미 기록하고 있습니다. `exit` 명령으로 끝냅니다.")
    }
    var recordNeedsTerminal: String {
        say("Only a session on a terminal can be kept.", "터미널 세션만 기록할 수 있습니다.")
    }
    func recordingBegins(_ path: String) -> String {
        say("What follows is kept in \(path); `exit` ends it.", "지금부터 \(path) 파일에 기록합니다. `exit` 명령으로 끝냅니다.")
    }
    func recordingEnded(_ path: String) -> String { say("Kept in \(path).", "\(path) 파일에 기록했습니다.") }
    func noAlias(_ name: String) -> String { say("There is no alias \(name).", "\(name) 별칭이 없습니다.") }
    func badAliasName(_ name: String) -> String {
        say(
            "\"\(name)\" can't be an alias: letters, digits, - _ and . only.",
            "\"\(name)\" 이름은 별칭으로 쓸 수 없습니다. 글자, 숫자, - _ . 만 됩니다.")
    }
    func badAliasMeaning(_ meaning: String) -> String {
        say(
            "An alias stands for one command without variables, not for: \(meaning)",
            "별칭은 변수 없는 명령 하나만 대신합니다. 쓸 수 없는 값: \(meaning)")
    }
    var watchNeedsTerminal: String {
        say(
            "watch goes on until a key is pressed, and the input is no terminal.",
            "watch 명령은 키를 누를 때까지 계속되므로 터미널에서만 됩니다.")
    }
    func watching(_ line: String) -> String {
        say("every 2 s: \(line)   (q ends)", "2초마다: \(line)   (q: 끝내기)")
    }
    var watchingSteps: String {
        say(
            "What any client does in this engine is told here as it happens.  (q ends)",
            "어느 클라이언트가 하는 일이든 일어나는 대로 여기에 설명합니다.  (q: 끝내기)")
    }
    var engineWent: String { say("The engine has gone.", "엔진이 끝났습니다.") }
    func themeChosen(_ name: String) -> String { say("theme: \(name)", "테마: \(name)") }
    var noStepping: String {
        say(
            "This engine is not Drydock's: its commands can't be gone through step by step.",
            "Drydock 엔진이 아니어서 명령을 한 단계씩 실행할 수 없습니다.")
    }
    func steppingBroke(_ reason: String) -> String {
        say("The conversation with the engine broke off: \(reason)", "엔진과의 연결이 끊어졌습니다. 이유: \(reason)")
    }

    // MARK: The engine

    var engineCrashed: String {
        say(
            """
            The engine ended while the command ran; it was started again, and has put away what was left undone.
            Containers that were running ended with it: `docker ps -a` lists them.
            """,
            """
            명령을 실행하는 동안 엔진이 끝나서 다시 시작했고, 끝내지 못한 작업은 정리했습니다.
            실행 중이던 컨테이너도 함께 끝났습니다. `docker ps -a` 명령으로 확인할 수 있습니다.
            """)
    }
    var engineRestarted: String {
        say("The engine was not running; it was started again.", "엔진이 실행 중이 아니어서 다시 시작했습니다.")
    }
    func engineGone(_ reason: String) -> String {
        say(
            "The engine does not answer, and starting it failed: \(reason)",
            "엔진이 응답하지 않으며 다시 시작하지 못했습니다. 이유: \(reason)")
    }
}

/// What the first lines tell.
struct BannerFacts: Sendable {
    var simulatedBecause: String?
    /// Whether the lab's engine is root of a user namespace only.
    var isRootless = false
    /// Whether the engine is Drydock's own.
    var isOwn: Bool
    var kernel: String?
    var engine: String
    var node: String
    var level: String
}
